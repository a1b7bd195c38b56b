package io.throughline.rules.template;

import io.throughline.rules.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/** A template's text to pieces: plain text, and actions as tokens. */
final class Lexer {

  /** Either text, or an action's tokens, which end with {@link Kind#END}. */
  record Piece(String text, List<Token> action) {}

  private static final String OPEN = "{{";
  private static final String CLOSE = "}}";

  private final String template;
  private int at;
  private int line = 1;

  private Lexer(String template) {
    this.template = template;
  }

  static List<Piece> pieces(String template) {
    return new Lexer(template).all();
  }

  private List<Piece> all() {
    var pieces = new ArrayList<Piece>();
    boolean trimLeft = false;
    while (true) {
      int open = template.indexOf(OPEN, at);
      var text = template.substring(at, open < 0 ? template.length() : open);
      boolean trimRight = open >= 0 && isTrimmer(open + 2);
      countLines(text);
      var shown = trimLeft ? text.stripLeading() : text;
      shown = trimRight ? shown.stripTrailing() : shown;
      if (!shown.isEmpty()) {
        pieces.add(new Piece(shown, List.of()));
      }
      if (open < 0) {
        return pieces;
      }
      at = open + 2 + (trimRight ? 1 : 0);
      int inner = trimRight ? at + 1 : at;
      if (template.startsWith("/*", inner)) {
        trimLeft = comment(inner);
      } else {
        var tokens = new ArrayList<Token>();
        trimLeft = action(tokens);
        pieces.add(new Piece("", tokens));
      }
    }
  }

  /** Whether a trim marker stands at a place: a hyphen and white space. */
  private boolean isTrimmer(int place) {
    return template.startsWith("-", place) && place + 1 < template.length()
        && isSpace(template.charAt(place + 1));
  }

  /** Passes a comment; true if the text after it is to be trimmed. */
  private boolean comment(int start) {
    int end = template.indexOf("*/", start);
    if (end < 0) {
      throw failure("unclosed comment");
    }
    countLines(template.substring(start, end));
    int after = end + 2;
    boolean trim = after < template.length() && isSpace(template.charAt(after))
        && template.startsWith("-" + CLOSE, after + 1);
    after += trim ? 2 : 0;
    if (!template.startsWith(CLOSE, after)) {
      throw failure("comment ends before closing delimiter");
    }
    at = after + 2;
    return trim;
  }

  /** Reads an action to its end; true if the text after it is to be trimmed. */
  private boolean action(List<Token> tokens) {
    int depth = 0;
    boolean space = false;
    while (true) {
      if (at >= template.length()) {
        throw failure("unclosed action");
      }
      char c = template.charAt(at);
      if (isSpace(c) && template.startsWith("-" + CLOSE, at + 1)
          || template.startsWith(CLOSE, at)) {
        if (depth > 0) {
          throw failure("unclosed left paren");
        }
        boolean trim = isSpace(c);
        countLines(trim ? template.substring(at, at + 1) : "");
        at += trim ? 4 : 2;
        tokens.add(new Token(Kind.END, "", space, line));
        return trim;
      }
      if (isSpace(c)) {
        line += c == '\n' ? 1 : 0;
        at++;
        space = true;
        continue;
      }
      var token = token(c, space);
      depth += token.kind() == Kind.LEFT_PAREN ? 1 : token.kind() == Kind.RIGHT_PAREN ? -1 : 0;
      if (depth < 0) {
        throw failure("unexpected right paren");
      }
      tokens.add(token);
      space = false;
    }
  }

  private Token token(char c, boolean space) {
    switch (c) {
      case '|' -> {
        return simple(Kind.PIPE, 1, space);
      }
      case '(' -> {
        return simple(Kind.LEFT_PAREN, 1, space);
      }
      case ')' -> {
        return simple(Kind.RIGHT_PAREN, 1, space);
      }
      case ',' -> {
        return simple(Kind.COMMA, 1, space);
      }
      case '=' -> {
        return simple(Kind.ASSIGN, 1, space);
      }
      case '"', '`', '\'' -> {
        return quoted(c, space);
      }
      default -> {
      }
    }
    if (template.startsWith(":=", at)) {
      return simple(Kind.DECLARE, 2, space);
    }
    if (c == '$') {
      int end = wordEnd(at + 1);
      return upTo(end, Kind.VARIABLE, space);
    }
    boolean digitNext = at + 1 < template.length() && isDigit(template.charAt(at + 1));
    if (c == '.' && !digitNext) {
      int end = wordEnd(at + 1);
      var token = new Token(end == at + 1 ? Kind.DOT : Kind.FIELD, template.substring(at + 1, end),
          space, line);
      at = end;
      return token;
    }
    if (isDigit(c) || c == '.'
        || (c == '+' || c == '-') && (digitNext || template.startsWith(".", at + 1))) {
      int end = at + 1;
      while (end < template.length() && isNumberPart(end)) {
        end++;
      }
      return upTo(end, Kind.NUMBER, space);
    }
    if (Character.isLetter(c) || c == '_') {
      return upTo(wordEnd(at), Kind.WORD, space);
    }
    throw failure(
        "unexpected " + (c < 0x20 ? "character " + (int) c : "\"" + c + "\"") + " in command");
  }

  private boolean isNumberPart(int place) {
    char c = template.charAt(place);
    if (c == '+' || c == '-') {
      char before = template.charAt(place - 1);
      return before == 'e' || before == 'E' || before == 'p' || before == 'P';
    }
    return c == '.' || c == '_' || c < 0x80 && Character.isLetterOrDigit(c);
  }

  private Token simple(Kind kind, int length, boolean space) {
    return upTo(at + length, kind, space);
  }

  private Token upTo(int end, Kind kind, boolean space) {
    var token = new Token(kind, template.substring(at, end), space, line);
    at = end;
    return token;
  }

  private int wordEnd(int from) {
    int end = from;
    while (end < template.length()
        && (Character.isLetterOrDigit(template.charAt(end)) || template.charAt(end) == '_')) {
      end++;
    }
    return end;
  }

  private Token quoted(char quote, boolean space) {
    int end = at + 1;
    while (true) {
      if (end >= template.length() || template.charAt(end) == '\n' && quote != '`') {
        throw failure(quote == '`'
            ? "unterminated raw quoted string"
            : quote == '"' ? "unterminated quoted string" : "unterminated character constant");
      }
      char c = template.charAt(end);
      if (c == quote) {
        break;
      }
      end += c == '\\' && quote != '`' ? 2 : 1;
    }
    var inside = template.substring(at + 1, end);
    var value = quote == '`' ? inside : GoText.unquote(inside, quote, this::failure);
    var token = new Token(quote == '\'' ? Kind.CHARACTER : Kind.STRING, value, space, line);
    countLines(quote == '`' ? inside : "");
    at = end + 1;
    return token;
  }

  private void countLines(String text) {
    for (int i = 0; i < text.length(); i++) {
      line += text.charAt(i) == '\n' ? 1 : 0;
    }
  }

  private TemplateFailure failure(String message) {
    return new TemplateFailure("template line " + line + ": " + message);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}

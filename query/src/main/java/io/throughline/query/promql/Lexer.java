package io.throughline.query.promql;

import io.throughline.query.promql.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Cuts an expression into tokens. Inside braces and brackets a colon is no part of a name. */
final class Lexer {

  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private boolean inBraces;
  private boolean inBrackets;
  private int openParens;

  private Lexer(String text) {
    this.text = text;
  }

  /** The tokens of a text; the last one is {@link Kind#END}. */
  static List<Token> tokens(String text) {
    var lexer = new Lexer(text);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    while (true) {
      skipBlanksAndComments();
      if (at >= text.length()) {
        if (inBraces) {
          throw failure("unexpected end of input inside braces");
        }
        if (inBrackets) {
          throw failure("unexpected end of input inside brackets");
        }
        if (openParens > 0) {
          throw failure("unclosed left parenthesis");
        }
        add(Kind.END, "", at);
        return;
      }
      char c = text.charAt(at);
      if (c == '"' || c == '\'' || c == '`') {
        string(c);
      } else if (isDigit(c) || c == '.' && at + 1 < text.length() && isDigit(text.charAt(at + 1))) {
        if (inBraces) {
          throw failure("unexpected character inside braces: '" + c + "'");
        }
        number();
      } else if (isLetter(c) || c == ':' && !inBraces && !inBrackets) {
        name();
      } else {
        symbol(c);
      }
    }
  }

  private void skipBlanksAndComments() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '#') {
        while (at < text.length() && text.charAt(at) != '\n') {
          at++;
        }
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        at++;
      } else {
        return;
      }
    }
  }

  private void string(char delimiter) {
    int start = at;
    int i = at + 1;
    while (i < text.length() && text.charAt(i) != delimiter) {
      i += text.charAt(i) == '\\' && delimiter != '`' ? 2 : 1;
    }
    if (i >= text.length()) {
      throw new ParseFailure(text, start,
          delimiter == '`' ? "unterminated raw string" : "unterminated quoted string");
    }
    var inside = text.substring(start + 1, i);
    at = i + 1;
    add(Kind.STRING,
        delimiter == '`' ? inside : Strings.unescape(text, inside, start + 1, delimiter), start);
  }

  private void number() {
    int start = at;
    int durationEnd = durationEnd(start);
    if (durationEnd > start) {
      at = durationEnd;
      add(Kind.DURATION, text.substring(start, at), start);
      return;
    }
    int i = start;
    if (text.startsWith("0x", i) || text.startsWith("0X", i)) {
      i += 2;
      while (i < text.length() && (Character.digit(text.charAt(i), 16) >= 0 && text.charAt(i) < 0x80
          || text.charAt(i) == '_')) {
        i++;
      }
    } else {
      i = digits(i);
      if (i < text.length() && text.charAt(i) == '.') {
        i = digits(i + 1);
      }
      if (i < text.length() && (text.charAt(i) == 'e' || text.charAt(i) == 'E')) {
        int exponent = i + 1;
        if (exponent < text.length()
            && (text.charAt(exponent) == '+' || text.charAt(exponent) == '-')) {
          exponent++;
        }
        if (exponent < text.length() && isDigit(text.charAt(exponent))) {
          i = digits(exponent);
        }
      }
    }
    if (i < text.length()
        && (isLetter(text.charAt(i)) || isDigit(text.charAt(i)) || text.charAt(i) == '.')) {
      int end = i;
      while (end < text.length()
          && (isLetter(text.charAt(end)) || isDigit(text.charAt(end)) || text.charAt(end) == '.')) {
        end++;
      }
      throw new ParseFailure(text, start,
          "bad number or duration syntax: " + Strings.quote(text.substring(start, end)));
    }
    at = i;
    add(Kind.NUMBER, text.substring(start, i), start);
  }

  private int digits(int from) {
    int i = from;
    while (i < text.length() && (isDigit(text.charAt(i)) || text.charAt(i) == '_' && i > from)) {
      i++;
    }
    return i;
  }

  /** Where a duration that starts here ends, or {@code start} if none does. */
  private int durationEnd(int start) {
    int i = start;
    while (i < text.length() && isDigit(text.charAt(i))) {
      while (i < text.length() && isDigit(text.charAt(i))) {
        i++;
      }
      if (text.startsWith("ms", i)) {
        i += 2;
      } else if (i < text.length() && "smhdwy".indexOf(text.charAt(i)) >= 0) {
        i++;
      } else {
        return start;
      }
    }
    return i < text.length() && (isLetter(text.charAt(i)) || text.charAt(i) == '.') ? start : i;
  }

  private void name() {
    int start = at;
    boolean colon = false;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == ':' && !inBraces && !inBrackets) {
        colon = true;
      } else if (!isLetter(c) && !isDigit(c)) {
        break;
      }
      at++;
    }
    var word = text.substring(start, at);
    var lower = word.toLowerCase(Locale.ROOT);
    if (colon) {
      add(Kind.METRIC_NAME, word, start);
    } else if (!inBraces && (lower.equals("inf") || lower.equals("nan"))) {
      add(Kind.NUMBER, word, start);
    } else {
      add(Kind.NAME, word, start);
    }
  }

  private void symbol(char c) {
    int start = at++;
    char next = at < text.length() ? text.charAt(at) : 0;
    switch (c) {
      case '(' -> {
        openParens++;
        add(Kind.LEFT_PAREN, "(", start);
      }
      case ')' -> {
        if (--openParens < 0) {
          throw new ParseFailure(text, start, "unexpected right parenthesis ')'");
        }
        add(Kind.RIGHT_PAREN, ")", start);
      }
      case '{' -> {
        if (inBraces) {
          throw new ParseFailure(text, start, "unexpected character inside braces: '{'");
        }
        inBraces = true;
        add(Kind.LEFT_BRACE, "{", start);
      }
      case '}' -> {
        if (!inBraces) {
          throw new ParseFailure(text, start, "unexpected right brace '}'");
        }
        inBraces = false;
        add(Kind.RIGHT_BRACE, "}", start);
      }
      case '[' -> {
        if (inBrackets || inBraces) {
          throw new ParseFailure(text, start, "unexpected left bracket '['");
        }
        inBrackets = true;
        add(Kind.LEFT_BRACKET, "[", start);
      }
      case ']' -> {
        if (!inBrackets) {
          throw new ParseFailure(text, start, "unexpected right bracket ']'");
        }
        inBrackets = false;
        add(Kind.RIGHT_BRACKET, "]", start);
      }
      case ',' -> add(Kind.COMMA, ",", start);
      case ':' -> add(Kind.COLON, ":", start);
      case '@' -> add(Kind.AT, "@", start);
      case '+', '-', '*', '%', '^', '/' -> add(Kind.OPERATOR, Character.toString(c), start);
      case '=' -> {
        if (next == '=' || next == '~') {
          at++;
          add(Kind.OPERATOR, "=" + next, start);
        } else {
          add(Kind.ASSIGN, "=", start);
        }
      }
      case '!' -> {
        if (next != '=' && next != '~') {
          throw new ParseFailure(text, start,
              "unexpected character after '!': " + (next == 0
                  ? "end of input"
                  : "'" + Character.toString(text.codePointAt(at)) + "'"));
        }
        at++;
        add(Kind.OPERATOR, "!" + next, start);
      }
      case '<', '>' -> {
        if (next == '=' || next == '/') {
          at++;
          add(Kind.OPERATOR, Character.toString(c) + next, start);
        } else {
          add(Kind.OPERATOR, Character.toString(c), start);
        }
      }
      default -> {
        at = start;
        throw failure(
            (inBraces ? "unexpected character inside braces: '" : "unexpected character: '")
                + Character.toString(text.codePointAt(start)) + "'");
      }
    }
  }

  private ParseFailure failure(String reason) {
    return new ParseFailure(text, at, reason);
  }

  private void add(Kind kind, String word, int start) {
    tokens.add(new Token(kind, word, start, at));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLetter(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
  }
}

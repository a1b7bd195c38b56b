package io.throughline.rules.template;

import io.throughline.rules.template.Node.Operand;
import io.throughline.rules.template.Node.Pipeline;
import io.throughline.rules.template.Token.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Text to tree, by Go's rules: functions and variables are known when a template is parsed. Blocks nest at most {@value
 * #DEEPEST} deep.
 */
final class Parser {

  private static final int DEEPEST = 100;

  private final List<Lexer.Piece> pieces;
  private final Map<String, List<Node>> templates;
  private final List<String> variables = new ArrayList<>();
  private int nextPiece;
  private List<Token> tokens = List.of();
  private int next;
  private int depth;
  private int loops;

  /** What stood at the end of a list of nodes. */
  private enum Ending {
    TEXT,
    END,
    ELSE
  }

  private record Body(List<Node> nodes, Ending ending) {}

  private Parser(String text, Map<String, List<Node>> templates, List<String> variables) {
    this.pieces = Lexer.pieces(text);
    this.templates = templates;
    this.variables.add("$");
    this.variables.addAll(variables);
  }

  /** A template's main part under "" and those it defines under their names. */
  static Map<String, List<Node>> parse(String text, List<String> variables) {
    var templates = new HashMap<String, List<Node>>();
    var parser = new Parser(text, templates, variables);
    var body = parser.body();
    if (body.ending != Ending.TEXT) {
      throw parser.failure("unexpected {{" + (body.ending == Ending.END ? "end" : "else") + "}}");
    }
    templates.put("", body.nodes);
    return templates;
  }

  private Body body() {
    if (++depth > DEEPEST) {
      throw failure("blocks nest deeper than " + DEEPEST);
    }
    var nodes = new ArrayList<Node>();
    while (nextPiece < pieces.size()) {
      var piece = pieces.get(nextPiece++);
      if (piece.action().isEmpty()) {
        nodes.add(new Node.Text(piece.text()));
        continue;
      }
      tokens = piece.action();
      next = 0;
      var word = peek().kind() == Kind.WORD ? peek().text() : "";
      switch (word) {
        case "end" -> {
          next++;
          expectEnd("end");
          depth--;
          return new Body(nodes, Ending.END);
        }
        case "else" -> {
          next++;
          depth--;
          return new Body(nodes, Ending.ELSE);
        }
        case "if" -> nodes.add(branch("if"));
        case "with" -> nodes.add(branch("with"));
        case "range" -> nodes.add(branch("range"));
        case "break", "continue" -> {
          next++;
          expectEnd(word);
          if (loops == 0) {
            throw failure("{{" + word + "}} outside {{range}}");
          }
          nodes.add(word.equals("break") ? new Node.Break() : new Node.Continue());
        }
        case "define" -> define();
        case "template" -> {
          next++;
          var name = name("template clause");
          nodes.add(new Node.Call(name,
              peek().kind() == Kind.END ? null : pipeline("template clause", Kind.END, false)));
        }
        case "block" -> {
          next++;
          var name = name("block clause");
          var argument = pipeline("block clause", Kind.END, false);
          templates.put(name, closed("block clause"));
          nodes.add(new Node.Call(name, argument));
        }
        default -> nodes.add(new Node.Action(pipeline("command", Kind.END, false)));
      }
    }
    depth--;
    return new Body(nodes, Ending.TEXT);
  }

  private String name(String where) {
    var token = take();
    if (token.kind() != Kind.STRING) {
      throw unexpected(token, where);
    }
    return token.text();
  }

  private void define() {
    next++;
    var name = name("define clause");
    expectEnd("define clause");
    templates.put(name, closed("define clause"));
  }

  /** A body with only {@code $} known, up to its end. */
  private List<Node> closed(String where) {
    var outer = List.copyOf(variables);
    variables.clear();
    variables.add("$");
    var body = body();
    variables.clear();
    variables.addAll(outer);
    if (body.ending != Ending.END) {
      throw failure(
          "unexpected " + (body.ending == Ending.ELSE ? "{{else}}" : "EOF") + " in " + where);
    }
    return body.nodes;
  }

  private Node branch(String word) {
    next++;
    int known = variables.size();
    boolean range = word.equals("range");
    var pipeline = pipeline(word, Kind.END, range);
    loops += range ? 1 : 0;
    var then = body();
    loops -= range ? 1 : 0;
    List<Node> otherwise = List.of();
    if (then.ending == Ending.ELSE) {
      var chained = peek().kind() == Kind.WORD ? peek().text() : "";
      if (!range && chained.equals(word)) {
        // {{else if}} is {{else}}{{if}} whose end closes both.
        otherwise = List.of(branch(word));
      } else {
        expectEnd("else");
        var rest = body();
        if (rest.ending != Ending.END) {
          throw failure(
              rest.ending == Ending.ELSE ? "expected end; found {{else}}" : "unexpected EOF");
        }
        otherwise = rest.nodes;
      }
    } else if (then.ending == Ending.TEXT) {
      throw failure("unexpected EOF");
    }
    while (variables.size() > known) {
      variables.removeLast();
    }
    return switch (word) {
      case "if" -> new Node.If(pipeline, then.nodes, otherwise);
      case "with" -> new Node.With(pipeline, then.nodes, otherwise);
      default -> new Node.Range(pipeline, then.nodes, otherwise);
    };
  }

  private Pipeline pipeline(String where, Kind end, boolean range) {
    if (++depth > DEEPEST) {
      throw failure("parentheses nest deeper than " + DEEPEST);
    }
    var declared = new ArrayList<String>();
    boolean assigns = false;
    int start = next;
    while (peek().kind() == Kind.VARIABLE) {
      declared.add(take().text());
      if (peek().kind() == Kind.COMMA && range && declared.size() == 1) {
        next++;
        continue;
      }
      break;
    }
    boolean binds = !declared.isEmpty()
        && (peek().kind() == Kind.DECLARE || peek().kind() == Kind.ASSIGN);
    if (!binds) {
      if (declared.size() > 1) {
        throw failure("too many declarations in " + where);
      }
      declared.clear();
      next = start;
    } else {
      assigns = take().kind() == Kind.ASSIGN;
    }
    var commands = new ArrayList<List<Operand>>();
    while (true) {
      var token = peek();
      if (token.kind() == end) {
        next++;
        break;
      }
      if (token.kind() == Kind.PIPE && !commands.isEmpty()) {
        next++;
        commands.add(command(where, end));
      } else if (commands.isEmpty()) {
        commands.add(command(where, end));
      } else {
        throw unexpected(token, where);
      }
    }
    if (commands.isEmpty()) {
      throw failure("missing value for " + where);
    }
    for (int i = 1; i < commands.size(); i++) {
      switch (commands.get(i).getFirst()) {
        case Operand.Literal _,Operand.Nil _,Operand.Dot _ ->
          throw failure("non executable command in pipeline stage " + (i + 1));
        default -> {
        }
      }
    }
    // Known from here on, so that a pipeline does not see what it declares.
    for (var name : declared) {
      if (assigns) {
        known(name);
      } else {
        variables.add(name);
      }
    }
    depth--;
    return new Pipeline(declared, assigns, commands);
  }

  private List<Operand> command(String where, Kind end) {
    var operands = new ArrayList<Operand>();
    while (true) {
      var token = peek();
      if (token.kind() == Kind.PIPE || token.kind() == end || token.kind() == Kind.END) {
        break;
      }
      if (!operands.isEmpty() && !token.spaceBefore()) {
        throw unexpected(token, "operand");
      }
      operands.add(operand(where));
    }
    if (operands.isEmpty()) {
      throw failure("missing value for " + (peek().kind() == Kind.PIPE ? "command" : where));
    }
    if (operands.size() == 1 && operands.getFirst() instanceof Operand.Nil) {
      throw failure("nil is not a command");
    }
    return operands;
  }

  private Operand operand(String where) {
    var token = take();
    Operand operand = switch (token.kind()) {
      case STRING -> new Operand.Literal(token.text());
      case CHARACTER -> {
        if (token.text().codePointCount(0, token.text().length()) != 1) {
          throw failure("malformed character constant: '" + token.text() + "'");
        }
        yield new Operand.Literal((long) token.text().codePointAt(0));
      }
      case NUMBER -> new Operand.Literal(number(token.text()));
      case DOT -> new Operand.Dot();
      case VARIABLE -> new Operand.Variable(known(token.text()));
      case FIELD -> fields(new Operand.Dot(), token.text());
      case LEFT_PAREN ->
        new Operand.Parens(pipeline("parenthesized pipeline", Kind.RIGHT_PAREN, false));
      case WORD -> switch (token.text()) {
        case "nil" -> new Operand.Nil();
        case "true" -> new Operand.Literal(true);
        case "false" -> new Operand.Literal(false);
        default -> {
          if (!Functions.isKnown(token.text())) {
            throw failure("function \"" + token.text() + "\" not defined");
          }
          yield new Operand.Function(token.text());
        }
      };
      default -> throw unexpected(token, where);
    };
    if (peek().kind() == Kind.FIELD && !peek().spaceBefore()
        && !(operand instanceof Operand.Fields)) {
      if (operand instanceof Operand.Literal || operand instanceof Operand.Nil) {
        throw failure("unexpected . after term \"" + token.text() + "\"");
      }
      operand = fields(operand, take().text());
    }
    return operand;
  }

  private Operand.Fields fields(Operand of, String first) {
    var names = new ArrayList<>(List.of(first));
    while (peek().kind() == Kind.FIELD && !peek().spaceBefore()) {
      names.add(take().text());
    }
    return new Operand.Fields(of, names);
  }

  private Object number(String text) {
    var plain = text.replace("_", "");
    try {
      var lower = plain.toLowerCase(Locale.ROOT);
      var digits = lower.startsWith("+") || lower.startsWith("-") ? lower.substring(1) : lower;
      long sign = lower.startsWith("-") ? -1 : 1;
      if (digits.startsWith("0x")) {
        return sign * Long.parseLong(digits.substring(2), 16);
      }
      if (digits.startsWith("0b")) {
        return sign * Long.parseLong(digits.substring(2), 2);
      }
      if (digits.startsWith("0o")) {
        return sign * Long.parseLong(digits.substring(2), 8);
      }
      boolean whole = digits.chars().allMatch(c -> c >= '0' && c <= '9');
      if (whole && digits.length() > 1 && digits.startsWith("0")) {
        return sign * Long.parseLong(digits, 8);
      }
      if (whole) {
        return sign * Long.parseLong(digits);
      }
      char last = digits.charAt(digits.length() - 1);
      if (last == 'd' || last == 'f') {
        throw new NumberFormatException("Java's suffixes are not Go's");
      }
      return sign * Double.parseDouble(digits);
    } catch (NumberFormatException _) {
      throw failure("bad number syntax: \"" + text + "\"");
    }
  }

  private String known(String variable) {
    if (!variables.contains(variable)) {
      throw failure("undefined variable \"" + variable + "\"");
    }
    return variable;
  }

  private Token peek() {
    return tokens.get(Math.min(next, tokens.size() - 1));
  }

  private Token take() {
    var token = peek();
    next++;
    return token;
  }

  private void expectEnd(String where) {
    var token = take();
    if (token.kind() != Kind.END) {
      throw unexpected(token, where);
    }
  }

  private TemplateFailure unexpected(Token token, String where) {
    return failure("unexpected "
        + (token.kind() == Kind.END ? "end of action" : "<" + token.text() + ">") + " in " + where);
  }

  private TemplateFailure failure(String message) {
    @Nullable
    Token last = tokens.isEmpty() ? null : peek();
    return new TemplateFailure(
        "template line " + (last == null ? 1 : last.line()) + ": " + message);
  }
}

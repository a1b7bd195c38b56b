package io.throughline.query.promql;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.PlainExpression;
import io.throughline.query.promql.Expr.At;
import io.throughline.query.promql.Expr.Cardinality;
import io.throughline.query.promql.Expr.Edges;
import io.throughline.query.promql.Expr.Matching;
import io.throughline.query.promql.Expr.MatrixSelector;
import io.throughline.query.promql.Expr.Moment;
import io.throughline.query.promql.Expr.Subquery;
import io.throughline.query.promql.Expr.VectorSelector;
import io.throughline.query.promql.Expr.When;
import io.throughline.query.promql.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Text to syntax tree: recursive descent, with precedence climbing between operators. What it returns is well typed.
 *
 * <p>An expression has at most {@value #MAX_TOKENS} tokens and nests at most {@value #MAX_DEPTH} deep: beyond that the
 * tree could not be walked on a thread's stack.
 *
 * <p>Longer than most: one method a production of the grammar, all over one cursor; apart they would only call each other.
 */
public final class Parser {

  static final int MAX_TOKENS = 60_000;
  static final int MAX_DEPTH = 400;

  /** Words that cannot begin a selector, because an operator may stand there. */
  private static final Set<String> NOT_A_METRIC = Set.of("bool", "on", "ignoring", "group_left",
      "group_right", "atan2");

  private final String text;
  private final List<Token> tokens;
  private int next;
  private int depth;

  private Parser(String text) {
    this.text = text;
    this.tokens = Lexer.tokens(text);
    if (tokens.size() > MAX_TOKENS) {
      throw new ParseFailure(text, 0,
          "expression has " + tokens.size() + " tokens, at most " + MAX_TOKENS + " are read");
    }
  }

  /** The tree of an expression; throws {@link ParseFailure} where it is not one. */
  public static Expr parse(String text) {
    var parser = new Parser(text);
    if (parser.peek().kind() == Kind.END) {
      throw new ParseFailure(text, 0, "no expression found in input");
    }
    var expr = parser.expression(0);
    if (parser.peek().kind() != Kind.END) {
      throw parser.unexpected("", "");
    }
    TypeCheck.check(text, expr);
    return expr;
  }

  /** The matchers of a text such as {@code up{job="a"}}: a selector and nothing else. */
  public static List<Matcher> parseSelector(String text) {
    var expr = parse(text);
    if (expr instanceof VectorSelector selector && selector.when().equals(When.NOW)
        && selector.edges() == Edges.PLAIN) {
      return selector.matchers();
    }
    throw new ParseFailure(text, 0,
        "expected a series selector such as up{job=\"a\"}, got " + expr.type().words());
  }

  private Expr expression(int minPrecedence) {
    enter();
    var left = unary();
    while (true) {
      var operator = peekOperator();
      if (operator == null || operator.precedence() < minPrecedence) {
        break;
      }
      next++;
      left = binary(left, operator);
    }
    depth--;
    return left;
  }

  private @Nullable BinaryOperator peekOperator() {
    var token = peek();
    if (token.kind() != Kind.OPERATOR && token.kind() != Kind.NAME) {
      return null;
    }
    var operator = BinaryOperator.of(token.text());
    return operator;
  }

  private Expr binary(Expr left, BinaryOperator operator) {
    boolean bool = acceptWord("bool");
    boolean on = false;
    boolean explicit = false;
    var labels = List.<String>of();
    if (isWord("on") || isWord("ignoring")) {
      on = isWord("on");
      explicit = true;
      next++;
      labels = labelList();
    }
    var cardinality = operator.isSet() ? Cardinality.MANY_TO_MANY : Cardinality.ONE_TO_ONE;
    var include = List.<String>of();
    if (explicit && (isWord("group_left") || isWord("group_right"))) {
      cardinality = isWord("group_left") ? Cardinality.MANY_TO_ONE : Cardinality.ONE_TO_MANY;
      var at = take();
      if (operator.isSet()) {
        throw failure(at, "no grouping allowed for \"" + operator.symbol() + "\" operation");
      }
      if (peek().kind() == Kind.LEFT_PAREN) {
        include = labelList();
      }
    }
    Double fillLeft = null;
    Double fillRight = null;
    while (isFill()) {
      var word = take();
      if (operator.isSet()) {
        throw failure(word, "filling in missing series not allowed for set operators");
      }
      expect(Kind.LEFT_PAREN, "fill modifier", "\"(\"");
      double value = signedNumber();
      expect(Kind.RIGHT_PAREN, "fill modifier", "\")\"");
      var which = word.text().toLowerCase(Locale.ROOT);
      if (!which.equals("fill_right")) {
        fillLeft = value;
      }
      if (!which.equals("fill_left")) {
        fillRight = value;
      }
    }
    var right = expression(
        operator.rightAssociative() ? operator.precedence() : operator.precedence() + 1);
    for (var label : on ? include : List.<String>of()) {
      if (labels.contains(label)) {
        throw new ParseFailure(text, left.span().start(),
            "label " + Strings.quote(label) + " must not occur in ON and GROUP clause at once");
      }
    }
    boolean vectors = left.type() == ValueType.VECTOR && right.type() == ValueType.VECTOR;
    if (!vectors && (explicit || fillLeft != null || fillRight != null)) {
      throw new ParseFailure(text, left.span().start(),
          "vector matching only allowed between instant vectors");
    }
    var matching = vectors
        ? new Matching(cardinality, on, labels, include, fillLeft, fillRight)
        : null;
    return new Expr.Binary(operator, left, right, bool, matching,
        new Span(left.span().start(), right.span().end()));
  }

  private boolean isFill() {
    return (isWord("fill") || isWord("fill_left") || isWord("fill_right"))
        && tokens.get(next + 1).kind() == Kind.LEFT_PAREN;
  }

  private double signedNumber() {
    int sign = 1;
    if (isOperator("-") || isOperator("+")) {
      sign = take().text().equals("-") ? -1 : 1;
    }
    if (peek().kind() != Kind.NUMBER && peek().kind() != Kind.DURATION) {
      throw unexpected("fill modifier", "number");
    }
    return sign * number(take());
  }

  private Expr unary() {
    if (!isOperator("-") && !isOperator("+")) {
      return postfix(primary());
    }
    var sign = take();
    boolean minus = sign.text().equals("-");
    var operand = expression(BinaryOperator.POWER.precedence());
    var span = new Span(sign.start(), operand.span().end());
    if (operand instanceof Expr.NumberLiteral(double value, boolean asDuration, _)) {
      return new Expr.NumberLiteral(minus ? -value : value, asDuration, span);
    }
    return new Expr.Unary(minus, operand, span);
  }

  private Expr primary() {
    var token = peek();
    switch (token.kind()) {
      case NUMBER, DURATION -> {
        next++;
        return new Expr.NumberLiteral(number(token), token.kind() == Kind.DURATION, span(token));
      }
      case STRING -> {
        next++;
        return new Expr.StringLiteral(token.text(), span(token));
      }
      case LEFT_PAREN -> {
        next++;
        var inner = expression(0);
        var end = expect(Kind.RIGHT_PAREN, "", "");
        return new Expr.Paren(inner, new Span(token.start(), end.end()));
      }
      case LEFT_BRACE -> {
        return selector(null);
      }
      case METRIC_NAME -> {
        next++;
        return selector(token);
      }
      case NAME -> {
        return named(token);
      }
      case END, RIGHT_PAREN, RIGHT_BRACE, LEFT_BRACKET, RIGHT_BRACKET, COMMA, COLON, ASSIGN, AT,
          OPERATOR ->
        throw unexpected("", "");
    }
    throw unexpected("", "");
  }

  private Expr named(Token token) {
    var following = tokens.get(next + 1);
    var aggregation = Aggregation.of(token.text());
    boolean parenthesis = following.kind() == Kind.LEFT_PAREN;
    if (aggregation != null
        && (parenthesis || following.kind() == Kind.NAME && (following.text().equalsIgnoreCase("by")
            || following.text().equalsIgnoreCase("without")))) {
      next++;
      return aggregate(token, aggregation);
    }
    if (parenthesis && !NOT_A_METRIC.contains(token.text().toLowerCase(Locale.ROOT))) {
      next++;
      return call(token);
    }
    if (NOT_A_METRIC.contains(token.text().toLowerCase(Locale.ROOT))) {
      throw unexpected("", "");
    }
    next++;
    return selector(token);
  }

  private Expr aggregate(Token name, Aggregation aggregation) {
    boolean without = false;
    var grouping = List.<String>of();
    boolean grouped = false;
    if (isWord("by") || isWord("without")) {
      grouped = true;
      without = isWord("without");
      next++;
      grouping = labelList();
    }
    if (peek().kind() != Kind.LEFT_PAREN) {
      throw unexpected("aggregation", "");
    }
    var arguments = arguments();
    int end = tokens.get(next - 1).end();
    if (!grouped && (isWord("by") || isWord("without"))) {
      without = isWord("without");
      next++;
      grouping = labelList();
      end = tokens.get(next - 1).end();
    }
    var span = new Span(name.start(), end);
    int wanted = aggregation.parameter() == null ? 1 : 2;
    if (arguments.isEmpty()) {
      throw new ParseFailure(text, span.start(), "no arguments for aggregate expression provided");
    }
    if (arguments.size() != wanted) {
      throw new ParseFailure(text, span.start(),
          "wrong number of arguments for aggregate expression provided, expected " + wanted
              + ", got " + arguments.size());
    }
    return new Expr.Aggregate(aggregation, arguments.getLast(),
        wanted == 2 ? arguments.getFirst() : null, grouping, without, span);
  }

  private Expr call(Token name) {
    var function = Function.of(name.text());
    if (function == null) {
      throw failure(name, "unknown function with name " + Strings.quote(name.text()));
    }
    var arguments = arguments();
    return new Expr.Call(function, arguments, new Span(name.start(), tokens.get(next - 1).end()));
  }

  private List<Expr> arguments() {
    expect(Kind.LEFT_PAREN, "", "");
    var arguments = new ArrayList<Expr>();
    if (peek().kind() == Kind.RIGHT_PAREN) {
      next++;
      return arguments;
    }
    while (true) {
      arguments.add(expression(0));
      if (peek().kind() == Kind.COMMA) {
        var comma = take();
        if (peek().kind() == Kind.RIGHT_PAREN) {
          throw failure(comma, "trailing commas not allowed in function call args");
        }
      } else {
        expect(Kind.RIGHT_PAREN, "", "");
        return arguments;
      }
    }
  }

  private List<String> labelList() {
    expect(Kind.LEFT_PAREN, "grouping opts", "\"(\"");
    var labels = new ArrayList<String>();
    while (peek().kind() != Kind.RIGHT_PAREN) {
      var token = peek();
      if (token.kind() != Kind.NAME && token.kind() != Kind.STRING
          && !(token.kind() == Kind.NUMBER && Strings.isPlainLabelName(token.text()))) {
        throw unexpected("grouping opts", "label");
      }
      if (token.text().isEmpty()) {
        throw failure(token, "invalid label name for grouping: \"\"");
      }
      next++;
      labels.add(token.text());
      if (peek().kind() == Kind.COMMA) {
        next++;
      } else if (peek().kind() != Kind.RIGHT_PAREN) {
        throw unexpected("grouping opts", "\",\" or \")\"");
      }
    }
    next++;
    return List.copyOf(labels);
  }

  private VectorSelector selector(@Nullable Token metric) {
    int start = metric == null ? peek().start() : metric.start();
    int end = metric == null ? start : metric.end();
    var name = metric == null ? "" : metric.text();
    var matchers = new ArrayList<Matcher>();
    if (peek().kind() == Kind.LEFT_BRACE) {
      next++;
      name = matchers(name, matchers);
      end = tokens.get(next - 1).end();
    }
    if (!name.isEmpty()) {
      matchers.add(Matcher.equal(Labels.NAME, name));
    }
    return new VectorSelector(name, List.copyOf(matchers), When.NOW, Edges.PLAIN,
        new Span(start, end));
  }

  private String matchers(String metric, List<Matcher> into) {
    var name = metric;
    while (peek().kind() != Kind.RIGHT_BRACE) {
      var label = peek();
      if (label.kind() != Kind.NAME && label.kind() != Kind.STRING) {
        throw unexpected("label matching", "identifier or \"}\"");
      }
      next++;
      var operator = matcherOperator();
      if (operator == null) {
        if (label.kind() != Kind.STRING) {
          throw unexpected("label matching", "label matching operator");
        }
        if (!name.isEmpty()) {
          throw failure(label, "metric name must not be set twice: " + Strings.quote(name) + " or "
              + Strings.quote(label.text()));
        }
        if (label.text().isEmpty()) {
          throw failure(label, "a metric name must not be empty");
        }
        name = label.text();
      } else {
        if (peek().kind() != Kind.STRING) {
          throw unexpected("label matching", "string");
        }
        var value = take();
        if (operator == Matcher.Operator.REGEX || operator == Matcher.Operator.NOT_REGEX) {
          checkPattern(value);
        }
        into.add(new Matcher(operator, label.text(), value.text()));
      }
      if (peek().kind() == Kind.COMMA) {
        next++;
      } else if (peek().kind() != Kind.RIGHT_BRACE) {
        throw unexpected("label matching", "\",\" or \"}\"");
      }
    }
    next++;
    return name;
  }

  private Matcher.@Nullable Operator matcherOperator() {
    var token = peek();
    var operator = switch (token.kind() == Kind.ASSIGN || token.kind() == Kind.OPERATOR
        ? token.text()
        : "") {
      case "=" -> Matcher.Operator.EQUAL;
      case "!=" -> Matcher.Operator.NOT_EQUAL;
      case "=~" -> Matcher.Operator.REGEX;
      case "!~" -> Matcher.Operator.NOT_REGEX;
      default -> null;
    };
    if (operator != null) {
      next++;
    } else if (token.kind() != Kind.COMMA && token.kind() != Kind.RIGHT_BRACE) {
      throw unexpected("label matching", "label matching operator");
    }
    return operator;
  }

  private void checkPattern(Token value) {
    if (PlainExpression.of(value.text()) != null) {
      return;
    }
    try {
      Pattern.compile(value.text(), Pattern.DOTALL);
    } catch (PatternSyntaxException bad) {
      throw failure(value, String.valueOf(bad.getMessage()));
    } catch (StackOverflowError _) {
      throw failure(value, "error parsing regexp: expression nests too deeply");
    }
  }

  private Expr postfix(Expr operand) {
    var expr = operand;
    while (true) {
      if (peek().kind() == Kind.LEFT_BRACKET) {
        expr = range(expr);
      } else if (isWord("offset")) {
        expr = offset(expr);
      } else if (peek().kind() == Kind.AT) {
        expr = at(expr);
      } else if (isWord("anchored") || isWord("smoothed")) {
        expr = edges(expr);
      } else {
        return expr;
      }
    }
  }

  private Expr range(Expr operand) {
    var bracket = take();
    if (peek().kind() == Kind.RIGHT_BRACKET || peek().kind() == Kind.COLON) {
      throw unexpected("subquery or range", "number, duration, step(), range() or \"(\"");
    }
    var range = duration(0, "subquery or range");
    var separator = peek();
    if (separator.kind() == Kind.COLON) {
      next++;
      var step = peek().kind() == Kind.RIGHT_BRACKET ? null : duration(0, "subquery selector");
      var end = expect(Kind.RIGHT_BRACKET, "subquery selector", "duration or \"]\"");
      return new Subquery(operand, range, step, When.NOW,
          new Span(operand.span().start(), end.end()));
    }
    var end = expect(Kind.RIGHT_BRACKET, "subquery or range", "\":\" or \"]\"");
    if (!(operand instanceof VectorSelector selector)) {
      throw failure(bracket, "ranges only allowed for vector selectors");
    }
    if (selector.when().at() != null) {
      throw failure(bracket, "no @ modifiers allowed before range");
    }
    if (!selector.when().offset().equals(DurationExpr.ZERO)) {
      throw failure(bracket, "no offset modifiers allowed before range");
    }
    if (selector.edges() != Edges.PLAIN) {
      throw failure(bracket, "no " + selector.edges().name().toLowerCase(Locale.ROOT)
          + " modifiers allowed before range");
    }
    return new MatrixSelector(selector, range, new Span(operand.span().start(), end.end()));
  }

  private Expr offset(Expr operand) {
    var word = take();
    boolean minus = false;
    while (isOperator("-") || isOperator("+")) {
      minus ^= take().text().equals("-");
    }
    var length = durationTerm("offset");
    if (minus) {
      length = new DurationExpr.Negation(length);
    }
    var when = whenOf(operand);
    if (when == null) {
      throw new ParseFailure(text, operand.span().start(),
          "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery");
    }
    if (!when.offset().equals(DurationExpr.ZERO)) {
      throw failure(word, "offset may not be set multiple times");
    }
    return withWhen(operand, new When(length, when.at()));
  }

  private Expr at(Expr operand) {
    var sign = take();
    At at;
    if ((isWord("start") || isWord("end")) && tokens.get(next + 1).kind() == Kind.LEFT_PAREN) {
      at = new At(isWord("start") ? Moment.START : Moment.END, 0);
      next += 2;
      expect(Kind.RIGHT_PAREN, "@", "\")\"");
    } else {
      boolean minus = false;
      if (isOperator("-") || isOperator("+")) {
        minus = take().text().equals("-");
      }
      if (peek().kind() != Kind.NUMBER && peek().kind() != Kind.DURATION) {
        throw unexpected("@", "timestamp");
      }
      double seconds = number(take());
      if (minus) {
        seconds = -seconds;
      }
      if (!(Math.abs(seconds) < Long.MAX_VALUE / 1000.0)) {
        throw failure(sign, "timestamp out of bounds for @ modifier: " + Numbers.format(seconds));
      }
      at = new At(Moment.TIME, Math.round(seconds * 1000));
    }
    var when = whenOf(operand);
    if (when == null) {
      throw new ParseFailure(text, operand.span().start(),
          "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery");
    }
    if (when.at() != null) {
      throw failure(sign, "@ <timestamp> may not be set multiple times");
    }
    return withWhen(operand, new When(when.offset(), at));
  }

  private Expr edges(Expr operand) {
    var word = take();
    var edges = word.text().equalsIgnoreCase("anchored") ? Edges.ANCHORED : Edges.SMOOTHED;
    int end = word.end();
    return switch (operand) {
      case VectorSelector(var name, var matchers, var when, var was, var span) when was == Edges.PLAIN
          && edges == Edges.SMOOTHED ->
        new VectorSelector(name, matchers, when, edges, new Span(span.start(), end));
      case MatrixSelector(VectorSelector(var name, var matchers, var when, var was, var inner), var range, var span) when was == Edges.PLAIN ->
        new MatrixSelector(new VectorSelector(name, matchers, when, edges, inner), range,
            new Span(span.start(), end));
      default -> throw failure(word,
          edges == Edges.ANCHORED
              ? "anchored modifier can only be used on a range vector selector"
              : "smoothed modifier can only be used on an instant or range vector selector");
    };
  }

  private static @Nullable When whenOf(Expr operand) {
    return switch (operand) {
      case VectorSelector selector -> selector.when();
      case MatrixSelector matrix -> matrix.vector().when();
      case Subquery subquery -> subquery.when();
      default -> null;
    };
  }

  private Expr withWhen(Expr operand, When when) {
    int end = tokens.get(next - 1).end();
    return switch (operand) {
      case VectorSelector(var name, var matchers, _, var edges, var span) ->
        new VectorSelector(name, matchers, when, edges, new Span(span.start(), end));
      case MatrixSelector(VectorSelector(var name, var matchers, _, var edges, var inner), var range, var span) ->
        new MatrixSelector(new VectorSelector(name, matchers, when, edges, inner), range,
            new Span(span.start(), end));
      case Subquery(var inner, var range, var step, _, var span) ->
        new Subquery(inner, range, step, when, new Span(span.start(), end));
      default -> throw new IllegalStateException("no time can be set on " + operand);
    };
  }

  private DurationExpr duration(int minPrecedence, String context) {
    enter();
    var left = durationUnary(context);
    while (peek().kind() == Kind.OPERATOR && "+-*/%^".contains(peek().text())) {
      var operator = BinaryOperator.of(peek().text());
      if (operator == null || operator.precedence() < minPrecedence) {
        break;
      }
      next++;
      var right = duration(
          operator.rightAssociative() ? operator.precedence() : operator.precedence() + 1, context);
      left = new DurationExpr.Arithmetic(operator.symbol().charAt(0), left, right);
    }
    depth--;
    return left;
  }

  private DurationExpr durationUnary(String context) {
    if (isOperator("-") || isOperator("+")) {
      boolean minus = take().text().equals("-");
      var operand = duration(BinaryOperator.POWER.precedence(), context);
      return minus ? new DurationExpr.Negation(operand) : operand;
    }
    return durationTerm(context);
  }

  private DurationExpr durationTerm(String context) {
    var token = peek();
    var word = token.kind() == Kind.NAME ? token.text().toLowerCase(Locale.ROOT) : "";
    if (token.kind() == Kind.NUMBER || token.kind() == Kind.DURATION) {
      next++;
      double seconds = number(token);
      if (!(Math.abs(seconds) <= Long.MAX_VALUE / 1e9)) {
        throw failure(token, "duration out of range");
      }
      return new DurationExpr.Constant(seconds, token.kind() == Kind.DURATION);
    }
    if (token.kind() == Kind.LEFT_PAREN) {
      next++;
      var inner = duration(0, context);
      expect(Kind.RIGHT_PAREN, context, "\")\"");
      return new DurationExpr.Parens(inner);
    }
    if (word.equals("step") || word.equals("range")) {
      next++;
      expect(Kind.LEFT_PAREN, context, "\"(\"");
      expect(Kind.RIGHT_PAREN, context, "\")\"");
      return word.equals("step") ? new DurationExpr.Step() : new DurationExpr.Range();
    }
    if (word.equals("min_of") || word.equals("max_of")) {
      next++;
      expect(Kind.LEFT_PAREN, context, "\"(\"");
      var left = duration(0, context);
      expect(Kind.COMMA, context, "\",\"");
      var right = duration(0, context);
      expect(Kind.RIGHT_PAREN, context, "\")\"");
      return new DurationExpr.Extreme(word.equals("max_of"), left, right);
    }
    throw unexpected(context, "number, duration, step(), or range()");
  }

  private double number(Token token) {
    if (token.kind() == Kind.DURATION) {
      try {
        return Durations.parseMillis(token.text()) / 1000.0;
      } catch (IllegalArgumentException bad) {
        throw failure(token, String.valueOf(bad.getMessage()));
      }
    }
    var value = Numbers.parse(token.text());
    if (value == null) {
      throw failure(token, "error parsing number: " + Strings.quote(token.text()));
    }
    return value;
  }

  private void enter() {
    if (++depth > MAX_DEPTH) {
      throw failure(peek(), "expression nests deeper than " + MAX_DEPTH);
    }
  }

  private Token peek() {
    return tokens.get(next);
  }

  private Token take() {
    return tokens.get(next++);
  }

  private boolean isWord(String word) {
    return peek().kind() == Kind.NAME && peek().text().equalsIgnoreCase(word);
  }

  private boolean acceptWord(String word) {
    boolean found = isWord(word);
    if (found) {
      next++;
    }
    return found;
  }

  private boolean isOperator(String symbol) {
    return peek().kind() == Kind.OPERATOR && peek().text().equals(symbol);
  }

  private Token expect(Kind kind, String context, String expected) {
    if (peek().kind() != kind) {
      throw unexpected(context, expected);
    }
    return take();
  }

  private ParseFailure unexpected(String context, String expected) {
    return failure(peek(),
        "unexpected " + peek().words() + (context.isEmpty() ? "" : " in " + context)
            + (expected.isEmpty() ? "" : ", expected " + expected));
  }

  private ParseFailure failure(Token token, String reason) {
    return new ParseFailure(text, token.start(), reason);
  }

  private static Span span(Token token) {
    return new Span(token.start(), token.end());
  }
}

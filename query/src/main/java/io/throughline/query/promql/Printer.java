package io.throughline.query.promql;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.query.promql.Expr.Aggregate;
import io.throughline.query.promql.Expr.Binary;
import io.throughline.query.promql.Expr.Call;
import io.throughline.query.promql.Expr.Cardinality;
import io.throughline.query.promql.Expr.Edges;
import io.throughline.query.promql.Expr.MatrixSelector;
import io.throughline.query.promql.Expr.NumberLiteral;
import io.throughline.query.promql.Expr.Paren;
import io.throughline.query.promql.Expr.StringLiteral;
import io.throughline.query.promql.Expr.Subquery;
import io.throughline.query.promql.Expr.Unary;
import io.throughline.query.promql.Expr.VectorSelector;
import io.throughline.query.promql.Expr.When;
import java.util.ArrayList;
import java.util.List;

/**
 * Syntax tree to text. What it prints parses to the same tree, but for spans. {@link #pretty} breaks lines that would be
 * longer than {@value #MAX_LINE} characters.
 */
public final class Printer {

  private static final int MAX_LINE = 100;

  private Printer() {}

  /** The expression on one line. */
  public static String print(Expr expr) {
    return switch (expr) {
      case NumberLiteral(double value, boolean asDuration, _) -> asDuration
          ? duration(value)
          // Not +Inf: the sign would bind less than a power behind it.
          : value == Double.POSITIVE_INFINITY ? "Inf" : Numbers.format(value);
      case StringLiteral(var value, _) -> Strings.quote(value);
      case VectorSelector selector ->
        selector(selector) + suffix(selector.edges()) + when(selector.when());
      case MatrixSelector matrix -> matrix(matrix);
      case Subquery subquery -> print(subquery.inner()) + subqueryRange(subquery);
      case Call(var function, var arguments, _) -> function.symbol() + "(" + join(arguments) + ")";
      case Aggregate aggregate ->
        aggregateHead(aggregate) + "(" + join(aggregateArguments(aggregate)) + ")";
      case Binary binary -> print(binary.left()) + operator(binary) + print(binary.right());
      case Unary(boolean minus, var inner, _) -> (minus ? "-" : "+") + print(inner);
      case Paren(var inner, _) -> "(" + print(inner) + ")";
    };
  }

  /** The expression on several lines where one would be too long. */
  public static String pretty(Expr expr) {
    return pretty(expr, 0);
  }

  private static String pretty(Expr expr, int level) {
    var indent = "  ".repeat(level);
    var line = print(expr);
    if (line.length() + indent.length() <= MAX_LINE) {
      return indent + line;
    }
    return switch (expr) {
      case NumberLiteral _,StringLiteral _,VectorSelector _,MatrixSelector _ -> indent + line;
      case Subquery subquery -> pretty(subquery.inner(), level) + subqueryRange(subquery);
      case Call(var function, var arguments, _) ->
        indent + function.symbol() + "(\n" + prettyList(arguments, level + 1) + "\n" + indent + ")";
      case Aggregate aggregate -> indent + aggregateHead(aggregate) + "(\n"
          + prettyList(aggregateArguments(aggregate), level + 1) + "\n" + indent + ")";
      case Binary binary -> pretty(binary.left(), level + 1) + "\n" + indent
          + operator(binary).strip() + "\n" + pretty(binary.right(), level + 1);
      case Unary(boolean minus, var inner, _) ->
        indent + (minus ? "-" : "+") + pretty(inner, level).stripLeading();
      case Paren(var inner, _) -> indent + "(\n" + pretty(inner, level + 1) + "\n" + indent + ")";
    };
  }

  private static String prettyList(List<Expr> parts, int level) {
    var lines = new ArrayList<String>();
    for (var part : parts) {
      lines.add(pretty(part, level));
    }
    return String.join(",\n", lines);
  }

  private static String join(List<Expr> parts) {
    var texts = new ArrayList<String>();
    for (var part : parts) {
      texts.add(print(part));
    }
    return String.join(", ", texts);
  }

  private static List<Expr> aggregateArguments(Aggregate aggregate) {
    var parameter = aggregate.parameter();
    return parameter == null ? List.of(aggregate.inner()) : List.of(parameter, aggregate.inner());
  }

  private static String aggregateHead(Aggregate aggregate) {
    var name = aggregate.operation().symbol();
    if (aggregate.without()) {
      return name + " without " + labels(aggregate.grouping()) + " ";
    }
    return aggregate.grouping().isEmpty()
        ? name
        : name + " by " + labels(aggregate.grouping()) + " ";
  }

  private static String labels(List<String> names) {
    var quoted = names.stream().map(Printer::labelName).toList();
    return "(" + String.join(", ", quoted) + ")";
  }

  private static String labelName(String name) {
    return Strings.isPlainLabelName(name) ? name : Strings.quote(name);
  }

  private static String operator(Binary binary) {
    var text = new StringBuilder(" ").append(binary.operator().symbol());
    if (binary.bool()) {
      text.append(" bool");
    }
    var matching = binary.matching();
    if (matching != null) {
      boolean grouped = matching.cardinality() == Cardinality.MANY_TO_ONE
          || matching.cardinality() == Cardinality.ONE_TO_MANY;
      if (matching.on() || !matching.labels().isEmpty() || grouped) {
        text.append(matching.on() ? " on " : " ignoring ").append(labels(matching.labels()));
      }
      if (grouped) {
        text.append(
            matching.cardinality() == Cardinality.MANY_TO_ONE ? " group_left " : " group_right ")
            .append(labels(matching.include()));
      }
      var left = matching.fillLeft();
      var right = matching.fillRight();
      if (left != null && left.equals(right)) {
        text.append(" fill (").append(Numbers.format(left)).append(')');
      } else {
        if (left != null) {
          text.append(" fill_left (").append(Numbers.format(left)).append(')');
        }
        if (right != null) {
          text.append(" fill_right (").append(Numbers.format(right)).append(')');
        }
      }
    }
    return text.append(' ').toString();
  }

  /** The selector of what passes matchers, in whatever order they stand. */
  public static String selector(List<Matcher> matchers) {
    var name = Matchers.name(matchers);
    boolean plain = name != null && Strings.isPlainMetricName(name) && !isNumberWord(name);
    var parts = new ArrayList<String>();
    if (name != null && !plain) {
      parts.add(Strings.quote(name));
    }
    for (var matcher : matchers) {
      if (name == null || !matcher.equals(Matcher.equal(Labels.NAME, name))) {
        parts.add(matcher(matcher));
      }
    }
    var braces = parts.isEmpty() && plain ? "" : "{" + String.join(",", parts) + "}";
    return plain ? name + braces : braces;
  }

  private static String selector(VectorSelector selector) {
    var parts = new ArrayList<String>();
    var name = selector.name();
    boolean plain = Strings.isPlainMetricName(name) && !isNumberWord(name);
    if (!name.isEmpty() && !plain) {
      parts.add(Strings.quote(name));
    }
    boolean nameSeen = name.isEmpty();
    for (int i = 0; i < selector.matchers().size(); i++) {
      var matcher = selector.matchers().get(i);
      // The name stands before the braces; it is the last matcher.
      boolean isName = !nameSeen && i == selector.matchers().size() - 1
          && matcher.operator() == Matcher.Operator.EQUAL && matcher.label().equals(Labels.NAME);
      if (isName) {
        nameSeen = true;
      } else {
        parts.add(matcher(matcher));
      }
    }
    var braces = parts.isEmpty() ? "" : "{" + String.join(",", parts) + "}";
    return plain ? name + braces : parts.isEmpty() ? "{}" : braces;
  }

  private static boolean isNumberWord(String name) {
    return name.equalsIgnoreCase("inf") || name.equalsIgnoreCase("nan") || switch (name) {
      case "bool", "on", "ignoring", "group_left", "group_right", "atan2" -> true;
      default -> false;
    };
  }

  static String matcher(Matcher matcher) {
    return labelName(matcher.label()) + matcher.operator().symbol()
        + Strings.quote(matcher.value());
  }

  private static String matrix(MatrixSelector matrix) {
    return selector(matrix.vector()) + "[" + duration(matrix.range()) + "]"
        + suffix(matrix.vector().edges()) + when(matrix.vector().when());
  }

  private static String subqueryRange(Subquery subquery) {
    var step = subquery.step();
    return "[" + duration(subquery.range()) + ":" + (step == null ? "" : duration(step)) + "]"
        + when(subquery.when());
  }

  private static String suffix(Edges edges) {
    return switch (edges) {
      case PLAIN -> "";
      case ANCHORED -> " anchored";
      case SMOOTHED -> " smoothed";
    };
  }

  private static String when(When when) {
    var text = new StringBuilder();
    var at = when.at();
    if (at != null) {
      text.append(" @ ").append(switch (at.moment()) {
        case START -> "start()";
        case END -> "end()";
        case TIME -> seconds(at.timeMs());
      });
    }
    if (!when.offset().equals(DurationExpr.ZERO)) {
      text.append(" offset ").append(term(when.offset()));
    }
    return text.toString();
  }

  private static String seconds(long millis) {
    long size = Math.abs(millis);
    var fraction = Long.toString(1000 + size % 1000).substring(1);
    return (millis < 0 ? "-" : "") + size / 1000 + "." + fraction;
  }

  /** After {@code offset} arithmetic needs parentheses; a parsed tree has them. */
  private static String term(DurationExpr length) {
    return length instanceof DurationExpr.Arithmetic
        ? "(" + duration(length) + ")"
        : duration(length);
  }

  private static String duration(DurationExpr length) {
    return switch (length) {
      case DurationExpr.Constant(double seconds, boolean asDuration) ->
        asDuration ? duration(seconds) : Numbers.format(seconds);
      case DurationExpr.Step() -> "step()";
      case DurationExpr.Range() -> "range()";
      case DurationExpr.Negation(var operand) -> "-" + duration(operand);
      case DurationExpr.Parens(var inner) -> "(" + duration(inner) + ")";
      case DurationExpr.Extreme(boolean max, var left, var right) ->
        (max ? "max_of(" : "min_of(") + duration(left) + ", " + duration(right) + ")";
      case DurationExpr.Arithmetic(char operator, var left, var right) ->
        duration(left) + " " + operator + " " + duration(right);
    };
  }

  private static String duration(double seconds) {
    return Durations.format(Math.round(seconds * 1000));
  }
}

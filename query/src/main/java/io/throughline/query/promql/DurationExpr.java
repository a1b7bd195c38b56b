package io.throughline.query.promql;

/**
 * A length of time as it stands in {@code [...]}, a subquery's step or after {@code offset}: mostly a constant, else
 * arithmetic over constants and the query's own step and range.
 */
public sealed interface DurationExpr {

  /**
   * Seconds.
   *
   * @param asDuration whether it was written with a unit
   */
  record Constant(double seconds, boolean asDuration) implements DurationExpr {}

  record Step() implements DurationExpr {}

  record Range() implements DurationExpr {}

  record Negation(DurationExpr operand) implements DurationExpr {}

  /** {@code + - * / % ^}. */
  record Arithmetic(char operator, DurationExpr left, DurationExpr right) implements DurationExpr {}

  /** {@code min_of} or {@code max_of}. */
  record Extreme(boolean max, DurationExpr left, DurationExpr right) implements DurationExpr {}

  record Parens(DurationExpr inner) implements DurationExpr {}

  DurationExpr ZERO = new Constant(0, true);

  static DurationExpr ofMillis(long millis) {
    return new Constant(millis / 1000.0, true);
  }

  /** Seconds of a query with this step and range (end − start), both 0 for an instant query. */
  static double seconds(DurationExpr expr, double stepSeconds, double rangeSeconds) {
    return switch (expr) {
      case Constant(double seconds, _) -> seconds;
      case Step() -> stepSeconds;
      case Range() -> rangeSeconds;
      case Negation(var operand) -> -seconds(operand, stepSeconds, rangeSeconds);
      case Parens(var inner) -> seconds(inner, stepSeconds, rangeSeconds);
      case Extreme(boolean max, var left, var right) -> {
        double a = seconds(left, stepSeconds, rangeSeconds);
        double b = seconds(right, stepSeconds, rangeSeconds);
        yield max ? Math.max(a, b) : Math.min(a, b);
      }
      case Arithmetic(char operator, var left, var right) -> {
        double a = seconds(left, stepSeconds, rangeSeconds);
        double b = seconds(right, stepSeconds, rangeSeconds);
        yield switch (operator) {
          case '+' -> a + b;
          case '-' -> a - b;
          case '*' -> a * b;
          case '/' -> a / b;
          case '%' -> a % b;
          case '^' -> Math.pow(a, b);
          default -> throw new IllegalStateException("duration operator " + operator);
        };
      }
    };
  }

  /** Whether the value hangs on the query's step or range. */
  static boolean dependsOnQuery(DurationExpr expr) {
    return switch (expr) {
      case Constant _ -> false;
      case Step _,Range _ -> true;
      case Negation(var operand) -> dependsOnQuery(operand);
      case Parens(var inner) -> dependsOnQuery(inner);
      case Extreme(_, var left, var right) -> dependsOnQuery(left) || dependsOnQuery(right);
      case Arithmetic(_, var left, var right) -> dependsOnQuery(left) || dependsOnQuery(right);
    };
  }
}

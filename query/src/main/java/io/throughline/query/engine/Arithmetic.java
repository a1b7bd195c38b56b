package io.throughline.query.engine;

import io.throughline.query.promql.BinaryOperator;

/** Operators on two numbers. */
final class Arithmetic {

  private Arithmetic() {}

  /** The result between scalars: a comparison is 1 or 0. */
  static double scalar(BinaryOperator operator, double left, double right) {
    return operator.isComparison()
        ? compare(operator, left, right) ? 1 : 0
        : compute(operator, left, right);
  }

  static double compute(BinaryOperator operator, double left, double right) {
    return switch (operator) {
      case ADD -> left + right;
      case SUBTRACT -> left - right;
      case MULTIPLY -> left * right;
      case DIVIDE -> left / right;
      case MODULO -> left % right;
      case POWER -> power(left, right);
      case ATAN2 -> Math.atan2(left, right);
      default -> throw new IllegalStateException(operator + " does not compute");
    };
  }

  private static double power(double base, double exponent) {
    // Go and C agree that 1 to any power is 1, and so is -1 to an infinite one; Java says NaN.
    if (base == 1 || base == -1 && Double.isInfinite(exponent)) {
      return 1;
    }
    return Math.pow(base, exponent);
  }

  static boolean compare(BinaryOperator operator, double left, double right) {
    return switch (operator) {
      case EQUAL -> left == right;
      case NOT_EQUAL -> left != right;
      case LESS -> left < right;
      case LESS_OR_EQUAL -> left <= right;
      case GREATER -> left > right;
      case GREATER_OR_EQUAL -> left >= right;
      default -> throw new IllegalStateException(operator + " does not compare");
    };
  }
}

package io.throughline.query.engine;

import io.throughline.query.promql.Function;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;

/** Functions of one number, the dates of UTC included. */
final class MathFunctions {

  private MathFunctions() {}

  /** @param a the first parameter, as {@code round}'s step, or 0 */
  static double apply(Function function, double x, double a, double b) {
    return switch (function) {
      case ABS -> Math.abs(x);
      case CEIL -> Math.ceil(x);
      case FLOOR -> Math.floor(x);
      case EXP -> Math.exp(x);
      case LN -> Math.log(x);
      case LOG2 -> x > 0 && !Double.isInfinite(x) ? HistogramMath.log2(x) : Math.log(x);
      case LOG10 -> Math.log10(x);
      case SQRT -> Math.sqrt(x);
      case SGN -> x < 0 ? -1 : x > 0 ? 1 : x;
      case SIN -> Math.sin(x);
      case COS -> Math.cos(x);
      case TAN -> Math.tan(x);
      case ASIN -> Math.asin(x);
      case ACOS -> Math.acos(x);
      case ATAN -> Math.atan(x);
      case SINH -> Math.sinh(x);
      case COSH -> Math.cosh(x);
      case TANH -> Math.tanh(x);
      case ASINH -> asinh(x);
      case ACOSH -> acosh(x);
      case ATANH -> atanh(x);
      case DEG -> x * 180 / Math.PI;
      case RAD -> x * Math.PI / 180;
      case ROUND -> {
        // Multiplied by the inverse, as an exact step such as 0.1 does not exist.
        double inverse = 1.0 / a;
        yield Math.floor(x * inverse + 0.5) / inverse;
      }
      case CLAMP -> a > b ? SeriesColumn.ABSENT : max(a, min(b, x));
      case CLAMP_MIN -> max(a, x);
      case CLAMP_MAX -> min(a, x);
      case YEAR, MONTH, DAY_OF_MONTH, DAY_OF_WEEK, DAY_OF_YEAR, DAYS_IN_MONTH, HOUR, MINUTE ->
        date(function, x);
      default -> throw new IllegalStateException(function + " is not a function of one number");
    };
  }

  private static double max(double a, double b) {
    return Double.isNaN(a) || Double.isNaN(b) ? Double.NaN : Math.max(a, b);
  }

  private static double min(double a, double b) {
    return Double.isNaN(a) || Double.isNaN(b) ? Double.NaN : Math.min(a, b);
  }

  private static double asinh(double x) {
    if (Double.isInfinite(x) || x == 0) {
      return x;
    }
    double size = Math.abs(x);
    double result = size > 1L << 28
        ? Math.log(size) + Math.log(2)
        : size > 2
            ? Math.log(2 * size + 1
                / (Math.sqrt(size * size + 1) + size))
            : Math.log1p(size + size * size / (1 + Math.sqrt(
                1 + size * size)));
    return Math.copySign(result, x);
  }

  private static double acosh(double x) {
    if (x < 1) {
      return Double.NaN;
    }
    if (x >= 1L << 28) {
      return Math.log(x) + Math.log(2);
    }
    double t = x - 1;
    return x > 2
        ? Math.log(2 * x - 1 / (x + Math.sqrt(x * x - 1)))
        : Math.log1p(t + Math.sqrt(2
            * t + t * t));
  }

  private static double atanh(double x) {
    double size = Math.abs(x);
    double result = size < 0.5
        ? 0.5 * Math.log1p(2 * size + 2 * size * size / (1 - size))
        : 0.5
            * Math.log1p(2 * size / (1 - size));
    return Math.copySign(result, x);
  }

  private static double date(Function function, double seconds) {
    if (!Double.isFinite(seconds) || Math.abs(seconds) > 1e14) {
      return Double.NaN;
    }
    ZonedDateTime date;
    date = Instant.ofEpochSecond((long) seconds).atZone(ZoneOffset.UTC);
    return switch (function) {
      case YEAR -> date.getYear();
      case MONTH -> date.getMonthValue();
      case DAY_OF_MONTH -> date.getDayOfMonth();
      case DAY_OF_WEEK -> date.getDayOfWeek() == DayOfWeek.SUNDAY
          ? 0
          : date.getDayOfWeek()
              .getValue();
      case DAY_OF_YEAR -> date.getDayOfYear();
      case DAYS_IN_MONTH -> date.toLocalDate().lengthOfMonth();
      case HOUR -> date.getHour();
      case MINUTE -> date.getMinute();
      default -> throw new IllegalStateException(function + " is not a function of dates");
    };
  }
}

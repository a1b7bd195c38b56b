package io.throughline.query.engine;

import io.throughline.query.promql.Function;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneOffset;

/** Functions of one number, the dates of UTC included. */
final class MathFunctions {

  private static final int CALENDAR_CYCLE_YEARS = 400;
  private static final long CALENDAR_CYCLE_SECONDS = 146_097L * 86_400;

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

  /** As C's and Go's: an infinite bound wins over NaN. */
  private static double max(double a, double b) {
    return a == Double.POSITIVE_INFINITY || b == Double.POSITIVE_INFINITY
        ? Double.POSITIVE_INFINITY
        : Math.max(a, b);
  }

  private static double min(double a, double b) {
    return a == Double.NEGATIVE_INFINITY || b == Double.NEGATIVE_INFINITY
        ? Double.NEGATIVE_INFINITY
        : Math.min(a, b);
  }

  private static double asinh(double x) {
    if (Double.isInfinite(x) || x == 0) {
      return x;
    }
    double size = Math.abs(x);
    double result = size > 1L << 28
        ? Math.log(size) + Math.log(2)
        : size > 2
            ? Math.log(2 * size + 1 / (Math.sqrt(size * size + 1) + size))
            : Math.log1p(size + size * size / (1 + Math.sqrt(1 + size * size)));
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
        : Math.log1p(t + Math.sqrt(2 * t + t * t));
  }

  private static double atanh(double x) {
    double size = Math.abs(x);
    double result = size < 0.5
        ? 0.5 * Math.log1p(2 * size + 2 * size * size / (1 - size))
        : 0.5 * Math.log1p(2 * size / (1 - size));
    return Math.copySign(result, x);
  }

  private static double date(Function function, double seconds) {
    if (!(Math.abs(seconds) < 0x1p63)) {
      return endOfTime(function);
    }
    // The calendar repeats itself; years beyond those that Java knows are moved to those it does.
    long cycles = Math.floorDiv((long) seconds, CALENDAR_CYCLE_SECONDS);
    var date = Instant.ofEpochSecond((long) seconds - cycles * CALENDAR_CYCLE_SECONDS)
        .atZone(ZoneOffset.UTC);
    return switch (function) {
      case YEAR -> date.getYear() + cycles * CALENDAR_CYCLE_YEARS;
      case MONTH -> date.getMonthValue();
      case DAY_OF_MONTH -> date.getDayOfMonth();
      case DAY_OF_WEEK ->
        date.getDayOfWeek() == DayOfWeek.SUNDAY ? 0 : date.getDayOfWeek().getValue();
      case DAY_OF_YEAR -> date.getDayOfYear();
      case DAYS_IN_MONTH -> date.toLocalDate().lengthOfMonth();
      case HOUR -> date.getHour();
      case MINUTE -> date.getMinute();
      default -> throw new IllegalStateException(function + " is not a function of dates");
    };
  }

  /** The date of NaN, of infinities and of what no 64-bit count of seconds holds, as Prometheus has it. */
  private static double endOfTime(Function function) {
    return switch (function) {
      case YEAR -> 292_277_026_596.0;
      case MONTH -> 12;
      case DAY_OF_MONTH -> 4;
      case DAY_OF_WEEK -> 0;
      case DAY_OF_YEAR -> 339;
      case DAYS_IN_MONTH -> 31;
      case HOUR -> 15;
      default -> 30;
    };
  }
}

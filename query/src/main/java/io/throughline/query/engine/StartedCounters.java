package io.throughline.query.engine;

import io.throughline.query.promql.Function;
import io.throughline.query.promql.Span;

/**
 * rate, increase, irate and resets of floats that say when their counting began, where the query asks for it ({@link
 * Features#startTimestamps}). A counter that began between two samples counts from zero at the second, whatever its value,
 * so increases sent as they are (delta temporality) add up too. One that began inside the range is known from there on:
 * nothing is extrapolated to the left, and one sample is enough.
 */
final class StartedCounters {

  private final Function function;
  private final Annotations annotations;
  private final Span where;

  StartedCounters(Function function, Annotations annotations, Span where) {
    this.function = function;
    this.annotations = annotations;
    this.where = where;
  }

  static boolean concerns(Function function) {
    return switch (function) {
      case RATE, INCREASE, IRATE, RESETS -> true;
      default -> false;
    };
  }

  /** One range of floats; {@link SeriesColumn#ABSENT} for no result. */
  double value(Samples s, int lo, int hi, long startMs, long endMs) {
    warnOfOverlaps(s, lo, hi);
    return switch (function) {
      case RESETS -> resets(s, lo, hi);
      case IRATE -> lastTwo(s, lo, hi, startMs);
      default -> extrapolated(s, lo, hi, startMs, endMs);
    };
  }

  void warnOfOverlaps(Samples s, int lo, int hi) {
    for (int i = lo + 1; i < hi; i++) {
      if (s.startOverlaps(i)) {
        annotations.warn(where, "start timestamps overlap: a sample began to count before the one "
            + "before it was taken, and later than that one began");
        return;
      }
    }
  }

  private static double resets(Samples s, int lo, int hi) {
    int count = 0;
    for (int i = lo + 1; i < hi; i++) {
      if (s.beginsAnew(i) || s.values[i] < s.values[i - 1]) {
        count++;
      }
    }
    return count;
  }

  private static double lastTwo(Samples s, int lo, int hi, long startMs) {
    int last = hi - 1;
    if (hi - lo < 2) {
      return s.beganSince(startMs, last)
          ? s.values[last] / ((s.times[last] - s.start(last)) / 1000.0)
          : SeriesColumn.ABSENT;
    }
    return step(s, last) / ((s.times[last] - s.times[last - 1]) / 1000.0);
  }

  /** What was counted between a sample and the one before it. */
  private static double step(Samples s, int i) {
    double value = s.values[i];
    double before = s.values[i - 1];
    return s.beginsAnew(i) || value < before ? value : value - before;
  }

  private double extrapolated(Samples s, int lo, int hi, long startMs, long endMs) {
    boolean began = s.beganSince(startMs, lo);
    int gaps = hi - lo - (began ? 0 : 1);
    if (gaps == 0) {
      return SeriesColumn.ABSENT;
    }
    var sum = new CompensatedSum();
    if (began) {
      sum.add(s.values[lo]);
    }
    for (int i = lo + 1; i < hi; i++) {
      sum.add(step(s, i));
    }
    double change = sum.value();
    long firstMs = began ? s.start(lo) : s.times[lo];
    double factor = RateFunctions.factor(firstMs, s.times[hi - 1], gaps, began ? firstMs : startMs,
        endMs, change, s.values[lo]);
    return function == Function.RATE
        ? change * (factor / ((endMs - startMs) / 1000.0))
        : change * factor;
  }
}

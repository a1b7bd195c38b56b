package io.throughline.query.engine;

import io.throughline.query.promql.Function;
import java.util.Arrays;

/**
 * rate, increase, delta, irate and idelta of floats, extrapolated as Prometheus 3 does: to an edge of the range if the
 * nearest sample is within 1.1 average spacings, else by half a spacing; a counter never to below zero.
 *
 * <p>The drops of a counter are added up in running totals with their rounding error, so that a range costs the same
 * however many samples or resets it holds.
 */
final class RateFunctions {

  private static final double NEAR = 1.1;

  private final boolean counter;
  private final boolean perSecond;
  private final boolean divides;

  private double[] drops = new double[0];
  private double[] dropsLost = new double[0];

  RateFunctions(Function function) {
    counter = function == Function.RATE || function == Function.INCREASE
        || function == Function.IRATE;
    perSecond = function == Function.RATE;
    divides = function == Function.IRATE;
  }

  boolean counter() {
    return counter;
  }

  void extrapolated(Samples s, Windows windows, SeriesColumn out) {
    boolean anyDrop = counter && sumDrops(s);
    var times = s.times;
    var values = s.values;
    double rangeSeconds = windows.rangeMs() / 1000.0;
    var cursor = new WindowCursor(s, windows);
    for (int k = 0; k < windows.count(); k++) {
      cursor.moveTo(k);
      int lo = cursor.lo;
      int hi = cursor.hi;
      if (hi - lo < 2) {
        continue;
      }
      double change = values[hi - 1] - values[lo];
      if (anyDrop) {
        change = withDrops(values, lo, hi, change, s.finite);
      }
      double factor = factor(times[lo], times[hi - 1], hi - lo - 1 + s.leftOut, cursor.startMs,
          cursor.endMs,
          counter
              ? change
              : 0, values[lo]);
      out.values[k] = perSecond ? change * (factor / rangeSeconds) : change * factor;
    }
  }

  /** Makes the running totals of what was lost at each reset; false, and nothing made, where there is none. */
  private boolean sumDrops(Samples s) {
    var values = s.values;
    int first = 1;
    while (first < s.size && !(values[first] < values[first - 1])) {
      first++;
    }
    if (first >= s.size) {
      return false;
    }
    if (drops.length < s.size) {
      drops = new double[s.size + s.size / 2];
      dropsLost = new double[drops.length];
    }
    Arrays.fill(drops, 0, first, 0);
    Arrays.fill(dropsLost, 0, first, 0);
    double sum = 0;
    double lost = 0;
    for (int i = first; i < s.size; i++) {
      double before = values[i - 1];
      if (values[i] < before) {
        double total = sum + before;
        lost += RangeFunctions.lost(sum, before, total);
        sum = total;
      }
      drops[i] = sum;
      dropsLost[i] = lost;
    }
    return true;
  }

  private double withDrops(double[] values, int lo, int hi, double change, boolean finite) {
    if (finite) {
      return change + ((drops[hi - 1] - drops[lo]) + (dropsLost[hi - 1] - dropsLost[lo]));
    }
    double corrected = change;
    for (int i = lo + 1; i < hi; i++) {
      if (values[i] < values[i - 1]) {
        corrected += values[i - 1];
      }
    }
    return corrected;
  }

  /**
   * By how much the change between the first and the last sample is to be stretched.
   *
   * @param change of a counter; 0 where it may fall below zero
   */
  static double factor(long firstMs, long lastMs, int gaps, long startMs, long endMs, double change,
      double firstValue) {
    double sampled = (lastMs - firstMs) / 1000.0;
    double spacing = sampled / gaps;
    double near = spacing * NEAR;
    double toStart = (firstMs - startMs) / 1000.0;
    double toEnd = (endMs - lastMs) / 1000.0;
    if (toStart >= near) {
      toStart = spacing / 2;
    }
    if (change > 0 && firstValue >= 0) {
      toStart = Math.min(toStart, sampled * (firstValue / change));
    }
    if (toEnd >= near) {
      toEnd = spacing / 2;
    }
    return (sampled + toStart + toEnd) / sampled;
  }

  double lastTwo(Samples s, int lo, int hi) {
    if (hi - lo < 2) {
      return SeriesColumn.ABSENT;
    }
    double last = s.values[hi - 1];
    double before = s.values[hi - 2];
    double change = counter && last < before ? last : last - before;
    return divides ? change / ((s.times[hi - 1] - s.times[hi - 2]) / 1000.0) : change;
  }
}

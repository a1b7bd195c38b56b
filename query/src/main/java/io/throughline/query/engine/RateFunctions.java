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

  /** Of the windows of one version of their index, in seconds. */
  private double[] sampled = new double[0];
  private double[] before = new double[0];
  private double[] after = new double[0];
  /** By what a change is multiplied that is not near zero. */
  private double[] stretches = new double[0];
  private double divisor = 1;
  private int version;
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

  void extrapolated(Samples s, Windows windows, WindowIndex index, SeriesColumn out) {
    boolean anyDrop = counter && sumDrops(s);
    if (version != index.version()) {
      version = index.version();
      measure(s, windows, index);
    }
    var values = s.values;
    for (int k = 0; k < windows.count(); k++) {
      int lo = index.lo(k);
      int hi = index.hi(k);
      if (hi - lo < 2) {
        continue;
      }
      double first = values[lo];
      double change = values[hi - 1] - first;
      if (anyDrop) {
        change = withDrops(values, lo, hi, change, s.finite);
      }
      // From twice the change on, zero is further away than anything is extrapolated.
      double stretch = counter && change > 0 && first >= 0 && first < 2 * change
          ? stretch(sampled[k], before[k], after[k], change, first) / divisor
          : stretches[k];
      out.values[k] = change * stretch;
    }
  }

  /** What of the extrapolation follows from the samples' times alone. */
  private void measure(Samples s, Windows windows, WindowIndex index) {
    divisor = perSecond ? windows.rangeMs() / 1000.0 : 1;
    if (sampled.length < windows.count()) {
      sampled = new double[windows.count()];
      before = new double[windows.count()];
      after = new double[windows.count()];
      stretches = new double[windows.count()];
    }
    for (int k = 0; k < windows.count(); k++) {
      int gaps = index.hi(k) - index.lo(k) - 1;
      if (gaps < 1) {
        continue;
      }
      long firstMs = s.times[index.lo(k)];
      long lastMs = s.times[index.hi(k) - 1];
      long endMs = windows.endMs(k);
      sampled[k] = (lastMs - firstMs) / 1000.0;
      double spacing = sampled[k] / (gaps + s.leftOut);
      before[k] = toEdge(firstMs - endMs + windows.rangeMs(), spacing);
      after[k] = toEdge(endMs - lastMs, spacing);
      stretches[k] = stretch(sampled[k], before[k], after[k], 0, 0) / divisor;
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
    return stretch(sampled, toEdge(firstMs - startMs, spacing), toEdge(endMs - lastMs, spacing),
        change, firstValue);
  }

  /** How far to go on towards an edge of the range, in seconds. */
  private static double toEdge(long millis, double spacing) {
    double seconds = millis / 1000.0;
    return seconds >= spacing * NEAR ? spacing / 2 : seconds;
  }

  /** @param change of a counter, which is not followed to below zero; 0 of anything else */
  private static double stretch(double sampled, double toStart, double toEnd, double change,
      double firstValue) {
    double before = change > 0 && firstValue >= 0
        ? Math.min(toStart, sampled * (firstValue / change))
        : toStart;
    return (sampled + before + toEnd) / sampled;
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

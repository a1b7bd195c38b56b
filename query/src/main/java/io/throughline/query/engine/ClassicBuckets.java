package io.throughline.query.engine;

import java.util.Arrays;
import java.util.Comparator;

/**
 * The buckets of one classic histogram at one step: cumulative counts per upper bound. Reused from histogram to
 * histogram.
 */
final class ClassicBuckets {

  private static final double NOISE = 1e-12;

  private int size;
  private double[] bounds = new double[32];
  private double[] counts = new double[32];

  /** Whether the last {@link #prepare} had to raise a count by more than noise. */
  boolean forcedMonotonic;

  void clear() {
    size = 0;
    forcedMonotonic = false;
  }

  void add(double bound, double count) {
    if (size == bounds.length) {
      bounds = Arrays.copyOf(bounds, 2 * size);
      counts = Arrays.copyOf(counts, 2 * size);
    }
    bounds[size] = bound;
    counts[size++] = count;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Sorts, merges equal bounds and makes counts rise; false if there is no {@code +Inf} bucket or only that one. */
  boolean prepare() {
    sort();
    if (size == 0 || bounds[size - 1] != Double.POSITIVE_INFINITY) {
      return false;
    }
    int n = 0;
    for (int i = 1; i < size; i++) {
      if (bounds[i] == bounds[n]) {
        counts[n] += counts[i];
      } else {
        n++;
        bounds[n] = bounds[i];
        counts[n] = counts[i];
      }
    }
    size = n + 1;
    double before = counts[0];
    for (int i = 1; i < size; i++) {
      double now = counts[i];
      if (now == before) {
        continue;
      }
      if (almostEqual(before, now)) {
        counts[i] = before;
        continue;
      }
      if (now < before) {
        counts[i] = before;
        forcedMonotonic = true;
      } else {
        before = now;
      }
    }
    return size >= 2;
  }

  private static boolean almostEqual(double a, double b) {
    double scale = Math.abs(a) + Math.abs(b);
    double difference = Math.abs(a - b);
    return a == 0 || b == 0 || scale < Double.MIN_NORMAL
        ? difference < NOISE * Double.MIN_NORMAL
        : difference / Math.min(scale, Double.MAX_VALUE) < NOISE;
  }

  private void sort() {
    boolean sorted = true;
    for (int i = 1; i < size && sorted; i++) {
      sorted = bounds[i - 1] <= bounds[i];
    }
    if (sorted) {
      return;
    }
    var order = new Integer[size];
    Arrays.setAll(order, i -> i);
    var unsorted = bounds.clone();
    var unsortedCounts = counts.clone();
    Arrays.sort(order, Comparator.comparingDouble(i -> unsorted[i]));
    for (int i = 0; i < size; i++) {
      bounds[i] = unsorted[order[i]];
      counts[i] = unsortedCounts[order[i]];
    }
  }

  double quantile(double q) {
    if (Double.isNaN(q)) {
      return Double.NaN;
    }
    if (q < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (q > 1) {
      return Double.POSITIVE_INFINITY;
    }
    if (!prepare()) {
      return Double.NaN;
    }
    double observations = counts[size - 1];
    if (observations == 0) {
      return Double.NaN;
    }
    double rank = q * observations;
    int b = 0;
    while (b < size - 1 && !(counts[b] >= rank)) {
      b++;
    }
    if (b == size - 1) {
      return bounds[size - 2];
    }
    if (b == 0 && bounds[0] <= 0) {
      return bounds[0];
    }
    double start = 0;
    double end = bounds[b];
    double count = counts[b];
    if (b > 0) {
      start = bounds[b - 1];
      count -= counts[b - 1];
      rank -= counts[b - 1];
    }
    return start + (end - start) * (rank / count);
  }

  /** The share of observations between two values. */
  double fraction(double lower, double upper) {
    if (!prepare()) {
      return Double.NaN;
    }
    double observations = counts[size - 1];
    if (observations == 0 || Double.isNaN(lower) || Double.isNaN(upper)) {
      return Double.NaN;
    }
    return lower >= upper ? 0 : (rank(upper) - rank(lower)) / observations;
  }

  private double rank(double value) {
    if (value == Double.NEGATIVE_INFINITY) {
      return 0;
    }
    for (int b = 0; b < size; b++) {
      double upper = bounds[b];
      double lower = b > 0 ? bounds[b - 1] : upper > 0 ? 0 : Double.NEGATIVE_INFINITY;
      double before = b > 0 ? counts[b - 1] : 0;
      if (value >= upper) {
        continue;
      }
      if (value <= lower) {
        return before;
      }
      return Double.isInfinite(upper) || Double.isInfinite(lower)
          ? before
          : before + (counts[b] - before) * (value - lower) / (upper - lower);
    }
    return counts[size - 1];
  }
}

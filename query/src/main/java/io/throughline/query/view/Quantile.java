package io.throughline.query.view;

import java.util.Comparator;
import java.util.List;

/**
 * A quantile as well as buckets can tell it: the true value lies in {@code [lower, upper]}, {@code value}
 * is the guess between. All are NaN where there is nothing to tell; {@code upper} is infinite where the
 * bucket has no upper end, and {@code value} is then the lower bound.
 */
record Quantile(double value, double lower, double upper) {
  static final Quantile NONE = new Quantile(Double.NaN, Double.NaN, Double.NaN);

  /**
   * @param buckets {@code {lower, upper, count}}, in any order, overlapping where layouts differ; reordered
   *     by this call
   */
  static Quantile of(double q, List<double[]> buckets) {
    double total = 0;
    for (var bucket : buckets) {
      total += bucket[2];
    }
    if (!(total > 0)) {
      return NONE;
    }
    double rank = q * total;
    // With every observation at its bucket's lower end the quantile is least, at the upper end largest.
    buckets.sort(Comparator.comparingDouble(bucket -> bucket[0]));
    double lower = at(buckets, rank)[0];
    buckets.sort(Comparator.comparingDouble(bucket -> bucket[1]));
    double below = 0;
    for (var bucket : buckets) {
      if (below + bucket[2] >= rank * (1 - 1e-12)) {
        double part = Math.clamp((rank - below) / bucket[2], 0, 1);
        double upper = bucket[1];
        return new Quantile(Double.isInfinite(upper) ? bucket[0] : between(bucket[0], upper, part),
            Math.min(lower, upper), upper);
      }
      below += bucket[2];
    }
    var last = buckets.getLast();
    return new Quantile(last[0], lower, last[1]);
  }

  private static double[] at(List<double[]> buckets, double rank) {
    double below = 0;
    for (var bucket : buckets) {
      below += bucket[2];
      if (below >= rank * (1 - 1e-12)) {
        return bucket;
      }
    }
    return buckets.getLast();
  }

  /** Exponential buckets hold as much in each half of their logarithm; from 0 a line is all there is. */
  private static double between(double lower, double upper, double part) {
    return lower <= 0 ? lower + (upper - lower) * part : lower * Math.pow(upper / lower, part);
  }
}

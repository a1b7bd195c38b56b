package io.throughline.query.engine;

import io.throughline.query.engine.FloatHistogram.Bucket;
import java.util.Arrays;

/**
 * {@code </} and {@code >/}: what a native histogram holds at or below, or at or above, a value. The bucket that the value
 * cuts keeps its share; what endless buckets hold on the far side is unknown and goes. From the sum goes what the removed
 * observations are taken to have added to it: the middle of what was cut off, times their number.
 */
final class HistogramTrim {

  private final FloatHistogram histogram;
  private final double at;
  private final boolean keepBelow;
  private double count;
  private double removedSum;
  private boolean anyPositive;
  private boolean anyNegative;

  private HistogramTrim(FloatHistogram histogram, double at, boolean keepBelow) {
    this.histogram = histogram;
    this.at = at;
    this.keepBelow = keepBelow;
  }

  static FloatHistogram trim(FloatHistogram h, double at, boolean keepBelow) {
    return new HistogramTrim(h, at, keepBelow).run();
  }

  private FloatHistogram run() {
    var positive = side(histogram.positive, true);
    var negative = side(histogram.negative, false);
    double zero = 0;
    if (histogram.zeroCount > 0) {
      double below = share(-histogram.zeroThreshold, histogram.zeroThreshold, true);
      zero = histogram.zeroCount * (keepBelow ? below : 1 - below);
      count += zero;
    }
    double sum = 0;
    if (count != 0) {
      sum = histogram.sum - removedSum;
      if (!anyNegative && sum < 0 || !anyPositive && sum > 0) {
        sum = 0;
      }
    }
    return histogram.withCountAndSum(zero, count, sum, positive, negative);
  }

  private Buckets side(Buckets side, boolean positive) {
    var indexes = new int[side.size()];
    var counts = new double[side.size()];
    int n = 0;
    for (int i = 0; i < side.size(); i++) {
      int index = side.indexes()[i];
      double near = histogram.bound(index - 1);
      double far = histogram.bound(index);
      var bucket = positive
          ? new Bucket(near, far, side.counts()[i], 0)
          : new Bucket(-far, -near, side.counts()[i], 1);
      anyPositive |= positive && bucket.upper() > 0;
      anyNegative |= !positive || histogram.custom() && (bucket.upper() <= 0 || bucket.lower() < 0);
      double kept = kept(bucket);
      count += kept;
      if (kept != 0) {
        indexes[n] = index;
        counts[n++] = kept;
      }
    }
    return new Buckets(Arrays.copyOf(indexes, n), Arrays.copyOf(counts, n));
  }

  /** How many of a bucket's observations stay; takes the others from the sum. */
  private double kept(Bucket bucket) {
    double lower = bucket.lower();
    double upper = bucket.upper();
    if (keepBelow ? upper <= at : lower >= at) {
      return bucket.count();
    }
    if (keepBelow ? lower >= at : upper <= at) {
      removedSum += bucket.count() * middle(lower, upper);
      return 0;
    }
    if (Double.isInfinite(lower)) {
      return cutAtBottom(bucket);
    }
    if (upper == Double.POSITIVE_INFINITY) {
      removedSum += bucket.count() * lower;
      return 0;
    }
    double below = share(lower, upper, histogram.custom());
    double kept = bucket.count() * (keepBelow ? below : 1 - below);
    removedSum += (bucket.count() - kept) * (keepBelow ? middle(at, upper) : middle(lower, at));
    return kept;
  }

  /** The first of custom buckets is taken to begin at 0 if it ends above. */
  private double cutAtBottom(Bucket bucket) {
    double upper = bucket.upper();
    if (at < 0 || upper == Double.POSITIVE_INFINITY) {
      removedSum += bucket.count() * (upper == Double.POSITIVE_INFINITY ? 0 : upper);
      return 0;
    }
    double kept = bucket.count() * (keepBelow ? at / upper : 1 - at / upper);
    removedSum += (bucket.count() - kept) * (keepBelow ? (at + upper) / 2 : at / 2);
    return kept;
  }

  private double share(double lower, double upper, boolean linear) {
    if (at <= lower) {
      return 0;
    }
    if (at >= upper) {
      return 1;
    }
    if (linear) {
      return (at - lower) / (upper - lower);
    }
    double logLower = HistogramMath.log2(Math.abs(lower));
    double logUpper = HistogramMath.log2(Math.abs(upper));
    double logAt = HistogramMath.log2(Math.abs(at));
    return lower > 0
        ? (logAt - logLower) / (logUpper - logLower)
        : 1 - (logAt - logUpper) / (logLower - logUpper);
  }

  private double middle(double lower, double upper) {
    if (Double.isInfinite(lower)) {
      return upper;
    }
    if (Double.isInfinite(upper)) {
      return lower;
    }
    if (histogram.custom()) {
      return (lower + upper) / 2;
    }
    double middle = Math.sqrt(lower * upper);
    return upper <= 0 ? -middle : middle;
  }
}

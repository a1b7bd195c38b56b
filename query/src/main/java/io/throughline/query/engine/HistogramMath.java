package io.throughline.query.engine;

import io.throughline.query.engine.FloatHistogram.Bucket;

/**
 * Quantiles, fractions and variance of native histograms. Within an exponential bucket observations are taken to lie
 * evenly on a logarithmic scale, within the zero bucket and custom bounds on a linear one.
 */
final class HistogramMath {

  private HistogramMath() {}

  static double quantile(double q, FloatHistogram h) {
    if (q < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (q > 1) {
      return Double.POSITIVE_INFINITY;
    }
    if (h.count == 0 || Double.isNaN(q)) {
      return Double.NaN;
    }
    boolean upwards = Double.isNaN(h.sum) || q < 0.5;
    double rank = (upwards ? q : 1 - q) * h.count;
    var buckets = h.ascending();
    double count = 0;
    Bucket found = new Bucket(0, 0, 0, 0);
    for (int i = 0; i < buckets.length; i++) {
      found = buckets[upwards ? i : buckets.length - 1 - i];
      count += found.count();
      if (count >= rank) {
        break;
      }
    }
    double lower = lower(h, found);
    double upper = upper(h, found);
    if (h.custom()) {
      if (found.lower() == Double.NEGATIVE_INFINITY && found.upper() <= 0) {
        return found.upper();
      }
      if (found.upper() == Double.POSITIVE_INFINITY) {
        return found.lower();
      }
    }
    count = Math.min(count, h.count);
    if (count < rank) {
      // Only observations of NaN lie beyond every bucket.
      return Double.isNaN(h.sum) ? Double.NaN : upwards ? upper : lower;
    }
    rank = upwards ? rank - (count - found.count()) : count - rank;
    double fraction = rank / found.count();
    return at(h, lower, upper, fraction);
  }

  private static double lower(FloatHistogram h, Bucket bucket) {
    if (h.custom()) {
      return bucket.lower() == Double.NEGATIVE_INFINITY && bucket.upper() > 0 ? 0 : bucket.lower();
    }
    boolean onlyPositive = h.negative.size() == 0 && h.positive.size() > 0;
    return bucket.lower() < 0 && bucket.upper() > 0 && onlyPositive ? 0 : bucket.lower();
  }

  private static double upper(FloatHistogram h, Bucket bucket) {
    boolean onlyNegative = h.positive.size() == 0 && h.negative.size() > 0;
    return !h.custom() && bucket.lower() < 0 && bucket.upper() > 0 && onlyNegative
        ? 0
        : bucket.upper();
  }

  private static boolean linear(FloatHistogram h, double lower, double upper) {
    return h.custom() || lower <= 0 && upper >= 0;
  }

  private static double at(FloatHistogram h, double lower, double upper, double fraction) {
    if (linear(h, lower, upper)) {
      return lower + (upper - lower) * fraction;
    }
    double logLower = log2(Math.abs(lower));
    double logUpper = log2(Math.abs(upper));
    return lower > 0
        ? Math.pow(2, logLower + (logUpper - logLower) * fraction)
        : -Math.pow(2, logUpper + (logLower - logUpper) * (1 - fraction));
  }

  /** The share of a bucket's observations at or below a value inside of it. */
  private static double shareBelow(FloatHistogram h, double lower, double upper, double value) {
    if (linear(h, lower, upper)) {
      return (value - lower) / (upper - lower);
    }
    double logLower = log2(Math.abs(lower));
    double logUpper = log2(Math.abs(upper));
    double logValue = log2(Math.abs(value));
    return lower > 0
        ? (logValue - logLower) / (logUpper - logLower)
        : 1 - (logValue - logUpper) / (logLower - logUpper);
  }

  static double log2(double value) {
    // Exact for powers of two, which bounds mostly are.
    int exponent = Math.getExponent(value);
    return exponent >= Double.MIN_EXPONENT && exponent <= Double.MAX_EXPONENT
        && Math.scalb(1.0, exponent) == value ? exponent : Math.log(value) / Math.log(2);
  }

  /** The share of observations between two values. */
  static double fraction(double lower, double upper, FloatHistogram h) {
    if (h.count == 0 || Double.isNaN(lower) || Double.isNaN(upper)) {
      return Double.NaN;
    }
    if (lower >= upper) {
      return 0;
    }
    double below = rank(h, lower);
    double upTo = rank(h, upper);
    return (upTo - below) / h.count;
  }

  private static double rank(FloatHistogram h, double value) {
    if (value == Double.NEGATIVE_INFINITY) {
      return 0;
    }
    double rank = 0;
    for (var bucket : h.ascending()) {
      double lower = lower(h, bucket);
      double upper = upper(h, bucket);
      if (value >= upper) {
        rank += bucket.count();
      } else if (value > lower && upper != Double.POSITIVE_INFINITY
          && lower != Double.NEGATIVE_INFINITY) {
        return rank + bucket.count() * shareBelow(h, lower, upper, value);
      } else if (value > lower) {
        // Nothing is known about where in an endless bucket observations lie.
        return rank;
      } else {
        return rank;
      }
    }
    return rank;
  }

  static double variance(FloatHistogram h) {
    double mean = h.sum / h.count;
    var sum = new CompensatedSum();
    for (var bucket : h.ascending()) {
      double value;
      if (bucket.lower() <= 0 && bucket.upper() >= 0 && !h.custom()) {
        value = 0;
      } else if (h.custom()) {
        value = (bucket.lower() + bucket.upper()) / 2;
      } else {
        value = Math.sqrt(bucket.upper() * bucket.lower());
        if (bucket.upper() < 0) {
          value = -value;
        }
      }
      double distance = value - mean;
      sum.add(bucket.count() * distance * distance);
    }
    return sum.value() / h.count;
  }
}

package io.throughline.agent.otlp;

import java.util.Arrays;

/**
 * A cumulative base-2 exponential histogram of non-negative values (OpenTelemetry metrics data model,
 * "ExponentialHistogram").
 *
 * <p>Bucket <i>i</i> at scale <i>s</i> covers (2^(i/2^s), 2^((i+1)/2^s)]. It begins at scale {@value
 * #FINEST_SCALE} (0.27 % wide buckets) and halves the resolution whenever its {@value #BUCKETS} buckets
 * cannot span all values seen: relative error stays at most 2^(1/2^s)-1. Zero and negative values count
 * as zero; NaN and infinity are ignored. Hot path: {@link #record} allocates nothing. Not thread-safe:
 * its owner locks or is one thread.
 */
public final class ExponentialHistogram {

  static final int BUCKETS = 160;
  static final int FINEST_SCALE = 8;
  // Wide enough for the whole range of double in BUCKETS buckets.
  private static final int COARSEST_SCALE = -10;

  private final long[] counts = new long[BUCKETS];
  private int scale = FINEST_SCALE;
  private double indexFactor = Math.scalb(1 / Math.log(2), FINEST_SCALE);
  private int first;
  private int used;
  private long count;
  private long zeroCount;
  private double sum;
  private double min = Double.POSITIVE_INFINITY;
  private double max = Double.NEGATIVE_INFINITY;

  public void record(double value) {
    if (!Double.isFinite(value)) {
      return;
    }
    count++;
    sum += Math.max(0, value);
    min = Math.min(min, Math.max(0, value));
    max = Math.max(max, value);
    if (value < Double.MIN_NORMAL) {
      zeroCount++;
      return;
    }
    int index = index(value);
    if (used == 0) {
      first = index;
      used = 1;
    } else {
      int low = Math.min(first, index);
      int high = Math.max(first + used - 1, index);
      if (high - low >= BUCKETS) {
        coarsen(low, high);
        index = index(value);
      }
      cover(index);
    }
    counts[index - first]++;
  }

  public long count() {
    return count;
  }

  public double sum() {
    return sum;
  }

  int scale() {
    return scale;
  }

  /**
   * The value below which a share of what was recorded lies, to the bucket's upper end; NaN when empty.
   * For tests and status lines: the store computes quantiles from the buckets.
   */
  public double quantile(double share) {
    if (count == 0) {
      return Double.NaN;
    }
    long rank = Math.max(1, (long) Math.ceil(share * count));
    long seen = zeroCount;
    for (int i = 0; i < used && seen < rank; i++) {
      seen += counts[i];
      if (seen >= rank) {
        return Math.pow(2, Math.scalb((double) (first + i + 1), -scale));
      }
    }
    return seen >= rank && zeroCount >= rank ? 0 : max;
  }

  void writeTo(ProtoBuffer out) {
    out.fixed64(4, count);
    out.float64(5, sum);
    out.sint32(6, scale);
    out.fixed64(7, zeroCount);
    if (used > 0) {
      int positive = out.open(8);
      out.sint32(1, first);
      int packed = out.open(2);
      for (int i = 0; i < used; i++) {
        out.varint(counts[i]);
      }
      out.close(packed);
      out.close(positive);
    }
    if (count > 0) {
      out.float64(12, min);
      out.float64(13, Math.max(0, max));
    }
  }

  private int index(double value) {
    int exponent = Math.getExponent(value);
    boolean powerOfTwo = (Double.doubleToRawLongBits(value) & 0xF_FFFF_FFFF_FFFFL) == 0;
    if (scale <= 0) {
      return (powerOfTwo ? exponent - 1 : exponent) >> -scale;
    }
    if (powerOfTwo) {
      // Exactly on a bucket's upper end, where the logarithm may round to the wrong side.
      return (exponent << scale) - 1;
    }
    return (int) Math.ceil(Math.log(value) * indexFactor) - 1;
  }

  /** Lowers the scale until low..high, indexes at the present scale, fit. */
  private void coarsen(int low, int high) {
    int by = 0;
    while ((high >> by) - (low >> by) >= BUCKETS && scale - by > COARSEST_SCALE) {
      by++;
    }
    int newFirst = first >> by;
    int newUsed = 0;
    for (int i = 0; i < used; i++) {
      long moved = counts[i];
      counts[i] = 0;
      int target = ((first + i) >> by) - newFirst;
      counts[target] += moved;
      newUsed = target + 1;
    }
    first = newFirst;
    used = newUsed;
    scale -= by;
    indexFactor = Math.scalb(1 / Math.log(2), scale);
  }

  /** Makes {@code index} one of the buckets in use; the caller has seen to it that all fit. */
  private void cover(int index) {
    if (index < first) {
      int by = first - index;
      System.arraycopy(counts, 0, counts, by, used);
      Arrays.fill(counts, 0, by, 0);
      first = index;
      used += by;
    } else if (index >= first + used) {
      used = index - first + 1;
    }
  }
}

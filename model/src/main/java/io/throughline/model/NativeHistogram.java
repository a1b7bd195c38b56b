package io.throughline.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One native histogram sample: a count per bucket of exponentially growing or of custom width.
 *
 * <p>Counts are absolute (not deltas between buckets) and kept as they were measured: whole numbers
 * of an <em>integer</em> histogram as longs, those of a <em>float</em> histogram as doubles, both in
 * {@code long} bits so that nothing is rounded. Spans are pairs (offset, length): the first offset is
 * a bucket index, each later one the gap to the end of the span before. Bucket {@code i} of an
 * exponential schema {@code s} covers {@code (2^((i-1)·2^-s), 2^(i·2^-s)]}; of the custom schema,
 * {@code (bounds[i-1], bounds[i]]}.
 *
 * <p>Immutable by contract: arrays passed in are owned by the histogram afterwards, arrays handed out
 * must not be written to. A stale marker is a histogram whose sum is the stale NaN.
 */
public final class NativeHistogram {

  public static final int MIN_SCHEMA = -4;
  public static final int MAX_SCHEMA = 8;

  /** The schema whose buckets are the custom bounds. */
  public static final int CUSTOM_BOUNDS = -53;

  /** What the source said about a restart of the counting. The codes are stored and sent. */
  public enum ResetHint {
    UNKNOWN,
    RESET,
    NOT_RESET,
    GAUGE;

    private static final ResetHint[] BY_CODE = values();

    public int code() {
      return ordinal();
    }

    public static ResetHint ofCode(int code) {
      return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : UNKNOWN;
    }
  }

  private static final int[] NO_SPANS = {};
  private static final long[] NO_COUNTS = {};
  private static final double[] NO_BOUNDS = {};

  private final boolean integer;
  private final ResetHint resetHint;
  private final int schema;
  private final double zeroThreshold;
  private final long zeroCountBits;
  private final long countBits;
  private final double sum;
  private final int[] positiveSpans;
  private final long[] positiveCountBits;
  private final int[] negativeSpans;
  private final long[] negativeCountBits;
  private final double[] customBounds;

  /**
   * @param integer whether the count bits are whole numbers; otherwise they are double bits
   * @param customBounds ascending upper bounds without +Inf; empty unless {@code schema} is {@link
   *     #CUSTOM_BOUNDS}
   */
  public NativeHistogram(boolean integer, ResetHint resetHint, int schema, double zeroThreshold,
      long zeroCountBits, long countBits, double sum, int[] positiveSpans, long[] positiveCountBits,
      int[] negativeSpans, long[] negativeCountBits, double[] customBounds) {
    this.integer = integer;
    this.resetHint = resetHint;
    this.schema = schema;
    this.zeroThreshold = zeroThreshold;
    this.zeroCountBits = zeroCountBits;
    this.countBits = countBits;
    this.sum = sum;
    this.positiveSpans = positiveSpans;
    this.positiveCountBits = positiveCountBits;
    this.negativeSpans = negativeSpans;
    this.negativeCountBits = negativeCountBits;
    this.customBounds = customBounds;
  }

  /** The marker that a histogram series ended. */
  public static NativeHistogram stale() {
    return new NativeHistogram(true, ResetHint.UNKNOWN, 0, 0, 0, 0, SampleValues.STALE_NAN,
        NO_SPANS, NO_COUNTS, NO_SPANS, NO_COUNTS, NO_BOUNDS);
  }

  /**
   * Says why this is not a histogram anyone could have measured, or null if it is one: unknown
   * schema, spans that do not match the counts, counts below zero, bounds out of order, or a count
   * that differs from the sum over buckets where no observation was NaN.
   */
  public @Nullable String invalidReason() {
    if (isStale()) {
      return null;
    }
    boolean custom = schema == CUSTOM_BOUNDS;
    if (!custom && (schema < MIN_SCHEMA || schema > MAX_SCHEMA)) {
      return "schema " + schema + " is unknown, want " + MIN_SCHEMA + " to " + MAX_SCHEMA + " or "
          + CUSTOM_BOUNDS;
    }
    var wrong = spansReason("positive", positiveSpans, positiveCountBits.length);
    if (wrong == null) {
      wrong = spansReason("negative", negativeSpans, negativeCountBits.length);
    }
    if (wrong != null) {
      return wrong;
    }
    if (custom) {
      if (negativeCountBits.length > 0 || zeroCount() != 0 || zeroThreshold != 0) {
        return "custom bounds allow neither negative buckets nor a zero bucket";
      }
      for (int i = 1; i < customBounds.length; i++) {
        if (!(customBounds[i - 1] < customBounds[i])) {
          return "custom bound " + customBounds[i] + " is not above the one before it, "
              + customBounds[i - 1];
        }
      }
      for (double bound : customBounds) {
        if (Double.isNaN(bound) || bound == Double.POSITIVE_INFINITY) {
          return "custom bound " + bound + " is not a finite number";
        }
      }
      int last = lastIndex(positiveSpans);
      if (last > customBounds.length || positiveSpans.length > 0 && positiveSpans[0] < 0) {
        return "bucket index " + last + " lies outside of the " + customBounds.length
            + " custom bounds";
      }
    } else if (customBounds.length > 0) {
      return "custom bounds need schema " + CUSTOM_BOUNDS + ", got schema " + schema;
    }
    if (!(zeroThreshold >= 0) || Double.isInfinite(zeroThreshold)) {
      return "zero threshold " + zeroThreshold + " is not a finite number of at least 0";
    }
    return countsReason();
  }

  private @Nullable String countsReason() {
    double inBuckets = zeroCount();
    if (!(inBuckets >= 0)) {
      return "zero count " + inBuckets + " is negative or not a number";
    }
    for (int side = 0; side < 2; side++) {
      var bits = side == 0 ? positiveCountBits : negativeCountBits;
      for (long one : bits) {
        double bucketCount = toDouble(one);
        if (!(bucketCount >= 0)) {
          return "a bucket's count " + bucketCount + " is negative or not a number";
        }
        inBuckets += bucketCount;
      }
    }
    if (!(count() >= 0)) {
      return "count " + count() + " is negative or not a number";
    }
    if (integer) {
      // NaN observations are in the count and in no bucket.
      if (Double.isNaN(sum) ? inBuckets > count() : inBuckets != count()) {
        return "the buckets hold " + inBuckets + " observations, the count says " + count();
      }
    }
    return null;
  }

  private static @Nullable String spansReason(String side, int[] spans, int bucketCount) {
    if (spans.length % 2 != 0) {
      return "a " + side + " span lacks its length";
    }
    long total = 0;
    long index = 0;
    for (int i = 0; i < spans.length; i += 2) {
      if (i > 0 && spans[i] < 0) {
        return side + " span " + i / 2 + " starts " + -spans[i]
            + " before the end of the one before";
      }
      if (spans[i + 1] < 0) {
        return side + " span " + i / 2 + " has length " + spans[i + 1];
      }
      index += (long) spans[i] + spans[i + 1];
      if (index > Integer.MAX_VALUE || index < Integer.MIN_VALUE) {
        return side + " spans run past the largest bucket index";
      }
      total += spans[i + 1];
    }
    return total == bucketCount
        ? null
        : side + " spans cover " + total + " buckets, got counts for " + bucketCount;
  }

  private static int lastIndex(int[] spans) {
    int index = 0;
    for (int i = 0; i < spans.length; i += 2) {
      index += spans[i] + spans[i + 1];
    }
    return index - 1;
  }

  private double toDouble(long bits) {
    // An integer count is unsigned in the protocol; beyond 2^63 nobody counts.
    return integer ? (double) bits : Double.longBitsToDouble(bits);
  }

  public boolean isStale() {
    return SampleValues.isStale(sum);
  }

  public boolean isInteger() {
    return integer;
  }

  public ResetHint resetHint() {
    return resetHint;
  }

  public int schema() {
    return schema;
  }

  public double zeroThreshold() {
    return zeroThreshold;
  }

  public double zeroCount() {
    return toDouble(zeroCountBits);
  }

  public double count() {
    return toDouble(countBits);
  }

  public double sum() {
    return sum;
  }

  public double positiveCount(int index) {
    return toDouble(positiveCountBits[index]);
  }

  public double negativeCount(int index) {
    return toDouble(negativeCountBits[index]);
  }

  public long zeroCountBits() {
    return zeroCountBits;
  }

  public long countBits() {
    return countBits;
  }

  public int[] positiveSpans() {
    return positiveSpans;
  }

  public long[] positiveCountBits() {
    return positiveCountBits;
  }

  public int[] negativeSpans() {
    return negativeSpans;
  }

  public long[] negativeCountBits() {
    return negativeCountBits;
  }

  public double[] customBounds() {
    return customBounds;
  }

  /** Equal bit for bit, so a NaN equals the same NaN and -0.0 differs from 0.0. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NativeHistogram that && integer == that.integer
        && resetHint == that.resetHint && schema == that.schema
        && Double.doubleToRawLongBits(zeroThreshold) == Double
            .doubleToRawLongBits(that.zeroThreshold)
        && zeroCountBits == that.zeroCountBits && countBits == that.countBits
        && Double.doubleToRawLongBits(sum) == Double.doubleToRawLongBits(that.sum)
        && Arrays.equals(positiveSpans, that.positiveSpans)
        && Arrays.equals(positiveCountBits, that.positiveCountBits)
        && Arrays.equals(negativeSpans, that.negativeSpans)
        && Arrays.equals(negativeCountBits, that.negativeCountBits)
        && Arrays.equals(customBounds, that.customBounds);
  }

  @Override
  public int hashCode() {
    int hash = 31 * schema + Long.hashCode(countBits);
    hash = 31 * hash + Long.hashCode(Double.doubleToRawLongBits(sum));
    return 31 * hash + Arrays.hashCode(positiveCountBits);
  }

  @Override
  public String toString() {
    return "{count:" + count() + ", sum:" + sum + ", schema:" + schema + ", zero:" + zeroCount()
        + ", positive:" + Arrays.toString(positiveSpans) + " " + bucketsText(positiveCountBits)
        + (negativeCountBits.length == 0
            ? ""
            : ", negative:" + Arrays.toString(negativeSpans) + " " + bucketsText(negativeCountBits))
        + (customBounds.length == 0 ? "" : ", bounds:" + Arrays.toString(customBounds)) + "}";
  }

  private String bucketsText(long[] bits) {
    return Arrays.toString(Arrays.stream(bits).mapToDouble(this::toDouble).toArray());
  }
}

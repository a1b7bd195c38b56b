package io.throughline.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.NativeHistogram.ResetHint;
import org.junit.jupiter.api.Test;

class NativeHistogramTest {

  private static final int[] NO_SPANS = {};
  private static final long[] NO_COUNTS = {};
  private static final double[] NO_BOUNDS = {};

  @Test
  void whatAnSdkMeasuresIsValid() {
    assertThat(integer(3, 1, 6, new int[] {-2, 2, 3, 1}, new long[] {1, 1, 3}).invalidReason())
        .isNull();
    assertThat(NativeHistogram.stale().invalidReason()).isNull();
    assertThat(NativeHistogram.stale().isStale()).isTrue();
  }

  @Test
  void anUnknownSchemaIsRefused() {
    assertThat(integer(9, 0, 0, NO_SPANS, NO_COUNTS).invalidReason()).contains("schema 9");
    assertThat(integer(-5, 0, 0, NO_SPANS, NO_COUNTS).invalidReason()).contains("schema -5");
  }

  @Test
  void spansMustCoverTheCounts() {
    assertThat(integer(0, 0, 2, new int[] {0, 3}, new long[] {1, 1}).invalidReason())
        .isEqualTo("positive spans cover 3 buckets, got counts for 2");
    assertThat(integer(0, 0, 2, new int[] {0, 1, -1, 1}, new long[] {1, 1}).invalidReason())
        .contains("starts 1 before the end");
    assertThat(integer(0, 0, 0, new int[] {Integer.MAX_VALUE, Integer.MAX_VALUE}, NO_COUNTS)
        .invalidReason()).contains("past the largest bucket index");
  }

  @Test
  void theCountMustBeTheSumOfTheBucketsUnlessObservationsWereNaN() {
    assertThat(integer(0, 1, 3, new int[] {0, 1}, new long[] {1}).invalidReason())
        .isEqualTo("the buckets hold 2.0 observations, the count says 3.0");
    assertThat(new NativeHistogram(true, ResetHint.UNKNOWN, 0, 0.001, 1, 3, Double.NaN,
        new int[] {0, 1}, new long[] {1}, NO_SPANS, NO_COUNTS, NO_BOUNDS).invalidReason()).isNull();
  }

  @Test
  void floatCountsMayBeFractionsButNeverNegative() {
    assertThat(floats(0.5, 0.25).invalidReason()).isNull();
    assertThat(floats(0.5, -0.25).invalidReason()).contains("-0.25 is negative");
    assertThat(floats(0.5, Double.NaN).invalidReason()).contains("not a number");
  }

  @Test
  void customBoundsAscendAndHaveOneBucketMoreThanBounds() {
    assertThat(custom(new int[] {0, 3}, new long[] {1, 1, 1}, 1, 2).invalidReason()).isNull();
    assertThat(custom(new int[] {1, 3}, new long[] {1, 1, 1}, 1, 2).invalidReason())
        .contains("bucket index 3");
    assertThat(custom(new int[] {0, 1}, new long[] {3}, 2, 2).invalidReason())
        .contains("custom bound 2.0 is not above");
    assertThat(
        custom(new int[] {0, 1}, new long[] {3}, 2, Double.POSITIVE_INFINITY).invalidReason())
        .contains("not a finite number");
  }

  private static NativeHistogram integer(int schema, long zeroCount, long count, int[] spans,
      long[] counts) {
    return new NativeHistogram(true, ResetHint.UNKNOWN, schema, 0.001, zeroCount, count, 12.5,
        spans, counts, NO_SPANS, NO_COUNTS, NO_BOUNDS);
  }

  private static NativeHistogram floats(double zeroCount, double bucket) {
    return new NativeHistogram(false, ResetHint.GAUGE, 1, 0, Double.doubleToRawLongBits(zeroCount),
        Double.doubleToRawLongBits(zeroCount + bucket), 1, new int[] {0, 1},
        new long[] {Double.doubleToRawLongBits(bucket)}, NO_SPANS, NO_COUNTS, NO_BOUNDS);
  }

  private static NativeHistogram custom(int[] spans, long[] counts, double... bounds) {
    return new NativeHistogram(true, ResetHint.UNKNOWN, NativeHistogram.CUSTOM_BOUNDS, 0, 0, 3, 4,
        spans, counts, NO_SPANS, NO_COUNTS, bounds);
  }
}

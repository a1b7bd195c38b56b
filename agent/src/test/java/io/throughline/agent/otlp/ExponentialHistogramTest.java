package io.throughline.agent.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExponentialHistogramTest {

  static IntStream seeds() {
    return IntStream.range(0, 50);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyValueIsInTheBucketThatCoversIt(int seed) throws Exception {
    var random = new Random(seed);
    int spread = 1 + random.nextInt(40);
    double[] values = random.doubles(1 + random.nextInt(500))
        .map(v -> Math.pow(2, (v - 0.5) * spread))
        .toArray();
    var histogram = new ExponentialHistogram();

    for (double value : values) {
      histogram.record(value);
    }

    ExponentialHistogramDataPoint point = point(histogram);
    long[] expected = new long[ExponentialHistogram.BUCKETS];
    for (double value : values) {
      double exact = Math.log(value) / Math.log(2) * Math.scalb(1.0, point.getScale());
      int index = (int) Math.ceil(exact) - 1;
      expected[index - point.getPositive().getOffset()]++;
    }
    int used = point.getPositive().getBucketCountsCount();
    assertThat(point.getPositive().getBucketCountsList())
        .containsExactlyElementsOf(Arrays.stream(expected).limit(used).boxed().toList());
    assertThat(Arrays.stream(expected).skip(used).sum()).isZero();
    assertThat(point.getCount()).isEqualTo(values.length);
    assertThat(point.getSum()).isCloseTo(Arrays.stream(values).sum(), within(1e-6 * values.length));
    assertThat(point.getMin()).isEqualTo(Arrays.stream(values).min().orElseThrow());
    assertThat(point.getMax()).isEqualTo(Arrays.stream(values).max().orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(ints = {-20, -3, 0, 1, 17})
  void aPowerOfTwoIsTheUpperEndOfItsBucket(int exponent) throws Exception {
    var histogram = new ExponentialHistogram();

    histogram.record(Math.scalb(1.0, exponent));

    ExponentialHistogramDataPoint point = point(histogram);
    assertThat(point.getScale()).isEqualTo(ExponentialHistogram.FINEST_SCALE);
    assertThat(point.getPositive().getOffset())
        .isEqualTo(exponent * (1 << ExponentialHistogram.FINEST_SCALE) - 1);
  }

  @Test
  void resolutionIsHalvedOnlyAsFarAsTheRangeNeeds() {
    var histogram = new ExponentialHistogram();
    histogram.record(1.0);
    histogram.record(1.5);

    // log2(1.5) is 0.585: 150 buckets at scale 8.
    assertThat(histogram.scale()).isEqualTo(8);
    histogram.record(1.6);
    assertThat(histogram.scale()).isEqualTo(7);
    histogram.record(1e-6);
    histogram.record(1e3);
    assertThat(histogram.scale()).isEqualTo(2);
  }

  @Test
  void theWholeRangeOfDoubleFits() throws Exception {
    var histogram = new ExponentialHistogram();
    histogram.record(Double.MIN_NORMAL);
    histogram.record(Double.MAX_VALUE);

    assertThat(
        point(histogram).getPositive().getBucketCountsList().stream().mapToLong(c -> c).sum())
        .isEqualTo(2);
  }

  @Test
  void zerosAndNegativesCountAsZeroAndNonsenseNotAtAll() throws Exception {
    var histogram = new ExponentialHistogram();
    for (double value : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY, 2}) {
      histogram.record(value);
    }

    ExponentialHistogramDataPoint point = point(histogram);
    assertThat(point.getCount()).isEqualTo(3);
    assertThat(point.getZeroCount()).isEqualTo(2);
    assertThat(point.getSum()).isEqualTo(2);
    assertThat(point.getMin()).isZero();
  }

  private static ExponentialHistogramDataPoint point(ExponentialHistogram histogram)
      throws Exception {
    var writer = new OtlpWriter("test");
    writer.beginResource(Attributes.NONE);
    writer.begin(Instrument.histogram("h", "s"));
    writer.histogram(Attributes.NONE, 1, 2, histogram);
    writer.end();
    writer.endResource();
    return ExportMetricsServiceRequest.parseFrom(writer.take())
        .getResourceMetrics(0)
        .getScopeMetrics(0)
        .getMetrics(0)
        .getExponentialHistogram()
        .getDataPoints(0);
  }
}

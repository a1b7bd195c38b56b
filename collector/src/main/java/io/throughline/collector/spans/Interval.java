package io.throughline.collector.spans;

import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogram;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import java.util.List;

/** The interval that all deltas of one request have; both ends in epoch milliseconds. */
record Interval(long startMs, long endMs) {

  /** A counter in the making. */
  final class Counter {
    private final Metric.Builder metric;
    private final Sum.Builder sum = Sum.newBuilder()
        .setIsMonotonic(true)
        .setAggregationTemporality(AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA);

    private Counter(Metric.Builder metric) {
      this.metric = metric;
    }

    void add(List<KeyValue> labels, long increase) {
      sum.addDataPoints(NumberDataPoint.newBuilder()
          .addAllAttributes(labels)
          .setStartTimeUnixNano(startMs * 1_000_000)
          .setTimeUnixNano(endMs * 1_000_000)
          .setAsInt(increase));
    }

    Metric metric() {
      return metric.setSum(sum).build();
    }

    boolean isEmpty() {
      return sum.getDataPointsCount() == 0;
    }
  }

  /** A histogram of seconds in the making. */
  final class Histogram {
    private final Metric.Builder metric;
    private final ExponentialHistogram.Builder histogram = ExponentialHistogram.newBuilder()
        .setAggregationTemporality(AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA);

    private Histogram(Metric.Builder metric) {
      this.metric = metric;
    }

    void add(List<KeyValue> labels, Durations durations) {
      var point = ExponentialHistogramDataPoint.newBuilder()
          .addAllAttributes(labels)
          .setStartTimeUnixNano(startMs * 1_000_000)
          .setTimeUnixNano(endMs * 1_000_000);
      durations.writeTo(point);
      histogram.addDataPoints(point);
    }

    Metric metric() {
      return metric.setExponentialHistogram(histogram).build();
    }

    boolean isEmpty() {
      return histogram.getDataPointsCount() == 0;
    }
  }

  Counter sum(String name, String description) {
    return new Counter(Metric.newBuilder().setName(name).setDescription(description));
  }

  Histogram histogram(String name, String description) {
    return new Histogram(
        Metric.newBuilder().setName(name).setUnit("s").setDescription(description));
  }

  ScopeMetrics scope(List<Metric> metrics) {
    return ScopeMetrics.newBuilder()
        .setScope(InstrumentationScope.newBuilder().setName("throughline.spans"))
        .addAllMetrics(metrics)
        .build();
  }
}

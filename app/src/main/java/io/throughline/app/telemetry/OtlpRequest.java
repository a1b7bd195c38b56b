package io.throughline.app.telemetry;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogram;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramBuckets;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.PointData;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The SDK's metrics as an OTLP request: sums, gauges and exponential histograms, which is all we measure. */
final class OtlpRequest {
  /** All our counters count since the process began, the kernel's of it included; the SDK knows its own start only. */
  private static final long START_NANOS = ManagementFactory.getRuntimeMXBean().getStartTime()
      * 1_000_000;

  private OtlpRequest() {}

  static ExportMetricsServiceRequest of(Collection<MetricData> metrics) {
    var request = ExportMetricsServiceRequest.newBuilder();
    if (metrics.isEmpty()) {
      return request.build();
    }
    var first = metrics.iterator().next();
    var scope = ScopeMetrics.newBuilder()
        .setScope(InstrumentationScope.newBuilder()
            .setName(first.getInstrumentationScopeInfo().getName()));
    for (var metric : metrics) {
      scope.addMetrics(metric(metric));
    }
    return request.addResourceMetrics(ResourceMetrics.newBuilder()
        .setResource(
            Resource.newBuilder().addAllAttributes(attributes(first.getResource().getAttributes())))
        .addScopeMetrics(scope)).build();
  }

  private static Metric metric(MetricData data) {
    var metric = Metric.newBuilder()
        .setName(data.getName())
        .setUnit(data.getUnit())
        .setDescription(data.getDescription());
    switch (data.getType()) {
      case LONG_GAUGE, DOUBLE_GAUGE -> {
        var gauge = Gauge.newBuilder();
        for (var point : data.getData().getPoints()) {
          gauge.addDataPoints(number(point));
        }
        metric.setGauge(gauge);
      }
      case LONG_SUM -> metric.setSum(sum(data.getLongSumData().isMonotonic(), data));
      case DOUBLE_SUM -> metric.setSum(sum(data.getDoubleSumData().isMonotonic(), data));
      case EXPONENTIAL_HISTOGRAM -> {
        var histogram = ExponentialHistogram.newBuilder()
            .setAggregationTemporality(AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE);
        for (var point : data.getExponentialHistogramData().getPoints()) {
          histogram.addDataPoints(histogram(point));
        }
        metric.setExponentialHistogram(histogram);
      }
      case SUMMARY, HISTOGRAM -> throw new IllegalStateException(
          data.getName() + " is a " + data.getType() + ", which no meter of ours makes");
    }
    return metric.build();
  }

  private static Sum.Builder sum(boolean monotonic, MetricData data) {
    var sum = Sum.newBuilder()
        .setIsMonotonic(monotonic)
        .setAggregationTemporality(AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE);
    for (var point : data.getData().getPoints()) {
      sum.addDataPoints(number(point));
    }
    return sum;
  }

  private static NumberDataPoint.Builder number(PointData point) {
    var number = NumberDataPoint.newBuilder()
        .setStartTimeUnixNano(START_NANOS)
        .setTimeUnixNano(point.getEpochNanos())
        .addAllAttributes(attributes(point.getAttributes()));
    if (point instanceof LongPointData value) {
      number.setAsInt(value.getValue());
    } else if (point instanceof DoublePointData value) {
      number.setAsDouble(value.getValue());
    }
    return number;
  }

  private static ExponentialHistogramDataPoint.Builder histogram(
      ExponentialHistogramPointData point) {
    return ExponentialHistogramDataPoint.newBuilder()
        .setStartTimeUnixNano(START_NANOS)
        .setTimeUnixNano(point.getEpochNanos())
        .addAllAttributes(attributes(point.getAttributes()))
        .setCount(point.getCount())
        .setSum(point.getSum())
        .setScale(point.getScale())
        .setZeroCount(point.getZeroCount())
        .setPositive(buckets(point.getPositiveBuckets()))
        .setNegative(buckets(point.getNegativeBuckets()));
  }

  private static ExponentialHistogramDataPoint.Buckets.Builder buckets(
      ExponentialHistogramBuckets buckets) {
    var counts = buckets.getBucketCounts();
    return ExponentialHistogramDataPoint.Buckets.newBuilder()
        .setOffset(buckets.getOffset())
        .addAllBucketCounts(counts);
  }

  private static List<KeyValue> attributes(Attributes attributes) {
    var list = new ArrayList<KeyValue>(attributes.size());
    attributes.forEach((AttributeKey<?> key, Object value) -> {
      var any = AnyValue.newBuilder();
      switch (value) {
        case Long number -> any.setIntValue(number);
        case Double number -> any.setDoubleValue(number);
        case Boolean truth -> any.setBoolValue(truth);
        default -> any.setStringValue(value.toString());
      }
      list.add(KeyValue.newBuilder().setKey(key.getKey()).setValue(any).build());
    });
    return list;
  }
}

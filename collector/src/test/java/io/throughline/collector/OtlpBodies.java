package io.throughline.collector;

import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogram;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Histogram;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.metrics.v1.Summary;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import io.opentelemetry.proto.resource.v1.Resource;
import java.util.Map;
import java.util.TreeMap;

/** OTLP exports with known content. */
final class OtlpBodies {

  private OtlpBodies() {}

  static ResourceMetrics.Builder resource(Map<String, String> attributes) {
    var resource = Resource.newBuilder();
    new TreeMap<>(attributes)
        .forEach((name, value) -> resource.addAttributes(attribute(name, value)));
    return ResourceMetrics.newBuilder().setResource(resource);
  }

  static KeyValue attribute(String name, String value) {
    return KeyValue.newBuilder()
        .setKey(name)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }

  /** One gauge "load" of value 1. */
  static ResourceMetrics gauge(long timeMs, Map<String, String> attributes) {
    return resource(attributes).addScopeMetrics(ScopeMetrics.newBuilder()
        .addMetrics(Metric.newBuilder()
            .setName("load")
            .setGauge(Gauge.newBuilder()
                .addDataPoints(NumberDataPoint.newBuilder()
                    .setTimeUnixNano(timeMs * 1_000_000)
                    .setAsDouble(1)))))
        .build();
  }

  /** One metric of each kind, seven data points, one of which says that it has no value. */
  static ExportMetricsServiceRequest everyKind(long timeMs) {
    long time = timeMs * 1_000_000;
    long start = (timeMs - 60_000) * 1_000_000;
    var cumulative = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE;
    var scope = ScopeMetrics.newBuilder();
    scope.addMetrics(Metric.newBuilder()
        .setName("system.memory.usage")
        .setUnit("By")
        .setGauge(Gauge.newBuilder()
            .addDataPoints(NumberDataPoint.newBuilder()
                .setTimeUnixNano(time)
                .setStartTimeUnixNano(start)
                .setAsInt(5)
                .addAttributes(attribute("system.memory.state", "used")))));
    scope.addMetrics(Metric.newBuilder()
        .setName("http.requests")
        .setUnit("{request}")
        .setSum(Sum.newBuilder()
            .setIsMonotonic(true)
            .setAggregationTemporality(cumulative)
            .addDataPoints(NumberDataPoint.newBuilder()
                .setTimeUnixNano(time)
                .setStartTimeUnixNano(start)
                .setAsDouble(7))));
    scope.addMetrics(Metric.newBuilder()
        .setName("jobs.done")
        .setSum(Sum.newBuilder()
            .setIsMonotonic(true)
            .setAggregationTemporality(AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA)
            .addDataPoints(NumberDataPoint.newBuilder()
                .setTimeUnixNano(time)
                .setStartTimeUnixNano(start)
                .setAsInt(3))));
    scope.addMetrics(Metric.newBuilder()
        .setName("request.size")
        .setUnit("By")
        .setHistogram(Histogram.newBuilder()
            .setAggregationTemporality(cumulative)
            .addDataPoints(HistogramDataPoint.newBuilder()
                .setTimeUnixNano(time)
                .setStartTimeUnixNano(start)
                .addExplicitBounds(10)
                .addBucketCounts(2)
                .addBucketCounts(1)
                .setCount(3)
                .setSum(33.5))));
    scope.addMetrics(Metric.newBuilder()
        .setName("http.server.request.duration")
        .setUnit("s")
        .setExponentialHistogram(ExponentialHistogram.newBuilder()
            .setAggregationTemporality(cumulative)
            .addDataPoints(ExponentialHistogramDataPoint.newBuilder()
                .setTimeUnixNano(time)
                .setStartTimeUnixNano(start)
                .setScale(9)
                .setZeroCount(1)
                .setCount(6)
                .setSum(1.5)
                .setPositive(ExponentialHistogramDataPoint.Buckets.newBuilder()
                    .setOffset(4)
                    .addBucketCounts(1)
                    .addBucketCounts(2)
                    .addBucketCounts(2)))));
    scope.addMetrics(Metric.newBuilder()
        .setName("rpc")
        .setUnit("s")
        .setSummary(Summary.newBuilder()
            .addDataPoints(SummaryDataPoint.newBuilder()
                .setTimeUnixNano(time)
                .setStartTimeUnixNano(start)
                .setCount(4)
                .setSum(2)
                .addQuantileValues(SummaryDataPoint.ValueAtQuantile.newBuilder()
                    .setQuantile(0.5)
                    .setValue(0.25)))));
    scope.addMetrics(Metric.newBuilder()
        .setName("absent")
        .setGauge(Gauge.newBuilder()
            .addDataPoints(NumberDataPoint.newBuilder()
                .setTimeUnixNano(time)
                .setStartTimeUnixNano(start)
                .setFlags(1))));
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(resource(Map.of("service.name", "checkout", "service.namespace", "shop",
            "service.instance.id", "i-1", "host.id", "h-7", "container.id", "c-9"))
            .addScopeMetrics(scope))
        .build();
  }
}

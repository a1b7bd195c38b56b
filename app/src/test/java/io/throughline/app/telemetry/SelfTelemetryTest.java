package io.throughline.app.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Metric;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SelfTelemetryTest {

  @Test
  void metricsArriveAtTheDoorAsTheyWereMeasured() throws Exception {
    var requests = new LinkedBlockingQueue<ExportMetricsServiceRequest>();
    var resource = Attributes.of(AttributeKey.stringKey("service.name"), "throughline",
        AttributeKey.longKey("process.pid"), 7L);
    try (var telemetry = new SelfTelemetry(resource, request -> {
      requests.add(request);
      return CompletableFuture.completedFuture(null);
    }, Duration.ofMillis(100))) {
      var meter = telemetry.meter();
      meter.counterBuilder("c")
          .setUnit("{thing}")
          .build()
          .add(3, Attributes.of(AttributeKey.stringKey("k"), "v"));
      var histogram = meter.histogramBuilder("h").setUnit("s").build();
      histogram.record(0.25);
      histogram.record(0.25);
      histogram.record(1024);
      Metric histograms = null;
      Metric counters = null;
      while (histograms == null || counters == null) {
        var request = requests.poll(30, TimeUnit.SECONDS);
        assertThat(request).isNotNull();
        assertThat(request.getResourceMetrics(0).getResource().getAttributesList()).anySatisfy(
            attribute -> assertThat(attribute.getValue().getStringValue()).isEqualTo("throughline"))
            .anySatisfy(attribute -> assertThat(attribute.getValue().getIntValue()).isEqualTo(7));
        var names = request.getResourceMetrics(0)
            .getScopeMetrics(0)
            .getMetricsList()
            .stream()
            .collect(Collectors.toMap(Metric::getName, Function.identity()));
        histograms = names.get("h");
        counters = names.get("c");
        assertThat(names).containsKeys("jvm.memory.used", "jvm.thread.count");
      }

      var counter = counters.getSum();
      assertThat(counter.getIsMonotonic()).isTrue();
      assertThat(counter.getAggregationTemporality())
          .isEqualTo(AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE);
      assertThat(counter.getDataPoints(0).getAsInt()).isEqualTo(3);
      assertThat(counter.getDataPoints(0).getAttributes(0).getKey()).isEqualTo("k");
      var point = histograms.getExponentialHistogram().getDataPoints(0);
      assertThat(point.getCount()).isEqualTo(3);
      assertThat(point.getSum()).isEqualTo(1024.5);
      assertThat(
          point.getPositive().getBucketCountsList().stream().mapToLong(Long::longValue).sum())
          .isEqualTo(3);
      assertThat(point.getStartTimeUnixNano()).isPositive().isLessThan(point.getTimeUnixNano());
    }
  }

  @Test
  void theTextHasPowersOfTwoAsBoundsAndEscapesValues() {
    try (var telemetry = new SelfTelemetry(Attributes.empty(), null, Duration.ofSeconds(1))) {
      var meter = telemetry.meter();
      var histogram = meter.histogramBuilder("h").setUnit("s").setDescription("a\nb").build();
      histogram.record(0);
      histogram.record(0.3);
      histogram.record(0.5);
      histogram.record(0.6);
      histogram.record(3);
      meter.counterBuilder("c")
          .setUnit("By")
          .build()
          .add(3, Attributes.of(AttributeKey.stringKey("k.x"), "a\"\\\n"));

      var text = telemetry.prometheusText();

      assertThat(text).contains("""
          # HELP h_seconds a\\nb
          # TYPE h_seconds histogram
          h_seconds_bucket{le="0.5"} 3
          h_seconds_bucket{le="1.0"} 4
          h_seconds_bucket{le="2.0"} 4
          h_seconds_bucket{le="4.0"} 5
          h_seconds_bucket{le="+Inf"} 5
          h_seconds_sum 4.4
          h_seconds_count 5
          """).contains("# TYPE c_bytes_total counter\nc_bytes_total{k_x=\"a\\\"\\\\\\n\"} 3\n");
    }
  }
}

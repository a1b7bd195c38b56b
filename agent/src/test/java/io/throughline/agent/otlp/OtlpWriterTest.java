package io.throughline.agent.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsPartialSuccess;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.resource.v1.Resource;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OtlpWriterTest {

  static IntStream seeds() {
    return IntStream.range(0, 30);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void whatIsWrittenIsWhatOpenTelemetrysOwnClassesWouldWrite(int seed) throws Exception {
    var random = new Random(seed);
    var writer = new OtlpWriter("scope");
    var expected = ExportMetricsServiceRequest.newBuilder();
    for (int r = random.nextInt(4); r >= 0; r--) {
      String host = "host-ü-" + "x".repeat(random.nextInt(200));
      long pid = random.nextLong();
      writer.beginResource(Attributes.of("host.id", host, "process.pid", pid));
      var scope = ScopeMetrics.newBuilder()
          .setScope(InstrumentationScope.newBuilder().setName("scope"));
      for (int m = random.nextInt(5); m >= 0; m--) {
        boolean counter = random.nextBoolean();
        String name = "metric." + m;
        writer.begin(counter ? Instrument.counter(name, "s") : Instrument.gauge(name, "s"));
        var metric = Metric.newBuilder().setName(name).setUnit("s");
        var sum = Sum.newBuilder()
            .setIsMonotonic(true)
            .setAggregationTemporality(AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE);
        var gauge = Gauge.newBuilder();
        for (int p = random.nextInt(20); p >= 0; p--) {
          long start = random.nextInt(2) * (random.nextLong() >>> 1);
          long time = random.nextLong() >>> 1;
          var point = NumberDataPoint.newBuilder()
              .setStartTimeUnixNano(start)
              .setTimeUnixNano(time)
              .addAttributes(text("p", "v" + p));
          if (random.nextBoolean()) {
            double value = Double.longBitsToDouble(random.nextLong());
            writer.point(Attributes.of("p", "v" + p), start, time, value);
            point.setAsDouble(value);
          } else {
            long value = random.nextLong();
            writer.point(Attributes.of("p", "v" + p), start, time, value);
            point.setAsInt(value);
          }
          sum.addDataPoints(point);
          gauge.addDataPoints(point);
        }
        writer.end();
        scope.addMetrics(counter ? metric.setSum(sum) : metric.setGauge(gauge));
      }
      writer.endResource();
      expected.addResourceMetrics(ResourceMetrics.newBuilder()
          .setResource(Resource.newBuilder()
              .addAttributes(text("host.id", host))
              .addAttributes(KeyValue.newBuilder()
                  .setKey("process.pid")
                  .setValue(AnyValue.newBuilder().setIntValue(pid))))
          .addScopeMetrics(scope));
    }

    assertThat(ExportMetricsServiceRequest.parseFrom(writer.take())).isEqualTo(expected.build());
  }

  @Test
  void metricsWithoutPointsAndResourcesWithoutMetricsLeaveNoTrace() {
    var writer = new OtlpWriter("scope");
    writer.beginResource(Attributes.of("a", "b"));
    writer.begin(Instrument.gauge("g", "1"));
    writer.end();
    writer.endResource();

    assertThat(writer.take()).isEmpty();
  }

  @Test
  void aPartialSuccessIsRead() {
    assertThat(PartialSuccess.message(rejected(300)))
        .isEqualTo("300 points rejected: label too long");
    assertThat(PartialSuccess.message(rejected(1))).isEqualTo("1 point rejected: label too long");
    assertThat(PartialSuccess.message(new byte[0])).isEmpty();
  }

  private static byte[] rejected(int points) {
    return ExportMetricsServiceResponse.newBuilder()
        .setPartialSuccess(ExportMetricsPartialSuccess.newBuilder()
            .setRejectedDataPoints(points)
            .setErrorMessage("label too long"))
        .build()
        .toByteArray();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void anAnswerThatIsNoProtobufIsNoComplaint(int seed) {
    byte[] nonsense = new byte[40];
    new Random(seed).nextBytes(nonsense);

    assertThat(PartialSuccess.message(nonsense)).isNotNull();
  }

  private static KeyValue text(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }
}

package io.throughline.collector;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.JsonFormat;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.View;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.throughline.model.Failure;
import io.throughline.testkit.Await;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What OTLP takes and answers, over HTTP and gRPC. */
class OtlpDoorsTest extends OpenDoors {

  @Test
  void everyKindOfMetricIsStoredUnderPrometheusNames() throws Exception {
    var response = post("/v1/metrics", OtlpBodies.everyKind(NOW).toByteArray(), "Content-Type",
        PROTOBUF);

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(ExportMetricsServiceResponse.parseFrom(response.body()).hasPartialSuccess())
        .isFalse();
    var id = "instance=\"i-1\", job=\"shop/checkout\"";
    long start = NOW - 60_000;
    assertThat(intake.lines()).containsExactlyInAnyOrder(
        "default/system_memory_usage_bytes{" + id + ", system_memory_state=\"used\"} " + NOW + " "
            + start + " 5",
        "default/http_requests_total{" + id + "} " + NOW + " " + start + " 7",
        "default/jobs_done_total{" + id + "} " + NOW + " " + start + " +3",
        "default/request_size_bytes_bucket{" + id + ", le=\"10\"} " + NOW + " " + start + " 2",
        "default/request_size_bytes_bucket{" + id + ", le=\"+Inf\"} " + NOW + " " + start + " 3",
        "default/request_size_bytes_count{" + id + "} " + NOW + " " + start + " 3",
        "default/request_size_bytes_sum{" + id + "} " + NOW + " " + start + " 33.5",
        "default/http_server_request_duration_seconds{" + id + "} " + NOW + " " + start
            + " {count:6.0, sum:1.5, schema:8, zero:1.0, positive:[3, 2] [3.0, 2.0]}",
        "default/rpc_seconds{" + id + ", quantile=\"0.5\"} " + NOW + " " + start + " 0.25",
        "default/rpc_seconds_sum{" + id + "} " + NOW + " " + start + " 2",
        "default/rpc_seconds_count{" + id + "} " + NOW + " " + start + " 4",
        "default/absent{" + id + "} " + NOW + " " + start + " NaN:7ff0000000000002",
        "default/target_info{container_id=\"c-9\", host_id=\"h-7\", " + id + "} " + NOW + " 0 1");
  }

  @Test
  void jsonAndGzipAreTheSameExport() throws Exception {
    var json = JsonFormat.printer()
        .print(OtlpBodies.everyKind(NOW))
        .getBytes(StandardCharsets.UTF_8);

    var response = post("/api/v1/otlp/v1/metrics", gzip(json), "Content-Type", "application/json",
        "Content-Encoding", "gzip");

    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    assertThat(text(response)).isEqualTo("{}");
    assertThat(intake.lines()).hasSize(13);
  }

  @Test
  void partlyBadExportsAnswerPartialSuccess() throws Exception {
    var response = post("/v1/metrics", OtlpBodies.everyKind(NOW + 7_200_000).toByteArray(),
        "Content-Type", PROTOBUF);

    var partial = ExportMetricsServiceResponse.parseFrom(response.body()).getPartialSuccess();
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(partial.getRejectedDataPoints()).isEqualTo(7);
    assertThat(partial.getErrorMessage()).contains("ahead of the collector's clock");
    assertThat(intake.lines()).isEmpty();
  }

  @Test
  void resourcesWithoutAServiceStayApart() throws Exception {
    var export = ExportMetricsServiceRequest.newBuilder();
    for (var host : new String[] {"h1", "h2"}) {
      for (var container : new String[] {"c1", "c2"}) {
        export.addResourceMetrics(
            OtlpBodies.gauge(NOW, Map.of("host.id", host, "container.id", host + container)));
      }
      for (var pid : new String[] {"10", "11"}) {
        export
            .addResourceMetrics(OtlpBodies.gauge(NOW, Map.of("host.id", host, "process.pid", pid)));
      }
      export.addResourceMetrics(
          OtlpBodies.gauge(NOW, Map.of("host.id", host, "host.name", "n" + host)));
    }

    post("/v1/metrics", export.build().toByteArray(), "Content-Type", PROTOBUF);

    assertThat(intake.lines().stream().filter(line -> line.startsWith("default/load{")).distinct())
        .hasSize(10)
        .contains("default/load{instance=\"h1c2\", job=\"container\"} " + NOW + " 0 1",
            "default/load{instance=\"h2/11\", job=\"process\"} " + NOW + " 0 1",
            "default/load{instance=\"h2\", job=\"host\"} " + NOW + " 0 1");
  }

  @Test
  void targetInfoIsRepeatedOnceAMinute() throws Exception {
    for (int second = 0; second <= 90; second += 10) {
      clock.set(Instant.ofEpochMilli(NOW + second * 1000L));
      post("/v1/metrics", OtlpBodies.everyKind(NOW + second * 1000L).toByteArray(), "Content-Type",
          PROTOBUF);
    }

    assertThat(intake.lines().stream().filter(line -> line.contains("target_info"))).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpc", "http"})
  void anOpenTelemetrySdkExports(String protocol) {
    clock.set(Instant.now());
    MetricExporter exporter = protocol.equals("grpc")
        ? OtlpGrpcMetricExporter.builder()
            .setEndpoint("http://127.0.0.1:" + grpcServer.actualPort())
            .build()
        : OtlpHttpMetricExporter.builder()
            .setEndpoint("http://127.0.0.1:" + server.actualPort() + "/v1/metrics")
            .build();
    try (var provider = SdkMeterProvider.builder()
        .setResource(Resource.create(Attributes.builder()
            .put("service.name", "sdk")
            .put("service.instance.id", "1")
            .build()))
        .registerView(InstrumentSelector.builder().setName("latency").build(),
            View.builder().setAggregation(Aggregation.base2ExponentialBucketHistogram()).build())
        .registerMetricReader(
            PeriodicMetricReader.builder(exporter).setInterval(Duration.ofHours(1)).build())
        .build()) {
      var meter = provider.get("test");
      meter.counterBuilder("orders").build().add(3);
      meter.histogramBuilder("latency").setUnit("s").build().record(0.25);

      assertThat(provider.forceFlush().join(30, TimeUnit.SECONDS).isSuccess()).isTrue();
    }

    Await.until("both metrics are there", () -> intake.lines()
        .stream()
        .anyMatch(line -> line.startsWith("default/orders_total{instance=\"1\", job=\"sdk\"}")
            && line.endsWith(" 3"))
        && intake.lines()
            .stream()
            .anyMatch(
                line -> line.startsWith("default/latency_seconds{") && line.contains("count:1.0")));
  }

  @Test
  void anSdkIsToldOverGrpcWhyAndWhenToComeBack() throws Exception {
    intake.failCommits(Failure.unavailable("Kafka is away"));
    var grpc = GrpcClient.client(vertx);
    var method = ServiceMethod.client(
        ServiceName.create("opentelemetry.proto.collector.metrics.v1", "MetricsService"), "Export",
        GrpcMessageEncoder.<ExportMetricsServiceRequest>encoder(),
        GrpcMessageDecoder.decoder(ExportMetricsServiceResponse.newBuilder()));

    var response = grpc
        .request(SocketAddress.inetSocketAddress(grpcServer.actualPort(), "127.0.0.1"), method)
        .compose(request -> {
          request.end(OtlpBodies.everyKind(NOW));
          return request.response();
        })
        .compose(answer -> answer.end().otherwiseEmpty().map(answer))
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);

    assertThat(response.status()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(response.statusMessage()).contains("Kafka is away");
    // Without a message before it, the status travels in the head.
    assertThat(response.headers().get("grpc-status-details-bin")).isNotEmpty();
  }
}

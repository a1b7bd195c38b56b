package io.throughline.app.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenTelemetry's own Java SDK, as a user configures it, over both transports. */
class OpenTelemetrySdkIT {
  @TempDir
  private Path folder;

  @Test
  void whatAnSdkExportsOverGrpcAndHttpIsThereUnderItsPrometheusName() throws Exception {
    try (var up = UpProcess.start(folder.resolve("data"), "--no-agent")) {
      for (var transport : List.of("grpc", "http")) {
        MetricExporter exporter = transport.equals("grpc")
            ? OtlpGrpcMetricExporter.builder()
                .setEndpoint("http://127.0.0.1:" + up.grpcPort)
                .build()
            : OtlpHttpMetricExporter.builder()
                .setEndpoint("http://127.0.0.1:" + up.otlpPort
                    + "/v1/metrics")
                .setCompression("gzip")
                .build();
        try (var provider = SdkMeterProvider.builder()
            .setResource(Resource.create(Attributes.of(AttributeKey.stringKey("service.name"),
                "cart-" + transport, AttributeKey.stringKey("service.instance.id"), "one")))
            .registerMetricReader(PeriodicMetricReader.builder(exporter)
                .setInterval(Duration.ofHours(1))
                .build())
            .build()) {
          provider.get("test").counterBuilder("orders.placed").setUnit("{order}").build().add(7);

          assertThat(provider.forceFlush().join(30, TimeUnit.SECONDS).isSuccess()).as(transport)
              .isTrue();
        }
        spans(up, transport);
        var found = up.query("default", "orders_placed_total{job=\"cart-" + transport
            + "\",instance=\"one\"}", System.currentTimeMillis());

        assertThat(found).hasSize(1);
        assertThat(found.getJsonObject(0).getJsonArray("value").getString(1)).isEqualTo("7");
      }
    }
  }

  /** A call of one service to another, each exporting its own span, the callee over this transport. */
  private static void spans(UpProcess up, String transport) {
    SpanExporter callee = transport.equals("grpc")
        ? OtlpGrpcSpanExporter.builder()
            .setEndpoint("http://127.0.0.1:" + up.grpcPort)
            .build()
        : OtlpHttpSpanExporter.builder()
            .setEndpoint("http://127.0.0.1:" + up.otlpPort
                + "/v1/traces")
            .setCompression("gzip")
            .build();
    var caller = OtlpHttpSpanExporter.builder()
        .setEndpoint("http://127.0.0.1:" + up.otlpPort
            + "/v1/traces")
        .build();
    try (var web = tracing("web-" + transport, caller);
        var cart = tracing("cart-" + transport, callee)) {
      var call = web.get("test").spanBuilder("GET").setSpanKind(SpanKind.CLIENT).startSpan();
      var answer = cart.get("test")
          .spanBuilder("GET /cart")
          .setSpanKind(SpanKind.SERVER)
          .setParent(Context.root().with(call))
          .startSpan();
      answer.setStatus(StatusCode.ERROR).end();
      call.end();
      assertThat(cart.forceFlush().join(30, TimeUnit.SECONDS).isSuccess()).as(transport).isTrue();
      assertThat(web.forceFlush().join(30, TimeUnit.SECONDS).isSuccess()).as(transport).isTrue();
    }
    long now = System.currentTimeMillis();
    var calls = "traces_span_metrics_calls_total{job=\"cart-" + transport
        + "\",instance=\"one\",span_name=\"GET /cart\",span_kind=\"SPAN_KIND_SERVER\","
        + "status_code=\"STATUS_CODE_ERROR\"}";
    var edge = "{client=\"web-" + transport + "\",server=\"cart-" + transport + "\"}";
    for (var query : List.of(calls,
        "histogram_count(traces_span_metrics_duration_seconds{job=\"cart-"
            + transport + "\"})", "traces_service_graph_request_total" + edge,
        "traces_service_graph_request_failed_total" + edge,
        "histogram_count(traces_service_graph_request_server_seconds" + edge + ")",
        "histogram_count(traces_service_graph_request_client_seconds" + edge + ")")) {
      var found = up.query("default", query, now);
      assertThat(found).as(query).hasSize(1);
      assertThat(found.getJsonObject(0).getJsonArray("value").getString(1)).as(query)
          .isEqualTo(
              "1");
    }
  }

  private static SdkTracerProvider tracing(String service, SpanExporter exporter) {
    return SdkTracerProvider.builder()
        .setResource(Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), service,
            AttributeKey.stringKey("service.instance.id"), "one")))
        .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
        .build();
  }
}

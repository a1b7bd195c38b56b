package io.throughline.app.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.metrics.ExemplarFilter;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenTelemetry's own Java SDK, as a user configures it, over both transports. */
class OpenTelemetrySdkIT {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

  @TempDir
  private Path folder;

  /** A way to an installation, and what exports over it. */
  private record Transport(String name, MetricExporter metrics, SpanExporter spans) {

    static Transport grpc(UpProcess up) {
      var endpoint = "http://127.0.0.1:" + up.grpcPort;
      return new Transport("grpc", OtlpGrpcMetricExporter.builder().setEndpoint(endpoint).build(),
          OtlpGrpcSpanExporter.builder().setEndpoint(endpoint).build());
    }

    static Transport http(UpProcess up) {
      var metrics = OtlpHttpMetricExporter.builder().setEndpoint(up.otlp("/v1/metrics"));
      var spans = OtlpHttpSpanExporter.builder().setEndpoint(up.otlp("/v1/traces"));
      return new Transport("http", metrics.setCompression("gzip").build(),
          spans.setCompression("gzip").build());
    }

    String service(String what) {
      return what + "-" + name;
    }
  }

  @Test
  void whatAnSdkExportsOverGrpcAndHttpIsThereUnderItsPrometheusName() throws Exception {
    try (var up = UpProcess.start(folder.resolve("data"), "--no-agent")) {
      for (var transport : List.of(Transport.grpc(up), Transport.http(up))) {
        try (var provider = SdkMeterProvider.builder()
            .setResource(Resource.create(Attributes.of(AttributeKey.stringKey("service.name"),
                transport.service("cart"), AttributeKey.stringKey("service.instance.id"), "one")))
            .registerMetricReader(PeriodicMetricReader.builder(transport.metrics())
                .setInterval(Duration.ofHours(1))
                .build())
            .build()) {
          provider.get("test").counterBuilder("orders.placed").setUnit("{order}").build().add(7);
          provider.get("test")
              .histogramBuilder("wait")
              .build()
              .record(0.25, Attributes.empty(),
                  Context.root()
                      .with(Span.wrap(SpanContext.create(TRACE, "b7ad6b7169203331",
                          TraceFlags.getSampled(), TraceState.getDefault()))));

          assertThat(provider.forceFlush().join(30, TimeUnit.SECONDS).isSuccess())
              .as(transport.name())
              .isTrue();
          exemplar(up, "cart-" + transport.name);
        }
        spans(up, transport);
        var found = up.query("default",
            "orders_placed_total{job=\"" + transport.service("cart") + "\",instance=\"one\"}",
            System.currentTimeMillis());

        assertThat(found).hasSize(1);
        assertThat(found.getJsonObject(0).getJsonArray("value").getString(1)).isEqualTo("7");
      }
    }
  }

  /** What was recorded within a span leads from the bucket it fell into to its trace. */
  private static void exemplar(UpProcess up, String job) throws Exception {
    var query = "histogram_quantile(0.9, rate(wait_bucket{job=\"" + job + "\"}[5m]))";
    var answer = new JsonObject(
        up.get("/api/v1/query_exemplars?start=0&end=" + (System.currentTimeMillis() / 1000 + 60)
            + "&query=" + URLEncoder.encode(query, StandardCharsets.UTF_8)).body());
    var found = answer.getJsonArray("data");

    assertThat(found).as(answer.encode()).hasSize(1);
    assertThat(found.getJsonObject(0).getJsonObject("seriesLabels").getString("le")).isEqualTo("5");
    var exemplar = found.getJsonObject(0).getJsonArray("exemplars").getJsonObject(0);
    assertThat(exemplar.getJsonObject("labels").getString("trace_id")).isEqualTo(TRACE);
    assertThat(exemplar.getString("value")).isEqualTo("0.25");
  }

  /** A call of one service to another, each exporting its own span, the callee over this transport. */
  private static void spans(UpProcess up, Transport transport) {
    var caller = OtlpHttpSpanExporter.builder().setEndpoint(up.otlp("/v1/traces")).build();
    try (var web = tracing(transport.service("web"), caller);
        var cart = tracing(transport.service("cart"), transport.spans())) {
      var call = web.get("test").spanBuilder("GET").setSpanKind(SpanKind.CLIENT).startSpan();
      var answer = cart.get("test")
          .spanBuilder("GET /cart")
          .setSpanKind(SpanKind.SERVER)
          .setParent(Context.root().with(call))
          .startSpan();
      answer.setStatus(StatusCode.ERROR).end();
      call.end();
      assertThat(cart.forceFlush().join(30, TimeUnit.SECONDS).isSuccess()).as(transport.name())
          .isTrue();
      assertThat(web.forceFlush().join(30, TimeUnit.SECONDS).isSuccess()).as(transport.name())
          .isTrue();
    }
    long now = System.currentTimeMillis();
    var calls = "traces_span_metrics_calls_total{job=\"" + transport.service("cart")
        + "\",instance=\"one\",span_name=\"GET /cart\",span_kind=\"SPAN_KIND_SERVER\","
        + "status_code=\"STATUS_CODE_ERROR\"}";
    var edge = "{client=\"" + transport.service("web") + "\",server=\"" + transport.service("cart")
        + "\"}";
    for (var query : List.of(calls,
        "histogram_count(traces_span_metrics_duration_seconds{job=\"" + transport.service("cart")
            + "\"})",
        "traces_service_graph_request_total" + edge,
        "traces_service_graph_request_failed_total" + edge,
        "histogram_count(traces_service_graph_request_server_seconds" + edge + ")",
        "histogram_count(traces_service_graph_request_client_seconds" + edge + ")")) {
      var found = up.query("default", query, now);
      assertThat(found).as(query).hasSize(1);
      assertThat(found.getJsonObject(0).getJsonArray("value").getString(1)).as(query)
          .isEqualTo("1");
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

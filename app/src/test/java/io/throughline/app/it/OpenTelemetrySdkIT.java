package io.throughline.app.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
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
        var found = up.query("default", "orders_placed_total{job=\"cart-" + transport
            + "\",instance=\"one\"}", System.currentTimeMillis());

        assertThat(found).hasSize(1);
        assertThat(found.getJsonObject(0).getJsonArray("value").getString(1)).isEqualTo("7");
      }
    }
  }
}

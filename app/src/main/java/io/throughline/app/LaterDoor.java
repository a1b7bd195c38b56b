package io.throughline.app;

import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.throughline.app.telemetry.SelfTelemetry;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A door that lets nobody in until the collector behind it is there. */
final class LaterDoor implements SelfTelemetry.Door {
  private volatile SelfTelemetry.@Nullable Door door;

  void open(SelfTelemetry.Door behind) {
    door = behind;
  }

  @Override
  public CompletionStage<?> export(ExportMetricsServiceRequest request) {
    var behind = door;
    return behind == null ? CompletableFuture.completedFuture(null) : behind.export(request);
  }
}

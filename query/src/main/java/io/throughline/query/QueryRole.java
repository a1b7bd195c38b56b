package io.throughline.query;

import io.opentelemetry.api.metrics.Meter;
import io.throughline.query.api.PrometheusApi;
import io.throughline.store.Snapshot;
import io.vertx.ext.web.Router;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The query role's door: Prometheus' HTTP API over a store. Close it after the router's server. */
public final class QueryRole implements AutoCloseable {

  private final PrometheusApi api;

  /** @param snapshots gives a new snapshot at each call, which the role closes */
  public QueryRole(QuerySettings settings, Supplier<Snapshot> snapshots, ReadBarrier barrier,
      InstantSource clock, Meter meter, @Nullable Deletion deletion) {
    this.api = new PrometheusApi(settings, snapshots, barrier, clock, meter, deletion);
  }

  /** Adds {@code /api/v1/…}, the same under {@code /prometheus}, and {@code /federate}. */
  public void mount(Router router) {
    api.mount(router);
  }

  @Override
  public void close() {
    api.close();
  }
}

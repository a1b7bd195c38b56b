package io.throughline.query;

import io.opentelemetry.api.metrics.Meter;
import io.throughline.model.Exemplar;
import io.throughline.model.Tenant;
import io.throughline.query.api.PrometheusApi;
import io.throughline.query.source.ExemplarStore;
import io.throughline.store.Snapshot;
import io.vertx.ext.web.Router;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The query role's door: Prometheus' HTTP API over a store. Close it after the router's server. */
public final class QueryRole implements AutoCloseable {

  private final PrometheusApi api;
  private final ExemplarStore exemplars;

  /** @param snapshots gives a new snapshot at each call, which the role closes */
  public QueryRole(QuerySettings settings, Supplier<Snapshot> snapshots, ReadBarrier barrier,
      InstantSource clock, Meter meter, @Nullable Deletion deletion) {
    this.exemplars = new ExemplarStore(settings.maxExemplars());
    this.api = new PrometheusApi(settings, snapshots, barrier, clock, meter, deletion, exemplars);
  }

  /** Takes an exemplar to be shown; false if it is older than one of its series, or none are kept. */
  public boolean addExemplar(Tenant tenant, Exemplar exemplar) {
    return exemplars.add(tenant, exemplar);
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

package io.throughline.collector.produce;

import io.throughline.model.Tenant;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One tenant's current series set in each partition, and how many series it has. */
final class TenantSeries {
  final Tenant tenant;
  final int hashSeed;
  final AtomicInteger seriesCount = new AtomicInteger();

  /** By partition; guarded by this. */
  private final @Nullable SeriesSet[] current;

  TenantSeries(Tenant tenant, int partitionCount) {
    this.tenant = tenant;
    this.hashSeed = io.throughline.model.Fingerprint.seed(tenant);
    this.current = new @Nullable SeriesSet[partitionCount];
  }

  @Nullable
  SeriesSet current(int partition) {
    return current[partition];
  }

  void replace(int partition, @Nullable SeriesSet set) {
    current[partition] = set;
  }
}

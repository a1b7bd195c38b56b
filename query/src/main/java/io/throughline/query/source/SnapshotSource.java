package io.throughline.query.source;

import io.throughline.model.Matcher;
import io.throughline.model.Tenant;
import io.throughline.store.Snapshot;
import java.util.List;

/** One tenant's view of a store's snapshot. Whoever opened the snapshot closes it. */
public final class SnapshotSource implements SampleSource {

  private final Snapshot snapshot;
  private final Tenant tenant;

  public SnapshotSource(Snapshot snapshot, Tenant tenant) {
    this.snapshot = snapshot;
    this.tenant = tenant;
  }

  @Override
  public List<Snapshot.Series> select(List<Matcher> matchers, long minTimeMs, long maxTimeMs,
      int maxSeries) {
    return snapshot.select(tenant, matchers, minTimeMs, maxTimeMs, maxSeries);
  }

  @Override
  public List<Snapshot.Series> selectUnsorted(List<Matcher> matchers, long minTimeMs,
      long maxTimeMs, int maxSeries) {
    return snapshot.selectUnsorted(tenant, matchers, minTimeMs, maxTimeMs, maxSeries);
  }
}

package io.throughline.query.source;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.MetricType;
import io.throughline.model.Tenant;
import io.throughline.query.promql.Matchers;
import io.throughline.store.Need;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** One tenant's view of a store's snapshot. Whoever opened the snapshot closes it. */
public final class SnapshotSource implements SampleSource {

  private final Snapshot snapshot;
  private final Tenant tenant;
  private final boolean typed;

  public SnapshotSource(Snapshot snapshot, Tenant tenant) {
    this(snapshot, tenant, false);
  }

  /** @param typed whether series carry their metric's type and unit as labels */
  public SnapshotSource(Snapshot snapshot, Tenant tenant, boolean typed) {
    this.snapshot = snapshot;
    this.tenant = tenant;
    this.typed = typed;
  }

  @Override
  public List<Snapshot.Series> select(List<Matcher> matchers, long minTimeMs, long maxTimeMs,
      int maxSeries) {
    if (!typed) {
      return snapshot.select(tenant, matchers, minTimeMs, maxTimeMs, maxSeries);
    }
    var found = typed(matchers, minTimeMs, maxTimeMs, maxSeries);
    found.sort(Comparator.comparing(Snapshot.Series::labels));
    return found;
  }

  @Override
  public List<Snapshot.Series> selectUnsorted(List<Matcher> matchers, long minTimeMs,
      long maxTimeMs, int maxSeries) {
    return typed
        ? typed(matchers, minTimeMs, maxTimeMs, maxSeries)
        : snapshot.selectUnsorted(tenant, matchers, minTimeMs, maxTimeMs, maxSeries);
  }

  /** The store knows types and units beside labels, so what asks for them is looked at here. */
  private List<Snapshot.Series> typed(List<Matcher> matchers, long minTimeMs, long maxTimeMs,
      int maxSeries) {
    var stored = new ArrayList<Matcher>();
    var added = new ArrayList<Matcher>();
    for (var matcher : matchers) {
      boolean here = matcher.label().equals(Labels.TYPE) || matcher.label().equals(Labels.UNIT);
      (here ? added : stored).add(matcher);
    }
    var found = new ArrayList<Snapshot.Series>();
    for (var series : snapshot.selectUnsorted(tenant, stored, minTimeMs, maxTimeMs, maxSeries)) {
      var labels = typed(series);
      if (Matchers.matches(added, labels)) {
        found.add(new Typed(series, labels));
      }
    }
    return found;
  }

  private Labels typed(Snapshot.Series series) {
    var metadata = snapshot.series(series.partition(), series.seriesId()).metadata();
    var labels = series.labels().toBuilder();
    if (metadata.type() != MetricType.UNKNOWN) {
      labels.set(Labels.TYPE, metadata.type().promName());
    }
    return (metadata.unit().isEmpty() ? labels : labels.set(Labels.UNIT, metadata.unit())).build();
  }

  private record Typed(Snapshot.Series series, Labels labels) implements Snapshot.Series {
    @Override
    public MetricType type() {
      return series.type();
    }

    @Override
    public int partition() {
      return series.partition();
    }

    @Override
    public int seriesId() {
      return series.seriesId();
    }

    @Override
    public void read(long minTimeMs, long maxTimeMs, SampleBuffer into) {
      series.read(minTimeMs, maxTimeMs, into);
    }

    @Override
    public void readNeeded(Need need, long minTimeMs, long maxTimeMs, SampleBuffer into) {
      series.readNeeded(need, minTimeMs, maxTimeMs, into);
    }

    @Override
    public long thinnedBeforeMs() {
      return series.thinnedBeforeMs();
    }
  }
}

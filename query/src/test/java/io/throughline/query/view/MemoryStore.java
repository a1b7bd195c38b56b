package io.throughline.query.view;

import com.google.re2j.Pattern;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.MetricType;
import io.throughline.model.NativeHistogram;
import io.throughline.model.Partitioning;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.LogPosition;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import io.throughline.store.Store;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The plainest store there can be: what the view needs of one, in maps. Not thread-safe for writes. */
final class MemoryStore {

  private record Sample(long startMs, double value, @Nullable NativeHistogram histogram) {}

  private record Stored(int id, Tenant tenant, Labels labels, TreeMap<Long, Sample> samples) {}

  private final Map<String, Stored> byLabels = new LinkedHashMap<>();
  private final List<Stored> series = new ArrayList<>();
  private Tenant tenant = Tenant.DEFAULT;
  private volatile long open;

  MemoryStore as(Tenant newTenant) {
    tenant = newTenant;
    return this;
  }

  private Stored stored(Labels labels) {
    return byLabels.computeIfAbsent(tenant + " " + labels, key -> {
      var made = new Stored(series.size(), tenant, labels, new TreeMap<>());
      series.add(made);
      return made;
    });
  }

  MemoryStore add(Labels labels, long timeMs, long startMs, double value) {
    stored(labels).samples().put(timeMs, new Sample(startMs, value, null));
    return this;
  }

  MemoryStore add(Labels labels, long timeMs, long startMs, NativeHistogram histogram) {
    stored(labels).samples().put(timeMs, new Sample(startMs, 0, histogram));
    return this;
  }

  /** Takes away every series of a metric, as if its sender had never been. */
  MemoryStore without(String... metrics) {
    var gone = List.of(metrics);
    var rest = new MemoryStore();
    for (var each : series) {
      if (!gone.contains(each.labels().metricName())) {
        var kept = new Stored(rest.series.size(), each.tenant(), each.labels(), each.samples());
        rest.byLabels.put(each.tenant() + " " + each.labels(), kept);
        rest.series.add(kept);
      }
    }
    return rest;
  }

  /** Writes the samples in {@code [fromMs, toMs)} as one record per shard to a real store of so many shards. */
  void writeTo(Store store, int shards, long fromMs, long toMs) {
    for (var each : series) {
      var writer = store.shard(Partitioning.partition(each.tenant(), each.labels(), shards));
      var bytes = each.labels().canonicalBytes();
      int id = writer.seriesId(each.tenant(), bytes, 0, bytes.length, SeriesMetadata.UNKNOWN);
      each.samples().subMap(fromMs, true, toMs, false).forEach((time, sample) -> {
        if (sample.histogram() == null) {
          writer.append(id, time, sample.startMs(), sample.value());
        } else {
          writer.append(id, time, sample.startMs(), sample.histogram());
        }
      });
    }
    for (int shard = 0; shard < shards; shard++) {
      var writer = store.shard(shard);
      writer
          .applied(new LogPosition("test", "topic", 0, writer.appliedPosition().nextOffset() + 1));
    }
  }

  /** The distinct metric names, in the order of their first series. */
  Set<String> metrics() {
    var metrics = new LinkedHashSet<String>();
    series.forEach(each -> metrics.add(each.labels().metricName()));
    return metrics;
  }

  /** Snapshots taken and not closed. */
  long open() {
    return open;
  }

  synchronized Snapshot snapshot() {
    open++;
    return new Taken(List.copyOf(series));
  }

  private synchronized void closed() {
    open--;
  }

  private final class Taken implements Snapshot {
    private final List<Stored> seen;

    Taken(List<Stored> seen) {
      this.seen = seen;
    }

    @Override
    public Map<Integer, Long> nextOffsets() {
      return Map.of(0, (long) seen.size());
    }

    @Override
    public List<Series> select(Tenant of, List<Matcher> matchers, long minTimeMs, long maxTimeMs,
        int maxSeries) {
      return seen.stream().filter(each -> each.tenant().equals(of)).filter(each -> {
        var next = each.samples().ceilingKey(minTimeMs);
        return next != null && next <= maxTimeMs;
      })
          .filter(each -> matchers.stream().allMatch(matcher -> matches(matcher, each.labels())))
          .sorted((a, b) -> a.labels().compareTo(b.labels()))
          .map(Opened::new)
          .map(Series.class::cast)
          .toList();
    }

    private static boolean matches(Matcher matcher, Labels labels) {
      var value = labels.getOrEmpty(matcher.label());
      return switch (matcher.operator()) {
        case EQUAL -> value.equals(matcher.value());
        case NOT_EQUAL -> !value.equals(matcher.value());
        case REGEX -> Pattern.matches(matcher.value(), value);
        case NOT_REGEX -> !Pattern.matches(matcher.value(), value);
      };
    }

    @Override
    public List<String> labelNames(Tenant of, List<Matcher> matchers, long minTimeMs,
        long maxTimeMs) {
      var names = new TreeSet<String>();
      select(of, matchers, minTimeMs, maxTimeMs, 0)
          .forEach(each -> names.addAll(each.labels().toMap().keySet()));
      return List.copyOf(names);
    }

    @Override
    public List<String> labelValues(Tenant of, String name, List<Matcher> matchers, long minTimeMs,
        long maxTimeMs) {
      var values = new TreeSet<String>();
      select(of, matchers, minTimeMs, maxTimeMs, 0)
          .forEach(each -> values.add(each.labels().getOrEmpty(name)));
      return List.copyOf(values);
    }

    @Override
    public Map<String, Set<SeriesMetadata>> metadata(Tenant of) {
      return Map.of();
    }

    @Override
    public int seriesCount(int partition) {
      return seen.size();
    }

    @Override
    public SeriesEntry series(int partition, int seriesId) {
      var each = seen.get(seriesId);
      return new SeriesEntry(each.tenant(), each.labels(), SeriesMetadata.UNKNOWN);
    }

    @Override
    public Series open(int partition, int seriesId) {
      return new Opened(seen.get(seriesId));
    }

    @Override
    public void close() {
      closed();
    }
  }

  private record Opened(Stored stored) implements Snapshot.Series {
    @Override
    public Labels labels() {
      return stored.labels();
    }

    @Override
    public MetricType type() {
      return MetricType.UNKNOWN;
    }

    @Override
    public int partition() {
      return 0;
    }

    @Override
    public int seriesId() {
      return stored.id();
    }

    @Override
    public void read(long minTimeMs, long maxTimeMs, SampleBuffer into) {
      into.clear();
      if (minTimeMs > maxTimeMs) {
        return;
      }
      stored.samples().subMap(minTimeMs, true, maxTimeMs, true).forEach((time, sample) -> {
        if (sample.histogram() == null) {
          into.add(time, sample.startMs(), sample.value());
        } else {
          into.add(time, sample.startMs(), sample.histogram());
        }
      });
    }
  }
}

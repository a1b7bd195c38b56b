package io.throughline.rules.group;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.MetricType;
import io.throughline.query.promql.Matchers;
import io.throughline.query.source.SampleSource;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is stored, with what the rules of this iteration have made so far laid over it. Not thread-safe. */
final class OverlaySource implements SampleSource {

  private final SampleSource below;
  private final Map<String, TreeMap<Labels, RuleSample>> byName = new HashMap<>();

  OverlaySource(SampleSource below) {
    this.below = below;
  }

  /** Lays a sample over what is there; of two with the same labels the later call's stays. */
  void add(RuleSample sample) {
    byName.computeIfAbsent(sample.labels().metricName(), _ -> new TreeMap<>())
        .put(sample.labels(), sample);
  }

  @Override
  public List<Snapshot.Series> select(List<Matcher> matchers, long minTimeMs, long maxTimeMs,
      int maxSeries) {
    var stored = below.select(matchers, minTimeMs, maxTimeMs, maxSeries);
    var laid = laid(matchers, minTimeMs, maxTimeMs);
    if (laid.isEmpty()) {
      return stored;
    }
    var merged = new ArrayList<Snapshot.Series>(stored.size() + laid.size());
    for (var series : stored) {
      while (!laid.isEmpty() && laid.firstKey().compareTo(series.labels()) < 0) {
        merged.add(new Laid(null, laid.pollFirstEntry().getValue()));
      }
      var same = laid.remove(series.labels());
      merged.add(same == null ? series : new Laid(series, same));
    }
    laid.values().forEach(sample -> merged.add(new Laid(null, sample)));
    return merged;
  }

  @Override
  public List<Snapshot.Series> selectUnsorted(List<Matcher> matchers, long minTimeMs,
      long maxTimeMs, int maxSeries) {
    return laid(matchers, minTimeMs, maxTimeMs).isEmpty()
        ? below.selectUnsorted(matchers, minTimeMs, maxTimeMs, maxSeries)
        : select(matchers, minTimeMs, maxTimeMs, maxSeries);
  }

  private TreeMap<Labels, RuleSample> laid(List<Matcher> matchers, long minTimeMs, long maxTimeMs) {
    var found = new TreeMap<Labels, RuleSample>();
    var name = Matchers.name(matchers);
    for (var entry : byName.entrySet()) {
      if (name == null || name.equals(entry.getKey())) {
        entry.getValue().forEach((labels, sample) -> {
          if (sample.timeMs() >= minTimeMs && sample.timeMs() <= maxTimeMs
              && Matchers.matches(matchers, labels)) {
            found.put(labels, sample);
          }
        });
      }
    }
    return found;
  }

  /** A stored series, or none, with one newer sample. */
  private record Laid(Snapshot.@Nullable Series stored,
      RuleSample sample) implements Snapshot.Series {

    @Override
    public Labels labels() {
      return sample.labels();
    }

    @Override
    public MetricType type() {
      return stored == null ? MetricType.UNKNOWN : stored.type();
    }

    @Override
    public int partition() {
      return stored == null ? -1 : stored.partition();
    }

    @Override
    public int seriesId() {
      return stored == null ? -1 : stored.seriesId();
    }

    @Override
    public void read(long minTimeMs, long maxTimeMs, SampleBuffer into) {
      if (stored == null) {
        into.clear();
      } else {
        stored.read(minTimeMs, maxTimeMs, into);
      }
      if (sample.timeMs() < minTimeMs || sample.timeMs() > maxTimeMs) {
        return;
      }
      int size = into.size();
      if (size > 0 && into.times()[size - 1] >= sample.timeMs()) {
        insert(into);
      } else {
        append(into);
      }
    }

    private void append(SampleBuffer into) {
      var histogram = sample.histogram();
      if (histogram == null) {
        into.add(sample.timeMs(), 0, sample.value());
      } else {
        into.add(sample.timeMs(), 0, histogram);
      }
    }

    /** Newer samples are there already, as after a restart within one interval: ours takes its place among them. */
    private void insert(SampleBuffer into) {
      int size = into.size();
      var times = into.times().clone();
      var values = into.values().clone();
      var histograms = into.histograms() == null ? null : into.histograms().clone();
      var starts = into.starts() == null ? null : into.starts().clone();
      into.clear();
      boolean placed = false;
      for (int i = 0; i < size; i++) {
        if (!placed && times[i] >= sample.timeMs()) {
          append(into);
          placed = true;
        }
        if (times[i] != sample.timeMs()) {
          var histogram = histograms == null ? null : histograms[i];
          long startMs = starts == null ? 0 : starts[i];
          if (histogram == null) {
            into.add(times[i], startMs, values[i]);
          } else {
            into.add(times[i], startMs, histogram);
          }
        }
      }
      if (!placed) {
        append(into);
      }
    }
  }
}

package io.throughline.query.source;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.MetricType;
import io.throughline.model.NativeHistogram;
import io.throughline.query.promql.Matchers;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Samples in lists: plain, slow and obviously right. Not thread-safe while samples are added. */
public final class MemorySource implements SampleSource {

  private record Sample(long startMs, double value, @Nullable NativeHistogram histogram) {}

  private final TreeMap<Labels, TreeMap<Long, Sample>> series = new TreeMap<>();

  public void add(Labels labels, long timeMs, double value) {
    add(labels, timeMs, 0, value);
  }

  /** @param startMs when the source began to count, or 0 */
  public void add(Labels labels, long timeMs, long startMs, double value) {
    samples(labels).put(timeMs, new Sample(startMs, value, null));
  }

  public void add(Labels labels, long timeMs, NativeHistogram histogram) {
    add(labels, timeMs, 0, histogram);
  }

  /** @param startMs when the source began to count, or 0 */
  public void add(Labels labels, long timeMs, long startMs, NativeHistogram histogram) {
    samples(labels).put(timeMs, new Sample(startMs, 0, histogram));
  }

  public void clear() {
    series.clear();
  }

  private TreeMap<Long, Sample> samples(Labels labels) {
    return series.computeIfAbsent(labels, _ -> new TreeMap<>());
  }

  @Override
  public List<Snapshot.Series> select(List<Matcher> matchers, long minTimeMs, long maxTimeMs,
      int maxSeries) {
    var found = new ArrayList<Snapshot.Series>();
    series.forEach((labels, samples) -> {
      if (Matchers.matches(matchers, labels)
          && !samples.subMap(minTimeMs, true, maxTimeMs, true).isEmpty()) {
        if (found.size() >= maxSeries) {
          throw Failure.limit("the query selects more than " + maxSeries + " series");
        }
        found.add(new MemorySeries(labels, samples, found.size()));
      }
    });
    return found;
  }

  private record MemorySeries(Labels labels, TreeMap<Long, Sample> samples,
      int seriesId) implements Snapshot.Series {

    @Override
    public MetricType type() {
      return MetricType.UNKNOWN;
    }

    @Override
    public int partition() {
      return 0;
    }

    @Override
    public void read(long minTimeMs, long maxTimeMs, SampleBuffer into) {
      into.clear();
      samples.subMap(minTimeMs, true, maxTimeMs, true).forEach((time, sample) -> {
        var histogram = sample.histogram();
        if (histogram == null) {
          into.add(time, sample.startMs(), sample.value());
        } else {
          into.add(time, sample.startMs(), histogram);
        }
      });
    }
  }
}

package io.throughline.rules.backtest;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.query.promql.Matchers;
import io.throughline.query.source.SampleSource;
import io.throughline.rules.group.RuleSample;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What tested rules have recorded so far. All of it is held: a float takes 16 bytes, and nobody knows before a rule's
 * evaluation how far back it will look.
 */
final class Recorded implements SampleSource {

  private final Map<String, TreeMap<Labels, Stretch>> byName = new HashMap<>();

  void add(RuleSample sample) {
    var series = byName.computeIfAbsent(sample.labels().metricName(), _ -> new TreeMap<>())
        .computeIfAbsent(sample.labels(), labels -> new Stretch(labels, 0, new SampleBuffer(16)));
    var samples = series.samples();
    int size = samples.size();
    if (size == 0 || samples.times()[size - 1] < sample.timeMs()) {
      append(samples, sample);
      return;
    }
    // Another group has recorded the same series, with another offset.
    var later = new SampleBuffer();
    series.read(sample.timeMs() + 1, Long.MAX_VALUE, later);
    samples.remove(0, sample.timeMs(), Long.MAX_VALUE);
    append(samples, sample);
    samples.copyAll(later);
  }

  private static void append(SampleBuffer samples, RuleSample sample) {
    var histogram = sample.histogram();
    if (histogram == null) {
      samples.add(sample.timeMs(), 0, sample.value());
    } else {
      samples.add(sample.timeMs(), 0, histogram);
    }
  }

  @Override
  public List<Snapshot.Series> select(List<Matcher> matchers, long minTimeMs, long maxTimeMs,
      int maxSeries) {
    var name = Matchers.name(matchers);
    var found = new TreeMap<Labels, Snapshot.Series>();
    byName.forEach((recorded, series) -> {
      if (name == null || name.equals(recorded)) {
        series.forEach((labels, one) -> {
          if (one.any(minTimeMs, maxTimeMs) && Matchers.matches(matchers, labels)) {
            found.put(labels, one);
          }
        });
      }
    });
    if (found.size() > maxSeries) {
      throw Failure.limit("the query selects more than " + maxSeries + " series");
    }
    return new ArrayList<>(found.values());
  }
}

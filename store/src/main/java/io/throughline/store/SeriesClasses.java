package io.throughline.store;

import io.throughline.store.series.LabelsTest;
import io.throughline.store.series.Registry;
import java.util.Arrays;
import java.util.List;

/** Which retention class each series of a shard belongs to, found once. For any thread. */
final class SeriesClasses {
  private final Registry registry;
  private final List<LabelsTest> tests;

  /** Per series 1 + its class, 0 for not known yet. A write that two threads lose is made again. */
  private volatile byte[] known = new byte[0];

  SeriesClasses(Registry registry, List<RetentionClass> classes) {
    this.registry = registry;
    tests = classes.stream().map(one -> new LabelsTest(one.matchers())).toList();
  }

  /** The first class that accepts the series, counted from 1; 0 where none does. */
  int of(int seriesId) {
    if (tests.isEmpty()) {
      return 0;
    }
    var seen = known;
    if (seriesId >= seen.length) {
      seen = Arrays.copyOf(seen, Math.max(seriesId + 1, seen.length * 2));
      known = seen;
    }
    if (seen[seriesId] == 0) {
      seen[seriesId] = (byte) (1 + find(seriesId));
    }
    return seen[seriesId] - 1;
  }

  private int find(int seriesId) {
    var labels = registry.labels(seriesId);
    for (int i = 0; i < tests.size(); i++) {
      if (tests.get(i).accepts(labels)) {
        return i + 1;
      }
    }
    return 0;
  }
}

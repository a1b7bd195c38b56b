package io.throughline.collector;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * When each resource's {@code target_info} was last written: it is repeated well inside PromQL's lookback,
 * not with each export. Shared by all decoders.
 *
 * <p>Bounded: at {@value #MAX_RESOURCES} resources all are forgotten, which costs one sample for each.
 */
final class TargetInfos {
  static final long INTERVAL_MS = 60_000;
  private static final int MAX_RESOURCES = 200_000;

  private final ConcurrentHashMap<Key, Long> lastMs = new ConcurrentHashMap<>();

  private record Key(long high, long low) {}

  /** One sample that is to be written. */
  record Due(long hashHigh, long hashLow, long timeMs) {}

  boolean isDue(Due sample) {
    var last = lastMs.get(new Key(sample.hashHigh(), sample.hashLow()));
    return last == null || Math.abs(sample.timeMs() - last) >= INTERVAL_MS;
  }

  /** Notes samples that were acknowledged. */
  void written(List<Due> samples) {
    for (var sample : samples) {
      if (lastMs.size() >= MAX_RESOURCES) {
        lastMs.clear();
      }
      lastMs.put(new Key(sample.hashHigh(), sample.hashLow()), sample.timeMs());
    }
  }
}

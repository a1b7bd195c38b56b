package io.throughline.store;

import io.throughline.store.part.Part;
import java.util.ArrayList;
import java.util.List;

/** From which time on samples are kept, by age and by size. */
final class Retention {
  /** Over its limit a store is cut to this share of it, so that it is not cut at every look. */
  private static final double CUT_TO = 0.95;

  private Retention() {}

  /** What is kept now. */
  static Keeping keeping(List<Shard> shards, StoreSettings settings, long nowMs) {
    return Keeping.of(settings, nowMs,
        settings.retentionBytes() == 0
            ? Long.MIN_VALUE
            : bySize(shards, settings.retentionBytes()));
  }

  private static long bySize(List<Shard> shards, long limitBytes) {
    var held = new ArrayList<Shard.View>();
    try {
      var parts = new ArrayList<Part>();
      for (var shard : shards) {
        var view = shard.acquire();
        held.add(view);
        parts.addAll(view.contents().parts());
      }
      long bytes = parts.stream().mapToLong(part -> part.info().sizeBytes()).sum();
      if (bytes <= limitBytes) {
        return Long.MIN_VALUE;
      }
      return cut(parts, bytes - (long) (limitBytes * CUT_TO));
    } finally {
      held.forEach(view -> view.contents().release());
    }
  }

  /** The time before which about that many bytes lie. */
  private static long cut(List<Part> parts, long excessBytes) {
    long low = parts.stream().mapToLong(part -> part.info().minTimeMs()).min().orElse(0);
    long high = parts.stream().mapToLong(part -> part.info().maxTimeMs()).max().orElse(0);
    while (low < high) {
      long middle = low + (high - low) / 2;
      if (bytesBefore(parts, middle) < excessBytes) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static double bytesBefore(List<Part> parts, long timeMs) {
    double sum = 0;
    for (var part : parts) {
      sum += part.info().sizeBytes()
          * (part.samplesBefore(timeMs) / (double) Math.max(1, part.info().sampleCount()));
    }
    return sum;
  }
}

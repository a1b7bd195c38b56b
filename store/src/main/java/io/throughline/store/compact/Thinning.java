package io.throughline.store.compact;

import io.throughline.store.SampleBuffer;
import java.util.Arrays;

/**
 * Leaves of each interval the first, the last, the lowest and the highest sample. All are real samples at
 * their own times, so extremes, ends and most drops of counters stay what they were; counts, sums and means
 * do not. Thinning twice is thinning once.
 */
public final class Thinning {
  /** The most samples that stay of an interval. */
  public static final int KEPT = 4;

  private boolean[] kept = new boolean[256];

  /** Thins the samples before {@code beforeMs}, a multiple of the interval. Histograms count as ends only. */
  public void thin(SampleBuffer samples, long beforeMs, long intervalMs) {
    int size = samples.size();
    if (kept.length < size) {
      kept = new boolean[size];
    }
    Arrays.fill(kept, 0, size, false);
    var times = samples.times();
    int from = 0;
    while (from < size && times[from] < beforeMs) {
      long interval = Math.floorDiv(times[from], intervalMs);
      int to = from + 1;
      while (to < size && times[to] < beforeMs
          && Math.floorDiv(times[to], intervalMs) == interval) {
        to++;
      }
      keep(samples, from, to);
      from = to;
    }
    Arrays.fill(kept, from, size, true);
    samples.retain(kept);
  }

  private void keep(SampleBuffer samples, int from, int to) {
    kept[from] = true;
    kept[to - 1] = true;
    int lowest = -1;
    int highest = -1;
    var values = samples.values();
    for (int i = from; i < to; i++) {
      if (samples.histogram(i) == null && !Double.isNaN(values[i])) {
        lowest = lowest < 0 || values[i] <= values[lowest] ? i : lowest;
        highest = highest < 0 || values[i] >= values[highest] ? i : highest;
      }
    }
    if (lowest >= 0) {
      kept[lowest] = true;
      kept[highest] = true;
    }
  }
}

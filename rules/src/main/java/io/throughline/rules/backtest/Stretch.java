package io.throughline.rules.backtest;

import io.throughline.model.Labels;
import io.throughline.model.MetricType;
import io.throughline.model.NativeHistogram;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One series' samples of a stretch of time, ascending. */
record Stretch(Labels labels, int seriesId, long[] times, double[] values,
    @Nullable NativeHistogram @Nullable [] histograms) implements Snapshot.Series {

  /** A copy of what a buffer holds. */
  static Stretch of(Labels labels, int seriesId, SampleBuffer samples) {
    var histograms = samples.histograms();
    return new Stretch(labels, seriesId, Arrays.copyOf(samples.times(), samples.size()), Arrays
        .copyOf(samples.values(), samples.size()), histograms == null
            ? null
            : Arrays.copyOf(
                histograms, samples.size()));
  }

  @Override
  public MetricType type() {
    return MetricType.UNKNOWN;
  }

  @Override
  public int partition() {
    return 0;
  }

  boolean any(long minTimeMs, long maxTimeMs) {
    int at = first(minTimeMs);
    return at < times.length && times[at] <= maxTimeMs;
  }

  private int first(long minTimeMs) {
    int at = Arrays.binarySearch(times, minTimeMs);
    return at < 0 ? -at - 1 : at;
  }

  @Override
  public void read(long minTimeMs, long maxTimeMs, SampleBuffer into) {
    into.clear();
    for (int i = first(minTimeMs); i < times.length && times[i] <= maxTimeMs; i++) {
      var histogram = histograms == null ? null : histograms[i];
      if (histogram == null) {
        into.add(times[i], 0, values[i]);
      } else {
        into.add(times[i], 0, histogram);
      }
    }
  }
}

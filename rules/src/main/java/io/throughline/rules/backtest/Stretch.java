package io.throughline.rules.backtest;

import io.throughline.model.Labels;
import io.throughline.model.MetricType;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.Arrays;

/** One series' samples of a stretch of time, ascending. */
record Stretch(Labels labels, int seriesId, SampleBuffer samples) implements Snapshot.Series {

  /** A copy of what a buffer holds. */
  static Stretch of(Labels labels, int seriesId, SampleBuffer samples) {
    var copy = new SampleBuffer(samples.size());
    copy.copyAll(samples);
    return new Stretch(labels, seriesId, copy);
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
    return at < samples.size() && samples.times()[at] <= maxTimeMs;
  }

  private int first(long minTimeMs) {
    int at = Arrays.binarySearch(samples.times(), 0, samples.size(), minTimeMs);
    return at < 0 ? -at - 1 : at;
  }

  @Override
  public void read(long minTimeMs, long maxTimeMs, SampleBuffer into) {
    into.clear();
    for (int i = first(minTimeMs); i < samples.size() && samples.times()[i] <= maxTimeMs; i++) {
      into.copy(samples, i);
    }
  }
}

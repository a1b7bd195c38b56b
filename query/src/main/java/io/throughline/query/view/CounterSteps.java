package io.throughline.query.view;

import io.throughline.store.SampleBuffer;

/**
 * The increases of a cumulative series, with its restarts. A counter restarted where its start timestamp
 * moved past the sample before, or, without start timestamps, where it fell; it then grew from 0. A series
 * that began to count inside what was read, and says so, grew from 0 since then: where in that span nobody
 * knows, so it is spread over all of it. One that began earlier (a host's counters since its boot) says
 * nothing about the span before its first sample.
 */
final class CounterSteps {

  /** Takes the increase between two moments, {@code fromMs < toMs}. */
  interface Sink {
    void accept(long fromMs, long toMs, double by);
  }

  private CounterSteps() {}

  static void forEach(SampleBuffer samples, double[] values, long intervalMs, long readFromMs,
      Sink sink) {
    var times = samples.times();
    int previous = -1;
    for (int i = 0; i < samples.size(); i++) {
      double value = values[i];
      if (Double.isNaN(value)) {
        continue;
      }
      long time = times[i];
      if (previous < 0) {
        long start = samples.startMs(i);
        if (wasBorn(start, time, readFromMs)) {
          sink.accept(start, time, value);
        }
      } else if (time - times[previous] <= ColumnFolder.SILENT_INTERVALS * intervalMs) {
        boolean restarted = isRestart(samples, values, previous, i);
        sink.accept(times[previous], time, restarted ? value : value - values[previous]);
      }
      previous = i;
    }
  }

  static boolean wasBorn(long startMs, long timeMs, long readFromMs) {
    return startMs > 0 && startMs < timeMs && startMs >= readFromMs;
  }

  private static boolean isRestart(SampleBuffer samples, double[] values, int previous, int i) {
    return samples.startMs(i) > samples.times()[previous] || values[i] < values[previous];
  }
}

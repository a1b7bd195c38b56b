package io.throughline.query.engine;

import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.model.SampleValues;
import io.throughline.store.SampleBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One series' samples for functions over ranges: ascending, without stale markers. A view that is set anew for each
 * series; its arrays may belong to a {@link SampleBuffer}.
 */
final class Samples {

  int size;
  long[] times = new long[0];
  double[] values = new double[0];
  /** Null as long as no sample is a histogram; where an element is null, the sample is a float. */
  @Nullable
  FloatHistogram @Nullable [] histograms;
  /** Start timestamps, or null where no sample has one. */
  long @Nullable [] starts;

  /** How many samples of the one window are not here because its function did not need them. */
  int leftOut;

  /** Whether no value is NaN or infinite. */
  boolean finite;

  /** Takes what was read. Stale markers are squeezed out in place. */
  void set(SampleBuffer buffer) {
    times = buffer.times();
    values = buffer.values();
    starts = buffer.starts();
    leftOut = buffer.leftOut();
    histograms = null;
    int count = buffer.size();
    if (buffer.histograms() == null) {
      int n = countFinite(values, count);
      boolean allFinite = true;
      for (int i = n; i < count; i++) {
        double value = values[i];
        if (!Double.isFinite(value)) {
          if (SampleValues.isStale(value)) {
            continue;
          }
          allFinite = false;
        }
        if (n != i) {
          times[n] = times[i];
          values[n] = value;
          if (starts != null) {
            starts[n] = starts[i];
          }
        }
        n++;
      }
      size = n;
      finite = allFinite;
    } else {
      setMixed(buffer, count);
    }
  }

  /** How many values there are before the first NaN or infinity; mostly that is all, so the loop does nothing else. */
  private static int countFinite(double[] values, int size) {
    int i = 0;
    while (i < size && Math.abs(values[i]) <= Double.MAX_VALUE) {
      i++;
    }
    return i;
  }

  private void setMixed(SampleBuffer buffer, int count) {
    var column = new @Nullable FloatHistogram[count];
    int n = 0;
    for (int i = 0; i < count; i++) {
      var stored = buffer.histogram(i);
      if (stored == null ? SampleValues.isStale(values[i]) : stored.isStale()) {
        continue;
      }
      times[n] = times[i];
      values[n] = values[i];
      if (starts != null) {
        starts[n] = starts[i];
      }
      column[n] = stored == null ? null : FloatHistogram.of(stored);
      n++;
    }
    size = n;
    histograms = column;
    finite = false;
  }

  /** Takes the present steps of a subquery's column. */
  void set(SeriesColumn column, Grid grid) {
    if (times.length < column.steps()) {
      times = new long[column.steps()];
      values = new double[column.steps()];
    }
    starts = null;
    leftOut = 0;
    histograms = null;
    int n = 0;
    boolean allFinite = true;
    for (int k = 0; k < column.steps(); k++) {
      var histogram = column.histogram(k);
      if (histogram != null) {
        if (histograms == null) {
          histograms = new @Nullable FloatHistogram[column.steps()];
        }
        // Steps may skip samples, so what a sample knew of the one before it holds no more.
        histograms[n] = histogram.hint == ResetHint.GAUGE
            ? histogram
            : histogram.withHint(ResetHint.UNKNOWN);
      } else if (column.hasFloat(k)) {
        values[n] = column.values[k];
        allFinite &= Double.isFinite(values[n]);
      } else {
        continue;
      }
      times[n++] = grid.timeMs(k);
    }
    size = n;
    finite = allFinite && histograms == null;
  }

  @Nullable
  FloatHistogram histogram(int index) {
    return histograms == null ? null : histograms[index];
  }

  /** When the counting began that a sample belongs to, or 0. */
  long start(int index) {
    return starts == null ? 0 : starts[index];
  }

  /** Whether counting began at a time or after it, and before the sample was taken. */
  boolean beganSince(long timeMs, int index) {
    long start = start(index);
    return start != 0 && start >= timeMs && start < times[index];
  }

  /** Whether counting began after the sample before this one, or with it. */
  boolean beginsAnew(int index) {
    long start = start(index);
    return start != 0 && start >= times[index - 1];
  }

  /** Whether counting began anew before the sample before this one was taken: one of the two is wrong. */
  boolean startOverlaps(int index) {
    long start = start(index);
    long before = start(index - 1);
    return start != 0 && before != 0 && start != before && start < times[index - 1];
  }

  int countHistograms(int from, int to) {
    var column = histograms;
    if (column == null) {
      return 0;
    }
    int count = 0;
    for (int i = from; i < to; i++) {
      if (column[i] != null) {
        count++;
      }
    }
    return count;
  }

  /** The floats of a window, in order. */
  double[] floats(int from, int to) {
    if (histograms == null) {
      return Arrays.copyOfRange(values, from, to);
    }
    var floats = new double[to - from - countHistograms(from, to)];
    int n = 0;
    for (int i = from; i < to; i++) {
      if (histogram(i) == null) {
        floats[n++] = values[i];
      }
    }
    return floats;
  }
}

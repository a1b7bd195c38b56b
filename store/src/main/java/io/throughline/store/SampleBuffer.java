package io.throughline.store;

import io.throughline.model.NativeHistogram;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Samples of one series as columns, reused from series to series. Hot path: reading into a buffer that
 * is large enough allocates nothing for floats.
 *
 * <p>Only indexes below {@link #size} are valid. {@code histograms} is null as long as no sample is a
 * histogram; where {@code histograms[i]} is null, sample i is the float {@code values[i]}. {@code
 * startMs} is null as long as no sample has a start timestamp; 0 stands for none.
 */
public final class SampleBuffer {
  private int size;
  private long[] times;
  private double[] values;
  private @Nullable NativeHistogram @Nullable [] histograms;
  private long @Nullable [] starts;
  private int leftOut;

  /** A buffer that is used again and again: large enough for most series. */
  public SampleBuffer() {
    this(256);
  }

  /** @param capacity how many samples fit before it grows */
  public SampleBuffer(int capacity) {
    times = new long[capacity];
    values = new double[capacity];
  }

  public int size() {
    return size;
  }

  /** How many samples of the range are not in the buffer because their reader did not need them; see {@link Need}. */
  public int leftOut() {
    return leftOut;
  }

  /** Notes that so many more samples are left out. */
  public void leaveOut(int count) {
    leftOut += count;
  }

  public void clear() {
    size = 0;
    leftOut = 0;
    histograms = null;
    starts = null;
  }

  /** Epoch milliseconds; owned by the buffer. */
  public long[] times() {
    return times;
  }

  public double[] values() {
    return values;
  }

  public @Nullable NativeHistogram @Nullable [] histograms() {
    return histograms;
  }

  public long @Nullable [] starts() {
    return starts;
  }

  public @Nullable NativeHistogram histogram(int index) {
    return histograms == null ? null : histograms[index];
  }

  public long startMs(int index) {
    return starts == null ? 0 : starts[index];
  }

  public void add(long timeMs, long startMs, double value) {
    ensureCapacity(size + 1);
    times[size] = timeMs;
    values[size] = value;
    if (histograms != null) {
      histograms[size] = null;
    }
    setStart(startMs);
    size++;
  }

  public void add(long timeMs, long startMs, NativeHistogram histogram) {
    ensureCapacity(size + 1);
    times[size] = timeMs;
    values[size] = 0;
    var column = histograms;
    if (column == null) {
      column = new @Nullable NativeHistogram[times.length];
      histograms = column;
    }
    column[size] = histogram;
    setStart(startMs);
    size++;
  }

  private void setStart(long startMs) {
    if (startMs != 0 && starts == null) {
      starts = new long[times.length];
    }
    if (starts != null) {
      starts[size] = startMs;
    }
  }

  /** Grows the columns so that {@code capacity} samples fit. */
  public void ensureCapacity(int capacity) {
    if (capacity <= times.length) {
      return;
    }
    int grown = Math.max(capacity, times.length * 2);
    times = Arrays.copyOf(times, grown);
    values = Arrays.copyOf(values, grown);
    if (histograms != null) {
      histograms = Arrays.copyOf(histograms, grown);
    }
    if (starts != null) {
      starts = Arrays.copyOf(starts, grown);
    }
  }

  /**
   * Says that the first {@code newSize} samples are valid, after a decoder wrote floats without start
   * timestamps straight into {@link #times} and {@link #values}.
   */
  public void setSize(int newSize) {
    if (newSize > times.length) {
      throw new IllegalArgumentException(
          "size " + newSize + " exceeds the capacity " + times.length);
    }
    size = newSize;
  }

  /**
   * Takes out the samples in [minTimeMs, maxTimeMs] at the indexes from {@code from} on, where times
   * ascend.
   */
  public void remove(int from, long minTimeMs, long maxTimeMs) {
    int first = lowerBound(from, minTimeMs);
    int behind = maxTimeMs == Long.MAX_VALUE ? size : lowerBound(first, maxTimeMs + 1);
    if (first >= behind) {
      return;
    }
    int rest = size - behind;
    System.arraycopy(times, behind, times, first, rest);
    System.arraycopy(values, behind, values, first, rest);
    if (histograms != null) {
      System.arraycopy(histograms, behind, histograms, first, rest);
    }
    if (starts != null) {
      System.arraycopy(starts, behind, starts, first, rest);
    }
    size = first + rest;
  }

  /** Takes out the samples at whose index {@code kept} is false. */
  public void retain(boolean[] kept) {
    int at = 0;
    for (int i = 0; i < size; i++) {
      if (kept[i]) {
        times[at] = times[i];
        values[at] = values[i];
        if (histograms != null) {
          histograms[at] = histograms[i];
        }
        if (starts != null) {
          starts[at] = starts[i];
        }
        at++;
      }
    }
    size = at;
  }

  private int lowerBound(int from, long timeMs) {
    int at = Arrays.binarySearch(times, from, size, timeMs);
    return at < 0 ? -at - 1 : at;
  }

  /** Appends one sample of another buffer. */
  public void copy(SampleBuffer from, int index) {
    var histogram = from.histogram(index);
    if (histogram == null) {
      add(from.times[index], from.startMs(index), from.values[index]);
    } else {
      add(from.times[index], from.startMs(index), histogram);
    }
  }

  /** Appends all samples of another buffer. */
  public void copyAll(SampleBuffer from) {
    leftOut += from.leftOut;
    if (from.histograms == null && from.starts == null) {
      ensureCapacity(size + from.size);
      System.arraycopy(from.times, 0, times, size, from.size);
      System.arraycopy(from.values, 0, values, size, from.size);
      extendFloats(from.size);
      return;
    }
    for (int i = 0; i < from.size; i++) {
      copy(from, i);
    }
  }

  /**
   * Says that the next {@code count} samples are floats without start timestamps that a decoder wrote
   * into {@link #times} and {@link #values} behind {@link #size}.
   */
  public void extendFloats(int count) {
    if (count > times.length - size) {
      throw new IllegalArgumentException(
          count + " samples after " + size + " exceed the capacity " + times.length);
    }
    if (histograms != null) {
      Arrays.fill(histograms, size, size + count, null);
    }
    if (starts != null) {
      Arrays.fill(starts, size, size + count, 0);
    }
    size += count;
  }
}

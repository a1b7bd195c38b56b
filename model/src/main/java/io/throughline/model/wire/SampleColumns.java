package io.throughline.model.wire;

import io.throughline.model.NativeHistogram;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Samples as growing columns, reused from record to record. Hot path: once the columns are large enough,
 * adding a float allocates nothing.
 *
 * <p>Only indexes below {@link #size} are valid. {@code starts} is null as long as no sample has a start
 * timestamp (0 stands for none), {@code histograms} as long as none is a histogram. Not thread-safe.
 */
public final class SampleColumns {
  private int size;
  private int[] ordinals;
  private long[] times;
  private double[] values;
  private long @Nullable [] starts;
  private @Nullable NativeHistogram @Nullable [] histograms;
  private long histogramBytes;

  public SampleColumns() {
    this(256);
  }

  public SampleColumns(int capacity) {
    ordinals = new int[capacity];
    times = new long[capacity];
    values = new double[capacity];
  }

  public int size() {
    return size;
  }

  /** Ordinals in the group's series set. Owned by the columns, as are the arrays below. */
  public int[] ordinals() {
    return ordinals;
  }

  /** Epoch milliseconds; where the kind is a delta, the end of its interval. */
  public long[] times() {
    return times;
  }

  public double[] values() {
    return values;
  }

  public long @Nullable [] starts() {
    return starts;
  }

  public @Nullable NativeHistogram @Nullable [] histograms() {
    return histograms;
  }

  public long startMs(int index) {
    return starts == null ? 0 : starts[index];
  }

  /** The histogram of a sample that is one. */
  public NativeHistogram histogram(int index) {
    var histogram = histograms == null ? null : histograms[index];
    if (histogram == null) {
      throw new IllegalStateException("sample " + index + " is not a histogram");
    }
    return histogram;
  }

  public void add(int ordinal, long timeMs, long startMs, double value) {
    if (size == times.length) {
      ensureCapacity(size + 1);
    }
    int at = size++;
    ordinals[at] = ordinal;
    times[at] = timeMs;
    values[at] = value;
    if (startMs != 0 || starts != null) {
      setStart(at, startMs);
    }
  }

  public void add(int ordinal, long timeMs, long startMs, NativeHistogram histogram) {
    add(ordinal, timeMs, startMs, 0.0);
    var column = histograms;
    if (column == null) {
      column = new @Nullable NativeHistogram[times.length];
      histograms = column;
    }
    column[size - 1] = histogram;
    histogramBytes += HistogramColumn.boundBytes(histogram);
  }

  /** Appends samples of other columns. */
  public void addAll(SampleColumns other, int from, int to) {
    int count = to - from;
    ensureCapacity(size + count);
    System.arraycopy(other.ordinals, from, ordinals, size, count);
    System.arraycopy(other.times, from, times, size, count);
    System.arraycopy(other.values, from, values, size, count);
    int at = size;
    size += count;
    for (int i = 0; i < count && (starts != null || other.starts != null); i++) {
      setStart(at + i, other.startMs(from + i));
    }
    if (other.histograms != null) {
      var column = histograms;
      if (column == null) {
        column = new @Nullable NativeHistogram[times.length];
        histograms = column;
      }
      System.arraycopy(other.histograms, from, column, at, count);
    }
  }

  private void setStart(int index, long startMs) {
    var column = starts;
    if (column == null) {
      if (startMs == 0) {
        return;
      }
      column = new long[times.length];
      starts = column;
    }
    column[index] = startMs;
  }

  /**
   * No more bytes than this will a record need for the samples from {@code from} (included) to {@code to}
   * (excluded).
   */
  public long boundBytes(int from, int to) {
    long bytes = (long) RecordWriter.FLOAT_BOUND_BYTES * (to - from);
    for (int i = from; i < to && histograms != null; i++) {
      var histogram = histograms[i];
      bytes += histogram == null ? 0 : HistogramColumn.boundBytes(histogram);
    }
    return bytes;
  }

  /** No more bytes than this will a record need for a histogram sample. */
  public static long boundBytes(NativeHistogram histogram) {
    return RecordWriter.FLOAT_BOUND_BYTES + HistogramColumn.boundBytes(histogram);
  }

  /** Heap the samples need while they wait, approximately. */
  public long heapBytes() {
    return 28L * size + histogramBytes;
  }

  public void clear() {
    size = 0;
    if (starts != null) {
      // Kept, so that sources with start timestamps allocate nothing either.
      Arrays.fill(starts, 0);
    }
    histograms = null;
    histogramBytes = 0;
  }

  /** How many samples fit without growing. */
  public int capacity() {
    return times.length;
  }

  public void ensureCapacity(int capacity) {
    if (capacity <= times.length) {
      return;
    }
    int grown = Math.max(capacity, times.length * 2);
    ordinals = Arrays.copyOf(ordinals, grown);
    times = Arrays.copyOf(times, grown);
    values = Arrays.copyOf(values, grown);
    if (starts != null) {
      starts = Arrays.copyOf(starts, grown);
    }
    if (histograms != null) {
      histograms = Arrays.copyOf(histograms, grown);
    }
  }

  /** Makes room for {@code count} samples that a decoder writes itself, and counts them as valid. */
  int grow(int count) {
    int at = size;
    ensureCapacity(size + count);
    size += count;
    return at;
  }

  /** The start column, made if it is not there; samples before have none. */
  long[] startsForWriting() {
    var column = starts;
    if (column == null) {
      column = new long[times.length];
      starts = column;
    }
    return column;
  }

  @Nullable
  NativeHistogram[] histogramsForWriting() {
    var column = histograms;
    if (column == null) {
      column = new @Nullable NativeHistogram[times.length];
      histograms = column;
    }
    return column;
  }
}

package io.throughline.model.wire;

import io.throughline.model.Tenant;
import java.nio.charset.StandardCharsets;

/**
 * One record of the topic {@link Topics#samples}: samples of one tenant for one partition. Fixed numbers are
 * little-endian, {@code varint} has seven bits a byte, lowest first, {@code signed} is a zigzag varint.
 *
 * <pre>
 * size      field
 * 3         magic, "TLR"
 * 1         version, {@value #VERSION}
 * 8         collector id, drawn at random by each start of a collector
 * 1         length of the tenant's id
 * …         the tenant's id, ASCII
 * groups    up to the end of the record
 *
 * group
 *   varint  set number: with the collector id, the series set that the ordinals point into
 *   1       kind, see {@link SampleKind}
 *   varint  number of samples n, 1 to {@value #MAX_SAMPLES}
 *   column  ordinals
 *   column  times, epoch milliseconds
 *   column  start timestamps, epoch milliseconds, 0 = none
 *   column  values ({@link ValueColumn}) or histograms ({@link HistogramColumn})
 *
 * ordinal column
 *   1       0 = runs, 1 = differences
 *   runs          varint number of runs; each: signed (first - the ordinal after the last run's end), varint
 *                 (length - 1) * 2 + step; step 1: ordinals rise by one, 0: the same ordinal again
 *   differences   n signed differences, the first to 0
 *
 * time column
 *   1       0 = runs, 1 = differences, 2 = differences of differences, 3 = none (start timestamps only)
 *   runs          varint number of runs; each: signed difference to the last run's time, the first to 0; varint
 *                 length - 1
 *   differences   n signed differences, the first to 0
 *   of differences  n signed changes of the difference, the first to 0
 * </pre>
 *
 * <p>Of the same series and time, the later sample wins, so a writer keeps the order of samples of a
 * series. The checksum is Kafka's. A reader applies a record as a whole or not at all.
 *
 * <p>Reused from record to record; not thread-safe. Hot path: encoding allocates nothing but the array
 * that {@link #finish} returns.
 */
public final class RecordWriter {
  public static final int VERSION = 1;

  /** The most samples in one group. */
  public static final int MAX_SAMPLES = 1 << 18;

  /** The most series in one set: ordinals are below. */
  public static final int MAX_SERIES_PER_SET = 1 << 16;

  /** No group needs more besides its samples. */
  public static final int GROUP_BOUND_BYTES = 64;

  /** No float needs more: 3 for its ordinal, 10 each for time and start, 8.5 for the value. */
  static final int FLOAT_BOUND_BYTES = 32;

  static final int MAGIC = 'T' | 'L' << 8 | 'R' << 16;

  static final int RUNS = 0;
  static final int DIFFERENCES = 1;
  static final int SECOND_DIFFERENCES = 2;
  static final int NONE = 3;

  private final ByteWriter out = new ByteWriter();

  /** Begins a record; what was written before is forgotten. */
  public void begin(Tenant tenant, long collectorId) {
    out.position = 0;
    writeHead(out, MAGIC, VERSION, tenant, collectorId);
  }

  static void writeHead(ByteWriter out, int magic, int version, Tenant tenant, long collectorId) {
    out.put(magic);
    out.put(magic >> 8);
    out.put(magic >> 16);
    out.put(version);
    out.putLong(collectorId);
    var name = tenant.id().getBytes(StandardCharsets.US_ASCII);
    out.put(name.length);
    out.putBytes(name, 0, name.length);
  }

  /** Appends the samples from {@code from} (included) to {@code to} (excluded) as one group. */
  public void group(long setNumber, SampleKind kind, SampleColumns columns, int from, int to) {
    int count = to - from;
    if (count < 1 || count > MAX_SAMPLES) {
      throw new IllegalArgumentException(
          "a group has 1 to " + MAX_SAMPLES + " samples, got " + count);
    }
    out.putVarint(setNumber);
    out.put(kind.code());
    out.putVarint(count);
    writeOrdinals(columns.ordinals(), from, to);
    writeTimes(columns.times(), from, to);
    var starts = columns.starts();
    if (starts == null || allZero(starts, from, to)) {
      out.put(NONE);
    } else {
      writeTimes(starts, from, to);
    }
    if (kind.isHistogram()) {
      var histograms = columns.histograms();
      if (histograms == null) {
        throw new IllegalArgumentException("a group of histograms has none");
      }
      HistogramColumn.write(out, histograms, from, to);
    } else {
      ValueColumn.write(out, columns.values(), from, to);
    }
  }

  /** The bytes of the record so far. */
  public int sizeBytes() {
    return out.position;
  }

  /** The record, as an array of its own. */
  public byte[] finish() {
    return out.toArray();
  }

  private static boolean allZero(long[] values, int from, int to) {
    for (int i = from; i < to; i++) {
      if (values[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private void writeOrdinals(int[] ordinals, int from, int to) {
    int count = to - from;
    int modeAt = out.position;
    // Runs cost two bytes at least, differences one: runs must be half as many.
    out.ensure(16 + 5 * count);
    out.put(RUNS);
    int runs = 0;
    int bound = count + 1 >>> 1;
    for (int i = from; i < to && runs <= bound; runs++) {
      i = ordinalRunEnd(ordinals, i, to);
    }
    if (runs > bound) {
      out.bytes[modeAt] = DIFFERENCES;
      int before = 0;
      for (int i = from; i < to; i++) {
        out.putSigned(ordinals[i] - before);
        before = ordinals[i];
      }
      return;
    }
    out.putVarint(runs);
    int expected = 0;
    for (int i = from; i < to;) {
      int end = ordinalRunEnd(ordinals, i, to);
      int step = end - i > 1 && ordinals[i + 1] == ordinals[i] ? 0 : 1;
      out.putSigned(ordinals[i] - expected);
      out.putVarint((long) (end - i - 1) << 1 | step);
      expected = ordinals[end - 1] + 1;
      i = end;
    }
  }

  private static int ordinalRunEnd(int[] ordinals, int start, int to) {
    int end = start + 1;
    if (end == to) {
      return end;
    }
    int step = ordinals[end] - ordinals[start];
    if (step != 0 && step != 1) {
      return end;
    }
    while (end < to && ordinals[end] - ordinals[end - 1] == step) {
      end++;
    }
    return end;
  }

  private void writeTimes(long[] times, int from, int to) {
    int count = to - from;
    int runs = 1;
    int repeatedSteps = 0;
    for (int i = from + 1; i < to; i++) {
      if (times[i] != times[i - 1]) {
        runs++;
        if (i > from + 1 && times[i] - times[i - 1] == times[i - 1] - times[i - 2]) {
          repeatedSteps++;
        }
      }
    }
    if (runs <= count + 1 >>> 1) {
      out.put(RUNS);
      out.putVarint(runs);
      long before = 0;
      for (int i = from; i < to;) {
        int end = i + 1;
        while (end < to && times[end] == times[i]) {
          end++;
        }
        out.putSigned(times[i] - before);
        out.putVarint(end - i - 1);
        before = times[i];
        i = end;
      }
      return;
    }
    boolean second = repeatedSteps > count >>> 1;
    out.put(second ? SECOND_DIFFERENCES : DIFFERENCES);
    long before = 0;
    long step = 0;
    for (int i = from; i < to; i++) {
      long difference = times[i] - before;
      out.putSigned(second ? difference - step : difference);
      step = difference;
      before = times[i];
    }
  }
}

package io.throughline.model.wire;

import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One record of the topic {@link Topics#seriesSets}: series that were appended to a series set. A set
 * belongs to one tenant and one partition and only ever grows; the position of a series in it, its
 * ordinal, stands for its labels in {@link RecordWriter}'s records. Numbers as there.
 *
 * <pre>
 * key
 * 8         collector id, big-endian, as the two below, so that keys sort
 * 8         set number
 * 4         ordinal of the first series
 *
 * value
 * 3         magic, "TLS"
 * 1         version, {@value #VERSION}
 * 8         collector id
 * 1, …      length and bytes of the tenant's id
 * varint    set number
 * varint    ordinal of the first series
 * varint    number of series, 1 to {@value #MAX_SERIES}
 * varint    number of metadata
 *   each    1 byte metric type, then unit and help, each a varint length and UTF-8
 * series    each:
 *   varint  how many bytes of canonical labels it shares with the series before
 *   varint  how many bytes follow
 *   …       those
 *   varint  index of its metadata
 * </pre>
 *
 * <p>The same ordinal always has the same series: a record may be sent again, under its own key, which
 * lets compaction drop the older copy. Reused; not thread-safe.
 */
public final class SetWriter {
  public static final int VERSION = 1;

  /** The most series in one record. */
  public static final int MAX_SERIES = 4096;

  /** The most bytes of labels in one record, before they are front-coded. */
  public static final int MAX_LABEL_BYTES = 1 << 20;

  /** No series has more. */
  public static final int MAX_SERIES_BYTES = 1 << 17;

  static final int MAGIC = 'T' | 'L' << 8 | 'S' << 16;
  static final int KEY_BYTES = 20;

  private final ByteWriter series = new ByteWriter();
  private final Map<SeriesMetadata, Integer> metadata = new LinkedHashMap<>();
  private byte[] before = new byte[0];
  private int count;
  private int labelBytes;

  public void begin() {
    series.position = 0;
    metadata.clear();
    before = new byte[0];
    count = 0;
    labelBytes = 0;
  }

  /** Appends a series; false, and nothing is done, where the record is full. */
  public boolean add(byte[] labels, SeriesMetadata about) {
    if (labels.length > MAX_SERIES_BYTES) {
      throw new IllegalArgumentException(
          "labels of " + labels.length + " bytes, want at most " + MAX_SERIES_BYTES);
    }
    int aboutBytes = metadata.containsKey(about)
        ? 0
        : 4 * (about.unit().length() + about.help().length());
    if (count == MAX_SERIES
        || count > 0 && labelBytes + labels.length + aboutBytes > MAX_LABEL_BYTES / 2) {
      return false;
    }
    int shared = sharedPrefix(before, labels);
    series.putVarint(shared);
    series.putVarint(labels.length - shared);
    series.putBytes(labels, shared, labels.length - shared);
    series.putVarint(metadata.computeIfAbsent(about, ignored -> metadata.size()));
    before = labels;
    labelBytes += labels.length + aboutBytes;
    count++;
    return true;
  }

  private static int sharedPrefix(byte[] a, byte[] b) {
    int mismatch = Arrays.mismatch(a, b);
    return mismatch < 0 ? a.length : mismatch;
  }

  public int count() {
    return count;
  }

  /** The value of the record with all series added since {@link #begin}. */
  public byte[] finish(Tenant tenant, long collectorId, long setNumber, int firstOrdinal) {
    var out = new ByteWriter();
    RecordWriter.writeHead(out, MAGIC, VERSION, tenant, collectorId);
    out.putVarint(setNumber);
    out.putVarint(firstOrdinal);
    out.putVarint(count);
    out.putVarint(metadata.size());
    for (var about : metadata.keySet()) {
      out.put(about.type().code());
      putString(out, about.unit());
      putString(out, about.help());
    }
    out.putBytes(series.bytes, 0, series.position);
    return out.toArray();
  }

  private static void putString(ByteWriter out, String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    out.putVarint(bytes.length);
    out.putBytes(bytes, 0, bytes.length);
  }

  /** The key of the record that starts at an ordinal. */
  public static byte[] key(long collectorId, long setNumber, int firstOrdinal) {
    return ByteBuffer.allocate(KEY_BYTES)
        .putLong(collectorId)
        .putLong(setNumber)
        .putInt(firstOrdinal)
        .array();
  }
}

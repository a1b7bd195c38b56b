package io.throughline.model.wire;

import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads records that a {@link RecordWriter} wrote; the layout stands there. A record is decoded wholly
 * before any of it can be seen, so one that is cut short or overwritten is refused as a whole.
 *
 * <p>Reused from record to record; not thread-safe. Hot path: a record of floats allocates nothing once
 * the columns are large enough. Memory is bounded by the record's own size, not by what it declares: at most
 * {@value #MAX_RECORD_SAMPLES} samples.
 */
public final class RecordReader {

  /** The most samples in one record. */
  public static final int MAX_RECORD_SAMPLES = 1 << 20;

  private final ByteReader in = new ByteReader("record");
  private final SampleColumns columns = new SampleColumns(4096);
  private final TenantCache tenants = new TenantCache();
  private Tenant tenant = Tenant.DEFAULT;
  private long collectorId;
  private int groups;
  private long[] setNumbers = new long[16];
  private SampleKind[] kinds = new SampleKind[16];
  private int[] ends = new int[16];

  /**
   * Decodes a record. What was read before is forgotten, also where this one fails.
   *
   * @throws Failure CORRUPT where the bytes are not a record of this or the previous version
   */
  public void read(byte[] bytes) {
    groups = 0;
    columns.clear();
    in.reset(bytes, 0, bytes.length);
    readHead(in, RecordWriter.MAGIC, RecordWriter.VERSION);
    collectorId = in.getLong();
    tenant = tenants.read(in);
    while (in.remaining() > 0) {
      readGroup();
    }
  }

  /** Reads magic and version. */
  static void readHead(ByteReader in, int magic, int version) {
    in.need(4);
    int gotMagic = in.get() | in.get() << 8 | in.get() << 16;
    if (gotMagic != magic) {
      throw in.corrupt(
          "magic is 0x" + Integer.toHexString(gotMagic) + ", want 0x" + Integer.toHexString(magic));
    }
    int got = in.get();
    if (got != version) {
      throw in.corrupt("version is " + got + ", this reader knows " + version
          + "; update it if the writer is newer");
    }
  }

  private void readGroup() {
    long setNumber = in.getVarint();
    var kind = SampleKind.ofCode(in.get(), in);
    int count = in.getCount("number of samples", RecordWriter.MAX_SAMPLES);
    // A sample takes half a byte at least: its tag.
    if (count == 0 || count >>> 1 > in.remaining() || columns.size() + count > MAX_RECORD_SAMPLES) {
      throw in.corrupt("group declares " + count + " samples in " + in.remaining() + " bytes after "
          + columns.size() + " samples");
    }
    int from = columns.grow(count);
    readOrdinals(columns.ordinals(), from, count);
    readTimes(in.get(), columns.times(), from, count);
    int startMode = in.get();
    if (startMode != RecordWriter.NONE) {
      readTimes(startMode, columns.startsForWriting(), from, count);
    }
    if (kind.isHistogram()) {
      HistogramColumn.read(in, columns.histogramsForWriting(), from, count);
    } else {
      ValueColumn.read(in, columns.values(), from, count);
    }
    if (groups == ends.length) {
      setNumbers = Arrays.copyOf(setNumbers, groups * 2);
      kinds = Arrays.copyOf(kinds, groups * 2);
      ends = Arrays.copyOf(ends, groups * 2);
    }
    setNumbers[groups] = setNumber;
    kinds[groups] = kind;
    ends[groups] = from + count;
    groups++;
  }

  private void readOrdinals(int[] into, int from, int count) {
    int mode = in.get();
    int end = from + count;
    if (mode == RecordWriter.DIFFERENCES) {
      long ordinal = 0;
      for (int i = from; i < end; i++) {
        ordinal += in.getSigned();
        checkOrdinal(ordinal);
        into[i] = (int) ordinal;
      }
      return;
    }
    if (mode != RecordWriter.RUNS) {
      throw in.corrupt("ordinal mode is " + mode + ", want 0 or 1");
    }
    int runs = in.getCount("number of ordinal runs", count);
    long expected = 0;
    int at = from;
    for (int run = 0; run < runs; run++) {
      long first = expected + in.getSigned();
      long packed = in.getVarint();
      long length = (packed >>> 1) + 1;
      int step = (int) packed & 1;
      if (packed < 0 || length > end - at) {
        throw in.corrupt("an ordinal run of " + length + " samples, " + (end - at) + " are left");
      }
      checkOrdinal(first);
      checkOrdinal(first + step * (length - 1));
      int ordinal = (int) first;
      for (int runEnd = at + (int) length; at < runEnd; at++) {
        into[at] = ordinal;
        ordinal += step;
      }
      expected = first + step * (length - 1) + 1;
    }
    if (at != end) {
      throw in.corrupt("ordinal runs cover " + (at - from) + " of " + count + " samples");
    }
  }

  private void checkOrdinal(long ordinal) {
    if (ordinal < 0 || ordinal >= RecordWriter.MAX_SERIES_PER_SET) {
      throw in.corrupt(
          "ordinal is " + ordinal + ", want 0 to " + (RecordWriter.MAX_SERIES_PER_SET - 1));
    }
  }

  private void readTimes(int mode, long[] into, int from, int count) {
    int end = from + count;
    long time = 0;
    long step = 0;
    switch (mode) {
      case RecordWriter.RUNS -> {
        int runs = in.getCount("number of time runs", count);
        int at = from;
        for (int run = 0; run < runs; run++) {
          time += in.getSigned();
          int length = in.getCount("time run length", (long) end - at - 1) + 1;
          Arrays.fill(into, at, at + length, time);
          at += length;
        }
        if (at != end) {
          throw in.corrupt("time runs cover " + (at - from) + " of " + count + " samples");
        }
      }
      case RecordWriter.DIFFERENCES -> {
        for (int i = from; i < end; i++) {
          time += in.getSigned();
          into[i] = time;
        }
      }
      case RecordWriter.SECOND_DIFFERENCES -> {
        for (int i = from; i < end; i++) {
          step += in.getSigned();
          time += step;
          into[i] = time;
        }
      }
      default -> throw in.corrupt("time mode is " + mode + ", want 0 to 2");
    }
  }

  public Tenant tenant() {
    return tenant;
  }

  public long collectorId() {
    return collectorId;
  }

  public int groupCount() {
    return groups;
  }

  public long setNumber(int group) {
    return setNumbers[group];
  }

  public SampleKind kind(int group) {
    return kinds[group];
  }

  /** The index in {@link #columns} of a group's first sample. */
  public int groupStart(int group) {
    return group == 0 ? 0 : ends[group - 1];
  }

  /** The index after a group's last sample. */
  public int groupEnd(int group) {
    return ends[group];
  }

  /** All samples of the record, group after group; owned by the reader, valid until the next read. */
  public SampleColumns columns() {
    return columns;
  }

  /** Keeps the last tenant seen: most records in a row are of one. */
  static final class TenantCache {
    private Tenant last = Tenant.DEFAULT;
    private byte[] lastBytes = last.id().getBytes(StandardCharsets.US_ASCII);

    Tenant read(ByteReader in) {
      int length = in.get();
      in.need(length);
      if (!Arrays.equals(in.bytes, in.position, in.position + length, lastBytes, 0,
          lastBytes.length)) {
        var id = new String(in.bytes, in.position, length, StandardCharsets.ISO_8859_1);
        try {
          last = new Tenant(id);
        } catch (Failure notATenant) {
          throw in.corrupt(notATenant.getMessage());
        }
        lastBytes = id.getBytes(StandardCharsets.ISO_8859_1);
      }
      in.position += length;
      return last;
    }
  }
}

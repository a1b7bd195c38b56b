package io.throughline.store.part;

import io.throughline.model.Failure;
import io.throughline.store.Need;
import io.throughline.store.SampleBuffer;
import io.throughline.store.column.ByteSource;
import io.throughline.store.column.HistogramColumn;
import io.throughline.store.column.LongColumn;
import io.throughline.store.column.Scratch;
import io.throughline.store.column.ValueColumn;
import io.throughline.store.disk.Disk;
import io.throughline.store.disk.SealedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One mapped part. The opener owns one reference, each holder takes and gives back its own; the last one
 * unmaps. Thread-safe.
 *
 * <p>The tables are checked when the part is opened, each page of data when it is first read. Damage is
 * a CORRUPT failure that names the file.
 */
public final class Part {
  private static final ValueLayout.OfInt CHECK = ValueLayout.JAVA_INT_UNALIGNED
      .withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path file;
  private final Disk.Mapping mapping;
  private final MemorySegment bytes;
  private final PackedTable lists;
  private final PackedTable chunks;
  private final long dataEnd;
  private final long pageChecks;
  private final int firstSeries;
  private final int lastSeries;
  private final PartInfo info;
  private final boolean[] checkedPages;
  private final DecodedLists decodedLists;
  private final AtomicInteger references = new AtomicInteger(1);
  private volatile @Nullable String damage;
  private volatile long cleaned;

  private Part(Path file, Disk.Mapping mapping) {
    this.file = file;
    this.mapping = mapping;
    bytes = mapping.bytes();
    long size = bytes.byteSize();
    if (size < PartLayout.HEADER_BYTES + PartLayout.FOOTER_BYTES) {
      throw new IndexOutOfBoundsException("it has " + size + " bytes");
    }
    var in = new ByteSource(bytes);
    int magic = in.getInt();
    int version = in.getInt();
    if (magic != PartLayout.MAGIC) {
      throw new IndexOutOfBoundsException("its magic is 0x" + Integer.toHexString(magic)
          + ", want 0x" + Integer.toHexString(PartLayout.MAGIC));
    }
    if (version < PartLayout.OLDEST_VERSION || version > PartLayout.VERSION) {
      throw new IndexOutOfBoundsException("its version is " + version + ", this program reads "
          + PartLayout.OLDEST_VERSION + " to " + PartLayout.VERSION);
    }
    long footer = size - PartLayout.FOOTER_BYTES;
    in.seek(footer);
    dataEnd = in.getLong();
    long chunkTable = in.getLong();
    pageChecks = in.getLong();
    long firstOffset = in.getLong();
    long endOffset = in.getLong();
    long minTimeMs = in.getLong();
    long maxTimeMs = in.getLong();
    long samples = in.getLong();
    int partition = in.getInt();
    int series = in.getInt();
    int crc = in.getInt();
    if (dataEnd < PartLayout.HEADER_BYTES || dataEnd > footer) {
      throw new IndexOutOfBoundsException("its tables start at " + dataEnd + " of " + size);
    }
    int got = SealedFile.crc32c(bytes, dataEnd, footer + PartLayout.FOOTER_BYTES - 8);
    if (got != crc || in.getInt() != PartLayout.MAGIC) {
      throw new IndexOutOfBoundsException("the crc32c of its tables is 0x"
          + Integer.toHexString(got) + ", want 0x" + Integer.toHexString(crc));
    }
    lists = new PackedTable(bytes, dataEnd, PartLayout.LIST_COLUMNS);
    chunks = new PackedTable(bytes, chunkTable, PartLayout.CHUNK_COLUMNS);
    firstSeries = chunks.rows() == 0 ? 0 : (int) chunks.get(0, PartLayout.CHUNK_SERIES);
    lastSeries = chunks.rows() == 0
        ? 0
        : (int) chunks.get(chunks.rows() - 1, PartLayout.CHUNK_SERIES);
    info = new PartInfo(partition, firstOffset, endOffset, minTimeMs, maxTimeMs, samples, series,
        size);
    decodedLists = new DecodedLists(lists.rows(), samples / Math.max(1, chunks.rows()));
    checkedPages = new boolean[(int) ((dataEnd + PartLayout.PAGE - 1) / PartLayout.PAGE)];
  }

  /**
   * Maps and checks a part. Throws a CORRUPT failure where it is not what was written.
   *
   * @param cleaned it was written without the samples of tombstones up to this number
   */
  public static Part open(Disk disk, Path file, long cleaned) throws IOException {
    var mapping = disk.map(file);
    try {
      var part = new Part(file, mapping);
      part.cleaned = cleaned;
      return part;
    } catch (IndexOutOfBoundsException wrong) {
      mapping.close();
      throw SealedFile.corrupt(file, wrong.getMessage(), wrong);
    }
  }

  public Path file() {
    return file;
  }

  public PartInfo info() {
    return info;
  }

  /** It holds no sample of tombstones up to this number. */
  public long cleaned() {
    return cleaned;
  }

  /** Notes that tombstones up to this number touch none of its samples. */
  public void markCleaned(long number) {
    cleaned = number;
  }

  /** What was found wrong while reading, or null. */
  public @Nullable String damage() {
    return damage;
  }

  /** Notes that the file is not what was written, so that nobody reads it. */
  public void markDamaged(String why) {
    damage = SealedFile.corrupt(file, why, null).getMessage();
  }

  /**
   * Checks every byte again, also of pages that were checked when they were first read: what is written anew
   * gets a new checksum, which must not cover for a bit that fell since. Throws a CORRUPT failure.
   */
  public void verify() {
    try {
      long footer = bytes.byteSize() - PartLayout.FOOTER_BYTES;
      int got = SealedFile.crc32c(bytes, dataEnd, footer + PartLayout.FOOTER_BYTES - 8);
      int want = bytes.get(CHECK, footer + PartLayout.FOOTER_BYTES - 8);
      if (got != want) {
        throw new IndexOutOfBoundsException("the crc32c of its tables is 0x"
            + Integer.toHexString(got) + ", want 0x" + Integer.toHexString(want));
      }
      for (long page = 0; page * PartLayout.PAGE < dataEnd; page++) {
        checkPage(page);
      }
    } catch (IndexOutOfBoundsException | InternalError wrong) {
      throw damaged("" + wrong.getMessage(), wrong);
    }
  }

  private Failure damaged(String why, Throwable cause) {
    var failure = SealedFile.corrupt(file, why, cause);
    damage = failure.getMessage();
    return failure;
  }

  /** Takes a reference; false once the part is retired. */
  public boolean tryAcquire() {
    return references.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
  }

  /** Gives a reference back; the last one unmaps the file. */
  public void release() {
    if (references.decrementAndGet() == 0) {
      mapping.close();
    }
  }

  /** The number of chunks. */
  public int rows() {
    return chunks.rows();
  }

  /** The series of a chunk. */
  public int seriesOf(int row) {
    return (int) chunks.get(row, PartLayout.CHUNK_SERIES);
  }

  /** The first chunk of the series, or -1 where the part has none. */
  public int find(int seriesId) {
    int rows = chunks.rows();
    if (rows == 0 || seriesId < firstSeries || seriesId > lastSeries) {
      return -1;
    }
    int low = 0;
    int high = rows;
    // Most parts have as many chunks of each series, without gaps between: then the row is where it should be.
    int guess = (int) ((long) (seriesId - firstSeries) * rows / (lastSeries - firstSeries + 1L));
    if (seriesOf(guess) < seriesId) {
      low = guess + 1;
    } else {
      high = guess;
      low = guess > 0 && seriesOf(guess - 1) < seriesId ? guess : 0;
    }
    while (low < high) {
      int middle = low + high >>> 1;
      if (chunks.get(middle, PartLayout.CHUNK_SERIES) < seriesId) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < chunks.rows() && chunks.get(low, PartLayout.CHUNK_SERIES) == seriesId ? low : -1;
  }

  /** Whether the series has a chunk that overlaps the range. */
  public boolean overlaps(int seriesId, long minTimeMs, long maxTimeMs) {
    if (info.minTimeMs() > maxTimeMs || info.maxTimeMs() < minTimeMs) {
      return false;
    }
    int row = find(seriesId);
    if (row < 0) {
      return false;
    }
    if (minTimeMs <= info.minTimeMs() && maxTimeMs >= info.maxTimeMs()) {
      return true;
    }
    for (; row < chunks.rows() && seriesOf(row) == seriesId; row++) {
      int list = (int) chunks.get(row, PartLayout.CHUNK_LIST);
      long first = lists.get(list, PartLayout.LIST_FIRST);
      if (first <= maxTimeMs && first + lists.get(list, PartLayout.LIST_SPAN) >= minTimeMs) {
        return true;
      }
    }
    return false;
  }

  /** Adds the ids of all series that have a chunk which overlaps the range. */
  public void collectSeries(long minTimeMs, long maxTimeMs, BitSet into) {
    if (info.minTimeMs() > maxTimeMs || info.maxTimeMs() < minTimeMs) {
      return;
    }
    var overlapping = new BitSet();
    for (int list = 0; list < lists.rows(); list++) {
      long first = lists.get(list, PartLayout.LIST_FIRST);
      overlapping.set(list,
          first <= maxTimeMs && first + lists.get(list, PartLayout.LIST_SPAN) >= minTimeMs);
    }
    boolean whole = overlapping.cardinality() == lists.rows();
    var ids = new long[PackedTable.GROUP];
    var times = new long[PackedTable.GROUP];
    for (int group = 0; group < chunks.groups(); group++) {
      int size = chunks.column(group, PartLayout.CHUNK_SERIES, ids);
      if (!whole) {
        chunks.column(group, PartLayout.CHUNK_LIST, times);
      }
      for (int i = 0; i < size; i++) {
        if (whole || overlapping.get((int) times[i])) {
          into.set((int) ids[i]);
        }
      }
    }
  }

  /**
   * Appends the series' samples in [minTimeMs, maxTimeMs] to the buffer, ascending.
   *
   * @param firstRow what {@link #find} answered
   * @return the row behind the series' last chunk
   */
  public int read(int firstRow, long minTimeMs, long maxTimeMs, SampleBuffer into,
      Scratch scratch) {
    return read(firstRow, Need.ALL, minTimeMs, maxTimeMs, into, scratch);
  }

  /** As the other, but of chunks with a summary only what is needed. */
  public int read(int firstRow, Need need, long minTimeMs, long maxTimeMs, SampleBuffer into,
      Scratch scratch) {
    int seriesId = seriesOf(firstRow);
    int row = firstRow;
    try {
      for (; row < chunks.rows() && seriesOf(row) == seriesId; row++) {
        int list = (int) chunks.get(row, PartLayout.CHUNK_LIST);
        long first = lists.get(list, PartLayout.LIST_FIRST);
        long last = first + lists.get(list, PartLayout.LIST_SPAN);
        if (first > maxTimeMs || last < minTimeMs) {
          continue;
        }
        boolean whole = first >= minTimeMs && last <= maxTimeMs;
        if (!whole || need == Need.ALL || !readSummary(row, list, need, into)) {
          readChunk(row, list, whole, minTimeMs, maxTimeMs, into, scratch);
        }
      }
      return row;
    } catch (IndexOutOfBoundsException | NegativeArraySizeException | InternalError wrong) {
      // An InternalError is what the virtual machine makes of a file that was cut under its mapping.
      throw damaged("chunk " + row + ": " + wrong.getMessage(), wrong);
    } catch (Failure wrong) {
      damage = wrong.getMessage();
      throw wrong;
    }
  }

  /** Is told the chunks of a part. */
  public interface ChunkVisitor {
    void chunk(int seriesId, long firstMs, long spanMs, long count);
  }

  /** Tells a visitor all chunks, ascending by series and time. */
  public void forEachChunk(ChunkVisitor visitor) {
    var ids = new long[PackedTable.GROUP];
    var times = new long[PackedTable.GROUP];
    for (int group = 0; group < chunks.groups(); group++) {
      int size = chunks.column(group, PartLayout.CHUNK_SERIES, ids);
      chunks.column(group, PartLayout.CHUNK_LIST, times);
      for (int i = 0; i < size; i++) {
        int list = (int) times[i];
        visitor.chunk((int) ids[i], lists.get(list, PartLayout.LIST_FIRST),
            lists.get(list, PartLayout.LIST_SPAN), lists.get(list, PartLayout.LIST_COUNT));
      }
    }
  }

  /** The number of samples before a time, about: those of a chunk count as evenly spread. */
  public long samplesBefore(long timeMs) {
    if (info.minTimeMs() >= timeMs) {
      return 0;
    }
    if (info.maxTimeMs() < timeMs) {
      return info.sampleCount();
    }
    long before = 0;
    for (int row = 0; row < chunks.rows(); row++) {
      int list = (int) chunks.get(row, PartLayout.CHUNK_LIST);
      long first = lists.get(list, PartLayout.LIST_FIRST);
      long span = lists.get(list, PartLayout.LIST_SPAN);
      if (first < timeMs) {
        long count = lists.get(list, PartLayout.LIST_COUNT);
        before += first + span < timeMs
            ? count
            : (long) (count * ((timeMs - first) / (span + 1.0)));
      }
    }
    return before;
  }

  private void readChunk(int row, int list, boolean whole, long minTimeMs, long maxTimeMs,
      SampleBuffer into, Scratch scratch) {
    int count = (int) lists.get(list, PartLayout.LIST_COUNT);
    var times = times(list, count, scratch);
    int from = 0;
    int to = count;
    if (!whole) {
      from = lowerBound(times, count, minTimeMs);
      to = maxTimeMs == Long.MAX_VALUE ? count : lowerBound(times, count, maxTimeMs + 1);
      if (from >= to) {
        return;
      }
    }
    long offset = chunks.get(row, PartLayout.CHUNK_OFFSET);
    long size = chunks.get(row, PartLayout.CHUNK_BYTES);
    int kind = (int) chunks.get(row, PartLayout.CHUNK_KIND);
    check(offset, size);
    var in = new ByteSource(bytes.asSlice(offset, size));
    int at = into.size();
    if ((kind & PartLayout.KIND_SUMMARY) != 0) {
      ChunkSummary.skip(in);
      kind -= PartLayout.KIND_SUMMARY;
    }
    if (kind == 0) {
      into.ensureCapacity(at + to - from);
      ValueColumn.decode(in, count, from, to, into.values(), at, scratch);
      System.arraycopy(times, from, into.times(), at, to - from);
      into.extendFloats(to - from);
      return;
    }
    readOther(in, kind, count, times, from, to, into, scratch);
  }

  /** Appends what is needed of a chunk without decoding it; false where its summary does not have it. */
  private boolean readSummary(int row, int list, Need need, SampleBuffer into) {
    int count = (int) lists.get(list, PartLayout.LIST_COUNT);
    int kind = (int) chunks.get(row, PartLayout.CHUNK_KIND);
    if (count < ChunkSummary.FEWEST || (kind & PartLayout.KIND_HISTOGRAM) != 0) {
      return false;
    }
    long offset = chunks.get(row, PartLayout.CHUNK_OFFSET);
    long size = chunks.get(row, PartLayout.CHUNK_BYTES);
    check(offset, size);
    var in = new ByteSource(bytes.asSlice(offset, size));
    var summary = new ChunkSummary();
    if ((kind & PartLayout.KIND_SUMMARY) != 0) {
      summary.read(in);
    } else if (ValueColumn.isConstant(in) && Double.isFinite(ValueColumn.constant(in))) {
      summary.constant(ValueColumn.constant(in));
    } else {
      return false;
    }
    long firstMs = lists.get(list, PartLayout.LIST_FIRST);
    return summary.append(need, firstMs, firstMs + lists.get(list, PartLayout.LIST_SPAN), count,
        into);
  }

  /** The time of the series' first sample in the part. */
  public long firstMs(int firstRow) {
    return lists.get((int) chunks.get(firstRow, PartLayout.CHUNK_LIST), PartLayout.LIST_FIRST);
  }

  /** The time of the series' last sample in the part. */
  public long lastMs(int firstRow) {
    int seriesId = seriesOf(firstRow);
    int row = firstRow;
    while (row + 1 < chunks.rows() && seriesOf(row + 1) == seriesId) {
      row++;
    }
    int list = (int) chunks.get(row, PartLayout.CHUNK_LIST);
    return lists.get(list, PartLayout.LIST_FIRST) + lists.get(list, PartLayout.LIST_SPAN);
  }

  private static void readOther(ByteSource in, int kind, int count, long[] times, int from, int to,
      SampleBuffer into, Scratch scratch) {
    if ((kind & PartLayout.KIND_HISTOGRAM) != 0) {
      var rows = HistogramColumn.decode(in, count);
      var starts = starts(in, kind, count, scratch);
      for (int i = from; i < to; i++) {
        into.add(times[i], starts[i], rows[i]);
      }
      return;
    }
    var values = new double[count];
    ValueColumn.decode(in, count, values, 0, scratch);
    var starts = starts(in, kind, count, scratch);
    for (int i = from; i < to; i++) {
      into.add(times[i], starts[i], values[i]);
    }
  }

  private static long[] starts(ByteSource in, int kind, int count, Scratch scratch) {
    var starts = new long[count];
    if ((kind & PartLayout.KIND_STARTS) != 0) {
      LongColumn.decode(in, count, starts, 0, scratch);
    }
    return starts;
  }

  private long[] times(int list, int count, Scratch scratch) {
    var decoded = decodedLists.find(list);
    if (decoded != null) {
      return decoded;
    }
    long offset = lists.get(list, PartLayout.LIST_OFFSET);
    // A list says its own length; what follows it is data too, up to the tables.
    var in = new ByteSource(bytes.asSlice(0, dataEnd));
    in.seek(offset);
    check(offset, Math.min(dataEnd - offset, 16L * count + 64));
    var times = new long[count];
    LongColumn.decode(in, count, times, 0, scratch);
    decodedLists.keep(list, times);
    return times;
  }

  private static int lowerBound(long[] times, int count, long wanted) {
    int at = Arrays.binarySearch(times, 0, count, wanted);
    return at < 0 ? -at - 1 : at;
  }

  private void check(long offset, long size) {
    if (offset < 0 || size < 0 || offset + size > dataEnd) {
      throw new IndexOutOfBoundsException(
          size + " bytes at " + offset + " pass the data's end at " + dataEnd);
    }
    for (long page = offset / PartLayout.PAGE; page * PartLayout.PAGE < offset + size; page++) {
      if (!checkedPages[(int) page]) {
        checkPage(page);
        // Two threads may both check it: harmless.
        checkedPages[(int) page] = true;
      }
    }
  }

  private void checkPage(long page) {
    long from = page * PartLayout.PAGE;
    int got = SealedFile.crc32c(bytes, from, Math.min(dataEnd, from + PartLayout.PAGE));
    int want = bytes.get(CHECK, pageChecks + 4 * page);
    if (got != want) {
      throw new IndexOutOfBoundsException("the crc32c of the page at byte " + from + " is 0x"
          + Integer.toHexString(got) + ", want 0x" + Integer.toHexString(want));
    }
  }
}

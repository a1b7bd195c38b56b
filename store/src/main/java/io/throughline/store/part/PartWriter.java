package io.throughline.store.part;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import io.throughline.model.NativeHistogram;
import io.throughline.store.SampleBuffer;
import io.throughline.store.column.ByteSink;
import io.throughline.store.column.HistogramColumn;
import io.throughline.store.column.LongColumn;
import io.throughline.store.column.Scratch;
import io.throughline.store.column.ValueColumn;
import io.throughline.store.disk.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes one part, series by series, ascending by id. The samples of a series ascend by time, one per
 * timestamp. Layout: {@link PartLayout}. The file counts only after {@link #finish}, which syncs it; the
 * caller syncs the folder.
 */
public final class PartWriter implements AutoCloseable {
  private static final int MIN_SHARED_BYTES = 16;

  /** How many chunks are remembered to be shared; a newer one takes an older one's cell. */
  private static final int SHARED_CELLS = 1 << 14;

  private final Disk.Output out;
  private final long[] sharedChunks = new long[3 * SHARED_CELLS];
  private final int partition;
  private final ByteSink data = new ByteSink(PartLayout.PAGE * 2);
  private final ByteSink checks = new ByteSink(1024);
  private final PackedTable.Writer lists = new PackedTable.Writer(PartLayout.LIST_COLUMNS);
  private final PackedTable.Writer chunks = new PackedTable.Writer(PartLayout.CHUNK_COLUMNS);
  private final Map<HashValue128, Integer> listsByContent = new HashMap<>();
  private final Scratch scratch = new Scratch();
  private final ByteSink hashed = new ByteSink(1 << 12);
  private long[] lastTimes = new long[0];
  private int lastList = -1;
  private double[] values = new double[256];
  private long[] longs = new long[256];
  private long written;
  private long sampleCount;
  private int seriesCount;
  private int lastSeries = -1;
  private long minTimeMs = Long.MAX_VALUE;
  private long maxTimeMs = Long.MIN_VALUE;

  public PartWriter(Disk disk, Path file, int partition) throws IOException {
    this.out = disk.create(file);
    this.partition = partition;
    data.putInt(PartLayout.MAGIC);
    data.putInt(PartLayout.VERSION);
  }

  public long sampleCount() {
    return sampleCount;
  }

  /** Adds the samples of a series; none is allowed and leaves no trace. */
  public void add(int seriesId, SampleBuffer samples) throws IOException {
    int size = samples.size();
    if (size == 0) {
      return;
    }
    if (seriesId <= lastSeries) {
      throw new IllegalStateException("series " + seriesId + " after " + lastSeries);
    }
    lastSeries = seriesId;
    seriesCount++;
    sampleCount += size;
    minTimeMs = Math.min(minTimeMs, samples.times()[0]);
    maxTimeMs = Math.max(maxTimeMs, samples.times()[size - 1]);
    int from = 0;
    while (from < size) {
      boolean histogram = samples.histogram(from) != null;
      int to = from + 1;
      while (to < size && to - from < PartLayout.MAX_CHUNK
          && samples.histogram(to) != null == histogram) {
        to++;
      }
      addChunk(seriesId, samples, from, to, histogram);
      from = to;
    }
  }

  private void addChunk(int seriesId, SampleBuffer samples, int from, int to, boolean histogram)
      throws IOException {
    int count = to - from;
    int list = listOf(samples.times(), from, to);
    long chunkOffset = offset();
    int before = data.size();
    boolean summary = false;
    if (histogram) {
      var rows = new NativeHistogram[count];
      for (int i = 0; i < count; i++) {
        var row = samples.histogram(from + i);
        if (row != null) {
          rows[i] = row;
        }
      }
      HistogramColumn.encode(rows, 0, count, data);
    } else {
      if (values.length < count) {
        values = new double[PartLayout.MAX_CHUNK];
      }
      System.arraycopy(samples.values(), from, values, 0, count);
      summary = count >= ChunkSummary.FEWEST && ChunkSummary.write(values, count, data);
      int valuesAt = data.size();
      ValueColumn.encode(values, count, data, scratch);
      if (summary && ValueColumn.isConstant(data, valuesAt)) {
        // It is its own summary.
        data.remove(before, valuesAt);
        summary = false;
      }
    }
    boolean starts = false;
    for (int i = from; i < to && !starts; i++) {
      starts = samples.startMs(i) != 0;
    }
    if (starts) {
      ensureLongs(count);
      for (int i = 0; i < count; i++) {
        longs[i] = samples.startMs(from + i);
      }
      LongColumn.encode(longs, count, data, scratch);
    }
    int chunkBytes = data.size() - before;
    chunkOffset = shared(before, chunkBytes, chunkOffset);
    chunks.add(seriesId, list, chunkOffset, chunkBytes, (starts ? PartLayout.KIND_STARTS : 0)
        | (histogram ? PartLayout.KIND_HISTOGRAM : 0) | (summary ? PartLayout.KIND_SUMMARY : 0));
    writePages(false);
  }

  /**
   * Where equal bytes lie already, which are then dropped here, or the offset itself: the upper buckets
   * of a histogram often count the same.
   */
  private long shared(int from, int size, long offset) {
    if (size < MIN_SHARED_BYTES) {
      return offset;
    }
    var hash = Hashing.murmur3_128().hashBytesTo128Bits(data.array(), from, size);
    int cell = 3 * ((int) hash.getLeastSignificantBits() & SHARED_CELLS - 1);
    if (sharedChunks[cell] == hash.getMostSignificantBits()
        && sharedChunks[cell + 1] == hash.getLeastSignificantBits()) {
      data.truncate(from);
      return sharedChunks[cell + 2];
    }
    sharedChunks[cell] = hash.getMostSignificantBits();
    sharedChunks[cell + 1] = hash.getLeastSignificantBits();
    sharedChunks[cell + 2] = offset;
    return offset;
  }

  private void ensureLongs(int count) {
    if (longs.length < count) {
      longs = new long[PartLayout.MAX_CHUNK];
    }
  }

  private int listOf(long[] times, int from, int to) throws IOException {
    int count = to - from;
    if (lastList >= 0 && Arrays.equals(times, from, to, lastTimes, 0, lastTimes.length)) {
      return lastList;
    }
    hashed.clear();
    for (int i = from; i < to; i++) {
      hashed.putLong(times[i]);
    }
    // 128 bits: two lists of one part never share a hash by chance.
    var hash = Hashing.murmur3_128().hashBytesTo128Bits(hashed.array(), 0, hashed.size());
    var known = listsByContent.get(hash);
    int list;
    if (known != null) {
      list = known;
    } else {
      list = lists.rows();
      listsByContent.put(hash, list);
      lists.add(offset(), count, times[from], times[to - 1] - times[from]);
      ensureLongs(count);
      System.arraycopy(times, from, longs, 0, count);
      LongColumn.encode(longs, count, data, scratch);
      writePages(false);
    }
    lastTimes = Arrays.copyOfRange(times, from, to);
    lastList = list;
    return list;
  }

  private long offset() {
    return written + data.size();
  }

  private void writePages(boolean all) throws IOException {
    int at = 0;
    while (data.size() - at >= PartLayout.PAGE || all && at < data.size()) {
      int size = Math.min(PartLayout.PAGE, data.size() - at);
      var crc = new CRC32C();
      crc.update(data.array(), at, size);
      checks.putInt((int) crc.getValue());
      out.write(data.array(), at, size);
      at += size;
    }
    if (at > 0) {
      written += at;
      var rest = Arrays.copyOfRange(data.array(), at, data.size());
      data.clear();
      data.putBytes(rest, 0, rest.length);
    }
  }

  /** Ends and syncs the file. */
  public PartInfo finish(long firstOffset, long endOffset) throws IOException {
    writePages(true);
    long listTable = written;
    var tail = new ByteSink(1 << 16);
    lists.writeTo(tail);
    long chunkTable = listTable + tail.size();
    chunks.writeTo(tail);
    long pageChecks = listTable + tail.size();
    tail.putAll(checks);
    tail.putLong(listTable);
    tail.putLong(chunkTable);
    tail.putLong(pageChecks);
    tail.putLong(firstOffset);
    tail.putLong(endOffset);
    tail.putLong(minTimeMs);
    tail.putLong(maxTimeMs);
    tail.putLong(sampleCount);
    tail.putInt(partition);
    tail.putInt(seriesCount);
    var crc = new CRC32C();
    crc.update(tail.array(), 0, tail.size());
    tail.putInt((int) crc.getValue());
    tail.putInt(PartLayout.MAGIC);
    out.write(tail.array(), 0, tail.size());
    out.sync();
    return new PartInfo(partition, firstOffset, endOffset, minTimeMs, maxTimeMs, sampleCount,
        seriesCount, listTable + tail.size());
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}

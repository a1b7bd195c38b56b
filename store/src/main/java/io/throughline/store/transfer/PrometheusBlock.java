package io.throughline.store.transfer;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.SeriesMetadata;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Reads one block of Prometheus' storage, format 1 with index version 2: floats and native histograms of all series,
 * without what its tombstones delete. Chunks of an encoding not known here are counted and left out. Damage ends the import with a
 * CORRUPT failure that names the file; what came before has been handed over.
 *
 * <p>Source: the format pages in Prometheus' repository, tsdb/docs/format: index, chunks, tombstones.
 */
public final class PrometheusBlock implements AutoCloseable {
  private static final int INDEX_MAGIC = 0xBAAAD700;
  private static final int CHUNKS_MAGIC = 0x85BD40DD;
  private static final int TOMBSTONES_MAGIC = 0x0130BA30;
  private static final int TOC_BYTES = 6 * 8 + 4;
  private static final int SERIES_PER_PROGRESS = 1000;
  private static final int ENCODING_XOR = 1;

  private final Path folder;
  private final ImportTarget target;
  private final Arena arena = Arena.ofShared();
  private final List<BigEndian> segments = new ArrayList<>();
  private final Map<Long, List<long[]>> deleted = new HashMap<>();
  private long totalBytes;
  private long series;
  private long samples;
  private long skippedChunks;
  private long deletedSamples;

  private PrometheusBlock(Path folder, ImportTarget target) {
    this.folder = folder;
    this.target = target;
  }

  /** Hands every sample of the block in this folder to the target. */
  public static ImportProgress read(Path folder, ImportTarget target) throws IOException {
    try (var block = new PrometheusBlock(folder, target)) {
      return block.readAll();
    } catch (NoSuchFileException missing) {
      throw new Failure(Failure.Category.USER, "folder " + folder + " is no block of Prometheus: "
          + missing.getMessage() + " is missing", missing);
    }
  }

  @Override
  public void close() {
    arena.close();
  }

  private BigEndian map(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new BigEndian(file, bytes);
    }
  }

  private ImportProgress readAll() throws IOException {
    var index = map(folder.resolve("index"));
    expectMagic(index, INDEX_MAGIC, 2);
    try (var files = Files.list(folder.resolve("chunks"))) {
      for (var file : files.filter(one -> String.valueOf(one.getFileName()).matches("[0-9]{6,}"))
          .sorted()
          .toList()) {
        var segment = map(file);
        expectMagic(segment, CHUNKS_MAGIC, 1);
        segments.add(segment);
      }
    }
    readTombstones();
    long toc = index.size() - TOC_BYTES;
    index.check(toc, TOC_BYTES - 4, index.intAt(index.size() - 4));
    var offsets = new long[6];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = index.longAt(toc + 8L * i);
    }
    var symbols = symbols(index, offsets[0]);
    long end = toc;
    for (long offset : offsets) {
      if (offset > offsets[1]) {
        end = Math.min(end, offset);
      }
    }
    totalBytes = end - offsets[1];
    for (long at = aligned(offsets[1]); at < end; at = aligned(index.at())) {
      index.seek(at);
      long length = index.uvarint();
      if (length == 0) {
        break;
      }
      long from = index.at();
      index.check(from, length, index.intAt(from + length));
      readSeries(index, at / 16, symbols);
      index.seek(from + length + 4);
      if (series % SERIES_PER_PROGRESS == 0) {
        target.progress(progress(at - offsets[1]));
      }
    }
    var last = progress(totalBytes);
    target.progress(last);
    return last;
  }

  private ImportProgress progress(long doneBytes) {
    return new ImportProgress(doneBytes, totalBytes, series, samples, skippedChunks,
        deletedSamples);
  }

  private static long aligned(long at) {
    return at + 15 & ~15L;
  }

  private static void expectMagic(BigEndian in, int magic, int version) {
    int got = in.intAt(0);
    int gotVersion = in.byteAt(4);
    if (got != magic || gotVersion != version) {
      throw in.wrong("it starts with 0x" + Integer.toHexString(got) + " version " + gotVersion
          + ", want 0x" + Integer.toHexString(magic) + " version " + version);
    }
  }

  private void readTombstones() throws IOException {
    var file = folder.resolve("tombstones");
    if (!Files.exists(file)) {
      return;
    }
    var in = map(file);
    expectMagic(in, TOMBSTONES_MAGIC, 1);
    long end = in.size() - 4;
    in.seek(5);
    while (in.at() < end) {
      long reference = in.uvarint();
      deleted.computeIfAbsent(reference, key -> new ArrayList<>())
          .add(new long[] {in.varint(), in.varint()});
    }
  }

  private static List<String> symbols(BigEndian index, long offset) {
    long length = index.intAt(offset) & 0xffffffffL;
    index.check(offset + 4, length, index.intAt(offset + 4 + length));
    int count = index.intAt(offset + 4);
    index.seek(offset + 8);
    var symbols = new ArrayList<String>(Math.max(0, count));
    for (int i = 0; i < count; i++) {
      symbols.add(index.text((int) index.uvarint()));
    }
    return symbols;
  }

  private void readSeries(BigEndian index, long reference, List<String> symbols) {
    var labels = new TreeMap<String, String>();
    for (long i = index.uvarint(); i > 0; i--) {
      labels.put(symbols.get((int) index.uvarint()), symbols.get((int) index.uvarint()));
    }
    series++;
    int handle = target.series(Labels.of(labels), SeriesMetadata.UNKNOWN);
    var ranges = deleted.getOrDefault(reference, List.of());
    long chunk = 0;
    long maxTimeMs = 0;
    long chunks = index.uvarint();
    for (long i = 0; i < chunks; i++) {
      if (i == 0) {
        maxTimeMs = index.varint() + index.uvarint();
        chunk = index.uvarint();
      } else {
        maxTimeMs += index.uvarint() + index.uvarint();
        chunk += index.varint();
      }
      readChunk(chunk, handle, ranges);
    }
  }

  private void readChunk(long reference, int handle, List<long[]> ranges) {
    int segment = (int) (reference >>> 32);
    if (segment >= segments.size()) {
      throw Failure.corrupt("block " + folder + " has no chunk file number " + (segment + 1));
    }
    var in = segments.get(segment);
    in.seek(reference & 0xffffffffL);
    long length = in.uvarint();
    long at = in.at();
    in.check(at, length + 1, in.intAt(at + 1 + length));
    int encoding = in.byteAt(at);
    if (encoding == HistogramChunk.WHOLE || encoding == HistogramChunk.FRACTIONAL) {
      readHistograms(new HistogramChunk(in, at + 1, length, encoding), handle, ranges);
      return;
    }
    if (encoding != ENCODING_XOR) {
      skippedChunks++;
      return;
    }
    var bits = new XorChunk(in, at + 1, length);
    for (int left = bits.count(); left > 0; left--) {
      bits.next();
      if (isDeleted(bits.timeMs(), ranges)) {
        deletedSamples++;
      } else {
        target.sample(handle, bits.timeMs(), bits.value());
        samples++;
      }
    }
  }

  private void readHistograms(HistogramChunk chunk, int handle, List<long[]> ranges) {
    for (int left = chunk.count(); left > 0; left--) {
      chunk.next();
      if (isDeleted(chunk.timeMs(), ranges)) {
        deletedSamples++;
      } else {
        target.histogram(handle, chunk.timeMs(), chunk.histogram());
        samples++;
      }
    }
  }

  private static boolean isDeleted(long timeMs, List<long[]> ranges) {
    for (var range : ranges) {
      if (timeMs >= range[0] && timeMs <= range[1]) {
        return true;
      }
    }
    return false;
  }

  /** A mapped file, read from front to back or anywhere, big-endian. */
  static final class BigEndian {
    private final Path file;
    private final MemorySegment bytes;
    private long at;

    BigEndian(Path file, MemorySegment bytes) {
      this.file = file;
      this.bytes = bytes;
    }

    long size() {
      return bytes.byteSize();
    }

    long at() {
      return at;
    }

    void seek(long newAt) {
      at = newAt;
    }

    int byteAt(long offset) {
      if (offset < 0 || offset >= bytes.byteSize()) {
        throw wrong("it has " + bytes.byteSize() + " bytes, byte " + offset + " is wanted");
      }
      return bytes.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
    }

    int intAt(long offset) {
      return byteAt(offset) << 24 | byteAt(offset + 1) << 16 | byteAt(offset + 2) << 8
          | byteAt(offset + 3);
    }

    long longAt(long offset) {
      return (long) intAt(offset) << 32 | intAt(offset + 4) & 0xffffffffL;
    }

    long uvarint() {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        int next = byteAt(at++);
        value |= (next & 0x7fL) << shift;
        if (next < 0x80) {
          return value;
        }
      }
      throw wrong("the varint before byte " + at + " does not end");
    }

    long varint() {
      long value = uvarint();
      return (value >>> 1) ^ -(value & 1);
    }

    String text(int length) {
      if (length < 0 || length > size() - at) {
        throw wrong("a text at byte " + at + " has " + length + " bytes");
      }
      var copy = bytes.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
      at += length;
      return new String(copy, StandardCharsets.UTF_8);
    }

    void check(long from, long length, int want) {
      if (from < 0 || length < 0 || length > size() - from) {
        throw wrong(length + " bytes at byte " + from + " pass its end at " + size());
      }
      var crc = new CRC32C();
      crc.update(bytes.asSlice(from, length).asByteBuffer());
      if ((int) crc.getValue() != want) {
        throw wrong("the crc32c of " + length + " bytes at byte " + from + " is 0x"
            + Integer.toHexString((int) crc.getValue()) + ", want 0x" + Integer.toHexString(want));
      }
    }

    Failure wrong(String what) {
      return Failure.corrupt("file " + file + " is damaged or of another version: " + what);
    }
  }
}

package io.throughline.store.series;

import com.github.luben.zstd.Zstd;
import io.throughline.model.MetricType;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.column.ByteSink;
import io.throughline.store.column.ByteSource;
import io.throughline.store.disk.Disk;
import io.throughline.store.disk.SealedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;

/**
 * A slice of the registry as a file: what was added between two flushes. A {@link SealedFile} with magic
 * {@value #MAGIC}, whose content is
 *
 * <pre>
 * varint  bytes before compression
 * zstd:
 *   varint  first tenant, varint number; each: varint length, UTF-8
 *   varint  first metadata, varint number; each: varint type code, unit, help as tenants
 *   varint  first pair, varint number; each: varint length, the pair in canonical label form
 *   varint  first series, varint number; each: varint tenant, varint metadata, varint number of pairs,
 *           per pair: zigzag of the pair minus the same place's pair of the series before
 *   varint  number of metadata changes; each: varint series, varint metadata
 * </pre>
 *
 * Slices are read in order; each starts where the one before ended.
 */
public final class RegistryFile {
  static final int MAGIC = 0x31524C54; // "TLR1"
  private static final int VERSION = 1;

  private RegistryFile() {}

  static byte[] content(Registry registry, Registry.Flushed from, Set<Integer> changed) {
    var out = new ByteSink(1 << 12);
    int tenants = registry.tenants().size();
    out.putVarint(from.tenants());
    out.putVarint(tenants - from.tenants());
    for (int i = from.tenants(); i < tenants; i++) {
      putString(registry.tenants().get(i).id(), out);
    }
    out.putVarint(from.metadata());
    out.putVarint(registry.metadataCount() - from.metadata());
    for (int i = from.metadata(); i < registry.metadataCount(); i++) {
      var described = registry.metadataOf(i);
      out.putVarint(described.type().code());
      putString(described.unit(), out);
      putString(described.help(), out);
    }
    out.putVarint(from.pairs());
    out.putVarint(registry.pairCount() - from.pairs());
    for (int i = from.pairs(); i < registry.pairCount(); i++) {
      var pair = registry.pairBytes(i);
      out.putVarint(pair.length);
      out.putBytes(pair, 0, pair.length);
    }
    out.putVarint(from.series());
    out.putVarint(registry.seriesCount() - from.series());
    var before = new int[1];
    for (int id = from.series(); id < registry.seriesCount(); id++) {
      var numbers = registry.series(id);
      out.putVarint(numbers[0]);
      out.putVarint(registry.seriesMetadataId(id));
      out.putVarint(numbers.length - 1);
      for (int i = 1; i < numbers.length; i++) {
        out.putZigzag(numbers[i] - (i < before.length ? before[i] : 0));
      }
      before = numbers;
    }
    out.putVarint(changed.size());
    for (int id : changed) {
      out.putVarint(id);
      out.putVarint(registry.seriesMetadataId(id));
    }
    return out.toByteArray();
  }

  private static void putString(String text, ByteSink out) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    out.putVarint(bytes.length);
    out.putBytes(bytes, 0, bytes.length);
  }

  /** Writes and syncs the slice since the last flush, or everything. Returns its size in bytes. */
  public static long write(Registry registry, boolean everything, Disk disk, Path file)
      throws IOException {
    var plain = registry.content(everything);
    var packed = Zstd.compress(plain, 3);
    var out = new ByteSink(packed.length + 16);
    out.putVarint(plain.length);
    out.putBytes(packed, 0, packed.length);
    return SealedFile.write(disk, file, MAGIC, VERSION, out.array(), out.size());
  }

  /** Adds a slice to the registry. Throws a CORRUPT failure that names the file. */
  public static void read(Registry registry, Disk disk, Path file) throws IOException {
    var content = SealedFile.read(disk, file, MAGIC, VERSION);
    try {
      var in = new ByteSource(MemorySegment.ofArray(content));
      var plain = new byte[in.getCount(Integer.MAX_VALUE)];
      long size = Zstd.decompress(plain, in.getBytes((int) in.remaining()));
      if (size != plain.length) {
        throw new IndexOutOfBoundsException("it does not decompress to " + plain.length + " bytes");
      }
      restore(registry, new ByteSource(MemorySegment.ofArray(plain)));
    } catch (RuntimeException wrong) {
      throw SealedFile.corrupt(file, wrong.getMessage(), wrong);
    }
  }

  private static void restore(Registry registry, ByteSource in) {
    expect("tenant", in.getVarint(), registry.tenants().size());
    for (int i = in.getCount(Integer.MAX_VALUE); i > 0; i--) {
      registry.restoreTenant(new Tenant(getString(in)));
    }
    expect("metadata", in.getVarint(), registry.metadataCount());
    for (int i = in.getCount(Integer.MAX_VALUE); i > 0; i--) {
      registry.restoreMetadata(new SeriesMetadata(MetricType.ofCode((int) in.getVarint()),
          getString(in), getString(in)));
    }
    expect("pair", in.getVarint(), registry.pairCount());
    for (int i = in.getCount(Integer.MAX_VALUE); i > 0; i--) {
      registry.restorePair(in.getBytes(in.getCount(in.remaining())));
    }
    expect("series", in.getVarint(), registry.seriesCount());
    var pairs = new int[32];
    int previous = 0;
    int series = in.getCount(in.remaining());
    registry.expectSeries(series);
    for (int i = series; i > 0; i--) {
      int tenant = in.getCount(registry.tenants().size() - 1);
      int metadata = in.getCount(registry.metadataCount() - 1);
      int size = in.getCount(in.remaining());
      if (size > pairs.length) {
        pairs = Arrays.copyOf(pairs, size * 2);
      }
      for (int k = 0; k < size; k++) {
        pairs[k] = (int) in.getZigzag() + (k < previous ? pairs[k] : 0);
      }
      previous = size;
      registry.restoreSeries(tenant, pairs, size, metadata);
    }
    for (int i = in.getCount(Integer.MAX_VALUE); i > 0; i--) {
      int id = in.getCount(registry.seriesCount() - 1);
      registry.restoreMetadataOf(id, in.getCount(registry.metadataCount() - 1));
    }
  }

  private static void expect(String what, long got, int want) {
    if (got != want) {
      throw new IndexOutOfBoundsException("it starts at " + what + " " + got + ", want " + want);
    }
  }

  private static String getString(ByteSource in) {
    return new String(in.getBytes(in.getCount(in.remaining())), StandardCharsets.UTF_8);
  }
}

package io.throughline.store.manifest;

import io.throughline.model.Failure;
import io.throughline.store.Gap;
import io.throughline.store.LogPosition;
import io.throughline.store.column.ByteSink;
import io.throughline.store.column.ByteSource;
import io.throughline.store.disk.Disk;
import io.throughline.store.disk.SealedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a shard holds: a {@link SealedFile} with magic {@value #MAGIC}, written as a temporary file,
 * synced, renamed, the folder synced. It stands twice, so that damage to one copy loses nothing; both
 * hold the same unless a crash came between them, and then the higher generation counts.
 *
 * <pre>
 * varint generation, varint partition, varint next file number
 * string cluster id, string topic id, zigzag leader epoch, varint next offset
 * varint number of series
 * strings registry files, string delta file ("" for none)
 * varint number of parts, each: string name, varint first offset, varint end offset
 * varint number of gaps, each: varint from, varint to, zigzag noticedMs
 * </pre>
 *
 * Strings are a varint length and UTF-8.
 */
public record Manifest(long generation, int partition, long nextFile, LogPosition position,
    int seriesCount, List<String> registryFiles, String deltaFile, List<PartEntry> parts,
    List<Gap> gaps) {

  static final int MAGIC = 0x314D4C54; // "TLM1"
  private static final int VERSION = 1;
  private static final String[] NAMES = {"manifest", "manifest.copy"};
  private static final String TEMPORARY = "manifest.tmp";

  public Manifest {
    registryFiles = List.copyOf(registryFiles);
    parts = List.copyOf(parts);
    gaps = List.copyOf(gaps);
  }

  /** A part and the log offsets it was made of, end excluded. */
  public record PartEntry(String file, long firstOffset, long endOffset) {}

  public static Manifest empty(int partition) {
    return new Manifest(0, partition, 1, LogPosition.START, 0, List.of(), "", List.of(), List
        .of());
  }

  /** Makes this the shard's truth. */
  public void write(Disk disk, Path folder) throws IOException {
    var out = new ByteSink(1024);
    encode(out);
    for (var name : NAMES) {
      var temporary = folder.resolve(TEMPORARY);
      SealedFile.write(disk, temporary, MAGIC, VERSION, out.array(), out.size());
      disk.rename(temporary, folder.resolve(name));
      disk.syncFolder(folder);
    }
  }

  /**
   * Reads the newest good copy; an empty manifest where the folder has none. Messages about damaged
   * copies are added to {@code warnings}. Throws a CORRUPT failure where no copy is good.
   */
  public static Manifest read(Disk disk, Path folder, int partition, List<String> warnings)
      throws IOException {
    var present = disk.list(folder);
    Manifest best = null;
    int seen = 0;
    for (var name : NAMES) {
      if (!present.contains(name)) {
        continue;
      }
      seen++;
      try {
        var manifest = decode(folder.resolve(name), disk);
        if (best == null || manifest.generation > best.generation) {
          best = manifest;
        }
      } catch (Failure damaged) {
        warnings.add(damaged.getMessage());
      }
    }
    if (best == null && seen > 0) {
      throw Failure.corrupt("shard " + folder
          + " cannot be opened, no copy of its manifest is good: "
          + String.join("; ", warnings) + "; restore one, or move the folder away to begin anew");
    }
    if (best != null && best.partition != partition) {
      throw Failure.corrupt("shard " + folder + " holds partition " + best.partition + ", want "
          + partition);
    }
    return best == null ? empty(partition) : best;
  }

  private void encode(ByteSink out) {
    out.putVarint(generation);
    out.putVarint(partition);
    out.putVarint(nextFile);
    putString(position.clusterId(), out);
    putString(position.topicId(), out);
    out.putZigzag(position.leaderEpoch());
    out.putVarint(position.nextOffset());
    out.putVarint(seriesCount);
    out.putVarint(registryFiles.size());
    registryFiles.forEach(file -> putString(file, out));
    putString(deltaFile, out);
    out.putVarint(parts.size());
    for (var part : parts) {
      putString(part.file, out);
      out.putVarint(part.firstOffset);
      out.putVarint(part.endOffset);
    }
    out.putVarint(gaps.size());
    for (var gap : gaps) {
      out.putVarint(gap.fromOffset());
      out.putVarint(gap.toOffset());
      out.putZigzag(gap.noticedMs());
    }
  }

  private static Manifest decode(Path file, Disk disk) throws IOException {
    var content = SealedFile.read(disk, file, MAGIC, VERSION);
    try {
      var in = new ByteSource(MemorySegment.ofArray(content));
      long generation = in.getVarint();
      int partition = in.getCount(Integer.MAX_VALUE);
      long nextFile = in.getVarint();
      var position = new LogPosition(getString(in), getString(in), (int) in.getZigzag(), in
          .getVarint());
      int seriesCount = in.getCount(Integer.MAX_VALUE);
      var registryFiles = new ArrayList<String>();
      for (int i = in.getCount(in.remaining()); i > 0; i--) {
        registryFiles.add(getString(in));
      }
      var deltaFile = getString(in);
      var parts = new ArrayList<PartEntry>();
      for (int i = in.getCount(in.remaining()); i > 0; i--) {
        parts.add(new PartEntry(getString(in), in.getVarint(), in.getVarint()));
      }
      var gaps = new ArrayList<Gap>();
      for (int i = in.getCount(in.remaining()); i > 0; i--) {
        gaps.add(new Gap(partition, in.getVarint(), in.getVarint(), in.getZigzag()));
      }
      return new Manifest(generation, partition, nextFile, position, seriesCount, registryFiles,
          deltaFile, parts, gaps);
    } catch (IndexOutOfBoundsException wrong) {
      throw SealedFile.corrupt(file, wrong.getMessage(), wrong);
    }
  }

  private static void putString(String text, ByteSink out) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    out.putVarint(bytes.length);
    out.putBytes(bytes, 0, bytes.length);
  }

  private static String getString(ByteSource in) {
    return new String(in.getBytes(in.getCount(in.remaining())), StandardCharsets.UTF_8);
  }
}

package io.throughline.store.manifest;

import io.throughline.model.Failure;
import io.throughline.store.Gap;
import io.throughline.store.LogPosition;
import io.throughline.store.column.ByteSink;
import io.throughline.store.column.ByteSource;
import io.throughline.store.deletion.Deletions;
import io.throughline.store.deletion.Tombstone;
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
 * varint number of parts, each: string name, varint first offset, varint end offset, varint cleaned
 * varint number of gaps, each: varint from, varint to, zigzag noticedMs
 * varint number of the last tombstone ever
 * varint number of tombstones, each: varint number, zigzag first time, zigzag last time, string cluster
 *   id, string topic id, zigzag leader epoch, varint next offset, byte covered, zigzag madeMs, varint
 *   bytes of the series ids, those: Roaring's portable form
 * </pre>
 *
 * Strings are a varint length and UTF-8. Version 1, which is still read, has neither {@code cleaned} nor
 * tombstones.
 */
public record Manifest(long generation, int partition, long nextFile, LogPosition position,
    int seriesCount, List<String> registryFiles, String deltaFile, List<PartEntry> parts,
    List<Gap> gaps, long lastTombstone, List<Tombstone> tombstones) {

  static final int MAGIC = 0x314D4C54; // "TLM1"
  private static final int OLDEST_VERSION = 1;
  private static final int VERSION = 2;
  private static final String[] NAMES = {"manifest", "manifest.copy"};
  private static final String TEMPORARY = "manifest.tmp";

  public Manifest {
    registryFiles = List.copyOf(registryFiles);
    parts = List.copyOf(parts);
    gaps = List.copyOf(gaps);
    tombstones = List.copyOf(tombstones);
  }

  /**
   * A part and the log offsets it was made of, end excluded.
   *
   * @param cleaned it was written without the samples of tombstones up to this number
   */
  public record PartEntry(String file, long firstOffset, long endOffset, long cleaned) {}

  public static Manifest empty(int partition) {
    return new Manifest(0, partition, 1, LogPosition.START, 0, List.of(), "", List.of(), List.of(),
        0, List.of());
  }

  /** What follows where parts and deletions changed, but not how far the log was applied. */
  public Manifest withParts(long newNextFile, List<PartEntry> newParts, Deletions deletions) {
    return new Manifest(generation + 1, partition, newNextFile, position, seriesCount,
        registryFiles, deltaFile, newParts, gaps, deletions.lastNumber(), deletions.tombstones());
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
   * Reads the newest good copy, and makes it durable and both copies alike; an empty manifest where the
   * folder has none. Messages about damaged copies are added to {@code warnings}. Throws a CORRUPT failure
   * where no copy is good.
   */
  public static Manifest read(Disk disk, Path folder, int partition, List<String> warnings)
      throws IOException {
    var present = disk.list(folder);
    Manifest best = null;
    int seen = 0;
    int alike = 0;
    for (var name : NAMES) {
      if (!present.contains(name)) {
        continue;
      }
      seen++;
      try {
        var manifest = decode(folder.resolve(name), disk);
        alike += best == null || manifest.equals(best) ? 1 : 0;
        if (best == null || manifest.generation > best.generation) {
          best = manifest;
        }
      } catch (Failure damaged) {
        warnings.add(damaged.getMessage());
      }
    }
    if (best == null && seen > 0) {
      throw Failure.corrupt("shard " + folder
          + " cannot be opened, no copy of its manifest is good: " + String.join("; ", warnings)
          + "; restore one, or move the folder away to begin anew");
    }
    if (best != null && best.partition != partition) {
      throw Failure.corrupt(
          "shard " + folder + " holds partition " + best.partition + ", want " + partition);
    }
    if (best == null) {
      return empty(partition);
    }
    // The process may have ended between the first rename and its sync. What is decided by this manifest,
    // as which files are leftovers, must not outlive it.
    if (alike < NAMES.length) {
      best.write(disk, folder);
    }
    return best;
  }

  private void encode(ByteSink out) {
    out.putVarint(generation);
    out.putVarint(partition);
    out.putVarint(nextFile);
    putPosition(position, out);
    out.putVarint(seriesCount);
    out.putVarint(registryFiles.size());
    registryFiles.forEach(file -> putString(file, out));
    putString(deltaFile, out);
    out.putVarint(parts.size());
    for (var part : parts) {
      putString(part.file, out);
      out.putVarint(part.firstOffset);
      out.putVarint(part.endOffset);
      out.putVarint(part.cleaned);
    }
    out.putVarint(gaps.size());
    for (var gap : gaps) {
      out.putVarint(gap.fromOffset());
      out.putVarint(gap.toOffset());
      out.putZigzag(gap.noticedMs());
    }
    out.putVarint(lastTombstone);
    out.putVarint(tombstones.size());
    for (var tombstone : tombstones) {
      out.putVarint(tombstone.number());
      out.putZigzag(tombstone.minTimeMs());
      out.putZigzag(tombstone.maxTimeMs());
      putPosition(tombstone.position(), out);
      out.putByte(tombstone.covered() ? 1 : 0);
      out.putZigzag(tombstone.madeMs());
      var ids = tombstone.series().toBytes();
      out.putVarint(ids.length);
      out.putBytes(ids, 0, ids.length);
    }
  }

  private static void putPosition(LogPosition position, ByteSink out) {
    putString(position.clusterId(), out);
    putString(position.topicId(), out);
    out.putZigzag(position.leaderEpoch());
    out.putVarint(position.nextOffset());
  }

  private static LogPosition getPosition(ByteSource in) {
    return new LogPosition(getString(in), getString(in), (int) in.getZigzag(), in.getVarint());
  }

  private static Tombstone getTombstone(ByteSource in) {
    return new Tombstone(in.getVarint(), Tombstone.SeriesIds.of(), in.getZigzag(), in.getZigzag(),
        getPosition(in), in.getByte() == 1, in.getZigzag())
        .withSeries(Tombstone.SeriesIds.ofBytes(in.getBytes(in.getCount(in.remaining()))));
  }

  private static Manifest decode(Path file, Disk disk) throws IOException {
    var content = SealedFile.read(disk, file, MAGIC, OLDEST_VERSION, VERSION);
    boolean first = content.version() == OLDEST_VERSION;
    try {
      var in = new ByteSource(MemorySegment.ofArray(content.bytes()));
      long generation = in.getVarint();
      int partition = in.getCount(Integer.MAX_VALUE);
      long nextFile = in.getVarint();
      var position = getPosition(in);
      int seriesCount = in.getCount(Integer.MAX_VALUE);
      var registryFiles = new ArrayList<String>();
      for (int i = in.getCount(in.remaining()); i > 0; i--) {
        registryFiles.add(getString(in));
      }
      var deltaFile = getString(in);
      var parts = new ArrayList<PartEntry>();
      for (int i = in.getCount(in.remaining()); i > 0; i--) {
        parts.add(new PartEntry(getString(in), in.getVarint(), in.getVarint(),
            first ? 0 : in.getVarint()));
      }
      var gaps = new ArrayList<Gap>();
      for (int i = in.getCount(in.remaining()); i > 0; i--) {
        gaps.add(new Gap(partition, in.getVarint(), in.getVarint(), in.getZigzag()));
      }
      long lastTombstone = first ? 0 : in.getVarint();
      var tombstones = new ArrayList<Tombstone>();
      for (int i = first ? 0 : in.getCount(in.remaining()); i > 0; i--) {
        tombstones.add(getTombstone(in));
      }
      return new Manifest(generation, partition, nextFile, position, seriesCount, registryFiles,
          deltaFile, parts, gaps, lastTombstone, tombstones);
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

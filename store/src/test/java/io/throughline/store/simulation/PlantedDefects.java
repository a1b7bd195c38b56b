package io.throughline.store.simulation;

import io.throughline.store.LogPosition;
import io.throughline.store.SampleBuffer;
import io.throughline.store.compact.SampleMerge;
import io.throughline.store.deletion.Deletions;
import io.throughline.store.deletion.Tombstone;
import io.throughline.store.disk.Disk;
import io.throughline.store.disk.ForwardingDisk;
import io.throughline.store.disk.SealedFile;
import io.throughline.store.head.DeltaTable;
import io.throughline.store.manifest.Manifest;
import io.throughline.store.part.Part;
import io.throughline.store.series.Registry;
import io.throughline.store.series.RegistryFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What calls in the store are replaced by, to see whether the simulator notices. */
public final class PlantedDefects {
  private PlantedDefects() {}

  /** A sync of a file that does nothing. */
  public static void noSync(Disk.Output output) {}

  /** A sync of a folder that does nothing. */
  public static void noFolderSync(Disk disk, Path folder) {}

  /** A small file that is not synced. */
  public static long writeUnsynced(Disk disk, Path file, int magic, int version, byte[] content,
      int size) throws IOException {
    return SealedFile.write(new Unsynced(disk), file, magic, version, content, size);
  }

  /** A manifest that says one record more was applied. */
  public static void writeOneHigh(Manifest manifest, Disk disk, Path folder) throws IOException {
    var at = manifest.position();
    new Manifest(manifest.generation(), manifest.partition(), manifest.nextFile(),
        new LogPosition(at.clusterId(), at.topicId(), at.leaderEpoch(), at.nextOffset() + 1),
        manifest.seriesCount(), manifest.registryFiles(), manifest.deltaFile(), manifest.parts(),
        manifest.gaps(), manifest.lastTombstone(), manifest.tombstones()).write(disk, folder);
  }

  /** A manifest without tombstones. */
  public static void writeWithoutTombstones(Manifest manifest, Disk disk, Path folder)
      throws IOException {
    new Manifest(manifest.generation(), manifest.partition(), manifest.nextFile(),
        manifest.position(), manifest.seriesCount(), manifest.registryFiles(), manifest.deltaFile(),
        manifest.parts(), manifest.gaps(), manifest.lastTombstone(), List.of()).write(disk, folder);
  }

  /** A manifest that is not written. */
  public static void writeNothing(Manifest manifest, Disk disk, Path folder) {}

  /** A manifest whose failure nobody hears of. */
  public static void writeSwallowing(Manifest manifest, Disk disk, Path folder) {
    try {
      manifest.write(disk, folder);
    } catch (IOException swallowed) {
      // That is the defect.
    }
  }

  /** Parts that the manifest no longer names are deleted, then it is written. */
  public static void deletePartsFirst(Manifest manifest, Disk disk, Path folder)
      throws IOException {
    deleteThenWrite(manifest, disk, folder, name -> name.endsWith(".tlp")
        && manifest.parts().stream().noneMatch(part -> part.file().equals(name)));
  }

  /** Delta tables and registry slices that the manifest no longer names are deleted first. */
  public static void deleteStateFirst(Manifest manifest, Disk disk, Path folder)
      throws IOException {
    deleteThenWrite(manifest, disk, folder,
        name -> name.endsWith(".tld") && !name.equals(manifest.deltaFile())
            || name.endsWith(".tlr") && !manifest.registryFiles().contains(name));
  }

  private static void deleteThenWrite(Manifest manifest, Disk disk, Path folder,
      Predicate<String> obsolete) throws IOException {
    for (var name : disk.list(folder)) {
      if (obsolete.test(name)) {
        disk.delete(folder.resolve(name));
      }
    }
    manifest.write(disk, folder);
  }

  /** The older sample wins. */
  public static void mergeSwapped(SampleBuffer older, SampleBuffer newer, SampleBuffer into) {
    SampleMerge.merge(newer, older, into);
  }

  /** Of equal times the one that came first stays. */
  public static void sortKeepingFirst(SampleMerge merge, SampleBuffer arrived, SampleBuffer into) {
    var reversed = new SampleBuffer();
    for (int i = arrived.size() - 1; i >= 0; i--) {
      reversed.copy(arrived, i);
    }
    merge.sort(reversed, into);
  }

  /** A delta table that never changed. */
  public static boolean neverDirty(DeltaTable deltas) {
    return false;
  }

  /** A delta table that is not read. */
  public static void restoreNothing(DeltaTable deltas, byte[] content) {}

  /** The next file's number is one too low. */
  public static long oneLow(AtomicLong nextFile) {
    return nextFile.get() - 1;
  }

  /** The registry counts as flushed before the manifest names its file. */
  public static long writeAndForget(Registry registry, boolean everything, Disk disk, Path file)
      throws IOException {
    long size = RegistryFile.write(registry, everything, disk, file);
    registry.markFlushed();
    return size;
  }

  /** Deleted samples stay. */
  public static void removeNothing(Deletions deletions, SampleBuffer samples, int from,
      int seriesId, long cleaned) {}

  /** A part that was never cleaned. */
  public static long neverCleaned(Part part) {
    return 0;
  }

  /** After a restart no deletion concerns what is read from the log again. */
  public static Deletions openedAsCovered(long lastNumber, List<Tombstone> tombstones) {
    return Deletions.opened(lastNumber, tombstones.stream().map(Tombstone::asCovered).toList());
  }

  /** A deletion hides all samples of the head, also those that came later. */
  public static long @Nullable [] hiddenForEver(Deletions deletions, int seriesId) {
    var hidden = deletions.hiddenInHead(seriesId);
    for (int i = 0; hidden != null && i < hidden.length; i += 3) {
      hidden[i] = Integer.MAX_VALUE;
    }
    return hidden;
  }

  /** A replay never reaches a deletion. */
  public static Deletions neverReached(Deletions deletions, LogPosition applied, int before,
      int after) {
    return deletions;
  }

  /** A tombstone is forgotten as soon as any part is clean of it. */
  public static Deletions forgetEarly(Deletions deletions, long fewestCleaned) {
    return deletions.needed(Long.MAX_VALUE);
  }

  /** A disk on which no file is synced. */
  private static final class Unsynced extends ForwardingDisk {
    Unsynced(Disk disk) {
      super(disk);
    }

    @Override
    public Output create(Path file) throws IOException {
      var output = super.create(file);
      return new Output() {
        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
          output.write(bytes, offset, length);
        }

        @Override
        public void sync() {}

        @Override
        public void close() throws IOException {
          output.close();
        }
      };
    }
  }
}

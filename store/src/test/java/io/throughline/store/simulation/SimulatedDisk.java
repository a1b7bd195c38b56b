package io.throughline.store.simulation;

import io.throughline.store.disk.Disk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that keeps no promise it did not give: at a crash, each name that was not synced with
 * its folder is there or not by chance, and of what was written to a file since its last sync any part may
 * be missing or torn. It crashes or fails at an operation chosen before.
 */
final class SimulatedDisk implements Disk {
  private final Random random;
  private final TreeMap<Path, Inode> names = new TreeMap<>();
  private final TreeMap<Path, Inode> durableNames = new TreeMap<>();
  private final List<Change> pending = new ArrayList<>();
  private int untilCrash = -1;
  private boolean crashAtFolderSync;
  private int failures;
  private int untilFailure = -1;
  private boolean failAtFolderSync;
  private boolean down;
  private int openMappings;

  /** The process is gone. Not an exception anything should catch. */
  static final class Crash extends Error {
    private static final long serialVersionUID = 1L;

    Crash() {
      super("the simulated machine lost power", null, false, false);
    }
  }

  /** A name that was given or taken since its folder was synced; {@code inode} is null for taken. */
  private record Change(Path from, Path name, @Nullable Inode inode) {}

  private static final class Inode {
    private byte[] synced = new byte[0];
    private ByteArrayOutputStream content = new ByteArrayOutputStream();
  }

  SimulatedDisk(Random random) {
    this.random = random;
  }

  /** Crashes before the n-th operation from now, or only at the n-th sync of a folder. */
  void crashAfter(int operations, boolean onlyAtFolderSyncs) {
    untilCrash = operations;
    crashAtFolderSync = onlyAtFolderSyncs;
  }

  /** From the n-th operation on, {@code count} operations throw; or only syncs of a folder. */
  void failAfter(int operations, int count, boolean onlyFolderSyncs) {
    untilFailure = operations;
    failures = count;
    failAtFolderSync = onlyFolderSyncs;
  }

  int openMappings() {
    return openMappings;
  }

  int fileCount() {
    return names.size();
  }

  /** Takes the power away, unless it is gone, and starts the machine again with what the disk kept. */
  void restart() {
    for (var change : pending) {
      if (random.nextBoolean()) {
        apply(change, durableNames);
      }
    }
    pending.clear();
    names.clear();
    for (var entry : durableNames.entrySet()) {
      var inode = entry.getValue();
      var kept = torn(inode);
      inode.synced = kept;
      inode.content = new ByteArrayOutputStream();
      inode.content.writeBytes(kept);
      names.put(entry.getKey(), inode);
    }
    untilCrash = -1;
    untilFailure = -1;
    failures = 0;
    down = false;
    openMappings = 0;
  }

  private byte[] torn(Inode inode) {
    var written = inode.content.toByteArray();
    if (Arrays.equals(written, inode.synced)) {
      return written;
    }
    int common = Math.min(inode.synced.length, written.length);
    if (!Arrays.equals(written, 0, common, inode.synced, 0, common)) {
      common = 0;
    }
    int end = switch (random.nextInt(4)) {
      case 0 -> common;
      case 1 -> written.length;
      default -> common + random.nextInt(written.length - common + 1);
    };
    var kept = Arrays.copyOf(written, end);
    for (int sector = common; sector < end && random.nextInt(3) == 0; sector += 512) {
      Arrays.fill(kept, sector, Math.min(end, sector + 512), (byte) 0);
    }
    return kept;
  }

  private static void apply(Change change, TreeMap<Path, Inode> target) {
    if (!change.from.equals(change.name)) {
      target.remove(change.from);
    }
    if (change.inode == null) {
      target.remove(change.name);
    } else {
      target.put(change.name, change.inode);
    }
  }

  private void change(Change change) {
    apply(change, names);
    pending.add(change);
  }

  private void operation(boolean folderSync) throws IOException {
    if (down) {
      throw new Crash();
    }
    if (untilCrash >= 0 && (folderSync || !crashAtFolderSync) && untilCrash-- == 0) {
      down = true;
      throw new Crash();
    }
    if (failAtFolderSync && !folderSync) {
      return;
    }
    if (untilFailure > 0) {
      untilFailure--;
    } else if (failures > 0) {
      failures--;
      throw new IOException("the simulated disk failed");
    }
  }

  private Inode inode(Path file) throws NoSuchFileException {
    var inode = names.get(file);
    if (inode == null) {
      throw new NoSuchFileException(file.toString());
    }
    return inode;
  }

  @Override
  public synchronized void createFolders(Path folder) {}

  @Override
  public synchronized List<String> list(Path folder) {
    return names.keySet()
        .stream()
        .filter(file -> folder.equals(file.getParent()))
        .map(file -> String.valueOf(file.getFileName()))
        .toList();
  }

  @Override
  public synchronized Output create(Path file) throws IOException {
    operation(false);
    var known = names.get(file);
    var inode = known == null ? new Inode() : known;
    if (known == null) {
      change(new Change(file, file, inode));
    } else {
      inode.content = new ByteArrayOutputStream();
    }
    return new Output() {
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        operation(false);
        inode.content.write(bytes, offset, length);
      }

      @Override
      public void sync() throws IOException {
        operation(false);
        inode.synced = inode.content.toByteArray();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public synchronized Mapping map(Path file) throws IOException {
    operation(false);
    var bytes = MemorySegment.ofArray(inode(file).content.toByteArray());
    openMappings++;
    return new Mapping() {
      @Override
      public MemorySegment bytes() {
        return bytes;
      }

      @Override
      public void close() {
        openMappings--;
      }
    };
  }

  @Override
  public synchronized void rename(Path from, Path to) throws IOException {
    operation(false);
    change(new Change(from, to, inode(from)));
  }

  @Override
  public synchronized void link(Path file, Path alsoNamed) throws IOException {
    operation(false);
    change(new Change(alsoNamed, alsoNamed, inode(file)));
  }

  @Override
  public synchronized void delete(Path file) throws IOException {
    operation(false);
    if (names.containsKey(file)) {
      change(new Change(file, file, null));
    }
  }

  @Override
  public synchronized void syncFolder(Path folder) throws IOException {
    operation(true);
    pending.removeIf(change -> {
      boolean here = folder.equals(change.name.getParent());
      if (here) {
        apply(change, durableNames);
      }
      return here;
    });
  }

  @Override
  public Directory openIndex(Path folder) {
    // The index of series is made again from the registry after every restart.
    return new ByteBuffersDirectory();
  }

  @Override
  public synchronized long sizeBytes(Path file) {
    var inode = names.get(file);
    return inode == null ? -1 : inode.content.size();
  }

  @Override
  public long usableBytes(Path folder) {
    return Long.MAX_VALUE;
  }
}

package io.throughline.store;

import io.throughline.model.Failure;
import io.throughline.model.Matcher;
import io.throughline.model.Tenant;
import io.throughline.store.compact.Pace;
import io.throughline.store.disk.Disk;
import io.throughline.store.disk.FileDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of shards. One thread per shard writes through its {@link ShardWriter}; any thread takes a
 * {@link Snapshot}. At most one thread merges and one indexes new series, in the background if the
 * settings say so.
 *
 * <p>What was not flushed when the store is closed, or the process killed, is read from the log again:
 * closing does not flush.
 */
public final class Store implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Store.class);
  private static final String PREFIX = "shard-";

  /** With more parts than this in a shard, merging is behind and no longer rests. */
  private static final int PARTS_BEHIND = 48;

  /** A start has better to do at first, on the same cores: reading its log again, and answering. */
  private static final int REST_BEFORE_FIRST_LOOK = 5;

  private final Path folder;
  private final StoreSettings settings;
  private final Disk disk;
  private final InstantSource clock;
  private final TreeMap<Integer, Shard> shards = new TreeMap<>();
  private volatile List<Shard> opened = List.of();
  private volatile boolean closed;
  /** Buffers that small queries need not make anew, at most one and a half MiB each. */
  private final Queue<SeriesReader> spareReaders = new ArrayBlockingQueue<>(
      Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8));
  private List<Thread> background = List.of();

  private Store(Path folder, StoreSettings settings, Disk disk, InstantSource clock) {
    this.folder = folder;
    this.settings = settings;
    this.disk = disk;
    this.clock = clock;
  }

  /** Opens a store on the machine's own disk and clock, with all shards the folder holds. */
  public static Store open(Path folder, StoreSettings settings) {
    var disk = new FileDisk();
    var store = open(folder, settings, disk, InstantSource.system());
    try {
      store.openAll(shardFolders(folder));
    } catch (IOException failed) {
      store.close();
      throw new Failure(Failure.Category.UNAVAILABLE,
          "folder " + folder + " cannot be listed: " + failed, failed);
    } catch (RuntimeException failed) {
      store.close();
      throw failed;
    }
    return store;
  }

  /** Opens shards side by side: reading a registry is work for a core. */
  private void openAll(List<Path> folders) {
    var failures = new ConcurrentLinkedQueue<RuntimeException>();
    var next = new ConcurrentLinkedQueue<>(folders);
    var threads = new ArrayList<Thread>();
    int count = Math.min(folders.size(), Runtime.getRuntime().availableProcessors());
    for (int i = 0; i < count; i++) {
      threads.add(Thread.ofPlatform().name("throughline-store-open-" + i).start(() -> {
        for (var path = next.poll(); path != null && failures.isEmpty(); path = next.poll()) {
          int partition = Integer
              .parseInt(String.valueOf(path.getFileName()).substring(PREFIX.length()));
          try {
            keep(partition, newShard(partition));
          } catch (RuntimeException failed) {
            failures.add(failed);
          }
        }
      }));
    }
    for (var thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
        throw new Failure(Failure.Category.UNAVAILABLE, "opening the store was interrupted",
            stopped);
      }
    }
    var failed = failures.peek();
    if (failed != null) {
      throw failed;
    }
  }

  private void keep(int partition, Shard shard) {
    synchronized (shards) {
      shards.put(partition, shard);
      opened = List.copyOf(shards.values());
    }
  }

  private Shard newShard(int partition) {
    var number = Integer.toString(partition);
    var path = folder.resolve(PREFIX + "0".repeat(Math.max(0, 4 - number.length())) + number);
    try {
      return new Shard(partition, path, disk, settings.classes());
    } catch (IOException failed) {
      throw new Failure(Failure.Category.UNAVAILABLE,
          "shard " + path + " cannot be opened: " + failed, failed);
    }
  }

  /** Opens a store on a given disk and clock; shards are opened by {@link #shard}. */
  public static Store open(Path folder, StoreSettings settings, Disk disk, InstantSource clock) {
    try {
      disk.createFolders(folder);
    } catch (IOException failed) {
      throw new Failure(Failure.Category.UNAVAILABLE,
          "folder " + folder + " cannot be made: " + failed, failed);
    }
    var store = new Store(folder, settings, disk, clock);
    if (settings.backgroundMerges()) {
      // Two, because a merge at its pace may take minutes and new series must be indexed meanwhile.
      store.background = List.of(
          store.repeating("throughline-store-merge", store::maintainInBackground),
          store.repeating("throughline-store-index", store::catchUpIndexes));
      store.background.forEach(Thread::start);
    }
    return store;
  }

  /** The writer of a partition, opened at the first call. Use it from one thread at a time. */
  public ShardWriter shard(int partition) {
    synchronized (shards) {
      if (closed) {
        throw new IllegalStateException("the store is closed");
      }
      var shard = shards.get(partition);
      if (shard == null) {
        shard = newShard(partition);
        keep(partition, shard);
      }
      return shard;
    }
  }

  /** Everything that was applied before the call, in all shards. Close it. */
  public Snapshot snapshot() {
    if (closed) {
      throw new IllegalStateException("the store is closed");
    }
    return new StoreSnapshot(opened, settings.classes(), clock.millis(), spareReaders);
  }

  /**
   * Deletes what is stored of the series of a tenant that match one of the selectors, from {@code
   * minTimeMs} to {@code maxTimeMs}, both included. When it returns, no new snapshot sees it and no crash
   * brings it back; the bytes leave the files with later merges. What is written afterwards stays, whatever
   * its time. For any thread.
   *
   * @return the number of series of which something was deleted
   * @throws Failure USER for a wrong regular expression, LIMIT where too many deletions wait for merges,
   *     UNAVAILABLE where the disk fails: some shards may have it then, and asking again is harmless
   */
  public int delete(Tenant tenant, List<List<Matcher>> selectors, long minTimeMs, long maxTimeMs) {
    if (minTimeMs > maxTimeMs) {
      throw Failure.user(
          "the time range to delete ends at " + maxTimeMs + ", before its start " + minTimeMs);
    }
    int series = 0;
    for (var shard : opened) {
      series += shard.delete(tenant, selectors, minTimeMs, maxTimeMs, clock.millis());
    }
    return series;
  }

  /**
   * Writes all that is flushed to an empty folder, each shard as it is at one moment, while the store goes
   * on. On the same file system it costs no space at first: files are shared, and none ever changes. Ask for
   * a flush before if the newest records are to be in it; without, {@link #restore} has them read from the
   * log again.
   *
   * @throws Failure USER where the folder is not empty, UNAVAILABLE where the disk fails: what was written
   *     by then is no copy
   */
  public void copyTo(Path target) {
    try {
      refuseShardsIn(disk, target);
      disk.createFolders(target);
      for (var shard : opened) {
        shard.copyTo(target.resolve(String.valueOf(shard.folder().getFileName())));
      }
      disk.syncFolder(target);
    } catch (IOException failed) {
      throw new Failure(Failure.Category.UNAVAILABLE,
          "the store cannot be copied to " + target + ": " + failed, failed);
    }
  }

  /**
   * Makes the folder of a store from what {@link #copyTo} wrote; the copy stays. The store goes on at the
   * log's position of the copy: what the log no longer has from there on is a gap, and said to be one.
   */
  public static void restore(Path copy, Path folder) {
    var disk = new FileDisk();
    try {
      refuseShardsIn(disk, folder);
      var shards = shardFolders(copy);
      if (shards.isEmpty()) {
        throw Failure
            .user("folder " + copy + " holds no copy of a store: it has no " + PREFIX + "… in it");
      }
      for (var shard : shards) {
        var target = folder.resolve(String.valueOf(shard.getFileName()));
        disk.createFolders(target);
        for (var file : disk.list(shard)) {
          disk.link(shard.resolve(file), target.resolve(file));
        }
        disk.syncFolder(target);
      }
      disk.syncFolder(folder);
    } catch (IOException failed) {
      throw new Failure(Failure.Category.UNAVAILABLE,
          "the copy " + copy + " cannot be restored to " + folder + ": " + failed, failed);
    }
  }

  private static void refuseShardsIn(Disk disk, Path folder) throws IOException {
    if (!shardFolders(folder).isEmpty() || !disk.list(folder).isEmpty()) {
      throw Failure.user("folder " + folder + " is not empty; name another");
    }
  }

  private static List<Path> shardFolders(Path folder) throws IOException {
    var shards = new ArrayList<Path>();
    if (Files.isDirectory(folder)) {
      try (var entries = Files.newDirectoryStream(folder, PREFIX + "*")) {
        for (var entry : entries) {
          if (String.valueOf(entry.getFileName()).matches(PREFIX + "[0-9]{4,9}")) {
            shards.add(entry);
          }
        }
      }
    }
    return shards;
  }

  /** Takes deleted samples out of the files now, rather than within minutes. Merges on the way. */
  public void cleanDeleted() {
    maintain(true, false);
  }

  /** Does once what the background threads do: drops what is too old, merges what is worth it. */
  public void maintain() {
    catchUpIndexes();
    maintain(false, false);
  }

  /** Merges on, until no two neighbouring parts are left that may be merged. */
  public void merge() {
    catchUpIndexes();
    maintain(true, false);
  }

  private void maintainInBackground() {
    maintain(false, true);
  }

  private void maintain(boolean eager, boolean paced) {
    for (var shard : opened) {
      boolean more = true;
      while (more && !closed) {
        double ratio = !paced || shard.partCount() > PARTS_BEHIND ? 1 : settings.mergeCpuRatio();
        var task = new Upkeep.Task(clock.millis(),
            Retention.keeping(opened, settings, clock.millis()), eager, settings.maxPartBytes());
        more = shard.upkeep().once(task, new Pace(ratio, () -> closed));
      }
    }
  }

  private void catchUpIndexes() {
    for (var shard : opened) {
      try {
        shard.catchUpIndex();
      } catch (IOException failed) {
        LOG.warn("series index not brought up to date, tried again partition={} error={}",
            shard.partition(), failed.toString());
      }
    }
  }

  private Thread repeating(String name, Runnable work) {
    return Thread.ofPlatform().name(name).daemon().unstarted(() -> {
      long intervalMs = settings.mergeInterval().toMillis();
      long restMs = REST_BEFORE_FIRST_LOOK * intervalMs;
      while (!closed) {
        try {
          synchronized (this) {
            if (!closed) {
              wait(restMs);
            }
          }
          restMs = intervalMs;
          if (!closed) {
            work.run();
          }
        } catch (InterruptedException stopped) {
          Thread.currentThread().interrupt();
          return;
        } catch (RuntimeException wrong) {
          LOG.error("thread {} met a defect and goes on", name, wrong);
        }
      }
    });
  }

  /** The sums over all shards. */
  public StoreStatistics statistics() {
    var sum = StoreStatistics.NONE;
    for (var shard : opened) {
      sum = sum.plus(shard.statistics());
    }
    return sum;
  }

  /** Ends the background threads, a merge in the middle, and lets go of all files once the last snapshot is closed. */
  @Override
  public void close() {
    List<Shard> all;
    synchronized (shards) {
      if (closed) {
        return;
      }
      closed = true;
      all = new ArrayList<>(shards.values());
    }
    synchronized (this) {
      notifyAll();
    }
    for (var thread : background) {
      try {
        thread.join();
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
    }
    all.forEach(Shard::close);
  }
}

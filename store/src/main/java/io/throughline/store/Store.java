package io.throughline.store;

import io.throughline.model.Failure;
import io.throughline.store.disk.Disk;
import io.throughline.store.disk.FileDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of shards. One thread per shard writes through its {@link ShardWriter}; any thread takes a
 * {@link Snapshot}. At most one thread merges, in the background if the settings say so.
 *
 * <p>What was not flushed when the store is closed, or the process killed, is read from the log again:
 * closing does not flush.
 */
public final class Store implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Store.class);
  private static final String PREFIX = "shard-";

  private final Path folder;
  private final StoreSettings settings;
  private final Disk disk;
  private final InstantSource clock;
  private final TreeMap<Integer, Shard> shards = new TreeMap<>();
  private volatile List<Shard> opened = List.of();
  private volatile boolean closed;
  private @Nullable Thread merger;

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
    try (var entries = Files.newDirectoryStream(folder, PREFIX + "*")) {
      for (var entry : entries) {
        var name = String.valueOf(entry.getFileName());
        if (name.matches(PREFIX + "[0-9]{4,9}")) {
          store.shard(Integer.parseInt(name.substring(PREFIX.length())));
        }
      }
    } catch (IOException failed) {
      store.close();
      throw new Failure(Failure.Category.UNAVAILABLE, "folder " + folder + " cannot be listed: "
          + failed, failed);
    } catch (RuntimeException failed) {
      store.close();
      throw failed;
    }
    return store;
  }

  /** Opens a store on a given disk and clock; shards are opened by {@link #shard}. */
  public static Store open(Path folder, StoreSettings settings, Disk disk, InstantSource clock) {
    try {
      disk.createFolders(folder);
    } catch (IOException failed) {
      throw new Failure(Failure.Category.UNAVAILABLE, "folder " + folder + " cannot be made: "
          + failed, failed);
    }
    var store = new Store(folder, settings, disk, clock);
    if (settings.backgroundMerges()) {
      var thread = Thread.ofPlatform()
          .name("throughline-store-merge")
          .daemon()
          .unstarted(
              store::mergeUntilClosed);
      store.merger = thread;
      thread.start();
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
        var number = Integer.toString(partition);
        var path = folder.resolve(PREFIX + "0".repeat(Math.max(0, 4 - number.length())) + number);
        try {
          shard = new Shard(partition, path, disk);
        } catch (IOException failed) {
          throw new Failure(Failure.Category.UNAVAILABLE, "shard " + path + " cannot be opened: "
              + failed, failed);
        }
        shards.put(partition, shard);
        opened = List.copyOf(shards.values());
      }
      return shard;
    }
  }

  /** Everything that was applied before the call, in all shards. Close it. */
  public Snapshot snapshot() {
    if (closed) {
      throw new IllegalStateException("the store is closed");
    }
    return new StoreSnapshot(opened);
  }

  /** Does once what the background thread does: drops what is too old, merges what is worth it. */
  public void maintain() {
    maintain(false);
  }

  /** Merges on, until no two neighbouring parts are left that may be merged. */
  public void merge() {
    maintain(true);
  }

  private void maintain(boolean eager) {
    long keepFromMs = settings.retention().isZero()
        ? Long.MIN_VALUE
        : clock.millis() - settings.retention().toMillis();
    for (var shard : opened) {
      boolean more = true;
      while (more && !closed) {
        more = shard.maintain(keepFromMs, eager, settings.maxPartBytes());
      }
    }
  }

  private void mergeUntilClosed() {
    while (!closed) {
      try {
        synchronized (this) {
          wait(settings.mergeInterval().toMillis());
        }
        maintain();
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
        return;
      } catch (RuntimeException wrong) {
        LOG.error("the merge thread met a defect and goes on", wrong);
      }
    }
  }

  /** The sums over all shards. */
  public StoreStatistics statistics() {
    var sum = new StoreStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    for (var shard : opened) {
      var one = shard.statistics();
      sum = new StoreStatistics(sum.series() + one.series(), sum.headSamples() + one.headSamples(),
          sum.headBytes() + one.headBytes(), sum.parts() + one.parts(), sum.partSamples() + one
              .partSamples(), sum.partBytes() + one.partBytes(), sum.registryBytes() + one
                  .registryBytes(), sum.flushes() + one.flushes(), sum.merges() + one.merges(), sum
                      .mergeFailures() + one.mergeFailures(), sum.corruptFiles() + one
                          .corruptFiles(), sum.ignoredDeltas() + one.ignoredDeltas());
    }
    return sum;
  }

  /** Ends the merge thread and lets go of all files once the last snapshot is closed. */
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
    var thread = merger;
    if (thread != null) {
      synchronized (this) {
        notifyAll();
      }
      try {
        thread.join();
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
    }
    all.forEach(Shard::close);
  }
}

package io.throughline.app;

import io.throughline.app.console.Reason;
import io.throughline.model.Counted;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The directory of one process, held alone by a lock on {@code lock} for as long as it is open.
 *
 * <pre>
 * identity.json  what the shards in it belong to; see {@link Identity}
 * lock           locked by the process that uses the directory
 * kafka/         the embedded broker's log
 * store/         the shards
 * joins.yaml     joins that users added
 * board/         the live board, made anew at each start
 * agent/         what the node agent could not send
 * </pre>
 */
final class DataDirectory implements AutoCloseable {
  static final int FORMAT_VERSION = 1;

  private final Path folder;
  private final FileChannel channel;
  private final FileLock lock;
  private final @Nullable Object lockFile;

  /**
   * What the shards belong to: another cluster's or another number of partitions' log does not fit them.
   *
   * @param instanceId names this directory's process in telemetry, the same over restarts
   */
  record Identity(int formatVersion, String clusterId, int partitions, String zone,
      String instanceId) {}

  private DataDirectory(Path folder, FileChannel channel, FileLock lock) throws IOException {
    this.folder = folder;
    this.channel = channel;
    this.lock = lock;
    this.lockFile = lockFile(folder);
  }

  private static @Nullable Object lockFile(Path folder) throws IOException {
    return Files.readAttributes(folder.resolve("lock"), BasicFileAttributes.class).fileKey();
  }

  /** Whether at its path is another directory by now, or none: it was deleted, or its disk unmounted. */
  boolean isGone() {
    try {
      return !Objects.equals(lockFile(folder), lockFile);
    } catch (NoSuchFileException gone) {
      return true;
    } catch (IOException unreadable) {
      // A disk that fails may recover, and each of its users says what failed.
      return false;
    }
  }

  static DataDirectory open(Path folder) throws StartFailure {
    try {
      Files.createDirectories(folder);
    } catch (IOException failed) {
      throw new StartFailure(
          "cannot make the data directory " + folder + " (--data): " + Reason.of(failed), failed);
    }
    FileChannel channel = null;
    try {
      channel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE,
          StandardOpenOption.WRITE);
      var lock = channel.tryLock();
      if (lock != null) {
        return new DataDirectory(folder, channel, lock);
      }
      channel.close();
    } catch (OverlappingFileLockException held) {
      closeQuietly(channel);
    } catch (IOException failed) {
      closeQuietly(channel);
      throw new StartFailure(
          "cannot use the data directory " + folder + " (--data): " + Reason.of(failed), failed);
    }
    throw new StartFailure("the data directory " + folder
        + " is in use by another throughline process; stop it, or give another --data");
  }

  private static void closeQuietly(@Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException failed) {
      // It was opened for its lock alone: there is nothing to lose.
      return;
    }
  }

  Path kafka() {
    return folder.resolve("kafka");
  }

  /** The folder of the live board. */
  Path board() {
    return folder.resolve("board");
  }

  /** The joins users added; may not exist. */
  Path joins() {
    return folder.resolve("joins.yaml");
  }

  /** The index of changes of alerts. */
  Path alertHistory() {
    return folder.resolve("alert-history");
  }

  Path store() {
    return folder.resolve("store");
  }

  /** Snapshots that were asked for and not moved away. */
  Path snapshots() {
    return folder.resolve("snapshots");
  }

  Path agentSpool() {
    return folder.resolve("agent");
  }

  Path folder() {
    return folder;
  }

  /** What the directory belongs to, or null while it belongs to nothing. */
  @Nullable
  Identity identity() throws StartFailure {
    var file = folder.resolve("identity.json");
    if (!Files.exists(file)) {
      return null;
    }
    try {
      var json = new JsonObject(Files.readString(file));
      int version = json.getInteger("formatVersion", 0);
      if (version > FORMAT_VERSION) {
        throw new StartFailure(file + " has format version " + version + ", this throughline knows "
            + FORMAT_VERSION + ": use the newer one it was written by");
      }
      return new Identity(version, json.getString("clusterId", ""),
          json.getInteger("partitions", 0), json.getString("zone", ""),
          json.getString("instanceId", ""));
    } catch (IOException | DecodeException | ClassCastException wrong) {
      throw new StartFailure("cannot read " + file + ": " + wrong.getMessage()
          + "; it says which log the shards belong to and has to be restored", wrong);
    }
  }

  /** Checks that the directory belongs to this log, or makes it so if it belongs to none. */
  Identity claim(String clusterId, int partitions) throws StartFailure {
    var found = identity();
    if (found == null) {
      var made = new Identity(FORMAT_VERSION, clusterId, partitions, "",
          UUID.randomUUID().toString());
      write(made);
      return made;
    }
    if (found.partitions() != partitions) {
      throw new StartFailure("the data directory " + folder + " holds shards of a log with "
          + Counted.of(found.partitions(), "partition") + ", got " + partitions
          + ": start with --partitions " + found.partitions());
    }
    if (found.clusterId().isEmpty()) {
      // Restored from a snapshot: it belongs to the first log it is started on.
      var owned = new Identity(FORMAT_VERSION, clusterId, partitions, found.zone(),
          found.instanceId());
      write(owned);
      return owned;
    }
    if (!found.clusterId().equals(clusterId)) {
      throw new StartFailure("the data directory " + folder
          + " belongs to the Kafka cluster with id " + found.clusterId() + ", got " + clusterId
          + ": give the right --kafka, or another --data");
    }
    return found;
  }

  private void write(Identity identity) throws StartFailure {
    var file = folder.resolve("identity.json");
    var temporary = folder.resolve("identity.json.new");
    var json = new JsonObject().put("formatVersion", identity.formatVersion())
        .put("clusterId", identity.clusterId())
        .put("partitions", identity.partitions())
        .put("zone", identity.zone())
        .put("instanceId", identity.instanceId());
    try {
      Files.writeString(temporary, json.encodePrettily() + "\n");
      try (var written = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        written.force(true);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      try (var directory = FileChannel.open(folder, StandardOpenOption.READ)) {
        directory.force(true);
      }
    } catch (IOException failed) {
      throw new StartFailure("cannot write " + file + ": " + failed, failed);
    }
  }

  @Override
  public void close() {
    try {
      lock.release();
    } catch (IOException failed) {
      // The lock ends with the process at the latest.
      return;
    } finally {
      closeQuietly(channel);
    }
  }
}

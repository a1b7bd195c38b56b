package io.throughline.app.transfer;

import io.throughline.model.Failure;
import io.throughline.store.Store;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A snapshot on disk.
 *
 * <pre>
 * snapshot.json   {"formatVersion":1, "partitions":N, "clusterId":"…", "madeAt":"…", "version":"…"}; written last
 * store/          the shards as they were at one moment each, with the offsets of the log they are complete up to
 * joins.yaml      the joins users added, where there are any
 * </pre>
 *
 * <p>The log is not in it: what was acknowledged before the snapshot was asked for is in the shards.
 */
public final class SnapshotFolder {
  static final int FORMAT_VERSION = 1;
  private static final int MOST = 32;
  private static final String ABOUT = "snapshot.json";
  private static final String STORE = "store";
  private static final String JOINS = "joins.yaml";

  private SnapshotFolder() {}

  /** What a snapshot says of itself. */
  public record About(int partitions, String clusterId, String madeAt, String version) {}

  /**
   * Writes a snapshot of a store whose shards have been flushed.
   *
   * @param data the data directory, of which the joins are copied
   */
  public static void write(Path folder, Store store, Path data, About about) throws IOException {
    Files.createDirectories(folder);
    store.copyTo(folder.resolve(STORE));
    if (Files.exists(data.resolve(JOINS))) {
      Files.copy(data.resolve(JOINS), folder.resolve(JOINS));
    }
    var json = new JsonObject().put("formatVersion", FORMAT_VERSION)
        .put("partitions", about.partitions())
        .put("clusterId", about.clusterId())
        .put("madeAt", about.madeAt())
        .put("version", about.version());
    writeSynced(folder.resolve(ABOUT), json);
  }

  /** @throws Failure (LIMIT) where so many snapshots lie there that somebody has to look */
  public static void checkRoom(Path snapshots) throws IOException {
    if (Files.isDirectory(snapshots)) {
      try (var there = Files.list(snapshots)) {
        if (there.count() >= MOST) {
          throw Failure.limit(
              "folder " + snapshots + " holds " + MOST + " snapshots already; move or delete some");
        }
      }
    }
  }

  private static void writeSynced(Path file, JsonObject json) throws IOException {
    Files.writeString(file, json.encodePrettily() + "\n");
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /**
   * Makes a data directory that continues where the snapshot ends. It belongs to no log yet: the first start on it takes
   * the log it finds. Of the log the snapshot was made on it reads on from the shards' offsets; another one is read from
   * its beginning.
   *
   * @throws Failure (USER) where the one is no snapshot, or the other not empty
   */
  public static About restore(Path snapshot, Path data) throws IOException {
    var about = read(snapshot);
    if (Files.exists(data.resolve("identity.json")) || Files.exists(data.resolve(STORE))
        || Files.exists(data.resolve("kafka"))) {
      throw Failure.user("folder " + data
          + " is the data directory of another installation; name an empty one (--data)");
    }
    Files.createDirectories(data.resolve(STORE));
    Store.restore(snapshot.resolve(STORE), data.resolve(STORE));
    if (Files.exists(snapshot.resolve(JOINS))) {
      Files.copy(snapshot.resolve(JOINS), data.resolve(JOINS));
    }
    // Last: without it nothing starts here.
    writeSynced(data.resolve("identity.json"),
        new JsonObject().put("formatVersion", 1)
            .put("clusterId", "")
            .put("partitions", about.partitions())
            .put("zone", "")
            .put("instanceId", UUID.randomUUID().toString()));
    return about;
  }

  private static About read(Path snapshot) throws IOException {
    var file = snapshot.resolve(ABOUT);
    if (!Files.exists(file)) {
      throw Failure.user(
          "folder " + snapshot + " is no snapshot: it has no " + ABOUT + ", which is written last");
    }
    try {
      var json = new JsonObject(Files.readString(file));
      int version = json.getInteger("formatVersion", 0);
      if (version != FORMAT_VERSION) {
        throw Failure.user("snapshot " + snapshot + " has format version " + version
            + ", this throughline knows " + FORMAT_VERSION);
      }
      return new About(json.getInteger("partitions", 0), json.getString("clusterId", ""),
          json.getString("madeAt", ""), json.getString("version", ""));
    } catch (DecodeException | ClassCastException wrong) {
      throw Failure.user(file + " is damaged: " + wrong.getMessage());
    }
  }
}

package io.throughline.query.view;

import io.throughline.model.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.concurrent.atomic.AtomicLong;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The newest state of each service and node in a Chronicle Map: off-heap, and readable by other processes
 * of the host while one writes. Never the only copy: each start makes a new file and fills it from the store.
 *
 * <p>A key is {@code tenant LF kind LF id} in UTF-8, where kind is {@code service} or {@code node}. A value:
 *
 * <pre>
 * offset size field
 *      0    1 version      {@value #VERSION}
 *      1    8 atMs         epoch milliseconds, big-endian: the right edge the row was made for
 *      9    … row          JSON in UTF-8, as in GET /api/view/v1/services
 * </pre>
 *
 * <p>The folder holds {@code board-NUMBER.map} and {@code current}, which names the file in use; it is
 * replaced once a new file is filled, and older files are deleted then (a process that has one open keeps
 * it). Beyond {@link #entries} keys the one written longest ago is dropped and counted. One writer, the
 * opener; readers take point gets of keys they know and never iterate.
 */
final class BoardFile implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BoardFile.class);
  static final byte VERSION = 1;
  private static final int HEAD_BYTES = 9;
  private static final String CURRENT = "current";

  /** A row with its sparklines is about so large; one of eight times that still fits. */
  private static final int USUAL_ROW_BYTES = 4_096;
  private static final int USUAL_KEY_BYTES = 48;

  private final Path folder;
  private final Path file;
  private final int entries;
  private final ChronicleMap<byte[], byte[]> map;
  /** Keys in the order they were last written; null in a reader. */
  private final @Nullable LinkedHashMap<String, Boolean> written;
  private final AtomicLong dropped = new AtomicLong();

  private BoardFile(Path folder, Path file, int entries, ChronicleMap<byte[], byte[]> map,
      boolean writes) {
    this.folder = folder;
    this.file = file;
    this.entries = entries;
    this.map = map;
    this.written = writes ? new LinkedHashMap<>(64, 0.75f, true) : null;
  }

  /** One row as it was written. */
  record Stored(long atMs, byte[] json) {}

  /**
   * Has Chronicle Map register itself with the end of the process, early in its life: told to end at that moment
   * it would leave a stack trace behind.
   */
  static void prepare() {
    try {
      Class.forName("net.openhft.chronicle.core.io.BackgroundResourceReleaser");
    } catch (ClassNotFoundException | LinkageError broken) {
      LOG.debug("the live board will not start: {}", broken.toString());
    }
  }

  /** Makes a new, empty file; it becomes the current one by {@link #publish}. */
  static BoardFile create(Path folder, int entries) throws IOException {
    Files.createDirectories(folder);
    long number = 1;
    while (Files.exists(name(folder, number))) {
      number++;
    }
    var file = name(folder, number);
    return new BoardFile(folder, file, entries, builder(entries).createPersistedTo(file.toFile()),
        true);
  }

  /** Opens the current file of a folder for reading, in this process or another. */
  static BoardFile openCurrent(Path folder, int entries) throws IOException {
    var file = folder.resolve(Files.readString(folder.resolve(CURRENT)).strip());
    return new BoardFile(folder, file, entries, builder(entries).createPersistedTo(file.toFile()),
        false);
  }

  private static Path name(Path folder, long number) {
    return folder.resolve("board-" + number + ".map");
  }

  private static ChronicleMapBuilder<byte[], byte[]> builder(int entries) {
    return ChronicleMapBuilder.of(byte[].class, byte[].class)
        .name("live-board")
        .entries(entries)
        .averageKeySize(USUAL_KEY_BYTES)
        .averageValueSize(USUAL_ROW_BYTES)
        .maxBloatFactor(2);
  }

  static String key(String tenant, String kind, String id) {
    return tenant + "\n" + kind + "\n" + id;
  }

  /** Writes one row; the one written longest ago makes room where there is none. */
  void put(String key, long atMs, byte[] json) {
    var order = written;
    if (order == null) {
      throw new Failure(Failure.Category.BUG, "a board that was opened to read cannot be written");
    }
    var value = ByteBuffer.allocate(HEAD_BYTES + json.length)
        .put(VERSION)
        .putLong(atMs)
        .put(json)
        .array();
    order.put(key, Boolean.TRUE);
    while (order.size() > entries) {
      dropOldest(order);
    }
    while (true) {
      try {
        map.put(key.getBytes(StandardCharsets.UTF_8), value);
        return;
      } catch (IllegalStateException | IllegalArgumentException full) {
        // The map's own bound: more or longer rows than it was sized for.
        if (order.size() <= 1) {
          order.remove(key);
          dropped.incrementAndGet();
          return;
        }
        dropOldest(order);
      }
    }
  }

  private void dropOldest(LinkedHashMap<String, Boolean> order) {
    var oldest = order.firstEntry();
    order.remove(oldest.getKey());
    map.remove(oldest.getKey().getBytes(StandardCharsets.UTF_8));
    dropped.incrementAndGet();
  }

  /** The row of a key, or null where there is none or it is of another version. */
  @Nullable
  Stored get(String key) {
    var value = map.get(key.getBytes(StandardCharsets.UTF_8));
    if (value == null || value.length < HEAD_BYTES || value[0] != VERSION) {
      return null;
    }
    var json = new byte[value.length - HEAD_BYTES];
    System.arraycopy(value, HEAD_BYTES, json, 0, json.length);
    return new Stored(ByteBuffer.wrap(value).getLong(1), json);
  }

  /** Rows dropped since this file was made, for want of room. */
  long dropped() {
    return dropped.get();
  }

  /** Makes this the current file and deletes the others. */
  void publish() throws IOException {
    var beside = folder.resolve(CURRENT + ".new");
    Files.writeString(beside, String.valueOf(file.getFileName()));
    Files.move(beside, folder.resolve(CURRENT), StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    try (var files = Files.newDirectoryStream(folder, "board-*.map")) {
      for (var other : files) {
        if (!other.equals(file)) {
          Files.deleteIfExists(other);
        }
      }
    }
  }

  @Override
  public void close() {
    map.close();
  }
}

package io.throughline.store.disk;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;

/** The machine's own file system. Thread-safe. */
public final class FileDisk implements Disk {
  private final AtomicInteger openMappings = new AtomicInteger();

  /** The number of mappings not closed yet: tests assert that none leaks. */
  public int openMappings() {
    return openMappings.get();
  }

  @Override
  public void createFolders(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    var parent = folder.toAbsolutePath().getParent();
    if (parent != null) {
      createFolders(parent);
    }
    Files.createDirectories(folder);
    if (parent != null) {
      syncFolder(parent);
    }
  }

  @Override
  public List<String> list(Path folder) throws IOException {
    var names = new ArrayList<String>();
    try (var entries = Files.newDirectoryStream(folder, Files::isRegularFile)) {
      for (var entry : entries) {
        names.add(String.valueOf(entry.getFileName()));
      }
    } catch (NoSuchFileException | NotDirectoryException missing) {
      return List.of();
    }
    return names;
  }

  @Override
  public Output create(Path file) throws IOException {
    return new ChannelOutput(FileChannel.open(file, StandardOpenOption.CREATE,
        StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING));
  }

  @Override
  public Mapping map(Path file) throws IOException {
    // Shared, because scans run on other threads. Closing it stops every thread for a handshake, so it
    // happens once per file, never once per query.
    var arena = Arena.ofShared();
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      var bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      openMappings.incrementAndGet();
      return new ArenaMapping(arena, bytes);
    } catch (IOException | RuntimeException failed) {
      arena.close();
      throw failed;
    }
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void link(Path file, Path alsoNamed) throws IOException {
    try {
      Files.createLink(alsoNamed, file);
    } catch (UnsupportedOperationException | FileSystemException unlinkable) {
      // Another file system, or one without links. What is wrong with the file itself, the copy says.
      Files.copy(file, alsoNamed);
      try (var channel = FileChannel.open(alsoNamed, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
    }
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  @Override
  public void syncFolder(Path folder) throws IOException {
    try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public Directory openIndex(Path folder) throws IOException {
    return new MMapDirectory(folder);
  }

  @Override
  public long sizeBytes(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException missing) {
      return -1;
    }
  }

  @Override
  public long usableBytes(Path folder) throws IOException {
    return Files.getFileStore(folder).getUsableSpace();
  }

  private final class ArenaMapping implements Mapping {
    private final Arena arena;
    private final MemorySegment bytes;

    ArenaMapping(Arena arena, MemorySegment bytes) {
      this.arena = arena;
      this.bytes = bytes;
    }

    @Override
    public MemorySegment bytes() {
      return bytes;
    }

    @Override
    public void close() {
      arena.close();
      openMappings.decrementAndGet();
    }
  }

  private static final class ChannelOutput implements Output {
    private final FileChannel channel;

    ChannelOutput(FileChannel channel) {
      this.channel = channel;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      var buffer = ByteBuffer.wrap(bytes, offset, length);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }

    @Override
    public void sync() throws IOException {
      channel.force(true);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}

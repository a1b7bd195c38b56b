package io.throughline.store.disk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.apache.lucene.store.Directory;

/**
 * The file system as the store uses it. What was written survives a power loss only after {@link
 * Output#sync}; a created, renamed or deleted name only after {@link #syncFolder}.
 */
public interface Disk {

  /** Makes the folder and those above it, durably. */
  void createFolders(Path folder) throws IOException;

  /** The names of the plain files in a folder; none where the folder is missing. */
  List<String> list(Path folder) throws IOException;

  /** Makes a file to write from its beginning; one of that name is emptied. */
  Output create(Path file) throws IOException;

  /** Maps a whole file read-only. The caller closes it, after the last access. */
  Mapping map(Path file) throws IOException;

  /** Gives the file a new name, at once; a file of that name is replaced. */
  void rename(Path from, Path to) throws IOException;

  /**
   * Gives a file that never changes again a second name, or, where the file system has no such thing, makes
   * a synced copy.
   */
  void link(Path file, Path alsoNamed) throws IOException;

  /** Deletes the file if it is there. */
  void delete(Path file) throws IOException;

  /** Makes the names in the folder durable. */
  void syncFolder(Path folder) throws IOException;

  /** The folder as Lucene uses it. The caller closes it. */
  Directory openIndex(Path folder) throws IOException;

  /** A file's size, -1 where it is missing. */
  long sizeBytes(Path file) throws IOException;

  /** Bytes that can still be written to the file system of the folder. */
  long usableBytes(Path folder) throws IOException;

  /** A file being written. */
  interface Output extends AutoCloseable {
    void write(byte[] bytes, int offset, int length) throws IOException;

    /** Makes what was written durable. */
    void sync() throws IOException;

    @Override
    void close() throws IOException;
  }

  /** A mapped file: valid until closed. */
  interface Mapping extends AutoCloseable {
    MemorySegment bytes();

    @Override
    void close();
  }
}

package io.throughline.store.disk;

import io.throughline.model.Failure;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A small file that is read whole and checked whole, little-endian.
 *
 * <pre>
 * offset size field
 *      0    4 magic    names the kind of file
 *      4    4 version  of its content
 *      8    8 size     bytes of content
 *     16    n content
 *   16+n    4 crc32c   of bytes 0..16+n-1
 * </pre>
 */
public final class SealedFile {
  private static final int HEADER_BYTES = 16;
  private static final int COPIED_BYTES = 1 << 16;

  private SealedFile() {}

  /** Writes and syncs a file; the caller syncs the folder. Returns the file's size. */
  public static long write(Disk disk, Path file, int magic, int version, byte[] content, int size)
      throws IOException {
    var header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(magic).putInt(version).putLong(size);
    var crc = new CRC32C();
    crc.update(header.array());
    crc.update(content, 0, size);
    var trailer = ByteBuffer.allocate(4)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt((int) crc.getValue());
    try (var out = disk.create(file)) {
      out.write(header.array(), 0, HEADER_BYTES);
      out.write(content, 0, size);
      out.write(trailer.array(), 0, 4);
      out.sync();
    }
    return HEADER_BYTES + size + 4L;
  }

  /** The content of a file and the version it was written in. */
  public record Content(byte[] bytes, int version) {}

  /**
   * Reads the content. Throws a CORRUPT failure that names the file where magic, version, size or
   * checksum are not as written.
   */
  public static byte[] read(Disk disk, Path file, int magic, int version) throws IOException {
    return read(disk, file, magic, version, version).bytes;
  }

  /** As {@link #read(Disk, Path, int, int)}, where versions from oldest to newest are known. */
  public static Content read(Disk disk, Path file, int magic, int oldest, int newest)
      throws IOException {
    byte[] bytes;
    try (var mapping = disk.map(file)) {
      if (mapping.bytes().byteSize() > Integer.MAX_VALUE - 64) {
        throw corrupt(file, "it has " + mapping.bytes().byteSize() + " bytes", null);
      }
      bytes = mapping.bytes().toArray(ValueLayout.JAVA_BYTE);
    }
    if (bytes.length < HEADER_BYTES + 4) {
      throw corrupt(file, "it has " + bytes.length + " bytes, want at least " + (HEADER_BYTES + 4),
          null);
    }
    var buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (buffer.getInt(0) != magic) {
      throw corrupt(file, "its magic is 0x" + Integer.toHexString(buffer.getInt(0)) + ", want 0x"
          + Integer.toHexString(magic), null);
    }
    if (buffer.getLong(8) != bytes.length - HEADER_BYTES - 4) {
      throw corrupt(file, "it has " + bytes.length + " bytes, its header says "
          + (buffer.getLong(8) + HEADER_BYTES + 4), null);
    }
    var crc = new CRC32C();
    crc.update(bytes, 0, bytes.length - 4);
    int want = buffer.getInt(bytes.length - 4);
    if ((int) crc.getValue() != want) {
      throw corrupt(file, "its crc32c is 0x" + Integer.toHexString((int) crc.getValue())
          + ", want 0x" + Integer.toHexString(want), null);
    }
    int version = buffer.getInt(4);
    if (version < oldest || version > newest) {
      throw corrupt(file,
          "its version is " + version + ", this program reads " + oldest + " to " + newest, null);
    }
    return new Content(Arrays.copyOfRange(bytes, HEADER_BYTES, bytes.length - 4), version);
  }

  /** The CRC32C of a piece of mapped memory. */
  public static int crc32c(MemorySegment bytes, long from, long to) {
    // Through the heap: a file that was cut under its mapping fails a copy with an InternalError, where the
    // checksum's own machine code would end the process.
    var crc = new CRC32C();
    var copy = new byte[(int) Math.min(COPIED_BYTES, to - from)];
    long at = from;
    while (at < to) {
      int size = (int) Math.min(COPIED_BYTES, to - at);
      MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, copy, 0, size);
      crc.update(copy, 0, size);
      at += size;
    }
    return (int) crc.getValue();
  }

  public static Failure corrupt(Path file, @Nullable String why, @Nullable Throwable cause) {
    return new Failure(Failure.Category.CORRUPT, "file " + file + " is damaged: " + why, cause);
  }
}

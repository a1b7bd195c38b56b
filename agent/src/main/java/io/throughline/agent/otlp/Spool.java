package io.throughline.agent.otlp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait on disk for the collector: a folder of append-only segment files, oldest first.
 *
 * <p>A segment is named by its number in 16 digits and {@code .spool}, and is a sequence of records,
 * little-endian:
 * <pre>
 * offset size field
 *      0    4 length   of the request in bytes, 1..{@value #LARGEST_RECORD}
 *      4    4 crc32c   of the request
 *      8    n request  an ExportMetricsServiceRequest, protobuf
 * </pre>
 * A segment is closed at {@value #SEGMENT_BYTES} bytes or when it is read, and deleted once its last
 * record is delivered. Where delivery stands within a segment is not kept: after a restart up to one segment
 * is sent twice, which changes nothing, because a sample sent again is the same sample. Over the cap the
 * oldest segment is deleted and its records counted as dropped. A record that is torn or fails its
 * checksum ends its segment: the rest is counted as one drop. Nothing is fsynced: a kill loses nothing,
 * a power cut the last seconds. Not thread-safe; one process at a time (the folder's {@code lock}).
 */
final class Spool implements AutoCloseable {

  static final int SEGMENT_BYTES = 1024 * 1024;
  static final int LARGEST_RECORD = 16 * 1024 * 1024;
  static final int HEADER_BYTES = 8;
  private static final String SUFFIX = ".spool";

  private record Segment(Path file, long sizeBytes, int records) {}

  private final Path folder;
  private final long maxBytes;
  private final FileChannel lockFile;
  private final ArrayDeque<Segment> sealed = new ArrayDeque<>();
  private long sealedBytes;
  private long nextNumber;
  private @Nullable FileChannel writing;
  private @Nullable Path writingFile;
  private long writtenBytes;
  private int writtenRecords;
  private @Nullable ByteBuffer reading;
  private long dropped;

  private Spool(Path folder, long maxBytes, FileChannel lockFile) {
    this.folder = folder;
    this.maxBytes = maxBytes;
    this.lockFile = lockFile;
  }

  /** Opens the folder, made where absent, with what an earlier process left in it. */
  static Spool open(Path folder, long maxBytes) throws IOException {
    Files.createDirectories(folder);
    var lockFile = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE,
        StandardOpenOption.WRITE);
    FileLock lock;
    try {
      lock = lockFile.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      lockFile.close();
      throw new IOException("spool " + folder + " is in use by another process;"
          + " give each agent a folder of its own");
    }
    var spool = new Spool(folder, maxBytes, lockFile);
    try (var files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(SUFFIX)).sorted().toList()) {
        String name = file.getFileName().toString();
        spool.nextNumber = Math.max(spool.nextNumber,
            Long.parseLong(name.substring(0, name.length() - SUFFIX.length())) + 1);
        spool.add(new Segment(file, Files.size(file), 1));
      }
    }
    return spool;
  }

  boolean isEmpty() {
    return sealed.isEmpty() && writtenRecords == 0;
  }

  /** Requests lost to the cap or to damage since this was opened. */
  long dropped() {
    return dropped;
  }

  void append(byte[] request) throws IOException {
    if (request.length == 0 || request.length > LARGEST_RECORD) {
      dropped++;
      return;
    }
    if (writing == null || writtenBytes >= SEGMENT_BYTES) {
      seal();
      writingFile = folder.resolve(number(nextNumber++) + SUFFIX);
      writing = FileChannel.open(writingFile, StandardOpenOption.CREATE_NEW,
          StandardOpenOption.WRITE);
    }
    var crc = new CRC32C();
    crc.update(request, 0, request.length);
    var bytes = ByteBuffer.allocate(HEADER_BYTES + request.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(request.length).putInt((int) crc.getValue()).put(request).flip();
    writtenRecords++;
    writtenBytes += bytes.remaining();
    while (bytes.hasRemaining()) {
      writing.write(bytes);
    }
    while (sealedBytes + writtenBytes > maxBytes && !sealed.isEmpty()) {
      Segment oldest = removeOldest();
      dropped += oldest.records();
    }
  }

  /** The oldest request, or null; it stays until {@link #remove}. */
  byte @Nullable [] peek() throws IOException {
    while (true) {
      if (reading == null) {
        if (sealed.isEmpty()) {
          seal();
        }
        Segment oldest = sealed.peek();
        if (oldest == null) {
          return null;
        }
        reading = ByteBuffer.wrap(Files.readAllBytes(oldest.file())).order(ByteOrder.LITTLE_ENDIAN);
      }
      if (reading.remaining() == 0) {
        removeOldest();
        continue;
      }
      byte[] request = request(reading);
      if (request != null) {
        return request;
      }
      dropped++;
      removeOldest();
    }
  }

  /** Deletes what the last {@link #peek} returned. */
  void remove() throws IOException {
    if (reading == null) {
      // The cap took the segment away while its request was on its way.
      return;
    }
    reading.position(reading.position() + HEADER_BYTES + reading.getInt(reading.position()));
    if (!reading.hasRemaining()) {
      removeOldest();
    }
  }

  @Override
  public void close() throws IOException {
    seal();
    lockFile.close();
  }

  private static byte @Nullable [] request(ByteBuffer segment) {
    int at = segment.position();
    if (segment.remaining() < HEADER_BYTES) {
      return null;
    }
    int length = segment.getInt(at);
    if (length <= 0 || length > segment.remaining() - HEADER_BYTES) {
      return null;
    }
    byte[] request = new byte[length];
    segment.get(at + HEADER_BYTES, request);
    var crc = new CRC32C();
    crc.update(request, 0, length);
    return (int) crc.getValue() == segment.getInt(at + 4) ? request : null;
  }

  private void seal() throws IOException {
    if (writing == null || writingFile == null) {
      return;
    }
    writing.close();
    add(new Segment(writingFile, writtenBytes, writtenRecords));
    writing = null;
    writingFile = null;
    writtenBytes = 0;
    writtenRecords = 0;
  }

  private void add(Segment segment) {
    sealed.add(segment);
    sealedBytes += segment.sizeBytes();
  }

  private Segment removeOldest() throws IOException {
    Segment oldest = sealed.remove();
    sealedBytes -= oldest.sizeBytes();
    reading = null;
    Files.deleteIfExists(oldest.file());
    return oldest;
  }

  private static String number(long number) {
    String digits = Long.toString(number);
    return "0".repeat(16 - digits.length()) + digits;
  }
}

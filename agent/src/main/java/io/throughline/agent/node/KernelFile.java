package io.throughline.agent.node;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One file below /proc or /sys that is opened once and read again and again.
 *
 * <p>A file that cannot be opened or read says why in {@link #problem}, and is tried again at most
 * every {@value #RETRY_READS}th time. Hot path: a successful read allocates nothing. One thread.
 */
final class KernelFile implements AutoCloseable {

  private static final int RETRY_READS = 30;
  // No kernel file read here is longer; a longer one is cut, never half parsed.
  private static final int LONGEST = 1 << 20;

  private final Path path;
  private final int longest;
  private @Nullable FileChannel channel;
  private String problem = "";
  private int readsToSkip;

  KernelFile(Path path) {
    this(path, LONGEST);
  }

  /** Of a file whose beginning is enough: what lies beyond {@code longest} bytes is not asked for. */
  KernelFile(Path path, int longest) {
    this.path = path;
    this.longest = longest;
  }

  Path path() {
    return path;
  }

  /** Why the last {@link #read} failed, in words; "" where it did not. */
  String problem() {
    return problem;
  }

  /** Reads the whole file and puts {@code text} before its first line; false where that failed. */
  boolean read(ProcText text) {
    if (readsToSkip > 0) {
      readsToSkip--;
      return false;
    }
    try {
      FileChannel open = channel;
      if (open == null) {
        open = FileChannel.open(path, StandardOpenOption.READ);
        channel = open;
      }
      fill(open, text);
      problem = "";
      return true;
    } catch (IOException e) {
      problem = describe(path, e);
      readsToSkip = RETRY_READS;
      close();
      return false;
    }
  }

  @Override
  public void close() {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        // Nothing was written; the handle is gone either way.
        problem = describe(path, e);
      }
      channel = null;
    }
  }

  /** What hinders reading {@code path}, for people. */
  static String describe(Path path, IOException e) {
    if (e instanceof NoSuchFileException) {
      return path + " does not exist";
    }
    if (e instanceof AccessDeniedException) {
      return path + ": permission denied";
    }
    String message = e.getMessage();
    return path + ": " + (message == null ? e.getClass().getSimpleName() : message);
  }

  /** The whole of a file read once, stripped, or "" where it cannot be read. */
  static String once(Path path) {
    try {
      return Files.readString(path).strip();
    } catch (IOException e) {
      // The caller asks for what may be absent, and treats absence as "".
      return "";
    }
  }

  private void fill(FileChannel channel, ProcText text) throws IOException {
    int length = 0;
    while (true) {
      if (length >= longest) {
        while (length > 0 && text.bytes[length - 1] != '\n') {
          length--;
        }
        break;
      }
      if (length == text.bytes.length) {
        text.bytes = Arrays.copyOf(text.bytes, length * 2);
      }
      int read = channel.read(ByteBuffer.wrap(text.bytes, length, text.bytes.length - length),
          length);
      if (read <= 0) {
        break;
      }
      length += read;
    }
    text.length = length;
    text.rewind();
  }
}

package io.throughline.collector;

import io.throughline.model.Failure;
import java.io.IOException;
import org.xerial.snappy.Snappy;

/**
 * The uncompressed bytes of one body after another, in one array. For one thread: {@link #bytes} is valid until the next
 * {@link #uncompress}. Half of all that an ingesting process allocated were such arrays.
 */
final class SnappyBody {
  /** An array for a larger body is not kept: a thread holds no more than this between requests. */
  static final int KEPT_BYTES = 4 << 20;
  private static final byte[] NONE = {};

  private byte[] bytes = NONE;
  private int length;

  /** The body's bytes from 0 to {@link #length}; what is behind is of earlier bodies. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  /** @throws Failure (USER) if it is not Snappy's block format, or would be larger than {@code maxBytes} */
  void uncompress(byte[] compressed, int maxBytes) {
    length = 0;
    if (compressed.length == 0) {
      return;
    }
    try {
      // It refuses a header that promises more than the bytes can hold.
      int size = Snappy.uncompressedLength(compressed);
      if (size > maxBytes || size < 0) {
        throw Failure.user("the body would be " + size + " bytes uncompressed, at most " + maxBytes
            + " are accepted (collector.max-decoded-bytes); send smaller requests");
      }
      makeRoom(size);
      length = Snappy.uncompress(compressed, 0, compressed.length, bytes, 0);
    } catch (IOException | RuntimeException | UnsatisfiedLinkError broken) {
      if (broken instanceof Failure failure) {
        throw failure;
      }
      throw Failure.user("the body is not valid snappy (block format): " + broken.getMessage());
    }
  }

  private void makeRoom(int size) {
    if (bytes.length > KEPT_BYTES) {
      bytes = NONE;
    }
    if (size > bytes.length) {
      bytes = new byte[size > KEPT_BYTES ? size : Integer.highestOneBit(size) << 1];
    }
  }
}

package io.throughline.model.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A growing array of bytes, little-endian, with variable-length integers of seven bits a byte. */
final class ByteWriter {
  static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class,
      ByteOrder.LITTLE_ENDIAN);

  byte[] bytes = new byte[4096];
  int position;

  /** Makes sure that {@code count} more bytes fit. */
  void ensure(int count) {
    if (bytes.length - position < count) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, position + count));
    }
  }

  void put(int value) {
    ensure(1);
    bytes[position++] = (byte) value;
  }

  void putLong(long value) {
    ensure(8);
    LONG.set(bytes, position, value);
    position += 8;
  }

  void putBytes(byte[] source, int from, int count) {
    ensure(count);
    System.arraycopy(source, from, bytes, position, count);
    position += count;
  }

  void putVarint(long value) {
    ensure(10);
    var target = bytes;
    int at = position;
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      target[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    target[at++] = (byte) rest;
    position = at;
  }

  /** Small magnitudes of either sign become short. */
  void putSigned(long value) {
    putVarint(value << 1 ^ value >> 63);
  }

  byte[] toArray() {
    return Arrays.copyOf(bytes, position);
  }
}

package io.throughline.store.column;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Bytes being read, little-endian, from mapped or heap memory. Not thread-safe. Reading past the end
 * throws {@link IndexOutOfBoundsException}; callers turn it into a failure that names the file.
 */
public final class ByteSource {
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED
      .withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED
      .withOrder(ByteOrder.LITTLE_ENDIAN);

  private MemorySegment bytes;
  private long byteOffset;

  public ByteSource(MemorySegment bytes) {
    this.bytes = bytes;
  }

  /** Reads from here on. */
  public ByteSource reset(MemorySegment newBytes, long newOffset) {
    bytes = newBytes;
    byteOffset = newOffset;
    return this;
  }

  public MemorySegment bytes() {
    return bytes;
  }

  public long byteOffset() {
    return byteOffset;
  }

  public void seek(long newOffset) {
    byteOffset = newOffset;
  }

  public long remaining() {
    return bytes.byteSize() - byteOffset;
  }

  public int getByte() {
    return bytes.get(ValueLayout.JAVA_BYTE, byteOffset++) & 0xff;
  }

  public int getInt() {
    int value = bytes.get(INT, byteOffset);
    byteOffset += 4;
    return value;
  }

  public long getLong() {
    long value = bytes.get(LONG, byteOffset);
    byteOffset += 8;
    return value;
  }

  public long getVarint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = bytes.get(ValueLayout.JAVA_BYTE, byteOffset++);
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IndexOutOfBoundsException("a varint at byte " + byteOffset + " does not end");
  }

  /** A varint that must lie in 0 to {@code max}. */
  public int getCount(long max) {
    long value = getVarint();
    if (value < 0 || value > max) {
      throw new IndexOutOfBoundsException(
          "a count at byte " + byteOffset + " is " + value + ", want at most " + max);
    }
    return (int) value;
  }

  public long getZigzag() {
    long value = getVarint();
    return (value >>> 1) ^ -(value & 1);
  }

  public byte[] getBytes(int length) {
    var copy = new byte[length];
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, byteOffset, copy, 0, length);
    byteOffset += length;
    return copy;
  }

  /** Reads into the first {@code length} bytes of an array. */
  void getBytes(byte[] into, int length) {
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, byteOffset, into, 0, length);
    byteOffset += length;
  }
}

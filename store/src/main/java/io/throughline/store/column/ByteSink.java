package io.throughline.store.column;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Bytes being written, little-endian, reused by {@link #clear}. Not thread-safe. */
public final class ByteSink {
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class,
      ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class,
      ByteOrder.LITTLE_ENDIAN);

  private byte[] array;
  private int size;

  public ByteSink(int capacity) {
    array = new byte[Math.max(16, capacity)];
  }

  /** The bytes so far are the first {@link #size} of it; replaced when the sink grows. */
  public byte[] array() {
    return array;
  }

  public int size() {
    return size;
  }

  public void clear() {
    size = 0;
  }

  /** Drops what was written after the sink had this size. */
  public void truncate(int newSize) {
    size = newSize;
  }

  /** Takes the bytes from {@code from} to before {@code to} out. */
  public void remove(int from, int to) {
    System.arraycopy(array, to, array, from, size - to);
    size -= to - from;
  }

  private void ensure(int more) {
    if (array.length - size < more) {
      array = Arrays.copyOf(array, Math.max(array.length * 2, Math.addExact(size, more)));
    }
  }

  public void putByte(int value) {
    ensure(1);
    array[size++] = (byte) value;
  }

  public void putInt(int value) {
    ensure(4);
    INT.set(array, size, value);
    size += 4;
  }

  public void putLong(long value) {
    ensure(8);
    LONG.set(array, size, value);
    size += 8;
  }

  /** Writes 7 bits a byte, lowest first; the value counts as unsigned. */
  public void putVarint(long value) {
    ensure(10);
    var into = array;
    int at = size;
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      into[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    into[at++] = (byte) rest;
    size = at;
  }

  public void putZigzag(long value) {
    putVarint((value << 1) ^ (value >> 63));
  }

  public void putBytes(byte[] bytes, int offset, int length) {
    ensure(length);
    System.arraycopy(bytes, offset, array, size, length);
    size += length;
  }

  /** Appends the content of another sink. */
  public void putAll(ByteSink other) {
    putBytes(other.array, 0, other.size);
  }

  /** Writes zeros. */
  public void putZeros(int count) {
    ensure(count);
    Arrays.fill(array, size, size + count, (byte) 0);
    size += count;
  }

  public void setByte(int byteOffset, int value) {
    array[byteOffset] = (byte) value;
  }

  public void setInt(int byteOffset, int value) {
    INT.set(array, byteOffset, value);
  }

  public void setLong(int byteOffset, long value) {
    LONG.set(array, byteOffset, value);
  }

  /** ORs bits into a long that was written before. */
  void orLong(int byteOffset, long bits) {
    LONG.set(array, byteOffset, (long) LONG.get(array, byteOffset) | bits);
  }

  public byte[] toByteArray() {
    return Arrays.copyOf(array, size);
  }
}

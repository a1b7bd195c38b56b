package io.throughline.agent.otlp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growing byte buffer that writes the protobuf wire format (protobuf.dev, "Encoding").
 *
 * <p>A nested message is opened with one byte kept for its length; where the length needs more, closing
 * it moves the body up. Bodies are moved at most once a level, which is cheaper than measuring first.
 * Hot path: allocates only to grow. One thread at a time.
 */
final class ProtoBuffer {

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;

  private byte[] bytes;
  private int length;

  ProtoBuffer(int capacity) {
    bytes = new byte[capacity];
  }

  void clear() {
    length = 0;
  }

  int length() {
    return length;
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, length);
  }

  /** Opens a message or packed list; the result is to be passed to {@link #close}. */
  int open(int field) {
    tag(field, LENGTH_DELIMITED);
    need(1);
    return ++length;
  }

  void close(int start) {
    int size = length - start;
    int lengthBytes = varintSize(size);
    if (lengthBytes > 1) {
      need(lengthBytes - 1);
      System.arraycopy(bytes, start, bytes, start + lengthBytes - 1, size);
    }
    length = start - 1;
    varint(size);
    length += size;
  }

  /** Takes back everything since an {@link #open} of {@code field}, its tag included. */
  void abandon(int field, int start) {
    length = start - 1 - varintSize((long) field << 3);
  }

  void string(int field, String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    tag(field, LENGTH_DELIMITED);
    varint(utf8.length);
    raw(utf8);
  }

  void fixed64(int field, long value) {
    tag(field, FIXED64);
    need(8);
    for (int shift = 0; shift < 64; shift += 8) {
      bytes[length++] = (byte) (value >>> shift);
    }
  }

  void float64(int field, double value) {
    fixed64(field, Double.doubleToRawLongBits(value));
  }

  void varintField(int field, long value) {
    tag(field, VARINT);
    varint(value);
  }

  /** A {@code sint32}: zigzag. */
  void sint32(int field, int value) {
    varintField(field, Integer.toUnsignedLong((value << 1) ^ (value >> 31)));
  }

  void varint(long value) {
    need(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[length++] = (byte) ((rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    bytes[length++] = (byte) rest;
  }

  void raw(byte[] encoded) {
    need(encoded.length);
    System.arraycopy(encoded, 0, bytes, length, encoded.length);
    length += encoded.length;
  }

  private void tag(int field, int wireType) {
    varint((long) field << 3 | wireType);
  }

  private static int varintSize(long value) {
    return Math.max(1, (70 - Long.numberOfLeadingZeros(value)) / 7);
  }

  private void need(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
    }
  }
}

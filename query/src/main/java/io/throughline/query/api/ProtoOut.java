package io.throughline.query.api;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes a protobuf message. A message inside is written first, then taken over with its length. */
final class ProtoOut {

  private byte[] bytes = new byte[256];
  private int size;

  byte[] bytes() {
    return bytes;
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  private void reserve(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + more));
    }
  }

  void varint(long value) {
    reserve(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  void zigzag(long value) {
    varint(value << 1 ^ value >> 63);
  }

  void fixed(double value) {
    reserve(8);
    long bits = Double.doubleToRawLongBits(value);
    for (int i = 0; i < 64; i += 8) {
      bytes[size++] = (byte) (bits >>> i);
    }
  }

  ProtoOut number(int field, long value) {
    varint(field << 3);
    varint(value);
    return this;
  }

  ProtoOut signed(int field, long value) {
    varint(field << 3);
    zigzag(value);
    return this;
  }

  ProtoOut real(int field, double value) {
    varint(field << 3 | 1);
    fixed(value);
    return this;
  }

  ProtoOut text(int field, String text) {
    var encoded = text.getBytes(StandardCharsets.UTF_8);
    return taken(field, encoded, encoded.length);
  }

  ProtoOut message(int field, ProtoOut inner) {
    return taken(field, inner.bytes, inner.size);
  }

  ProtoOut bytes(int field, byte[] from, int length) {
    return taken(field, from, length);
  }

  private ProtoOut taken(int field, byte[] from, int length) {
    varint(field << 3 | 2);
    varint(length);
    reserve(length);
    System.arraycopy(from, 0, bytes, size, length);
    size += length;
    return this;
  }
}

package io.throughline.query.api;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.DoubleConsumer;
import java.util.function.LongConsumer;

/** Reads a protobuf message field by field; unknown fields are skipped by who ignores {@link #next}. */
final class ProtoIn {

  private final byte[] bytes;
  private final int end;
  private int at;
  private int wire;
  private long number;
  private int from;

  ProtoIn(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  private ProtoIn(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  /** Reads the next field and gives its number, 0 at the end of the message. */
  int next() {
    if (at >= end) {
      return 0;
    }
    long key = varint();
    wire = (int) key & 7;
    switch (wire) {
      case 0 -> number = varint();
      case 1 -> skip(8);
      case 2 -> {
        long length = varint();
        if (length < 0 || length > end - at) {
          throw new IllegalArgumentException("protobuf: a field runs past the end");
        }
        skip((int) length);
      }
      case 5 -> skip(4);
      default -> throw new IllegalArgumentException("protobuf: wire type " + wire);
    }
    long field = key >>> 3;
    if (field <= 0 || field > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("protobuf: field " + field);
    }
    return (int) field;
  }

  private void skip(int length) {
    if (length > end - at) {
      throw new IllegalArgumentException("protobuf: a field runs past the end");
    }
    from = at;
    at += length;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at >= end) {
        throw new IllegalArgumentException("protobuf: cut off");
      }
      byte one = bytes[at++];
      value |= (long) (one & 0x7f) << shift;
      if (one >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("protobuf: a number of more than 64 bits");
  }

  long number() {
    return number;
  }

  /** The field's number, or all of its numbers where they are packed. */
  void numbers(LongConsumer taker) {
    if (wire == 0) {
      taker.accept(number);
      return;
    }
    var packed = message();
    while (packed.at < packed.end) {
      taker.accept(packed.varint());
    }
  }

  /** The field's number where it is written with the sign in its last bit. */
  long signed() {
    return unzigzag(number);
  }

  private static long unzigzag(long value) {
    return value >>> 1 ^ -(value & 1);
  }

  /** The field's eight bytes. */
  double real() {
    if (wire != 1) {
      throw new IllegalArgumentException("protobuf: wire type " + wire + " where a double stands");
    }
    return fixed(from);
  }

  private double fixed(int start) {
    long bits = 0;
    for (int i = 7; i >= 0; i--) {
      bits = bits << 8 | bytes[start + i] & 0xff;
    }
    return Double.longBitsToDouble(bits);
  }

  /** All packed numbers that have the sign in their last bit. */
  void signedNumbers(LongConsumer taker) {
    numbers(value -> taker.accept(unzigzag(value)));
  }

  /** All packed doubles. */
  void reals(DoubleConsumer taker) {
    var packed = message();
    if ((packed.end - packed.at) % Double.BYTES != 0) {
      throw new IllegalArgumentException("protobuf: cut off");
    }
    for (int at = packed.at; at < packed.end; at += Double.BYTES) {
      taker.accept(fixed(at));
    }
  }

  String text() {
    return new String(bytes, from, at - from, StandardCharsets.UTF_8);
  }

  /** A copy of the field's bytes. */
  byte[] bytes() {
    return Arrays.copyOfRange(bytes, from, at);
  }

  ProtoIn message() {
    if (wire != 2) {
      throw new IllegalArgumentException("protobuf: wire type " + wire + " where a message stands");
    }
    return new ProtoIn(bytes, from, at);
  }
}

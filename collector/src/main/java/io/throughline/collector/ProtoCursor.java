package io.throughline.collector;

import io.throughline.model.Failure;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Walks a protobuf message in place; never past its end, whatever the bytes say. Hot path: allocates
 * nothing but the texts asked for. Wire types and numbers as in the protobuf encoding guide.
 */
final class ProtoCursor {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int BYTES = 2;
  static final int FIXED32 = 5;

  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class,
      ByteOrder.LITTLE_ENDIAN);

  byte[] bytes = new byte[0];
  int position;
  int end;

  void reset(byte[] source, int from, int to) {
    bytes = source;
    position = from;
    end = to;
  }

  boolean hasMore() {
    return position < end;
  }

  Failure malformed(String problem) {
    return Failure
        .user("the body is not a valid protobuf message: " + problem + " at byte " + position);
  }

  /** Field number and wire type of the next field, as they stand in the bytes. */
  int tag() {
    long tag = varint();
    if (tag <= 7 || tag > Integer.MAX_VALUE) {
      throw malformed("field tag " + tag);
    }
    return (int) tag;
  }

  long varint() {
    if (position < end && bytes[position] >= 0) {
      return bytes[position++];
    }
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (position >= end) {
        throw malformed("it ends inside a number");
      }
      byte next = bytes[position++];
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw malformed("a number runs over 10 bytes");
  }

  long zigzag() {
    long value = varint();
    return value >>> 1 ^ -(value & 1);
  }

  long fixed64() {
    if (end - position < 8) {
      throw malformed("it ends inside a fixed number");
    }
    long value = (long) LONG.get(bytes, position);
    position += 8;
    return value;
  }

  /** The length of a nested message, string or packed list, which lies within this one. */
  int length() {
    long length = varint();
    if (length < 0 || length > end - position) {
      throw malformed("a field of " + Long.toUnsignedString(length) + " bytes, " + (end - position)
          + " are left");
    }
    return (int) length;
  }

  /** A string. */
  String text() {
    int length = length();
    var text = new String(bytes, position, length, StandardCharsets.UTF_8);
    position += length;
    return text;
  }

  /** Skips a nested message, string or packed list. */
  void skipBytes() {
    int length = length();
    // A compound assignment would read the position before length() has moved it.
    position += length;
  }

  void skip(int wireType) {
    switch (wireType) {
      case VARINT -> varint();
      case FIXED64 -> fixed64();
      case BYTES -> skipBytes();
      case FIXED32 -> {
        if (end - position < 4) {
          throw malformed("it ends inside a fixed number");
        }
        position += 4;
      }
      default -> throw malformed("wire type " + wireType);
    }
  }

  void expect(int wireType, int want, String field) {
    if (wireType != want) {
      throw malformed("field " + field + " has wire type " + wireType + ", want " + want);
    }
  }
}

package io.throughline.model.wire;

import io.throughline.model.Failure;

/** Reads what {@link ByteWriter} wrote; never past the end, whatever the bytes say. */
final class ByteReader {
  private final String what;
  byte[] bytes = new byte[0];
  int position;
  int end;

  /** @param what names the thing being read in messages */
  ByteReader(String what) {
    this.what = what;
  }

  void reset(byte[] source, int from, int to) {
    bytes = source;
    position = from;
    end = to;
  }

  int remaining() {
    return end - position;
  }

  Failure corrupt(String problem) {
    return Failure.corrupt(what + " at byte " + position + " of " + end + ": " + problem);
  }

  void need(long count) {
    if (count < 0 || count > end - position) {
      throw corrupt("it ends too early, want " + count + " more bytes");
    }
  }

  int get() {
    if (position >= end) {
      throw corrupt("it ends too early, want 1 more byte");
    }
    return bytes[position++] & 0xff;
  }

  long getLong() {
    need(8);
    long value = (long) ByteWriter.LONG.get(bytes, position);
    position += 8;
    return value;
  }

  long getVarint() {
    int at = position;
    if (at < end && bytes[at] >= 0) {
      position = at + 1;
      return bytes[at];
    }
    return getLongVarint();
  }

  private long getLongVarint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int next = get();
      value |= (next & 0x7fL) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw corrupt("a number runs over 10 bytes");
  }

  long getSigned() {
    long value = getVarint();
    return value >>> 1 ^ -(value & 1);
  }

  /** A number from 0 to {@code max}, both included. */
  int getCount(String name, long max) {
    long value = getVarint();
    if (value < 0 || value > max) {
      throw corrupt(name + " is " + Long.toUnsignedString(value) + ", want at most " + max);
    }
    return (int) value;
  }
}

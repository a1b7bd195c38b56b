package io.throughline.query.api;

import java.util.Arrays;

/**
 * Snappy's block form: the plain length as a varint, then literals and copies of what was written before. Written are
 * literals alone: a reader cannot tell, and what goes to a reader on the same network is not worth the work.
 */
final class Snappy {
  private static final int LITERAL_BYTES = 1 << 16;
  private static final int TWO_LENGTH_BYTES = 61 << 2;

  private Snappy() {}

  /** What the block holds; throws IllegalArgumentException where it is none or holds more than {@code mostBytes}. */
  static byte[] decode(byte[] block, int mostBytes) {
    long length = 0;
    int at = 0;
    for (int shift = 0;; shift += 7) {
      if (at == block.length || shift > 28) {
        throw new IllegalArgumentException("snappy: no length");
      }
      length |= (long) (block[at] & 0x7f) << shift;
      if (block[at++] >= 0) {
        break;
      }
    }
    if (length > mostBytes) {
      throw new IllegalArgumentException(
          "snappy: " + length + " bytes, at most " + mostBytes + " are read");
    }
    var plain = new byte[(int) length];
    int size = 0;
    while (at < block.length) {
      int tag = block[at++] & 0xff;
      int kind = tag & 3;
      int count = (tag >>> 2) + 1;
      int back = 0;
      if (kind == 0) {
        if (count > 60) {
          int bytes = count - 60;
          count = 1 + little(block, at, bytes);
          at += bytes;
        }
      } else if (kind == 1) {
        count = (tag >>> 2 & 7) + 4;
        back = (tag & 0xe0) << 3 | little(block, at++, 1);
      } else {
        int bytes = kind == 2 ? 2 : 4;
        back = little(block, at, bytes);
        at += bytes;
      }
      boolean fits = count > 0 && count <= plain.length - size
          && (kind == 0 ? count <= block.length - at : back > 0 && back <= size);
      if (!fits) {
        throw new IllegalArgumentException("snappy: broken at byte " + at);
      }
      if (kind == 0) {
        System.arraycopy(block, at, plain, size, count);
        at += count;
        size += count;
      } else {
        for (int i = 0; i < count; i++, size++) {
          plain[size] = plain[size - back];
        }
      }
    }
    if (size != plain.length) {
      throw new IllegalArgumentException(
          "snappy: ends after " + size + " of " + plain.length + " bytes");
    }
    return plain;
  }

  private static int little(byte[] block, int at, int bytes) {
    if (bytes > block.length - at) {
      throw new IllegalArgumentException("snappy: cut off at byte " + at);
    }
    int value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (block[at + i] & 0xff) << 8 * i;
    }
    return value;
  }

  static byte[] encode(byte[] plain, int length) {
    var block = new byte[5 + length + 3 * (length / LITERAL_BYTES + 1)];
    int size = 0;
    int rest = length;
    while (rest >= 0x80) {
      block[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    block[size++] = (byte) rest;
    for (int at = 0; at < length; at += LITERAL_BYTES) {
      int count = Math.min(LITERAL_BYTES, length - at);
      block[size++] = (byte) TWO_LENGTH_BYTES;
      block[size++] = (byte) (count - 1);
      block[size++] = (byte) (count - 1 >>> 8);
      System.arraycopy(plain, at, block, size, count);
      size += count;
    }
    return Arrays.copyOf(block, size);
  }
}

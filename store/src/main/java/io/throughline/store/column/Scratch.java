package io.throughline.store.column;

/** Working memory of the encodings, reused from column to column. One thread at a time. */
public final class Scratch {
  final long[] words = new long[BitPacking.BLOCK + 16];
  /** Packed bytes of a block that is not full, and a long to read beyond them. */
  final byte[] tail = new byte[BitPacking.BLOCK * 8 + 16];
  final long[] sorted = new long[BitPacking.BLOCK];
  final long[] block = new long[BitPacking.BLOCK];
  final int[][] widths = new int[3][65];
  private long[] rest = new long[0];
  private byte[] bytes = new byte[0];
  private byte[] moreBytes = new byte[0];
  private long[] longs = new long[1024];
  private long[] whole = new long[0];
  private long[] work = new long[1024];
  final ByteSink trial = new ByteSink(1 << 12);

  long[] longs(int capacity) {
    if (longs.length < capacity) {
      longs = new long[Math.max(capacity, longs.length * 2)];
    }
    return longs;
  }

  long[] whole(int capacity) {
    if (whole.length < capacity) {
      whole = new long[Math.max(capacity, whole.length * 2)];
    }
    return whole;
  }

  long[] work(int capacity) {
    if (work.length < capacity) {
      work = new long[Math.max(capacity, work.length * 2)];
    }
    return work;
  }

  long[] rest(int capacity) {
    if (rest.length < capacity) {
      rest = new long[Math.max(capacity, rest.length * 2)];
    }
    return rest;
  }

  byte[] bytes(int capacity) {
    if (bytes.length < capacity) {
      bytes = new byte[Math.max(capacity, bytes.length * 2)];
    }
    return bytes;
  }

  byte[] moreBytes(int capacity) {
    if (moreBytes.length < capacity) {
      moreBytes = new byte[Math.max(capacity, moreBytes.length * 2)];
    }
    return moreBytes;
  }
}

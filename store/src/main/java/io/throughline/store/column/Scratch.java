package io.throughline.store.column;

/** Working memory of the encodings, reused from column to column. One thread at a time. */
public final class Scratch {
  final long[] words = new long[BitPacking.BLOCK + 16];
  final long[] sorted = new long[BitPacking.BLOCK];
  final long[] block = new long[BitPacking.BLOCK];
  final int[] widths = new int[65];
  private long[] longs = new long[1024];
  private long[] work = new long[1024];
  final ByteSink trial = new ByteSink(1 << 12);

  long[] longs(int capacity) {
    if (longs.length < capacity) {
      longs = new long[Math.max(capacity, longs.length * 2)];
    }
    return longs;
  }

  long[] work(int capacity) {
    if (work.length < capacity) {
      work = new long[Math.max(capacity, work.length * 2)];
    }
    return work;
  }
}

package io.throughline.store.column;

import java.util.Arrays;

/** Working memory of the encodings, reused from column to column. One thread at a time. */
public final class Scratch {
  final long[] words = new long[BitPacking.BLOCK + 16];
  final long[] sorted = new long[BitPacking.BLOCK];
  final long[] block = new long[BitPacking.BLOCK];
  private long[] longs = new long[1024];
  private long[] moreLongs = new long[1024];

  long[] longs(int capacity) {
    if (longs.length < capacity) {
      longs = new long[Math.max(capacity, longs.length * 2)];
    }
    return longs;
  }

  long[] moreLongs(int capacity) {
    if (moreLongs.length < capacity) {
      moreLongs = new long[Math.max(capacity, moreLongs.length * 2)];
    }
    return moreLongs;
  }

  static long[] grown(long[] array, int capacity) {
    return array.length >= capacity
        ? array
        : Arrays.copyOf(array, Math.max(capacity,
            array.length * 2));
  }
}

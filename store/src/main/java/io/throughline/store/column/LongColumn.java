package io.throughline.store.column;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A column of longs: times, the whole numbers behind decimals, lengths of runs. The cheapest of the
 * values themselves, their differences, or the differences of those is packed in blocks of {@value
 * BitPacking#BLOCK}, each with its own base and width; values that would widen a block are patched in.
 *
 * <pre>
 * byte     order (0 values, 1 differences, 2 differences of differences) | 0x10 if all rest are equal
 * zigzag   first value, if order ≥ 1
 * zigzag   first difference, if order = 2
 * zigzag   the rest's value, if all are equal; nothing follows
 * per block of 512, the last shorter:
 *   byte     width 0..64 | 0x80 if patched
 *   zigzag   base
 *   varint   number of patches, if patched
 *   bytes    packed (value - base), see {@link BitPacking}
 *   per patch: varint distance from the patch before (the first: from -1), zigzag (value - base)
 * </pre>
 *
 * The count is not stored. Arithmetic wraps, so every long comes back.
 */
public final class LongColumn {
  private static final int EQUAL = 0x10;
  private static final int PATCHED = 0x80;

  private LongColumn() {}

  /** Appends the first {@code count} values. */
  public static void encode(long[] values, int count, ByteSink out, Scratch scratch) {
    if (count == 0) {
      return;
    }
    int start = out.size();
    var work = Arrays.copyOf(values, count);
    encodeOrder(work, count, 0, 0, 0, out, scratch);
    int bestSize = out.size() - start;
    if (count == 1) {
      return;
    }
    var best = out;
    var trial = new ByteSink(bestSize + 64);
    long first = work[0];
    difference(work, 1, count);
    encodeOrder(work, count, 1, first, 0, trial, scratch);
    if (trial.size() < bestSize) {
      bestSize = trial.size();
      best.truncate(start);
      best.putAll(trial);
    }
    if (count == 2) {
      return;
    }
    long firstDifference = work[1];
    difference(work, 2, count);
    trial.clear();
    encodeOrder(work, count, 2, first, firstDifference, trial, scratch);
    if (trial.size() < bestSize) {
      best.truncate(start);
      best.putAll(trial);
    }
  }

  private static void difference(long[] values, int from, int count) {
    for (int i = count - 1; i >= from; i--) {
      values[i] -= values[i - 1];
    }
  }

  private static void encodeOrder(long[] work, int count, int order, long first,
      long firstDifference, ByteSink out, Scratch scratch) {
    boolean equal = true;
    for (int i = order + 1; i < count; i++) {
      if (work[i] != work[order]) {
        equal = false;
        break;
      }
    }
    out.putByte(order | (equal ? EQUAL : 0));
    if (order >= 1) {
      out.putZigzag(first);
    }
    if (order >= 2) {
      out.putZigzag(firstDifference);
    }
    if (equal) {
      if (order < count) {
        out.putZigzag(work[order]);
      }
      return;
    }
    for (int from = order; from < count; from += BitPacking.BLOCK) {
      encodeBlock(work, from, Math.min(BitPacking.BLOCK, count - from), out, scratch);
    }
  }

  private static void encodeBlock(long[] work, int from, int size, ByteSink out, Scratch scratch) {
    long min = Long.MAX_VALUE;
    long max = Long.MIN_VALUE;
    for (int i = 0; i < size; i++) {
      long value = work[from + i];
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    long base = min;
    int width = BitPacking.width(max - min);
    if (width > 2 && size >= 8) {
      var sorted = scratch.sorted;
      System.arraycopy(work, from, sorted, 0, size);
      Arrays.sort(sorted, 0, size);
      long bestCost = BitPacking.packedBytes(size, width);
      int previous = 0;
      for (int step = 0; step < 7; step++) {
        int dropped = switch (step) {
          case 0 -> 1;
          case 1 -> 2;
          case 2 -> size / 100 + 1;
          case 3 -> size / 50;
          case 4 -> size / 30;
          case 5 -> size / 12;
          default -> size / 6;
        };
        if (dropped <= previous || dropped * 2 >= size) {
          continue;
        }
        previous = dropped;
        for (int below = 0; below <= dropped; below += Math.max(1, (dropped + 1) / 2)) {
          long low = sorted[below];
          long high = sorted[size - 1 - (dropped - below)];
          int narrow = BitPacking.width(high - low);
          if (narrow >= width && below == 0) {
            continue;
          }
          long cost = BitPacking.packedBytes(size, narrow) + 1;
          for (int i = 0; i < below && cost < bestCost; i++) {
            cost += 1 + zigzagSize(sorted[i] - low);
          }
          for (int i = size - (dropped - below); i < size && cost < bestCost; i++) {
            cost += 1 + zigzagSize(sorted[i] - low);
          }
          if (cost < bestCost) {
            bestCost = cost;
            base = low;
            width = narrow;
          }
        }
      }
    }
    var block = scratch.block;
    long limit = width == 64 ? -1L : (1L << width) - 1;
    int patches = 0;
    for (int i = 0; i < size; i++) {
      long over = work[from + i] - base;
      boolean fits = Long.compareUnsigned(over, limit) <= 0;
      block[i] = fits ? over : 0;
      if (!fits) {
        patches++;
      }
    }
    out.putByte(width | (patches > 0 ? PATCHED : 0));
    out.putZigzag(base);
    if (patches > 0) {
      out.putVarint(patches);
    }
    BitPacking.pack(block, 0, size, width, out, scratch.words);
    int before = -1;
    for (int i = 0; i < size && patches > 0; i++) {
      long over = work[from + i] - base;
      if (Long.compareUnsigned(over, limit) > 0) {
        out.putVarint(i - before);
        out.putZigzag(over);
        before = i;
        patches--;
      }
    }
  }

  private static int zigzagSize(long value) {
    int bits = BitPacking.width((value << 1) ^ (value >> 63));
    return Math.max(1, (bits + 6) / 7);
  }

  /**
   * Reads {@code count} values into out from {@code outFrom} on. Hot path: allocates nothing.
   *
   * @throws IndexOutOfBoundsException if the bytes are not a column of that count
   */
  public static void decode(ByteSource in, int count, long[] out, int outFrom, Scratch scratch) {
    if (count == 0) {
      return;
    }
    int head = in.getByte();
    int order = head & 0xf;
    if (order > 2 || order > count) {
      throw new IndexOutOfBoundsException("a column of longs has order " + order);
    }
    if (order >= 1) {
      out[outFrom] = in.getZigzag();
    }
    if (order == 2) {
      out[outFrom + 1] = in.getZigzag();
    }
    if ((head & EQUAL) != 0) {
      if (order < count) {
        Arrays.fill(out, outFrom + order, outFrom + count, in.getZigzag());
      }
    } else {
      for (int i = order; i < count; i += BitPacking.BLOCK) {
        decodeBlock(in, Math.min(BitPacking.BLOCK, count - i), out, outFrom + i, scratch);
      }
    }
    if (order == 2) {
      sum(out, outFrom + 1, count - 1);
    }
    if (order >= 1) {
      sum(out, outFrom, count);
    }
  }

  private static void decodeBlock(ByteSource in, int size, long[] out, int outFrom,
      Scratch scratch) {
    int head = in.getByte();
    int width = head & 0x7f;
    if (width > 64) {
      throw new IndexOutOfBoundsException("a block of longs has width " + width);
    }
    long base = in.getZigzag();
    int patches = (head & PATCHED) != 0 ? in.getCount(size) : 0;
    MemorySegment bytes = in.bytes();
    in.seek(BitPacking.unpack(bytes, in.byteOffset(), size, width, base, out, outFrom,
        scratch.words));
    int at = -1;
    for (int i = 0; i < patches; i++) {
      at += in.getCount(size);
      if (at >= size) {
        throw new IndexOutOfBoundsException("a patch lies behind its block");
      }
      out[outFrom + at] = base + in.getZigzag();
    }
  }

  private static void sum(long[] values, int from, int count) {
    long total = values[from];
    for (int i = from + 1; i < from + count; i++) {
      total += values[i];
      values[i] = total;
    }
  }
}

package io.throughline.store.column;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A column of longs: times, the whole numbers behind decimals, lengths of runs. The cheapest of the
 * values themselves, their differences, or the differences of those is packed in blocks of {@value
 * BitPacking#BLOCK}, each with its own base and width; values that would widen a block are patched in.
 *
 * <pre>
 * byte     order (0 values, 1 differences, 2 differences of differences) | 0x10 if all rest are equal | 0x20
 *          | 0x40 if blocks have anchors
 * zigzag   first value, if order ≥ 1
 * zigzag   first difference, if order = 2
 * zigzag   the rest's value, if all are equal; nothing follows
 * instead of blocks, if the first byte has 0x20: {@link SplitBits}, up to part version 3
 * per block of 512, the last shorter:
 *   anchor   if 0x40, before each block but the first: how far the block before moves the last value
 *            (order 1: zigzag), or the last difference, and the last value beyond a steady one (order 2:
 *            two zigzags); with it a reader of some values skips the blocks before them
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
  private static final int SPLIT = 0x20;
  private static final int ANCHORED = 0x40;
  private static final int PATCHED = 0x80;

  private LongColumn() {}

  /** Appends the first {@code count} values. */
  public static void encode(long[] values, int count, ByteSink out, Scratch scratch) {
    if (count == 0) {
      return;
    }
    var work = scratch.work(count);
    System.arraycopy(values, 0, work, 0, count);
    if (count == 1) {
      encodeOrder(work, count, 0, 0, 0, out, scratch);
      return;
    }
    // An estimate tells which order is worth writing; a close second is tried too.
    countWidths(values, count, scratch.widths);
    long bits0 = estimate(scratch.widths[0], count, 0);
    long bits1 = estimate(scratch.widths[1], count, 1);
    long bits2 = count > 2 ? estimate(scratch.widths[2], count, 2) : Long.MAX_VALUE;
    long least = Math.min(bits0, Math.min(bits1, bits2));
    long near = least + least / 6 + 64;
    int start = out.size();
    boolean written = false;
    if (bits0 <= near) {
      encodeOrder(work, count, 0, 0, 0, out, scratch);
      written = true;
    }
    long first = work[0];
    difference(work, 1, count);
    if (bits1 <= near) {
      written = keepShorter(work, count, 1, first, 0, start, written, out, scratch);
    }
    if (count > 2 && bits2 <= near) {
      long firstDifference = work[1];
      difference(work, 2, count);
      keepShorter(work, count, 2, first, firstDifference, start, written, out, scratch);
    }
  }

  /** Counts, for each order, how many values are how many bits away from one of their middle. */
  private static void countWidths(long[] values, int count, int[][] widths) {
    for (var of : widths) {
      Arrays.fill(of, 0);
    }
    var of0 = widths[0];
    var of1 = widths[1];
    var of2 = widths[2];
    int middle = count / 2;
    long reference0 = values[middle];
    long reference1 = reference0 - values[middle - 1];
    int inner = Math.max(2, middle);
    long reference2 = count > 2 ? values[inner] - 2 * values[inner - 1] + values[inner - 2] : 0;
    long before = values[0];
    long differenceBefore = values[1] - before;
    of0[bitsAway(before, reference0)]++;
    of0[bitsAway(values[1], reference0)]++;
    of1[bitsAway(differenceBefore, reference1)]++;
    before = values[1];
    for (int i = 2; i < count; i++) {
      long value = values[i];
      long difference = value - before;
      of0[bitsAway(value, reference0)]++;
      of1[bitsAway(difference, reference1)]++;
      of2[bitsAway(difference - differenceBefore, reference2)]++;
      before = value;
      differenceBefore = difference;
    }
  }

  private static int bitsAway(long value, long reference) {
    long away = value - reference;
    return 64 - Long.numberOfLeadingZeros(away ^ away >> 63);
  }

  /** About how many bits an order takes: the best of all widths, wider values being patched in. */
  private static long estimate(int[] widths, int count, int order) {
    long best = Long.MAX_VALUE;
    long patched = 0;
    for (int width = 64; width >= 0; width--) {
      // Zero away needs no bit; otherwise one more says on which side.
      long packed = (long) (count - order) * (width == 0 ? 0 : width + 1);
      best = Math.min(best, packed + patched);
      patched += (width + 16L) * widths[width];
    }
    return best + 64L * order;
  }

  private static boolean keepShorter(long[] work, int count, int order, long first,
      long firstDifference, int start, boolean written, ByteSink out, Scratch scratch) {
    if (!written) {
      encodeOrder(work, count, order, first, firstDifference, out, scratch);
      return true;
    }
    var trial = scratch.trial;
    trial.clear();
    encodeOrder(work, count, order, first, firstDifference, trial, scratch);
    if (trial.size() < out.size() - start) {
      out.truncate(start);
      out.putAll(trial);
    }
    return true;
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
    int head = out.size();
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
    boolean anchored = order > 0 && count - order > BitPacking.BLOCK;
    if (anchored) {
      out.setByte(head, order | ANCHORED);
    }
    for (int from = order; from < count; from += BitPacking.BLOCK) {
      if (anchored && from > order) {
        encodeAnchor(work, from - BitPacking.BLOCK, order, out);
      }
      encodeBlock(work, from, Math.min(BitPacking.BLOCK, count - from), out, scratch);
    }
  }

  private static void encodeAnchor(long[] work, int from, int order, ByteSink out) {
    long sum = 0;
    long sums = 0;
    for (int i = from; i < from + BitPacking.BLOCK; i++) {
      sum += work[i];
      sums += sum;
    }
    out.putZigzag(sum);
    if (order == 2) {
      out.putZigzag(sums);
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
    if (width > 2 && size >= 8 && mayHaveOutliers(work, from, size, min, max)) {
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

  /** Whether few values need the full width, counted from either end. */
  private static boolean mayHaveOutliers(long[] work, int from, int size, long min, long max) {
    long half = (max - min) >>> 1;
    int above = 0;
    for (int i = from; i < from + size; i++) {
      above += Long.compareUnsigned(work[i] - min, half) > 0 ? 1 : 0;
    }
    return Math.min(above, size - above) <= size / 6 + 1;
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
    if (count > 0) {
      decodeFirst(in, count, count, out, outFrom, scratch);
    }
  }

  /** Decodes the first {@code wanted} values of {@code count}, at least one, and leaves the source behind the column. */
  private static void decodeFirst(ByteSource in, int count, int wanted, long[] out, int outFrom,
      Scratch scratch) {
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
        Arrays.fill(out, outFrom + order, outFrom + Math.max(order, wanted), in.getZigzag());
      }
    } else if ((head & SPLIT) != 0) {
      SplitBits.decode(in, count - order, Math.max(0, wanted - order), out, outFrom + order,
          scratch);
    } else {
      boolean anchored = (head & ANCHORED) != 0;
      for (int i = order; i < count; i += BitPacking.BLOCK) {
        if (anchored && i > order) {
          skipAnchor(in, order);
        }
        int size = Math.min(BitPacking.BLOCK, count - i);
        if (i < wanted) {
          decodeBlock(in, size, out, outFrom + i, scratch);
        } else {
          skipBlock(in, size);
        }
      }
    }
    if (order == 2) {
      sum(out, outFrom + 1, wanted - 1);
    }
    if (order >= 1) {
      sum(out, outFrom, wanted);
    }
  }

  /**
   * Reads the values [from, to) of {@code count} into out from {@code outFrom} on, and leaves {@code in}
   * behind the column. Blocks outside of the range are skipped where they can be. Hot path: allocates nothing.
   *
   * @throws IndexOutOfBoundsException if the bytes are not a column of that count
   */
  static void decode(ByteSource in, int count, int from, int to, long[] out, int outFrom,
      Scratch scratch) {
    if (from >= to) {
      throw new IllegalArgumentException("no values in " + from + " to " + to);
    }
    long start = in.byteOffset();
    int head = in.getByte();
    int order = head & 0xf;
    boolean skips = order == 0 || (head & (EQUAL | ANCHORED)) != 0;
    if (from == 0 && to == count || (head & SPLIT) != 0 || !skips) {
      in.seek(start);
      if (from == 0 && to == count) {
        decode(in, count, out, outFrom, scratch);
      } else {
        var whole = scratch.whole(count);
        decodeFirst(in, count, to, whole, 0, scratch);
        System.arraycopy(whole, from, out, outFrom, to - from);
      }
      return;
    }
    if (order > 2 || order > count) {
      throw new IndexOutOfBoundsException("a column of longs has order " + order);
    }
    long last = order >= 1 ? in.getZigzag() : 0;
    long difference = order == 2 ? in.getZigzag() : 0;
    if ((head & EQUAL) != 0) {
      equalRest(order, last, difference, order < count ? in.getZigzag() : 0, from, to, out,
          outFrom);
      return;
    }
    for (int i = from; i < Math.min(to, order); i++) {
      out[outFrom + i - from] = last + i * difference;
    }
    last += order == 2 ? difference : 0;
    var block = scratch.block;
    for (int i = order; i < count; i += BitPacking.BLOCK) {
      if (order > 0 && i > order) {
        long moved = in.getZigzag();
        last += order == 1 ? moved : BitPacking.BLOCK * difference + in.getZigzag();
        difference += order == 2 ? moved : 0;
      }
      int size = Math.min(BitPacking.BLOCK, count - i);
      if (i >= to || i + size <= from) {
        skipBlock(in, size);
        continue;
      }
      decodeBlock(in, size, block, 0, scratch);
      if (order == 2) {
        block[0] += difference;
        sum(block, 0, size);
      }
      if (order >= 1) {
        block[0] += last;
        sum(block, 0, size);
      }
      int first = Math.max(i, from);
      System.arraycopy(block, first - i, out, outFrom + first - from,
          Math.min(to, i + size) - first);
    }
  }

  private static void skipAnchor(ByteSource in, int order) {
    in.getVarint();
    if (order == 2) {
      in.getVarint();
    }
  }

  private static void skipBlock(ByteSource in, int size) {
    int head = in.getByte();
    int width = head & 0x7f;
    if (width > 64) {
      throw new IndexOutOfBoundsException("a block of longs has width " + width);
    }
    in.getVarint();
    int patches = (head & PATCHED) != 0 ? in.getCount(size) : 0;
    in.seek(in.byteOffset() + BitPacking.packedBytes(size, width));
    for (int i = 0; i < patches; i++) {
      in.getVarint();
      in.getVarint();
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
    in.seek(BitPacking.unpack(bytes, in.byteOffset(), size, width, base, out, outFrom, scratch));
    int at = -1;
    for (int i = 0; i < patches; i++) {
      at += in.getCount(size);
      if (at >= size) {
        throw new IndexOutOfBoundsException("a patch lies behind its block");
      }
      out[outFrom + at] = base + in.getZigzag();
    }
  }

  /** Values of a column whose differences of the given order are all {@code rest}. */
  private static void equalRest(int order, long first, long difference, long rest, int from, int to,
      long[] out, int outFrom) {
    for (int i = from; i < to; i++) {
      out[outFrom + i - from] = switch (order) {
        case 0 -> rest;
        case 1 -> first + i * rest;
        default -> first + i * difference + rest * ((long) i * (i - 1) / 2);
      };
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

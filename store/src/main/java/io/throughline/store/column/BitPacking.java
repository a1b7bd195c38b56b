package io.throughline.store.column;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Packs whole numbers of a fixed width of 0 to 64 bits.
 *
 * <p>Two layouts. A full block of {@value #BLOCK} values lies in {@value #LANES} interleaved lanes: value
 * i is in lane i mod 8, each lane is a bit stream of 64 values, and word k of lane l is the long at 8k +
 * l, so all lanes shift alike and a block of width w takes exactly 8w longs. Fewer values lie one after
 * the other, lowest bit first, in ⌈count·w/8⌉ bytes. Hot path: allocates nothing.
 */
final class BitPacking {
  static final int LANES = 8;
  private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class,
      ByteOrder.LITTLE_ENDIAN);
  static final int BLOCK = 512;

  private BitPacking() {}

  /** Bits that hold every value from 0 to the unsigned {@code range}. */
  static int width(long range) {
    return 64 - Long.numberOfLeadingZeros(range);
  }

  static int packedBytes(int count, int width) {
    return count == BLOCK ? BLOCK / 8 * width : (count * width + 7) >>> 3;
  }

  /** Appends values[from..from+count), each below 2^width; words is scratch of {@value #BLOCK} longs. */
  static void pack(long[] values, int from, int count, int width, ByteSink out, long[] words) {
    if (width == 0) {
      return;
    }
    if (count == BLOCK) {
      packBlock(values, from, width, words);
      for (int i = 0; i < LANES * width; i++) {
        out.putLong(words[i]);
      }
      return;
    }
    int start = out.size();
    int bytes = packedBytes(count, width);
    // Longs are ORed in at byte steps, so up to 16 bytes beyond the end are touched, then cut off.
    out.putZeros(bytes + 16);
    long bit = 0;
    for (int i = 0; i < count; i++) {
      long value = values[from + i];
      int at = start + (int) (bit >>> 3);
      int shift = (int) (bit & 7);
      out.orLong(at, value << shift);
      if (shift + width > 64) {
        out.orLong(at + 8, value >>> (64 - shift));
      }
      bit += width;
    }
    out.truncate(start + bytes);
  }

  private static void packBlock(long[] values, int from, int width, long[] words) {
    Arrays.fill(words, 0, LANES * width, 0);
    for (int j = 0; j < BLOCK / LANES; j++) {
      int bit = j * width;
      int word = (bit >>> 6) * LANES;
      int shift = bit & 63;
      int source = from + j * LANES;
      for (int lane = 0; lane < LANES; lane++) {
        words[word + lane] |= values[source + lane] << shift;
      }
      if (shift + width > 64) {
        for (int lane = 0; lane < LANES; lane++) {
          words[word + LANES + lane] |= values[source + lane] >>> (64 - shift);
        }
      }
    }
  }

  /** Reads count values into out, adding {@code base} to each. Returns the byte offset behind them. */
  static long unpack(MemorySegment bytes, long byteOffset, int count, int width, long base,
      long[] out, int outFrom, Scratch scratch) {
    if (width == 0) {
      Arrays.fill(out, outFrom, outFrom + count, base);
      return byteOffset;
    }
    int packed = packedBytes(count, width);
    if (byteOffset + packed > bytes.byteSize()) {
      throw new IndexOutOfBoundsException(
          packed + " packed bytes at " + byteOffset + " pass the end at " + bytes.byteSize());
    }
    if (count == BLOCK) {
      MemorySegment.copy(bytes, ByteSource.LONG, byteOffset, scratch.words, 0, packed >>> 3);
      unpackBlock(scratch.words, width, base, out, outFrom);
    } else {
      MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, byteOffset, scratch.tail, 0, packed);
      unpackTail(scratch.tail, count, width, base, out, outFrom);
    }
    return byteOffset + packed;
  }

  /** Reads a long from any byte, so that what lies behind the last value is masked out, never used. */
  private static void unpackTail(byte[] packed, int count, int width, long base, long[] out,
      int outFrom) {
    long mask = -1L >>> (64 - width);
    for (int i = 0; i < count; i++) {
      int bit = i * width;
      long value = (long) LONG.get(packed, bit >>> 3) >>> (bit & 7);
      if (width > 56) {
        // It may end in a ninth byte; shifted in two steps, for 64 at once would be none.
        value |= (long) LONG.get(packed, (bit >>> 3) + 8) << 1 << (63 - (bit & 7));
      }
      out[outFrom + i] = (value & mask) + base;
    }
  }

  private static void unpackBlock(long[] words, int width, long base, long[] out, int outFrom) {
    long mask = -1L >>> (64 - width);
    for (int j = 0; j < BLOCK / LANES; j++) {
      int bit = j * width;
      int word = (bit >>> 6) * LANES;
      int shift = bit & 63;
      int target = outFrom + j * LANES;
      if (shift + width > 64) {
        for (int lane = 0; lane < LANES; lane++) {
          out[target
              + lane] = ((words[word + lane] >>> shift | words[word + LANES + lane] << (64 - shift))
                  & mask) + base;
        }
      } else {
        for (int lane = 0; lane < LANES; lane++) {
          out[target + lane] = (words[word + lane] >>> shift & mask) + base;
        }
      }
    }
  }
}

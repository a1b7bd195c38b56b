package io.throughline.store.column;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Longs of a cold column, each split into low bits, packed, and a high byte, which zstd's entropy coder
 * shortens: smaller than packing alone where values crowd around one, at the price of decoding at some
 * hundred million values a second.
 *
 * <pre>
 * zigzag   reference
 * byte     low bits k, 0..56
 * bytes    the low k bits of r = zigzag(value - reference), packed in blocks, see {@link BitPacking}
 * varint   stored bytes of the high bytes
 * bytes    zstd of min(r >>> k, 255), a byte a value; not compressed if as many bytes as values
 * varint   number of escapes; each: varint distance from the one before (the first: from -1), varint r
 * </pre>
 *
 * A high byte of 255 is an escape.
 */
final class SplitBits {
  static final int MIN_COUNT = 256;
  private static final int ESCAPE = 255;
  private static final int LEVEL = 3;
  /** Making a context costs more than decompressing a chunk with it. */
  private static final ArrayBlockingQueue<ZstdDecompressCtx> CONTEXTS = new ArrayBlockingQueue<>(
      16);
  /** Few, because one holds a MiB and few threads write. */
  private static final ArrayBlockingQueue<ZstdCompressCtx> COMPRESSORS = new ArrayBlockingQueue<>(
      2);

  private SplitBits() {}

  /** Appends work[from..to). */
  static void encode(long[] work, int from, int to, ByteSink out, Scratch scratch) {
    int count = to - from;
    long reference = work[from + count / 2];
    var widths = scratch.widths;
    Arrays.fill(widths, 0);
    var rest = scratch.rest(count);
    for (int i = 0; i < count; i++) {
      long away = work[from + i] - reference;
      rest[i] = (away << 1) ^ (away >> 63);
      widths[BitPacking.width(rest[i])]++;
    }
    int width = 64;
    for (int above = widths[64]; width > 0 && above <= count / 64; above += widths[width]) {
      width--;
    }
    int low = Math.min(56, Math.max(0, width - 8));
    out.putZigzag(reference);
    out.putByte(low);
    var block = scratch.block;
    long mask = low == 0 ? 0 : -1L >>> (64 - low);
    for (int at = 0; at < count; at += BitPacking.BLOCK) {
      int size = Math.min(BitPacking.BLOCK, count - at);
      for (int i = 0; i < size; i++) {
        block[i] = rest[at + i] & mask;
      }
      BitPacking.pack(block, 0, size, low, out, scratch.words);
    }
    var high = scratch.bytes(count);
    int escapes = 0;
    for (int i = 0; i < count; i++) {
      long over = rest[i] >>> low;
      boolean escape = Long.compareUnsigned(over, ESCAPE) >= 0;
      escapes += escape ? 1 : 0;
      high[i] = (byte) (escape ? ESCAPE : over);
    }
    var packed = scratch.moreBytes((int) Zstd.compressBound(count));
    int size = compress(high, count, packed);
    if (size >= count) {
      out.putVarint(count);
      out.putBytes(high, 0, count);
    } else {
      out.putVarint(size);
      out.putBytes(packed, 0, size);
    }
    out.putVarint(escapes);
    int before = -1;
    for (int i = 0; i < count && escapes > 0; i++) {
      if (high[i] == (byte) ESCAPE) {
        out.putVarint(i - before);
        out.putVarint(rest[i]);
        before = i;
        escapes--;
      }
    }
  }

  /** Decodes the first {@code wanted} values of {@code count}, and leaves the source behind the column. */
  static void decode(ByteSource in, int count, int wanted, long[] out, int outFrom,
      Scratch scratch) {
    long reference = in.getZigzag();
    int low = in.getByte();
    if (low > 56) {
      throw new IndexOutOfBoundsException("a split column has " + low + " low bits");
    }
    for (int at = 0; at < count; at += BitPacking.BLOCK) {
      int size = Math.min(BitPacking.BLOCK, count - at);
      in.seek(at < wanted
          ? BitPacking.unpack(in.bytes(), in.byteOffset(), size, low, 0, out, outFrom + at,
              scratch.words)
          : in.byteOffset() + BitPacking.packedBytes(size, low));
    }
    int size = in.getCount(Math.min(count, in.remaining()));
    var high = scratch.bytes(count);
    if (size == count) {
      in.getBytes(high, count);
    } else {
      var packed = scratch.moreBytes(size);
      in.getBytes(packed, size);
      decompress(packed, size, high, count);
    }
    join(high, low, reference, scratch.rest(wanted), out, outFrom, wanted);
    int at = -1;
    for (int escapes = in.getCount(count); escapes > 0; escapes--) {
      at += in.getCount(count);
      if (at >= count) {
        throw new IndexOutOfBoundsException("an escape lies behind its column");
      }
      long r = in.getVarint();
      if (at < wanted) {
        out[outFrom + at] = reference + ((r >>> 1) ^ -(r & 1));
      }
    }
  }

  /** Two loops, because the compiler makes vector code of each, and of both in one it does not. */
  private static void join(byte[] high, int low, long reference, long[] widened, long[] out,
      int outFrom, int count) {
    for (int i = 0; i < count; i++) {
      widened[i] = high[i];
    }
    for (int i = 0; i < count; i++) {
      long r = out[outFrom + i] | (widened[i] & 0xff) << low;
      out[outFrom + i] = reference + ((r >>> 1) ^ -(r & 1));
    }
  }

  /** @param into has room for whatever becomes of {@code count} bytes */
  private static int compress(byte[] bytes, int count, byte[] into) {
    var context = COMPRESSORS.poll();
    if (context == null) {
      context = new ZstdCompressCtx().setLevel(LEVEL);
    }
    try {
      return context.compressByteArray(into, 0, into.length, bytes, 0, count);
    } finally {
      if (!COMPRESSORS.offer(context)) {
        context.close();
      }
    }
  }

  private static void decompress(byte[] packed, int size, byte[] into, int count) {
    long got;
    var context = CONTEXTS.poll();
    if (context == null) {
      context = new ZstdDecompressCtx();
    }
    try {
      got = context.decompressByteArray(into, 0, count, packed, 0, size);
    } catch (ZstdException wrong) {
      throw (IndexOutOfBoundsException) new IndexOutOfBoundsException(
          "high bytes: " + wrong.getMessage()).initCause(wrong);
    } finally {
      if (!CONTEXTS.offer(context)) {
        context.close();
      }
    }
    if (got != count) {
      throw new IndexOutOfBoundsException("high bytes decompress to " + got + ", want " + count);
    }
  }
}

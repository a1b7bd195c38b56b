package io.throughline.store.column;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Reads columns as large merges wrote them up to part version 3: each long split into low bits, packed, and a high
 * byte, which zstd's entropy coder shortened. They took a twentieth less than packing and thrice its time.
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
  /** Making a context costs more than decompressing a chunk with it. */
  private static final ArrayBlockingQueue<ZstdDecompressCtx> CONTEXTS = new ArrayBlockingQueue<>(
      16);

  private SplitBits() {}

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
          ? BitPacking.unpack(in.bytes(), in.byteOffset(), size, low, 0, out, outFrom + at, scratch)
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

package io.throughline.store.column;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.throughline.model.NativeHistogram;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A column of native histograms, each written as its difference to the one before, the whole
 * compressed where that pays. The count is not stored.
 *
 * <pre>
 * byte    0 plain, 1 zstd
 * varint  bytes of the rows, before compression
 * varint  bytes stored, if zstd
 * rows:
 *   byte    1 integer | reset hint << 1 | 8 if schema, threshold, spans and bounds are the previous row's
 *   if not: zigzag schema, 8 bytes zero threshold, positive spans, negative spans, bounds; each a
 *           varint number, then zigzags (spans) or 8 bytes each (bounds)
 *   number  count, zero count, positive counts, negative counts, sum
 * </pre>
 *
 * An integer count is a zigzag of the difference to the previous row's, if that has the same shape and
 * is of integers too, else to 0. A double is a varint of the byte-reversed XOR with the previous one.
 */
public final class HistogramColumn {
  private static final int INTEGER = 1;
  private static final int SAME_SHAPE = 8;
  private static final int MAX_BYTES = 1 << 28;

  private HistogramColumn() {}

  /** Appends rows[from..to), none of which is null. */
  public static void encode(NativeHistogram[] rows, int from, int to, ByteSink out) {
    var plain = new ByteSink(256);
    @Nullable
    NativeHistogram previous = null;
    for (int i = from; i < to; i++) {
      var row = rows[i];
      encodeRow(row, previous, plain);
      previous = row;
    }
    if (plain.size() > 128) {
      var packed = Zstd.compress(plain.toByteArray(), 3);
      if (packed.length < plain.size() * 9 / 10) {
        out.putByte(1);
        out.putVarint(plain.size());
        out.putVarint(packed.length);
        out.putBytes(packed, 0, packed.length);
        return;
      }
    }
    out.putByte(0);
    out.putVarint(plain.size());
    out.putAll(plain);
  }

  private static void encodeRow(NativeHistogram row, @Nullable NativeHistogram previous,
      ByteSink out) {
    boolean same = previous != null && sameShape(row, previous);
    out.putByte(
        (row.isInteger() ? INTEGER : 0) | row.resetHint().code() << 1 | (same ? SAME_SHAPE : 0));
    if (!same) {
      out.putZigzag(row.schema());
      out.putLong(Double.doubleToRawLongBits(row.zeroThreshold()));
      putSpans(row.positiveSpans(), out);
      out.putVarint(row.positiveCountBits().length);
      putSpans(row.negativeSpans(), out);
      out.putVarint(row.negativeCountBits().length);
      out.putVarint(row.customBounds().length);
      for (double bound : row.customBounds()) {
        out.putLong(Double.doubleToRawLongBits(bound));
      }
    }
    boolean integer = row.isInteger();
    var base = same && previous != null && previous.isInteger() == integer ? previous : null;
    putCount(row.countBits(), base == null ? 0 : base.countBits(), integer, out);
    putCount(row.zeroCountBits(), base == null ? 0 : base.zeroCountBits(), integer, out);
    putCounts(row.positiveCountBits(), base == null ? null : base.positiveCountBits(), integer,
        out);
    putCounts(row.negativeCountBits(), base == null ? null : base.negativeCountBits(), integer,
        out);
    putCount(Double.doubleToRawLongBits(row.sum()),
        base == null ? 0 : Double.doubleToRawLongBits(base.sum()), false, out);
  }

  private static boolean sameShape(NativeHistogram a, NativeHistogram b) {
    return a.schema() == b.schema()
        && Double.doubleToRawLongBits(a.zeroThreshold()) == Double
            .doubleToRawLongBits(b.zeroThreshold())
        && a.positiveCountBits().length == b.positiveCountBits().length
        && a.negativeCountBits().length == b.negativeCountBits().length
        && Arrays.equals(a.positiveSpans(), b.positiveSpans())
        && Arrays.equals(a.negativeSpans(), b.negativeSpans())
        && Arrays.equals(a.customBounds(), b.customBounds());
  }

  private static void putSpans(int[] spans, ByteSink out) {
    out.putVarint(spans.length);
    for (int span : spans) {
      out.putZigzag(span);
    }
  }

  private static void putCounts(long[] counts, long @Nullable [] base, boolean integer,
      ByteSink out) {
    for (int i = 0; i < counts.length; i++) {
      putCount(counts[i], base == null ? 0 : base[i], integer, out);
    }
  }

  private static void putCount(long bits, long base, boolean integer, ByteSink out) {
    if (integer) {
      out.putZigzag(bits - base);
    } else {
      out.putVarint(Long.reverseBytes(bits ^ base));
    }
  }

  /**
   * Reads {@code count} histograms.
   *
   * @throws IndexOutOfBoundsException if the bytes are not a column of that count
   */
  public static NativeHistogram[] decode(ByteSource in, int count) {
    int kind = in.getByte();
    if (kind > 1) {
      throw new IndexOutOfBoundsException("a column of histograms has the unknown kind " + kind);
    }
    int plainSize = in.getCount(MAX_BYTES);
    ByteSource rows;
    if (kind == 1) {
      int stored = in.getCount(in.remaining());
      var packed = in.getBytes(stored);
      var plain = new byte[plainSize];
      decompress(packed, plain);
      rows = new ByteSource(MemorySegment.ofArray(plain));
    } else {
      rows = new ByteSource(in.bytes().asSlice(in.byteOffset(), plainSize));
      in.seek(in.byteOffset() + plainSize);
    }
    var result = new NativeHistogram[count];
    @Nullable
    NativeHistogram previous = null;
    for (int i = 0; i < count; i++) {
      previous = decodeRow(rows, previous);
      result[i] = previous;
    }
    return result;
  }

  private static void decompress(byte[] packed, byte[] plain) {
    long size;
    try {
      size = Zstd.decompress(plain, packed);
    } catch (ZstdException wrong) {
      throw (IndexOutOfBoundsException) new IndexOutOfBoundsException(
          "histograms: " + wrong.getMessage()).initCause(wrong);
    }
    if (size != plain.length) {
      throw new IndexOutOfBoundsException(
          "histograms decompress to " + size + " bytes, want " + plain.length);
    }
  }

  private static NativeHistogram decodeRow(ByteSource in, @Nullable NativeHistogram previous) {
    int flags = in.getByte();
    boolean integer = (flags & INTEGER) != 0;
    var hint = NativeHistogram.ResetHint.ofCode(flags >> 1 & 3);
    int schema;
    double zeroThreshold;
    int[] positiveSpans;
    int[] negativeSpans;
    int positives;
    int negatives;
    double[] bounds;
    @Nullable
    NativeHistogram base = null;
    if ((flags & SAME_SHAPE) != 0) {
      if (previous == null) {
        throw new IndexOutOfBoundsException("the first histogram of a column refers to one before");
      }
      schema = previous.schema();
      zeroThreshold = previous.zeroThreshold();
      positiveSpans = previous.positiveSpans();
      negativeSpans = previous.negativeSpans();
      positives = previous.positiveCountBits().length;
      negatives = previous.negativeCountBits().length;
      bounds = previous.customBounds();
      base = previous.isInteger() == integer ? previous : null;
    } else {
      schema = (int) in.getZigzag();
      zeroThreshold = Double.longBitsToDouble(in.getLong());
      positiveSpans = getSpans(in);
      positives = in.getCount(in.remaining());
      negativeSpans = getSpans(in);
      negatives = in.getCount(in.remaining());
      bounds = new double[in.getCount(in.remaining() / 8)];
      for (int i = 0; i < bounds.length; i++) {
        bounds[i] = Double.longBitsToDouble(in.getLong());
      }
    }
    long count = getCount(in, base == null ? 0 : base.countBits(), integer);
    long zeroCount = getCount(in, base == null ? 0 : base.zeroCountBits(), integer);
    var positiveCounts = getCounts(in, positives, base == null ? null : base.positiveCountBits(),
        integer);
    var negativeCounts = getCounts(in, negatives, base == null ? null : base.negativeCountBits(),
        integer);
    double sum = Double.longBitsToDouble(
        getCount(in, base == null ? 0 : Double.doubleToRawLongBits(base.sum()), false));
    return new NativeHistogram(integer, hint, schema, zeroThreshold, zeroCount, count, sum,
        positiveSpans, positiveCounts, negativeSpans, negativeCounts, bounds);
  }

  private static int[] getSpans(ByteSource in) {
    var spans = new int[in.getCount(in.remaining())];
    for (int i = 0; i < spans.length; i++) {
      spans[i] = (int) in.getZigzag();
    }
    return spans;
  }

  private static long[] getCounts(ByteSource in, int size, long @Nullable [] base,
      boolean integer) {
    if (size > in.remaining()) {
      throw new IndexOutOfBoundsException(size + " bucket counts pass the end");
    }
    var counts = new long[size];
    for (int i = 0; i < size; i++) {
      counts[i] = getCount(in, base == null ? 0 : base[i], integer);
    }
    return counts;
  }

  private static long getCount(ByteSource in, long base, boolean integer) {
    return integer ? base + in.getZigzag() : base ^ Long.reverseBytes(in.getVarint());
  }
}

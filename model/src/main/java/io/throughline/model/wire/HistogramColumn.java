package io.throughline.model.wire;

import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Native histograms, bit for bit. Series of one source mostly share their shape, so it is written once
 * for a run of them.
 *
 * <pre>
 * per histogram
 *   1 byte      flags: bit 0 whole counts, bits 1-2 reset hint, bit 3 shape as the one before
 *   signed      schema                           -+
 *   8 bytes     zero threshold, bits of a double  | the shape,
 *   spans       positive                          | absent where
 *   spans       negative                          | flag bit 3 is set
 *   varint      number of custom bounds           |
 *   8 bytes     each bound                       -+
 *   8 bytes     sum, bits of a double
 *   number      count
 *   number      zero count
 *   counts      positive, negative: one number for each bucket of the spans
 *
 * spans         varint number of spans; each a signed offset and a varint length
 * number        whole counts: signed varint; otherwise 8 bytes, bits of a double
 * counts        whole counts: signed varints, each the difference to the bucket before; otherwise 8 bytes each
 * </pre>
 */
final class HistogramColumn {
  private static final int WHOLE = 1;
  private static final int SAME_SHAPE = 8;

  /** Beyond what any source sends; the reader's bound against invented sizes. */
  static final int MAX_BUCKETS = 65_536;

  private static final int[] NO_INTS = {};
  private static final long[] NO_LONGS = {};
  private static final double[] NO_DOUBLES = {};

  private HistogramColumn() {}

  /** More bytes than this no histogram needs. */
  static int boundBytes(NativeHistogram one) {
    return 80
        + 10 * (one.positiveSpans().length + one.negativeSpans().length
            + one.positiveCountBits().length + one.negativeCountBits().length)
        + 8 * one.customBounds().length;
  }

  static void write(ByteWriter out, @Nullable NativeHistogram[] column, int from, int to) {
    NativeHistogram before = null;
    for (int i = from; i < to; i++) {
      var one = column[i];
      if (one == null) {
        throw new IllegalArgumentException("sample " + i + " of a group of histograms is none");
      }
      boolean same = before != null && sameShape(one, before);
      out.put(
          (one.isInteger() ? WHOLE : 0) | one.resetHint().code() << 1 | (same ? SAME_SHAPE : 0));
      if (!same) {
        writeShape(out, one);
      }
      out.putLong(Double.doubleToRawLongBits(one.sum()));
      writeNumber(out, one.isInteger(), one.countBits());
      writeNumber(out, one.isInteger(), one.zeroCountBits());
      writeCounts(out, one.isInteger(), one.positiveCountBits());
      writeCounts(out, one.isInteger(), one.negativeCountBits());
      before = one;
    }
  }

  private static boolean sameShape(NativeHistogram a, NativeHistogram b) {
    return a.schema() == b.schema()
        && Double.doubleToRawLongBits(a.zeroThreshold()) == Double
            .doubleToRawLongBits(b.zeroThreshold())
        && Arrays.equals(a.positiveSpans(), b.positiveSpans())
        && Arrays.equals(a.negativeSpans(), b.negativeSpans())
        && Arrays.equals(a.customBounds(), b.customBounds())
        // Counts that do not fit their spans cannot be told from the shape alone.
        && a.positiveCountBits().length == b.positiveCountBits().length
        && a.negativeCountBits().length == b.negativeCountBits().length;
  }

  private static void writeShape(ByteWriter out, NativeHistogram one) {
    out.putSigned(one.schema());
    out.putLong(Double.doubleToRawLongBits(one.zeroThreshold()));
    writeSpans(out, one.positiveSpans(), one.positiveCountBits().length);
    writeSpans(out, one.negativeSpans(), one.negativeCountBits().length);
    var bounds = one.customBounds();
    out.putVarint(bounds.length);
    for (double bound : bounds) {
      out.putLong(Double.doubleToRawLongBits(bound));
    }
  }

  private static void writeSpans(ByteWriter out, int[] spans, int buckets) {
    long covered = 0;
    for (int i = 1; i < spans.length; i += 2) {
      covered += spans[i];
    }
    if (spans.length % 2 != 0 || covered != buckets || buckets > MAX_BUCKETS) {
      throw new IllegalArgumentException("spans cover " + covered + " buckets, the histogram has "
          + buckets + " of at most " + MAX_BUCKETS);
    }
    out.putVarint(spans.length / 2);
    for (int i = 0; i < spans.length; i += 2) {
      out.putSigned(spans[i]);
      out.putVarint(spans[i + 1]);
    }
  }

  private static void writeNumber(ByteWriter out, boolean whole, long bits) {
    if (whole) {
      out.putSigned(bits);
    } else {
      out.putLong(bits);
    }
  }

  private static void writeCounts(ByteWriter out, boolean whole, long[] bits) {
    long before = 0;
    for (long one : bits) {
      // Differences wrap, and wrap back when they are read.
      writeNumber(out, whole, whole ? one - before : one);
      before = one;
    }
  }

  static void read(ByteReader in, @Nullable NativeHistogram[] into, int from, int count) {
    NativeHistogram before = null;
    for (int i = 0; i < count; i++) {
      before = readOne(in, before);
      into[from + i] = before;
    }
  }

  private static NativeHistogram readOne(ByteReader in, @Nullable NativeHistogram before) {
    int flags = in.get();
    boolean whole = (flags & WHOLE) != 0;
    var hint = ResetHint.ofCode(flags >> 1 & 3);
    if ((flags & ~0xf) != 0) {
      throw in.corrupt("histogram flags are 0x" + Integer.toHexString(flags));
    }
    int schema;
    double zeroThreshold;
    int[] positiveSpans;
    int[] negativeSpans;
    double[] bounds;
    if ((flags & SAME_SHAPE) != 0) {
      if (before == null) {
        throw in.corrupt("the first histogram of a group refers to the shape of one before");
      }
      schema = before.schema();
      zeroThreshold = before.zeroThreshold();
      positiveSpans = before.positiveSpans();
      negativeSpans = before.negativeSpans();
      bounds = before.customBounds();
    } else {
      long wide = in.getSigned();
      if (wide < -128 || wide > 127) {
        throw in.corrupt("schema is " + wide + ", want -128 to 127");
      }
      schema = (int) wide;
      zeroThreshold = Double.longBitsToDouble(in.getLong());
      positiveSpans = readSpans(in);
      negativeSpans = readSpans(in);
      bounds = readBounds(in);
    }
    double sum = Double.longBitsToDouble(in.getLong());
    long countBits = readNumber(in, whole);
    long zeroCountBits = readNumber(in, whole);
    var positive = readCounts(in, whole, positiveSpans);
    var negative = readCounts(in, whole, negativeSpans);
    return new NativeHistogram(whole, hint, schema, zeroThreshold, zeroCountBits, countBits, sum,
        positiveSpans, positive, negativeSpans, negative, bounds);
  }

  private static int[] readSpans(ByteReader in) {
    int count = in.getCount("number of spans", in.remaining() / 2);
    if (count == 0) {
      return NO_INTS;
    }
    var spans = new int[2 * count];
    long buckets = 0;
    for (int i = 0; i < spans.length; i += 2) {
      long offset = in.getSigned();
      if (offset != (int) offset) {
        throw in.corrupt("span offset is " + offset);
      }
      spans[i] = (int) offset;
      spans[i + 1] = in.getCount("span length", MAX_BUCKETS - buckets);
      buckets += spans[i + 1];
    }
    return spans;
  }

  private static double[] readBounds(ByteReader in) {
    int count = in.getCount("number of custom bounds", in.remaining() / 8);
    if (count == 0) {
      return NO_DOUBLES;
    }
    var bounds = new double[count];
    for (int i = 0; i < count; i++) {
      bounds[i] = Double.longBitsToDouble(in.getLong());
    }
    return bounds;
  }

  private static long readNumber(ByteReader in, boolean whole) {
    return whole ? in.getSigned() : in.getLong();
  }

  private static long[] readCounts(ByteReader in, boolean whole, int[] spans) {
    int count = 0;
    for (int i = 1; i < spans.length; i += 2) {
      count += spans[i];
    }
    if (count == 0) {
      return NO_LONGS;
    }
    // Before the array is made: a bucket takes a byte at least.
    in.need(whole ? count : 8L * count);
    var bits = new long[count];
    long before = 0;
    for (int i = 0; i < count; i++) {
      long number = readNumber(in, whole);
      before = whole ? before + number : number;
      bits[i] = before;
    }
    return bits;
  }
}

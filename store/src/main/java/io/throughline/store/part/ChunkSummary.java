package io.throughline.store.part;

import io.throughline.store.Need;
import io.throughline.store.SampleBuffer;
import io.throughline.store.column.ByteSink;
import io.throughline.store.column.ByteSource;

/**
 * What a chunk of finite floats says of itself, before its values, so that who needs no more does not decode
 * them. Written for {@value #FEWEST} samples and more; in front of fewer it would cost more bytes than it
 * saves time.
 *
 * <pre>
 * byte   length of what follows
 * byte   flags: 1 no value is below the one before it, 2 the lowest has the bits of the first value,
 *        4 of the last, 8 the highest has the bits of the last, 16 of the first
 * number first, last; lowest unless 2 or 4 is set; highest unless 8 or 16 is
 * a number: byte k; k &lt; {@value #BITS}: zigzag varint m, and the number is m / 10^k; else 8 bytes of bits
 * </pre>
 *
 * Of equal lowest or highest values, as 0 and -0 are, the last one counts.
 */
final class ChunkSummary {
  static final int FEWEST = 256;

  private static final int BITS = 255;
  private static final int MAX_EXPONENT = 6;
  private static final int NEVER_FALLS = 1;
  private static final int LOWEST_IS_FIRST = 2;
  private static final int LOWEST_IS_LAST = 4;
  private static final int HIGHEST_IS_LAST = 8;
  private static final int HIGHEST_IS_FIRST = 16;
  private static final double[] POWERS = {1, 10, 100, 1_000, 10_000, 100_000, 1_000_000};

  private double first;
  private double last;
  private double lowest;
  private double highest;
  private boolean neverFalls;

  /** Writes the summary of the first {@code count} values; false, and nothing written, where one is not finite. */
  static boolean write(double[] values, int count, ByteSink out) {
    double lowest = values[0];
    double highest = values[0];
    boolean neverFalls = true;
    boolean finite = Double.isFinite(values[0]);
    for (int i = 1; i < count; i++) {
      double value = values[i];
      finite &= Double.isFinite(value);
      neverFalls &= value >= values[i - 1];
      lowest = value <= lowest ? value : lowest;
      highest = value >= highest ? value : highest;
    }
    if (!finite) {
      return false;
    }
    double first = values[0];
    double last = values[count - 1];
    int flags = (neverFalls ? NEVER_FALLS : 0) | (same(lowest, first) ? LOWEST_IS_FIRST : 0)
        | (same(lowest, last) ? LOWEST_IS_LAST : 0) | (same(highest, last) ? HIGHEST_IS_LAST : 0)
        | (same(highest, first) ? HIGHEST_IS_FIRST : 0);
    int lengthAt = out.size();
    out.putByte(0);
    out.putByte(flags);
    put(first, out);
    put(last, out);
    if ((flags & (LOWEST_IS_FIRST | LOWEST_IS_LAST)) == 0) {
      put(lowest, out);
    }
    if ((flags & (HIGHEST_IS_LAST | HIGHEST_IS_FIRST)) == 0) {
      put(highest, out);
    }
    out.setByte(lengthAt, out.size() - lengthAt - 1);
    return true;
  }

  private static boolean same(double left, double right) {
    return Double.doubleToRawLongBits(left) == Double.doubleToRawLongBits(right);
  }

  private static void put(double value, ByteSink out) {
    for (int k = 0; k <= MAX_EXPONENT; k++) {
      long mantissa = Math.round(value * POWERS[k]);
      if (Math.abs(mantissa) < 1L << 48 && same(mantissa / POWERS[k], value)) {
        out.putByte(k);
        out.putZigzag(mantissa);
        return;
      }
    }
    out.putByte(BITS);
    out.putLong(Double.doubleToRawLongBits(value));
  }

  private static double get(ByteSource in) {
    int k = in.getByte();
    if (k <= MAX_EXPONENT) {
      return in.getZigzag() / POWERS[k];
    }
    if (k != BITS) {
      throw new IndexOutOfBoundsException("a number of a summary has exponent " + k);
    }
    return Double.longBitsToDouble(in.getLong());
  }

  /** Leaves the source behind a summary. */
  static void skip(ByteSource in) {
    int length = in.getByte();
    in.seek(in.byteOffset() + length);
  }

  /** Reads a summary. */
  void read(ByteSource in) {
    in.getByte();
    int flags = in.getByte();
    neverFalls = (flags & NEVER_FALLS) != 0;
    first = get(in);
    last = get(in);
    lowest = (flags & LOWEST_IS_FIRST) != 0
        ? first
        : (flags & LOWEST_IS_LAST) != 0 ? last : get(in);
    highest = (flags & HIGHEST_IS_LAST) != 0
        ? last
        : (flags & HIGHEST_IS_FIRST) != 0 ? first : get(in);
  }

  /** Makes this the summary of a chunk whose values are all the same. */
  void constant(double value) {
    first = value;
    last = value;
    lowest = value;
    highest = value;
    neverFalls = true;
  }

  /**
   * Appends what is needed of a chunk of two samples or more.
   *
   * @return false, and nothing appended, where the summary does not have it
   */
  boolean append(Need need, long firstMs, long lastMs, int count, SampleBuffer into) {
    switch (need) {
      case ALL -> {
        return false;
      }
      case LAST -> into.add(lastMs, 0, last);
      case LOWEST -> into.add(lastMs, 0, lowest);
      case HIGHEST -> into.add(lastMs, 0, highest);
      case CHANGE -> {
        if (!neverFalls) {
          return false;
        }
        into.add(firstMs, 0, first);
        into.add(lastMs, 0, last);
      }
    }
    into.leaveOut(count - (need == Need.CHANGE ? 2 : 1));
    return true;
  }
}

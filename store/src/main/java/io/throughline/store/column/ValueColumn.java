package io.throughline.store.column;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A column of doubles, bit for bit. The encoder writes the shortest of what applies; the count is not
 * stored.
 *
 * <pre>
 * byte   encoding
 *   1 constant   8 bytes
 *   2 decimal    byte k, exceptions, {@link LongColumn} of m: value = m / 10^k, by division
 *   3 decimal+   as 2, then a LongColumn of u: the bits of m / 10^k plus u
 *   4 bits       LongColumn of the bits
 *   5 dictionary varint size, column of the distinct values, LongColumn of indexes
 *   6 runs       varint number, column of the values, LongColumn of lengths
 *   7 raw        8 bytes a value
 * exceptions: varint number, then per exception: varint distance from the one before (the first:
 *   from -1), 8 bytes of bits
 * </pre>
 *
 * Division, not multiplication by 10^-k, because it alone gives back what a parser of decimals made.
 */
public final class ValueColumn {
  static final int CONSTANT = 1;
  static final int DECIMAL = 2;
  static final int DECIMAL_ULP = 3;
  static final int BITS = 4;
  static final int DICTIONARY = 5;
  static final int RUNS = 6;
  static final int RAW = 7;

  private static final int MAX_EXPONENT = 15;
  private static final int MAX_DISTINCT = 256;
  private static final double[] POWERS = new double[MAX_EXPONENT + 1];

  static {
    for (int i = 0; i < POWERS.length; i++) {
      POWERS[i] = Double.parseDouble("1e" + i);
    }
  }

  private ValueColumn() {}

  /** Appends the first {@code count} values. */
  public static void encode(double[] values, int count, ByteSink out, Scratch scratch) {
    var bits = new long[count];
    for (int i = 0; i < count; i++) {
      bits[i] = Double.doubleToRawLongBits(values[i]);
    }
    encodeBits(bits, count, out, scratch, true);
  }

  /** Whether a column written at this offset holds one value over and over. */
  public static boolean isConstant(ByteSink written, int byteOffset) {
    return written.array()[byteOffset] == CONSTANT;
  }

  /** Whether the column at the source's position holds one value over and over; {@link #constant} tells it. */
  public static boolean isConstant(ByteSource in) {
    return in.remaining() >= 9
        && in.bytes().get(ValueLayout.JAVA_BYTE, in.byteOffset()) == CONSTANT;
  }

  /** The value of a constant column. */
  public static double constant(ByteSource in) {
    return Double.longBitsToDouble(in.bytes().get(ByteSource.LONG, in.byteOffset() + 1));
  }

  private static void encodeBits(long[] bits, int count, ByteSink out, Scratch scratch,
      boolean nest) {
    if (count == 0) {
      return;
    }
    int runs = 1;
    for (int i = 1; i < count; i++) {
      if (bits[i] != bits[i - 1]) {
        runs++;
      }
    }
    if (runs == 1) {
      out.putByte(CONSTANT);
      out.putLong(bits[0]);
      return;
    }
    int start = out.size();
    int least = 1 + 8 * count;
    var trial = new ByteSink(count * 3 + 64);
    if (tryDecimal(bits, count, trial, scratch)) {
      least = keepShorter(out, start, least, trial);
    }
    if (least > 2.5 * count) {
      trial.clear();
      trial.putByte(BITS);
      LongColumn.encode(bits, count, trial, scratch);
      least = keepShorter(out, start, least, trial);
    }
    if (nest && runs <= count / 3) {
      trial.clear();
      tryRuns(bits, count, runs, trial, scratch);
      least = keepShorter(out, start, least, trial);
    }
    if (nest && count >= 16 && least > 0.5 * count) {
      trial.clear();
      if (tryDictionary(bits, count, trial, scratch)) {
        least = keepShorter(out, start, least, trial);
      }
    }
    if (out.size() == start) {
      out.putByte(RAW);
      for (int i = 0; i < count; i++) {
        out.putLong(bits[i]);
      }
    }
  }

  /** Puts the trial in place of what was written from {@code start} on, if it has fewer bytes than the least so far. */
  private static int keepShorter(ByteSink out, int start, int least, ByteSink trial) {
    if (trial.size() >= least) {
      return least;
    }
    out.truncate(start);
    out.putAll(trial);
    return trial.size();
  }

  private static void tryRuns(long[] bits, int count, int runs, ByteSink out, Scratch scratch) {
    var values = new long[runs];
    var lengths = new long[runs];
    int run = -1;
    for (int i = 0; i < count; i++) {
      if (i == 0 || bits[i] != bits[i - 1]) {
        values[++run] = bits[i];
      }
      lengths[run]++;
    }
    out.putByte(RUNS);
    out.putVarint(runs);
    encodeBits(values, runs, out, scratch, false);
    LongColumn.encode(lengths, runs, out, scratch);
  }

  private static boolean tryDictionary(long[] bits, int count, ByteSink out, Scratch scratch) {
    int limit = Math.min(MAX_DISTINCT, count / 4);
    var sorted = new long[limit + 1];
    int distinct = 0;
    for (int i = 0; i < count; i++) {
      if (i > 0 && bits[i] == bits[i - 1]) {
        continue;
      }
      int at = Arrays.binarySearch(sorted, 0, distinct, bits[i]);
      if (at < 0) {
        if (distinct == limit) {
          return false;
        }
        System.arraycopy(sorted, -at - 1, sorted, -at, distinct - (-at - 1));
        sorted[-at - 1] = bits[i];
        distinct++;
      }
    }
    var indexes = new long[count];
    for (int i = 0; i < count; i++) {
      indexes[i] = Arrays.binarySearch(sorted, 0, distinct, bits[i]);
    }
    out.putByte(DICTIONARY);
    out.putVarint(distinct);
    encodeBits(sorted, distinct, out, scratch, false);
    LongColumn.encode(indexes, count, out, scratch);
    return true;
  }

  private static boolean tryDecimal(long[] bits, int count, ByteSink out, Scratch scratch) {
    int step = Math.max(1, count / 32);
    int exponent = -1;
    int fewest = Integer.MAX_VALUE;
    for (int k = 0; k <= MAX_EXPONENT && fewest > 0; k++) {
      int misses = 0;
      for (int i = 0; i < count && misses < fewest; i += step) {
        if (!isDecimal(bits[i], k)) {
          misses++;
        }
      }
      if (misses < fewest) {
        fewest = misses;
        exponent = k;
      }
    }
    int sampled = (count + step - 1) / step;
    boolean done = false;
    if (fewest * 2 <= sampled) {
      encodeDecimal(bits, count, exponent, false, out, scratch);
      done = true;
    }
    if (fewest * 10 > sampled) {
      done |= tryDecimalUlp(bits, count, step, out, scratch);
    }
    return done;
  }

  private static boolean tryDecimalUlp(long[] bits, int count, int step, ByteSink out,
      Scratch scratch) {
    int exponent = -1;
    int fewest = Integer.MAX_VALUE;
    for (int k = 0; k <= 12 && fewest > 0; k++) {
      int misses = 0;
      for (int i = 0; i < count && misses < fewest; i += step) {
        if (!isNearDecimal(bits[i], k)) {
          misses++;
        }
      }
      if (misses < fewest) {
        fewest = misses;
        exponent = k;
      }
    }
    if (fewest * 4 > (count + step - 1) / step) {
      return false;
    }
    var trial = new ByteSink(count * 3 + 64);
    encodeDecimal(bits, count, exponent, true, trial, scratch);
    if (out.size() == 0 || trial.size() < out.size()) {
      out.clear();
      out.putAll(trial);
    }
    return true;
  }

  private static boolean isDecimal(long bits, int k) {
    double scaled = Double.longBitsToDouble(bits) * POWERS[k];
    return Math.abs(scaled) < 0x1p53
        && Double.doubleToRawLongBits((double) Math.round(scaled) / POWERS[k]) == bits;
  }

  private static boolean isNearDecimal(long bits, int k) {
    double scaled = Double.longBitsToDouble(bits) * POWERS[k];
    if (!(Math.abs(scaled) < 0x1p53)) {
      return false;
    }
    long away = bits - Double.doubleToRawLongBits((double) Math.round(scaled) / POWERS[k]);
    return away >= -16 && away <= 15;
  }

  private static void encodeDecimal(long[] bits, int count, int k, boolean ulps, ByteSink out,
      Scratch scratch) {
    var mantissas = new long[count];
    var away = ulps ? new long[count] : new long[0];
    int exceptions = 0;
    long before = 0;
    for (int i = 0; i < count; i++) {
      boolean good = ulps ? isNearDecimal(bits[i], k) : isDecimal(bits[i], k);
      if (good) {
        before = Math.round(Double.longBitsToDouble(bits[i]) * POWERS[k]);
        if (ulps) {
          away[i] = bits[i] - Double.doubleToRawLongBits((double) before / POWERS[k]);
        }
      } else {
        exceptions++;
      }
      mantissas[i] = before;
    }
    out.putByte(ulps ? DECIMAL_ULP : DECIMAL);
    out.putByte(k);
    out.putVarint(exceptions);
    int last = -1;
    for (int i = 0; i < count && exceptions > 0; i++) {
      boolean good = ulps ? isNearDecimal(bits[i], k) : isDecimal(bits[i], k);
      if (!good) {
        out.putVarint(i - last);
        out.putLong(bits[i]);
        last = i;
        exceptions--;
      }
    }
    LongColumn.encode(mantissas, count, out, scratch);
    if (ulps) {
      LongColumn.encode(away, count, out, scratch);
    }
  }

  /**
   * Reads {@code count} values into out from {@code outFrom} on, and leaves {@code in} behind the column.
   *
   * @throws IndexOutOfBoundsException if the bytes are not a column of that count
   */
  public static void decode(ByteSource in, int count, double[] out, int outFrom, Scratch scratch) {
    if (count > 0) {
      decode(in, count, 0, count, out, outFrom, scratch);
    }
  }

  /**
   * Reads the values [from, to) of {@code count}, at least one, into out from {@code outFrom} on. Hot path.
   *
   * @throws IndexOutOfBoundsException if the bytes are not a column of that count
   */
  public static void decode(ByteSource in, int count, int from, int to, double[] out, int outFrom,
      Scratch scratch) {
    int encoding = in.getByte();
    int size = to - from;
    switch (encoding) {
      case CONSTANT ->
        Arrays.fill(out, outFrom, outFrom + size, Double.longBitsToDouble(in.getLong()));
      case DECIMAL, DECIMAL_ULP ->
        decodeDecimal(in, count, from, to, encoding == DECIMAL_ULP, out, outFrom, scratch);
      case BITS -> {
        var longs = scratch.longs(size);
        LongColumn.decode(in, count, from, to, longs, 0, scratch);
        for (int i = 0; i < size; i++) {
          out[outFrom + i] = Double.longBitsToDouble(longs[i]);
        }
      }
      case DICTIONARY -> {
        int distinct = in.getCount(MAX_DISTINCT);
        var values = new double[distinct];
        decode(in, distinct, values, 0, scratch);
        var longs = scratch.longs(size);
        LongColumn.decode(in, count, from, to, longs, 0, scratch);
        for (int i = 0; i < size; i++) {
          if (longs[i] < 0 || longs[i] >= distinct) {
            throw new IndexOutOfBoundsException(
                "a dictionary of " + distinct + " values is asked for number " + longs[i]);
          }
          out[outFrom + i] = values[(int) longs[i]];
        }
      }
      case RUNS -> decodeRuns(in, count, from, to, out, outFrom, scratch);
      case RAW -> {
        in.seek(in.byteOffset() + 8L * from);
        for (int i = 0; i < size; i++) {
          out[outFrom + i] = Double.longBitsToDouble(in.getLong());
        }
        in.seek(in.byteOffset() + 8L * (count - to));
      }
      default -> throw new IndexOutOfBoundsException(
          "a column of values has the unknown encoding " + encoding);
    }
  }

  private static void decodeRuns(ByteSource in, int count, int from, int to, double[] out,
      int outFrom, Scratch scratch) {
    int runs = in.getCount(count);
    var values = new double[runs];
    decode(in, runs, values, 0, scratch);
    var longs = scratch.longs(runs);
    LongColumn.decode(in, runs, longs, 0, scratch);
    int at = 0;
    for (int run = 0; run < runs; run++) {
      if (longs[run] < 1 || longs[run] > count - at) {
        throw new IndexOutOfBoundsException(
            "a run has length " + longs[run] + " of " + (count - at));
      }
      int end = at + (int) longs[run];
      int first = Math.max(at, from);
      int behind = Math.min(end, to);
      if (first < behind) {
        Arrays.fill(out, outFrom + first - from, outFrom + behind - from, values[run]);
      }
      at = end;
    }
    if (at != count) {
      throw new IndexOutOfBoundsException("runs hold " + at + " values, want " + count);
    }
  }

  private static void decodeDecimal(ByteSource in, int count, int from, int to, boolean ulps,
      double[] out, int outFrom, Scratch scratch) {
    int k = in.getByte();
    if (k > MAX_EXPONENT) {
      throw new IndexOutOfBoundsException("a column of decimals has exponent " + k);
    }
    int exceptions = in.getCount(count);
    long exceptionsAt = in.byteOffset();
    for (int i = 0; i < exceptions; i++) {
      in.getVarint();
      in.getLong();
    }
    int size = to - from;
    var longs = scratch.longs(size);
    LongColumn.decode(in, count, from, to, longs, 0, scratch);
    divide(longs, size, POWERS[k], out, outFrom);
    if (ulps) {
      LongColumn.decode(in, count, from, to, longs, 0, scratch);
      for (int i = 0; i < size; i++) {
        out[outFrom + i] = Double
            .longBitsToDouble(Double.doubleToRawLongBits(out[outFrom + i]) + longs[i]);
      }
    }
    if (exceptions > 0) {
      long end = in.byteOffset();
      in.seek(exceptionsAt);
      int at = -1;
      for (int i = 0; i < exceptions; i++) {
        at += in.getCount(count);
        if (at >= count) {
          throw new IndexOutOfBoundsException("an exception lies behind its column");
        }
        long bits = in.getLong();
        if (at >= from && at < to) {
          out[outFrom + at - from] = Double.longBitsToDouble(bits);
        }
      }
      in.seek(end);
    }
  }

  private static void divide(long[] mantissas, int count, double power, double[] out, int outFrom) {
    if (power == 1) {
      for (int i = 0; i < count; i++) {
        out[outFrom + i] = mantissas[i];
      }
    } else {
      for (int i = 0; i < count; i++) {
        out[outFrom + i] = mantissas[i] / power;
      }
    }
  }
}

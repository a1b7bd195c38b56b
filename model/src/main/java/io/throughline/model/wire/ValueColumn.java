package io.throughline.model.wire;

/**
 * Doubles, each in as few bytes as its decimal form needs, bit for bit. Neighbours in a record are values
 * of different series, so what helps is each value's own shortness, not likeness to the one before.
 *
 * <pre>
 * size        field
 * ⌈n/2⌉       a tag of 4 bits per value, the even value in the low half
 * per value   its payload, a signed little-endian whole number p of 0 to 8 bytes
 *
 * tag
 * 0           0.0, no payload
 * 1 to 7      the whole number p, of that many bytes
 * 8           any double: p is its bits (8 bytes)
 * 9 to 15     (p >> 4) / 10^(p & 15), p of tag - 8 bytes
 * </pre>
 *
 * <p>Exactness: a mantissa below 2^53 and a power of ten up to 10^15 are both doubles, so their quotient
 * is correctly rounded and equals what a decimal parser makes of the text. The writer still divides and
 * compares before it uses the form. Hot path: once per sample, allocates nothing.
 */
final class ValueColumn {
  private static final int RAW = 8;
  private static final int DECIMAL = 8;
  private static final int MAX_SCALE = 15;
  private static final long MAX_WHOLE = 1L << 53;

  private static final double[] POWERS = new double[MAX_SCALE + 1];

  /**
   * By biased exponent: the largest scale at which every double of that exponent has a mantissa below
   * 2^51, so that mantissa and scale share 7 bytes; 0 where there is none.
   */
  private static final byte[] SCALE_OF_EXPONENT = new byte[2048];

  static {
    double power = 1;
    for (int i = 0; i <= MAX_SCALE; i++) {
      POWERS[i] = power;
      power *= 10;
    }
    for (int exponent = 0; exponent < 2047; exponent++) {
      int bits = 51 - (exponent - 1022);
      int scale = (int) Math.floor(bits * Math.log10(2));
      SCALE_OF_EXPONENT[exponent] = (byte) Math.clamp(scale, 0, MAX_SCALE);
    }
  }

  private ValueColumn() {}

  static void write(ByteWriter out, double[] values, int from, int to) {
    int count = to - from;
    int tagBytes = count + 1 >>> 1;
    out.ensure(tagBytes + 8 * count + 8);
    var bytes = out.bytes;
    int tagAt = out.position;
    int at = tagAt + tagBytes;
    for (int i = from; i < to; i += 2) {
      int even = writeOne(bytes, at, values[i]);
      at += payloadBytes(even);
      int odd = 0;
      if (i + 1 < to) {
        odd = writeOne(bytes, at, values[i + 1]);
        at += payloadBytes(odd);
      }
      bytes[tagAt++] = (byte) (even | odd << 4);
    }
    out.position = at;
  }

  private static int payloadBytes(int tag) {
    return tag <= 8 ? tag : tag - DECIMAL;
  }

  private static int writeOne(byte[] bytes, int at, double value) {
    long whole = (long) value;
    if (whole == value) {
      if (whole == 0) {
        if (Double.doubleToRawLongBits(value) == 0) {
          return 0;
        }
      } else if (whole <= MAX_WHOLE && whole >= -MAX_WHOLE) {
        ByteWriter.LONG.set(bytes, at, whole);
        return sizeOf(whole);
      }
    } else {
      long payload = decimal(value);
      if (payload != 0) {
        ByteWriter.LONG.set(bytes, at, payload);
        return DECIMAL + sizeOf(payload);
      }
    }
    ByteWriter.LONG.set(bytes, at, Double.doubleToRawLongBits(value));
    return RAW;
  }

  /** Bytes a signed number needs. */
  private static int sizeOf(long number) {
    return 72 - Long.numberOfLeadingZeros(number ^ number >> 63) >>> 3;
  }

  /** Mantissa and scale of a value that is not whole, or 0 where it has no short decimal form. */
  private static long decimal(double value) {
    int exponent = (int) (Double.doubleToRawLongBits(value) >>> 52) & 0x7ff;
    int scale = SCALE_OF_EXPONENT[exponent];
    // A value with fewer digits is one with all of them that ends in zeros: one trial decides.
    long mantissa = (long) Math.rint(value * POWERS[scale]);
    if (mantissa == 0 || mantissa / POWERS[scale] != value) {
      return 0;
    }
    if (mantissa % 100_000_000 == 0) {
      mantissa /= 100_000_000;
      scale -= 8;
    }
    if (mantissa % 10_000 == 0) {
      mantissa /= 10_000;
      scale -= 4;
    }
    if (mantissa % 100 == 0) {
      mantissa /= 100;
      scale -= 2;
    }
    if (mantissa % 10 == 0) {
      mantissa /= 10;
      scale -= 1;
    }
    return mantissa << 4 | scale;
  }

  static void read(ByteReader in, double[] into, int from, int count) {
    int tagBytes = count + 1 >>> 1;
    in.need(tagBytes);
    var bytes = in.bytes;
    int tagAt = in.position;
    int at = tagAt + tagBytes;
    int end = in.end;
    // An array as long as the record may end right behind it: the last payloads go the slow way.
    int fastEnd = Math.min(end, bytes.length) - 8;
    for (int i = 0; i < count; i++) {
      int tag = bytes[tagAt + (i >>> 1)] >>> ((i & 1) << 2) & 15;
      if (tag == 0) {
        into[from + i] = 0.0;
        continue;
      }
      int size = payloadBytes(tag);
      long payload;
      if (at <= fastEnd) {
        payload = (long) ByteWriter.LONG.get(bytes, at) << 64 - (size << 3) >> 64 - (size << 3);
      } else {
        in.position = at;
        in.need(size);
        payload = slowly(bytes, at, size);
      }
      at += size;
      if (tag < RAW) {
        into[from + i] = payload;
      } else if (tag > RAW) {
        into[from + i] = (payload >> 4) / POWERS[(int) payload & 15];
      } else {
        into[from + i] = Double.longBitsToDouble(payload);
      }
    }
    in.position = at;
  }

  private static long slowly(byte[] bytes, int at, int size) {
    long value = bytes[at + size - 1];
    for (int i = size - 2; i >= 0; i--) {
      value = value << 8 | bytes[at + i] & 0xff;
    }
    return value;
  }
}

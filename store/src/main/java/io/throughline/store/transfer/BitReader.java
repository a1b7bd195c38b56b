package io.throughline.store.transfer;

/** A stream of bits in a mapped file, highest first. */
final class BitReader {
  private final PrometheusBlock.BigEndian in;
  private final long endBit;
  private long bit;

  /** @param to byte after the last */
  BitReader(PrometheusBlock.BigEndian in, long from, long to) {
    this.in = in;
    bit = from * 8;
    endBit = to * 8;
  }

  /** A value of up to 64 bits. */
  long read(int size) {
    if (size > endBit - bit) {
      throw in.wrong("a chunk ends at byte " + endBit / 8 + " before its last sample");
    }
    long value = 0;
    int left = size;
    while (left > 0) {
      int inByte = (int) (bit & 7);
      int taken = Math.min(8 - inByte, left);
      int piece = in.byteAt(bit >>> 3) >>> 8 - inByte - taken & (1 << taken) - 1;
      value = value << taken | piece;
      bit += taken;
      left -= taken;
    }
    return value;
  }

  /** As many ones as come before a zero, at most {@code most}; the zero is read too. */
  int ones(int most) {
    int ones = 0;
    while (ones < most && read(1) == 1) {
      ones++;
    }
    return ones;
  }

  /** A signed number of which {@code size} bits were kept: 2^(size-1) itself counts as positive. */
  long signed(int size) {
    if (size == 0) {
      return 0;
    }
    long value = read(size);
    return size < 64 && value > 1L << size - 1 ? value - (1L << size) : value;
  }

  long uvarint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      long next = read(8);
      value |= (next & 0x7f) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw in.wrong("a varint in a chunk does not end");
  }

  RuntimeException wrong(String what) {
    return in.wrong(what);
  }

  /** A value in XOR encoding: what came before and in which window of bits it changed. */
  static final class XorValue {
    private long bits;
    private int leading;
    private int trailing;

    void first(BitReader from) {
      bits = from.read(64);
    }

    /** 0 → as before; 10 → XOR in the window before; 11 → 5 bits of leading zeros, 6 bits of length (0 is 64), XOR. */
    void next(BitReader from) {
      if (from.read(1) == 0) {
        return;
      }
      if (from.read(1) == 1) {
        leading = (int) from.read(5);
        int length = (int) from.read(6);
        trailing = 64 - leading - (length == 0 ? 64 : length);
        if (trailing < 0) {
          throw from.wrong("a value has " + leading + " leading zeros and " + length + " bits");
        }
      }
      bits ^= from.read(64 - leading - trailing) << trailing;
    }

    long bits() {
      return bits;
    }

    double value() {
      return Double.longBitsToDouble(bits);
    }
  }
}

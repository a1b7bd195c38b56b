package io.throughline.store.transfer;

/**
 * The samples of one chunk in Prometheus' XOR encoding.
 *
 * <pre>
 * uint16 number of samples, then a stream of bits, highest first:
 *   first sample    varint time in ms, 64 bits of value
 *   second          uvarint difference of times, value
 *   others          difference of differences, value
 *   difference of differences: 0 → 0; 10 → 14 bits; 110 → 17; 1110 → 20; 1111 → 64
 *   value: 0 → as before; 10 → XOR in the window before; 11 → 5 bits of leading zeros, 6 bits of length
 *          (0 is 64), XOR in that window
 * </pre>
 */
final class XorChunk {
  private final PrometheusBlock.BigEndian in;
  private final int count;
  private long bit;
  private final long endBit;
  private int index;
  private long timeMs;
  private long difference;
  private long bits;
  private int leading;
  private int trailing;

  XorChunk(PrometheusBlock.BigEndian in, long from, long length) {
    this.in = in;
    count = in.byteAt(from) << 8 | in.byteAt(from + 1);
    bit = (from + 2) * 8;
    endBit = (from + length) * 8;
  }

  int count() {
    return count;
  }

  long timeMs() {
    return timeMs;
  }

  double value() {
    return Double.longBitsToDouble(bits);
  }

  /** Moves to the next sample; to be called {@link #count} times. */
  void next() {
    if (index == 0) {
      long zigzag = uvarint();
      timeMs = (zigzag >>> 1) ^ -(zigzag & 1);
      bits = read(64);
    } else {
      if (index == 1) {
        difference = uvarint();
      } else {
        difference += differenceOfDifferences();
      }
      timeMs += difference;
      readValue();
    }
    index++;
  }

  private long differenceOfDifferences() {
    int ones = 0;
    while (ones < 4 && read(1) == 1) {
      ones++;
    }
    int size = switch (ones) {
      case 0 -> 0;
      case 1 -> 14;
      case 2 -> 17;
      case 3 -> 20;
      default -> 64;
    };
    if (size == 0 || size == 64) {
      return size == 0 ? 0 : read(64);
    }
    long value = read(size);
    // The range is lopsided: 2^(size-1) itself counts as positive.
    return value > 1L << size - 1 ? value - (1L << size) : value;
  }

  private void readValue() {
    if (read(1) == 0) {
      return;
    }
    if (read(1) == 1) {
      leading = (int) read(5);
      int length = (int) read(6);
      trailing = 64 - leading - (length == 0 ? 64 : length);
      if (trailing < 0) {
        throw in.wrong("a value has " + leading + " leading zeros and " + length + " bits");
      }
    }
    bits ^= read(64 - leading - trailing) << trailing;
  }

  private long uvarint() {
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

  private long read(int size) {
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
}

package io.throughline.query.api;

import io.throughline.model.NativeHistogram;
import java.util.Arrays;

/**
 * One chunk in Prometheus' encodings, as streamed remote read carries them: bits from the highest to the lowest of each
 * byte.
 *
 * <pre>
 * floats (XOR)      uint16 count, then per sample
 *   first             varint time, 64 bits of value
 *   second            uvarint difference of times, value
 *   others            difference of differences: 0 | 10+14 | 110+17 | 1110+20 | 1111+64 bits; value
 *   value             0 as before | 10 XOR in the window before | 11, 5 bits leading zeros, 6 bits length, XOR
 * histograms        uint16 count (always 1), 2 bits of reset hint and 6 zeros, zero threshold, schema, spans, bounds,
 *                   then time, count, zero count, sum, buckets
 *   numbers           0 | 10+3 | 110+6 | 1110+9 | 11110+12 | 111110+18 | 1111110+25 | 11111110+56 | 11111111+64 bits
 * </pre>
 *
 * A histogram stands in a chunk of its own: what a chunk of several would save is not worth a second form of every delta.
 */
final class ChunkOut {

  private static final int[] WIDTHS = {3, 6, 9, 12, 18, 25, 56};
  private static final int UINT16_BYTES = 2;
  private static final int ANY_THRESHOLD = 255;

  private byte[] bytes = new byte[1 << 10];
  private long bit;
  private int count;
  private long lastMs;
  private long difference;
  private long lastBits;
  private int leading;
  private int trailing;

  byte[] bytes() {
    return bytes;
  }

  int size() {
    return (int) ((bit + 7) >>> 3);
  }

  int count() {
    return count;
  }

  /** Begins a chunk. */
  void clear() {
    Arrays.fill(bytes, 0, size(), (byte) 0);
    bit = 8 * UINT16_BYTES;
    count = 0;
    leading = -1;
  }

  private void write(long value, int width) {
    if ((bit + width + 7) >>> 3 >= bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * bytes.length);
    }
    int left = width;
    while (left > 0) {
      int free = 8 - (int) (bit & 7);
      int taken = Math.min(free, left);
      long piece = value >>> left - taken & (1L << taken) - 1;
      bytes[(int) (bit >>> 3)] |= (byte) (piece << free - taken);
      bit += taken;
      left -= taken;
    }
  }

  private void counted() {
    count++;
    bytes[0] = (byte) (count >>> 8);
    bytes[1] = (byte) count;
  }

  private void uvarint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      write(rest & 0x7f | 0x80, 8);
      rest >>>= 7;
    }
    write(rest, 8);
  }

  void add(long timeMs, double value) {
    long now = Double.doubleToRawLongBits(value);
    if (count == 0) {
      uvarint(timeMs << 1 ^ timeMs >> 63);
      write(now, 64);
    } else {
      long step = timeMs - lastMs;
      if (count == 1) {
        uvarint(step);
      } else {
        difference(step - difference);
      }
      difference = step;
      xor(now ^ lastBits);
    }
    lastMs = timeMs;
    lastBits = now;
    counted();
  }

  private void difference(long value) {
    if (value == 0) {
      write(0, 1);
    } else if (fits(value, 14)) {
      write(0b10, 2);
      write(value, 14);
    } else if (fits(value, 17)) {
      write(0b110, 3);
      write(value, 17);
    } else if (fits(value, 20)) {
      write(0b1110, 4);
      write(value, 20);
    } else {
      write(0b1111, 4);
      write(value, 64);
    }
  }

  /** The range is lopsided: 2^(width-1) itself counts as positive. */
  private static boolean fits(long value, int width) {
    return value > -(1L << width - 1) && value <= 1L << width - 1;
  }

  private void xor(long changed) {
    if (changed == 0) {
      write(0, 1);
      return;
    }
    int zerosBefore = Math.min(31, Long.numberOfLeadingZeros(changed));
    int zerosBehind = Long.numberOfTrailingZeros(changed);
    if (leading >= 0 && zerosBefore >= leading && zerosBehind >= trailing) {
      write(0b10, 2);
    } else {
      leading = zerosBefore;
      trailing = zerosBehind;
      write(0b11, 2);
      write(leading, 5);
      // 64 does not fit into six bits, and 0 cannot be meant.
      write(64 - leading - trailing, 6);
    }
    write(changed >>> trailing, 64 - leading - trailing);
  }

  /** The only sample of a chunk. */
  void add(long timeMs, NativeHistogram h) {
    write(switch (h.resetHint()) {
      case UNKNOWN -> 0b00;
      case RESET -> 0b10;
      case NOT_RESET -> 0b01;
      case GAUGE -> 0b11;
    }, 2);
    write(0, 6);
    threshold(h.zeroThreshold());
    signed(h.schema());
    spans(h.positiveSpans());
    spans(h.negativeSpans());
    if (h.schema() == NativeHistogram.CUSTOM_BOUNDS) {
      unsigned(h.customBounds().length);
      for (double bound : h.customBounds()) {
        // A zero, then the bound as it is: the shorter form is for bounds of few digits.
        write(0, 1);
        write(Double.doubleToRawLongBits(bound), 64);
      }
    }
    signed(timeMs);
    if (h.isInteger()) {
      unsigned(h.countBits());
      unsigned(h.zeroCountBits());
      write(Double.doubleToRawLongBits(h.sum()), 64);
      differences(h.positiveCountBits());
      differences(h.negativeCountBits());
    } else {
      write(Double.doubleToRawLongBits(h.count()), 64);
      write(Double.doubleToRawLongBits(h.zeroCount()), 64);
      write(Double.doubleToRawLongBits(h.sum()), 64);
      plain(h.positiveCountBits());
      plain(h.negativeCountBits());
    }
    counted();
  }

  /** A power of two as its exponent in one byte, anything else in full. */
  private void threshold(double value) {
    int exponent = Math.getExponent(value) + 1;
    boolean power = value > 0 && exponent >= -242 && exponent <= 11
        && value == Math.scalb(1.0, exponent - 1);
    if (value == 0) {
      write(0, 8);
    } else if (power) {
      write(exponent + 243, 8);
    } else {
      write(ANY_THRESHOLD, 8);
      write(Double.doubleToRawLongBits(value), 64);
    }
  }

  private void spans(int[] spans) {
    unsigned(spans.length / 2);
    for (int i = 0; i < spans.length; i += 2) {
      unsigned(spans[i + 1]);
      signed(spans[i]);
    }
  }

  private void differences(long[] counts) {
    long before = 0;
    for (long one : counts) {
      signed(one - before);
      before = one;
    }
  }

  private void plain(long[] counts) {
    for (long one : counts) {
      write(one, 64);
    }
  }

  private void signed(long value) {
    int size = 0;
    while (size < WIDTHS.length && !fits(value, WIDTHS[size])) {
      size++;
    }
    number(value, value == 0, size);
  }

  private void unsigned(long value) {
    int size = 0;
    while (size < WIDTHS.length && value >>> WIDTHS[size] != 0) {
      size++;
    }
    number(value, value == 0, size);
  }

  private void number(long value, boolean zero, int size) {
    if (zero) {
      write(0, 1);
    } else if (size == WIDTHS.length) {
      write(0xff, 8);
      write(value, 64);
    } else {
      // As many ones as the size's place, then a zero.
      write((1L << size + 2) - 2, size + 2);
      write(value, WIDTHS[size]);
    }
  }
}

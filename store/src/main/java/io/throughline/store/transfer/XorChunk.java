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
 *   value: {@link BitReader.XorValue}
 * </pre>
 */
final class XorChunk {
  private final BitReader in;
  private final int count;
  private final BitReader.XorValue value = new BitReader.XorValue();
  private int index;
  private long timeMs;
  private long difference;

  XorChunk(PrometheusBlock.BigEndian in, long from, long length) {
    count = in.byteAt(from) << 8 | in.byteAt(from + 1);
    this.in = new BitReader(in, from + 2, from + length);
  }

  int count() {
    return count;
  }

  long timeMs() {
    return timeMs;
  }

  double value() {
    return value.value();
  }

  /** Moves to the next sample; to be called {@link #count} times. */
  void next() {
    if (index == 0) {
      long zigzag = in.uvarint();
      timeMs = (zigzag >>> 1) ^ -(zigzag & 1);
      value.first(in);
    } else {
      if (index == 1) {
        difference = in.uvarint();
      } else {
        difference += switch (in.ones(4)) {
          case 0 -> 0;
          case 1 -> in.signed(14);
          case 2 -> in.signed(17);
          case 3 -> in.signed(20);
          default -> in.read(64);
        };
      }
      timeMs += difference;
      value.next(in);
    }
    index++;
  }
}

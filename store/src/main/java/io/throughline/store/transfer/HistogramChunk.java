package io.throughline.store.transfer;

import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.model.SampleValues;
import io.throughline.store.transfer.BitReader.XorValue;

/**
 * The samples of one chunk of native histograms, whole or fractional, in Prometheus' encodings 2 and 3.
 *
 * <pre>
 * uint16 number of samples, uint8 flags (two highest bits: 00 unknown, 10 reset, 01 no reset, 11 gauge), then bits:
 *   layout          zero threshold (8 bits: 0 → 0, 255 → 64 bits follow, else 2^(it-244)), schema, spans of positive and
 *                   of negative buckets (number, then length and offset of each), bounds of a custom schema (number, then
 *                   0 → 64 bits follow, else (it-1)/1000)
 *   whole           time, count, zero count, 64 bits of sum, each bucket as the difference to the one before; from the
 *                   second sample on differences of differences, the sum in XOR
 *   fractional      time, 64 bits of count, zero count, sum and each bucket; from the second sample on the time as
 *                   differences of differences, the others in XOR
 *   a sample whose sum is the stale marker has no buckets, unless it is the first
 *   numbers         0 → 0; 10 → 3 bits; 110 → 6; 1110 → 9; 5 → 12; 6 → 18; 7 → 25; 8 → 56; eight ones → 64
 * </pre>
 */
final class HistogramChunk {
  static final int WHOLE = 2;
  static final int FRACTIONAL = 3;
  private static final int[] SIZES = {0, 3, 6, 9, 12, 18, 25, 56, 64};
  private static final int MOST_BUCKETS = 1 << 20;

  private final BitReader in;
  private final boolean whole;
  private final int count;
  private final int flags;
  private int index;
  private int schema;
  private double zeroThreshold;
  private Side positive = new Side(new int[0], 0);
  private Side negative = new Side(new int[0], 0);
  private double[] bounds = {};
  private final Dod time = new Dod();
  private final Dod total = new Dod();
  private final Dod zero = new Dod();
  private final XorValue totalXor = new XorValue();
  private final XorValue zeroXor = new XorValue();
  private final XorValue sum = new XorValue();

  /** A number of which differences of differences are kept. */
  private static final class Dod {
    private long value;
    private long difference;

    void add(long differenceOfDifferences) {
      difference += differenceOfDifferences;
      value += difference;
    }
  }

  /** The buckets of one sign. */
  private static final class Side {
    private final int[] spans;
    private final Dod[] numbers;
    private final XorValue[] values;

    Side(int[] spans, int buckets) {
      this.spans = spans;
      numbers = new Dod[buckets];
      values = new XorValue[buckets];
      for (int i = 0; i < buckets; i++) {
        numbers[i] = new Dod();
        values[i] = new XorValue();
      }
    }

    long[] counts(boolean whole) {
      var counts = new long[numbers.length];
      long absolute = 0;
      for (int i = 0; i < counts.length; i++) {
        absolute += numbers[i].value;
        counts[i] = whole ? absolute : values[i].bits();
      }
      return counts;
    }
  }

  HistogramChunk(PrometheusBlock.BigEndian in, long from, long length, int encoding) {
    whole = encoding == WHOLE;
    count = in.byteAt(from) << 8 | in.byteAt(from + 1);
    flags = in.byteAt(from + 2) >>> 6;
    this.in = new BitReader(in, from + 3, from + length);
  }

  int count() {
    return count;
  }

  long timeMs() {
    return time.value;
  }

  /** Moves to the next sample; to be called {@link #count} times. */
  void next() {
    if (index == 0) {
      layout();
      time.value = number();
      if (whole) {
        total.value = unsigned();
        zero.value = unsigned();
      } else {
        totalXor.first(in);
        zeroXor.first(in);
      }
      sum.first(in);
      buckets(positive);
      buckets(negative);
    } else {
      time.add(number());
      if (whole) {
        total.add(number());
        zero.add(number());
      } else {
        totalXor.next(in);
        zeroXor.next(in);
      }
      sum.next(in);
      if (!SampleValues.isStale(sum.value())) {
        buckets(positive);
        buckets(negative);
      }
    }
    index++;
  }

  private void buckets(Side side) {
    for (int i = 0; i < side.numbers.length; i++) {
      if (!whole && index == 0) {
        side.values[i].first(in);
      } else if (!whole) {
        side.values[i].next(in);
      } else if (index == 0) {
        side.numbers[i].value = number();
      } else {
        side.numbers[i].add(number());
      }
    }
  }

  /** The sample as it is now; its arrays are its own. */
  NativeHistogram histogram() {
    if (SampleValues.isStale(sum.value())) {
      return NativeHistogram.stale();
    }
    return new NativeHistogram(whole, hint(), schema, zeroThreshold,
        whole ? zero.value : zeroXor.bits(), whole ? total.value : totalXor.bits(), sum.value(),
        positive.spans.clone(), positive.counts(whole), negative.spans.clone(),
        negative.counts(whole), bounds.clone());
  }

  /** A reset before the chunk is one before its first sample; within a counter's chunk there is none. */
  private ResetHint hint() {
    return switch (flags) {
      case 3 -> ResetHint.GAUGE;
      case 2 -> index > 1 ? ResetHint.NOT_RESET : ResetHint.RESET;
      default -> index > 1 ? ResetHint.NOT_RESET : ResetHint.UNKNOWN;
    };
  }

  private void layout() {
    int threshold = (int) in.read(8);
    zeroThreshold = switch (threshold) {
      case 0 -> 0;
      case 255 -> Double.longBitsToDouble(in.read(64));
      default -> Math.scalb(0.5, threshold - 243);
    };
    schema = (int) number();
    positive = side();
    negative = side();
    if (schema == NativeHistogram.CUSTOM_BOUNDS) {
      bounds = new double[size(unsigned())];
      for (int i = 0; i < bounds.length; i++) {
        long bound = unsigned();
        bounds[i] = bound == 0 ? Double.longBitsToDouble(in.read(64)) : (bound - 1) / 1000.0;
      }
    }
  }

  private Side side() {
    var spans = new int[2 * size(unsigned())];
    int buckets = 0;
    for (int i = 0; i < spans.length; i += 2) {
      spans[i + 1] = size(unsigned());
      spans[i] = (int) number();
      buckets = size((long) buckets + spans[i + 1]);
    }
    return new Side(spans, buckets);
  }

  private int size(long value) {
    if (value < 0 || value > MOST_BUCKETS) {
      throw in.wrong(
          "a histogram has " + value + " spans, buckets or bounds, want at most " + MOST_BUCKETS);
    }
    return (int) value;
  }

  private long number() {
    return in.signed(SIZES[in.ones(8)]);
  }

  private long unsigned() {
    return in.read(SIZES[in.ones(8)]);
  }
}

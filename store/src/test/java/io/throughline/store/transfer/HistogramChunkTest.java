package io.throughline.store.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.model.SampleValues;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chunks written bit by bit as the format's page says, read back. */
class HistogramChunkTest {

  /** Bits, highest first. */
  private static final class Bits {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private int open;
    private int used;

    void put(long value, int size) {
      for (int i = size - 1; i >= 0; i--) {
        open = open << 1 | (int) (value >>> i & 1);
        if (++used == 8) {
          bytes.write(open);
          open = 0;
          used = 0;
        }
      }
    }

    /** The smallest of the sizes that holds it. */
    void number(long value) {
      int[] sizes = {3, 6, 9, 12, 18, 25, 56};
      if (value == 0) {
        put(0, 1);
        return;
      }
      for (int i = 0; i < sizes.length; i++) {
        long half = 1L << sizes[i] - 1;
        if (value > -half && value <= half) {
          put((1L << i + 2) - 2, i + 2);
          put(value, sizes[i]);
          return;
        }
      }
      put(255, 8);
      put(value, 64);
    }

    void unsigned(long value) {
      int[] sizes = {3, 6, 9, 12, 18, 25, 56};
      if (value == 0) {
        put(0, 1);
        return;
      }
      for (int i = 0; i < sizes.length; i++) {
        if (value >>> sizes[i] == 0) {
          put((1L << i + 2) - 2, i + 2);
          put(value, sizes[i]);
          return;
        }
      }
      put(255, 8);
      put(value, 64);
    }

    /** Always with a window of its own. */
    void xor(long before, long now) {
      long changed = before ^ now;
      if (changed == 0) {
        put(0, 1);
        return;
      }
      int leading = Math.min(31, Long.numberOfLeadingZeros(changed));
      int trailing = Long.numberOfTrailingZeros(changed);
      int length = 64 - leading - trailing;
      put(3, 2);
      put(leading, 5);
      put(length == 64 ? 0 : length, 6);
      put(changed >>> trailing, length);
    }

    byte[] toArray() {
      while (used != 0) {
        put(0, 1);
      }
      return bytes.toByteArray();
    }
  }

  private record Sample(long timeMs, NativeHistogram histogram) {}

  private static NativeHistogram histogram(Random random, boolean whole, ResetHint hint,
      boolean custom, int[] spans, double[] bounds) {
    int buckets = 0;
    for (int i = 1; i < spans.length; i += 2) {
      buckets += spans[i];
    }
    var positive = new long[buckets];
    var negative = new long[custom ? 0 : buckets];
    for (int i = 0; i < buckets; i++) {
      positive[i] = count(random, whole);
      if (!custom) {
        negative[i] = count(random, whole);
      }
    }
    return new NativeHistogram(whole, hint, custom ? NativeHistogram.CUSTOM_BOUNDS : 3,
        custom ? 0 : 0x1p-128, custom ? 0 : count(random, whole), count(random, whole),
        random.nextGaussian() * 1e3, spans.clone(), positive, custom ? new int[0] : spans.clone(),
        negative, bounds.clone());
  }

  private static long count(Random random, boolean whole) {
    long number = random.nextInt(4) == 0 ? random.nextLong(1L << 40) : random.nextInt(20);
    return whole ? number : Double.doubleToRawLongBits(number + random.nextInt(4) / 4.0);
  }

  private static byte[] chunk(List<Sample> samples, boolean whole, int flags) {
    var first = samples.getFirst().histogram();
    var bits = new Bits();
    if (first.zeroThreshold() == 0) {
      bits.put(0, 8);
    } else {
      bits.put(Math.getExponent(first.zeroThreshold()) + 1 + 243, 8);
    }
    bits.number(first.schema());
    spans(bits, first.positiveSpans());
    spans(bits, first.negativeSpans());
    if (first.schema() == NativeHistogram.CUSTOM_BOUNDS) {
      bits.unsigned(first.customBounds().length);
      for (double bound : first.customBounds()) {
        double thousand = bound * 1000;
        if (thousand >= 0 && thousand <= 33_554_430 && thousand == Math.rint(thousand)) {
          bits.unsigned((long) thousand + 1);
        } else {
          bits.put(0, 1);
          bits.put(Double.doubleToRawLongBits(bound), 64);
        }
      }
    }
    int width = 3 + first.positiveCountBits().length + first.negativeCountBits().length;
    var before = new long[width];
    var difference = new long[width];
    long sumBefore = 0;
    for (int n = 0; n < samples.size(); n++) {
      var sample = samples.get(n);
      boolean stale = sample.histogram().isStale();
      var row = stale ? staleRow(sample, width) : row(sample, whole);
      long sum = Double.doubleToRawLongBits(sample.histogram().sum());
      for (int i = 0; i < width; i++) {
        if (i == 3) {
          sum(bits, n, sumBefore, sum);
        }
        if (i >= 3 && stale && n > 0) {
          break;
        }
        boolean xor = !whole && i > 0;
        if (n == 0) {
          if (xor) {
            bits.put(row[i], 64);
          } else if (whole && (i == 1 || i == 2)) {
            bits.unsigned(row[i]);
          } else {
            bits.number(row[i]);
          }
        } else if (xor) {
          bits.xor(before[i], row[i]);
        } else {
          bits.number(row[i] - before[i] - difference[i]);
          difference[i] = row[i] - before[i];
        }
        before[i] = row[i];
      }
      if (width == 3) {
        sum(bits, n, sumBefore, sum);
      }
      sumBefore = sum;
    }
    var stream = bits.toArray();
    var bytes = new byte[3 + stream.length];
    bytes[0] = (byte) (samples.size() >>> 8);
    bytes[1] = (byte) samples.size();
    bytes[2] = (byte) (flags << 6);
    System.arraycopy(stream, 0, bytes, 3, stream.length);
    return bytes;
  }

  private static void sum(Bits bits, int n, long before, long now) {
    if (n == 0) {
      bits.put(now, 64);
    } else {
      bits.xor(before, now);
    }
  }

  /** Time, count, zero count, buckets; whole buckets as differences to the one before. */
  private static long[] row(Sample sample, boolean whole) {
    var histogram = sample.histogram();
    var positive = histogram.positiveCountBits();
    var negative = histogram.negativeCountBits();
    var row = new long[3 + positive.length + negative.length];
    row[0] = sample.timeMs();
    row[1] = histogram.countBits();
    row[2] = histogram.zeroCountBits();
    for (int i = 0; i < positive.length; i++) {
      row[3 + i] = positive[i] - (whole && i > 0 ? positive[i - 1] : 0);
    }
    for (int i = 0; i < negative.length; i++) {
      row[3 + positive.length + i] = negative[i] - (whole && i > 0 ? negative[i - 1] : 0);
    }
    return row;
  }

  private static long[] staleRow(Sample sample, int width) {
    var row = new long[width];
    row[0] = sample.timeMs();
    return row;
  }

  private static void spans(Bits bits, int[] spans) {
    bits.unsigned(spans.length / 2);
    for (int i = 0; i < spans.length; i += 2) {
      bits.unsigned(spans[i + 1]);
      bits.number(spans[i]);
    }
  }

  private static List<Sample> read(byte[] chunk, int encoding) {
    var in = new PrometheusBlock.BigEndian(Path.of("chunk"), MemorySegment.ofArray(chunk));
    var reader = new HistogramChunk(in, 0, chunk.length, encoding);
    var read = new ArrayList<Sample>();
    for (int left = reader.count(); left > 0; left--) {
      reader.next();
      read.add(new Sample(reader.timeMs(), reader.histogram()));
    }
    return read;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void everySampleReadsBackBitForBit(int seed) {
    var random = new Random(seed);
    boolean whole = seed % 2 == 0;
    boolean custom = seed % 4 >= 2;
    int flags = random.nextInt(4);
    var spans = new int[] {custom ? 0 : -7, 3, 2, 1 + random.nextInt(5)};
    var bounds = custom
        ? new double[] {-1.5, 0.005, 0.25, 1, 10.0001, 1e9, 2e9, 3e9, 4e9, 5e9, 6e9}
        : new double[0];
    var samples = new ArrayList<Sample>();
    long time = 1_700_000_000_000L;
    for (int i = 0; i < 40; i++) {
      time += 15_000 + random.nextInt(3) - (i == 20 ? 100_000 : 0);
      var hint = flags == 3
          ? ResetHint.GAUGE
          : i > 0 ? ResetHint.NOT_RESET : flags == 2 ? ResetHint.RESET : ResetHint.UNKNOWN;
      samples.add(new Sample(time, histogram(random, whole, hint, custom, spans, bounds)));
    }
    samples.add(new Sample(time + 1, NativeHistogram.stale()));

    var read = read(chunk(samples, whole, flags),
        whole ? HistogramChunk.WHOLE : HistogramChunk.FRACTIONAL);

    assertThat(read).isEqualTo(samples);
  }

  @Test
  void theStaleMarkerKeepsItsBits() {
    var samples = List.of(new Sample(5,
        histogram(new Random(1), true, ResetHint.UNKNOWN, false, new int[] {0, 2}, new double[0])),
        new Sample(6, NativeHistogram.stale()));

    var read = read(chunk(samples, true, 0), HistogramChunk.WHOLE);

    assertThat(Double.doubleToRawLongBits(read.getLast().histogram().sum()))
        .isEqualTo(SampleValues.STALE_NAN_BITS);
  }
}

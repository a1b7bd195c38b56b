package io.throughline.store.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.model.SeriesMetadata;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * A block that Debian's Prometheus 2.42 wrote of native histograms is handed over histogram for histogram.
 *
 * <p>The block in {@code prometheus-2.42-histograms} is of its snapshot after {@link #measured} was sent to it by remote
 * write. Prometheus gives all histograms of a chunk the same spans, those that came first too, so buckets are compared
 * by their index, and empty ones count as absent; all else is compared by its bits.
 */
final class WrittenBlockTest {
  private static final Path BLOCK = Path.of("src/test/resources/prometheus-2.42-histograms");
  private static final long START_MS = 1_700_000_000_000L;
  private static final int SAMPLES = 150;

  /** One histogram of a series at a time. */
  record Measured(String kind, long timeMs, NativeHistogram histogram) {}

  /**
   * Counters whose buckets come one by one and which begin anew in the middle, of whole and of fractional counts, with
   * negative buckets and a zero bucket.
   */
  static List<Measured> measured() {
    var all = new ArrayList<Measured>();
    for (var kind : List.of("whole", "fractional")) {
      var random = new Random(kind.length());
      var positive = new long[24];
      var negative = new long[5];
      long zero = 0;
      double sum = 0;
      for (int i = 0; i < SAMPLES; i++) {
        if (i == SAMPLES / 2) {
          Arrays.fill(positive, 0);
          Arrays.fill(negative, 0);
          zero = 0;
          sum = 0;
        }
        for (int observed = 0; observed < 20; observed++) {
          int bucket = Math.min(positive.length - 1,
              (int) Math.abs(random.nextGaussian() * (3 + i / 10.0)));
          positive[bucket]++;
          sum += bucket + random.nextDouble();
        }
        negative[random.nextInt(negative.length)]++;
        zero += random.nextInt(2);
        long time = START_MS + 15_000L * i + random.nextInt(3);
        all.add(new Measured(kind, time, histogram(kind, positive, negative, zero, sum)));
      }
    }
    return all;
  }

  private static NativeHistogram histogram(String kind, long[] positive, long[] negative, long zero,
      double sum) {
    boolean whole = kind.equals("whole");
    long count = zero;
    for (long each : positive) {
      count += each;
    }
    for (long each : negative) {
      count += each;
    }
    var above = filled(positive, -4, whole);
    var below = filled(negative, 2, whole);
    return new NativeHistogram(whole, ResetHint.UNKNOWN, 3, 0.001, bits(zero, whole),
        bits(count, whole), sum, above.spans, above.counts, below.spans, below.counts,
        new double[0]);
  }

  private static long bits(long count, boolean whole) {
    return whole ? count : Double.doubleToRawLongBits(count / 2.0);
  }

  private record Side(int[] spans, long[] counts) {}

  /** Only buckets that have something, the first of index {@code from}. */
  private static Side filled(long[] buckets, int from, boolean whole) {
    var spans = new ArrayList<Integer>();
    var counts = new ArrayList<Long>();
    int behind = 0;
    for (int i = 0; i < buckets.length; i++) {
      if (buckets[i] == 0) {
        continue;
      }
      int index = from + i;
      if (!spans.isEmpty() && index == behind) {
        spans.set(spans.size() - 1, spans.getLast() + 1);
      } else {
        spans.add(index - behind);
        spans.add(1);
      }
      behind = index + 1;
      counts.add(bits(buckets[i], whole));
    }
    return new Side(spans.stream().mapToInt(i -> i).toArray(),
        counts.stream().mapToLong(i -> i).toArray());
  }

  private static TreeMap<Integer, Long> buckets(int[] spans, long[] countBits) {
    var buckets = new TreeMap<Integer, Long>();
    int index = 0;
    int at = 0;
    for (int i = 0; i < spans.length; i += 2) {
      index += spans[i];
      for (int k = 0; k < spans[i + 1]; k++) {
        if (countBits[at] != 0) {
          buckets.put(index, countBits[at]);
        }
        at++;
        index++;
      }
    }
    return buckets;
  }

  private static String told(NativeHistogram histogram) {
    return histogram.isInteger() + " schema " + histogram.schema() + " zero "
        + histogram.zeroThreshold() + " " + histogram.zeroCountBits() + " count "
        + histogram.countBits() + " sum " + Double.doubleToRawLongBits(histogram.sum()) + " above "
        + buckets(histogram.positiveSpans(), histogram.positiveCountBits()) + " below "
        + buckets(histogram.negativeSpans(), histogram.negativeCountBits());
  }

  private static final class Kept implements ImportTarget {
    private final List<Labels> series = new ArrayList<>();
    private final TreeMap<String, TreeMap<Long, NativeHistogram>> histograms = new TreeMap<>();
    private final List<Double> floats = new ArrayList<>();

    @Override
    public int series(Labels labels, SeriesMetadata described) {
      series.add(labels);
      return series.size() - 1;
    }

    @Override
    public void sample(int handle, long timeMs, double value) {
      floats.add(value);
    }

    @Override
    public void histogram(int handle, long timeMs, NativeHistogram histogram) {
      assertThat(histogram.invalidReason()).isNull();
      var kind = String.valueOf(series.get(handle).get("kind"));
      var before = histograms.computeIfAbsent(kind, key -> new TreeMap<>()).put(timeMs, histogram);
      assertThat(before).isNull();
    }

    @Override
    public void progress(ImportProgress progress) {
      assertThat(progress.doneBytes()).isLessThanOrEqualTo(progress.totalBytes());
    }
  }

  @Test
  void everyHistogramOfABlockOfDebiansPrometheusIsHandedOver() throws Exception {
    var got = new Kept();

    var progress = PrometheusBlock.read(BLOCK, got);

    assertThat(got.floats).isEmpty();
    assertThat(got.histograms.keySet()).containsExactly("fractional", "whole");
    assertThat(progress.samples()).isEqualTo(2L * SAMPLES);
    for (var wanted : measured()) {
      var kept = got.histograms.getOrDefault(wanted.kind, new TreeMap<>()).get(wanted.timeMs);
      assertThat(kept).as(wanted.kind + " at " + wanted.timeMs).isNotNull();
      if (kept != null) {
        assertThat(told(kept)).isEqualTo(told(wanted.histogram));
      }
    }
  }
}

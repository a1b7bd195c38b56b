package io.throughline.store.head;

import io.throughline.model.NativeHistogram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The sum of two histograms. Of two exponential schemas the coarser is taken. */
final class HistogramSum {
  private HistogramSum() {}

  /** The sum, or null where custom bounds or zero thresholds differ, so that no sum is exact. */
  static @Nullable NativeHistogram add(NativeHistogram a, NativeHistogram b) {
    boolean custom = a.schema() == NativeHistogram.CUSTOM_BOUNDS;
    if (custom != (b.schema() == NativeHistogram.CUSTOM_BOUNDS)
        || Double.compare(a.zeroThreshold(), b.zeroThreshold()) != 0
        || !Arrays.equals(a.customBounds(), b.customBounds())) {
      return null;
    }
    int schema = Math.min(a.schema(), b.schema());
    boolean integer = a.isInteger() && b.isInteger();
    var positive = new TreeMap<Integer, Long>();
    var negative = new TreeMap<Integer, Long>();
    for (var part : new NativeHistogram[] {a, b}) {
      int shift = part.schema() - schema;
      gather(part.positiveSpans(), part.positiveCountBits(), part.isInteger(), integer, shift,
          positive);
      gather(part.negativeSpans(), part.negativeCountBits(), part.isInteger(), integer, shift,
          negative);
    }
    return new NativeHistogram(integer, NativeHistogram.ResetHint.UNKNOWN, schema,
        a.zeroThreshold(),
        sum(bits(a.zeroCountBits(), a.isInteger(), integer),
            bits(b.zeroCountBits(), b.isInteger(), integer), integer),
        sum(bits(a.countBits(), a.isInteger(), integer),
            bits(b.countBits(), b.isInteger(), integer), integer),
        a.sum() + b.sum(), spans(positive), counts(positive), spans(negative), counts(negative),
        a.customBounds());
  }

  private static long bits(long bits, boolean isInteger, boolean wantInteger) {
    return isInteger && !wantInteger ? Double.doubleToRawLongBits((double) bits) : bits;
  }

  private static long sum(long left, long right, boolean integer) {
    return integer
        ? left + right
        : Double
            .doubleToRawLongBits(Double.longBitsToDouble(left) + Double.longBitsToDouble(right));
  }

  private static void gather(int[] spans, long[] counts, boolean isInteger, boolean wantInteger,
      int shift, Map<Integer, Long> into) {
    int index = 0;
    int at = 0;
    for (int i = 0; i + 1 < spans.length; i += 2) {
      index += spans[i];
      for (int k = 0; k < spans[i + 1] && at < counts.length; k++) {
        // Bucket i ends at 2^(i·2^-schema): 2^shift neighbours end in the coarser ⌈i / 2^shift⌉.
        int coarse = shift == 0 ? index : (index - 1 >> shift) + 1;
        into.merge(coarse, bits(counts[at++], isInteger, wantInteger),
            (x, y) -> sum(x, y, wantInteger));
        index++;
      }
    }
  }

  private static int[] spans(TreeMap<Integer, Long> buckets) {
    var spans = new ArrayList<Integer>();
    int expected = 0;
    for (int index : buckets.keySet()) {
      if (spans.isEmpty() || index != expected) {
        spans.add(spans.isEmpty() ? index : index - expected);
        spans.add(0);
      }
      spans.set(spans.size() - 1, spans.getLast() + 1);
      expected = index + 1;
    }
    return spans.stream().mapToInt(Integer::intValue).toArray();
  }

  private static long[] counts(TreeMap<Integer, Long> buckets) {
    return buckets.values().stream().mapToLong(Long::longValue).toArray();
  }
}

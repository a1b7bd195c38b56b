package io.throughline.collector;

import io.throughline.model.NativeHistogram;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Merges neighbouring buckets of an exponential histogram into those of a coarser schema: bucket {@code i}
 * of schema {@code s} lies in bucket {@code ceil(i / 2^(s-t))} of schema {@code t}. Exact: no count is
 * estimated.
 */
final class BucketReduction {

  private BucketReduction() {}

  static NativeHistogram toMaxSchema(NativeHistogram fine) {
    int shift = fine.schema() - NativeHistogram.MAX_SCHEMA;
    var positive = reduce(fine, fine.positiveSpans(), fine.positiveCountBits(), shift);
    var negative = reduce(fine, fine.negativeSpans(), fine.negativeCountBits(), shift);
    return new NativeHistogram(fine.isInteger(), fine.resetHint(), NativeHistogram.MAX_SCHEMA,
        fine.zeroThreshold(), fine.zeroCountBits(), fine.countBits(), fine.sum(), spansOf(positive),
        countsOf(positive), spansOf(negative), countsOf(negative), fine.customBounds());
  }

  private static TreeMap<Integer, Long> reduce(NativeHistogram of, int[] spans, long[] counts,
      int shift) {
    var merged = new TreeMap<Integer, Long>();
    int index = 0;
    int at = 0;
    for (int span = 0; span < spans.length; span += 2) {
      index += spans[span];
      for (int i = 0; i < spans[span + 1] && at < counts.length; i++, index++, at++) {
        merged.merge(coarser(index, shift), counts[at], (a, b) -> of.isInteger()
            ? a + b
            : Double.doubleToRawLongBits(Double.longBitsToDouble(a) + Double.longBitsToDouble(b)));
      }
    }
    return merged;
  }

  /** The index in a schema coarser by {@code shift} of the bucket that holds this one. */
  static int coarser(int index, int shift) {
    return shift >= 31 ? index > 0 ? 1 : 0 : (index - 1 >> shift) + 1;
  }

  /** Spans over the buckets that are there. */
  static int[] spansOf(TreeMap<Integer, Long> buckets) {
    var spans = new int[2 * buckets.size()];
    int size = 0;
    int next = 0;
    for (int index : buckets.keySet()) {
      if (size > 0 && index == next) {
        spans[size - 1]++;
      } else {
        spans[size++] = index - next;
        spans[size++] = 1;
      }
      next = index + 1;
    }
    return Arrays.copyOf(spans, size);
  }

  static long[] countsOf(Map<Integer, Long> buckets) {
    return buckets.values().stream().mapToLong(Long::longValue).toArray();
  }
}

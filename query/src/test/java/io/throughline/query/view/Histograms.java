package io.throughline.query.view;

import io.throughline.model.NativeHistogram;
import java.util.TreeMap;

/** Makes native histograms from observations. */
final class Histograms {
  private final int schema;
  private final TreeMap<Integer, Long> buckets = new TreeMap<>();
  private long count;
  private double sum;

  Histograms(int schema) {
    this.schema = schema;
  }

  Histograms observe(double value, long times) {
    int index = (int) Math.ceil(Math.log(value) / Math.log(2) * Math.pow(2, schema) - 1e-9);
    buckets.merge(index, times, Long::sum);
    count += times;
    sum += value * times;
    return this;
  }

  NativeHistogram snapshot() {
    var spans = new int[buckets.size() * 2];
    var counts = new long[buckets.size()];
    int i = 0;
    int end = 0;
    for (var bucket : buckets.entrySet()) {
      spans[2 * i] = bucket.getKey() - end;
      spans[2 * i + 1] = 1;
      end = bucket.getKey() + 1;
      counts[i++] = bucket.getValue();
    }
    return new NativeHistogram(true, NativeHistogram.ResetHint.UNKNOWN, schema, 0, 0, count, sum,
        spans, counts, new int[0], new long[0], new double[0]);
  }
}

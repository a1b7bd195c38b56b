package io.throughline.query.engine;

import java.util.Arrays;

/** Quantiles of plain values: linear between neighbours, NaN as the smallest of all. */
final class Quantiles {

  private Quantiles() {}

  /** Values in ascending order, NaN first. */
  interface Ordered {
    double at(int index);
  }

  /** Sorts the first values, which are those that count. */
  static double quantile(double q, double[] values, int size) {
    Arrays.sort(values, 0, size);
    int nans = 0;
    while (nans < size && Double.isNaN(values[size - 1 - nans])) {
      nans++;
    }
    int first = nans;
    return quantile(q, index -> index < first ? Double.NaN : values[index - first], size);
  }

  static double quantile(double q, Ordered values, int size) {
    if (size == 0 || Double.isNaN(q)) {
      return Double.NaN;
    }
    if (q < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (q > 1) {
      return Double.POSITIVE_INFINITY;
    }
    double rank = q * (size - 1);
    int lower = (int) Math.max(0, Math.floor(rank));
    int upper = Math.min(size - 1, lower + 1);
    double weight = rank - Math.floor(rank);
    return values.at(lower) * (1 - weight) + values.at(upper) * weight;
  }
}

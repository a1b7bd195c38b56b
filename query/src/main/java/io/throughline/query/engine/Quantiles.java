package io.throughline.query.engine;

import java.util.Arrays;

/** Quantiles of plain values: linear between neighbours, NaN as the smallest of all. */
final class Quantiles {

  private Quantiles() {}

  /** Sorts the first values, which are those that count. */
  static double quantile(double q, double[] values, int size) {
    if (size == 0 || Double.isNaN(q)) {
      return Double.NaN;
    }
    if (q < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (q > 1) {
      return Double.POSITIVE_INFINITY;
    }
    Arrays.sort(values, 0, size);
    int nans = 0;
    while (nans < size && Double.isNaN(values[size - 1 - nans])) {
      nans++;
    }
    double rank = q * (size - 1);
    int lower = (int) Math.max(0, Math.floor(rank));
    int upper = Math.min(size - 1, lower + 1);
    double weight = rank - Math.floor(rank);
    return at(values, nans, lower) * (1 - weight) + at(values, nans, upper) * weight;
  }

  private static double at(double[] sorted, int nans, int index) {
    return index < nans ? Double.NaN : sorted[index - nans];
  }
}

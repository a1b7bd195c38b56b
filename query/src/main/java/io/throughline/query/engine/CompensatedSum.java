package io.throughline.query.engine;

/**
 * A sum that keeps the rounding error of each addition (Neumaier's variant of Kahan's): [1, 1e100, 1, -1e100] is 2. The
 * order of additions is that of the samples' times, or of the series as they come, which is the same each time.
 */
final class CompensatedSum {

  private double sum;
  private double lost;

  void reset() {
    sum = 0;
    lost = 0;
  }

  void add(double value) {
    double total = sum + value;
    lost = Double.isInfinite(total) ? 0 : lost + RangeFunctions.lost(sum, value, total);
    sum = total;
  }

  double value() {
    return sum + lost;
  }

  /** Writes sum and rounding error to two places. */
  void store(double[] into, int at) {
    into[at] = sum;
    into[at + 1] = lost;
  }

  /** The value of this and another one together. */
  double with(double otherSum, double otherLost) {
    double total = sum + otherSum;
    return Double.isInfinite(total)
        ? total
        : total + (lost + otherLost + RangeFunctions.lost(sum, otherSum, total));
  }
}

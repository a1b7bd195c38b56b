package io.throughline.query.engine;

/**
 * A sum that keeps the rounding error of each addition (Neumaier's variant of Kahan's): [1, 1e100, 1, -1e100] is 2. The
 * order of additions is the order of series by labels, then of time, on every machine.
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
}

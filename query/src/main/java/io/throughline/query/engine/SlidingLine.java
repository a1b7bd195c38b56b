package io.throughline.query.engine;

/**
 * deriv and predict_linear: the line of least squares, of the sums of x, y, xy and x², x in seconds and y measured from a
 * sample of the window.
 *
 * <p>Prometheus measures x from the window's first sample or from the evaluation, and y from zero, and takes the products
 * of means from the means of products. What is left has as many digits less as it is smaller: of a gauge near 1e9 that
 * wanders by 1 without going anywhere the slope's last eight. Such windows are looked at in Prometheus' own order.
 */
final class SlidingLine extends SlidingSums {

  private final boolean slopeOnly;
  private final double[] seconds;
  private double center;
  private long centerMs;

  /** @param seconds how far ahead of each step the line is followed; empty for the slope */
  SlidingLine(double[] seconds) {
    super(5);
    this.slopeOnly = seconds.length == 0;
    this.seconds = seconds;
  }

  @Override
  void anchor(Samples s, int sample) {
    center = s.values[sample];
    centerMs = s.times[sample];
  }

  @Override
  void terms(Samples s, int sample, double[] into) {
    double x = (s.times[sample] - centerMs) / 1000.0;
    double y = s.values[sample] - center;
    into[0] = x;
    into[1] = y;
    into[2] = x * y;
    into[3] = x * x;
    into[4] = Math.abs(s.values[sample]);
  }

  @Override
  double value(Samples s, int lo, int hi, int k, Grid grid, double[] totals) {
    double count = hi - lo;
    double x = totals[0];
    double y = totals[1];
    double covariance = totals[2] - x * y / count;
    double spread = totals[3] - x * x / count;
    double slope = covariance / spread;
    long zeroMs = slopeOnly ? s.times[lo] : grid.timeMs(k);
    // How much larger than what is left of them the sums are of which Prometheus makes the slope.
    double farthest = Math.max(Math.abs(s.times[lo] - zeroMs), Math.abs(s.times[hi - 1] - zeroMs))
        / 1000.0;
    double canceled = farthest * totals[4] / Math.abs(covariance)
        + count * farthest * farthest / spread;
    if (slopeOnly) {
      return canceled < MOST_CANCELED ? slope : Double.NaN;
    }
    double meanX = x / count + (centerMs - zeroMs) / 1000.0;
    double meanY = center + y / count;
    double value = meanY + slope * (seconds[k] - meanX);
    double part = Math.abs(slope) * (Math.abs(seconds[k]) + Math.abs(meanX));
    return canceled * part + Math.abs(meanY) < MOST_CANCELED * Math.abs(value) ? value : Double.NaN;
  }
}

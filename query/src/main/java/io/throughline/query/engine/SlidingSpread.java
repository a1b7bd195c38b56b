package io.throughline.query.engine;

/**
 * stddev_over_time and stdvar_over_time, of the sums of distances and of their squares. Distances are measured from a sample
 * of the window, so that squares are not much larger than what they spread.
 *
 * <p>Prometheus goes from mean to mean, each rounded to a double, so its answer is off by 2^-53 for each time that the
 * mean is larger than the deviation. Of 1e9 + {0, 1, 2, 1, 0 …} it has seven digits, which no other order finds again:
 * such windows are looked at in its own.
 */
final class SlidingSpread extends SlidingSums {

  private final boolean root;
  private double center;

  /** @param root whether the deviation is wanted, else the variance */
  SlidingSpread(boolean root) {
    super(2);
    this.root = root;
  }

  @Override
  void anchor(Samples s, int sample) {
    center = s.values[sample];
  }

  @Override
  void terms(Samples s, int sample, double[] into) {
    double distance = s.values[sample] - center;
    into[0] = distance;
    into[1] = distance * distance;
  }

  @Override
  double value(Samples s, int lo, int hi, int k, Grid grid, double[] totals) {
    double count = hi - lo;
    double mean = center + totals[0] / count;
    double variance = (totals[1] - totals[0] * totals[0] / count) / count;
    // NaN and infinity are never below.
    return variance < Double.MAX_VALUE && Math.abs(mean) < MOST_CANCELED * Math.sqrt(variance)
        ? root ? Math.sqrt(variance) : variance
        : Double.NaN;
  }
}

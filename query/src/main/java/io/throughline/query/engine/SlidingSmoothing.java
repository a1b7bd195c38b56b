package io.throughline.query.engine;

import java.util.Arrays;

/**
 * double_exponential_smoothing with factors that stay the same. A step takes level, rise and trend to others by a linear map,
 * plus the sample's share. So what a window's start says of its end is the map's power times that start: the smoothing runs
 * once through the whole series, and a window is that run's level, corrected by the power of the window's length times
 * how far the run, at the window's start, was from a fresh one. Values must be finite.
 *
 * <pre>
 * trend' = t · rise + (1 − t) · trend
 * level' = s · value + (1 − s) · (level + trend')
 * rise'  = level' − level
 * </pre>
 */
final class SlidingSmoothing implements Sliding {

  private final double smoothing;
  private final double trending;
  private double[] levels = new double[0];
  private double[] rises = new double[0];
  private double[] trends = new double[0];
  /** The power's first row for each number of steps: what level, rise and trend so long ago are worth. */
  private double[] ofLevel = {1};
  private double[] ofRise = {0};
  private double[] ofTrend = {0};
  private int powers = 1;

  SlidingSmoothing(double smoothing, double trending) {
    this.smoothing = smoothing;
    this.trending = trending;
  }

  @Override
  public int leastOverlap() {
    return 4;
  }

  @Override
  public void fill(RangeFunctions anew, Samples s, WindowIndex windows, Grid grid,
      SeriesColumn out) {
    smooth(s);
    for (int k = 0; k < grid.count(); k++) {
      int lo = windows.lo(k);
      int hi = windows.hi(k);
      if (lo < hi) {
        double value = hi - lo > 2 ? value(s, lo, hi) : Double.NaN;
        out.values[k] = Double.isNaN(value) ? anew.floatValue(s, lo, hi, k, grid) : value;
      }
    }
  }

  private void smooth(Samples s) {
    if (levels.length < s.size) {
      levels = new double[s.size + s.size / 2];
      rises = new double[levels.length];
      trends = new double[levels.length];
    }
    for (int i = 1; i < s.size; i++) {
      if (i == 1) {
        levels[1] = s.values[1];
        rises[1] = s.values[1] - s.values[0];
        trends[1] = rises[1];
        continue;
      }
      double trend = trending * rises[i - 1] + (1 - trending) * trends[i - 1];
      double level = smoothing * s.values[i] + (1 - smoothing) * (levels[i - 1] + trend);
      trends[i] = trend;
      rises[i] = level - levels[i - 1];
      levels[i] = level;
    }
  }

  /** A window's level; NaN where too little is left of what it is made of. */
  private double value(Samples s, int lo, int hi) {
    int steps = hi - lo - 2;
    raiseTo(steps);
    int first = lo + 1;
    double rise = s.values[first] - s.values[lo];
    double level = ofLevel[steps] * (s.values[first] - levels[first]);
    double risen = ofRise[steps] * (rise - rises[first]);
    double trend = ofTrend[steps] * (rise - trends[first]);
    double value = levels[hi - 1] + level + risen + trend;
    double size = Math.abs(levels[hi - 1]) + Math.abs(level) + Math.abs(risen) + Math.abs(trend);
    return size < SlidingSums.MOST_CANCELED * Math.abs(value) ? value : Double.NaN;
  }

  private void raiseTo(int steps) {
    if (steps >= ofLevel.length) {
      ofLevel = Arrays.copyOf(ofLevel, 2 * steps);
      ofRise = Arrays.copyOf(ofRise, 2 * steps);
      ofTrend = Arrays.copyOf(ofTrend, 2 * steps);
    }
    double kept = 1 - smoothing;
    for (; powers <= steps; powers++) {
      double level = ofLevel[powers - 1];
      double rise = ofRise[powers - 1];
      double trend = ofTrend[powers - 1];
      double moved = (level + rise) * kept;
      ofLevel[powers] = moved - rise;
      ofRise[powers] = (moved + trend) * trending;
      ofTrend[powers] = (moved + trend) * (1 - trending);
    }
  }
}

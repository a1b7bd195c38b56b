package io.throughline.query.engine;

import java.util.Arrays;

/**
 * A function of sums over windows: each sample is added twice, however many windows it is in.
 *
 * <p>An <em>anchor</em> stands behind the last sample of some window. Sums of what is before it are made backwards, once,
 * and kept for each sample that a later window may begin with; sums of what is behind it grow as windows reach further. A
 * window's sums are one of the first and the last of the second. A window that begins behind the anchor moves it. Nothing
 * is ever subtracted, so no digit is lost to samples that have left, and NaN and infinity leave with them.
 *
 * <p>The sums are compensated and of another order than Prometheus', so they may be nearer to the truth. Where Prometheus'
 * own rounding could show within nine digits, {@link #value} refuses and the window is looked at anew, in Prometheus'
 * order.
 */
abstract class SlidingSums implements Sliding {

  /**
   * How much larger than a result the numbers may be of which Prometheus makes it: each is off by up to 2^-53 of itself,
   * so 2^20 of them still leave nine digits and a half.
   */
  static final double MOST_CANCELED = 1e6;

  private final CompensatedSum[] ahead;
  private final double[] terms;
  private final double[] totals;
  /** Of the samples before the anchor: for each, sum and rounding error of each term from there to the anchor. */
  private double[] backwards = new double[0];

  /** @param count the number of terms */
  SlidingSums(int count) {
    ahead = new CompensatedSum[count];
    Arrays.setAll(ahead, _ -> new CompensatedSum());
    terms = new double[count];
    totals = new double[count];
  }

  /** Takes a sample that following windows hold as what terms are measured from. */
  abstract void anchor(Samples s, int sample);

  /** What one sample adds to each sum. */
  abstract void terms(Samples s, int sample, double[] into);

  /** A window's value, of its sums; NaN where they cannot say it. */
  abstract double value(Samples s, int lo, int hi, int k, Grid grid, double[] totals);

  @Override
  public int leastOverlap() {
    return 4;
  }

  @Override
  public final void fill(RangeFunctions anew, Samples s, WindowIndex windows, Grid grid,
      SeriesColumn out) {
    var values = s.values;
    int from = 0;
    int anchor = 0;
    int reached = 0;
    int seen = 0;
    int changed = 0;
    for (int k = 0; k < grid.count(); k++) {
      int lo = windows.lo(k);
      int hi = windows.hi(k);
      if (lo == hi) {
        continue;
      }
      for (; seen < hi; seen++) {
        changed = seen > 0 && values[seen] != values[seen - 1] ? seen : changed;
      }
      if (changed <= lo) {
        // Of equal values two say as much as all.
        out.values[k] = anew.floatValue(s, Math.max(lo, hi - 2), hi, k, grid);
        continue;
      }
      if (lo >= anchor) {
        from = lo;
        anchor = hi;
        reached = hi;
        addBackwards(s, lo, hi);
      }
      for (; reached < hi; reached++) {
        add(s, reached);
      }
      total(lo - from);
      double value = value(s, lo, hi, k, grid, totals);
      out.values[k] = Double.isNaN(value) ? anew.floatValue(s, lo, hi, k, grid) : value;
    }
  }

  private void add(Samples s, int sample) {
    terms(s, sample, terms);
    for (int i = 0; i < terms.length; i++) {
      ahead[i].add(terms[i]);
    }
  }

  private void addBackwards(Samples s, int from, int anchor) {
    int width = 2 * terms.length;
    if (backwards.length < width * (anchor - from)) {
      backwards = new double[width * (anchor - from) * 3 / 2];
    }
    clear();
    anchor(s, anchor - 1);
    for (int sample = anchor - 1; sample >= from; sample--) {
      add(s, sample);
      for (int i = 0; i < terms.length; i++) {
        ahead[i].store(backwards, width * (sample - from) + 2 * i);
      }
    }
    clear();
  }

  private void clear() {
    for (var sum : ahead) {
      sum.reset();
    }
  }

  /** The sums of a window that begins with a sample before the anchor. */
  private void total(int first) {
    for (int i = 0; i < totals.length; i++) {
      int at = 2 * (first * totals.length + i);
      totals[i] = ahead[i].with(backwards[at], backwards[at + 1]);
    }
  }
}

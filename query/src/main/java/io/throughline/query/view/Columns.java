package io.throughline.query.view;

import java.util.Arrays;

/** A line's columns: NaN where nothing was measured. The arrays belong to whoever made them. */
final class Columns {
  final Grid grid;
  final double[] min;
  final double[] max;
  final double[] mean;

  Columns(Grid grid) {
    this.grid = grid;
    this.min = filled(grid.columns());
    this.max = filled(grid.columns());
    this.mean = filled(grid.columns());
  }

  private static double[] filled(int size) {
    var array = new double[size];
    Arrays.fill(array, Double.NaN);
    return array;
  }

  boolean isEmpty() {
    for (double value : mean) {
      if (!Double.isNaN(value)) {
        return false;
      }
    }
    return true;
  }

  /** The mean of the columns that begin in the last {@code spanMs}, or NaN. */
  double recent(long spanMs) {
    int count = (int) Math.max(1, spanMs / grid.stepMs());
    double sum = 0;
    int measured = 0;
    for (int i = Math.max(0, mean.length - count); i < mean.length; i++) {
      if (!Double.isNaN(mean[i])) {
        sum += mean[i];
        measured++;
      }
    }
    return measured == 0 ? Double.NaN : sum / measured;
  }

  /** The last measured value, or NaN. */
  double last() {
    for (int i = mean.length - 1; i >= 0; i--) {
      if (!Double.isNaN(mean[i])) {
        return mean[i];
      }
    }
    return Double.NaN;
  }

  /** These columns over those of a limit, column by column; its last value where it has a hole. */
  Columns over(Columns limit) {
    var ratio = new Columns(grid);
    double fallback = limit.last();
    for (int i = 0; i < mean.length; i++) {
      double by = i < limit.mean.length && !Double.isNaN(limit.mean[i]) ? limit.mean[i] : fallback;
      if (by > 0) {
        ratio.min[i] = min[i] / by;
        ratio.max[i] = max[i] / by;
        ratio.mean[i] = mean[i] / by;
      }
    }
    return ratio;
  }

  /** Adds others, column by column; a hole in one leaves the other's value. */
  void add(Columns other) {
    for (int i = 0; i < mean.length; i++) {
      if (!Double.isNaN(other.mean[i])) {
        boolean hole = Double.isNaN(mean[i]);
        min[i] = hole ? other.min[i] : min[i] + other.min[i];
        max[i] = hole ? other.max[i] : max[i] + other.max[i];
        mean[i] = hole ? other.mean[i] : mean[i] + other.mean[i];
      }
    }
  }

  /** {@code limit - these}. */
  Columns subtractedFrom(Columns whole) {
    var rest = new Columns(grid);
    double fallback = whole.last();
    for (int i = 0; i < mean.length; i++) {
      double of = i < whole.mean.length && !Double.isNaN(whole.mean[i]) ? whole.mean[i] : fallback;
      rest.min[i] = of - max[i];
      rest.max[i] = of - min[i];
      rest.mean[i] = of - mean[i];
    }
    return rest;
  }

  /** The larger of both, column by column; a hole in one leaves the other's value. */
  Columns larger(Columns other) {
    var larger = new Columns(grid);
    for (int i = 0; i < mean.length; i++) {
      boolean theirs = Double.isNaN(mean[i]) || i < other.mean.length && other.mean[i] > mean[i];
      var from = theirs && i < other.mean.length ? other : this;
      larger.min[i] = from.min[i];
      larger.max[i] = from.max[i];
      larger.mean[i] = from.mean[i];
    }
    return larger;
  }
}

package io.throughline.query.view;

import io.throughline.store.SampleBuffer;
import java.util.Arrays;

/**
 * Folds several series into one line of columns. Each column is cut into a few fine ones, series are
 * summed (or the largest taken) per fine column, and a column then has the least and largest of its fine
 * ones: a sum of minima over series that are not minimal at the same moment is never formed.
 *
 * <p>A counter's increase between two samples is shared out to the fine columns it spans by time; a gap
 * of more than {@value #SILENT_INTERVALS} intervals is not bridged, for counters or for gauges. One
 * thread.
 */
final class ColumnFolder {
  /** After so many of its own intervals a signal is not measured. */
  static final int SILENT_INTERVALS = 3;

  private static final int[] CUTS = {8, 5, 4, 2};

  /** How series of one fine column become one value. */
  enum Fold {
    SUM,
    MAX,
    MIN
  }

  private final Grid grid;
  private final Grid fine;
  private final int cut;
  private final Fold fold;
  private final double[] low;
  private final double[] high;
  private final double[] seriesLow;
  private final double[] seriesHigh;
  private final double[] increase;
  private final double[] coveredMs;
  private final boolean[] held;
  private boolean empty = true;

  /** @param intervalMs the shortest interval of the series to come: finer than that is no use */
  ColumnFolder(Grid grid, long intervalMs, Fold fold) {
    this.grid = grid;
    int parts = 1;
    for (int candidate : CUTS) {
      if (grid.stepMs() / candidate >= Math.max(intervalMs, 1000)) {
        parts = candidate;
        break;
      }
    }
    this.cut = parts;
    this.fine = grid.cut(parts);
    this.fold = fold;
    int size = fine.columns();
    this.low = new double[size];
    this.high = new double[size];
    Arrays.fill(low, Double.NaN);
    Arrays.fill(high, Double.NaN);
    this.seriesLow = new double[size];
    this.seriesHigh = new double[size];
    this.increase = new double[size];
    this.coveredMs = new double[size];
    this.held = new boolean[size];
  }

  /** Whether no series so far had anything in any column. */
  boolean isEmpty() {
    return empty;
  }

  /**
   * Adds a series that grows.
   *
   * @param values cumulative, as long as the buffer
   * @param readFromMs where reading began: a series whose first sample comes much later was born there
   */
  void addCounter(SampleBuffer samples, double[] values, double scale, long intervalMs,
      long readFromMs) {
    Arrays.fill(increase, 0);
    Arrays.fill(coveredMs, 0);
    CounterSteps.forEach(samples, values, intervalMs, readFromMs,
        (fromMs, toMs, by) -> share(fromMs, toMs, by * scale));
    for (int i = 0; i < increase.length; i++) {
      boolean covered = coveredMs[i] > 0;
      double rate = covered ? increase[i] * 1000 / coveredMs[i] : Double.NaN;
      seriesLow[i] = rate;
      seriesHigh[i] = rate;
    }
    fold();
  }

  private void share(long fromMs, long toMs, double by) {
    long step = fine.stepMs();
    int first = (int) Math.max(0, Math.floorDiv(fromMs - fine.startMs(), step));
    int last = (int) Math.min(fine.columns() - 1L, Math.floorDiv(toMs - 1 - fine.startMs(), step));
    double width = toMs - fromMs;
    for (int i = first; i <= last; i++) {
      long columnStart = fine.startMs() + i * step;
      double overlap = Math.min(toMs, columnStart + step) - Math.max(fromMs, columnStart);
      increase[i] += by * overlap / width;
      coveredMs[i] += overlap;
    }
  }

  /**
   * Adds a level: a value holds until the next sample, or for one interval before a silence.
   *
   * @param least smaller values, before scaling, stand for none
   */
  void addGauge(SampleBuffer samples, double scale, double least, long intervalMs) {
    Arrays.fill(seriesLow, Double.NaN);
    Arrays.fill(seriesHigh, Double.NaN);
    Arrays.fill(held, false);
    var times = samples.times();
    var values = samples.values();
    long step = fine.stepMs();
    for (int i = 0; i < samples.size(); i++) {
      double value = values[i] * scale;
      if (Double.isNaN(value) || values[i] < least) {
        continue;
      }
      long next = i + 1 < samples.size() ? times[i + 1] : Long.MAX_VALUE;
      long until = next - times[i] <= SILENT_INTERVALS * intervalMs ? next : times[i] + intervalMs;
      long column = Math.floorDiv(times[i] - fine.startMs(), step);
      if (column >= 0 && column < fine.columns()) {
        int at = (int) column;
        if (held[at] || Double.isNaN(seriesLow[at])) {
          held[at] = false;
          seriesLow[at] = value;
          seriesHigh[at] = value;
        } else {
          seriesLow[at] = Math.min(seriesLow[at], value);
          seriesHigh[at] = Math.max(seriesHigh[at], value);
        }
      }
      long lastHeld = Math.min(fine.columns() - 1L,
          Math.floorDiv(until - 1 - fine.startMs(), step));
      for (long at = Math.max(0, column + 1); at <= lastHeld; at++) {
        held[(int) at] = true;
        seriesLow[(int) at] = value;
        seriesHigh[(int) at] = value;
      }
    }
    fold();
  }

  private void fold() {
    for (int i = 0; i < low.length; i++) {
      if (Double.isNaN(seriesLow[i])) {
        continue;
      }
      empty = false;
      if (Double.isNaN(low[i])) {
        low[i] = seriesLow[i];
        high[i] = seriesHigh[i];
        continue;
      }
      switch (fold) {
        case SUM -> {
          low[i] += seriesLow[i];
          high[i] += seriesHigh[i];
        }
        case MAX -> {
          low[i] = Math.max(low[i], seriesLow[i]);
          high[i] = Math.max(high[i], seriesHigh[i]);
        }
        case MIN -> {
          low[i] = Math.min(low[i], seriesLow[i]);
          high[i] = Math.min(high[i], seriesHigh[i]);
        }
      }
    }
  }

  Columns columns() {
    var columns = new Columns(grid);
    for (int i = 0; i < grid.columns(); i++) {
      double sum = 0;
      int measured = 0;
      for (int j = i * cut; j < (i + 1) * cut; j++) {
        if (Double.isNaN(low[j])) {
          continue;
        }
        columns.min[i] = measured == 0 ? low[j] : Math.min(columns.min[i], low[j]);
        columns.max[i] = measured == 0 ? high[j] : Math.max(columns.max[i], high[j]);
        sum += (low[j] + high[j]) / 2;
        measured++;
      }
      if (measured > 0) {
        columns.mean[i] = sum / measured;
      }
    }
    return columns;
  }
}

package io.throughline.query.engine;

import io.throughline.query.promql.Expr.Edges;
import io.throughline.query.promql.Expr.MatrixSelector;
import io.throughline.query.promql.Expr.VectorSelector;
import io.throughline.query.promql.Function;

/**
 * Selectors whose ranges have values at their very edges. <em>Anchored</em>: at the left edge stands the last sample at or
 * before it within the lookback, else the first inside; at the right edge the last sample. <em>Smoothed</em>: at both
 * edges stands what lies on the line between the neighbours, one lookback ahead at most; a counter that was reset between
 * them counts from zero. Nothing is extrapolated. Floats only.
 */
final class EdgeSelection {

  private final QueryContext context;
  private final Selection selection;

  EdgeSelection(QueryContext context, Selection selection) {
    this.context = context;
    this.selection = selection;
  }

  void smoothedInstant(VectorSelector selector, Grid grid, Sink sink) {
    var windows = selection.windows(selector.when(), context.lookbackMs());
    var samples = new Samples();
    selection.read(selector, windows, 0, context.lookbackMs(), (series, read) -> {
      samples.set(read);
      var column = new SeriesColumn(grid.count());
      for (int k = 0; k < windows.count(); k++) {
        long at = windows.endMs(k);
        int after = firstAfter(samples, at);
        boolean before = after > 0 && samples.times[after - 1] > at - context.lookbackMs();
        if (before && samples.histogram(after - 1) == null) {
          column.values[k] = interpolated(samples, after, at, false);
        }
      }
      column.setLabels(series.labels());
      if (!column.isEmpty()) {
        sink.accept(column);
      }
    });
  }

  void range(Function function, MatrixSelector matrix, long rangeMs, Grid grid, Sink sink) {
    var vector = matrix.vector();
    boolean smoothed = vector.edges() == Edges.SMOOTHED;
    var windows = selection.windows(vector.when(), rangeMs);
    var samples = new Samples();
    selection.read(vector, windows, context.lookbackMs(), smoothed ? context.lookbackMs() : 0, (
        series,
        read) -> {
      samples.set(read);
      if (samples.histograms != null) {
        return;
      }
      var column = new SeriesColumn(grid.count());
      column.setLabels(series.labels());
      for (int k = 0; k < windows.count(); k++) {
        long end = windows.endMs(k);
        column.values[k] = smoothed
            ? smoothed(function, samples, end - rangeMs, end)
            : anchored(function, samples, end - rangeMs, end);
      }
      column.dropName();
      if (!column.isEmpty()) {
        sink.accept(column);
      }
    });
  }

  private static int firstAfter(Samples s, long at) {
    int low = 0;
    int high = s.size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (s.times[middle] <= at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private double anchored(Function function, Samples s, long start, long end) {
    int hi = firstAfter(s, end);
    int lo = firstAfter(s, start);
    if (lo > 0 && s.times[lo - 1] > start - context.lookbackMs()) {
      lo--;
    }
    if (lo >= hi || s.times[hi - 1] <= start) {
      return SeriesColumn.ABSENT;
    }
    double result = 0;
    switch (function) {
      case CHANGES, RESETS -> {
        for (int i = lo + 1; i < hi; i++) {
          boolean counts = function == Function.CHANGES
              ? RangeFunctions.differ(s.values[i - 1],
                  s.values[i])
              : s.values[i] < s.values[i - 1];
          result += counts ? 1 : 0;
        }
        return result;
      }
      default -> {
        result = s.values[hi - 1] - s.values[lo] + (function == Function.DELTA
            ? 0
            : drops(s, lo,
                hi));
      }
    }
    return function == Function.RATE ? result / ((end - start) / 1000.0) : result;
  }

  private static double drops(Samples s, int lo, int hi) {
    double drops = 0;
    for (int i = lo + 1; i < hi; i++) {
      if (s.values[i] < s.values[i - 1]) {
        drops += s.values[i - 1];
      }
    }
    return drops;
  }

  private double smoothed(Function function, Samples s, long start, long end) {
    boolean counter = function != Function.DELTA;
    int lo = firstAfter(s, start);
    int hi = firstAfter(s, end);
    boolean leftKnown = lo > 0 && s.times[lo - 1] > start - context.lookbackMs();
    boolean rightKnown = hi > 0 && s.times[hi - 1] > start - context.lookbackMs();
    if (!rightKnown || !leftKnown && lo == hi) {
      return SeriesColumn.ABSENT;
    }
    double left = leftKnown ? interpolated(s, lo, start, counter) : s.values[lo];
    double right = interpolated(s, hi, end, counter);
    double result = right - left;
    if (counter) {
      double before = left;
      for (int i = lo; i < hi; i++) {
        if (s.values[i] < before) {
          result += before;
        }
        before = s.values[i];
      }
      if (right < before) {
        result += before;
      }
    }
    return function == Function.RATE ? result / ((end - start) / 1000.0) : result;
  }

  /** The value at a time between the samples {@code after - 1} and {@code after}. */
  private double interpolated(Samples s, int after, long at, boolean counter) {
    double before = s.values[after - 1];
    if (after >= s.size || s.times[after] > at + context.lookbackMs() || s.times[after - 1] == at) {
      return before;
    }
    double next = s.values[after];
    double share = (double) (at - s.times[after - 1]) / (s.times[after] - s.times[after - 1]);
    return counter && next < before ? next * share : before + (next - before) * share;
  }
}

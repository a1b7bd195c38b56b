package io.throughline.query.engine;

import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.query.engine.FloatHistogram.Notes;
import io.throughline.query.promql.Expr.Edges;
import io.throughline.query.promql.Expr.MatrixSelector;
import io.throughline.query.promql.Expr.VectorSelector;
import io.throughline.query.promql.Function;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Selectors whose ranges have values at their very edges. <em>Anchored</em>: at the left edge stands the last sample at or
 * before it within the lookback, else the first inside; at the right edge the last sample. <em>Smoothed</em>: at both
 * edges stands what lies on the line between the neighbours, one lookback ahead at most; a counter that was reset between
 * them counts from zero. Nothing is extrapolated. Histograms are added and scaled bucket by bucket.
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
      if (samples.histograms != null) {
        context.annotations()
            .warn(selector.span(), "smoothed is not possible for the histograms of "
                + Annotations.forMetric(series.labels().metricName()));
        return;
      }
      var column = new SeriesColumn(grid.count());
      for (int k = 0; k < windows.count(); k++) {
        long at = windows.endMs(k);
        int after = firstAfter(samples, at);
        if (after > 0 && samples.times[after - 1] > at - context.lookbackMs()) {
          column.values[k] = after < samples.size
              && samples.times[after] <= at + context.lookbackMs()
                  ? between(samples, after, at, false)
                  : samples.values[after - 1];
        }
      }
      column.setLabels(series.labels());
      if (!column.isEmpty()) {
        sink.accept(column);
      }
    });
  }

  /** Which samples stand at the edges of one range: {@code first} at or before its start, {@code last} at its end. */
  private final class Ends {
    int first;
    int last;
    boolean smoothed;

    /** False if the range has no sample. */
    boolean find(Samples s, long start, long end) {
      int lo = firstAfter(s, start - context.lookbackMs());
      int hi = firstAfter(s, smoothed ? end + context.lookbackMs() : end);
      if (lo >= hi) {
        return false;
      }
      first = Math.max(lo, Math.min(firstAfter(s, start), hi - 1) - 1);
      last = hi - 1;
      if (smoothed) {
        last = Math.min(last, Math.max(lo, firstAfter(s, end - 1)));
      }
      return s.times[last] > start;
    }

    /** The first sample strictly inside. */
    int inside(Samples s, long start) {
      return s.times[first] <= start ? first + 1 : first;
    }
  }

  void range(Function function, MatrixSelector matrix, long rangeMs, Grid grid, Sink sink) {
    var vector = matrix.vector();
    var ends = new Ends();
    ends.smoothed = vector.edges() == Edges.SMOOTHED;
    var windows = selection.windows(vector.when(), rangeMs);
    var samples = new Samples();
    selection.read(vector, windows, context.lookbackMs(), ends.smoothed ? context.lookbackMs() : 0,
        (series, read) -> {
          samples.set(read);
          var column = new SeriesColumn(grid.count());
          column.setLabels(series.labels());
          for (int k = 0; k < windows.count(); k++) {
            long end = windows.endMs(k);
            long start = end - rangeMs;
            if (!ends.find(samples, start, end)) {
              continue;
            }
            int histograms = samples.countHistograms(ends.first, ends.last + 1);
            if (histograms == 0) {
              column.values[k] = floats(function, samples, ends, start, end);
            } else if (histograms < ends.last + 1 - ends.first) {
              context.annotations().warnMixed(matrix.span(), series.labels().metricName());
            } else {
              histograms(function, samples, ends, start, end, k, column);
            }
          }
          column.dropName(context.names());
          if (!column.isEmpty()) {
            sink.accept(column);
          }
        });
  }

  /** A range as it is shown: what stands at the edges, at the edges' times, and the samples between. */
  void raw(MatrixSelector matrix, long rangeMs, RawReader reader) {
    var vector = matrix.vector();
    var ends = new Ends();
    ends.smoothed = vector.edges() == Edges.SMOOTHED;
    var windows = selection.windows(vector.when(), rangeMs);
    long end = windows.endMs(0);
    long start = end - rangeMs;
    var samples = new Samples();
    selection.read(vector, windows, context.lookbackMs(), ends.smoothed ? context.lookbackMs() : 0,
        (series, read) -> {
          samples.set(read);
          if (samples.histograms != null || !ends.find(samples, start, end)) {
            return;
          }
          int from = ends.inside(samples, start);
          int to = samples.times[ends.last] >= end ? ends.last : ends.last + 1;
          int inside = Math.max(0, to - from);
          var times = new long[inside + 2];
          var values = new double[inside + 2];
          System.arraycopy(samples.times, from, times, 1, inside);
          System.arraycopy(samples.values, from, values, 1, inside);
          times[0] = start;
          values[0] = left(samples, ends, start, false);
          times[inside + 1] = end;
          values[inside + 1] = right(samples, ends, end, false);
          var column = new SeriesColumn(1);
          column.setLabels(series.labels());
          reader.series(column, times, values);
        });
  }

  /** What takes a range as it is shown. */
  interface RawReader {
    void series(SeriesColumn labelled, long[] times, double[] values);
  }

  /** The index of the first sample after a time. */
  private static int firstAfter(Samples s, long at) {
    int found = Arrays.binarySearch(s.times, 0, s.size, at);
    return found >= 0 ? found + 1 : -found - 1;
  }

  private static double left(Samples s, Ends ends, long start, boolean counter) {
    return ends.smoothed && s.times[ends.first] < start
        ? between(s, ends.first + 1, start, counter)
        : s.values[ends.first];
  }

  private static double right(Samples s, Ends ends, long end, boolean counter) {
    return ends.smoothed && ends.last > ends.first && s.times[ends.last] > end
        ? between(s, ends.last, end, counter)
        : s.values[ends.last];
  }

  /** The value at a time on the line from the sample before {@code after} to it. */
  private static double between(Samples s, int after, long at, boolean counter) {
    double next = s.values[after];
    double before = counter && next < s.values[after - 1] ? 0 : s.values[after - 1];
    return before
        + (next - before) * (at - s.times[after - 1]) / (s.times[after] - s.times[after - 1]);
  }

  private static double floats(Function function, Samples s, Ends ends, long start, long end) {
    boolean counter = function != Function.DELTA;
    double left = left(s, ends, start, counter);
    double right = right(s, ends, end, counter);
    int from = ends.inside(s, start);
    int to = s.times[ends.last] >= end ? ends.last - 1 : ends.last;
    double before = left;
    if (function == Function.CHANGES || function == Function.RESETS) {
      int count = 0;
      for (int i = from; i <= ends.last; i++) {
        boolean counts = function == Function.CHANGES
            ? RangeFunctions.differ(before, s.values[i])
            : s.values[i] < before;
        count += counts ? 1 : 0;
        before = s.values[i];
      }
      return count;
    }
    double result = right - left;
    if (counter) {
      for (int i = from; i <= to; i++) {
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

  private static void histograms(Function function, Samples s, Ends ends, long start, long end,
      int k, SeriesColumn out) {
    boolean counter = function != Function.DELTA;
    if (function == Function.CHANGES || function == Function.RESETS) {
      int count = 0;
      for (int i = ends.first + 1; i <= ends.last; i++) {
        var now = at(s, i);
        var before = at(s, i - 1);
        boolean counts = function == Function.CHANGES
            ? !now.sameAs(before)
            : now.isResetAfter(before);
        count += counts ? 1 : 0;
      }
      out.values[k] = count;
      return;
    }
    var notes = new Notes();
    var left = ends.smoothed && s.times[ends.first] < start
        ? between(at(s, ends.first), at(s, ends.first + 1), share(s, ends.first + 1, start),
            counter)
        : at(s, ends.first);
    var right = ends.smoothed && ends.last > ends.first && s.times[ends.last] > end
        ? between(at(s, ends.last - 1), at(s, ends.last), share(s, ends.last, end), counter)
        : at(s, ends.last);
    if (left == null || right == null) {
      return;
    }
    var change = right.minus(left, notes);
    var before = left;
    int to = s.times[ends.last] >= end ? ends.last - 1 : ends.last;
    for (int i = ends.inside(s, start); counter && change != null && i <= to; i++) {
      var now = at(s, i);
      if (now.isResetAfter(before)) {
        change = change.plus(before, notes);
      }
      before = now;
    }
    if (counter && change != null && right.isResetAfter(before)) {
      change = change.plus(before, notes);
    }
    if (change != null) {
      out.setHistogram(k,
          (function == Function.RATE ? change.dividedBy((end - start) / 1000.0) : change)
              .withHint(ResetHint.GAUGE));
    }
  }

  private static FloatHistogram at(Samples s, int index) {
    var histogram = s.histogram(index);
    if (histogram == null) {
      throw new IllegalStateException("sample " + index + " is no histogram");
    }
    return histogram;
  }

  private static double share(Samples s, int after, long at) {
    return (double) (at - s.times[after - 1]) / (s.times[after] - s.times[after - 1]);
  }

  private static @Nullable FloatHistogram between(FloatHistogram before, FloatHistogram next,
      double share, boolean counter) {
    if (counter && next.isResetAfter(before)) {
      return next.times(share);
    }
    var way = next.minus(before, new Notes());
    // On a line between two counts of a counter lies a count.
    return way == null ? null : before.plus(way.times(share).withHint(before.hint), new Notes());
  }
}

package io.throughline.query.engine;

import io.throughline.model.SampleValues;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Expr.Edges;
import io.throughline.query.promql.Expr.VectorSelector;
import io.throughline.query.promql.Span;
import io.throughline.store.Need;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reading: selectors to columns. Each series' samples are read once, into a buffer that serves them all. */
final class Selection {

  private static final String THINNED = "old samples are thinned by their retention class: counts, sums and averages are of the first, last, lowest and highest of each interval";

  private final QueryContext context;
  private final Grid grid;
  private final SampleBuffer buffer = new SampleBuffer();

  Selection(QueryContext context, Grid grid) {
    this.context = context;
    this.grid = grid;
  }

  /** The times a selector looks at: each evaluation time less its offset, or always the same with {@code @}. */
  Windows windows(Expr.When when, long rangeMs) {
    long offsetMs = context.offsetMs(when.offset());
    var fixed = context.fixedMs(when);
    return fixed == null
        ? new Windows(grid.startMs() - offsetMs, grid.stepMs(), grid.count(), rangeMs)
        : new Windows(fixed - offsetMs, 0, grid.count(), rangeMs);
  }

  /** The series that may have samples from the first window to the last. */
  List<Snapshot.Series> select(VectorSelector selector, Windows windows, long beforeMs,
      long afterMs) {
    long minMs = minMs(windows, beforeMs);
    long maxMs = maxMs(windows, afterMs);
    context.budget().check();
    var source = context.source();
    int most = context.budget().seriesLeft();
    var found = context.orderless().contains(selector)
        ? source.selectUnsorted(selector.matchers(), minMs, maxMs, most)
        : source.select(selector.matchers(), minMs, maxMs, most);
    context.budget().addSeries(found.size());
    return found;
  }

  /** Hands each selected series' samples to the reader; all of them, from the first window to the last. */
  void read(VectorSelector selector, Windows windows, long beforeMs, long afterMs,
      SeriesReader reader) {
    read(selector, windows, beforeMs, afterMs, Need.ALL, reader);
  }

  /** As the other, where of one window only some samples are needed. */
  void read(VectorSelector selector, Windows windows, long beforeMs, long afterMs, Need need,
      SeriesReader reader) {
    read(context, selector.span(), select(selector, windows, beforeMs, afterMs), windows, beforeMs,
        afterMs, need, buffer, reader);
  }

  private static long minMs(Windows windows, long beforeMs) {
    return windows.firstEndMs() - windows.rangeMs() + 1 - beforeMs;
  }

  private static long maxMs(Windows windows, long afterMs) {
    return windows.endMs(windows.count() - 1) + afterMs;
  }

  /**
   * As the others, of series that were selected before, into a buffer of the caller's.
   *
   * @param where the selector's place, for annotations
   */
  static void read(QueryContext context, Span where, List<Snapshot.Series> selected,
      Windows windows, long beforeMs, long afterMs, Need need, SampleBuffer buffer,
      SeriesReader reader) {
    long minMs = minMs(windows, beforeMs);
    long maxMs = maxMs(windows, afterMs);
    // What windows that follow each other need differs from one to the next.
    var needed = windows.count() == 1 ? need : Need.ALL;
    for (var series : selected) {
      context.budget().check();
      if (series.thinnedBeforeMs() > minMs) {
        context.annotations().inform(where, THINNED);
      }
      series.readNeeded(needed, minMs, maxMs, buffer);
      context.budget().addSamples(buffer.size() + (long) buffer.leftOut());
      if (buffer.size() > 0) {
        reader.series(series, buffer);
      }
    }
  }

  /** What takes a series' samples. */
  interface SeriesReader {
    void series(Snapshot.Series series, SampleBuffer samples);
  }

  /**
   * The newest sample within the lookback, at each step.
   *
   * @param timestamps whether the sample's time is wanted instead of its value
   */
  void instant(VectorSelector selector, boolean timestamps, Sink sink) {
    if (selector.edges() == Edges.SMOOTHED && !timestamps) {
      new EdgeSelection(context, this).smoothedInstant(selector, grid, sink);
      return;
    }
    var windows = windows(selector.when(), context.lookbackMs());
    var column = new SeriesColumn[] {new SeriesColumn(grid.count())};
    read(selector, windows, 0, 0, (series, samples) -> {
      if (newest(samples, windows, timestamps, column[0])) {
        column[0].setLabels(series.labels());
        if (sink.accept(column[0])) {
          column[0] = new SeriesColumn(grid.count());
        } else {
          column[0].clear();
        }
      }
    });
  }

  /** Fills a column with the newest sample of each window; false if there is none. */
  static boolean newest(SampleBuffer samples, Windows windows, boolean timestamps,
      SeriesColumn out) {
    var times = samples.times();
    var values = samples.values();
    int size = samples.size();
    boolean histograms = samples.histograms() != null;
    boolean any = false;
    int hi = 0;
    for (int k = 0; k < windows.count(); k++) {
      long end = windows.endMs(k);
      while (hi < size && times[hi] <= end) {
        hi++;
      }
      if (hi == 0 || times[hi - 1] <= end - windows.rangeMs()) {
        continue;
      }
      var histogram = histograms ? samples.histogram(hi - 1) : null;
      if (histogram == null ? SampleValues.isStale(values[hi - 1]) : histogram.isStale()) {
        continue;
      }
      any = true;
      if (timestamps) {
        out.values[k] = times[hi - 1] / 1000.0;
      } else if (histogram == null) {
        out.values[k] = values[hi - 1];
      } else {
        out.setHistogram(k, sameAsBefore(samples, hi - 1, k, out));
      }
    }
    return any;
  }

  /** A histogram that several steps see is converted once. */
  private static FloatHistogram sameAsBefore(SampleBuffer samples, int index, int k,
      SeriesColumn out) {
    var stored = samples.histogram(index);
    if (stored == null) {
      throw new IllegalStateException("sample " + index + " is no histogram");
    }
    @Nullable
    FloatHistogram before = k > 0 ? out.histogram(k - 1) : null;
    var converted = FloatHistogram.of(stored);
    return before != null && before.hint == converted.hint && before.sameAs(converted)
        ? before
        : converted;
  }
}

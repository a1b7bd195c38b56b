package io.throughline.query.engine;

import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.query.promql.Function;
import io.throughline.query.promql.Span;
import org.jspecify.annotations.Nullable;

/** Functions over ranges where a series has native histograms, alone or beside floats. */
final class HistogramRanges {

  private final Function function;
  private final Annotations annotations;
  private final Span where;
  /** Null where start timestamps say nothing. */
  private final @Nullable StartedCounters started;
  private String metric = "";

  HistogramRanges(Function function, Annotations annotations, Span where,
      @Nullable StartedCounters started) {
    this.started = started;
    this.function = function;
    this.annotations = annotations;
    this.where = where;
  }

  void fill(RangeFunctions floats, Samples s, Windows windows, WindowIndex index, Grid grid,
      SeriesColumn out) {
    metric = out.labels().metricName();
    for (int k = 0; k < windows.count(); k++) {
      if (index.any(k)) {
        long end = windows.endMs(k);
        range(floats, s, index.lo(k), index.hi(k), end - windows.rangeMs(), end, k, grid, out);
      }
    }
  }

  private void range(RangeFunctions floats, Samples s, int lo, int hi, long start, long end, int k,
      Grid grid, SeriesColumn out) {
    int count = s.countHistograms(lo, hi);
    boolean mixed = count > 0 && count < hi - lo;
    switch (function) {
      case COUNT_OVER_TIME, PRESENT_OVER_TIME, TS_OF_FIRST_OVER_TIME, TS_OF_LAST_OVER_TIME ->
        out.values[k] = floats.floatValue(s, lo, hi, k, grid);
      case LAST_OVER_TIME -> pick(s, hi - 1, k, out);
      case FIRST_OVER_TIME -> pick(s, lo, k, out);
      case CHANGES -> out.values[k] = changes(s, lo, hi);
      case RESETS -> {
        warnOfOverlaps(s, lo, hi);
        out.values[k] = resets(s, lo, hi);
      }
      case SUM_OVER_TIME, AVG_OVER_TIME -> {
        if (mixed) {
          annotations.warnMixed(where, metric);
        } else if (count == 0) {
          out.values[k] = floats.floatValue(s, lo, hi, k, grid);
        } else {
          put(total(s, lo, hi), k, out);
        }
      }
      case RATE, INCREASE, DELTA -> {
        if (hi - lo < 2 && !began(s, lo, start)) {
          return;
        }
        warnOfOverlaps(s, lo, hi);
        if (mixed) {
          annotations.warnMixed(where, metric);
        } else if (count == 0 && started != null && s.starts != null) {
          out.values[k] = started.value(s, lo, hi, start, end);
        } else if (count == 0) {
          var one = new Windows(end, 0, 1, end - start);
          var column = new SeriesColumn(1);
          var part = floatPart(s, lo, hi);
          var index = new WindowIndex();
          index.set(part, one);
          new RateFunctions(function).extrapolated(part, one, index, column);
          out.values[k] = column.values[0];
        } else {
          put(extrapolated(s, lo, hi, start, end), k, out);
        }
      }
      case IRATE, IDELTA -> {
        if (hi - lo < 2) {
          var only = s.histogram(lo);
          if (only != null && began(s, lo, start)) {
            put(only.dividedBy((s.times[lo] - s.start(lo)) / 1000.0).withHint(ResetHint.GAUGE), k,
                out);
          }
          return;
        }
        warnOfOverlaps(s, lo, hi);
        int lastTwo = s.countHistograms(hi - 2, hi);
        if (lastTwo == 1) {
          annotations.warnMixed(where, metric);
        } else if (lastTwo == 0) {
          out.values[k] = floats.floatValue(s, lo, hi, k, grid);
        } else {
          put(lastTwo(s, hi), k, out);
        }
      }
      default -> {
        if (count < hi - lo) {
          var part = floatPart(s, lo, hi);
          out.values[k] = floats.floatValue(part, 0, part.size, k, grid);
          if (count > 0) {
            annotations.inform(where, "ignored histograms in a range containing both floats and "
                + "histograms for " + Annotations.forMetric(metric));
          }
        }
      }
    }
  }

  private static Samples floatPart(Samples s, int lo, int hi) {
    var part = new Samples();
    part.values = s.floats(lo, hi);
    part.times = new long[part.values.length];
    int n = 0;
    for (int i = lo; i < hi; i++) {
      if (s.histogram(i) == null) {
        part.times[n++] = s.times[i];
      }
    }
    part.size = n;
    return part;
  }

  private static void pick(Samples s, int index, int k, SeriesColumn out) {
    var histogram = s.histogram(index);
    if (histogram == null) {
      out.values[k] = s.values[index];
    } else {
      out.setHistogram(k, histogram);
    }
  }

  private static void put(@Nullable FloatHistogram histogram, int k, SeriesColumn out) {
    if (histogram != null) {
      out.setHistogram(k, histogram);
    }
  }

  private static int changes(Samples s, int lo, int hi) {
    int count = 0;
    for (int i = lo + 1; i < hi; i++) {
      var before = s.histogram(i - 1);
      var now = s.histogram(i);
      boolean same = before == null || now == null
          ? before == now && !RangeFunctions.differ(s.values[i - 1], s.values[i])
          : now.sameAs(before);
      count += same ? 0 : 1;
    }
    return count;
  }

  private int resets(Samples s, int lo, int hi) {
    int count = 0;
    for (int i = lo + 1; i < hi; i++) {
      var before = s.histogram(i - 1);
      var now = s.histogram(i);
      boolean reset = before == null || now == null
          ? before != now || s.values[i] < s.values[i - 1]
          : now.isResetAfter(before);
      count += reset || beginsAnew(s, i) ? 1 : 0;
    }
    return count;
  }

  private boolean beginsAnew(Samples s, int index) {
    return started != null && s.beginsAnew(index);
  }

  private boolean began(Samples s, int index, long afterMs) {
    return started != null && s.beganSince(afterMs, index);
  }

  private void warnOfOverlaps(Samples s, int lo, int hi) {
    if (started != null) {
      started.warnOfOverlaps(s, lo, hi);
    }
  }

  private @Nullable FloatHistogram total(Samples s, int lo, int hi) {
    var notes = new FloatHistogram.Notes();
    var sum = s.histogram(lo);
    for (int i = lo + 1; i < hi && sum != null; i++) {
      var next = s.histogram(i);
      sum = next == null ? null : sum.plus(next, notes);
    }
    report(notes, "aggregation");
    return sum != null && function == Function.AVG_OVER_TIME ? sum.dividedBy(hi - lo) : sum;
  }

  private @Nullable FloatHistogram extrapolated(Samples s, int lo, int hi, long start, long end) {
    var first = s.histogram(lo);
    var last = s.histogram(hi - 1);
    if (first == null || last == null) {
      return null;
    }
    boolean counter = function != Function.DELTA;
    checkHints(s, lo, hi, counter);
    var notes = new FloatHistogram.Notes();
    var change = last.minus(first, new FloatHistogram.Notes());
    for (int i = lo + 1; i < hi && change != null; i++) {
      var before = s.histogram(i - 1);
      var now = s.histogram(i);
      if (before == null || now == null) {
        return null;
      }
      if (before.custom() != now.custom()) {
        notes.incompatible = true;
        change = null;
      } else if (counter && (now.isResetAfter(before) || beginsAnew(s, i))) {
        change = change.plus(before, notes);
      }
    }
    boolean began = began(s, lo, start);
    if (began && change != null) {
      change = change.plus(first, notes);
    }
    if (change == null) {
      notes.incompatible = true;
    }
    notes.resetConflict = false;
    report(notes, "range");
    if (change == null) {
      return null;
    }
    long firstMs = began ? s.start(lo) : s.times[lo];
    double factor = RateFunctions.factor(firstMs, s.times[hi - 1], hi - lo - (began ? 0 : 1),
        began ? firstMs : start, end, counter ? change.count : 0, first.count);
    if (function == Function.RATE) {
      factor /= (end - start) / 1000.0;
    }
    return change.times(factor).withHint(ResetHint.GAUGE);
  }

  private void checkHints(Samples s, int lo, int hi, boolean counter) {
    for (int i = lo; i < hi; i++) {
      var histogram = s.histogram(i);
      boolean gauge = histogram != null && histogram.hint == ResetHint.GAUGE;
      if (counter && gauge) {
        annotations.warn(where,
            "this native histogram metric is not a counter: \"" + metric + "\"");
      } else if (!counter && !gauge) {
        annotations.warn(where, "this native histogram metric is not a gauge: \"" + metric + "\"");
      }
    }
  }

  private @Nullable FloatHistogram lastTwo(Samples s, int hi) {
    var before = s.histogram(hi - 2);
    var last = s.histogram(hi - 1);
    if (before == null || last == null) {
      return null;
    }
    boolean counter = function == Function.IRATE;
    checkHints(s, hi - 2, hi, counter);
    var notes = new FloatHistogram.Notes();
    var change = counter && (last.isResetAfter(before) || beginsAnew(s, hi - 1))
        ? last
        : last.minus(before, notes);
    if (change == null) {
      notes.incompatible = true;
    }
    notes.resetConflict = false;
    report(notes, "range");
    if (change == null) {
      return null;
    }
    if (counter) {
      change = change.dividedBy((s.times[hi - 1] - s.times[hi - 2]) / 1000.0);
    }
    return change.withHint(ResetHint.GAUGE);
  }

  private void report(FloatHistogram.Notes notes, String place) {
    if (notes.incompatible) {
      annotations.warn(where,
          "vector contains a mix of histograms with exponential and custom buckets schemas for "
              + Annotations.forMetric(metric));
    }
    if (notes.boundsReconciled) {
      annotations.inform(where, "mismatched custom buckets were reconciled during " + place);
    }
    if (notes.resetConflict) {
      annotations.warn(where, "conflicting counter resets during histogram " + place);
    }
  }
}

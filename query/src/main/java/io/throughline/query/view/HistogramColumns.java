package io.throughline.query.view;

import io.throughline.model.NativeHistogram;
import io.throughline.store.SampleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What came in, column by column, as a distribution. Native histograms merge exactly at the coarsest
 * schema met; classic ones keep their bounds, and only equal bounds are added up. One thread.
 *
 * <p>Bucket i of schema s covers {@code (2^((i-1)·2^-s), 2^(i·2^-s)]}.
 */
final class HistogramColumns {

  /** No double lies beyond this index, at any schema. */
  private static final long MOST_INDEX = 1100L << NativeHistogram.MAX_SCHEMA;

  private static final int MOST_BUCKETS = 1024;

  /** Counts by bucket index, growing at both ends. */
  private static final class Counts {
    private int offset;
    private double[] counts = new double[0];

    void add(int index, double by) {
      if (counts.length == 0) {
        offset = index - 4;
        counts = new double[16];
      } else if (index < offset) {
        int more = Math.max(offset - index, counts.length);
        var grown = new double[counts.length + more];
        System.arraycopy(counts, 0, grown, more, counts.length);
        counts = grown;
        offset -= more;
      } else if (index >= offset + counts.length) {
        counts = Arrays.copyOf(counts, Math.max(index - offset + 1, counts.length * 2));
      }
      counts[index - offset] += by;
    }

    Counts coarser(int halvings) {
      var coarse = new Counts();
      for (int i = 0; i < counts.length; i++) {
        if (counts[i] != 0) {
          coarse.add(coarserIndex(i + offset, halvings), counts[i]);
        }
      }
      return coarse;
    }
  }

  /** A layout of classic bounds with its counts per column and bucket. */
  private record Classic(double[] bounds, double[][] counts) {}

  /** Adds a bucket's count of a column to what is being gathered. */
  interface BucketSink {
    void accept(double lower, double upper, double count);
  }

  private final Grid grid;
  private final Counts[] byIndex;
  private final double[] zero;
  private final TreeMap<String, Classic> classics = new TreeMap<>();
  private int schema = NativeHistogram.MAX_SCHEMA;
  private double zeroThreshold;
  private boolean nativeSeen;
  private boolean empty = true;
  private final Counts scratch = new Counts();
  private double nativeScale = Double.NaN;
  private int shift;
  private int leastIndex = Integer.MAX_VALUE;
  private int mostIndex = Integer.MIN_VALUE;

  HistogramColumns(Grid grid) {
    this.grid = grid;
    this.byIndex = new Counts[grid.columns()];
    for (int i = 0; i < byIndex.length; i++) {
      byIndex[i] = new Counts();
    }
    this.zero = new double[grid.columns()];
  }

  Grid grid() {
    return grid;
  }

  /** Whether nothing was ever covered by two samples: not the same as no observations. */
  boolean isEmpty() {
    return empty;
  }

  private static int coarserIndex(int index, int halvings) {
    return halvings == 0 ? index : ((index - 1) >> halvings) + 1;
  }

  /** The upper bound of a bucket. */
  static double bound(int index, int schema) {
    return Math.pow(2, index * Math.pow(2, -schema));
  }

  /** Adds a native series; floats in it are passed over. */
  void addNative(SampleBuffer samples, double scale, long intervalMs, long readFromMs) {
    int anchor = -1;
    int previous = -1;
    for (int i = 0; i < samples.size(); i++) {
      var histogram = samples.histogram(i);
      if (histogram == null || histogram.isStale()) {
        continue;
      }
      if (previous < 0) {
        long time = samples.times()[i];
        long start = samples.startMs(i);
        if (CounterSteps.wasBorn(start, time, readFromMs)) {
          addIncrease(histogram, null, start, time, scale);
        }
        anchor = i;
      } else if (!follows(samples, anchor, previous, i, intervalMs)) {
        // Inside one column only the first and the last sample of an unbroken run matter.
        addRun(samples, anchor, previous, scale);
        addStep(samples, previous, i, scale, intervalMs);
        anchor = i;
      }
      previous = i;
    }
    if (previous >= 0) {
      addRun(samples, anchor, previous, scale);
    }
  }

  /** Whether sample i lies in the anchor's column and nothing broke between it and the one before. */
  private boolean follows(SampleBuffer samples, int anchor, int previous, int i, long intervalMs) {
    return columnOf(samples.times()[i]) == columnOf(samples.times()[anchor]) && samples.times()[i]
        - samples.times()[previous] <= ColumnFolder.SILENT_INTERVALS * intervalMs
        && !isRestart(samples, previous, i);
  }

  private long columnOf(long timeMs) {
    return Math.floorDiv(timeMs - grid.startMs(), grid.stepMs());
  }

  private static boolean isRestart(SampleBuffer samples, int previous, int i) {
    var before = samples.histogram(previous);
    var now = samples.histogram(i);
    return before == null || now == null || samples.startMs(i) > samples.times()[previous]
        || now.resetHint() == NativeHistogram.ResetHint.RESET || now.count() < before.count();
  }

  private void addRun(SampleBuffer samples, int first, int last, double scale) {
    var now = samples.histogram(last);
    if (first < last && now != null) {
      addIncrease(now, samples.histogram(first), samples.times()[first], samples.times()[last],
          scale);
    }
  }

  private void addStep(SampleBuffer samples, int previous, int i, double scale, long intervalMs) {
    var now = samples.histogram(i);
    if (now != null && samples.times()[i]
        - samples.times()[previous] <= ColumnFolder.SILENT_INTERVALS * intervalMs) {
      addIncrease(now, isRestart(samples, previous, i) ? null : samples.histogram(previous),
          samples.times()[previous], samples.times()[i], scale);
    }
  }

  private void addIncrease(NativeHistogram now, @Nullable NativeHistogram before, long fromMs,
      long toMs, double scale) {
    empty = false;
    if (before != null && now.count() == before.count()) {
      return; // Nothing came in, which is measured.
    }
    if (now.schema() == NativeHistogram.CUSTOM_BOUNDS) {
      addCustom(now, before, fromMs, toMs, scale);
      return;
    }
    int common = Math.min(schema, now.schema());
    if (before != null && before.schema() != NativeHistogram.CUSTOM_BOUNDS) {
      common = Math.min(common, before.schema());
    }
    coarsenTo(common);
    shiftFor(scale);
    makeRoomFor(now);
    nativeSeen = true;
    zeroThreshold = Math.max(zeroThreshold, now.zeroThreshold() * scale);
    Arrays.fill(scratch.counts, 0);
    gather(now, 1);
    if (before != null) {
      gather(before, -1);
    }
    double zeroBy = now.zeroCount() - (before == null ? 0 : before.zeroCount());
    share(fromMs, toMs, zeroBy);
  }

  /** Sources of two units on one line: the second is shifted by whole buckets, half a bucket off at most. */
  private void shiftFor(double scale) {
    if (Double.isNaN(nativeScale)) {
      nativeScale = scale;
    }
    shift = scale == nativeScale
        ? 0
        : (int) Math.rint(Math.log(scale / nativeScale) / Math.log(2) * Math.pow(2, schema));
  }

  /** Gives up resolution before a histogram that spans all of the doubles takes all of the memory. */
  private void makeRoomFor(NativeHistogram histogram) {
    var spans = histogram.positiveSpans();
    int halvings = histogram.schema() - schema;
    long index = 0;
    for (int s = 0; s < spans.length; s += 2) {
      index += spans[s];
      if (spans[s + 1] > 0) {
        leastIndex = Math.min(leastIndex, coarserIndex(clampIndex(index), halvings));
        mostIndex = Math.max(mostIndex,
            coarserIndex(clampIndex(index + spans[s + 1] - 1), halvings));
      }
      index += spans[s + 1];
    }
    while ((long) mostIndex - leastIndex > MOST_BUCKETS && schema > NativeHistogram.MIN_SCHEMA) {
      coarsenTo(schema - 1);
    }
  }

  private static int clampIndex(long index) {
    return (int) Math.clamp(index, -MOST_INDEX, MOST_INDEX);
  }

  private void gather(NativeHistogram histogram, int sign) {
    if (histogram.schema() == NativeHistogram.CUSTOM_BOUNDS) {
      return;
    }
    int halvings = histogram.schema() - schema;
    var spans = histogram.positiveSpans();
    int index = 0;
    int bucket = 0;
    for (int s = 0; s < spans.length; s += 2) {
      index += spans[s];
      for (int k = 0; k < spans[s + 1]; k++) {
        double count = histogram.positiveCount(bucket++);
        if (count != 0) {
          scratch.add(coarserIndex(clampIndex(index), halvings) + shift, sign * count);
        }
        index++;
      }
    }
  }

  private void share(long fromMs, long toMs, double zeroBy) {
    long step = grid.stepMs();
    int first = (int) Math.max(0, Math.floorDiv(fromMs - grid.startMs(), step));
    int last = (int) Math.min(grid.columns() - 1L, Math.floorDiv(toMs - 1 - grid.startMs(), step));
    for (int column = first; column <= last; column++) {
      long start = grid.startMs() + column * step;
      double part = (Math.min(toMs, start + step) - Math.max(fromMs, start))
          / (double) (toMs - fromMs);
      zero[column] += Math.max(0, zeroBy) * part;
      for (int i = 0; i < scratch.counts.length; i++) {
        if (scratch.counts[i] > 0) {
          byIndex[column].add(i + scratch.offset, scratch.counts[i] * part);
        }
      }
    }
  }

  private void coarsenTo(int wanted) {
    if (wanted < schema) {
      int halvings = schema - wanted;
      if (nativeSeen) {
        for (int i = 0; i < byIndex.length; i++) {
          byIndex[i] = byIndex[i].coarser(halvings);
        }
      }
      if (leastIndex <= mostIndex) {
        leastIndex = coarserIndex(leastIndex, halvings);
        mostIndex = coarserIndex(mostIndex, halvings);
      }
      schema = wanted;
    }
  }

  private void addCustom(NativeHistogram now, @Nullable NativeHistogram before, long fromMs,
      long toMs, double scale) {
    var bounds = new double[now.customBounds().length + 1];
    for (int i = 0; i < now.customBounds().length; i++) {
      bounds[i] = now.customBounds()[i] * scale;
    }
    bounds[bounds.length - 1] = Double.POSITIVE_INFINITY;
    var by = new double[bounds.length];
    customCounts(now, by, 1);
    if (before != null && Arrays.equals(before.customBounds(), now.customBounds())) {
      customCounts(before, by, -1);
    }
    var classic = classic(bounds);
    long step = grid.stepMs();
    int first = (int) Math.max(0, Math.floorDiv(fromMs - grid.startMs(), step));
    int last = (int) Math.min(grid.columns() - 1L, Math.floorDiv(toMs - 1 - grid.startMs(), step));
    for (int column = first; column <= last; column++) {
      long start = grid.startMs() + column * step;
      double part = (Math.min(toMs, start + step) - Math.max(fromMs, start))
          / (double) (toMs - fromMs);
      for (int i = 0; i < by.length; i++) {
        classic.counts()[column][i] += Math.max(0, by[i]) * part;
      }
    }
  }

  private static void customCounts(NativeHistogram histogram, double[] into, int sign) {
    int index = 0;
    int bucket = 0;
    var spans = histogram.positiveSpans();
    for (int s = 0; s < spans.length; s += 2) {
      index += spans[s];
      for (int k = 0; k < spans[s + 1]; k++) {
        double count = histogram.positiveCount(bucket++);
        if (index >= 0 && index < into.length) {
          into[index] += sign * count;
        }
        index++;
      }
    }
  }

  private Classic classic(double[] bounds) {
    return classics.computeIfAbsent(Arrays.toString(bounds),
        key -> new Classic(bounds, new double[grid.columns()][bounds.length]));
  }

  /**
   * Adds one classic histogram.
   *
   * @param bounds upper bounds, ascending, in the signal's unit
   * @param increases per bucket (cumulative over bounds) the increase per column, NaN where not measured
   */
  void addClassic(double[] bounds, List<double[]> increases) {
    var classic = classic(bounds);
    for (int column = 0; column < grid.columns(); column++) {
      double below = 0;
      for (int i = 0; i < bounds.length; i++) {
        double upTo = increases.get(i)[column];
        if (Double.isNaN(upTo)) {
          continue;
        }
        empty = false;
        classic.counts()[column][i] += Math.max(0, upTo - below);
        below = Math.max(below, upTo);
      }
    }
  }

  /** Hands over every bucket of the columns from {@code first} up to {@code end} that holds something. */
  void forEachBucket(int first, int end, BucketSink sink) {
    for (int column = first; column < end; column++) {
      if (zero[column] > 0) {
        sink.accept(0, zeroThreshold, zero[column]);
      }
      var counts = byIndex[column];
      for (int i = 0; i < counts.counts.length; i++) {
        if (counts.counts[i] > 0) {
          int index = i + counts.offset;
          sink.accept(bound(index - 1, schema) * nativeScale, bound(index, schema) * nativeScale,
              counts.counts[i]);
        }
      }
      for (var classic : classics.values()) {
        var row = classic.counts()[column];
        for (int i = 0; i < row.length; i++) {
          if (row[i] > 0) {
            // Durations and sizes are never negative, whatever the first bound says.
            sink.accept(i == 0 ? Math.min(0, classic.bounds()[0]) : classic.bounds()[i - 1],
                classic.bounds()[i], row[i]);
          }
        }
      }
    }
  }

  double count(int column) {
    var total = new double[1];
    forEachBucket(column, column + 1, (lower, upper, count) -> total[0] += count);
    return total[0];
  }

  /** A quantile over several columns; NaN fields where nothing came in. */
  Quantile quantile(double q, int first, int end) {
    var buckets = new ArrayList<double[]>();
    forEachBucket(first, end,
        (lower, upper, count) -> buckets.add(new double[] {lower, upper, count}));
    return Quantile.of(q, buckets);
  }

  /** Packs the columns for a heatmap of at most {@code mostRows} rows. */
  Heatmap heatmap(int mostRows) {
    double inNative = 0;
    int least = Integer.MAX_VALUE;
    int most = Integer.MIN_VALUE;
    for (int column = 0; column < byIndex.length; column++) {
      inNative += zero[column];
      for (int i = 0; i < byIndex[column].counts.length; i++) {
        if (byIndex[column].counts[i] > 0) {
          inNative += byIndex[column].counts[i];
          least = Math.min(least, i + byIndex[column].offset);
          most = Math.max(most, i + byIndex[column].offset);
        }
      }
    }
    double[] widest = {};
    double inWidest = 0;
    for (var classic : classics.values()) {
      double sum = 0;
      for (var row : classic.counts()) {
        sum += Arrays.stream(row).sum();
      }
      if (sum > inWidest) {
        inWidest = sum;
        widest = classic.bounds();
      }
    }
    double[] bounds;
    if (inNative >= inWidest && least <= most) {
      int halvings = 0;
      while (coarserIndex(most, halvings) - coarserIndex(least, halvings) >= mostRows) {
        halvings++;
      }
      int first = coarserIndex(least, halvings) - 1;
      int last = coarserIndex(most, halvings);
      bounds = new double[last - first + 1];
      for (int i = 0; i < bounds.length; i++) {
        bounds[i] = bound(first + i, schema - halvings) * nativeScale;
      }
    } else {
      bounds = new double[widest.length + (widest.length == 0 ? 0 : 1)];
      System.arraycopy(widest, 0, bounds, bounds.length - widest.length, widest.length);
    }
    return new Heatmap(bounds, this);
  }
}

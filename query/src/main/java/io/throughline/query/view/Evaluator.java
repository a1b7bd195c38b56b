package io.throughline.query.view;

import io.throughline.model.NativeHistogram;
import io.throughline.query.catalogue.Mapping;
import io.throughline.query.catalogue.Signal;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.TreeMap;

/**
 * Turns series into columns by reading them from one snapshot. Where several sources tell the same
 * signal, the best ranked one that has anything in the window counts, alone. One thread; the snapshot
 * stays the caller's.
 */
final class Evaluator {
  /** Assumed until a series has shown its interval by two samples. */
  static final long ASSUMED_INTERVAL_MS = 15_000;

  private static final int GAPS_LOOKED_AT = 15;
  private static final int MOST_LOOKED_AT = 8;

  private final Snapshot snapshot;
  private final SampleBuffer buffer = new SampleBuffer();
  private double[] values = new double[0];
  private long samplesRead;

  Evaluator(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  /** Samples read so far: what a request cost. */
  long samplesRead() {
    return samplesRead;
  }

  private void read(SeriesRef ref, long fromMs, long toMs) {
    snapshot.open(ref.partition, ref.seriesId).read(fromMs, toMs, buffer);
    samplesRead += buffer.size();
    int size = buffer.size();
    if (size == 0) {
      return;
    }
    ref.learnLastMs(buffer.times()[size - 1]);
    int gaps = Math.min(GAPS_LOOKED_AT, size - 1);
    if (gaps > 0) {
      var widths = new long[gaps];
      for (int i = 0; i < gaps; i++) {
        widths[i] = buffer.times()[size - 1 - i] - buffer.times()[size - 2 - i];
      }
      Arrays.sort(widths);
      learn(ref, Math.max(100, widths[gaps / 2]), gaps);
    }
  }

  /** A few gaps waver: a page that polls with them alone must not find another step each second. */
  private static void learn(SeriesRef ref, long intervalMs, int gaps) {
    long known = ref.intervalMs();
    boolean alike = intervalMs * 2 > known && intervalMs < known * 2;
    if (gaps == GAPS_LOOKED_AT || !alike) {
      ref.learnIntervalMs(intervalMs);
    }
  }

  /** One interval beyond the columns: the sample there tells how the last column ended. */
  private static long endOf(Grid grid, SeriesRef ref) {
    return grid.endMs() + intervalOf(ref);
  }

  private static long intervalOf(SeriesRef ref) {
    long known = ref.intervalMs();
    return known == SeriesRef.UNKNOWN_INTERVAL ? ASSUMED_INTERVAL_MS : known;
  }

  /** Learns interval and newest sample of series not read before, from the last minutes before a moment. */
  void probe(Collection<SeriesRef> refs, long atMs) {
    for (var ref : refs) {
      if (ref.intervalMs() == SeriesRef.UNKNOWN_INTERVAL) {
        read(ref, atMs - 300_000, atMs);
      }
    }
  }

  /** Looks for the newest sample of some of these signals: one series of each will do. */
  void look(Collection<List<SeriesRef>> signals, long fromMs, long toMs) {
    int looked = 0;
    for (var refs : signals) {
      if (!refs.isEmpty() && looked++ < MOST_LOOKED_AT) {
        read(refs.getLast(), Math.max(fromMs, toMs - 300_000), toMs);
      }
    }
  }

  /** Splits by source, best first. */
  private static Collection<List<SeriesRef>> bySource(List<SeriesRef> refs) {
    var split = new TreeMap<Integer, List<SeriesRef>>();
    for (var ref : refs) {
      split.computeIfAbsent(ref.rank, rank -> new ArrayList<>()).add(ref);
    }
    return split.values();
  }

  /** One line of a counter's or gauge's series; empty columns where there are none. */
  Columns line(List<SeriesRef> refs, Signal.Kind kind, Grid grid, ColumnFolder.Fold fold) {
    for (var source : bySource(refs)) {
      var folder = new ColumnFolder(grid, shortestInterval(source), fold);
      for (var ref : source) {
        long interval = intervalOf(ref);
        long from = grid.startMs() - ColumnFolder.SILENT_INTERVALS * interval;
        read(ref, from, endOf(grid, ref));
        interval = intervalOf(ref);
        if (kind == Signal.Kind.GAUGE) {
          folder.addGauge(buffer, ref.mapping.scale(), ref.mapping.least(), interval);
        } else {
          double scale = buffer.histograms() == null ? counterScale(ref) : 1;
          folder.addCounter(buffer, cumulative(), scale, interval, from);
        }
      }
      if (!folder.isEmpty()) {
        return folder.columns();
      }
    }
    return new Columns(grid);
  }

  /** Values, or the counts of histograms where the samples are histograms. */
  private double[] cumulative() {
    if (buffer.histograms() == null) {
      return buffer.values();
    }
    if (values.length < buffer.size()) {
      values = new double[buffer.times().length];
    }
    for (int i = 0; i < buffer.size(); i++) {
      var histogram = buffer.histogram(i);
      values[i] = histogram == null
          ? buffer.values()[i]
          : histogram.isStale() ? Double.NaN : histogram.count();
    }
    return values;
  }

  /** How many is not a quantity of the signal's unit: only sums and values are scaled. */
  private static double counterScale(SeriesRef ref) {
    boolean counts = ref.part == Mapping.Part.COUNT || ref.part == Mapping.Part.BUCKET;
    return counts ? 1 : ref.mapping.scale();
  }

  static long shortestInterval(Collection<SeriesRef> refs) {
    long shortest = Long.MAX_VALUE;
    for (var ref : refs) {
      shortest = Math.min(shortest, intervalOf(ref));
    }
    return shortest == Long.MAX_VALUE ? 1000 : shortest;
  }

  /** The longest interval of the series that are alive at a moment; 0 where none is. */
  static long longestInterval(Collection<SeriesRef> refs, long atMs) {
    long longest = 0;
    for (var ref : refs) {
      if (ref.intervalMs() != SeriesRef.UNKNOWN_INTERVAL
          && atMs - ref.lastMs() <= ColumnFolder.SILENT_INTERVALS * ref.intervalMs()) {
        longest = Math.max(longest, ref.intervalMs());
      }
    }
    return longest;
  }

  /** How many observations histograms took, per category (a status class, or ""). */
  LinkedHashMap<String, Columns> countsByCategory(List<SeriesRef> refs, Grid grid) {
    var lines = new LinkedHashMap<String, Columns>();
    for (var source : bySource(refs)) {
      var counting = counting(source);
      var categories = new TreeMap<String, List<SeriesRef>>();
      for (var ref : counting) {
        categories.computeIfAbsent(category(ref), key -> new ArrayList<>()).add(ref);
      }
      categories.forEach((category, series) -> {
        var line = line(series, Signal.Kind.COUNTER, grid, ColumnFolder.Fold.SUM);
        if (!line.isEmpty()) {
          lines.put(category, line);
        }
      });
      if (!lines.isEmpty()) {
        return lines;
      }
    }
    return lines;
  }

  /** Levels that are rates already, by category: of the best source, each category's sum. */
  LinkedHashMap<String, Columns> levelsByCategory(List<SeriesRef> refs, Grid grid) {
    var lines = new LinkedHashMap<String, Columns>();
    for (var source : bySource(refs)) {
      var categories = new TreeMap<String, List<SeriesRef>>();
      for (var ref : source) {
        categories.computeIfAbsent(category(ref), key -> new ArrayList<>()).add(ref);
      }
      categories.forEach((category, series) -> {
        var line = line(series, Signal.Kind.GAUGE, grid, ColumnFolder.Fold.SUM);
        if (!line.isEmpty()) {
          lines.put(category, line);
        }
      });
      if (!lines.isEmpty()) {
        return lines;
      }
    }
    return lines;
  }

  /** The category, with a mark in front where its samples are errors. */
  static String category(SeriesRef ref) {
    return ref.error ? "!" + (ref.category.isEmpty() ? "error" : ref.category) : ref.category;
  }

  /** The series of one source whose growth is the number of observations, each once. */
  private static List<SeriesRef> counting(List<SeriesRef> source) {
    var counts = source.stream().filter(ref -> ref.part == Mapping.Part.COUNT).toList();
    var natives = source.stream().filter(ref -> ref.part == Mapping.Part.VALUE).toList();
    if (counts.isEmpty() && natives.isEmpty()) {
      return source.stream()
          .filter(ref -> ref.part == Mapping.Part.BUCKET && ref.bound == Double.POSITIVE_INFINITY)
          .toList();
    }
    var both = new ArrayList<>(natives);
    both.addAll(counts);
    return both;
  }

  /** What histograms took in, as distributions. */
  HistogramColumns histogram(List<SeriesRef> refs, Grid grid) {
    for (var source : bySource(refs)) {
      var columns = new HistogramColumns(grid);
      var groups = new LinkedHashMap<Long, List<SeriesRef>>();
      for (var ref : source) {
        if (ref.part == Mapping.Part.VALUE) {
          long from = grid.startMs() - ColumnFolder.SILENT_INTERVALS * intervalOf(ref);
          read(ref, from, endOf(grid, ref));
          if (buffer.histograms() != null) {
            columns.addNative(buffer, ref.mapping.scale(), intervalOf(ref), from);
          }
        } else if (ref.part == Mapping.Part.BUCKET) {
          groups.computeIfAbsent(ref.group, key -> new ArrayList<>()).add(ref);
        }
      }
      groups.values().forEach(group -> addClassic(group, grid, columns));
      if (!columns.isEmpty()) {
        return columns;
      }
    }
    return new HistogramColumns(grid);
  }

  private void addClassic(List<SeriesRef> group, Grid grid, HistogramColumns columns) {
    var ascending = new ArrayList<>(group);
    ascending.sort(Comparator.comparingDouble(ref -> ref.bound));
    var bounds = new double[ascending.size()];
    var increases = new ArrayList<double[]>(ascending.size());
    for (int i = 0; i < bounds.length; i++) {
      var ref = ascending.get(i);
      bounds[i] = ref.bound;
      var line = line(List.of(ref), Signal.Kind.COUNTER, grid, ColumnFolder.Fold.SUM);
      var increase = line.mean;
      for (int column = 0; column < increase.length; column++) {
        increase[column] *= grid.stepMs() / 1000.0;
      }
      increases.add(increase);
    }
    columns.addClassic(bounds, increases);
  }

  /** The mean that a source's sums and counts tell; NaN where there is neither. */
  Columns mean(List<SeriesRef> refs, Grid grid) {
    for (var source : bySource(refs)) {
      var sums = source.stream().filter(ref -> ref.part == Mapping.Part.SUM).toList();
      var counts = source.stream().filter(ref -> ref.part == Mapping.Part.COUNT).toList();
      if (!sums.isEmpty() && !counts.isEmpty()) {
        var mean = line(sums, Signal.Kind.COUNTER, grid, ColumnFolder.Fold.SUM)
            .over(line(counts, Signal.Kind.COUNTER, grid, ColumnFolder.Fold.SUM));
        if (!mean.isEmpty()) {
          return mean;
        }
      }
    }
    return new Columns(grid);
  }

  /** The growth of histograms' sums: of durations, the time spent, per second. */
  Columns sumRate(List<SeriesRef> refs, Grid grid) {
    for (var source : bySource(refs)) {
      var sums = source.stream().filter(ref -> ref.part == Mapping.Part.SUM).toList();
      if (!sums.isEmpty()) {
        return line(sums, Signal.Kind.COUNTER, grid, ColumnFolder.Fold.SUM);
      }
      var folder = new ColumnFolder(grid, shortestInterval(source), ColumnFolder.Fold.SUM);
      for (var ref : source) {
        long from = grid.startMs() - ColumnFolder.SILENT_INTERVALS * intervalOf(ref);
        read(ref, from, endOf(grid, ref));
        if (buffer.histograms() != null) {
          folder.addCounter(buffer, sums(), ref.mapping.scale(), intervalOf(ref), from);
        }
      }
      if (!folder.isEmpty()) {
        return folder.columns();
      }
    }
    return new Columns(grid);
  }

  private double[] sums() {
    var sums = new double[buffer.size()];
    for (int i = 0; i < sums.length; i++) {
      NativeHistogram histogram = buffer.histogram(i);
      sums[i] = histogram == null || histogram.isStale() ? Double.NaN : histogram.sum();
    }
    return sums;
  }
}

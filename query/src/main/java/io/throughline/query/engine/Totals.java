package io.throughline.query.engine;

import io.throughline.query.promql.Aggregation;
import io.throughline.query.promql.Expr.Aggregate;
import io.throughline.query.promql.Span;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Running totals of one group, per step. Hot path: one {@link #add} per series.
 *
 * <p>Sums are compensated. An average is a sum until that overflows, from then on an incremental mean. What a step saw of
 * floats and of histograms is counted apart: sum and avg of both is no value but a warning.
 */
final class Totals {

  private static final int[] NO_COUNTS = {};
  private static final double[] NO_VALUES = {};

  private final Aggregation operation;
  private final Annotations annotations;
  private final Span where;
  private final int[] counts;
  private final double[] totals;
  private final double[] lost;
  /** Of stddev and stdvar: the sum of squared distances to the mean. */
  private final double[] squares;
  /** Steps of an average whose sum overflowed: totals there are the mean. */
  private boolean @Nullable [] means;
  private @Nullable FloatHistogram @Nullable [] histograms;
  private int @Nullable [] histogramCounts;

  Totals(Aggregation operation, int steps, Annotations annotations, Span where) {
    this.operation = operation;
    this.annotations = annotations;
    this.where = where;
    boolean running = steps > 0;
    boolean spread = operation == Aggregation.STDDEV || operation == Aggregation.STDVAR;
    boolean compensated = spread || operation == Aggregation.SUM || operation == Aggregation.AVG;
    counts = running ? new int[steps] : NO_COUNTS;
    totals = running ? new double[steps] : NO_VALUES;
    lost = running && compensated ? new double[steps] : NO_VALUES;
    squares = running && spread ? new double[steps] : NO_VALUES;
  }

  static void ignored(Annotations annotations, Aggregate aggregate) {
    annotations.inform(aggregate.inner().span(),
        "ignored histogram in " + aggregate.operation().symbol() + " aggregation");
  }

  void add(SeriesColumn column) {
    switch (operation) {
      case SUM -> sum(column.values);
      case AVG -> average(column.values);
      case MIN, MAX -> extreme(column.values, operation == Aggregation.MAX);
      case STDDEV, STDVAR -> spread(column.values);
      default -> count(column.values);
    }
    if (column.histograms != null) {
      addHistograms(column);
    }
  }

  private void sum(double[] values) {
    for (int k = 0; k < values.length; k++) {
      double value = values[k];
      if (!SeriesColumn.present(value)) {
        continue;
      }
      if (counts[k]++ == 0) {
        // Not added to 0, which would lose the sign of -0.
        totals[k] = value;
        continue;
      }
      double sum = totals[k];
      double total = sum + value;
      lost[k] = Double.isInfinite(total) ? 0 : lost[k] + RangeFunctions.lost(sum, value, total);
      totals[k] = total;
    }
  }

  private void average(double[] values) {
    for (int k = 0; k < values.length; k++) {
      double value = values[k];
      if (!SeriesColumn.present(value)) {
        continue;
      }
      int count = ++counts[k];
      if (count == 1) {
        totals[k] = value;
        continue;
      }
      if (isMean(k)) {
        addToMean(k, value);
        continue;
      }
      double sum = totals[k];
      double total = sum + value;
      if (Double.isInfinite(total)) {
        setMean(k);
        totals[k] = sum / (count - 1);
        lost[k] /= count - 1;
        addToMean(k, value);
        continue;
      }
      lost[k] += RangeFunctions.lost(sum, value, total);
      totals[k] = total;
    }
  }

  private void addToMean(int k, double value) {
    double count = counts[k];
    double kept = (count - 1) / count;
    double mean = kept * totals[k];
    double total = mean + value / count;
    lost[k] = Double.isInfinite(total)
        ? 0
        : kept * lost[k] + RangeFunctions.lost(mean, value / count, total);
    totals[k] = total;
  }

  private void extreme(double[] values, boolean max) {
    for (int k = 0; k < values.length; k++) {
      double value = values[k];
      if (!SeriesColumn.present(value)) {
        continue;
      }
      double best = totals[k];
      if (counts[k]++ == 0 || Double.isNaN(best) || (max ? value > best : value < best)) {
        totals[k] = value;
      }
    }
  }

  private void spread(double[] values) {
    for (int k = 0; k < values.length; k++) {
      double value = values[k];
      if (!SeriesColumn.present(value)) {
        continue;
      }
      int count = ++counts[k];
      double mean = totals[k];
      double distance = value - mean;
      double next = mean + distance / count;
      totals[k] = next;
      squares[k] += Double.isFinite(value) ? distance * (value - next) : Double.NaN;
    }
  }

  private void count(double[] values) {
    for (int k = 0; k < values.length; k++) {
      if (SeriesColumn.present(values[k])) {
        counts[k]++;
      }
    }
  }

  private void addHistograms(SeriesColumn column) {
    for (int k = 0; k < column.steps(); k++) {
      var histogram = column.histogram(k);
      if (histogram == null) {
        continue;
      }
      switch (operation) {
        case SUM, AVG -> addHistogram(k, histogram);
        case MIN, MAX, STDDEV, STDVAR ->
          annotations.inform(where, "ignored histogram in " + operation.symbol() + " aggregation");
        default -> counts[k]++;
      }
    }
  }

  private void addHistogram(int k, FloatHistogram histogram) {
    var sums = histograms;
    var seen = histogramCounts;
    if (sums == null || seen == null) {
      sums = new @Nullable FloatHistogram[counts.length];
      seen = new int[counts.length];
      histograms = sums;
      histogramCounts = seen;
    }
    if (seen[k]++ == 0) {
      sums[k] = histogram;
      return;
    }
    var before = sums[k];
    if (before == null) {
      return;
    }
    var notes = new FloatHistogram.Notes();
    sums[k] = before.plus(histogram, notes);
    if (notes.incompatible) {
      annotations.warn(where,
          "vector contains a mix of histograms with exponential and custom buckets schemas");
    }
    if (notes.boundsReconciled) {
      annotations.inform(where, "mismatched custom buckets were reconciled during aggregation");
    }
    if (notes.resetConflict) {
      annotations.warn(where, "conflicting counter resets during histogram aggregation");
    }
  }

  /** Adds what another of the same operation has seen. */
  void merge(Totals other) {
    for (int k = 0; k < counts.length; k++) {
      if (other.counts[k] > 0) {
        merge(other, k);
      }
    }
    var theirs = other.histograms;
    var seen = other.histogramCounts;
    if (theirs == null || seen == null) {
      return;
    }
    for (int k = 0; k < counts.length; k++) {
      var sum = theirs[k];
      if (seen[k] > 0 && sum != null) {
        addHistogram(k, sum);
        addToHistogramCount(k, seen[k] - 1);
      }
    }
  }

  private void addToHistogramCount(int k, int more) {
    var seen = histogramCounts;
    if (seen != null) {
      seen[k] += more;
    }
  }

  private void merge(Totals other, int k) {
    int before = counts[k];
    int more = other.counts[k];
    counts[k] = before + more;
    if (before == 0) {
      take(other, k);
      return;
    }
    switch (operation) {
      case SUM -> addSum(k, other.totals[k], other.lost[k]);
      case AVG -> {
        if (isMean(k) || other.isMean(k) || Double.isInfinite(totals[k] + other.totals[k])) {
          mergeMeans(other, k, before, more);
        } else {
          addSum(k, other.totals[k], other.lost[k]);
        }
      }
      case MIN, MAX -> {
        double value = other.totals[k];
        boolean better = operation == Aggregation.MAX ? value > totals[k] : value < totals[k];
        if (better || Double.isNaN(totals[k])) {
          totals[k] = value;
        }
      }
      case STDDEV, STDVAR -> {
        double distance = other.totals[k] - totals[k];
        double share = (double) more / counts[k];
        squares[k] += other.squares[k] + distance * distance * before * share;
        totals[k] += distance * share;
      }
      default -> {
        // Counts are all there is.
      }
    }
  }

  private void take(Totals other, int k) {
    if (totals.length > 0) {
      totals[k] = other.totals[k];
    }
    if (lost.length > 0) {
      lost[k] = other.lost[k];
    }
    if (squares.length > 0) {
      squares[k] = other.squares[k];
    }
    if (other.isMean(k)) {
      setMean(k);
    }
  }

  private boolean isMean(int k) {
    return means != null && means[k];
  }

  private void setMean(int k) {
    if (means == null) {
      means = new boolean[counts.length];
    }
    means[k] = true;
  }

  private void addSum(int k, double value, double alsoLost) {
    double sum = totals[k];
    double total = sum + value;
    lost[k] = Double.isInfinite(total)
        ? 0
        : lost[k] + alsoLost + RangeFunctions.lost(sum, value, total);
    totals[k] = total;
  }

  private void mergeMeans(Totals other, int k, int before, int more) {
    double mine = (isMean(k) ? totals[k] + lost[k] : totals[k] / before + lost[k] / before);
    double theirs = other.isMean(k)
        ? other.totals[k] + other.lost[k]
        : other.totals[k] / more + other.lost[k] / more;
    double count = counts[k];
    totals[k] = mine * (before / count) + theirs * (more / count);
    lost[k] = 0;
    setMean(k);
  }

  /** Writes the result at every step that saw something. */
  void finish(SeriesColumn out) {
    for (int k = 0; k < counts.length; k++) {
      if (counts[k] > 0) {
        out.values[k] = value(k);
      }
    }
    var sums = histograms;
    var seen = histogramCounts;
    if (sums == null || seen == null) {
      return;
    }
    for (int k = 0; k < counts.length; k++) {
      if (seen[k] == 0) {
        continue;
      }
      if (counts[k] > 0) {
        annotations.warn(where, "encountered a mix of histograms and floats for aggregation");
        out.remove(k);
        continue;
      }
      var sum = sums[k];
      if (sum != null) {
        out.setHistogram(k, operation == Aggregation.AVG ? sum.dividedBy(seen[k]) : sum);
      }
    }
  }

  private double value(int k) {
    return switch (operation) {
      case SUM -> totals[k] + lost[k];
      case AVG -> isMean(k) ? totals[k] + lost[k] : totals[k] / counts[k] + lost[k] / counts[k];
      case MIN, MAX -> totals[k];
      case STDVAR -> squares[k] / counts[k];
      case STDDEV -> Math.sqrt(squares[k] / counts[k]);
      case GROUP -> 1;
      default -> counts[k];
    };
  }

  @Override
  public String toString() {
    return operation + Arrays.toString(counts);
  }
}

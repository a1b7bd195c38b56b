package io.throughline.query.engine;

import io.throughline.query.promql.Function;
import io.throughline.query.promql.Numbers;
import io.throughline.query.promql.Span;
import io.throughline.store.Need;
import org.jspecify.annotations.Nullable;

/**
 * Functions over ranges, for one series over all steps. Hot path: a call of {@link #fill} per series.
 *
 * <p>Both ends of the range move forward only, so finding samples costs one pass. Where ranges overlap much, nothing costs
 * more the longer they are: sums come from compensated running totals, extremes from a monotonic queue, and what {@link
 * Sliding} names from structures of their own. What those cannot answer to nine digits of what Prometheus answers, a
 * range with too little left of its sums or with values that are not finite, is looked at anew, in Prometheus' order.
 */
final class RangeFunctions {

  private final Function function;
  private final double[] first;
  private final double[] second;
  private final Annotations annotations;
  private final Span where;
  private final RateFunctions rates;
  private final HistogramRanges histograms;
  private final StartedCounters started;
  private final boolean usesStarts;
  /** Null where the function slides by other means, or does not. */
  private final @Nullable Sliding sliding;

  private double[] totals = new double[0];
  private double[] totalsLost = new double[0];
  private final WindowIndex index = new WindowIndex();
  private int[] queue = new int[0];
  private double[] scratch = new double[0];

  /**
   * @param first the first scalar argument per step, empty where there is none
   * @param where the argument's place, for annotations
   */
  RangeFunctions(Function function, double[] first, double[] second, QueryContext context,
      Span where) {
    this.function = function;
    this.first = first;
    this.second = second;
    this.annotations = context.annotations();
    this.where = where;
    this.rates = new RateFunctions(function);
    this.started = new StartedCounters(function, annotations, where);
    this.usesStarts = context.features().startTimestamps() && StartedCounters.concerns(function);
    this.histograms = new HistogramRanges(function, annotations, where,
        usesStarts ? started : null);
    this.sliding = sliding();
  }

  private @Nullable Sliding sliding() {
    return switch (function) {
      case STDDEV_OVER_TIME, STDVAR_OVER_TIME ->
        new SlidingSpread(function == Function.STDDEV_OVER_TIME);
      case DERIV, PREDICT_LINEAR -> new SlidingLine(first);
      case QUANTILE_OVER_TIME, MAD_OVER_TIME -> new SlidingOrder(function, first);
      case DOUBLE_EXPONENTIAL_SMOOTHING ->
        isFactor(first) && isFactor(second) ? new SlidingSmoothing(first[0], second[0]) : null;
      default -> null;
    };
  }

  /** Whether a smoothing's argument is one factor that may be. */
  private static boolean isFactor(double[] steps) {
    for (double one : steps) {
      if (!(one > 0 && one < 1) || one != steps[0]) {
        return false;
      }
    }
    return steps.length > 0;
  }

  /** What it needs of the samples of a window to give the same bits as with all of them. */
  Need need() {
    if (usesStarts) {
      return Need.ALL;
    }
    return switch (function) {
      case COUNT_OVER_TIME, PRESENT_OVER_TIME, LAST_OVER_TIME, TS_OF_LAST_OVER_TIME -> Need.LAST;
      case MIN_OVER_TIME -> Need.LOWEST;
      case MAX_OVER_TIME -> Need.HIGHEST;
      case RATE, INCREASE, DELTA, RESETS, FIRST_OVER_TIME, TS_OF_FIRST_OVER_TIME -> Need.CHANGE;
      default -> Need.ALL;
    };
  }

  /** Evaluates one series. The output is empty before. */
  void fill(Samples samples, Windows windows, Grid grid, SeriesColumn out) {
    if (samples.size == 0) {
      return;
    }
    index.set(samples, windows);
    if (samples.histograms != null) {
      histograms.fill(this, samples, windows, index, grid, out);
      return;
    }
    if (usesStarts && samples.starts != null) {
      fromStarts(samples, windows, out);
      return;
    }
    switch (function) {
      case RATE, INCREASE, DELTA -> rates.extrapolated(samples, windows, index, out);
      case SUM_OVER_TIME, AVG_OVER_TIME -> {
        if (windows.overlapMuch() && samples.finite && similarMagnitudes(samples)) {
          slidingSum(samples, out);
        } else {
          each(samples, grid, out);
        }
      }
      case MIN_OVER_TIME, MAX_OVER_TIME, TS_OF_MIN_OVER_TIME, TS_OF_MAX_OVER_TIME -> {
        if (windows.overlapMuch()) {
          slidingExtreme(samples, out);
        } else {
          each(samples, grid, out);
        }
      }
      case CHANGES, RESETS -> slidingEdges(samples, out);
      case DOUBLE_EXPONENTIAL_SMOOTHING ->
        slide(samples.finite ? sliding : null, samples, windows, grid, out);
      default -> slide(sliding, samples, windows, grid, out);
    }
  }

  private void slide(@Nullable Sliding means, Samples samples, Windows windows, Grid grid,
      SeriesColumn out) {
    if (means != null && windows.overlap(means.leastOverlap())) {
      means.fill(this, samples, index, grid, out);
    } else {
      each(samples, grid, out);
    }
  }

  private void fromStarts(Samples s, Windows windows, SeriesColumn out) {
    for (int k = 0; k < windows.count(); k++) {
      if (index.any(k)) {
        long end = windows.endMs(k);
        out.values[k] = started.value(s, index.lo(k), index.hi(k), end - windows.rangeMs(), end);
      }
    }
  }

  private void each(Samples s, Grid grid, SeriesColumn out) {
    for (int k = 0; k < out.steps(); k++) {
      if (index.any(k)) {
        out.values[k] = floatValue(s, index.lo(k), index.hi(k), k, grid);
      }
    }
  }

  /** One range that holds only floats; {@link SeriesColumn#ABSENT} for no result. */
  double floatValue(Samples s, int lo, int hi, int k, Grid grid) {
    var v = s.values;
    return switch (function) {
      case SUM_OVER_TIME -> sum(v, lo, hi);
      case AVG_OVER_TIME -> average(v, lo, hi);
      case COUNT_OVER_TIME -> hi - lo + s.leftOut;
      case PRESENT_OVER_TIME -> 1;
      case LAST_OVER_TIME -> v[hi - 1];
      case FIRST_OVER_TIME -> v[lo];
      case MIN_OVER_TIME -> v[extreme(v, lo, hi, false)];
      case MAX_OVER_TIME -> v[extreme(v, lo, hi, true)];
      case TS_OF_MIN_OVER_TIME -> s.times[extreme(v, lo, hi, false)] / 1000.0;
      case TS_OF_MAX_OVER_TIME -> s.times[extreme(v, lo, hi, true)] / 1000.0;
      case TS_OF_FIRST_OVER_TIME -> s.times[lo] / 1000.0;
      case TS_OF_LAST_OVER_TIME -> s.times[hi - 1] / 1000.0;
      case STDVAR_OVER_TIME -> variance(v, lo, hi);
      case STDDEV_OVER_TIME -> Math.sqrt(variance(v, lo, hi));
      case QUANTILE_OVER_TIME -> {
        checkQuantile(first[k]);
        yield Quantiles.quantile(first[k], window(v, lo, hi), hi - lo);
      }
      case MAD_OVER_TIME -> medianDeviation(window(v, lo, hi), hi - lo);
      case CHANGES -> changes(v, lo, hi);
      case RESETS -> resets(v, lo, hi);
      case IRATE, IDELTA -> rates.lastTwo(s, lo, hi);
      case DERIV -> hi - lo < 2 ? SeriesColumn.ABSENT : line(s, lo, hi, s.times[lo], 0, true);
      case PREDICT_LINEAR ->
        hi - lo < 2 ? SeriesColumn.ABSENT : line(s, lo, hi, grid.timeMs(k), first[k], false);
      case DOUBLE_EXPONENTIAL_SMOOTHING -> smoothed(v, lo, hi, first[k], second[k]);
      default -> throw new IllegalStateException(function + " is not a function over ranges");
    };
  }

  private static double sum(double[] v, int lo, int hi) {
    double sum = 0;
    double lost = 0;
    for (int i = lo; i < hi; i++) {
      double value = v[i];
      double total = sum + value;
      lost = Double.isInfinite(total) ? 0 : lost + lost(sum, value, total);
      sum = total;
    }
    return sum + lost;
  }

  private static double average(double[] v, int lo, int hi) {
    double sum = v[lo];
    double lost = 0;
    for (int i = lo + 1; i < hi; i++) {
      double total = sum + v[i];
      if (Double.isInfinite(total)) {
        // The sum leaves the range of a double, the mean need not.
        return averageFrom(v, lo, i, hi, sum / (i - lo), lost / (i - lo));
      }
      lost += lost(sum, v[i], total);
      sum = total;
    }
    double count = hi - lo;
    return sum / count + lost / count;
  }

  private static double averageFrom(double[] v, int lo, int from, int hi, double before,
      double lostBefore) {
    double mean = before;
    double lost = lostBefore;
    for (int i = from; i < hi; i++) {
      double count = i - lo + 1;
      double kept = (count - 1) / count;
      double part = v[i] / count;
      double total = kept * mean + part;
      lost = Double.isInfinite(total) ? 0 : kept * lost + lost(kept * mean, part, total);
      mean = total;
    }
    return mean + lost;
  }

  /** What the finite sum {@code total} of two numbers is short of. */
  static double lost(double sum, double value, double total) {
    return Math.abs(sum) >= Math.abs(value) ? (sum - total) + value : (value - total) + sum;
  }

  private static int extreme(double[] v, int lo, int hi, boolean max) {
    int best = lo;
    for (int i = lo + 1; i < hi; i++) {
      if (Double.isNaN(v[best]) || (max ? v[i] >= v[best] : v[i] <= v[best])) {
        best = i;
      }
    }
    return best;
  }

  private static double variance(double[] v, int lo, int hi) {
    var mean = new CompensatedSum();
    var squares = new CompensatedSum();
    for (int i = lo; i < hi; i++) {
      double distance = v[i] - mean.value();
      mean.add(distance / (i - lo + 1));
      squares.add(distance * (v[i] - mean.value()));
    }
    return squares.value() / (hi - lo);
  }

  /** A copy that may be sorted; the next call overwrites it. */
  private double[] window(double[] v, int lo, int hi) {
    if (scratch.length < hi - lo) {
      scratch = new double[hi - lo + (hi - lo) / 2];
    }
    System.arraycopy(v, lo, scratch, 0, hi - lo);
    return scratch;
  }

  void checkQuantile(double q) {
    if (!(q >= 0 && q <= 1)) {
      annotations.warn(where, "quantile value should be between 0 and 1, got " + Numbers.format(q));
    }
  }

  private static double medianDeviation(double[] window, int size) {
    double median = Quantiles.quantile(0.5, window, size);
    for (int i = 0; i < size; i++) {
      window[i] = Math.abs(window[i] - median);
    }
    return Quantiles.quantile(0.5, window, size);
  }

  static boolean differ(double before, double now) {
    return now != before && !(Double.isNaN(now) && Double.isNaN(before));
  }

  private static double changes(double[] v, int lo, int hi) {
    int count = 0;
    for (int i = lo + 1; i < hi; i++) {
      if (differ(v[i - 1], v[i])) {
        count++;
      }
    }
    return count;
  }

  private static double resets(double[] v, int lo, int hi) {
    int count = 0;
    for (int i = lo + 1; i < hi; i++) {
      if (v[i] < v[i - 1]) {
        count++;
      }
    }
    return count;
  }

  /** Least squares: the slope per second, or the value {@code seconds} after {@code interceptMs}. */
  private static double line(Samples s, int lo, int hi, long interceptMs, double seconds,
      boolean slopeOnly) {
    double firstValue = s.values[lo];
    boolean constant = true;
    var sumX = new CompensatedSum();
    var sumY = new CompensatedSum();
    var sumXY = new CompensatedSum();
    var sumX2 = new CompensatedSum();
    for (int i = lo; i < hi; i++) {
      double y = s.values[i];
      constant &= y == firstValue;
      double x = (s.times[i] - interceptMs) / 1000.0;
      sumX.add(x);
      sumY.add(y);
      sumXY.add(x * y);
      sumX2.add(x * x);
    }
    if (constant) {
      return Double.isInfinite(firstValue) ? Double.NaN : slopeOnly ? 0 : firstValue;
    }
    double n = hi - lo;
    double covariance = sumXY.value() - sumX.value() * sumY.value() / n;
    double spread = sumX2.value() - sumX.value() * sumX.value() / n;
    double slope = covariance / spread;
    double intercept = sumY.value() / n - slope * sumX.value() / n;
    return slopeOnly ? slope : slope * seconds + intercept;
  }

  private static double smoothed(double[] v, int lo, int hi, double smoothing, double trend) {
    if (!(smoothing > 0 && smoothing < 1)) {
      throw EvaluationFailure
          .of("invalid smoothing factor. Expected: 0 < sf < 1, got: " + Numbers.format(smoothing));
    }
    if (!(trend > 0 && trend < 1)) {
      throw EvaluationFailure
          .of("invalid trend factor. Expected: 0 < tf < 1, got: " + Numbers.format(trend));
    }
    if (hi - lo < 2) {
      return SeriesColumn.ABSENT;
    }
    double before = 0;
    double level = v[lo];
    double slope = v[lo + 1] - v[lo];
    for (int i = lo + 1; i < hi; i++) {
      if (i > lo + 1) {
        slope = trend * (level - before) + (1 - trend) * slope;
      }
      double next = smoothing * v[i] + (1 - smoothing) * (level + slope);
      before = level;
      level = next;
    }
    return level;
  }

  /** Whether running totals keep enough digits for any range. */
  private static boolean similarMagnitudes(Samples s) {
    double largest = 0;
    double smallest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < s.size; i++) {
      double size = Math.abs(s.values[i]);
      largest = Math.max(largest, size);
      if (size != 0) {
        smallest = Math.min(smallest, size);
      }
    }
    return largest == 0 || largest < 1e290 && largest / smallest < 1e12;
  }

  private void slidingSum(Samples s, SeriesColumn out) {
    if (totals.length <= s.size) {
      totals = new double[s.size + 1 + s.size / 2];
      totalsLost = new double[totals.length];
    }
    double sum = 0;
    double lost = 0;
    totals[0] = 0;
    totalsLost[0] = 0;
    for (int i = 0; i < s.size; i++) {
      double value = s.values[i];
      double total = sum + value;
      lost += lost(sum, value, total);
      sum = total;
      totals[i + 1] = sum;
      totalsLost[i + 1] = lost;
    }
    boolean average = function == Function.AVG_OVER_TIME;
    for (int k = 0; k < out.steps(); k++) {
      if (index.any(k)) {
        int lo = index.lo(k);
        int hi = index.hi(k);
        double value = (totals[hi] - totals[lo]) + (totalsLost[hi] - totalsLost[lo]);
        out.values[k] = average ? value / (hi - lo) : value;
      }
    }
  }

  private void slidingExtreme(Samples s, SeriesColumn out) {
    if (queue.length < s.size) {
      queue = new int[s.size + s.size / 2];
    }
    boolean max = function == Function.MAX_OVER_TIME || function == Function.TS_OF_MAX_OVER_TIME;
    boolean time = function == Function.TS_OF_MIN_OVER_TIME
        || function == Function.TS_OF_MAX_OVER_TIME;
    int head = 0;
    int tail = 0;
    int next = 0;
    for (int k = 0; k < out.steps(); k++) {
      for (; next < index.hi(k); next++) {
        double value = s.values[next];
        if (!Double.isNaN(value)) {
          while (tail > head
              && (max ? s.values[queue[tail - 1]] <= value : s.values[queue[tail - 1]] >= value)) {
            tail--;
          }
          queue[tail++] = next;
        }
      }
      while (head < tail && queue[head] < index.lo(k)) {
        head++;
      }
      if (index.any(k)) {
        // Where nothing is a number, all are equal: the last stands for them.
        int found = head < tail ? queue[head] : index.hi(k) - 1;
        out.values[k] = time ? s.times[found] / 1000.0 : s.values[found];
      }
    }
  }

  /** Counts neighbours that differ (changes) or fall (resets). */
  private void slidingEdges(Samples s, SeriesColumn out) {
    boolean changes = function == Function.CHANGES;
    int first = 0;
    int next = 0;
    int count = 0;
    for (int k = 0; k < out.steps(); k++) {
      for (; next < index.hi(k); next++) {
        // The edge between a sample and the one before belongs to the range once both are in.
        if (next > first && edge(s.values, next, changes)) {
          count++;
        }
      }
      while (first < index.lo(k)) {
        first++;
        if (first < next && edge(s.values, first, changes)) {
          count--;
        }
      }
      if (index.any(k)) {
        out.values[k] = count;
      }
    }
  }

  private static boolean edge(double[] v, int i, boolean changes) {
    return changes ? differ(v[i - 1], v[i]) : v[i] < v[i - 1];
  }
}

package io.throughline.query.engine;

import io.throughline.query.promql.Function;
import java.util.Arrays;

/**
 * quantile_over_time and mad_over_time. All samples of a series are sorted once; a window is a set of places in that order,
 * a bit each, and a tree of counts above the bits finds the n-th of them: a sample costs two walks up the tree, a window a
 * few down, each as long as the logarithm of the series. Answers have the bits that sorting each window gives.
 */
final class SlidingOrder implements Sliding, Quantiles.Ordered {

  private static final long ALL_BUT_SIGN = Long.MAX_VALUE;
  private static final long NAN_KEY = Long.MIN_VALUE;

  private final Function function;
  private final double[] quantiles;
  /** The values ascending, NaN first, as numbers in the same order. */
  private long[] keys = new long[0];
  private int[] places = new int[0];
  private int[] taken = new int[0];
  private long[] present = new long[0];
  /** A Fenwick tree over the words of {@link #present}: element i, from 1, counts the last {@code i & -i} words before. */
  private int[] counts = new int[0];
  private int words;
  private int size;

  SlidingOrder(Function function, double[] quantiles) {
    this.function = function;
    this.quantiles = quantiles;
  }

  /** Sorting a few dozen values is cheaper than a place in an order of thousands. */
  @Override
  public int leastOverlap() {
    return 16;
  }

  @Override
  public void fill(RangeFunctions anew, Samples s, WindowIndex windows, Grid grid,
      SeriesColumn out) {
    start(s);
    int first = 0;
    int next = 0;
    for (int k = 0; k < grid.count(); k++) {
      for (; next < windows.hi(k); next++) {
        change(places[next], 1);
      }
      for (; first < windows.lo(k); first++) {
        change(places[first], -1);
      }
      if (size == 0) {
        continue;
      }
      if (function == Function.QUANTILE_OVER_TIME) {
        anew.checkQuantile(quantiles[k]);
        out.values[k] = Quantiles.quantile(quantiles[k], this, size);
      } else if (Double.isFinite(at(0)) && Double.isFinite(at(size - 1))) {
        out.values[k] = medianDeviation();
      } else {
        out.values[k] = anew.floatValue(s, first, next, k, grid);
      }
    }
  }

  private void start(Samples s) {
    int n = s.size;
    if (keys.length < n) {
      keys = new long[n + n / 2];
      places = new int[keys.length];
      taken = new int[keys.length];
      present = new long[keys.length / Long.SIZE + 1];
      counts = new int[present.length + 1];
    }
    words = n / Long.SIZE + 1;
    size = 0;
    Arrays.fill(present, 0, words, 0);
    Arrays.fill(counts, 0, words + 1, 0);
    Arrays.fill(taken, 0, n, 0);
    for (int i = 0; i < n; i++) {
      keys[i] = key(s.values[i]);
    }
    Arrays.sort(keys, 0, n);
    for (int i = 0; i < n; i++) {
      int first = firstPlace(key(s.values[i]), n);
      places[i] = first + taken[first]++;
    }
  }

  private static long key(double value) {
    long bits = Double.doubleToRawLongBits(value);
    return Double.isNaN(value) ? NAN_KEY : bits ^ bits >> 63 & ALL_BUT_SIGN;
  }

  private static double value(long key) {
    return key == NAN_KEY ? Double.NaN : Double.longBitsToDouble(key ^ key >> 63 & ALL_BUT_SIGN);
  }

  private int firstPlace(long key, int n) {
    int from = 0;
    int to = n;
    while (from < to) {
      int middle = from + to >>> 1;
      if (keys[middle] < key) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from;
  }

  /** Puts a place into the window or takes it out. */
  private void change(int place, int by) {
    int word = place / Long.SIZE;
    present[word] ^= 1L << place;
    for (int i = word + 1; i <= words; i += i & -i) {
      counts[i] += by;
    }
    size += by;
  }

  /** The n-th value of the window, from 0. */
  @Override
  public double at(int index) {
    int rest = index;
    int word = 0;
    for (int step = Integer.highestOneBit(words); step > 0; step >>= 1) {
      int behind = word + step;
      if (behind <= words && counts[behind] <= rest) {
        word = behind;
        rest -= counts[behind];
      }
    }
    return value(keys[word * Long.SIZE + nthBit(present[word], rest)]);
  }

  private static int nthBit(long bits, int n) {
    long window = bits;
    int rest = n;
    int at = 0;
    for (int width = Long.SIZE / 2; width > 0; width >>= 1) {
      int below = Long.bitCount(window & (1L << width) - 1);
      if (rest >= below) {
        rest -= below;
        window >>>= width;
        at += width;
      }
    }
    return at;
  }

  /** The median distance to the median: distances rise to both sides of it, so the n-th of all is found by halving. */
  private double medianDeviation() {
    double median = Quantiles.quantile(0.5, this, size);
    int below = (size - 1) / 2 + 1;
    return Quantiles.quantile(0.5, index -> deviation(index, median, below), size);
  }

  /**
   * The n-th distance to the median.
   *
   * @param below how many values are not above the median
   */
  private double deviation(int index, double median, int below) {
    int above = size - below;
    int from = Math.max(0, index - above);
    int to = Math.min(index, below);
    // How many of those before it are below the median.
    while (from < to) {
      int middle = from + to >>> 1;
      if (left(middle, median, below) < right(index - middle - 1, median, below)) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return Math.min(left(from, median, below), right(index - from, median, below));
  }

  private double left(int n, double median, int below) {
    return n < below ? Math.abs(at(below - 1 - n) - median) : Double.POSITIVE_INFINITY;
  }

  private double right(int n, double median, int below) {
    return below + n < size ? Math.abs(at(below + n) - median) : Double.POSITIVE_INFINITY;
  }
}

package io.throughline.query.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The populated buckets on one side of zero: ascending indexes with their counts. Immutable; the arrays never leave the package. */
record Buckets(int[] indexes, double[] counts) {
  static final Buckets NONE = new Buckets(new int[0], new double[0]);

  int size() {
    return indexes.length;
  }

  Buckets scaled(double factor) {
    var scaled = new double[counts.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = counts[i] * factor;
    }
    return new Buckets(indexes, scaled);
  }

  Buckets divided(double divisor) {
    if (divisor == 0) {
      return NONE;
    }
    var divided = new double[counts.length];
    for (int i = 0; i < divided.length; i++) {
      divided[i] = counts[i] / divisor;
    }
    return new Buckets(indexes, divided);
  }

  Buckets plus(Buckets other, double sign) {
    var merged = new int[indexes.length + other.indexes.length];
    var sums = new double[merged.length];
    int i = 0;
    int j = 0;
    int n = 0;
    while (i < indexes.length || j < other.indexes.length) {
      int index;
      double count;
      if (j >= other.indexes.length || i < indexes.length && indexes[i] < other.indexes[j]) {
        index = indexes[i];
        count = counts[i++];
      } else if (i >= indexes.length || other.indexes[j] < indexes[i]) {
        index = other.indexes[j];
        count = sign * other.counts[j++];
      } else {
        index = indexes[i];
        count = counts[i++] + sign * other.counts[j++];
      }
      if (count != 0) {
        merged[n] = index;
        sums[n++] = count;
      }
    }
    return new Buckets(Arrays.copyOf(merged, n), Arrays.copyOf(sums, n));
  }

  /** Merges 2^by neighbours into one. */
  Buckets coarser(int by) {
    var merged = new int[indexes.length];
    var sums = new double[indexes.length];
    int n = 0;
    for (int i = 0; i < indexes.length; i++) {
      int index = ((indexes[i] - 1) >> by) + 1;
      if (n > 0 && merged[n - 1] == index) {
        sums[n - 1] += counts[i];
      } else {
        merged[n] = index;
        sums[n++] = counts[i];
      }
    }
    return new Buckets(Arrays.copyOf(merged, n), Arrays.copyOf(sums, n));
  }

  double count(int index) {
    int at = Arrays.binarySearch(indexes, index);
    return at < 0 ? 0 : counts[at];
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Buckets that && Arrays.equals(indexes, that.indexes)
        && Arrays.equals(counts, that.counts);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(indexes);
  }
}

package io.throughline.query.engine;

import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.query.promql.Numbers;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A native histogram in a query: counts are doubles, buckets are sorted pairs of index and count, and empty buckets are
 * left out. Immutable: arithmetic makes new ones. Bucket {@code i} of an exponential schema {@code s} is
 * {@code (2^((i-1)·2^-s), 2^(i·2^-s)]}; of custom bounds, {@code (bounds[i-1], bounds[i]]}.
 */
public final class FloatHistogram {

  /** One bucket with its bounds; which bound is included shows in the rule: 0 (], 1 [), 3 []. */
  public record Bucket(double lower, double upper, double count, int rule) {}

  /** What an operation could not keep quiet about. */
  static final class Notes {
    boolean resetConflict;
    boolean boundsReconciled;
    boolean incompatible;
  }

  final ResetHint hint;
  final int schema;
  final double zeroThreshold;
  final double zeroCount;
  final double count;
  final double sum;
  final Buckets positive;
  final Buckets negative;
  final double[] bounds;

  FloatHistogram(ResetHint hint, int schema, double zeroThreshold, double zeroCount, double count,
      double sum, Buckets positive, Buckets negative, double[] bounds) {
    this.hint = hint;
    this.schema = schema;
    this.zeroThreshold = zeroThreshold;
    this.zeroCount = zeroCount;
    this.count = count;
    this.sum = sum;
    this.positive = positive;
    this.negative = negative;
    this.bounds = bounds;
  }

  /** What is stored, as queries see it. */
  public static FloatHistogram of(NativeHistogram stored) {
    var positive = buckets(stored.positiveSpans(), stored, true);
    var negative = buckets(stored.negativeSpans(), stored, false);
    return new FloatHistogram(stored.resetHint(), stored.schema(), stored.zeroThreshold(),
        stored.zeroCount(), stored.count(), stored.sum(), positive, negative,
        stored.customBounds());
  }

  /** As a float histogram to store. */
  public NativeHistogram toStored() {
    return new NativeHistogram(false, hint, schema, zeroThreshold,
        Double.doubleToRawLongBits(zeroCount), Double.doubleToRawLongBits(count), sum,
        spans(positive), bits(positive), spans(negative), bits(negative), bounds);
  }

  private static int[] spans(Buckets buckets) {
    var spans = new int[2 * buckets.size()];
    int n = 0;
    int next = 0;
    for (int i = 0; i < buckets.size(); i++) {
      int index = buckets.indexes()[i];
      if (n > 0 && index == next) {
        spans[n - 1]++;
      } else {
        spans[n++] = index - next;
        spans[n++] = 1;
      }
      next = index + 1;
    }
    return Arrays.copyOf(spans, n);
  }

  private static long[] bits(Buckets buckets) {
    var bits = new long[buckets.size()];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Double.doubleToRawLongBits(buckets.counts()[i]);
    }
    return bits;
  }

  private static Buckets buckets(int[] spans, NativeHistogram stored, boolean positive) {
    int total = (positive ? stored.positiveCountBits() : stored.negativeCountBits()).length;
    if (total == 0) {
      return Buckets.NONE;
    }
    var indexes = new int[total];
    var counts = new double[total];
    int index = 0;
    int at = 0;
    int n = 0;
    for (int span = 0; span < spans.length; span += 2) {
      index += spans[span];
      for (int i = 0; i < spans[span + 1]; i++) {
        double bucketCount = positive ? stored.positiveCount(at) : stored.negativeCount(at);
        at++;
        if (bucketCount != 0) {
          indexes[n] = index;
          counts[n++] = bucketCount;
        }
        index++;
      }
    }
    return n == total
        ? new Buckets(indexes, counts)
        : new Buckets(Arrays.copyOf(indexes, n), Arrays.copyOf(counts, n));
  }

  /** The number of observations, those of NaN included. */
  public double count() {
    return count;
  }

  /** The sum of the observations. */
  public double sum() {
    return sum;
  }

  boolean custom() {
    return schema == NativeHistogram.CUSTOM_BOUNDS;
  }

  FloatHistogram withHint(ResetHint other) {
    return other == hint
        ? this
        : new FloatHistogram(other, schema, zeroThreshold, zeroCount, count, sum, positive,
            negative, bounds);
  }

  FloatHistogram withCountAndSum(double newZeroCount, double newCount, double newSum,
      Buckets newPositive, Buckets newNegative) {
    return new FloatHistogram(hint, schema, zeroThreshold, newZeroCount, newCount, newSum,
        newPositive, newNegative, bounds);
  }

  FloatHistogram times(double factor) {
    return new FloatHistogram(factor < 0 ? ResetHint.GAUGE : hint, schema, zeroThreshold,
        zeroCount * factor, count * factor, sum * factor, positive.scaled(factor),
        negative.scaled(factor), bounds);
  }

  FloatHistogram dividedBy(double divisor) {
    return new FloatHistogram(divisor < 0 ? ResetHint.GAUGE : hint, schema, zeroThreshold,
        zeroCount / divisor, count / divisor, sum / divisor, positive.divided(divisor),
        negative.divided(divisor), bounds);
  }

  /** The sum of both, or null where their layouts have nothing in common. */
  @Nullable
  FloatHistogram plus(FloatHistogram other, Notes notes) {
    return combined(other, 1, addedHint(other, notes), notes);
  }

  /** This minus another: a gauge. */
  @Nullable
  FloatHistogram minus(FloatHistogram other, Notes notes) {
    addedHint(other, notes);
    return combined(other, -1, ResetHint.GAUGE, notes);
  }

  private ResetHint addedHint(FloatHistogram other, Notes notes) {
    if (hint == other.hint) {
      return hint;
    }
    if (hint == ResetHint.GAUGE || other.hint == ResetHint.GAUGE) {
      return ResetHint.GAUGE;
    }
    if (hint == ResetHint.UNKNOWN || other.hint == ResetHint.UNKNOWN) {
      return ResetHint.UNKNOWN;
    }
    notes.resetConflict = true;
    return ResetHint.UNKNOWN;
  }

  private @Nullable FloatHistogram combined(FloatHistogram other, double sign, ResetHint newHint,
      Notes notes) {
    if (custom() != other.custom()) {
      notes.incompatible = true;
      return null;
    }
    if (custom()) {
      var left = this;
      var right = other;
      if (!Arrays.equals(bounds, other.bounds)) {
        notes.boundsReconciled = true;
        var shared = sharedBounds(bounds, other.bounds);
        left = onBounds(shared);
        right = other.onBounds(shared);
      }
      return new FloatHistogram(newHint, schema, 0, 0, count + sign * other.count,
          sum + sign * other.sum, left.positive.plus(right.positive, sign), Buckets.NONE,
          left.bounds);
    }
    var left = this;
    var right = other;
    while (left.zeroThreshold != right.zeroThreshold) {
      if (left.zeroThreshold < right.zeroThreshold) {
        left = left.widenZero(right.zeroThreshold);
      } else {
        right = right.widenZero(left.zeroThreshold);
      }
    }
    int newSchema = Math.min(left.schema, right.schema);
    left = left.atSchema(newSchema);
    right = right.atSchema(newSchema);
    return new FloatHistogram(newHint, newSchema, left.zeroThreshold,
        left.zeroCount + sign * right.zeroCount, count + sign * other.count, sum + sign * other.sum,
        left.positive.plus(right.positive, sign), left.negative.plus(right.negative, sign), bounds);
  }

  FloatHistogram atSchema(int coarser) {
    return coarser >= schema
        ? this
        : new FloatHistogram(hint, coarser, zeroThreshold, zeroCount, count, sum,
            positive.coarser(schema - coarser), negative.coarser(schema - coarser), bounds);
  }

  /**
   * Widens the zero bucket to at least the threshold; it then ends where the last populated bucket that it cuts ends.
   */
  private FloatHistogram widenZero(double threshold) {
    double wide = threshold;
    double zero = zeroCount;
    int keepPositive = 0;
    int keepNegative = 0;
    boolean grown = true;
    while (grown) {
      grown = false;
      for (int side = 0; side < 2; side++) {
        var buckets = side == 0 ? positive : negative;
        int keep = side == 0 ? keepPositive : keepNegative;
        while (keep < buckets.size() && bound(buckets.indexes()[keep] - 1) < wide) {
          double upper = bound(buckets.indexes()[keep]);
          if (upper > wide) {
            wide = upper;
            grown = true;
          }
          zero += buckets.counts()[keep++];
        }
        if (side == 0) {
          keepPositive = keep;
        } else {
          keepNegative = keep;
        }
      }
    }
    return new FloatHistogram(hint, schema, wide, zero, count, sum, tail(positive, keepPositive),
        tail(negative, keepNegative), bounds);
  }

  private static Buckets tail(Buckets buckets, int from) {
    return from == 0
        ? buckets
        : new Buckets(Arrays.copyOfRange(buckets.indexes(), from, buckets.size()),
            Arrays.copyOfRange(buckets.counts(), from, buckets.size()));
  }

  private static double[] sharedBounds(double[] left, double[] right) {
    var shared = new double[Math.min(left.length, right.length)];
    int n = 0;
    int j = 0;
    for (double bound : left) {
      while (j < right.length && right[j] < bound) {
        j++;
      }
      if (j < right.length && right[j] == bound) {
        shared[n++] = bound;
      }
    }
    return Arrays.copyOf(shared, n);
  }

  /** The same counts over fewer custom bounds. */
  private FloatHistogram onBounds(double[] fewer) {
    var sums = new double[fewer.length + 1];
    for (int i = 0; i < positive.size(); i++) {
      int index = positive.indexes()[i];
      double upper = index < bounds.length ? bounds[index] : Double.POSITIVE_INFINITY;
      int at = Arrays.binarySearch(fewer, upper);
      sums[at < 0 ? -at - 1 : at] += positive.counts()[i];
    }
    var indexes = new int[sums.length];
    var counts = new double[sums.length];
    int n = 0;
    for (int i = 0; i < sums.length; i++) {
      if (sums[i] != 0) {
        indexes[n] = i;
        counts[n++] = sums[i];
      }
    }
    return new FloatHistogram(hint, schema, 0, 0, count, sum,
        new Buckets(Arrays.copyOf(indexes, n), Arrays.copyOf(counts, n)), Buckets.NONE, fewer);
  }

  /** Whether counting began anew between the histogram before and this one. */
  boolean isResetAfter(FloatHistogram before) {
    if (hint == ResetHint.RESET) {
      return true;
    }
    if (hint == ResetHint.NOT_RESET) {
      return false;
    }
    if (count < before.count || custom() != before.custom()) {
      return true;
    }
    if (custom()) {
      if (Arrays.equals(bounds, before.bounds)) {
        return anyFell(positive, before.positive);
      }
      var shared = sharedBounds(bounds, before.bounds);
      return anyFell(onBounds(shared).positive, before.onBounds(shared).positive);
    }
    if (schema > before.schema || zeroThreshold < before.zeroThreshold) {
      return true;
    }
    var was = before;
    if (zeroThreshold > before.zeroThreshold) {
      was = before.widenZero(zeroThreshold);
      if (was.zeroThreshold != zeroThreshold) {
        return true;
      }
    }
    if (zeroCount < was.zeroCount) {
      return true;
    }
    was = was.atSchema(schema);
    return anyFell(positive, was.positive) || anyFell(negative, was.negative);
  }

  private static boolean anyFell(Buckets now, Buckets before) {
    for (int i = 0; i < before.size(); i++) {
      if (now.count(before.indexes()[i]) < before.counts()[i]) {
        return true;
      }
    }
    return false;
  }

  /** The upper bound of a positive bucket. */
  double bound(int index) {
    if (custom()) {
      return index >= bounds.length
          ? Double.POSITIVE_INFINITY
          : index < 0 ? Double.NEGATIVE_INFINITY : bounds[index];
    }
    if (schema <= 0) {
      long exponent = (long) index << -schema;
      return exponent >= 1024
          ? exponent == 1024 ? Double.MAX_VALUE : Double.POSITIVE_INFINITY
          : Math.scalb(1.0, (int) Math.max(exponent, -2000));
    }
    int fraction = index & ((1 << schema) - 1);
    int exponent = index >> schema;
    if (fraction == 0 && exponent == 1024) {
      return Double.MAX_VALUE;
    }
    return Math.scalb(Math.pow(2, (double) fraction / (1 << schema)), exponent);
  }

  /** Every populated bucket, ascending. */
  public Bucket[] ascending() {
    var all = new Bucket[negative.size() + positive.size() + (zeroCount != 0 ? 1 : 0)];
    int n = 0;
    for (int i = negative.size() - 1; i >= 0; i--) {
      int index = negative.indexes()[i];
      all[n++] = new Bucket(-bound(index), -bound(index - 1), negative.counts()[i], 1);
    }
    if (zeroCount != 0) {
      all[n++] = new Bucket(-zeroThreshold, zeroThreshold, zeroCount, 3);
    }
    for (int i = 0; i < positive.size(); i++) {
      int index = positive.indexes()[i];
      all[n++] = new Bucket(bound(index - 1), bound(index), positive.counts()[i],
          custom() && index == 0 ? 3 : 0);
    }
    return all;
  }

  /** Equal in layout and counts; the reset hint does not count. */
  public boolean sameAs(FloatHistogram other) {
    return schema == other.schema && count == other.count
        && (sum == other.sum || Double.isNaN(sum) && Double.isNaN(other.sum))
        && zeroThreshold == other.zeroThreshold && zeroCount == other.zeroCount
        && positive.equals(other.positive) && negative.equals(other.negative)
        && Arrays.equals(bounds, other.bounds);
  }

  /** As {@code count_values} writes it: {@code {count:3, sum:4, (1,2]:3}}. */
  @Override
  public String toString() {
    var text = new StringBuilder("{count:").append(Numbers.format(count))
        .append(", sum:")
        .append(Numbers.format(sum));
    for (var bucket : ascending()) {
      text.append(", ")
          .append(bucket.rule == 0 ? '(' : '[')
          .append(Numbers.format(bucket.lower))
          .append(',')
          .append(Numbers.format(bucket.upper))
          .append(bucket.rule == 1 ? ')' : ']')
          .append(':')
          .append(Numbers.format(bucket.count));
    }
    return text.append('}').toString();
  }
}

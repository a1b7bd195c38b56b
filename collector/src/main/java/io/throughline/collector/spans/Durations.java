package io.throughline.collector.spans;

import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint.Buckets;
import java.util.TreeMap;

/** How long things took, in seconds, in exponential buckets that are 9 % wide. */
final class Durations {
  static final int SCALE = 3;

  private final TreeMap<Integer, Long> buckets = new TreeMap<>();
  private long zero;
  private long count;
  private double sum;

  void add(double seconds) {
    count++;
    sum += seconds;
    if (seconds > 0) {
      buckets.merge(index(seconds), 1L, Long::sum);
    } else {
      zero++;
    }
  }

  /** The bucket {@code (2^(i/8), 2^((i+1)/8)]} that holds a value. */
  static int index(double seconds) {
    return (int) Math.ceil(Math.log(seconds) / Math.log(2) * (1 << SCALE)) - 1;
  }

  long count() {
    return count;
  }

  /** Fills in the point's counts; there are at most 64 octaves of nanoseconds, so at most 512 of them. */
  void writeTo(ExponentialHistogramDataPoint.Builder point) {
    point.setScale(SCALE).setCount(count).setZeroCount(zero).setSum(sum);
    if (!buckets.isEmpty()) {
      int first = buckets.firstKey();
      var positive = Buckets.newBuilder().setOffset(first);
      for (int i = first; i <= buckets.lastKey(); i++) {
        positive.addBucketCounts(buckets.getOrDefault(i, 0L));
      }
      point.setPositive(positive);
    }
  }
}

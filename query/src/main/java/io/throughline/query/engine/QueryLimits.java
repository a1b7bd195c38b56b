package io.throughline.query.engine;

import java.time.Duration;

/**
 * What one query may use. At each bound the query ends with a failure that names the setting.
 *
 * @param maxSeries series selected by all selectors together
 * @param maxSamples samples read by all selectors together
 * @param maxBytes bytes of columns held at once, approximately
 * @param timeout wall time
 */
public record QueryLimits(int maxSeries, long maxSamples, long maxBytes, Duration timeout) {

  public static final QueryLimits DEFAULT = new QueryLimits(2_000_000, 500_000_000L, 1_500_000_000L,
      Duration.ofMinutes(2));

  public QueryLimits {
    if (maxSeries < 1 || maxSamples < 1 || maxBytes < 1 || timeout.isNegative()
        || timeout.isZero()) {
      throw new IllegalArgumentException("limits of a query must be positive");
    }
  }

  public QueryLimits withTimeout(Duration other) {
    return new QueryLimits(maxSeries, maxSamples, maxBytes,
        other.compareTo(timeout) < 0 ? other : timeout);
  }
}

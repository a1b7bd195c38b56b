package io.throughline.query;

import java.time.Duration;

/**
 * Settings of PromQL and its HTTP API.
 *
 * @param lookback how old a sample may be and still be a series' value
 * @param timeout wall time of one query
 * @param threads platform threads that evaluate
 * @param queueLength requests that may wait for a thread; beyond it they are refused with 503
 * @param maxConcurrent requests of one tenant that may run or wait; beyond it they are refused with 429
 * @param maxSeries series one query may select
 * @param maxSamples samples one query may read
 * @param maxBytes bytes of columns one query may hold
 * @param adminApi whether series may be deleted over HTTP
 */
public record QuerySettings(Duration lookback, Duration timeout, int threads, int queueLength,
    int maxConcurrent, int maxSeries, long maxSamples, long maxBytes, boolean adminApi) {

  public static final QuerySettings DEFAULT = new QuerySettings(Duration.ofMinutes(5), Duration
      .ofMinutes(2), Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 32), 256, 64,
      2_000_000, 500_000_000L, 1L << 30, false);

  public QuerySettings {
    if (lookback.toMillis() < 1 || timeout.toMillis() < 1) {
      throw new IllegalArgumentException("lookback and timeout must be at least 1ms, got "
          + lookback + " and " + timeout);
    }
    if (threads < 1 || queueLength < 1 || maxConcurrent < 1) {
      throw new IllegalArgumentException(
          "threads, queue-length and max-concurrent must be at least 1, got " + threads + ", "
              + queueLength + " and " + maxConcurrent);
    }
    if (maxSeries < 1 || maxSamples < 1 || maxBytes < 1 << 20) {
      throw new IllegalArgumentException(
          "max-series and max-samples must be at least 1 and max-bytes 1 MiB, got "
              + maxSeries + ", " + maxSamples + " and " + maxBytes);
    }
  }
}

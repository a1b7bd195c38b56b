package io.throughline.query;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.throughline.query.engine.Features;
import java.time.Duration;
import java.util.List;

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
 * @param promqlFeatures experiments of PromQL that change what an expression answers, by Prometheus' names; {@code all} is
 *     every one
 * @param maxExemplars the newest exemplars held of one tenant, in memory; 0 for none
 * @param corsOrigin pages of other sites that may ask and read answers, as a regular expression of their whole origin;
 *     empty for none
 */
public record QuerySettings(Duration lookback, Duration timeout, int threads, int queueLength,
    int maxConcurrent, int maxSeries, long maxSamples, long maxBytes, boolean adminApi,
    List<String> promqlFeatures, int maxExemplars, String corsOrigin) {

  public static final QuerySettings DEFAULT = new QuerySettings(Duration.ofMinutes(5),
      Duration.ofMinutes(2), Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 32), 256, 64,
      2_000_000, 500_000_000L, Math.max(64L << 20, Runtime.getRuntime().maxMemory() / 4), false,
      List.of(), 100_000, "");

  public QuerySettings {
    if (lookback.toMillis() < 1 || timeout.toMillis() < 1) {
      throw new IllegalArgumentException(
          "lookback and timeout must be at least 1ms, got " + lookback + " and " + timeout);
    }
    if (threads < 1 || queueLength < 1 || maxConcurrent < 1) {
      throw new IllegalArgumentException(
          "threads, queue-length and max-concurrent must be at least 1, got " + threads + ", "
              + queueLength + " and " + maxConcurrent);
    }
    if (maxSeries < 1 || maxSamples < 1 || maxBytes < 1 << 20) {
      throw new IllegalArgumentException(
          "max-series and max-samples must be at least 1 and max-bytes 1 MiB, got " + maxSeries
              + ", " + maxSamples + " and " + maxBytes);
    }
    if (maxExemplars < 0) {
      throw new IllegalArgumentException("max-exemplars must be at least 0, got " + maxExemplars);
    }
    promqlFeatures = List.copyOf(promqlFeatures);
    Features.of(promqlFeatures);
    try {
      Pattern.compile(corsOrigin);
    } catch (PatternSyntaxException wrong) {
      throw new IllegalArgumentException(
          "cors-origin is no regular expression: " + wrong.getMessage(), wrong);
    }
  }

  /** What {@code promqlFeatures} turns on. */
  public Features features() {
    return Features.of(promqlFeatures);
  }

  public QuerySettings withPromqlFeatures(List<String> features) {
    return new QuerySettings(lookback, timeout, threads, queueLength, maxConcurrent, maxSeries,
        maxSamples, maxBytes, adminApi, features, maxExemplars, corsOrigin);
  }
}

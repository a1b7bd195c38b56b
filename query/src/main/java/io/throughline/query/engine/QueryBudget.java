package io.throughline.query.engine;

import io.throughline.model.Failure;

/** Counts what one query uses and ends it at its limits. {@link #cancel} may come from any thread, the rest not. */
public final class QueryBudget {

  private final QueryLimits limits;
  private final long startNanos = System.nanoTime();
  private volatile boolean canceled;
  private int series;
  private long samples;
  private long bytes;
  private long peakBytes;

  public QueryBudget(QueryLimits limits) {
    this.limits = limits;
  }

  /** Ends the query at its next look. */
  public void cancel() {
    canceled = true;
  }

  public long samples() {
    return samples;
  }

  public int series() {
    return series;
  }

  public long peakBytes() {
    return peakBytes;
  }

  public int seriesLeft() {
    return Math.max(1, limits.maxSeries() - series);
  }

  /** Looks at time and cancellation. */
  public void check() {
    if (canceled) {
      throw new EvaluationFailure(EvaluationFailure.Kind.CANCELED,
          "query was canceled in query execution");
    }
    if (System.nanoTime() - startNanos > limits.timeout().toNanos()) {
      throw new EvaluationFailure(EvaluationFailure.Kind.TIMEOUT,
          "query timed out in expression evaluation: it ran for more than the " + limits.timeout()
              .toMillis() / 1000.0 + " s of query.timeout");
    }
  }

  public void addSeries(int count) {
    series += count;
    if (series > limits.maxSeries()) {
      throw Failure.limit("query selects " + series + " series, query.max-series allows " + limits
          .maxSeries());
    }
  }

  public void addSamples(long count) {
    samples += count;
    if (samples > limits.maxSamples()) {
      throw Failure.limit(
          "query processing would load too many samples into memory in query execution: it read "
              + samples + ", query.max-samples allows " + limits.maxSamples());
    }
  }

  /** Notes that columns are held, or with a negative number, given back. */
  public void hold(long count) {
    bytes += count;
    peakBytes = Math.max(peakBytes, bytes);
    if (bytes > limits.maxBytes()) {
      throw Failure.limit("query holds " + bytes + " bytes, query.max-bytes allows " + limits
          .maxBytes());
    }
  }
}

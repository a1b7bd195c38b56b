package io.throughline.query.engine;

import io.throughline.model.Failure;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;

/** Counts what one query uses and ends it at its limits. Thread-safe. */
public final class QueryBudget {

  private final QueryLimits limits;
  private final Helpers helpers;
  private final long startNanos = System.nanoTime();
  private volatile boolean canceled;
  private final AtomicInteger series = new AtomicInteger();
  private final AtomicLong samples = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong peakBytes = new AtomicLong();

  public QueryBudget(QueryLimits limits) {
    this(limits, Helpers.NONE);
  }

  /** @param helpers threads that the query may use beside its own */
  public QueryBudget(QueryLimits limits, Helpers helpers) {
    this.limits = limits;
    this.helpers = helpers;
  }

  /** Does parts of a piece of work, each on some thread, and comes back when all are done. */
  void shared(int parts, IntConsumer work) {
    SharedWork.run(parts, helpers, work);
  }

  /** Ends the query at its next look. */
  public void cancel() {
    canceled = true;
  }

  public long samples() {
    return samples.get();
  }

  public int series() {
    return series.get();
  }

  public long peakBytes() {
    return peakBytes.get();
  }

  public int seriesLeft() {
    return Math.max(1, limits.maxSeries() - series.get());
  }

  /** Looks at time and cancellation. */
  public void check() {
    if (canceled) {
      throw new EvaluationFailure(EvaluationFailure.Kind.CANCELED,
          "query was canceled in query execution");
    }
    if (System.nanoTime() - startNanos > limits.timeout().toNanos()) {
      throw new EvaluationFailure(EvaluationFailure.Kind.TIMEOUT,
          "query timed out in expression evaluation: it ran for more than the "
              + limits.timeout().toMillis() / 1000.0 + " s of query.timeout");
    }
  }

  public void addSeries(int count) {
    int all = series.addAndGet(count);
    if (all > limits.maxSeries()) {
      throw Failure
          .limit("query selects " + all + " series, query.max-series allows " + limits.maxSeries());
    }
  }

  public void addSamples(long count) {
    long all = samples.addAndGet(count);
    if (all > limits.maxSamples()) {
      throw Failure.limit(
          "query processing would load too many samples into memory in query execution: it read "
              + all + ", query.max-samples allows " + limits.maxSamples());
    }
  }

  /** Notes that columns are held, or with a negative number, given back. */
  public void hold(long count) {
    long all = bytes.addAndGet(count);
    if (count > 0) {
      peakBytes.accumulateAndGet(all, Math::max);
    }
    if (all > limits.maxBytes()) {
      throw Failure
          .limit("query holds " + all + " bytes, query.max-bytes allows " + limits.maxBytes());
    }
  }
}

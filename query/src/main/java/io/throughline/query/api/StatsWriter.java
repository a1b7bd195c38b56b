package io.throughline.query.api;

import io.throughline.query.engine.Engine;
import io.throughline.query.engine.QueryResult;

/**
 * What a query took, in the shape of Prometheus' {@code stats}: seconds, and samples looked at, with {@code stats=all} for each
 * step. Beside Prometheus' fields stand the samples and series read, which are fewer where steps overlap, and the bytes held.
 */
final class StatsWriter {

  /** A point that is held counts as so many bytes. */
  private static final int BYTES_OF_A_POINT = 16;

  /** Nanoseconds: until work began, from there to a plan, and of the evaluation. */
  record Timings(long queued, long prepared, long evaluated) {}

  private final JsonOut out;

  StatsWriter(JsonOut out) {
    this.out = out;
  }

  void write(QueryResult result, Engine.Query query, boolean eachStep, Timings timings) {
    out.raw(",\"stats\":{\"timings\":{\"evalTotalTime\":");
    seconds(timings.prepared() + timings.evaluated());
    // Results leave the engine in their order, so there is no time of sorting to tell apart.
    out.raw(",\"resultSortTime\":0,\"queryPreparationTime\":");
    seconds(timings.prepared());
    out.raw(",\"innerEvalTime\":");
    seconds(timings.evaluated());
    out.raw(",\"execQueueTime\":");
    seconds(Math.max(0, timings.queued() - timings.prepared()));
    out.raw(",\"execTotalTime\":");
    seconds(timings.queued() + timings.evaluated());
    out.raw("},\"samples\":{");
    var counts = result.stepSamples();
    if (eachStep) {
      out.key("totalQueryableSamplesPerStep").raw("[");
      for (int k = 0; k < counts.length; k++) {
        out.comma(k == 0).raw("[").time(query.startMs() + k * query.stepMs());
        out.raw(",").whole(counts[k]).raw("]");
      }
      out.raw("],");
    }
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    out.key("totalQueryableSamples").whole(total);
    out.raw(",").key("peakSamples").whole(result.peakBytes() / BYTES_OF_A_POINT);
    out.raw(",").key("samplesRead").whole(result.samplesRead());
    out.raw(",").key("seriesRead").whole(result.seriesRead());
    out.raw(",").key("peakBytes").whole(result.peakBytes()).raw("}}");
  }

  private void seconds(long nanos) {
    // Never in exponents: some clients read them as texts.
    out.whole(nanos / 1_000_000_000)
        .raw(".")
        .raw(Long.toString(1_000_000_000 + nanos % 1_000_000_000).substring(1));
  }
}

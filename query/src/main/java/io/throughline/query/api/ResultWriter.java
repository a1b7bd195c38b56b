package io.throughline.query.api;

import io.throughline.model.Labels;
import io.throughline.query.engine.FloatHistogram;
import io.throughline.query.engine.QueryResult;
import io.throughline.query.engine.QueryResult.ResultSeries;

/** A query's result in the shapes of Prometheus' API. */
final class ResultWriter {

  private ResultWriter() {}

  /** Writes {@code {"resultType":…,"result":…} without the closing brace, so that statistics may follow. */
  static void write(JsonOut out, QueryResult result, int limit, long timeMs) {
    out.raw("{\"resultType\":");
    switch (result.type()) {
      case STRING -> {
        out.raw("\"string\",\"result\":[").time(timeMs).raw(",").string(result.text());
        out.raw("]");
      }
      case SCALAR -> {
        out.raw("\"scalar\",\"result\":");
        point(out, timeMs, result.series().getFirst().values()[0]);
      }
      case VECTOR -> series(out.raw("\"vector\",\"result\":"), result, limit, true);
      case MATRIX -> series(out.raw("\"matrix\",\"result\":"), result, limit, false);
    }
  }

  private static void series(JsonOut out, QueryResult result, int limit, boolean vector) {
    out.raw("[");
    int shown = Math.min(limit, result.series().size());
    for (int i = 0; i < shown; i++) {
      var series = result.series().get(i);
      out.comma(i == 0).raw("{\"metric\":");
      labels(out, series.labels());
      if (vector) {
        one(out, series);
      } else {
        floats(out, series);
        histograms(out, series);
      }
      out.raw("}");
    }
    out.raw("]");
  }

  static void labels(JsonOut out, Labels labels) {
    out.raw("{");
    for (int i = 0; i < labels.size(); i++) {
      out.comma(i == 0).key(labels.name(i)).string(labels.value(i));
    }
    out.raw("}");
  }

  private static void one(JsonOut out, ResultSeries series) {
    var histograms = series.histograms();
    var histogram = histograms == null ? null : histograms[0];
    if (histogram == null) {
      out.raw(",\"value\":");
      point(out, series.timesMs()[0], series.values()[0]);
    } else {
      out.raw(",\"histogram\":");
      point(out, series.timesMs()[0], histogram);
    }
  }

  private static void floats(JsonOut out, ResultSeries series) {
    var histograms = series.histograms();
    boolean any = false;
    for (int i = 0; i < series.size(); i++) {
      if (histograms == null || histograms[i] == null) {
        out.raw(any ? "," : ",\"values\":[");
        point(out, series.timesMs()[i], series.values()[i]);
        any = true;
      }
    }
    if (any) {
      out.raw("]");
    }
  }

  private static void histograms(JsonOut out, ResultSeries series) {
    var histograms = series.histograms();
    boolean any = false;
    for (int i = 0; histograms != null && i < series.size(); i++) {
      var histogram = histograms[i];
      if (histogram != null) {
        out.raw(any ? "," : ",\"histograms\":[");
        point(out, series.timesMs()[i], histogram);
        any = true;
      }
    }
    if (any) {
      out.raw("]");
    }
  }

  private static void point(JsonOut out, long timeMs, double value) {
    out.raw("[").time(timeMs).raw(",").value(value).raw("]");
  }

  private static void point(JsonOut out, long timeMs, FloatHistogram histogram) {
    out.raw("[").time(timeMs).raw(",{\"count\":").value(histogram.count()).raw(",\"sum\":");
    out.value(histogram.sum());
    boolean any = false;
    for (var bucket : histogram.ascending()) {
      if (bucket.count() != 0) {
        out.raw(any ? ",[" : ",\"buckets\":[[").whole(bucket.rule()).raw(",").value(bucket.lower());
        out.raw(",").value(bucket.upper()).raw(",").value(bucket.count()).raw("]");
        any = true;
      }
    }
    out.raw(any ? "]}]" : "}]");
  }
}

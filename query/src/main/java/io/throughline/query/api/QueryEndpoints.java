package io.throughline.query.api;

import io.throughline.query.engine.Engine;
import io.throughline.query.engine.QueryResult;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.ParseFailure;
import io.throughline.query.promql.Parser;
import io.throughline.query.promql.Printer;
import io.throughline.query.promql.Strings;
import io.throughline.query.promql.ValueType;
import java.util.ArrayList;
import java.util.List;

/** {@code query}, {@code query_range} and {@code format_query}. */
final class QueryEndpoints {

  /** The API returns no more annotations of a kind. */
  private static final int MOST_ANNOTATIONS = 10;

  void instant(Call call) {
    var parameters = call.parameters();
    parameters.limit();
    long timeMs = parameters.time("time", call.clock().millis());
    long lookbackMs = lookback(call);
    long begunNanos = System.nanoTime();
    var expr = parse(call, "query");
    run(call, Engine.Query.instant(parameters.text("query"), expr, timeMs, lookbackMs), begunNanos);
  }

  void range(Call call) {
    var parameters = call.parameters();
    parameters.limit();
    long startMs = required(parameters, "start");
    long endMs = required(parameters, "end");
    if (endMs < startMs) {
      throw ApiFailure.badParameter("end", "end timestamp must not be before start time");
    }
    if (parameters.text("step").isEmpty()) {
      throw ApiFailure.badParameter("step", "cannot parse \"\" to a valid duration");
    }
    long stepMs = parameters.durationMs("step");
    if (stepMs <= 0) {
      throw ApiFailure.badParameter("step",
          "zero or negative query resolution step widths are not accepted. Try a positive integer");
    }
    // As Prometheus counts: the first point is free.
    if ((endMs - startMs) / stepMs > Engine.MAX_POINTS) {
      throw ApiFailure.badData("exceeded maximum resolution of " + grouped(Engine.MAX_POINTS)
          + " points per timeseries. Try decreasing the query resolution (?step=XX)");
    }
    long lookbackMs = lookback(call);
    long begunNanos = System.nanoTime();
    var expr = parse(call, "query");
    if (expr.type() != ValueType.VECTOR && expr.type() != ValueType.SCALAR) {
      throw ApiFailure.badParameter("query",
          "invalid expression type " + Strings.quote(expr.type().words())
              + " for range query, must be Scalar or instant Vector");
    }
    run(call, new Engine.Query(parameters.text("query"), expr, startMs, endMs, stepMs, lookbackMs),
        begunNanos);
  }

  void format(Call call) {
    var expr = parse(call, "query");
    call.succeed(out -> out.string(Printer.pretty(expr)));
  }

  void parse(Call call) {
    var expr = parse(call, "query");
    call.succeed(out -> new TreeWriter(out).write(expr));
  }

  private static String grouped(int number) {
    return number / 1000 + "," + Integer.toString(1000 + number % 1000).substring(1);
  }

  private static long required(Parameters parameters, String name) {
    if (parameters.text(name).isEmpty()) {
      throw ApiFailure.badParameter(name, "cannot parse \"\" to a valid timestamp");
    }
    return parameters.time(name, 0);
  }

  private static long lookback(Call call) {
    call.parameters().durationMs("timeout", 0);
    long lookbackMs = call.parameters().durationMs("lookback_delta", 0);
    return lookbackMs > 0 ? lookbackMs : call.settings().lookback().toMillis();
  }

  static Expr parse(Call call, String name) {
    try {
      return Parser.parse(call.parameters().text(name));
    } catch (ParseFailure wrong) {
      throw ApiFailure.badParameter(name, wrong.getMessage());
    }
  }

  /** @param begunNanos when the work on the query began */
  private static void run(Call call, Engine.Query asked, long begunNanos) {
    var parameters = call.parameters();
    var wanted = parameters.text("stats");
    var query = asked.with(call.settings().features());
    query = wanted.isEmpty() ? query : query.withCounts();
    long startNanos = System.nanoTime();
    var warnings = new ArrayList<String>();
    // The reply is written while the snapshot is open only because columns are already copies: close it first.
    QueryResult result;
    try (var snapshot = call.snapshot(warnings)) {
      result = Engine.run(query, call.source(snapshot), call.budget());
    }
    long evaluatedNanos = System.nanoTime() - startNanos;
    warnings.addAll(first(result.warnings()));
    int limit = parameters.limit();
    boolean truncated = limit > 0 && result.series().size() > limit;
    if (truncated) {
      warnings.add("results truncated due to limit");
    }
    call.succeed(out -> {
      ResultWriter.write(out, result, truncated ? limit : Integer.MAX_VALUE, asked.startMs());
      if (!wanted.isEmpty()) {
        new StatsWriter(out).write(result, asked, wanted.equals("all"), new StatsWriter.Timings(
            startNanos - call.receivedNanos(), startNanos - begunNanos, evaluatedNanos));
      }
      out.raw("}");
    }, warnings, first(result.infos()));
  }

  private static List<String> first(List<String> annotations) {
    if (annotations.size() <= MOST_ANNOTATIONS) {
      return annotations;
    }
    var shown = new ArrayList<>(annotations.subList(0, MOST_ANNOTATIONS));
    shown.add((annotations.size() - MOST_ANNOTATIONS) + " more annotations omitted");
    return shown;
  }
}

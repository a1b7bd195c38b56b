package io.throughline.query.api;

import io.throughline.query.QuerySettings;
import io.throughline.query.promql.BinaryOperator;
import io.throughline.query.promql.Function;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What clients ask about the server. Clients choose their requests by the version, so it is that of the Prometheus whose
 * API this is; our own stands in {@code revision}. Nothing is scraped here: lists of targets are empty.
 */
final class StatusEndpoints {
  /** Prometheus' release whose API is served. */
  private static final String API_VERSION = "3.5.0";

  private static final int MOST_TOP = 10_000;

  private static final Map<String, List<String>> FEATURES = new TreeMap<>(Map.of("api",
      List.of("exclude_alerts", "label_values_match", "query_stats", "query_warnings",
          "remote_write_receiver", "search"),
      "promql",
      List.of("anchored", "at_modifier", "duration_expr", "fill_modifiers", "negative_offset",
          "per_query_lookback_delta", "smoothed", "subqueries"),
      "promql_functions", Arrays.stream(Function.values()).map(Function::symbol).sorted().toList(),
      "promql_operators",
      Arrays.stream(BinaryOperator.values()).map(BinaryOperator::symbol).sorted().toList()));

  private final QuerySettings settings;

  StatusEndpoints(QuerySettings settings) {
    this.settings = settings;
  }

  void buildInfo(Call call) {
    var version = PrometheusApi.class.getPackage().getImplementationVersion();
    texts(call,
        Map.of("version", API_VERSION, "revision",
            "throughline-" + (version == null ? "development" : version), "branch", "", "buildUser",
            "", "buildDate", "", "goVersion", ""));
  }

  void runtimeInfo(Call call) {
    var runtime = ManagementFactory.getRuntimeMXBean();
    call.succeed(out -> out.raw("{\"startTime\":")
        .string(Instant.ofEpochMilli(runtime.getStartTime()).toString())
        .raw(",\"CWD\":\"\",\"reloadConfigSuccess\":true,\"lastConfigTime\":")
        .string(Instant.ofEpochMilli(runtime.getStartTime()).toString())
        .raw(",\"corruptionCount\":0,\"goroutineCount\":")
        .whole(ManagementFactory.getThreadMXBean().getThreadCount())
        .raw(",\"GOMAXPROCS\":")
        .whole(Runtime.getRuntime().availableProcessors())
        .raw(",\"GOGC\":\"\",\"GODEBUG\":\"\",\"storageRetention\":\"\"}"));
  }

  /** There is no scrape configuration, which is what clients look for here. */
  void config(Call call) {
    texts(call, Map.of("yaml", ""));
  }

  void flags(Call call) {
    texts(call,
        Map.of("query.lookback-delta", settings.lookback().toSeconds() + "s", "query.timeout",
            settings.timeout().toSeconds() + "s", "query.max-samples", "" + settings.maxSamples(),
            "query.max-concurrency", "" + settings.maxConcurrent()));
  }

  /** The log is applied before the first answer, so a client that can ask has nothing to wait for. */
  void walReplay(Call call) {
    call.succeed(out -> out.raw("{\"min\":0,\"max\":0,\"current\":0,\"state\":\"done\"}"));
  }

  void nothing(Call call) {
    call.succeed(out -> out.raw("[]"));
  }

  void scrapePools(Call call) {
    call.succeed(out -> out.raw("{\"scrapePools\":[]}"));
  }

  /** What of the language and of the API is on; everything that the language knows is. */
  void features(Call call) {
    call.succeed(out -> {
      out.raw("{");
      var entries = List.copyOf(FEATURES.entrySet());
      for (int i = 0; i < entries.size(); i++) {
        out.comma(i == 0).key(entries.get(i).getKey()).raw("{");
        var names = entries.get(i).getValue();
        for (int j = 0; j < names.size(); j++) {
          out.comma(j == 0).key(names.get(j)).raw("true");
        }
        out.raw("}");
      }
      out.raw("}");
    });
  }

  /** How many series there are, and which names and labels have most of them. */
  void tsdb(Call call) {
    int limit = call.parameters().count("limit", 10);
    if (limit < 1 || limit > MOST_TOP) {
      throw ApiFailure.badParameter("limit", "must be between 1 and " + MOST_TOP);
    }
    var counts = new Cardinality();
    try (var snapshot = call.snapshot(new ArrayList<>())) {
      counts.count(snapshot, call.parameters().tenant(), call.budget());
    }
    call.succeed(out -> counts.write(out, limit));
  }

  void targets(Call call) {
    call.succeed(
        out -> out.raw("{\"activeTargets\":[],\"droppedTargets\":[],\"droppedTargetCounts\":{}}"));
  }

  private static void texts(Call call, Map<String, String> texts) {
    call.succeed(out -> {
      out.raw("{");
      var entries = List.copyOf(new TreeMap<>(texts).entrySet());
      for (int i = 0; i < entries.size(); i++) {
        out.comma(i == 0).key(entries.get(i).getKey()).string(entries.get(i).getValue());
      }
      out.raw("}");
    });
  }
}

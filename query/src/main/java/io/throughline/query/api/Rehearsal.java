package io.throughline.query.api;

import io.netty.handler.codec.http.QueryStringDecoder;
import io.throughline.model.Labels;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.query.QuerySettings;
import io.throughline.query.ReadBarrier;
import io.throughline.query.engine.QueryBudget;
import io.throughline.query.engine.QueryLimits;
import io.throughline.store.LogPosition;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import io.vertx.core.MultiMap;
import java.io.OutputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Asks a small store of its own one question of each kind that dashboards, rules and pickers send, so that what answers
 * queries is compiled before the first real one comes (decision 0087). It keeps no answer and touches no real series.
 *
 * <p>One thread at a time. The caller owns the folder and deletes it after {@link #close}.
 */
public final class Rehearsal implements AutoCloseable {

  /** With what a host has, more series than are looked up without an index. */
  private static final int HOSTS = 60;
  private static final int SCRAPES = 120;
  private static final long INTERVAL_MS = 30_000;
  /** Before the digit of a host that a question names: others are asked for in each round, as by people. */
  private static final List<String> TENS = List.of("", "1", "2", "3", "4", "5");
  private static final List<String> BOUNDS = List.of("0.1", "0.5", "1", "5", "+Inf");

  private static final List<String> INSTANT = List.of("node_load1{instance=\"host-3\"}",
      "node_load1", "1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m])) > 0.4",
      "topk(10, sum by (instance) (rate(node_cpu_seconds_total{mode!=\"\"}[5m])))",
      "sum by (job) (rate(requests_total{status=~\"5..\"}[5m])) / sum by (job) (rate(requests_total[5m])) > 0.001",
      "sum by (job, instance) (node_load1) * on (job, instance) group_left (version) build_info",
      "absent(node_load1{job=\"missing\"})",
      "max_over_time(sum(rate(requests_total{job=\"job-1\"}[2m]))[20m:1m])",
      "count by (__name__) ({__name__=~\"node_.*\",instance=\"host-4\"})",
      "predict_linear(node_load1[10m], 4*3600) < 100e9",
      "node_cpu_seconds_total{instance=\"host-5\"}[10m]",
      "quantile_over_time(0.9, node_load1[10m])", "stddev(node_load1) unless build_info",
      "label_replace(node_load1, \"host\", \"$1\", \"instance\", \"host-(.*)\")",
      "sort_desc(increase(requests_total[10m]))");

  private static final List<String> RANGE = List.of(
      "{__name__=~\"node_load1|build_info\",instance=\"host-6\"}",
      "max by (instance) (max_over_time(node_load1{instance=~\"host-1|host-2|host-3\"}[5m]))",
      "max by (instance, mode) (rate(node_cpu_seconds_total{instance=~\"host-1|host-2|host-3\"}[5m]))",
      "sum by (job) (rate(requests_total[5m]))",
      "histogram_quantile(0.99, sum by (le, job) (rate(seconds_bucket[5m])))",
      "sum by (job) (rate(requests_total{status=~\"5..\"}[5m])) / sum by (job) (rate(requests_total[5m]))",
      "sum by (job) (sum by (job, instance) (rate(node_cpu_seconds_total[5m])) * on (job, instance) group_left (version) build_info)",
      "1 - node_load1 / node_memory_bytes", "avg by (job) (avg_over_time(node_load1[10m]))",
      "topk(5, avg_over_time(node_load1[2m]))", "deriv(node_load1[5m])",
      "count(node_load1 > 50) or vector(0)");

  private static final List<String> OTHERS = List.of("/api/v1/labels?start=START&end=END",
      "/api/v1/label/job/values?start=START&end=END",
      "/api/v1/label/instance/values?start=START&end=END&match%5B%5D=node_load1",
      "/api/v1/series?start=START&end=END&match%5B%5D="
          + encoded("{__name__=~\"node_.*\",instance=\"host-7\"}"));

  private final Store store;
  private final InstantSource clock;
  private final List<String> questions;
  private int rounds;
  private final QueryEndpoints queries = new QueryEndpoints();
  private final SeriesEndpoints series = new SeriesEndpoints();

  private Rehearsal(Store store, InstantSource clock, long endMs) {
    this.store = store;
    this.clock = clock;
    this.questions = questions(endMs - SCRAPES * INTERVAL_MS / 2, endMs);
  }

  /** @param folder an empty one */
  public static Rehearsal open(Path folder, InstantSource clock) {
    var store = Store.open(folder,
        StoreSettings.DEFAULTS.withBackgroundMerges(false).withRetention(Duration.ZERO));
    try {
      long endMs = clock.millis();
      fill(store, endMs - (SCRAPES - 1) * INTERVAL_MS);
      return new Rehearsal(store, clock, endMs);
    } catch (RuntimeException failed) {
      store.close();
      throw failed;
    }
  }

  /** The label sets of the small fleet. */
  public static List<Labels> fleet() {
    var all = new ArrayList<Labels>();
    for (int host = 0; host < HOSTS; host++) {
      add(all, host, "node_load1");
      add(all, host, "node_memory_bytes");
      add(all, host, "build_info", "version", "1." + host % 3);
      for (var mode : List.of("idle", "user", "system", "iowait")) {
        add(all, host, "node_cpu_seconds_total", "mode", mode, "cpu", "0");
      }
      for (var status : List.of("200", "404", "500")) {
        add(all, host, "requests_total", "status", status, "path",
            "/a/path/of/some/length/" + host);
      }
      for (var bound : BOUNDS) {
        add(all, host, "seconds_bucket", "le", bound, "path", "/a/path");
        add(all, host, "seconds_bucket", "le", bound, "path", "/another/path");
      }
    }
    return all;
  }

  private static void add(List<Labels> all, int host, String name, String... more) {
    var labels = new TreeMap<String, String>();
    labels.put(Labels.NAME, name);
    labels.put("job", "job-" + host % 4);
    labels.put("instance", "host-" + host);
    for (int i = 0; i < more.length; i += 2) {
      labels.put(more[i], more[i + 1]);
    }
    var builder = new Labels.Builder();
    labels.forEach(builder::set);
    all.add(builder.build());
  }

  private static void fill(Store store, long startMs) {
    var writer = store.shard(0);
    var fleet = fleet();
    var ids = new int[fleet.size()];
    for (int i = 0; i < ids.length; i++) {
      var bytes = fleet.get(i).canonicalBytes();
      ids[i] = writer.seriesId(Tenant.DEFAULT, bytes, 0, bytes.length, SeriesMetadata.UNKNOWN);
    }
    for (int n = 0; n < SCRAPES; n++) {
      for (int i = 0; i < ids.length; i++) {
        writer.append(ids[i], startMs + n * INTERVAL_MS, 0, value(n, i));
      }
      writer.applied(new LogPosition("rehearsal", "none", 0, n + 1));
      // Queries meet both a part and a head.
      if (n == SCRAPES / 2) {
        writer.flush();
      }
    }
    store.maintain();
  }

  private static double value(int scrape, int series) {
    return scrape * (series % 10 + 0.5);
  }

  /** What is asked, as paths with their parameters. */
  public static List<String> questions(long startMs, long endMs) {
    var all = new ArrayList<String>();
    for (var expression : INSTANT) {
      all.add("/api/v1/query?time=END&query=" + encoded(expression));
    }
    for (var expression : RANGE) {
      all.add("/api/v1/query_range?start=START&end=END&step=15&query=" + encoded(expression));
    }
    all.addAll(OTHERS);
    all.replaceAll(path -> path.replace("START", String.valueOf(startMs / 1000))
        .replace("END", String.valueOf(endMs / 1000)));
    return all;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  List<String> questions() {
    return questions;
  }

  /** Asks everything once and drops the answers. */
  public void round() {
    var tens = TENS.get(rounds++ % TENS.size());
    for (var question : questions) {
      ask(question.replace("host-", "host-" + tens), OutputStream.nullOutputStream());
    }
  }

  void ask(String question, OutputStream into) {
    var asked = new QueryStringDecoder(question);
    var values = MultiMap.caseInsensitiveMultiMap();
    asked.parameters().forEach(values::add);
    var path = asked.path().split("/", -1);
    var call = new Call(new Parameters(Tenant.DEFAULT, values, path[path.length - 2], new byte[0]),
        "", new JsonOut(into), new QueryBudget(QueryLimits.DEFAULT), QuerySettings.DEFAULT,
        store::snapshot, ReadBarrier.NONE, clock, System.nanoTime(), _ -> {});
    switch (path[path.length - 1]) {
      case "query" -> queries.instant(call);
      case "query_range" -> queries.range(call);
      case "labels" -> series.labels(call);
      case "values" -> series.values(call);
      default -> series.series(call);
    }
    call.out().finish();
  }

  @Override
  public void close() {
    store.close();
  }
}

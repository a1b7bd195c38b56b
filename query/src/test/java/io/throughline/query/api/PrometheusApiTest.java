package io.throughline.query.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.throughline.testkit.Await;
import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients of Prometheus ask, answered in Prometheus' shapes. */
class PrometheusApiTest {

  private static final Path PROMTOOL = Path.of("/usr/bin/promtool");
  private static final String NOW = "1700000100";

  @TempDir
  private static Path folder;

  private static ApiServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new ApiServer(folder.resolve("store"), ApiServer.settings(64, false));
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @Test
  void aVectorIsAListOfMetricsWithOneValue() throws Exception {
    assertThat(server.body("/api/v1/query", "query", "up{instance=\"host-3\"}", "time", NOW))
        .isEqualTo("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
            + "{\"metric\":{\"__name__\":\"up\",\"instance\":\"host-3\",\"job\":\"api\"},"
            + "\"value\":[1700000100,\"3.4\"]}]}}");
  }

  @Test
  void numbersThatJsonDoesNotKnowAreTexts() throws Exception {
    assertThat(server.body("/api/v1/query", "query", "infinite", "time", NOW))
        .contains("\"value\":[1700000100,\"-Inf\"]");
    assertThat(server.body("/api/v1/query", "query", "{\"http.status\"}", "time", "1700000099.5"))
        .contains("\"metric\":{\"__name__\":\"http.status\",\"code.class\":\"2xx\","
            + "\"text\":\"käse \\\"x\\\"\\n\"},\"value\":[1700000099.500,\"NaN\"]");
    assertThat(server.body("/api/v1/query", "query", "1e-9", "time", NOW))
        .contains("\"result\":[1700000100,\"1e-09\"]");
  }

  @Test
  void aHistogramShowsItsBucketsWithTheirRules() throws Exception {
    assertThat(server.body("/api/v1/query", "query", "sizes", "time", NOW))
        .contains("\"histogram\":[1700000100,{\"count\":\"4\",\"sum\":\"7.5\",\"buckets\":["
            + "[3,\"-0.5\",\"0.5\",\"1\"],[0,\"1\",\"2\",\"2\"],[0,\"2\",\"4\",\"1\"]]}]");
    assertThat(server.body("/api/v1/query_range", "query", "sizes * 0", "start", NOW, "end", NOW,
        "step", "1")).contains("\"histograms\":[[1700000100,{\"count\":\"0\",\"sum\":\"0\"}]]");
  }

  @Test
  void aRangeQueryIsAMatrixAscendingByLabels() throws Exception {
    assertThat(server.body("/api/v1/query_range", "query", "sum by (job) (up)", "start",
        "1700000070", "end", "2023-11-14T22:15:00Z", "step", "30s"))
        .isEqualTo("{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":["
            + "{\"metric\":{\"job\":\"api\"},\"values\":[[1700000070,\"197.6\"],"
            + "[1700000100,\"198\"]]},"
            + "{\"metric\":{\"job\":\"web\"},\"values\":[[1700000070,\"597.6\"],"
            + "[1700000100,\"598\"]]}]}}");
  }

  @Test
  void scalarsAndTextsStandAlone() throws Exception {
    assertThat(server.body("/api/v1/query", "query", "1 + 1", "time", NOW))
        .contains("{\"resultType\":\"scalar\",\"result\":[1700000100,\"2\"]}");
    assertThat(server.body("/api/v1/query", "query", "'a\\tb'", "time", NOW))
        .contains("{\"resultType\":\"string\",\"result\":[1700000100,\"a\\tb\"]}");
    assertThat(server.body("/api/v1/query", "query", "up{instance=\"host-0\"}[30s]", "time", NOW))
        .contains("\"resultType\":\"matrix\"")
        .contains("\"values\":[[1700000085,\"0.39\"],[1700000100,\"0.4\"]]");
  }

  /** What Grafana's data source sends: a form with the health check in 1970, then who we are, then the lists. */
  @Test
  void grafanasRequestsAreAnswered() throws Exception {
    assertThat(new String(server.post("/api/v1/query", "query", "1+1", "time", "4").body(),
        StandardCharsets.UTF_8)).isEqualTo(
            "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[4,\"2\"]}}");
    assertThat(server.data("/api/v1/status/buildinfo").path("version").asText()).startsWith("3.");
    assertThat(server.data("/api/v1/status/buildinfo").has("features")).isFalse();
    assertThat(server.data("/api/v1/labels", "start", "1700000000", "end", NOW).toString())
        .isEqualTo("[\"__name__\",\"code.class\",\"instance\",\"job\",\"text\"]");
    assertThat(server.data("/api/v1/label/__name__/values", "match[]", "{job!=\"\"}").toString())
        .isEqualTo("[\"up\"]");
    assertThat(server.data("/api/v1/label/job/values").toString()).isEqualTo("[\"api\",\"web\"]");
    assertThat(server.data("/api/v1/label/U__code_2e_class/values").toString())
        .isEqualTo("[\"2xx\"]");
    assertThat(server.data("/api/v1/metadata", "limit", "40000").toString())
        .contains("\"up\":[{\"type\":\"gauge\",\"unit\":\"\",\"help\":\"Whether it answers\"}]");
    assertThat(
        server.data("/api/v1/query_exemplars", "query", "up", "start", "0", "end", NOW).toString())
        .isEqualTo("[]");
    assertThat(ApiServer
        .json(server.post("/api/v1/series", "match[]", "up{job=\"api\"}", "match[]", "infinite",
            "start", "1700000000", "end", NOW))
        .path("data")).hasSize(21);
    assertThat(ApiServer.json(server.post("/prometheus/api/v1/query_range", "query", "rate(up[1m])",
        "start", "1699999500", "end", NOW, "step", "15")).path("infos").toString())
        .contains("metric might not be a counter");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "/api/v1/query|query=sum(|400|bad_data|invalid parameter \"query\": 1:5: parse error",
      "/api/v1/query|query=up%20%2B%0A%20foo(1)|400|bad_data|2:2: parse error: unknown function",
      "/api/v1/query|time=x&query=up|400|bad_data|invalid parameter \"time\": cannot parse \"x\"",
      "/api/v1/query|query=up&timeout=x|400|bad_data|invalid parameter \"timeout\"",
      "/api/v1/query|query=up&limit=-1|400|bad_data|limit must be non-negative",
      "/api/v1/query|query=up*on()up|422|execution|found duplicate series for the match group",
      "/api/v1/query_range|query=up&start=2&end=1&step=1|400|bad_data|end timestamp must not be",
      "/api/v1/query_range|query=up&start=1&end=2&step=0|400|bad_data|zero or negative query",
      "/api/v1/query_range|query=up&start=0&end=99999&step=1|400|bad_data|exceeded maximum",
      "/api/v1/query_range|query=up[1m]&start=1&end=2&step=1|400|bad_data|invalid expression type",
      "/api/v1/query_range|query=up&start=1|400|bad_data|invalid parameter \"end\"",
      "/api/v1/series||400|bad_data|no match[] parameter provided",
      "/api/v1/series|match[]={}|400|bad_data|invalid parameter \"match[]\"",
      "/api/v1/labels|match[]=sum(up)|400|bad_data|series selector",
      "/api/v1/parse_query|query=1%2B|400|bad_data|parse error",
      "/api/v1/query_exemplars|query=1%2B|400|bad_data|parse error",
      "/api/v1/status/tsdb|limit=0|400|bad_data|limit",
      "/federate||400|bad_data|no match[] parameter provided"})
  void aMistakeIsNamedWithItsPlace(String path, String query, int status, String type,
      String message) throws Exception {
    var reply = server.send(server.request(path + "?"
        + (query == null ? "" : query).replace("[", "%5B")
            .replace("]", "%5D")
            .replace("{", "%7B")
            .replace("}", "%7D"))
        .build());
    var body = ApiServer.json(reply);

    assertThat(reply.statusCode()).isEqualTo(status);
    assertThat(body.path("status").asText()).isEqualTo("error");
    assertThat(body.path("errorType").asText()).isEqualTo(type);
    assertThat(body.path("error").asText()).contains(message);
  }

  @Test
  void aLimitCutsAndSaysSo() throws Exception {
    for (var path : List.of("/api/v1/query?query=up&limit=3",
        "/api/v1/series?match%5B%5D=up&limit=3", "/api/v1/label/instance/values?limit=3")) {
      var body = ApiServer.json(server.send(server.request(path).build()));
      var list = path.contains("/query") ? body.path("data").path("result") : body.path("data");

      assertThat(list).as(path).hasSize(3);
      assertThat(body.path("warnings").toString())
          .isEqualTo("[\"results truncated due to limit\"]");
    }
  }

  @Test
  void theLookbackIsTheQuerys() throws Exception {
    assertThat(server.data("/api/v1/query", "query", "up", "time", "1700000160").path("result"))
        .hasSize(40);
    assertThat(
        server.data("/api/v1/query", "query", "up", "time", "1700000160", "lookback_delta", "30s")
            .path("result"))
        .isEmpty();
  }

  @Test
  void statisticsAreGivenWhereTheyAreAskedFor() throws Exception {
    var stats = server.data("/api/v1/query", "query", "sum(up)", "time", NOW, "stats", "all")
        .path("stats");

    assertThat(stats.path("samples").path("totalQueryableSamples").asInt()).isGreaterThan(39);
    assertThat(stats.path("timings").path("evalTotalTime").asDouble()).isPositive();
    assertThat(server.data("/api/v1/query", "query", "up").has("stats")).isFalse();
  }

  @Test
  void aTreeIsShownAndAnExpressionIsSetNeatly() throws Exception {
    assertThat(server.data("/api/v1/format_query", "query", "sum by(job)(rate( up[5m] ))").asText())
        .isEqualTo("sum by (job) (rate(up[5m]))");
    assertThat(server.data("/api/v1/parse_query", "query",
        "topk(2, up{job=~\"a\"} offset 1m) > bool on (job) group_left (x) -rate(b_total[5m] @ end())")
        .toString())
        .isEqualTo("{\"type\":\"binaryExpr\",\"op\":\">\",\"lhs\":"
            + "{\"type\":\"aggregation\",\"op\":\"topk\",\"expr\":{\"type\":\"vectorSelector\","
            + "\"name\":\"up\",\"matchers\":[{\"name\":\"job\",\"type\":\"=~\",\"value\":\"a\"},"
            + "{\"name\":\"__name__\",\"type\":\"=\",\"value\":\"up\"}],\"anchored\":false,"
            + "\"smoothed\":false,\"offset\":60000,\"timestamp\":null,\"startOrEnd\":null},"
            + "\"param\":{\"type\":\"numberLiteral\",\"val\":\"2\"},\"grouping\":[],"
            + "\"without\":false},\"rhs\":{\"type\":\"unaryExpr\",\"op\":\"-\",\"expr\":"
            + "{\"type\":\"call\",\"func\":{\"name\":\"rate\",\"argTypes\":[\"matrix\"],"
            + "\"variadic\":0,\"returnType\":\"vector\"},\"args\":[{\"type\":\"matrixSelector\","
            + "\"range\":300000,\"name\":\"b_total\",\"matchers\":[{\"name\":\"__name__\","
            + "\"type\":\"=\",\"value\":\"b_total\"}],\"anchored\":false,\"smoothed\":false,"
            + "\"offset\":0,\"timestamp\":null,\"startOrEnd\":\"end\"}]}},\"bool\":true,"
            + "\"matching\":{\"card\":\"many-to-one\",\"labels\":[\"job\"],\"on\":true,"
            + "\"include\":[\"x\"],\"fillValues\":{\"lhs\":null,\"rhs\":null}}}");
  }

  @Test
  void theStateOfTheServerIsShown() throws Exception {
    var tsdb = server.data("/api/v1/status/tsdb", "limit", "1");

    assertThat(tsdb.path("headStats").path("numSeries").asInt()).isEqualTo(44);
    assertThat(tsdb.path("seriesCountByMetricName").toString())
        .isEqualTo("[{\"name\":\"up\",\"value\":40}]");
    assertThat(tsdb.path("labelValueCountByLabelName").toString())
        .isEqualTo("[{\"name\":\"instance\",\"value\":40}]");
    assertThat(tsdb.path("seriesCountByLabelValuePair").toString())
        .isEqualTo("[{\"name\":\"__name__=up\",\"value\":40}]");
    assertThat(server.data("/api/v1/features").path("promql_functions").path("rate").asBoolean())
        .isTrue();
    for (var path : List.of("runtimeinfo", "config", "flags", "walreplay")) {
      assertThat(server.data("/api/v1/status/" + path).isObject()).as(path).isTrue();
    }
    assertThat(server.data("/api/v1/targets").path("activeTargets")).isEmpty();
    assertThat(server.data("/api/v1/scrape_pools").path("scrapePools")).isEmpty();
  }

  @Test
  void longRepliesAreCompressedForWhoTakesThat() throws Exception {
    var path = "/api/v1/query_range?query=up&start=1699999500&end=1700000100&step=5";
    var plain = server.send(server.request(path).build());
    var packed = server.send(server.request(path).header("Accept-Encoding", "gzip").build());

    assertThat(packed.headers().firstValue("Content-Encoding")).contains("gzip");
    assertThat(packed.body().length).isLessThan(plain.body().length / 3);
    assertThat(new GZIPInputStream(new ByteArrayInputStream(packed.body())).readAllBytes())
        .isEqualTo(plain.body());
  }

  @Test
  void aQueryThatTakesTooLongEnds() throws Exception {
    var reply = server.post("/api/v1/query", "query", "max_over_time(vector(1)[5000000s:1s])",
        "timeout", "1ms");

    assertThat(reply.statusCode()).isEqualTo(503);
    assertThat(ApiServer.json(reply).path("errorType").asText()).isEqualTo("timeout");
  }

  @Test
  void theNewestSamplesAreFederated() throws Exception {
    var reply = server.get("/federate", "match[]",
        "{__name__=~\"up|infinite|ended|sizes\"," + "instance!~\"host-[1-9].*\"}", "match[]",
        "{\"http.status\"}");

    assertThat(reply.headers().firstValue("Content-Type"))
        .contains("text/plain; version=0.0.4; charset=utf-8");
    assertThat(new String(reply.body(), StandardCharsets.UTF_8)).isEqualTo("""
        # TYPE "http.status" untyped
        {"http.status","code.class"="2xx",text="käse \\"x\\"\\n",instance=""} NaN 1700000098500
        # TYPE infinite untyped
        infinite{instance=""} -Inf 1700000099000
        # TYPE up untyped
        up{instance="host-0",job="api"} 0.4 1700000100000
        """);
  }

  @Test
  void remoteReadGivesSamplesAndHistograms() throws Exception {
    var matcher = new ProtoOut().number(1, 2).text(2, "__name__").text(3, "infinite|sizes");
    var query = new ProtoOut().number(1, 1_700_000_000_000L)
        .number(2, 1_700_000_100_000L)
        .message(3, matcher);
    var request = new ProtoOut().message(1, query);
    var reply = server.send(server.request("/api/v1/read")
        .header("Content-Type", "application/x-protobuf")
        .header("Content-Encoding", "snappy")
        .POST(
            HttpRequest.BodyPublishers.ofByteArray(Snappy.encode(request.bytes(), request.size())))
        .build());

    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(reply.headers().firstValue("Content-Encoding")).contains("snappy");
    assertThat(reply.headers().firstValue("Content-Type")).contains("application/x-protobuf");
    var read = new ProtoIn(Snappy.decode(reply.body(), 1 << 20));
    assertThat(read.next()).isEqualTo(1);
    var result = read.message();
    var series = new ArrayList<String>();
    while (result.next() == 1) {
      var one = result.message();
      var text = new StringBuilder();
      for (int field = one.next(); field != 0; field = one.next()) {
        if (field == 1) {
          var label = one.message();
          label.next();
          text.append(label.text());
          label.next();
          text.append('=').append(label.text()).append(' ');
        } else {
          var sample = one.message();
          while (sample.next() != (field == 2 ? 2 : 15)) {
            // On to the time.
          }
          text.append(field == 2 ? "sample " : "histogram ").append(sample.number());
        }
      }
      series.add(text.toString());
    }
    assertThat(series).containsExactly("__name__=infinite sample 1700000099000",
        "__name__=sizes histogram 1700000099000");
    assertThat(server.post("/api/v1/read", "a", "b").statusCode()).isEqualTo(400);
  }

  @Test
  void snappysCopiesAreRead() {
    byte[] block = {9, 8, 'a', 'b', 'c', 9, 3};

    assertThat(new String(Snappy.decode(block, 100), StandardCharsets.UTF_8))
        .isEqualTo("abcabcabc");
    for (byte[] broken : new byte[][] {{}, {9}, {9, 8, 'a'}, {9, 8, 'a', 'b', 'c', 9, 4},
        {-1, -1, -1, -1, -1, 1}, {9, 8, 'a', 'b', 'c', 9}, {2, 8, 'a', 'b', 'c'}}) {
      assertThatThrownBy(() -> Snappy.decode(broken, 100))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void deletingNeedsTheSettingAndThenDeletes(@TempDir Path other) throws Exception {
    var refused = server.post("/api/v1/admin/tsdb/delete_series", "match[]", "up");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(ApiServer.json(refused).path("error").asText()).contains("query.admin-api");

    try (var admin = new ApiServer(other, ApiServer.settings(64, true))) {
      assertThat(
          admin
              .post("/api/v1/admin/tsdb/delete_series", "match[]", "up{job=\"api\"}", "match[]",
                  "infinite")
              .statusCode())
          .isEqualTo(204);
      assertThat(admin.post("/api/v1/admin/tsdb/clean_tombstones").statusCode()).isEqualTo(204);
      assertThat(admin.post("/api/v1/admin/tsdb/delete_series").statusCode()).isEqualTo(400);
      assertThat(admin.data("/api/v1/query", "query", "count(up)", "time", NOW).toString())
          .contains("\"20\"");
      assertThat(admin.data("/api/v1/query", "query", "infinite", "time", NOW).path("result"))
          .isEmpty();
    }
  }

  @Test
  void aClientThatGoesAwayEndsItsQuery(@TempDir Path other) throws Exception {
    try (var busy = new ApiServer(other, ApiServer.settings(1, false))) {
      // Some seconds for each of 40 series; the next is not begun once the client is gone.
      var query = "/api/v1/query_range?start=1699990000&end=1700000999&step=1&query="
          + "quantile_over_time(0.5,up%5B2h:1s%5D)";
      try (var socket = new Socket("127.0.0.1", busy.port())) {
        socket.getOutputStream()
            .write(("GET " + query + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        Await.until("the query runs",
            () -> busy.get("/api/v1/query", "query", "1").statusCode() == 429);
      }

      Await.until("the query ended",
          () -> busy.get("/api/v1/query", "query", "1").statusCode() == 200);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void anyRequestIsAnsweredOrRefused(long seed) throws Exception {
    var random = new Random(seed);
    var paths = List.of("query", "query_range", "series", "labels", "label/job/values", "metadata",
        "query_exemplars", "format_query", "parse_query", "status/tsdb");
    var names = List.of("query", "time", "start", "end", "step", "timeout", "limit", "match[]",
        "lookback_delta", "stats", "metric");
    var values = List.of("up", "sum(up)", "up[5m]", "1", "0", "-1", "1e308", "NaN", "Inf", "5m",
        "1y", "9223372036854775807", "-9e99", "2023-11-14T22:15:00Z", "{}", "\"", "\u0000", "x", "",
        "rate(up[1m:1ms])", "up @ 1e300", "up offset 1000y", "-up", "{__name__=~\".*x|.+\"}",
        "1700000000", "1700000100", "15", "label_replace(up,\"a\",\"$1\",\"b\",\"(\")",
        "topk(1e30,up)");
    for (int n = 0; n < 400; n++) {
      var parameters = new ArrayList<String>();
      for (int i = 1 + random.nextInt(6); i > 0; i--) {
        parameters.add(names.get(random.nextInt(names.size())));
        parameters.add(values.get(random.nextInt(values.size())));
      }
      var path = "/api/v1/" + paths.get(random.nextInt(paths.size()));
      var reply = server.get(path, parameters.toArray(String[]::new));

      assertThat(reply.statusCode())
          .as(path + parameters + new String(reply.body(), StandardCharsets.UTF_8))
          .isIn(200, 400, 422, 503);
    }
  }

  /** Debian's promtool asks; the name says what the build's report of skips looks for. */
  @Test
  void promtoolAgainstPrometheusApiPrintsWhatItWould() throws Exception {
    assumeTrue(Files.isExecutable(PROMTOOL), "Debian's promtool is not installed at " + PROMTOOL);
    var url = "http://127.0.0.1:" + server.port();

    assertThat(promtool("query", "instant", "--time=" + NOW, url, "up{instance=\"host-3\"}"))
        .isEqualTo("up{instance=\"host-3\", job=\"api\"} => 3.4 @[1700000100]\n");
    assertThat(promtool("query", "range", "--start=1700000070", "--end=" + NOW, "--step=30s", url,
        "sum(up)")).isEqualTo("{} =>\n795.2 @[1700000070]\n796 @[1700000100]\n");
    assertThat(promtool("query", "series", "--start=1700000000", "--end=" + NOW,
        "--match=up{instance=~\"host-[34]\"}", url))
        .isEqualTo("{__name__=\"up\", instance=\"host-3\", job=\"api\"}\n"
            + "{__name__=\"up\", instance=\"host-4\", job=\"api\"}\n");
    assertThat(promtool("query", "labels", "--start=1700000000", "--end=" + NOW, url, "job"))
        .isEqualTo("api\nweb\n");
  }

  private static String promtool(String... arguments) throws Exception {
    var command = new ArrayList<>(List.of(PROMTOOL.toString()));
    command.addAll(List.of(arguments));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return text;
  }
}

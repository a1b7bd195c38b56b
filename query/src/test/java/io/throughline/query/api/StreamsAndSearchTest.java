package io.throughline.query.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Exemplar;
import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.model.Tenant;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Remote read as a stream of chunks, the search by words, and what browsers and old clients ask of an answer. */
class StreamsAndSearchTest {

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

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aChunkOfFloatsReadsBackAsItWasWritten(long seed) {
    var random = new Random(seed);
    var out = new ChunkOut();
    for (int n = 0; n < 50; n++) {
      out.clear();
      var wanted = new ArrayList<String>();
      long time = random.nextLong(1L << 42) - (1L << 41);
      for (int i = 0; i < 120; i++) {
        double value = switch (random.nextInt(5)) {
          case 0 -> Double.longBitsToDouble(random.nextLong());
          case 1 -> Double.NaN;
          case 2 -> i;
          default -> random.nextInt(1000) / 10.0;
        };
        out.add(time, value);
        wanted.add(time + ":" + Double.doubleToRawLongBits(value));
        time += random.nextInt(10) == 0 ? random.nextLong(1L << random.nextInt(1, 40)) + 1 : 15_000;
      }

      assertThat(ReadFrames.floats(Arrays.copyOf(out.bytes(), out.size()))).isEqualTo(wanted);
    }
  }

  @Test
  void aHistogramStandsInAChunkOfItsOwn() {
    var out = new ChunkOut();
    var h = new NativeHistogram(true, ResetHint.NOT_RESET, -1, 0.001, 1, 70_004, 7.5,
        new int[] {-3, 2}, new long[] {2, 70_000}, new int[] {1, 1}, new long[] {1}, new double[0]);
    out.clear();
    out.add(1_700_000_000_123L, h);
    var in = new ReadFrames.Bits(out.bytes(), 2);

    assertThat(in.read(8)).as("hint").isEqualTo(0b01000000);
    assertThat(in.read(8)).as("any threshold").isEqualTo(255);
    assertThat(Double.longBitsToDouble(in.read(64))).isEqualTo(0.001);
    assertThat(in.number(true)).as("schema").isEqualTo(-1);
    assertThat(List.of(in.number(false), in.number(false), in.number(true))).containsExactly(1L, 2L,
        -3L);
    assertThat(List.of(in.number(false), in.number(false), in.number(true))).containsExactly(1L, 1L,
        1L);
    assertThat(in.number(true)).as("time").isEqualTo(1_700_000_000_123L);
    assertThat(List.of(in.number(false), in.number(false))).containsExactly(70_004L, 1L);
    assertThat(Double.longBitsToDouble(in.read(64))).isEqualTo(7.5);
    assertThat(List.of(in.number(true), in.number(true), in.number(true))).containsExactly(2L,
        69_998L, 1L);
    // A threshold that is a power of two is its exponent.
    out.clear();
    out.add(0, new NativeHistogram(false, ResetHint.GAUGE, 0, 0.5, 0, 0, 0, new int[0], new long[0],
        new int[0], new long[0], new double[0]));
    assertThat(out.bytes()[2] & 0xff).isEqualTo(0b11000000);
    assertThat(out.bytes()[3] & 0xff).isEqualTo(243);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aChunkOfAHistogramReadsBackAsItWasWritten(long seed) {
    var random = new Random(seed);
    var out = new ChunkOut();
    for (int n = 0; n < 300; n++) {
      var written = histogram(random);
      long timeMs = random.nextLong(1L << 42) - (1L << 41);
      out.clear();
      out.add(timeMs, written);

      var read = ReadFrames.histogram(new ReadFrames.Chunk(timeMs, timeMs,
          written.isInteger() ? 2 : 3, Arrays.copyOf(out.bytes(), out.size())));

      assertThat(read).isEqualTo(new ReadFrames.TimedHistogram(timeMs, written));
    }
  }

  /** Of either kind of numbers, of any schema, the custom one with and without bounds among them. */
  private static NativeHistogram histogram(Random random) {
    boolean whole = random.nextBoolean();
    boolean custom = random.nextInt(3) == 0;
    var bounds = custom ? random.doubles(random.nextInt(5)).sorted().toArray() : new double[0];
    var positive = spans(random, custom ? bounds.length + 1 : 1 << random.nextInt(10));
    var negative = custom ? new int[0] : spans(random, 1 << random.nextInt(4));
    var threshold = new double[] {0, 0.001, 0.5, Math.scalb(1.0, -200), 1024, 3};
    return new NativeHistogram(whole, ResetHint.ofCode(random.nextInt(4)),
        custom ? NativeHistogram.CUSTOM_BOUNDS : random.nextInt(13) - 4,
        custom ? 0 : threshold[random.nextInt(threshold.length)], custom ? 0 : count(random, whole),
        count(random, whole), random.nextGaussian(), positive, counts(random, positive, whole),
        negative, counts(random, negative, whole), bounds);
  }

  private static int[] spans(Random random, int most) {
    return random.nextInt(4) == 0
        ? new int[0]
        : new int[] {random.nextInt(3) - 1, random.nextInt(most) + 1, random.nextInt(200), 1};
  }

  private static long[] counts(Random random, int[] spans, boolean whole) {
    return spans.length == 0
        ? new long[0]
        : LongStream.generate(() -> count(random, whole)).limit(spans[1] + 1).toArray();
  }

  private static long count(Random random, boolean whole) {
    return whole
        ? random.nextLong(1L << random.nextInt(1, 62))
        : Double.doubleToRawLongBits(random.nextInt(1_000) / 7.0);
  }

  @Test
  void remoteReadStreamsChunksWhereTheClientWantsThemFirst() throws Exception {
    var reply = read("up|sizes", 1, 0);

    assertThat(reply.headers().firstValue("Content-Type"))
        .contains("application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
    assertThat(reply.headers().firstValue("Content-Encoding")).isEmpty();
    int samples = 0;
    var kinds = new TreeSet<Integer>();
    var frames = ReadFrames.of(reply.body());
    for (var frame : frames) {
      for (var chunk : frame.chunks()) {
        kinds.add(chunk.type());
        if (chunk.type() == 1) {
          var read = ReadFrames.floats(chunk.data());
          samples += read.size();
          assertThat(read.getFirst()).startsWith(chunk.minMs() + ":");
          assertThat(read.getLast()).startsWith(chunk.maxMs() + ":");
        }
      }
    }
    assertThat(frames).hasSize(41);
    // A reader merges what several answer, which it can only where each answers in the order of labels.
    assertThat(frames.stream().map(frame -> String.join("\0", frame.labels())).toList()).isSorted();
    assertThat(samples).isEqualTo(40 * 41);
    assertThat(kinds).containsExactly(1, 2);
  }

  @Test
  void remoteReadAnswersInTheFirstFormItKnows() throws Exception {
    assertThat(read("up", 0, 1).headers().firstValue("Content-Encoding")).contains("snappy");
    assertThat(read("up", 9, 1).headers().firstValue("Content-Type").orElse(""))
        .contains("streamed");
    assertThat(read("up").headers().firstValue("Content-Encoding")).contains("snappy");
  }

  private static HttpResponse<byte[]> read(String names, int... forms) throws Exception {
    var reply = server.send(server.request("/api/v1/read")
        .header("Accept-Encoding", "gzip")
        .POST(HttpRequest.BodyPublishers
            .ofByteArray(ReadFrames.request(names, ApiServer.NOW_MS, forms)))
        .build());
    assertThat(reply.statusCode()).isEqualTo(200);
    return reply;
  }

  @Test
  void theSearchFindsWhatContainsAWordAndWhatIsNearIt() throws Exception {
    assertThat(server.body("/api/v1/search/metric_names")).isEqualTo(
        "{\"results\":[{\"name\":\"ended\"},{\"name\":\"http.status\"},{\"name\":\"infinite\"},"
            + "{\"name\":\"sizes\"},{\"name\":\"up\"}]}\n"
            + "{\"status\":\"success\",\"has_more\":false}\n");
    assertThat(server.body("/api/v1/search/metric_names", "search[]", "in", "limit", "0"))
        .startsWith("{\"results\":[{\"name\":\"infinite\"}]}\n");
    assertThat(server.body("/api/v1/search/metric_names", "search[]", "infinte", "fuzz_threshold",
        "90", "include_score", "true"))
        .startsWith("{\"results\":[{\"name\":\"infinite\",\"score\":0.4");
    assertThat(server.body("/api/v1/search/metric_names", "search", "UP", "case_sensitive", "false",
        "include_metadata", "true"))
        .startsWith("{\"results\":[{\"name\":\"up\",\"type\":\"gauge\","
            + "\"help\":\"Whether it answers\",\"unit\":\"\"}]}\n");
    assertThat(server.body("/api/v1/search/label_names", "search[]", "in", "search[]", "ob",
        "sort_dir", "dsc", "batch_size", "1")).isEqualTo(
            "{\"results\":[{\"name\":\"job\"}]}\n" + "{\"results\":[{\"name\":\"instance\"}]}\n"
                + "{\"status\":\"success\",\"has_more\":false}\n");
    assertThat(server.body("/api/v1/search/label_values", "label", "instance", "search[]", "host-3",
        "match[]", "up", "limit", "2", "sort_by", "score"))
        .isEqualTo("{\"results\":[{\"value\":\"host-3\"},{\"value\":\"host-30\"}]}\n"
            + "{\"status\":\"success\",\"has_more\":true}\n");
    assertThat(server.get("/api/v1/search/metric_names").headers().firstValue("Content-Type"))
        .contains("application/x-ndjson; charset=utf-8");
    for (var wrong : List.of("search/label_values", "search/metric_names?sort_by=size",
        "search/metric_names?fuzz_threshold=101", "search/metric_names?include_score=maybe")) {
      assertThat(server.get("/api/v1/" + wrong).statusCode()).as(wrong).isEqualTo(400);
    }
  }

  @Test
  void statisticsHavePrometheusFieldsAndStepsWhereAllAreWanted() throws Exception {
    var some = server
        .data("/api/v1/query_range", "query", "sum(up)", "start", "1700000070", "end", NOW, "step",
            "15", "stats", "true")
        .path("stats");
    var all = server
        .data("/api/v1/query_range", "query", "sum(up)", "start", "1700000070", "end", NOW, "step",
            "15", "stats", "all")
        .path("stats");

    assertThat(some.path("samples").path("totalQueryableSamples").asInt()).isEqualTo(120);
    assertThat(some.path("samples").has("totalQueryableSamplesPerStep")).isFalse();
    assertThat(all.path("samples").path("totalQueryableSamplesPerStep").toString())
        .isEqualTo("[[1700000070,40],[1700000085,40],[1700000100,40]]");
    assertThat(all.path("samples").path("peakSamples").isNumber()).isTrue();
    var timings = new ArrayList<String>();
    all.path("timings").fieldNames().forEachRemaining(timings::add);
    assertThat(timings).containsExactly("evalTotalTime", "resultSortTime", "queryPreparationTime",
        "innerEvalTime", "execQueueTime", "execTotalTime");
    assertThat(server.data("/api/v1/query", "query", "up", "time", NOW).has("stats")).isFalse();
  }

  @Test
  void aPageOfAnOriginThatIsAllowedMayReadAnswers() throws Exception {
    var reply = server
        .send(server.request("/api/v1/labels").header("Origin", "https://grafana.example").build());
    var asked = server.send(server.request("/api/v1/query")
        .header("Origin", "https://grafana.example")
        .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
        .build());

    assertThat(reply.headers().firstValue("Access-Control-Allow-Origin"))
        .contains("https://grafana.example");
    assertThat(reply.headers().allValues("Vary"))
        .anyMatch(value -> value.equalsIgnoreCase("origin"));
    assertThat(asked.statusCode()).isEqualTo(204);
    assertThat(server.get("/api/v1/labels").headers().firstValue("Access-Control-Allow-Origin"))
        .isEmpty();
    assertThat(server.send(server.request("/api/v1/labels")
        .header("Origin", "https://grafana.example.evil.example")
        .build()).headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    assertThat(server.get("/api/v1/nothing-here").statusCode()).isEqualTo(404);
  }

  @Test
  void aLongAnswerIsDeflatedForAClientThatKnowsNothingElse() throws Exception {
    var plain = server.get("/api/v1/query", "query", "up[10m] or up[9m]").statusCode();
    var query = "/api/v1/query_range?start=1699999500&end=1700000100&step=1&query=up";
    var reply = server.send(server.request(query).header("Accept-Encoding", "deflate").build());

    assertThat(plain).isEqualTo(400);
    assertThat(reply.headers().firstValue("Content-Encoding")).contains("deflate");
    var text = new String(
        new InflaterInputStream(new ByteArrayInputStream(reply.body())).readAllBytes(),
        StandardCharsets.UTF_8);
    assertThat(text).startsWith("{\"status\":\"success\"").endsWith("}}");
  }

  @Test
  void exemplarsAreShownOfEverySelectorTheNewestOnly() throws Exception {
    var bucket = Labels.of("__name__", "wait_bucket", "le", "1", "job", "a");
    var count = Labels.of("__name__", "wait_count", "job", "a");
    var store = server.exemplars;
    long first = 1_700_000_000_500L;

    assertThat(store.add(Tenant.DEFAULT, exemplar(bucket, first, 0.25))).isTrue();
    assertThat(store.add(Tenant.DEFAULT, exemplar(bucket, first, 0.5))).as("no newer").isFalse();
    assertThat(store.add(Tenant.DEFAULT, exemplar(count, first + 500, 1))).isTrue();
    assertThat(store.add(Tenant.DEFAULT, exemplar(bucket, first + 1_500, 6))).isTrue();
    var query = "histogram_quantile(0.9, rate(wait_bucket[5m])) + wait_count{job=~\"a|b\"}";

    assertThat(
        server.body("/api/v1/query_exemplars", "query", query, "start", "1700000000", "end", NOW))
        .contains("\"data\":[{\"seriesLabels\":{\"__name__\":\"wait_bucket\",\"job\":\"a\","
            + "\"le\":\"1\"},\"exemplars\":[{\"labels\":{\"trace_id\":\"t\"},\"value\":\"0.25\","
            + "\"timestamp\":1700000000.500},{\"labels\":{\"trace_id\":\"t\"},\"value\":\"6\","
            + "\"timestamp\":1700000002}]},{\"seriesLabels\":{\"__name__\":\"wait_count\",\"job\":"
            + "\"a\"},\"exemplars\":[{\"labels\":{\"trace_id\":\"t\"},\"value\":\"1\","
            + "\"timestamp\":1700000001}]}]");
    assertThat(server
        .data("/api/v1/query_exemplars", "query", "wait_bucket", "start", "1700000002", "end", NOW)
        .path(0)
        .path("exemplars")).hasSize(1);
    assertThat(server.data("/api/v1/query_exemplars", "query", "up", "start", "0", "end", NOW))
        .isEmpty();
    // A fourth takes the place of the oldest of all.
    assertThat(store.add(Tenant.DEFAULT, exemplar(count, first + 2_500, 2))).isTrue();
    assertThat(
        server.data("/api/v1/query_exemplars", "query", "wait_bucket").path(0).path("exemplars"))
        .hasSize(1);
    assertThat(store.select(new Tenant("other"), List.of(List.of()), 0, Long.MAX_VALUE)).isEmpty();
  }

  private static Exemplar exemplar(Labels series, long timeMs, double value) {
    return new Exemplar(series, Labels.of("trace_id", "t"), timeMs, value);
  }
}

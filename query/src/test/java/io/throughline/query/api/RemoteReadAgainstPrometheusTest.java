package io.throughline.query.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.throughline.query.engine.Prometheus;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Debian's Prometheus beside us: as the reader, whose queries read our samples, and as the holder of the same samples,
 * whose stream and whose federation have to be ours.
 */
class RemoteReadAgainstPrometheusTest {

  private static final String NAMES = "up|infinite|ended|sizes";

  @TempDir
  private static Path folder;

  private static ApiServer server;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(Prometheus.installed(),
        "Debian's prometheus is not installed at " + Prometheus.BINARY);
    server = new ApiServer(folder.resolve("store"), ApiServer.settings(64, false));
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void queriesOfAPrometheusThatReadsOurSamplesAnswerAsOurs() throws Exception {
    // 2.42 passes over native histograms that it reads from afar.
    var queries = List.of("up", "sum by (job) (up > bool 15)", "rate(up{job=\"web\"}[4m])",
        "max_over_time(up{instance=~\"host-1.\"}[9m])", "count({__name__=~\"up|infinite\"})",
        "infinite", "ended", "last_over_time(up{instance=\"host-7\"}[8m])",
        "up{instance!~\"host-.*\"}");
    try (var reader = Prometheus.start(folder.resolve("reader"), """
        remote_read:
          - url: http://127.0.0.1:%d/api/v1/read
            read_recent: true
        """.formatted(server.port()))) {
      int found = 0;
      for (var query : queries) {
        // Off the samples' grid, so that it does not matter which end of a range is open.
        String[] instant = {"query", query, "time", "1700000099.9"};
        var theirs = bySeries(reader.ask("/api/v1/query", instant));
        assertThat(bySeries(ApiServer.json(server.post("/api/v1/query", instant)))).as(query)
            .isEqualTo(theirs);
        found += theirs.size();
        String[] range = {"query", query, "start", "1699999700.1", "end", "1700000099.9", "step",
            "60"};
        assertThat(bySeries(ApiServer.json(server.post("/api/v1/query_range", range)))).as(query)
            .isEqualTo(bySeries(reader.ask("/api/v1/query_range", range)));
      }
      assertThat(found).isGreaterThan(60);
    }
  }

  private static TreeMap<String, String> bySeries(JsonNode reply) {
    assertThat(reply.path("status").asText()).as(reply.toString()).isEqualTo("success");
    var values = new TreeMap<String, String>();
    for (var series : reply.path("data").path("result")) {
      var labels = new TreeSet<String>();
      series.path("metric").properties().forEach(label -> labels.add(label.toString()));
      values.put(labels.toString(), series.path("value").toString() + series.path("values")
          + series.path("histogram") + series.path("histograms"));
    }
    return values;
  }

  @Test
  void theSameSamplesStreamAsTheSameChunksAndAreFederatedTheSame() throws Exception {
    // Federation shows what is new, so this part of the samples is.
    long now = System.currentTimeMillis() / 1000 * 1000;
    try (var holder = Prometheus.start(folder.resolve("holder"), "global: {}\n");
        var recent = new ApiServer(folder.resolve("recent"), ApiServer.settings(64, false), now)) {
      holder.write(asWrite(read(server, ApiServer.NOW_MS, 0)));
      holder.write(asWrite(read(recent, now, 0)));
      var theirs = holder.send("/api/v1/read", request -> request.POST(
          HttpRequest.BodyPublishers.ofByteArray(ReadFrames.request(NAMES, ApiServer.NOW_MS, 1))));

      assertThat(theirs.headers().firstValue("Content-Type"))
          .contains("application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
      var wanted = shown(ReadFrames.of(theirs.body()));
      assertThat(shown(ReadFrames.of(read(server, ApiServer.NOW_MS, 1)))).isEqualTo(wanted)
          .hasSize(43);

      assertThat(federated(recent, "text/plain")).isEqualTo(federated(holder, "text/plain"))
          .anyMatch(line -> line.startsWith("infinite{instance=\"\"} -Inf "))
          .hasSize(43);
      var protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
          + "encoding=delimited;q=0.7,text/plain;q=0.3";
      assertThat(federated(recent, protobuf)).isEqualTo(federated(holder, protobuf));
    }
  }

  private static byte[] read(ApiServer from, long toMs, int form) throws Exception {
    var reply = from.send(from.request("/api/v1/read")
        .POST(HttpRequest.BodyPublishers.ofByteArray(ReadFrames.request(NAMES, toMs, form)))
        .build());
    assertThat(reply.statusCode()).isEqualTo(200);
    return reply.body();
  }

  /** The series of an answer in samples are those of a write. */
  private static byte[] asWrite(byte[] answer) {
    var write = new ProtoOut();
    var reply = new ProtoIn(Snappy.decode(answer, 1 << 22));
    reply.next();
    var result = reply.message();
    while (result.next() == 1) {
      var series = result.bytes();
      write.bytes(1, series, series.length);
    }
    return Snappy.encode(write.bytes(), write.size());
  }

  /** Each series with its chunks, bit for bit; Prometheus leaves an empty byte behind what ends with a byte. */
  private static List<String> shown(List<ReadFrames.Frame> frames) {
    var lines = new ArrayList<String>();
    for (var frame : frames) {
      for (var chunk : frame.chunks()) {
        lines.add(frame.labels() + " " + chunk.minMs() + ".." + chunk.maxMs() + " " + chunk.type()
            + " " + HexFormat.of().formatHex(chunk.data()).replaceFirst("(00)+$", ""));
      }
    }
    Collections.sort(lines);
    return lines;
  }

  private static List<String> federated(ApiServer from, String accept) throws Exception {
    return families(accept,
        from.send(from
            .request("/federate?match[]=%7B__name__%3D~%22" + NAMES.replace("|", "%7C") + "%22%7D")
            .header("Accept", accept)
            .build()).body());
  }

  private static List<String> federated(Prometheus from, String accept) throws Exception {
    return families(
        accept, from
            .send("/federate?match[]=%7B__name__%3D~%22" + NAMES.replace("|", "%7C") + "%22%7D",
                request -> request.header("Accept", accept))
            .body());
  }

  private static List<String> families(String accept, byte[] body) {
    if (accept.startsWith("text")) {
      return new String(body, StandardCharsets.UTF_8).lines().sorted().toList();
    }
    return List.of(HexFormat.of().formatHex(body));
  }
}

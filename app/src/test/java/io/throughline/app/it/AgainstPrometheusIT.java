package io.throughline.app.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.throughline.testkit.Await;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debian's Prometheus scrapes a real node_exporter and remote-writes into {@code up}; both answer the same. */
class AgainstPrometheusIT {
  private static final int COMPARED = 20;
  /** Series that name their own labels, so that none is compared twice; spread over the exporter's collectors. */
  private static final String[] SELECTORS = {"node_cpu_seconds_total", "node_memory_MemTotal_bytes",
      "node_memory_MemFree_bytes", "node_load1", "node_boot_time_seconds", "go_goroutines",
      "process_resident_memory_bytes", "node_network_receive_bytes_total", "up",
      "scrape_samples_scraped", "go_gc_duration_seconds", "node_uname_info"};

  @TempDir
  private Path folder;

  private final HttpClient client = HttpClient.newBuilder()
      .version(HttpClient.Version.HTTP_1_1)
      .build();

  @Test
  void instantValuesOfTwentySeriesAreEqualAtTheSameTimestamps() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/prometheus"))
            && Files.isExecutable(Path.of("/usr/bin/prometheus-node-exporter")),
        "Debian's prometheus and prometheus-node-exporter are not installed");
    var ports = UpProcess.freePorts(2);
    var config = Files.writeString(folder.resolve("prometheus.yml"), String.format(Locale.ROOT, """
        global: {scrape_interval: 1s, external_labels: {site: here}}
        scrape_configs:
          - job_name: node
            static_configs: [{targets: ['127.0.0.1:%d']}]
        remote_write:
          - url: http://127.0.0.1:PORT/api/v1/write
            queue_config: {batch_send_deadline: 200ms}
        """, ports[0]));
    try (var up = UpProcess.start(folder.resolve("data"), "--no-agent");
        var exporter = Child.start("/usr/bin/prometheus-node-exporter",
            "--web.listen-address=127.0.0.1:" + ports[0]);
        var prometheus = Child.start("/usr/bin/prometheus",
            "--config.file="
                + Files.writeString(config, Files.readString(config).replace("PORT", "" + up.port)),
            "--web.listen-address=127.0.0.1:" + ports[1],
            "--storage.tsdb.path=" + folder.resolve("tsdb"))) {
      var theirs = URI.create("http://127.0.0.1:" + ports[1]);
      var ours = up.uri("");
      // Past the first scrapes, and far enough back that remote write has sent what was scraped.
      var times = new long[1];
      Await.until("five scrapes are in both", () -> {
        var counts = instant(ours, "count_over_time(up{job=\"node\"}[1m])",
            System.currentTimeMillis());
        times[0] = System.currentTimeMillis() - 1_000;
        return !counts.isEmpty()
            && Integer.parseInt(counts.getJsonObject(0).getJsonArray("value").getString(1)) >= 5;
      });

      int compared = 0;
      for (var selector : SELECTORS) {
        var expected = bySeries(instant(theirs, selector, times[0]));
        assertThat(expected).as(selector).isNotEmpty();
        Await.until(selector + " has arrived",
            () -> bySeries(instant(ours, selector, times[0])).keySet().equals(expected.keySet()));

        assertThat(bySeries(instant(ours, selector, times[0]))).as(selector).isEqualTo(expected);

        compared += expected.size();
      }
      assertThat(compared).isGreaterThanOrEqualTo(COMPARED);
      assertThat(exporter.isAlive() && prometheus.isAlive()).isTrue();
    }
  }

  /** Value by labels; Prometheus adds its external labels only to what it sends. */
  private static Map<String, String> bySeries(JsonArray result) {
    var values = new TreeMap<String, String>();
    for (int i = 0; i < result.size(); i++) {
      var labels = new TreeMap<>(UpProcess.labels(result.getJsonObject(i)));
      labels.remove("site");
      values.put(labels.toString(), result.getJsonObject(i).getJsonArray("value").encode());
    }
    return values;
  }

  private JsonArray instant(URI base, String expression, long timeMs)
      throws IOException, InterruptedException {
    var answer = client.send(HttpRequest
        .newBuilder(base.resolve("/api/v1/query?time=" + timeMs / 1e3 + "&query="
            + URLEncoder.encode(expression, StandardCharsets.UTF_8)))
        .timeout(Duration.ofSeconds(30))
        .build(), HttpResponse.BodyHandlers.ofString());
    return new JsonObject(answer.body()).getJsonObject("data").getJsonArray("result");
  }

  /** A process that ends with the test. */
  private record Child(Process process) implements AutoCloseable {
    static Child start(String... command) throws IOException {
      return new Child(new ProcessBuilder(command).redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start());
    }

    boolean isAlive() {
      return process.isAlive();
    }

    @Override
    public void close() {
      process.destroy();
      try {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException interrupted) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}

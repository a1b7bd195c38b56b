package io.throughline.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.app.attach.WriteBody;
import io.throughline.app.settings.HttpSettings;
import io.throughline.app.settings.Settings;
import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Import, snapshot and restore by their commands, over a whole installation. */
class TransferTest {
  private static final long START = 1_700_000_000;

  @TempDir
  private Path folder;
  private final HttpClient client = HttpClient.newBuilder()
      .version(HttpClient.Version.HTTP_1_1)
      .build();

  private record Said(int exitCode, String text) {}

  private static Said run(String... arguments) {
    var text = new StringWriter();
    var line = Main.commandLine();
    line.setOut(new PrintWriter(text));
    line.setErr(new PrintWriter(text));
    return new Said(line.execute(arguments), text.toString());
  }

  private static Installation start(Path data, int partitions) throws StartFailure {
    var defaults = Settings.DEFAULTS;
    return Installation.start(defaults.withData(data)
        .withHttp(
            HttpSettings.DEFAULTS.withListen("127.0.0.1:0").withOtlpHttp("off").withOtlpGrpc("off"))
        .withKafka(defaults.kafka().withPartitions(partitions))
        .withStore(defaults.store().withRetention(Duration.ZERO))
        .withSelf(defaults.self().withAgent(false)));
  }

  private String query(String url, String expression) throws IOException, InterruptedException {
    var request = HttpRequest
        .newBuilder(URI.create(url + "/api/v1/query?time=" + (START + 3600) + "&query="
            + URLEncoder.encode(expression, StandardCharsets.UTF_8)))
        .header("X-Scope-OrgID", "old")
        .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  private void write(String url, WriteBody body) throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create(url + "/api/v1/write"))
        .header("Content-Type", "application/x-protobuf")
        .header("X-Scope-OrgID", "old")
        .POST(HttpRequest.BodyPublishers.ofByteArray(body.compressed()))
        .build();
    var reply = client.send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(204);
  }

  private Path openMetrics() throws IOException {
    var text = new StringBuilder("# TYPE hits counter\n");
    for (int series = 0; series < 20; series++) {
      for (int i = 0; i < 200; i++) {
        text.append("hits_total{job=\"shop\",instance=\"i")
            .append(series)
            .append("\"} ")
            .append(i * 0.1 + series)
            .append(' ')
            .append(START + 15 * i)
            .append('\n');
      }
    }
    return Files.writeString(folder.resolve("old.txt"), text.append("# EOF\n"));
  }

  private static NativeHistogram histogram(int i, boolean whole) {
    var counts = new long[] {whole ? i : Double.doubleToRawLongBits(i + 0.5),
        whole ? 2L * i : Double.doubleToRawLongBits(2 * i)};
    return new NativeHistogram(whole, ResetHint.UNKNOWN, 2, 0x1p-128,
        whole ? 1 : Double.doubleToRawLongBits(1),
        whole ? 3L * i + 1 : Double.doubleToRawLongBits(3 * i + 1.5), i * 1.25,
        new int[] {-3, 1, 4, 1}, counts, new int[0], new long[0], new double[0]);
  }

  @Test
  void whatWasImportedIsInASnapshotAndWhatIsRestoredGoesOnWithoutLossOrDoubling() throws Exception {
    var file = openMetrics();
    var snapshot = folder.resolve("snapshot");
    String hits;
    String histograms;
    try (var first = start(folder.resolve("first"), 3)) {
      for (int times = 0; times < 2; times++) {
        var said = run("import", "openmetrics", file.toString(), "--url", first.url(), "--tenant",
            "old");
        assertThat(said.exitCode()).as(said.text()).isZero();
        assertThat(said.text()).contains("20 series, 4000 samples", "imported 4000 samples in ");
      }
      var body = new WriteBody();
      for (int i = 1; i < 50; i++) {
        body.histogram(Map.of("__name__", "took", "job", "shop", "kind", "whole"),
            (START + 15 * i) * 1000, histogram(i, true));
        body.histogram(Map.of("__name__", "took", "job", "shop", "kind", "parts"),
            (START + 15 * i) * 1000, histogram(i, false));
      }
      write(first.url(), body);
      hits = query(first.url(), "hits_total[2h]");
      histograms = query(first.url(), "took[2h]");
      assertThat(hits).contains("\"instance\":\"i19\"").contains("\"20.9\"");
      assertThat(histograms).contains("\"count\":\"148\"", "\"count\":\"148.5\"");

      var said = run("snapshot", snapshot.toString(), "--url", first.url());

      assertThat(said.exitCode()).as(said.text()).isZero();
      var later = new WriteBody();
      later.series(Map.of("__name__", "later", "job", "shop"), new long[] {START * 1000},
          new double[] {1}, 1);
      write(first.url(), later);
      assertThat(run("snapshot", snapshot.toString(), "--url", first.url()).text())
          .contains("is not empty");
    }

    var restored = folder.resolve("restored");
    var said = run("restore", snapshot.toString(), "--data", restored.toString());
    assertThat(said.exitCode()).as(said.text()).isZero();
    assertThat(said.text()).contains("restored 3 shards");
    // As many shards as the snapshot has, whatever this machine would choose.
    for (int starts = 0; starts < 2; starts++) {
      try (var second = start(restored, 0)) {
        assertThat(query(second.url(), "hits_total[2h]")).isEqualTo(hits);
        assertThat(query(second.url(), "took[2h]")).isEqualTo(histograms);
        assertThat(query(second.url(), "later[2h]")).contains("\"result\":[]");
        var again = run("import", "openmetrics", file.toString(), "--url", second.url(), "--tenant",
            "old");
        assertThat(again.exitCode()).as(again.text()).isZero();
        assertThat(query(second.url(), "hits_total[2h]")).isEqualTo(hits);
      }
    }
    assertThat(run("restore", snapshot.toString(), "--data", restored.toString()).text())
        .contains("data directory of another installation");
    assertThat(run("restore", folder.resolve("first").toString(), "--data",
        folder.resolve("third").toString()).text()).contains("is no snapshot");
  }

  @Test
  void anImportSaysWhatIsWrongWithItsSource() {
    assertThat(run("import", "prometheus", folder.toString()).text())
        .contains("is no block of Prometheus and holds none");
    assertThat(run("import").text()).contains("want one of prometheus, openmetrics");
  }
}

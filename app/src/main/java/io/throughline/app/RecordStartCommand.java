package io.throughline.app;

import io.throughline.app.attach.WriteBody;
import io.throughline.app.settings.HttpSettings;
import io.throughline.app.settings.Settings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Starts everything in a folder of its own, goes each road for a few seconds and ends. The launcher runs it with
 * the JVM recording which classes are loaded and which methods are hot; later starts begin with that knowledge
 * (decision 0010).
 */
@Command(name = "record-start", hidden = true, description = "Run everything for a few seconds, for the JVM to record what a start needs.")
final class RecordStartCommand implements Callable<Integer> {
  private static final long WRITE_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final int SERIES = 500;
  private static final List<String> QUESTIONS = List.of("/-/ready", "/metrics", "/",
      "/api/v1/labels", "/api/v1/label/instance/values", "/api/v1/series?match[]=recorded_total",
      "/api/v1/query?query=recorded_total", "/api/v1/query?query=sum(rate(recorded_total[1m]))",
      "/api/v1/query_range?query=sum%20by(job)(rate(recorded_total[1m]))&start=START&end=END&step=15",
      "/api/v1/query_range?query=topk(5,avg_over_time(recorded_total[2m]))&start=START&end=END&step=15",
      "/api/view/v1/services", "/api/view/v1/coverage", "/api/v1/rules", "/api/v1/alerts");

  private final HttpClient client = HttpClient.newBuilder()
      .version(HttpClient.Version.HTTP_1_1)
      .build();

  @Override
  public Integer call() throws Exception {
    CompilerDirectives.apply();
    var folder = Files.createTempDirectory("throughline-record");
    try {
      var settings = Settings.DEFAULTS.withData(folder)
          .withHttp(Settings.DEFAULTS.http()
              .withListen("127.0.0.1:0")
              .withOtlpGrpc(HttpSettings.OFF)
              .withOtlpHttp(HttpSettings.OFF))
          .withSelf(Settings.DEFAULTS.self().withAgent(false));
      try (var installation = Installation.start(settings)) {
        goEachRoad(installation.url());
      }
    } finally {
      delete(folder);
    }
    return CommandLine.ExitCode.OK;
  }

  private void goEachRoad(String url) throws IOException, InterruptedException {
    long startMs = System.currentTimeMillis() - TimeUnit.MINUTES.toMillis(10);
    long end = System.nanoTime() + WRITE_NANOS;
    var times = new long[1];
    var values = new double[1];
    for (int round = 0; System.nanoTime() - end < 0; round++) {
      var body = new WriteBody();
      times[0] = startMs + round * 250L;
      values[0] = round;
      for (int i = 0; i < SERIES; i++) {
        body.series(Map.of("__name__", "recorded_total", "job", "job-" + i % 7, "instance",
            "host-" + i, "path", "/a/path/of/some/length/" + i), times, values, 1);
      }
      send(HttpRequest.newBuilder(URI.create(url + "/api/v1/write"))
          .header("Content-Type", "application/x-protobuf")
          .header("Content-Encoding", "snappy")
          .POST(HttpRequest.BodyPublishers.ofByteArray(body.compressed())));
      if (round % 20 == 0) {
        ask(url, startMs);
      }
    }
    send(HttpRequest.newBuilder(URI.create(url + "/-/flush?merge=true"))
        .POST(HttpRequest.BodyPublishers.noBody()));
    ask(url, startMs);
  }

  private void ask(String url, long startMs) throws IOException, InterruptedException {
    for (var question : QUESTIONS) {
      send(HttpRequest.newBuilder(URI.create(url + question.replace("[", "%5B")
          .replace("]", "%5D")
          .replace("START", String.valueOf(startMs / 1000))
          .replace("END", String.valueOf(System.currentTimeMillis() / 1000)))));
    }
  }

  private void send(HttpRequest.Builder request) throws IOException, InterruptedException {
    var response = client.send(request.timeout(Duration.ofSeconds(30)).build(),
        HttpResponse.BodyHandlers.discarding());
    if (response.statusCode() >= 400) {
      throw new IOException(response.uri() + " answered " + response.statusCode());
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var paths = Files.walk(folder)) {
      for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}

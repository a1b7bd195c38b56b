package io.throughline.app;

import io.throughline.app.attach.WriteBody;
import io.throughline.app.settings.HttpSettings;
import io.throughline.app.settings.Settings;
import io.throughline.query.api.Rehearsal;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.Utils;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Starts everything in a folder of its own, goes each road for a few seconds and ends. The launcher runs it with
 * the JVM recording which classes are loaded and which methods are hot; later starts begin with that knowledge
 * (decision 0010).
 */
@Command(name = "record-start", hidden = true,
    description = "Run everything for a few seconds, for the JVM to record what a start needs.")
final class RecordStartCommand implements Callable<Integer> {
  private static final long WRITE_NANOS = TimeUnit.SECONDS.toNanos(3);
  /** By how many rounds what answers queries is compiled as well as it can be. */
  private static final int REHEARSALS = 150;
  private static final int ASKED_OVER_HTTP = 40;
  private static final long ROUND_MS = 2_000;
  private static final List<String> PAGES = List.of("/-/ready", "/metrics", "/",
      "/api/v1/label/instance/values", "/api/view/v1/services", "/api/view/v1/coverage",
      "/api/v1/rules", "/api/v1/alerts");

  @Option(names = "--rounds", hidden = true, description = "How often queries are asked.")
  private int rounds = REHEARSALS;

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
        rehearse(folder.resolve("rehearsal"));
      }
    } finally {
      Utils.delete(folder.toFile());
    }
    return CommandLine.ExitCode.OK;
  }

  private void goEachRoad(String url) throws IOException, InterruptedException {
    long startMs = System.currentTimeMillis() - TimeUnit.HOURS.toMillis(1);
    long end = System.nanoTime() + WRITE_NANOS;
    var series = new ArrayList<Map<String, String>>();
    for (var labels : Rehearsal.fleet()) {
      series.add(labels.toMap());
    }
    var times = new long[1];
    var values = new double[1];
    times[0] = startMs;
    for (int round = 0; System.nanoTime() - end < 0; round++) {
      var body = new WriteBody();
      times[0] = startMs + round * ROUND_MS;
      for (int i = 0; i < series.size(); i++) {
        values[0] = round * (i % 10 + 0.5);
        body.series(series.get(i), times, values, 1);
      }
      send(HttpRequest.newBuilder(URI.create(url + "/api/v1/write"))
          .header("Content-Type", "application/x-protobuf")
          .header("Content-Encoding", "snappy")
          .POST(HttpRequest.BodyPublishers.ofByteArray(body.compressed())));
      if (round % 20 == 0) {
        ask(url, PAGES);
      }
    }
    var questions = Rehearsal.questions(startMs, times[0]);
    ask(url, questions);
    send(HttpRequest.newBuilder(URI.create(url + "/-/flush?merge=true"))
        .POST(HttpRequest.BodyPublishers.noBody()));
    ask(url, PAGES);
    for (int i = 0; i < Math.min(rounds, ASKED_OVER_HTTP); i++) {
      ask(url, questions);
    }
  }

  private void rehearse(Path folder) {
    try (var rehearsal = Rehearsal.open(folder, InstantSource.system())) {
      for (int i = 0; i < rounds; i++) {
        rehearsal.round();
      }
    }
  }

  private void ask(String url, List<String> questions) throws IOException, InterruptedException {
    for (var question : questions) {
      send(HttpRequest.newBuilder(URI.create(url + question)));
    }
  }

  private void send(HttpRequest.Builder request) throws IOException, InterruptedException {
    var response = client.send(request.timeout(Duration.ofSeconds(30)).build(),
        HttpResponse.BodyHandlers.discarding());
    if (response.statusCode() >= 400) {
      throw new IOException(response.uri() + " answered " + response.statusCode());
    }
  }
}

package io.throughline.app.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.broker.EmbeddedBroker;
import io.throughline.broker.Topics;
import io.throughline.testkit.Await;
import io.throughline.testkit.Listener;
import io.throughline.testkit.SharedBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that share rules: one is stopped by a signal, the other killed. */
class OwnersAsProcessesTest {

  private static final Pattern SINCE = Pattern.compile("writes ALERTS_FOR_STATE\\{.*} (\\d+)");
  private static final Pattern STARTS_AT = Pattern.compile("\"startsAt\":\"([^\"]+)\"");

  @TempDir
  private Path folder = Path.of("");

  private final List<Running> started = new ArrayList<>();
  private final Listener receiver;

  OwnersAsProcessesTest() throws IOException {
    receiver = new Listener();
  }

  /** One process and what it has said. */
  private record Running(String name, Process process, List<String> said) {

    List<String> written() {
      return said.stream().filter(line -> line.startsWith("writes")).toList();
    }

    boolean fires() {
      return said.stream().anyMatch(line -> line.contains("alertstate=\"firing\""));
    }

    /** Since when the alert is active, by everything that the process has written of it. */
    List<String> since() {
      return said.stream()
          .map(SINCE::matcher)
          .filter(matcher -> matcher.matches())
          .map(matcher -> matcher.group(1))
          .distinct()
          .toList();
    }

    void signal(String signal) throws IOException, InterruptedException {
      new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor();
    }
  }

  private Path client(EmbeddedBroker broker) throws IOException {
    var properties = new Properties();
    broker.clientProperties().forEach((name, value) -> properties.put(name, value.toString()));
    var file = folder.resolve("client.properties");
    try (var out = Files.newOutputStream(file)) {
      properties.store(out, null);
    }
    return file;
  }

  private Running start(String name, EmbeddedBroker broker, String prefix, Path rules)
      throws IOException {
    var command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Duser.language=en",
        "-Duser.country=US", "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow", "-cp", System.getProperty("java.class.path"),
        OwnerProcess.class.getName(), client(broker).toString(), prefix, rules.toString(),
        receiver.url() + "/" + name, folder.resolve(name).toString());
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var running = new Running(name, process, new CopyOnWriteArrayList<>());
    Thread.ofPlatform().daemon().start(() -> {
      try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
        lines.lines().forEach(running.said::add);
      } catch (IOException | UncheckedIOException ended) {
        running.said.add("ended");
      }
    });
    started.add(running);
    return running;
  }

  @Test
  void whoIsStoppedOrKilledIsReplacedAtTheSameTimesAndDoesNothingWhenItGoesOn() throws Exception {
    var rules = Files.writeString(folder.resolve("rules.yml"),
        "groups: [{name: g, interval: 1s, rules: [{alert: A, expr: vector(1), for: 12s}]}]\n");
    var prefix = SharedBroker.uniquePrefix();
    try (var broker = EmbeddedBroker.start(folder.resolve("kafka"), false)) {
      try (var topics = new Topics(broker.clientProperties(), prefix)) {
        topics.ensure(1, (short) 1, Duration.ofHours(1));
        topics.ensureAlerts(1, (short) 1, Duration.ofDays(1));
      }
      var one = start("one", broker, prefix, rules);
      Await.until("one has written twice", () -> one.written().size() >= 4);
      one.signal("STOP");

      var two = start("two", broker, prefix, rules);
      Await.until("two fires", () -> two.fires() && !told("/two").isEmpty());
      assertThat(two.since()).isEqualTo(one.since()).hasSize(1);
      int writtenByOne = one.written().size();
      int toldByOne = told("/one").size();
      int saidByOne = one.said().size();
      one.signal("CONT");
      Await.until("one goes on", () -> one.said().size() >= saidByOne + 10);
      assertThat(one.said().subList(saidByOne, one.said().size())).doesNotContain("acts true");
      assertThat(one.written()).hasSize(writtenByOne);
      assertThat(told("/one")).hasSize(toldByOne);

      two.process().destroyForcibly().waitFor();
      Await.until("one is the owner again", () -> told("/one").size() > toldByOne);
      assertThat(one.since()).isEqualTo(two.since());
      assertThat(startsAt("/one")).isEqualTo(startsAt("/two")).hasSize(1);
    } finally {
      started.forEach(running -> running.process().destroyForcibly());
      receiver.close();
    }
  }

  private List<String> told(String path) {
    return receiver.requests.stream()
        .filter(request -> request.path().equals(path))
        .map(Listener.Request::text)
        .toList();
  }

  private List<String> startsAt(String path) {
    return told(path).stream().map(body -> {
      var found = STARTS_AT.matcher(body);
      return found.find() ? found.group(1) : "";
    }).distinct().toList();
  }
}

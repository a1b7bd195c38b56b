package io.throughline.app.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.broker.EmbeddedBroker;
import io.throughline.testkit.Await;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code up --kafka} over a broker in a process of its own, which asks for a user and a password. */
class ExternalKafkaIT {
  @TempDir
  private Path folder;

  @Test
  void samplesTakeTheirWayThroughAnExternalBroker() throws Exception {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var broker = new ProcessBuilder(java, "@" + UpProcess.ROOT.resolve("conf/jvm.options"),
        "-Xmx192m", "-cp", System.getProperty("java.class.path"), EmbeddedBroker.class.getName(),
        folder.resolve("kafka").toString()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (var lines = new BufferedReader(
        new InputStreamReader(broker.getInputStream(), StandardCharsets.UTF_8))) {
      // Kafka logs to the same stream; the line that says where it listens comes last.
      var words = lines.lines()
          .filter(line -> line.startsWith("127.0.0.1:"))
          .findFirst()
          .orElseThrow()
          .split(" ", -1);
      assertThat(words).hasSize(2);
      long now = System.currentTimeMillis();

      try (var up = UpProcess.start(folder.resolve("data"), "--no-agent", "--kafka", words[0],
          "--kafka-properties", words[1], "--partitions", "2")) {
        assertThat(write(up, now, 1)).isEqualTo(204);
        assertThat(up.query("default", "external", now)
            .getJsonObject(0)
            .getJsonArray("value")
            .getString(1)).isEqualTo("1");
        assertThat(folder.resolve("data/kafka")).doesNotExist();

        up.kill();
        up.restart();

        assertThat(up.query("default", "external", now)
            .getJsonObject(0)
            .getJsonArray("value")
            .getString(1)).isEqualTo("1");

        broker.destroyForcibly();
        assertThat(broker.waitFor(30, TimeUnit.SECONDS)).isTrue();

        Await.until("writes are refused while Kafka is away", () -> write(up, now + 1, 2) == 503);
        assertThat(up.query("default", "external", now)).hasSize(1);
      }
    } finally {
      broker.destroyForcibly();
    }
  }

  private static int write(UpProcess up, long timeMs, double value) throws InterruptedException {
    return up.write("default",
        new RemoteWrite()
            .sample(Map.of("__name__", "external", "job", "j", "instance", "i"), timeMs, value)
            .body());
  }
}

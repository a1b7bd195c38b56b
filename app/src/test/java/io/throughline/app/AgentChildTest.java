package io.throughline.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.metrics.MeterProvider;
import io.throughline.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentChildTest {
  @TempDir
  private Path folder;

  private AgentChild child(String script) throws IOException {
    return new AgentChild(List.of("/bin/sh", "-c", script), Duration.ofMillis(20),
        MeterProvider.noop().get("test"));
  }

  @Test
  void oneThatEndsIsStartedAgainAndItsTroubleIsSaid() throws Exception {
    var starts = folder.resolve("starts");
    try (var child = child("echo started >> " + starts + "; exit 3")) {
      Await.until("it was started four times", () -> lines(starts) >= 4);

      Await.until("its trouble is said", () -> child.trouble()
          .startsWith("the node agent ended with exit code 3 and is started again within "));
    }
  }

  @Test
  void oneThatRunsAgainIsNoTroubleAnyMore() throws Exception {
    var first = folder.resolve("first");
    var second = folder.resolve("second");
    try (var child = child("test -e " + first + " || { touch " + first + "; exit 1; }; touch "
        + second + "; exec sleep 600")) {
      Await.until("it runs for the second time", () -> Files.exists(second));

      Await.until("there is no trouble", () -> child.trouble().isEmpty());
    }
  }

  @Test
  void oneThatIsClosedEndsAndIsNotStartedAgain() throws Exception {
    var starts = folder.resolve("starts");
    var pid = folder.resolve("pid");
    var child = child("echo started >> " + starts + "; echo $$ > " + pid + ".new; mv " + pid
        + ".new " + pid + "; exec sleep 600");
    Await.until("it runs", () -> Files.exists(pid));
    var process = ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();

    child.close();

    Await.until("the process is gone", () -> !process.isAlive());
    assertThat(child.trouble()).isEmpty();
    assertThat(lines(starts)).isEqualTo(1);
  }

  @Test
  void aCommandThatIsNotThereIsSaidAtOnce() {
    assertThatThrownBy(() -> new AgentChild(List.of(folder.resolve("nothing").toString()),
        Duration.ofMillis(1), MeterProvider.noop().get("test"))).isInstanceOf(IOException.class);
  }

  private static long lines(Path file) throws IOException {
    return Files.exists(file) ? Files.readAllLines(file).size() : 0;
  }
}

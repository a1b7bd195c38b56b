package io.throughline.app.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.testkit.Await;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LifecycleIT {
  @TempDir
  private Path folder;

  @Test
  void itStartsMeasuresItselfAndEndsCleanlyWithItsChildren() throws Exception {
    try (var up = UpProcess.start(folder.resolve("data"))) {
      assertThat(up.output().lines()).as("nothing but that it is ready")
          .singleElement()
          .asString()
          .startsWith("throughline is ready: http://127.0.0.1:" + up.port);
      assertThat(up.get("/").body()).contains("<title>Throughline</title>");
      assertThat(up.get("/nodes/some-node").body()).contains("<title>Throughline</title>");
      assertThat(up.get("/api/v1/nothing").statusCode()).isEqualTo(404);
      assertThat(up.get("/metrics").body()).contains("process_cpu_time_seconds_total",
          "throughline_store_corrupt_files_total", "throughline_store_size_bytes");
      Await.until("throughline and this machine are in the overview", () -> {
        var overview = up.get("/api/view/v1/services").body();
        return overview.contains("\"id\":\"throughline\"")
            && overview.contains("\"kind\":\"node\"");
      });
      var children = up.process().descendants().toList();
      assertThat(children).as("the node agent").isNotEmpty();

      var took = up.stop();

      assertThat(took).isLessThan(Duration.ofSeconds(5));
      Await.until("children are gone", () -> children.stream().noneMatch(ProcessHandle::isAlive));
      assertThat(up.output()).doesNotContain("Exception", " ERROR ");
    }
  }

  @Test
  void aNodeAgentThatIsKilledIsStartedAgain() throws Exception {
    try (var up = UpProcess.start(folder.resolve("data"))) {
      var agent = up.process().children().findFirst().orElseThrow();

      agent.destroyForcibly();

      Await.until("it says that the machine is not measured",
          () -> up.get("/-/ready")
              .body()
              .startsWith("ready\nthe node agent ended with exit code 137"));
      Await.until("another one runs",
          () -> up.process()
              .children()
              .anyMatch(child -> child.pid() != agent.pid() && child.isAlive()));
      Await.until("nothing is said any more", () -> up.get("/-/ready").body().equals("ready\n"));
      assertThat(up.get("/metrics").body()).contains("throughline_agent_restarts_total 1\n",
          "throughline_agent_up_ratio 1\n");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 600, 1_500, 3_000, 5_000})
  void toldToEndWhileItStartsItEndsWithinFiveSecondsAndTheNextStartIsFine(int afterMs)
      throws Exception {
    var data = folder.resolve("data");
    var process = UpProcess.launchOnly(data, "--no-agent");
    process.waitFor(afterMs, TimeUnit.MILLISECONDS);

    long told = System.nanoTime();
    process.destroy();

    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - told)).isLessThan(Duration.ofSeconds(5));
    try (var up = UpProcess.start(data, "--no-agent")) {
      assertThat(up.get("/-/ready").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void withoutAgentNothingIsStoredThatNobodySent() throws Exception {
    try (var up = UpProcess.start(folder.resolve("data"), "--no-agent")) {
      assertThat(up.process().descendants()).isEmpty();

      int status = up.write("default",
          new RemoteWrite().sample(Map.of("__name__", "one"), System.currentTimeMillis(), 1)
              .body());

      assertThat(status).isEqualTo(204);
      Await.until("the sample is applied",
          () -> up.get("/metrics")
              .body()
              .lines()
              .filter(line -> line.startsWith("throughline_ingest_samples_total"))
              .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
              .sum() == 1);
    }
  }

  @Test
  void aSecondProcessOnTheSameDirectoryIsTurnedAway() throws Exception {
    var data = folder.resolve("data");
    try (var up = UpProcess.start(data, "--no-agent")) {
      var output = folder.resolve("second.out");

      var second = UpProcess.run(output, List.of("up", "--data", data.toString(), "--listen",
          "127.0.0.1:0", "--otlp-http", "off", "--otlp-grpc", "off"));

      assertThat(second.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(second.exitValue()).isEqualTo(1);
      assertThat(lines(output)).containsExactly("throughline: the data directory " + data
          + " is in use by another throughline process; stop it, or give another --data");
      assertThat(up.get("/-/ready").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aDataDirectoryThatIsTakenAwayEndsTheProcessAndSaysWhy() throws Exception {
    var data = folder.resolve("data");
    try (var up = UpProcess.start(data, "--no-agent")) {

      Files.move(data, folder.resolve("elsewhere"));

      assertThat(up.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(up.process().exitValue()).isEqualTo(1);
      assertThat(up.output()).contains("the data directory was deleted, or its disk unmounted")
          .hasSizeLessThan(100_000);
    }
  }

  @Test
  void whatABuildRecordsOfAStartGoesEachRoadAndLaterStartsBeginWithIt() throws Exception {
    // The launcher keeps nothing of a recording that did not end well.
    assertThat(UpProcess.RECORD).exists();
    var output = folder.resolve("recorded.out");

    var process = UpProcess.runRecorded(output, List.of("version"));

    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(output)).isZero();
  }

  @Test
  void aTakenPortIsOneLineAndLeavesNothingBehind() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var output = folder.resolve("taken.out");
      var data = folder.resolve("data");

      var process = UpProcess.run(output, List.of("up", "--data", data.toString(), "--listen",
          "127.0.0.1:" + taken.getLocalPort(), "--otlp-http", "off", "--otlp-grpc", "off"));

      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(1);
      assertThat(lines(output))
          .containsExactly("throughline: cannot listen on 127.0.0.1:" + taken.getLocalPort()
              + " (--listen): the address is in use by another process or not this machine's");
      assertThat(data.resolve("kafka")).doesNotExist();
      assertThat(data.resolve("identity.json")).doesNotExist();
    }
  }

  @Test
  void anotherNumberOfPartitionsIsRefusedAndTheRightOneGoesOn() throws Exception {
    var data = folder.resolve("data");
    try (var up = UpProcess.start(data, "--no-agent", "--partitions", "3")) {
      up.stop();
    }
    var identity = Files.readString(data.resolve("identity.json"));
    var output = folder.resolve("wrong.out");

    var wrong = UpProcess.run(output, List.of("up", "--data", data.toString(), "--listen",
        "127.0.0.1:0", "--otlp-http", "off", "--otlp-grpc", "off", "--partitions", "5"));

    assertThat(wrong.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(wrong.exitValue()).isEqualTo(1);
    assertThat(lines(output)).singleElement().asString().contains("start with --partitions 3");
    assertThat(Files.readString(data.resolve("identity.json"))).isEqualTo(identity);
    try (var up = UpProcess.start(data, "--no-agent", "--partitions", "3")) {
      assertThat(up.get("/-/ready").statusCode()).isEqualTo(200);
    }
  }

  private static List<String> lines(Path output) throws Exception {
    return Files.readAllLines(output);
  }
}

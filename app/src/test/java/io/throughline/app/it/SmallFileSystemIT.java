package io.throughline.app.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.throughline.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file system of its own that is filled up under load and freed again: no exit, no loss, no restart needed. */
class SmallFileSystemIT {
  private static final Map<String, String> SERIES = Map.of("__name__", "counted", "job", "small",
      "instance", "one");

  @TempDir
  private Path folder;
  private boolean mounted;

  @BeforeEach
  void mount() throws Exception {
    assumeTrue(
        System.getProperty("user.name", "").equals("root") && Files.exists(Path.of("/bin/mount")),
        "a small file system needs root to mount it");
    mounted = run("mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", disk().toString()) == 0;
    assumeTrue(mounted, "this machine lets nobody mount a tmpfs");
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      Await.until("the small file system is unmounted",
          () -> run("umount", disk().toString()) == 0);
    }
  }

  private Path disk() throws IOException {
    return Files.createDirectories(folder.resolve("disk"));
  }

  private static int run(String... command) throws IOException, InterruptedException {
    var process = new ProcessBuilder(command).redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
    return process.waitFor(30, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }

  @Test
  void writesAreRefusedWhileTheDiskIsNearlyFullAndTakenAgainAfterwards() throws Exception {
    aFullDiskCostsNothingAcknowledged("disk: {min-free-bytes: 48MiB, min-free-ratio: 0}\n", true);
  }

  @Test
  void aDiskThatIsFullBelowKafkaItselfIsSurvivedToo() throws Exception {
    aFullDiskCostsNothingAcknowledged("disk: {min-free-bytes: 0, min-free-ratio: 0}\n", false);
  }

  private void aFullDiskCostsNothingAcknowledged(String config, boolean floor) throws Exception {
    var settings = Files.writeString(folder.resolve("up.yaml"), config);
    var filler = disk().resolve("filler");
    var acknowledged = new TreeMap<Long, Double>();
    try (var up = UpProcess.start(disk().resolve("data"), "--no-agent", "--config",
        settings.toString())) {
      long timeMs = System.currentTimeMillis() / 1000 * 1000 - 3_600_000;
      for (int i = 0; i < 20; i++, timeMs += 1000) {
        assertThat(write(up, timeMs, i)).isEqualTo(204);
        acknowledged.put(timeMs, (double) i);
      }

      fill(filler);

      boolean refused = false;
      for (int i = 20; i < 60 || floor && !refused && i < 2_000; i++, timeMs += 1000) {
        int status = write(up, timeMs, i);
        assertThat(status).isIn(204, 503);
        refused |= status == 503;
        if (status == 204) {
          acknowledged.put(timeMs, (double) i);
          // Read before the next write, which may be the one that ends the broker: until there is room again nobody
          // can read what is in its log alone.
          assertThat(up.query("default", "counted", timeMs)).hasSize(1);
        }
        if (refused && i > 30) {
          break;
        }
      }
      if (floor) {
        assertThat(refused).isTrue();
        assertThat(up.get("/-/ready").statusCode()).isEqualTo(503);
        assertThat(up.get("/-/ready").body()).contains("MiB free, less than 48 MiB");
      }
      assertThat(up.process().isAlive()).isTrue();
      assertEverythingIsThere(up, acknowledged);

      Files.delete(filler);

      up.awaitReady();
      long next = timeMs + 1000;
      Await.until("writes are taken again", () -> write(up, next, 99) == 204);
      acknowledged.put(next, 99.0);
      assertEverythingIsThere(up, acknowledged);
      up.kill();
      up.restart();
      assertEverythingIsThere(up, acknowledged);
    }
  }

  private static int write(UpProcess up, long timeMs, double value) throws InterruptedException {
    return up.write("default", new RemoteWrite().sample(SERIES, timeMs, value).body());
  }

  /** Fills the file system until nothing more fits. */
  private static void fill(Path filler) {
    try (var out = Files.newOutputStream(filler)) {
      var zeros = new byte[64 << 10];
      while (true) {
        out.write(zeros);
      }
    } catch (IOException full) {
      assertThat(full).hasMessageContaining("space");
    }
  }

  private static void assertEverythingIsThere(UpProcess up, TreeMap<Long, Double> acknowledged)
      throws Exception {
    long span = (acknowledged.lastKey() - acknowledged.firstKey()) / 1000 + 1;
    var series = up.query("default", "counted[" + span + "s]", acknowledged.lastKey());
    assertThat(series).hasSize(1);
    var values = series.getJsonObject(0).getJsonArray("values");
    var found = new TreeMap<Long, Double>();
    for (int i = 0; i < values.size(); i++) {
      var pair = values.getJsonArray(i);
      found.put(Math.round(pair.getDouble(0) * 1000), Double.valueOf(pair.getString(1)));
    }
    assertThat(found).containsAllEntriesOf(acknowledged);
  }
}

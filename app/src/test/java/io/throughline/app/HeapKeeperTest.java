package io.throughline.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.testkit.Await;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class HeapKeeperTest {
  private static final int LIMIT_MIB = 512;

  @Test
  void aHeapStaysNearWhatLivesInItThoughItsLimitIsFar() throws Exception {
    int peakMib = run("-XX:+UseSerialGC", "kept");

    // 8 MiB live; the bound, and what comes while the notice is on its way.
    assertThat(peakMib).as("peak of the old generation, MiB").isLessThan(LIMIT_MIB / 2);
  }

  @Test
  void withoutItTheSameWorkFillsTheLimit() throws Exception {
    assertThat(run("-XX:+UseSerialGC", "alone")).isGreaterThan(LIMIT_MIB / 2);
  }

  @Test
  void anIdleProcessGivesBackWhatAPeakLeft() throws Exception {
    assertThat(run("-XX:+UseSerialGC", "idle")).as("given back").isEqualTo(1);
  }

  @Test
  void aCollectorThatDecidesByItselfIsLeftAlone() throws Exception {
    assertThat(run("-XX:+UseG1GC", "kept")).isEqualTo(Filler.NOT_KEPT);
  }

  @Test
  void aLargeHeapMayGrowByAPartOfItself() {
    assertThat(HeapKeeper.boundBytes(400L << 20)).isEqualTo(600L << 20);
    assertThat(HeapKeeper.boundBytes(10L << 20))
        .isEqualTo((10L << 20) + HeapKeeper.LEAST_GROWTH_BYTES);
  }

  @Test
  void anIdleProcessThatHasDoneNextToNothingIsLeftAlone() {
    assertThat(HeapKeeper.isWorth(1 << 20, 1_000_000)).isFalse();
    assertThat(HeapKeeper.isWorth(HeapKeeper.WORTH_BYTES, 0)).isTrue();
    assertThat(HeapKeeper.isWorth(0, HeapKeeper.WORTH_CPU_NANOS)).isTrue();
  }

  /** In a JVM of its own, because the collector is the process'. */
  private static int run(String collector, String what) throws IOException, InterruptedException {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var child = new ProcessBuilder(List.of(java, collector, "-Xmx" + LIMIT_MIB + "m", "-Xms24m",
        "-Xmn8m", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
        Filler.class.getName(), what)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    var said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).as(said).isZero();
    return Integer.parseInt(said.strip());
  }

  /** Says to what the old generation grew, in MiB; {@code idle}: 1 once what a peak below its bound left is gone. */
  static final class Filler {
    static final int NOT_KEPT = -1;
    private static final int ARRAY_BYTES = 64 << 10;
    private static final int ALIVE = (8 << 20) / ARRAY_BYTES;
    private static final int ARRAYS = (600 << 20) / ARRAY_BYTES;

    private Filler() {}

    public static void main(String[] arguments) {
      if (!arguments[0].equals("alone") && !HeapKeeper.start(new CountDownLatch(1))) {
        System.out.println(NOT_KEPT);
        return;
      }
      var old = ManagementFactory.getMemoryPoolMXBeans()
          .stream()
          .filter(pool -> pool.getName().equals("Tenured Gen"))
          .findFirst()
          .orElseThrow();
      if (arguments[0].equals("idle")) {
        Object peak = new byte[(int) HeapKeeper.LEAST_GROWTH_BYTES - (4 << 20)];
        Reference.reachabilityFence(peak);
        peak = "passed";
        Await.until("the peak is collected",
            () -> old.getUsage().getUsed() < HeapKeeper.WORTH_BYTES);
        System.out.println(1);
        return;
      }
      fill(old);
      System.out.println(old.getPeakUsage().getUsed() >> 20);
    }

    /** Makes 600 MiB of arrays that live long enough to be promoted, 8 MiB of them at a time. */
    private static void fill(MemoryPoolMXBean old) {
      var alive = new ArrayDeque<byte[]>();
      for (int i = 0; i < ARRAYS; i++) {
        alive.add(new byte[ARRAY_BYTES]);
        if (alive.size() > ALIVE) {
          alive.remove();
        }
        if (i % ALIVE == 0) {
          // A process that allocates without a pause leaves no core to the thread that hears of it. Alone, there is no bound.
          Await.until("the bound that was passed is noticed",
              () -> !old.isUsageThresholdExceeded());
        }
      }
    }
  }
}

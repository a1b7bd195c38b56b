package io.throughline.app;

import com.sun.management.OperatingSystemMXBean;
import io.throughline.model.Failure;
import io.throughline.query.api.Rehearsal;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rehearses queries once, when the process has first been idle for {@value #IDLE_SECONDS} s, until the whole process has
 * used {@link #MOST_CPU_NANOS} since: what comes in meanwhile ends it sooner. Decision 0087 says why.
 */
final class WarmUp {
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
  private static final int IDLE_SECONDS = 3;
  /** Of one core in a second: an installation nobody uses takes half of it. */
  private static final long IDLE_CPU_NANOS = TimeUnit.MILLISECONDS.toNanos(150);
  static final long MOST_CPU_NANOS = TimeUnit.MILLISECONDS.toNanos(1_800);
  /** So that compiling, which other threads do, keeps up. */
  private static final long PAUSE_MS = 20;

  private final CountDownLatch stop;
  private final LongSupplier processCpuNanos;
  private final long secondMs;

  /** @param secondMs how long a second takes */
  WarmUp(CountDownLatch stop, LongSupplier processCpuNanos, long secondMs) {
    this.stop = stop;
    this.processCpuNanos = processCpuNanos;
    this.secondMs = secondMs;
  }

  /** Starts the thread that waits for an idle moment; it ends when the latch is at zero. */
  static void start(CountDownLatch stop) {
    var process = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    var warmUp = new WarmUp(stop, process::getProcessCpuTime, 1_000);
    Thread.ofPlatform().daemon().name("warm-up").start(warmUp::run);
  }

  /** Returns how many rounds were rehearsed. */
  int run() {
    try {
      return awaitIdle() ? rehearse() : 0;
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    } catch (IOException | Failure failed) {
      LOG.info("queries are not rehearsed, the first ones take longer: {}", failed.toString());
    }
    return 0;
  }

  private boolean awaitIdle() throws InterruptedException {
    int idle = 0;
    while (idle < IDLE_SECONDS) {
      long before = processCpuNanos.getAsLong();
      if (stop.await(secondMs, TimeUnit.MILLISECONDS)) {
        return false;
      }
      idle = processCpuNanos.getAsLong() - before < IDLE_CPU_NANOS ? idle + 1 : 0;
    }
    return true;
  }

  private int rehearse() throws IOException, InterruptedException {
    long begun = processCpuNanos.getAsLong();
    var folder = Files.createTempDirectory("throughline-rehearsal");
    int rounds = 0;
    try (var rehearsal = Rehearsal.open(folder, InstantSource.system())) {
      while (processCpuNanos.getAsLong() - begun < MOST_CPU_NANOS
          && !stop.await(PAUSE_MS, TimeUnit.MILLISECONDS)) {
        rehearsal.round();
        rounds++;
      }
    } finally {
      Utils.delete(folder.toFile());
    }
    LOG.info("queries are rehearsed rounds={} cpu_ms={}", rounds,
        (processCpuNanos.getAsLong() - begun) / 1_000_000);
    return rounds;
  }
}

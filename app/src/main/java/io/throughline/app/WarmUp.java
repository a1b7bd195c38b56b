package io.throughline.app;

import com.sun.management.OperatingSystemMXBean;
import io.throughline.model.Failure;
import io.throughline.query.api.Rehearsal;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rehearses queries once, when the process has first been idle for {@value #IDLE_SECONDS} s, until the whole process has
 * used {@link #MOST_CPU_NANOS} since: what comes in meanwhile ends it sooner. Decision 0087 says why.
 */
final class WarmUp {
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
  private static final int IDLE_SECONDS = 3;
  /** Of one core in a second. */
  private static final long IDLE_CPU_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  static final long MOST_CPU_NANOS = TimeUnit.MILLISECONDS.toNanos(1_800);
  /** So that compiling, which other threads do, keeps up. */
  private static final long PAUSE_MS = 20;

  private final CountDownLatch stop;
  private final OperatingSystemMXBean process = ManagementFactory.getPlatformMXBean(
      OperatingSystemMXBean.class);

  private WarmUp(CountDownLatch stop) {
    this.stop = stop;
  }

  /** Starts the thread that waits for an idle moment; it ends when the latch is at zero. */
  static void start(CountDownLatch stop) {
    Thread.ofPlatform().daemon().name("warm-up").start(new WarmUp(stop)::run);
  }

  private void run() {
    try {
      if (awaitIdle()) {
        rehearse();
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    } catch (IOException | Failure failed) {
      LOG.info("queries are not rehearsed, the first ones take longer: {}", failed.toString());
    }
  }

  private boolean awaitIdle() throws InterruptedException {
    int idle = 0;
    while (idle < IDLE_SECONDS) {
      long before = process.getProcessCpuTime();
      if (stop.await(1, TimeUnit.SECONDS)) {
        return false;
      }
      idle = process.getProcessCpuTime() - before < IDLE_CPU_NANOS ? idle + 1 : 0;
    }
    return true;
  }

  private void rehearse() throws IOException, InterruptedException {
    long begun = process.getProcessCpuTime();
    var folder = Files.createTempDirectory("throughline-rehearsal");
    int rounds = 0;
    try (var rehearsal = Rehearsal.open(folder, InstantSource.system())) {
      while (process.getProcessCpuTime() - begun < MOST_CPU_NANOS && !stop.await(PAUSE_MS,
          TimeUnit.MILLISECONDS)) {
        rehearsal.round();
        rounds++;
      }
    } finally {
      delete(folder);
    }
    LOG.info("queries are rehearsed rounds={} cpu_ms={}", rounds, (process.getProcessCpuTime()
        - begun) / 1_000_000);
  }

  /** Removes a folder and what is in it. */
  static void delete(Path folder) throws IOException {
    try (var paths = Files.walk(folder)) {
      for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}

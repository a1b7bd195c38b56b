package io.throughline.app;

import io.throughline.model.Failure;
import io.throughline.query.api.Rehearsal;
import java.io.IOException;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rehearses queries once, when the process has first been idle ({@link IdleProcess}), until the whole process has
 * used {@link #MOST_CPU_NANOS} since: what comes in meanwhile ends it sooner. Decision 0087 says why.
 */
final class WarmUp {
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
  static final long MOST_CPU_NANOS = TimeUnit.MILLISECONDS.toNanos(1_800);
  /** So that compiling, which other threads do, keeps up. */
  private static final long PAUSE_MS = 20;

  private final IdleProcess idle;

  WarmUp(IdleProcess idle) {
    this.idle = idle;
  }

  /** Starts the thread that waits for an idle moment; it ends when the latch is at zero. */
  static void start(CountDownLatch stop) {
    var warmUp = new WarmUp(IdleProcess.until(stop));
    Thread.ofPlatform().daemon().name("warm-up").start(warmUp::run);
  }

  /** Returns how many rounds were rehearsed. */
  int run() {
    try {
      return idle.await() ? rehearse() : 0;
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    } catch (IOException | Failure failed) {
      LOG.info("queries are not rehearsed, the first ones take longer: {}", failed.toString());
    }
    return 0;
  }

  private int rehearse() throws IOException, InterruptedException {
    long begun = idle.cpuNanos();
    var folder = Files.createTempDirectory("throughline-rehearsal");
    int rounds = 0;
    try (var rehearsal = Rehearsal.open(folder, InstantSource.system())) {
      while (idle.cpuNanos() - begun < MOST_CPU_NANOS && !idle.endsWithin(PAUSE_MS)) {
        rehearsal.round();
        rounds++;
      }
    } finally {
      Utils.delete(folder.toFile());
    }
    LOG.info("queries are rehearsed rounds={} cpu_ms={}", rounds,
        (idle.cpuNanos() - begun) / 1_000_000);
    return rounds;
  }
}

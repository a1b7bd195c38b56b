package io.throughline.app.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.testkit.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole process is killed under load, again and again; each time every value that was acknowledged is
 * there, and no value that never was sent. Load: more than 50,000 samples a second of remote write (floats,
 * native histograms, other values at old timestamps; three targets a request) and delta sums over OTLP.
 *
 * <p>Three kills; with {@code throughline.long.minutes} as many as fit.
 */
class KillIT {
  private static final int LANES = 4;
  private static final int DELTA_LANES = 2;
  private static final int KILLS = 3;

  @TempDir
  private Path folder;

  @Test
  void noAcknowledgedValueIsLostNorCountedTwiceHoweverOftenTheProcessIsKilled() throws Exception {
    long seed = Long.getLong("throughline.seed", 1);
    long minutes = Long.getLong("throughline.long.minutes", 0);
    long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(minutes);
    var random = new Random(seed);
    long baseMs = (System.currentTimeMillis() / 1000 - 7200) * 1000;
    try (var up = UpProcess.start(folder.resolve("data"), "--no-agent");
        var threads = Executors.newCachedThreadPool()) {
      var lanes = new ArrayList<WriteLane>();
      for (int i = 0; i < LANES; i++) {
        lanes.add(new WriteLane(up, i, seed, baseMs));
      }
      var deltaLanes = new ArrayList<DeltaLane>();
      for (int i = 0; i < DELTA_LANES; i++) {
        deltaLanes.add(new DeltaLane(up, i, baseMs));
      }
      for (int kill = 1; kill <= KILLS || System.nanoTime() < until; kill++) {
        long before = samples(lanes);
        long started = System.nanoTime();
        var running = new ArrayList<Future<?>>();
        for (var lane : lanes) {
          running.add(threads.submit(untilKilled(lane::run)));
        }
        for (var lane : deltaLanes) {
          running.add(threads.submit(untilKilled(lane::run)));
        }
        long killAfter = 200_000 + random.nextInt(100_000);
        // Flushes and merges are under way at some kills and at others just done.
        long flushAfter = random.nextLong(killAfter);
        boolean merge = random.nextBoolean();
        await(running, lanes, before + flushAfter);
        running.add(threads.submit(() -> {
          try {
            return up.post("/-/flush" + (merge ? "?merge=true" : ""));
          } catch (IOException killed) {
            return killed;
          }
        }));
        await(running, lanes, before + killAfter);
        up.kill();
        double seconds = (System.nanoTime() - started) / 1e9;
        for (var lane : running) {
          lane.get(60, TimeUnit.SECONDS);
        }
        long taken = samples(lanes) - before;
        long restarted = System.nanoTime();
        up.restart();
        double restart = (System.nanoTime() - restarted) / 1e9;

        var wrong = new ArrayList<String>();
        long compared = 0;
        for (var lane : lanes) {
          compared += lane.compare(wrong);
        }
        for (var lane : deltaLanes) {
          compared += lane.compare(wrong);
        }

        System.out.println(String.format(Locale.ROOT,
            "seed %d kill %d: %.0f samples/s acknowledged for %.1f s, flush%s after %d of %d, ready again "
                + "after %.1f s, %d values compared, %d wrong",
            seed, kill, taken / seconds, seconds, merge ? " and merge" : "", flushAfter, killAfter,
            restart, compared, wrong.size()));
        assertThat(taken).as("acknowledged before kill %s", kill).isPositive();
        assertThat(wrong.stream().limit(20)).as("seed %s, after kill %s", seed, kill).isEmpty();
      }
    }
  }

  /** Runs against a process that ends meanwhile. */
  private interface Load {
    void run() throws Exception;
  }

  private static Callable<Void> untilKilled(Load load) {
    return () -> {
      load.run();
      return null;
    };
  }

  /** Waits until so many samples are acknowledged; a lane that ends before has failed. */
  private static void await(List<Future<?>> running, List<WriteLane> lanes, long wanted) {
    Await.until(wanted + " samples are acknowledged", Duration.ofMinutes(3), () -> {
      for (var lane : running.subList(0, LANES + DELTA_LANES)) {
        assertThat(lane.isDone()).as("a lane ended: %s", lane).isFalse();
      }
      return samples(lanes) >= wanted;
    });
  }

  private static long samples(List<WriteLane> lanes) {
    return lanes.stream().mapToLong(WriteLane::acknowledgedSamples).sum();
  }
}

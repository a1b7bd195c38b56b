package io.throughline.bench.whole;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.utils.Utils;

/**
 * How long after a kill the whole process answers right again.
 *
 * <p>Writes a scrape of all series, flushes, then writes one more minute of them, four scrapes, and goes on writing at
 * full speed (a second tenant's series) until it is killed with SIGKILL at least {@code seconds} after the flush. From the
 * start of the next process: until it is ready, and until {@code sum(count_over_time(…[1m]))} is exactly what was
 * acknowledged of that minute. Each round kills again; nothing is flushed between.
 *
 * <p>Arguments: series, default 100,000; seconds after the flush, default 60; rounds, default 5.
 */
public final class RestartCost {
  private static final int PER_REQUEST = 2_000;
  private static final int SCRAPES = 4;
  private static final int IN_FLIGHT = 4;

  private final WholeProcess process;
  private final byte[][] labels;

  private RestartCost(WholeProcess process, int series) {
    this.process = process;
    labels = new byte[series][];
    Arrays.setAll(labels, FleetSeries::labels);
  }

  public static void main(String[] arguments) throws Exception {
    int series = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100_000;
    int seconds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 60;
    int rounds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 5;
    var folder = Files.createTempDirectory("restart-cost");
    try (var process = new WholeProcess(folder, "")) {
      process.awaitReady();
      print("series %d, empty start: ready after %.2f s, %.2f CPU-s", series, process.seconds(),
          process.cpuSeconds());
      new RestartCost(process, series).measure(seconds, rounds);
    } finally {
      Utils.delete(folder.toFile());
    }
  }

  private void measure(int seconds, int rounds) throws Exception {
    long now = System.currentTimeMillis();
    scrape(now - 600_000, 0);
    process.flush();
    long flushedNanos = System.nanoTime();
    long acknowledged = 0;
    for (int scrape = SCRAPES - 1; scrape >= 0; scrape--) {
      acknowledged += scrape(now - 15_000L * scrape, scrape);
    }
    for (int round = 0; round < rounds; round++) {
      long untilNanos = Math.max(System.nanoTime() + TimeUnit.SECONDS.toNanos(2),
          flushedNanos + TimeUnit.SECONDS.toNanos(seconds));
      long more = writeUntil(untilNanos, now + 3_600_000L * (round + 1));
      process.killAndStart();
      process.awaitReady();
      double ready = process.seconds();
      double readyCpu = process.cpuSeconds();
      double counted;
      do {
        counted = process.value("sum(count_over_time({job=\"node\"}[1m]))", now);
        if (counted > acknowledged || process.seconds() > 120) {
          throw new IllegalStateException("counted " + counted + " of " + acknowledged);
        }
      } while (counted != acknowledged);
      print(
          "round %d: killed with %d more samples in flight or written; ready after %.2f s, %.2f CPU-s; "
              + "%d samples counted after %.2f s, %.2f CPU-s; load of the machine %.1f",
          round + 1, more, ready, readyCpu, (long) counted, process.seconds(), process.cpuSeconds(),
          ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }
  }

  /** One sample of each series; returns how many were acknowledged, which is all. */
  private long scrape(long timeMs, int value) throws Exception {
    try (var threads = Executors.newFixedThreadPool(IN_FLIGHT)) {
      var running = new ArrayList<Future<Integer>>();
      for (int from = 0; from < labels.length; from += PER_REQUEST) {
        int first = from;
        running.add(threads.submit(request(first, timeMs, value)));
      }
      long samples = 0;
      for (var request : running) {
        samples += request.get();
      }
      return samples;
    }
  }

  private Callable<Integer> request(int first, long timeMs, int value) {
    return () -> {
      var body = new WriteRequest();
      int end = Math.min(labels.length, first + PER_REQUEST);
      for (int i = first; i < end; i++) {
        body.sample(labels[i], timeMs, value + i);
      }
      var answer = process.write(body.body(), true);
      if (answer.statusCode() / 100 != 2) {
        throw new IOException(
            "a write was answered with " + answer.statusCode() + ": " + answer.body());
      }
      return end - first;
    };
  }

  /** Load at full speed of a few series, an hour or more later than what is counted. */
  private long writeUntil(long untilNanos, long fromMs) throws InterruptedException {
    long samples = 0;
    var waiting = new ArrayDeque<Future<Integer>>();
    var threads = Executors.newFixedThreadPool(IN_FLIGHT);
    for (long timeMs = fromMs; System.nanoTime() < untilNanos; timeMs += 1_000) {
      waiting.add(threads.submit(request((int) (samples % labels.length), timeMs, 1)));
      samples += PER_REQUEST;
      if (waiting.size() > IN_FLIGHT) {
        waiting.remove();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
      }
    }
    // The kill finds some of them under way.
    threads.shutdownNow();
    return samples;
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}

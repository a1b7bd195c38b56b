package io.throughline.bench.whole;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.utils.Utils;

/**
 * What a sender that puts a new value into a label with every sample does to the others of its tenant, in a whole process
 * with a heap of one gigabyte.
 *
 * <p>One sender writes scrapes of series that are there; it sends again what is answered with 503 or 429. Once they are
 * known, another sends many times as many series, each once, with one label that never repeats, and does not send again.
 * Ends with an error if the process ends, a sample of the first sender is refused or not there exactly once, before and
 * after a kill, or no answer to the other names its label.
 *
 * <p>Arguments: series that are there, default 100,000; how many times as many come, default 10.
 */
public final class CardinalityBomb {
  private static final int PER_REQUEST = 2_000;
  private static final int SCRAPES_BEFORE = 3;
  private static final long STEP_MS = 15_000;
  private static final String LABEL = "session";

  private final WholeProcess process;
  private final byte[][] labels;
  private final long beginMs = System.currentTimeMillis() - 3_600_000;
  private final Map<Integer, Long> bombAnswers = new TreeMap<>();
  private final AtomicLong slowestNanos = new AtomicLong();
  private String named = "";
  private int scrapes;

  private CardinalityBomb(WholeProcess process, int series) {
    this.process = process;
    labels = new byte[series][];
    Arrays.setAll(labels, FleetSeries::labels);
  }

  public static void main(String[] arguments) throws Exception {
    int series = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100_000;
    int times = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 10;
    var folder = Files.createTempDirectory("cardinality-bomb");
    try (var process = new WholeProcess(folder, "1g")) {
      process.awaitReady();
      new CardinalityBomb(process, series).measure(times);
    } finally {
      Utils.delete(folder.toFile());
    }
  }

  private void measure(int times) throws Exception {
    for (int i = 0; i < SCRAPES_BEFORE; i++) {
      scrape();
    }
    print("%d series written %d times: peak %d MiB, %.1f CPU-s", labels.length, scrapes,
        process.peakMebibytes(), process.cpuSeconds());
    slowestNanos.set(0);
    var over = new AtomicBoolean();
    long begunNanos = System.nanoTime();
    try (var threads = Executors.newFixedThreadPool(1)) {
      var bomb = threads.submit(bomb(times * labels.length, over));
      while (!over.get()) {
        scrape();
      }
      bomb.get();
    }
    double seconds = (System.nanoTime() - begunNanos) / 1e9;
    scrape();
    print(
        "%d new series in %.1f s, answers by status %s, %d scrapes beside them, the slowest request "
            + "of which took %.2f s; peak %d MiB, %.1f CPU-s",
        times * labels.length, seconds, bombAnswers, scrapes - SCRAPES_BEFORE,
        slowestNanos.get() / 1e9, process.peakMebibytes(), process.cpuSeconds());
    print("answered: %s", named);
    check(named.contains("label '" + LABEL + "'"), "no answer named the label");
    allThere("before the kill");
    print("series of the other sender that were taken: %.0f",
        process.value("count(last_over_time(visits[2h]))", endMs()));
    process.killAndStart();
    process.awaitReady();
    allThere("after a kill");
    print("ready again after %.1f s; every sample of the %d scrapes is there once",
        process.seconds(), scrapes);
  }

  private long endMs() {
    return beginMs + scrapes * STEP_MS;
  }

  private void allThere(String when) throws Exception {
    check(process.isAlive(), "the process ended");
    double counted;
    do {
      counted = process.value("sum(count_over_time({job=\"node\"}[2h]))", endMs());
    } while (counted < (double) labels.length * scrapes && process.seconds() < 600);
    check(counted == (double) labels.length * scrapes, when + " " + counted + " samples are there");
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }

  /** One sample of each series that is there. */
  private void scrape() throws Exception {
    long timeMs = beginMs + scrapes * STEP_MS;
    try (var threads = Executors.newFixedThreadPool(2)) {
      var running = new ArrayList<Future<Void>>();
      for (int from = 0; from < labels.length; from += PER_REQUEST) {
        running.add(threads.submit(request(from, timeMs)));
      }
      for (var request : running) {
        request.get();
      }
    }
    scrapes++;
  }

  private Callable<Void> request(int from, long timeMs) {
    return () -> {
      var body = new WriteRequest();
      for (int i = from; i < Math.min(labels.length, from + PER_REQUEST); i++) {
        body.sample(labels[i], timeMs, i);
      }
      long sentNanos = System.nanoTime();
      var answer = process.write(body.body(), true);
      slowestNanos.accumulateAndGet(System.nanoTime() - sentNanos, Math::max);
      check(answer.statusCode() / 100 == 2, "series that were there were answered with "
          + answer.statusCode() + ": " + answer.body());
      return null;
    };
  }

  private Callable<Void> bomb(int series, AtomicBoolean over) {
    return () -> {
      try {
        for (int from = 0; from < series; from += PER_REQUEST) {
          explode(from);
        }
      } finally {
        over.set(true);
      }
      return null;
    };
  }

  private void explode(int from) throws IOException, InterruptedException {
    var body = new WriteRequest();
    for (int i = from; i < from + PER_REQUEST; i++) {
      body.sample(WriteRequest.labels("__name__", "visits", "instance", "web-1", "job", "web",
          LABEL, Integer.toHexString(i * 0x9E3779B9)), beginMs, 1);
    }
    var answer = process.write(body.body(), false);
    bombAnswers.merge(answer.statusCode(), 1L, Long::sum);
    if (answer.statusCode() == 400 && !named.contains(LABEL)) {
      named = answer.body().strip();
    }
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}

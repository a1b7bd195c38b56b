package io.throughline.bench.whole;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.utils.Utils;

/**
 * What live senders and readers notice of history that comes in beside them.
 *
 * <p>One connection writes {@value #PER_REQUEST} samples each {@value #WRITE_MS} ms, another asks a query each {@value
 * #QUERY_MS} ms, for {@code seconds} after a warm-up as long. Then the same again, beginning with one request of a sample
 * a day since 1970 of some series. Prints the latencies of both spans, from when a request was due.
 *
 * <p>Arguments: seconds of each span, default 20; series with a history, default 1.
 */
public final class BackfillCost {
  private static final int SERIES = 5_000;
  private static final int PER_REQUEST = 500;
  private static final int WRITE_MS = 10;
  private static final int QUERY_MS = 50;
  private static final long DAY_MS = 86_400_000;

  private final WholeProcess process;
  private final int oldSeries;
  private final byte[][] labels = new byte[SERIES][];

  private BackfillCost(WholeProcess process, int oldSeries) {
    this.process = process;
    this.oldSeries = oldSeries;
    for (int i = 0; i < SERIES; i++) {
      labels[i] = WriteRequest.labels("__name__", "live_metric_" + i % 50, "instance",
          "host-" + i / 50, "job", "live");
    }
  }

  public static void main(String[] arguments) throws Exception {
    int seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 20;
    int oldSeries = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;
    var folder = Files.createTempDirectory("backfill-cost");
    try (var process = new WholeProcess(folder, "")) {
      process.awaitReady();
      var bench = new BackfillCost(process, oldSeries);
      bench.span("warm-up", seconds, () -> null);
      bench.span("live alone", seconds, () -> null);
      bench.span("with history", seconds, bench::writeHistory);
    } finally {
      Utils.delete(folder.toFile());
    }
  }

  private void span(String name, int seconds, Callable<Void> beside) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    double cpu = process.cpuSeconds();
    try (var threads = Executors.newFixedThreadPool(3)) {
      var history = threads.submit(beside);
      var writes = threads.submit(() -> paced(WRITE_MS, end, this::write));
      var queries = threads.submit(() -> paced(QUERY_MS, end,
          turn -> process.value("sum(rate(live_metric_7[30s]))", System.currentTimeMillis())));
      history.get();
      print("%-14s writes %s; queries %s; %.1f CPU-s", name, latency(writes.get()),
          latency(queries.get()), process.cpuSeconds() - cpu);
    }
  }

  private interface Turn {
    void run(int turn) throws IOException, InterruptedException;
  }

  /** Nanoseconds each turn took since it was due: one that is late makes the next ones late too. */
  private static List<Long> paced(int everyMs, long endNanos, Turn turn) throws Exception {
    var nanos = new ArrayList<Long>();
    long due = System.nanoTime();
    for (int i = 0; due < endNanos; i++) {
      LockSupport.parkNanos(due - System.nanoTime());
      turn.run(i);
      nanos.add(System.nanoTime() - due);
      due += TimeUnit.MILLISECONDS.toNanos(everyMs);
    }
    return nanos;
  }

  private void write(int turn) throws IOException, InterruptedException {
    var body = new WriteRequest();
    long now = System.currentTimeMillis();
    int first = turn * PER_REQUEST % SERIES;
    for (int i = first; i < first + PER_REQUEST; i++) {
      body.sample(labels[i], now, turn);
    }
    send(body);
  }

  private Void writeHistory() throws IOException, InterruptedException {
    var body = new WriteRequest();
    for (int series = 0; series < oldSeries; series++) {
      var old = WriteRequest.labels("__name__", "old_metric", "job", "history", "number",
          "" + series);
      for (long timeMs = 0; timeMs < System.currentTimeMillis(); timeMs += DAY_MS) {
        body.sample(old, timeMs, series + timeMs / DAY_MS);
      }
    }
    send(body);
    return null;
  }

  private void send(WriteRequest body) throws IOException, InterruptedException {
    var answer = process.write(body.body(), false);
    if (answer.statusCode() / 100 != 2) {
      throw new IOException(
          "a write was answered with " + answer.statusCode() + ": " + answer.body());
    }
  }

  private static String latency(List<Long> nanos) {
    Collections.sort(nanos);
    int size = nanos.size();
    return String.format(Locale.ROOT, "p50 %.2f, p99 %.2f, max %.1f ms of %d",
        nanos.get(size / 2) / 1e6, nanos.get(size * 99 / 100) / 1e6, nanos.getLast() / 1e6, size);
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}

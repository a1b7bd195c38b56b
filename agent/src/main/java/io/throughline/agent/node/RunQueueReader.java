package io.throughline.agent.node;

import io.throughline.agent.otlp.Instrument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.Supplier;

/**
 * How long the threads of a container or process were ready to run and did not: the second number of
 * {@code /proc/PID/task/TID/schedstat}, in ns, summed.
 *
 * <p>A thread that ends takes its time with it, so what each thread added is kept here; one that is
 * born and ends between two readings is not seen. Reading costs a file a thread, so all readers share a {@link
 * Budget} of threads a round: where that is used up, a reader repeats its last sum and comes first next
 * time.
 */
final class RunQueueReader implements Reader {

  /** The threads that may be read this round, by all readers together. */
  static final class Budget {
    static final int THREADS = 400;
    private long round = -1;
    private int left;

    boolean take(long now, int threads) {
      if (now != round) {
        round = now;
        left = THREADS;
      }
      // A reader larger than the whole budget is let through alone, or it would never be read.
      if (threads > left && left < THREADS) {
        return false;
      }
      left -= threads;
      return true;
    }
  }

  private static final int ROUNDS_BETWEEN_PROBES = 30;

  private final Instrument instrument;
  private final Path proc;
  private final Supplier<List<String>> pids;
  private final Budget budget;
  private final long startNanos;
  private HashMap<String, Long> lastNanos = new HashMap<>();
  private long sumNanos;
  private boolean measured;
  private String problem = "";
  private long nextProbe;

  RunQueueReader(Instrument instrument, Path proc, Supplier<List<String>> pids, Budget budget,
      long startNanos) {
    this.instrument = instrument;
    this.proc = proc;
    this.pids = pids;
    this.budget = budget;
    this.startNanos = startNanos;
  }

  @Override
  public void read(Reading reading) {
    if (reading.round >= nextProbe) {
      update(reading);
    }
    if (measured) {
      reading.out.single(instrument, startNanos, reading.timeNanos, sumNanos / 1e9);
    } else {
      reading.missing(problem.isEmpty() ? "it has no process now" : problem, instrument);
    }
  }

  private void update(Reading reading) {
    var threads = new ArrayList<Path>();
    for (String pid : pids.get()) {
      String[] tids = proc.resolve(pid).resolve("task").toFile().list();
      if (tids != null) {
        for (String tid : tids) {
          threads.add(proc.resolve(pid).resolve("task").resolve(tid).resolve("schedstat"));
        }
      }
    }
    if (threads.isEmpty() || !budget.take(reading.round, threads.size())) {
      return;
    }
    var now = new HashMap<String, Long>(threads.size() * 2);
    for (Path thread : threads) {
      String line;
      try {
        line = Files.readString(thread);
      } catch (IOException e) {
        if (Files.exists(thread.getParent())) {
          problem = KernelFile.describe(thread, e);
          nextProbe = reading.round + ROUNDS_BETWEEN_PROBES;
          return;
        }
        // The thread ended between the listing and now.
        continue;
      }
      int from = line.indexOf(' ') + 1;
      int to = line.indexOf(' ', from);
      if (from > 0 && to > from) {
        long nanos = Long.parseLong(line.substring(from, to));
        Long before = lastNanos.get(thread.toString());
        sumNanos += Math.max(0, before == null ? nanos : nanos - before);
        now.put(thread.toString(), nanos);
      }
    }
    lastNanos = now;
    measured = true;
  }
}

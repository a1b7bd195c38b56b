package io.throughline.app;

import io.opentelemetry.api.metrics.Meter;
import io.throughline.app.settings.KafkaSettings;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches what the log of samples holds for its readers, twice a second: since when something acknowledged
 * is not applied and, of the embedded broker's log, how large it is. Says when no more may be written.
 *
 * <p>The embedded log has nothing that may be thrown away: what the store has in its parts is deleted by each
 * flush already. So a log of half its bound makes the shards flush, and one that is full takes no more.
 */
final class LogWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LogWatch.class);
  private static final long INTERVAL_MS = 500;
  /** More marks are not needed: the oldest counts, and they are taken twice a second. */
  private static final int MOST_MARKS = 512;
  /** A flush that freed little is not asked for again at once: parts would become many and small. */
  private static final long FLUSH_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(20);
  /** Of a full log's bound, what our own telemetry may go beyond it: 1/{@value}. */
  private static final int RESERVED_PART = 16;

  private final KafkaSettings settings;
  private final Readers readers;
  private final @Nullable Path log;
  private final String topic;
  private final long mostBytes;
  private final LongSupplier nanoClock;
  private final List<Deque<Mark>> marks = new ArrayList<>();
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
      task -> Thread.ofPlatform().name("log-watch").daemon().unstarted(task));
  private long flushNanos;
  private boolean flushed;
  private volatile long lagNanos;
  private volatile long logBytes;
  private volatile String lag = "";
  private volatile String full = "";
  private volatile String fullForAll = "";

  /** Everything below {@code offset} was acknowledged by then. */
  private record Mark(long offset, long nanos) {}

  /** Who writes the log and who reads it, in this process. */
  interface Readers {
    /** The offset after the last record of a partition that this process had acknowledged. */
    long acknowledged(int partition);

    /** The offset below which everything of a partition is applied. */
    long applied(int partition);

    /** When the reader of a partition last saw that nothing is left to read, of the nanosecond clock. */
    long atEndNanos(int partition);

    /** Begins to write what is applied into parts. */
    void flush();
  }

  /**
   * @param log the folder of the embedded broker, or null with a cluster, whose size is not ours to bound
   * @param nanoClock as {@link System#nanoTime}
   */
  LogWatch(KafkaSettings settings, int partitions, Readers readers, @Nullable Path log,
      LongSupplier nanoClock, Meter meter) {
    this.settings = settings;
    this.readers = readers;
    this.log = log;
    this.topic = settings.topicPrefix() + "samples-";
    this.mostBytes = settings.logBytes(partitions);
    this.nanoClock = nanoClock;
    for (int i = 0; i < partitions; i++) {
      marks.add(new ArrayDeque<>());
    }
    meter.gaugeBuilder("throughline.ingest.lag.time")
        .setUnit("s")
        .setDescription("How long the oldest acknowledged record that is not applied has waited")
        .buildWithCallback(gauge -> gauge.record(lagNanos / 1e9));
    if (log != null) {
      meter.gaugeBuilder("throughline.broker.log.size")
          .ofLongs()
          .setUnit("By")
          .setDescription("The samples' log of the embedded broker")
          .buildWithCallback(gauge -> gauge.record(logBytes));
    }
  }

  /** Begins to look. */
  LogWatch start() {
    var _ = thread.scheduleWithFixedDelay(this::guardedLook, 0, INTERVAL_MS, TimeUnit.MILLISECONDS);
    return this;
  }

  /** Why nothing may be written, or "". */
  String refusal() {
    var late = lag;
    return late.isEmpty() ? full : late;
  }

  /** As {@link #refusal}, for our own telemetry, which tells of the lag and goes a little beyond a full log. */
  String reservedRefusal() {
    return fullForAll;
  }

  private void guardedLook() {
    try {
      look();
    } catch (RuntimeException wrong) {
      // Thrown on, it would end the schedule.
      LOG.error("the log was not looked at, trying again", wrong);
    }
  }

  void look() {
    lookAtLag();
    if (log != null) {
      lookAtSize(log);
    }
  }

  private void lookAtLag() {
    long now = nanoClock.getAsLong();
    long most = 0;
    int worst = 0;
    for (int partition = 0; partition < marks.size(); partition++) {
      long waited = waited(partition, now);
      if (waited > most) {
        most = waited;
        worst = partition;
      }
    }
    lagNanos = most;
    boolean wasLate = !lag.isEmpty();
    lag = most <= settings.maxLag().toNanos()
        ? ""
        : "shard " + worst + " has not applied what was acknowledged " + most / 1_000_000_000
            + " s ago, at most " + settings.maxLag().toSeconds()
            + " s are accepted (kafka.max-lag)";
    if (wasLate == lag.isEmpty()) {
      LOG.warn(wasLate
          ? "shards have caught up, writes are taken counter=throughline.ingest.lag.time"
          : "shards are too far behind, writes are refused counter=throughline.ingest.lag.time");
    }
  }

  private long waited(int partition, long now) {
    var waiting = marks.get(partition);
    long applied = readers.applied(partition);
    // A log that was cut or made anew ends below what was acknowledged: its reader says that it is at its end.
    long atEnd = readers.atEndNanos(partition);
    while (!waiting.isEmpty()
        && (waiting.getFirst().offset <= applied || atEnd - waiting.getFirst().nanos > 0)) {
      waiting.removeFirst();
    }
    long acknowledged = readers.acknowledged(partition);
    boolean isNew = waiting.isEmpty() || waiting.getLast().offset < acknowledged;
    if (acknowledged > applied && isNew && waiting.size() < MOST_MARKS) {
      waiting.addLast(new Mark(acknowledged, now));
    }
    return waiting.isEmpty() ? 0 : now - waiting.getFirst().nanos;
  }

  private void lookAtSize(Path folder) {
    long bytes = 0;
    try (var partitions = Files.newDirectoryStream(folder, topic + "*")) {
      for (var partition : partitions) {
        try (var segments = Files.newDirectoryStream(partition, "*.log")) {
          for (var segment : segments) {
            // 0 where it was deleted meanwhile.
            bytes += segment.toFile().length();
          }
        }
      }
    } catch (IOException | DirectoryIteratorException unreadable) {
      LOG.debug("the size of the log is not known folder={}", folder, unreadable);
      return;
    }
    logBytes = bytes;
    long now = nanoClock.getAsLong();
    if (bytes > mostBytes / 2 && (!flushed || now - flushNanos > FLUSH_PAUSE_NANOS)) {
      flushed = true;
      flushNanos = now;
      readers.flush();
    }
    var reason = "the log holds " + (bytes >> 20) + " MiB that are not in the store's parts yet, "
        + "at most " + (mostBytes >> 20) + " MiB are accepted (kafka.log-bytes)";
    boolean wasFull = !full.isEmpty();
    full = bytes < mostBytes ? "" : reason;
    fullForAll = bytes < mostBytes + mostBytes / RESERVED_PART ? "" : reason;
    if (wasFull == full.isEmpty()) {
      LOG.warn(wasFull
          ? "the log has room again, writes are taken counter=throughline.broker.log.size"
          : "the log is full, writes are refused counter=throughline.broker.log.size");
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}

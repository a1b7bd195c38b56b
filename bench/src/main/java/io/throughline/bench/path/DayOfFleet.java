package io.throughline.bench.path;

import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.LogPosition;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import io.throughline.store.disk.FileDisk;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.Random;
import org.apache.kafka.common.utils.Utils;

/**
 * A day of a fleet's life at full speed, on a simulated clock, with the flushes and merges a process makes: a flush each ten
 * minutes or 64 MiB of head, merges as they are due, none forced. Prints bytes a sample as the hours pass, what a forced
 * merge would make of it, and the CPU of both; the log is what is not flushed, at 2.8 bytes a sample.
 *
 * <p>Arguments: hours, default 24; targets, default 8; series of each, default 500; seconds between scrapes, default 15.
 */
public final class DayOfFleet {
  private static final long START_MS = 1_700_000_000_000L;
  private static final long FLUSH_AGE_MS = 600_000;
  private static final long FLUSH_BYTES = 64L << 20;
  private static final double LOG_BYTES_PER_SAMPLE = 2.8;

  private DayOfFleet() {}

  public static void main(String[] arguments) throws IOException {
    int hours = number(arguments, 0, 24);
    var fleet = new Fleet(number(arguments, 1, 8), number(arguments, 2, 500), 1);
    long intervalMs = 1000L * number(arguments, 3, 15);
    var folder = Files.createTempDirectory("day-of-fleet");
    var nowMs = new long[] {START_MS};
    long peakLog = 0;
    try (var store = Store.open(folder, StoreSettings.DEFAULTS.withBackgroundMerges(false),
        new FileDisk(), () -> Instant.ofEpochMilli(nowMs[0]))) {
      var writer = store.shard(0);
      var ids = new int[fleet.values.length];
      for (int i = 0; i < ids.length; i++) {
        var labels = fleet.labels(i / fleet.seriesPerTarget, i % fleet.seriesPerTarget)
            .canonicalBytes();
        ids[i] = writer.seriesId(Tenant.DEFAULT, labels, 0, labels.length, SeriesMetadata.UNKNOWN);
      }
      var random = new Random(2);
      long scrapes = hours * 3_600_000L / intervalMs;
      long samples = 0;
      long flushedMs = START_MS;
      long before = cpuNanos();
      for (long scrape = 0; scrape < scrapes; scrape++) {
        nowMs[0] = START_MS + scrape * intervalMs;
        fleet.step();
        for (int target = 0; target < fleet.targets; target++) {
          // A scraper is late by some milliseconds, for all series of a target alike.
          long timeMs = nowMs[0] + target * intervalMs / fleet.targets + random.nextInt(4);
          for (int i = 0; i < fleet.seriesPerTarget; i++) {
            int series = target * fleet.seriesPerTarget + i;
            writer.append(ids[series], timeMs, 0, fleet.values[series]);
          }
        }
        samples += ids.length;
        writer.applied(new LogPosition("bench", "topic", 0, scrape + 1));
        peakLog = Math.max(peakLog, writer.headSamples());
        if (nowMs[0] - flushedMs >= FLUSH_AGE_MS || writer.headBytes() > FLUSH_BYTES) {
          writer.flush();
          store.maintain();
          flushedMs = nowMs[0];
        }
        if ((scrape + 1) % (scrapes / Math.max(1, hours / 4)) == 0) {
          print(nowMs[0], store, folder, samples, writer.headSamples());
        }
      }
      long used = cpuNanos() - before;
      System.out.println("cpu ns a sample, all of it: " + used / samples + "; largest log B/sample "
          + round(peakLog * LOG_BYTES_PER_SAMPLE / samples));
      before = cpuNanos();
      writer.flush();
      store.merge();
      System.out.println("after a forced merge: B/sample " + round(bytes(folder) / (double) samples)
          + ", cpu ns a sample " + (cpuNanos() - before) / samples);
    } finally {
      Utils.delete(folder.toFile());
    }
  }

  private static int number(String[] arguments, int index, int otherwise) {
    return arguments.length > index ? Integer.parseInt(arguments[index]) : otherwise;
  }

  private static void print(long nowMs, Store store, Path folder, long samples, long unflushed)
      throws IOException {
    double files = bytes(folder) / (double) samples;
    double log = unflushed * LOG_BYTES_PER_SAMPLE / samples;
    System.out.println("hour " + round((nowMs - START_MS) / 3_600_000.0) + ": samples " + samples
        + ", parts " + store.statistics().parts() + ", B/sample of the folder " + round(files)
        + ", with the log " + round(files + log));
  }

  private static String round(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static long bytes(Path folder) throws IOException {
    try (var entries = Files.walk(folder)) {
      long sum = 0;
      for (var entry : (Iterable<Path>) entries.filter(Files::isRegularFile)::iterator) {
        sum += Files.size(entry);
      }
      return sum;
    }
  }
}

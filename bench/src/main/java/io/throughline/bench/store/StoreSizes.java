package io.throughline.bench.store;

import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.LogPosition;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Utils;

/**
 * Writes neutral files into a store, in the order of time as a scraper would, reads every sample back,
 * compares the bits, and prints one line of figures per file.
 *
 * <p>Arguments: files; {@code --flushes=N} flushes N times on the way and merges at the end; {@code --reads=N} reads all
 * of it N times, default 5, and tells the best.
 */
public final class StoreSizes {
  private StoreSizes() {}

  public static void main(String[] arguments) throws IOException {
    int flushes = 1;
    int reads = 5;
    var files = new ArrayList<Path>();
    for (var argument : arguments) {
      if (argument.startsWith("--flushes=")) {
        flushes = Integer.parseInt(argument.substring("--flushes=".length()));
      } else if (argument.startsWith("--reads=")) {
        reads = Integer.parseInt(argument.substring("--reads=".length()));
      } else {
        files.add(Path.of(argument));
      }
    }
    for (var file : files) {
      measure(file, NeutralFile.read(file), flushes, reads);
    }
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static void measure(Path file, List<NeutralFile.Series> all, int flushes, int reads)
      throws IOException {
    var folder = Files.createTempDirectory("store-sizes");
    long samples = all.stream().mapToLong(series -> series.times().length).sum();
    long rounds = all.stream().mapToLong(series -> series.times().length).max().orElse(0);
    long appendNanos;
    long flushNanos;
    try (var store = Store.open(folder, StoreSettings.DEFAULTS.withBackgroundMerges(false))) {
      var writer = store.shard(0);
      var ids = new int[all.size()];
      for (int i = 0; i < ids.length; i++) {
        var labels = all.get(i).labels().canonicalBytes();
        ids[i] = writer.seriesId(Tenant.DEFAULT, labels, 0, labels.length, SeriesMetadata.UNKNOWN);
      }
      long start = cpuNanos();
      flushNanos = 0;
      for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < ids.length; i++) {
          var series = all.get(i);
          if (round < series.times().length) {
            writer.append(ids[i], series.times()[round], 0,
                Double.longBitsToDouble(series.bits()[round]));
          }
        }
        writer.applied(new LogPosition("c", "t", 0, round + 1));
        if (round % (rounds / flushes + 1) == rounds / flushes) {
          long before = cpuNanos();
          writer.flush();
          flushNanos += cpuNanos() - before;
        }
      }
      appendNanos = cpuNanos() - start - flushNanos;
      long before = cpuNanos();
      writer.flush();
      flushNanos += cpuNanos() - before;
      before = cpuNanos();
      store.merge();
      long mergeNanos = cpuNanos() - before;
      var statistics = store.statistics();
      compare(store, ids, all);
      long readNanos = Long.MAX_VALUE;
      for (int i = 0; i < reads; i++) {
        before = cpuNanos();
        compareNothing(store, ids);
        readNanos = Math.min(readNanos, cpuNanos() - before);
      }
      long bytes = 0;
      try (var entries = Files.walk(folder)) {
        for (var entry : (Iterable<Path>) entries.filter(Files::isRegularFile)::iterator) {
          bytes += Files.size(entry);
        }
      }
      System.out.println(file.getFileName() + ": series=" + ids.length + " samples=" + samples
          + " parts=" + statistics.parts() + " part-bytes-per-sample="
          + statistics.partBytes() / (double) samples + " folder-bytes-per-sample="
          + bytes / (double) samples + " append-ns=" + appendNanos / (double) samples + " flush-ns="
          + flushNanos / (double) samples + " merge-ns=" + mergeNanos / (double) samples
          + " read-ns=" + readNanos / (double) samples);
    }
    Utils.delete(folder.toFile());
  }

  private static void compare(Store store, int[] ids, List<NeutralFile.Series> all) {
    var buffer = new SampleBuffer();
    try (var snapshot = store.snapshot()) {
      for (int i = 0; i < ids.length; i++) {
        var wanted = all.get(i);
        snapshot.open(0, ids[i]).read(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
        if (buffer.size() != wanted.times().length) {
          throw new IllegalStateException(wanted.labels() + " has " + buffer.size()
              + " samples, want " + wanted.times().length);
        }
        for (int k = 0; k < buffer.size(); k++) {
          if (buffer.times()[k] != wanted.times()[k]
              || Double.doubleToRawLongBits(buffer.values()[k]) != wanted.bits()[k]) {
            throw new IllegalStateException(wanted.labels() + " differs at sample " + k);
          }
        }
      }
    }
  }

  private static void compareNothing(Store store, int[] ids) {
    var buffer = new SampleBuffer();
    try (var snapshot = store.snapshot()) {
      for (int id : ids) {
        snapshot.open(0, id).read(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
      }
    }
  }
}

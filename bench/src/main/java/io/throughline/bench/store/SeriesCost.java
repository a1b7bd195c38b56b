package io.throughline.bench.store;

import com.sun.management.OperatingSystemMXBean;
import io.throughline.model.Labels;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.LogPosition;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.utils.Utils;

/**
 * What many series cost: CPU for each new one, heap for each active one, time per append over all of
 * them, time to index and to open again.
 *
 * <p>Argument: the number of series, default 1,000,000.
 */
public final class SeriesCost {
  private static final int SAMPLES = 8;

  private SeriesCost() {}

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static long processCpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static long heap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** Resident bytes of the whole process, 0 where the system does not say. */
  private static long resident() throws IOException {
    var status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    for (var line : Files.readAllLines(status)) {
      if (line.startsWith("VmRSS:")) {
        return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    return 0;
  }

  private static byte[] labels(int i) {
    int target = i / 500;
    return Labels
        .of("__name__", "metric_" + i % 500 / 5, "job", "node", "instance",
            "host-" + target + ":9100", "cluster", "c" + target % 7, "region", "eu-" + target % 3,
            "zone", "z" + target % 9, "rack", "r" + target % 200, "os", "linux", "arch", "amd64",
            "team", "t" + target % 20, "env", "prod", "device", "dev" + i % 5, "host_id",
            "id-" + target * 7919L)
        .canonicalBytes();
  }

  public static void main(String[] arguments) throws IOException {
    int series = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000_000;
    var folder = Files.createTempDirectory("series-cost");
    var settings = StoreSettings.DEFAULTS.withBackgroundMerges(false);
    long empty = heap();
    long emptyResident = resident();
    try (var store = Store.open(folder, settings)) {
      var writer = store.shard(0);
      var ids = new int[series];
      long makeNanos = 0;
      for (int i = 0; i < series; i++) {
        var bytes = labels(i);
        long before = i % 64 == 0 ? cpuNanos() : 0;
        ids[i] = writer.seriesId(Tenant.DEFAULT, bytes, 0, bytes.length, SeriesMetadata.UNKNOWN);
        makeNanos += i % 64 == 0 ? cpuNanos() - before : 0;
      }
      long start = cpuNanos();
      for (int round = 0; round < SAMPLES; round++) {
        for (int i = 0; i < series; i++) {
          writer.append(ids[i], 1_700_000_000_000L + round * 15_000L, 0, round * 31 + i);
        }
        writer.applied(new LogPosition("c", "t", 0, round + 1));
      }
      long appendNanos = cpuNanos() - start;
      long full = heap() - 4L * series;
      long fullResident = resident();
      var statistics = store.statistics();
      start = cpuNanos();
      store.maintain();
      long indexNanos = cpuNanos() - start;
      start = cpuNanos();
      writer.flush();
      long flushNanos = cpuNanos() - start;
      System.out.println("series=" + series + " new-series-ns(sampled)=" + makeNanos / (series / 64)
          + " append-ns=" + appendNanos / ((double) series * SAMPLES) + " heap-per-series="
          + (full - empty) / (double) series + " resident-per-series="
          + (fullResident - emptyResident) / (double) series + " registry-per-series="
          + statistics.registryBytes() / (double) series + " head-per-series="
          + statistics.headBytes() / (double) series + " index-ns-per-series=" + indexNanos / series
          + " flush-ns-per-sample=" + flushNanos / ((double) series * SAMPLES)
          + " part-bytes-per-sample="
          + store.statistics().partBytes() / ((double) series * SAMPLES));
      store.maintain();
    }
    // Shards are opened on threads of their own, and the index by its first upkeep.
    long start = processCpuNanos();
    try (var store = Store.open(folder, settings)) {
      long openNanos = processCpuNanos() - start;
      start = processCpuNanos();
      store.maintain();
      System.out.println("open-cpu-ms=" + openNanos / 1_000_000 + " index-open-cpu-ms="
          + (processCpuNanos() - start) / 1_000_000 + " series=" + store.statistics().series()
          + " registry-bytes-per-series=" + bytes(folder, ".tlr") / (double) series
          + " index-bytes-per-series="
          + bytes(folder.resolve("shard-0000/index"), "") / (double) series);
    }
    Utils.delete(folder.toFile());
  }

  private static long bytes(Path folder, String suffix) throws IOException {
    long sum = 0;
    try (var entries = Files.walk(folder)) {
      for (var entry : (Iterable<Path>) entries.filter(
          file -> Files.isRegularFile(file) && file.toString().endsWith(suffix))::iterator) {
        sum += Files.size(entry);
      }
    }
    return sum;
  }
}

package io.throughline.bench.query;

import io.throughline.model.Labels;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.query.engine.Engine;
import io.throughline.query.engine.QueryBudget;
import io.throughline.query.engine.QueryLimits;
import io.throughline.query.promql.Parser;
import io.throughline.query.source.SnapshotSource;
import io.throughline.store.LogPosition;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.utils.Utils;

/**
 * Instant queries whose window is weeks of samples each 15 s: the median time of eleven runs on one thread. The functions
 * whose answer chunk summaries give stand beside sum_over_time, which reads every sample.
 *
 * <p>Arguments: the number of series, default 200, and of days, default 30.
 */
public final class LongWindowCost {

  private static final long START_MS = 1_700_000_000_000L;
  private static final long INTERVAL_MS = 15_000;
  private static final int RUNS = 11;

  private static final List<String> FUNCTIONS = List.of("sum_over_time", "count_over_time",
      "last_over_time", "min_over_time", "max_over_time", "rate", "increase");

  private LongWindowCost() {}

  public static void main(String[] arguments) throws IOException {
    int series = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 200;
    int days = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 30;
    var folder = Files.createTempDirectory("long-window");
    try (var store = Store.open(folder, StoreSettings.DEFAULTS.withBackgroundMerges(false))) {
      long endMs = fill(store, series, days);
      store.merge();
      var statistics = store.statistics();
      System.out.println(statistics.parts() + " parts, "
          + statistics.partBytes() / (double) statistics.partSamples() + " bytes a sample");
      System.out.println("expression | p50 ms | samples it stands for");
      for (var function : FUNCTIONS) {
        run(store, "max(" + function + "(requests_total[" + (days - 1) + "d]))", endMs);
        run(store, "max(" + function + "(load[" + (days - 1) + "d]))", endMs);
      }
    } finally {
      Utils.delete(folder.toFile());
    }
  }

  private static long fill(Store store, int series, int days) {
    var writer = store.shard(0);
    var random = new Random(1);
    var ids = new int[series];
    var values = new double[series];
    for (int i = 0; i < series; i++) {
      var labels = Labels
          .of("__name__", i % 2 == 0 ? "requests_total" : "load", "instance", "h" + i)
          .canonicalBytes();
      ids[i] = writer.seriesId(Tenant.DEFAULT, labels, 0, labels.length, SeriesMetadata.UNKNOWN);
    }
    int scrapes = (int) (days * 86_400_000L / INTERVAL_MS);
    for (int n = 0; n < scrapes; n++) {
      for (int i = 0; i < series; i++) {
        values[i] = i % 2 == 1 ? random.nextInt(10_000) / 100.0 : values[i] + random.nextInt(50);
        writer.append(ids[i], START_MS + n * INTERVAL_MS, 0, values[i]);
      }
      writer.applied(new LogPosition("bench", "topic", 0, n + 1));
      if (n % 5_760 == 5_759) {
        writer.flush();
      }
    }
    writer.flush();
    return START_MS + (scrapes - 1) * INTERVAL_MS;
  }

  private static void run(Store store, String expression, long endMs) {
    var expr = Parser.parse(expression);
    var nanos = new long[RUNS];
    long samples = 0;
    for (int n = -3; n < RUNS; n++) {
      long start = System.nanoTime();
      try (var snapshot = store.snapshot()) {
        samples = Engine
            .run(new Engine.Query(expression, expr, endMs, endMs, 60_000, 300_000),
                new SnapshotSource(snapshot, Tenant.DEFAULT), new QueryBudget(QueryLimits.DEFAULT))
            .samplesRead();
      }
      if (n >= 0) {
        nanos[n] = System.nanoTime() - start;
      }
    }
    Arrays.sort(nanos);
    System.out
        .println(expression + " | " + Math.round(nanos[RUNS / 2] / 1e4) / 100.0 + " | " + samples);
  }
}

package io.throughline.bench.query;

import com.sun.management.ThreadMXBean;
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
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.utils.Utils;

/**
 * Range queries over hours of samples each 15 s, half of them in parts, half in the head: for each expression the median
 * CPU time of nine runs on one thread, samples read in a second of it, bytes allocated for each sample and for each run.
 *
 * <p>Arguments: the number of series, default 2,000, of hours, default 12, and what the expressions must contain, default
 * anything.
 */
public final class QueryCost {

  private static final long START_MS = 1_700_000_000_000L;
  private static final long INTERVAL_MS = 15_000;
  private static final int RUNS = 9;

  private static final List<String> EXPRESSIONS = List.of("requests_total",
      "sum(rate(requests_total[5m]))", "sum by (job) (rate(requests_total[1m]))",
      "rate(requests_total[1h])", "max_over_time(load[30m])", "avg_over_time(load[1h])",
      "quantile_over_time(0.9, load[10m])", "topk(5, rate(requests_total[5m]))",
      "sum by (job) (rate(requests_total{code=\"500\"}[5m])) / on (job) sum by (job) (rate(requests_total[5m]))",
      "histogram_quantile(0.99, sum by (le) (rate(seconds_bucket[5m])))",
      "count by (job) (load > 50)", "max_over_time(sum(rate(requests_total[5m]))[1h:1m])",
      "load and on (instance) requests_total", "stddev_over_time(load[5m])",
      "stddev_over_time(load[1h])", "deriv(load[5m])", "deriv(load[1h])",
      "predict_linear(load[1h], 3600)", "double_exponential_smoothing(load[1h], 0.3, 0.1)",
      "quantile_over_time(0.9, load[5m])", "quantile_over_time(0.9, load[1h])",
      "mad_over_time(load[5m])", "mad_over_time(load[1h])");

  private QueryCost() {}

  public static void main(String[] arguments) throws IOException {
    int series = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 2_000;
    int hours = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 12;
    var wanted = arguments.length > 2 ? arguments[2] : "";
    var folder = Files.createTempDirectory("query-cost");
    try (var store = Store.open(folder, StoreSettings.DEFAULTS.withBackgroundMerges(false))) {
      fill(store, series, (int) (hours * 3_600_000L / INTERVAL_MS));
      System.out.println("expression | p50 CPU ms | samples read | Msamples/s | B/sample | MB/run");
      for (var expression : EXPRESSIONS) {
        if (expression.contains(wanted)) {
          run(store, expression, START_MS + 3_600_000, START_MS + hours * 3_600_000L);
        }
      }
    } finally {
      Utils.delete(folder.toFile());
    }
  }

  private static void fill(Store store, int series, int scrapes) {
    var writer = store.shard(0);
    var random = new Random(1);
    var ids = new ArrayList<Integer>();
    var kinds = new ArrayList<Integer>();
    String[] bounds = {"0.1", "0.5", "1", "5", "+Inf"};
    for (int i = 0; i < series; i++) {
      int kind = i % 3;
      var instance = "host-" + i / 15;
      var job = "job-" + i / 15 % 10;
      var labels = switch (kind) {
        case 0 -> Labels.of("__name__", "requests_total", "job", job, "instance", instance, "code",
            i % 2 == 0 ? "200" : "500", "path", "/p" + i % 5);
        case 1 ->
          Labels.of("__name__", "load", "job", job, "instance", instance, "cpu", "" + i % 15);
        default -> Labels.of("__name__", "seconds_bucket", "job", job, "instance", instance, "le",
            bounds[i / 3 % 5]);
      };
      var bytes = labels.canonicalBytes();
      ids.add(writer.seriesId(Tenant.DEFAULT, bytes, 0, bytes.length, SeriesMetadata.UNKNOWN));
      kinds.add(kind);
    }
    var values = new double[series];
    for (int n = 0; n < scrapes; n++) {
      for (int i = 0; i < series; i++) {
        values[i] = kinds.get(i) == 1
            ? random.nextInt(10_000) / 100.0
            : values[i] + random.nextInt(50);
        writer.append(ids.get(i), START_MS + n * INTERVAL_MS + i % 15_000, 0, values[i]);
      }
      writer.applied(new LogPosition("bench", "topic", 0, n + 1));
      if (n == scrapes / 2) {
        writer.flush();
      }
    }
    store.maintain();
  }

  private static void run(Store store, String expression, long startMs, long endMs) {
    var expr = Parser.parse(expression);
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    var nanos = new long[RUNS];
    long samples = 0;
    long allocated = 0;
    for (int n = -2; n < RUNS; n++) {
      long bytes = threads.getCurrentThreadAllocatedBytes();
      long start = threads.getCurrentThreadCpuTime();
      try (var snapshot = store.snapshot()) {
        var result = Engine.run(new Engine.Query(expression, expr, startMs, endMs, 60_000, 300_000),
            new SnapshotSource(snapshot, Tenant.DEFAULT), new QueryBudget(QueryLimits.DEFAULT));
        samples = result.samplesRead();
      }
      if (n >= 0) {
        nanos[n] = threads.getCurrentThreadCpuTime() - start;
        allocated = threads.getCurrentThreadAllocatedBytes() - bytes;
      }
    }
    Arrays.sort(nanos);
    double millis = nanos[RUNS / 2] / 1e6;
    System.out.println(expression + " | " + Math.round(millis * 10) / 10.0 + " | " + samples + " | "
        + Math.round(samples / millis / 100) / 10.0 + " | "
        + Math.round(10.0 * allocated / Math.max(1, samples)) / 10.0 + " | "
        + Math.round(allocated / 1e5) / 10.0);
  }
}

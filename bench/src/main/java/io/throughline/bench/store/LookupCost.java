package io.throughline.bench.store;

import com.sun.management.ThreadMXBean;
import io.throughline.model.Matcher;
import io.throughline.model.Tenant;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * What it costs to look up label names, label values and series in a store that exists, without samples: median time and
 * allocation of each look-up, over everything and over the last hour.
 *
 * <p>Arguments: the folder {@code DATA/store}, the tenant. The folder is opened as a process would; use a copy.
 */
public final class LookupCost {
  private static final int WARM_UP = 300;
  private static final int RUNS = 301;

  private LookupCost() {}

  private interface Lookup {
    int size(Snapshot snapshot, Tenant tenant, long fromMs, long toMs);
  }

  public static void main(String[] arguments) throws IOException {
    var tenant = new Tenant(arguments[1]);
    long before = System.nanoTime();
    try (var store = Store.open(Path.of(arguments[0]),
        StoreSettings.DEFAULTS.withBackgroundMerges(false))) {
      long opened = System.nanoTime();
      store.maintain();
      long lastMs = lastMs(store, tenant);
      System.out.println("open ms=" + (opened - before) / 1_000_000 + " " + store.statistics());
      System.out.println("look-up | results | all: p50 us | all: KB | last hour: p50 us | KB");
      measure("label names", store, tenant, lastMs,
          (snapshot, who, from, to) -> snapshot.labelNames(who, List.of(), from, to).size());
      for (var name : List.of("service", "instance", "pod", "__name__", "le")) {
        measure("values of " + name, store, tenant, lastMs, (snapshot, who, from,
            to) -> snapshot.labelValues(who, name, List.of(), from, to).size());
      }
      var load = List.of(Matcher.equal("__name__", "node_load1"));
      measure("values of instance on node_load1", store, tenant, lastMs, (snapshot, who, from,
          to) -> snapshot.labelValues(who, "instance", load, from, to).size());
      measure("series of node_load1", store, tenant, lastMs,
          (snapshot, who, from, to) -> select(snapshot, who, load, from, to));
      measure("series by two regular expressions", store, tenant, lastMs,
          (snapshot, who, from, to) -> select(snapshot, who,
              List.of(Matcher.regex("__name__", "node_network_.*"),
                  Matcher.regex("instance", "10.0.0.1:.*")),
              from, to));
      measure("series of a job", store, tenant, lastMs,
          (snapshot, who, from, to) -> select(snapshot, who,
              List.of(Matcher.notEqual("instance", ""), Matcher.notEqual("job", "none")), from,
              to));
    }
  }

  private static int select(Snapshot snapshot, Tenant tenant, List<Matcher> matchers, long fromMs,
      long toMs) {
    return snapshot.selectUnsorted(tenant, matchers, fromMs, toMs, Integer.MAX_VALUE).size();
  }

  private static long lastMs(Store store, Tenant tenant) {
    var buffer = new SampleBuffer();
    try (var snapshot = store.snapshot()) {
      return snapshot
          .selectUnsorted(tenant, List.of(), Long.MIN_VALUE, Long.MAX_VALUE, Integer.MAX_VALUE)
          .stream()
          .limit(20)
          .map(series -> {
            series.read(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
            return buffer.size() == 0 ? Long.MIN_VALUE : buffer.times()[buffer.size() - 1];
          })
          .max(Comparator.naturalOrder())
          .orElse(0L);
    }
  }

  private static void measure(String what, Store store, Tenant tenant, long lastMs, Lookup lookup) {
    var line = new StringBuilder(what);
    for (long fromMs : new long[] {Long.MIN_VALUE, lastMs - 3_600_000}) {
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      var nanos = new long[RUNS];
      long allocated = 0;
      int size = 0;
      for (int i = -WARM_UP; i < RUNS; i++) {
        long bytes = threads.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        try (var snapshot = store.snapshot()) {
          size = lookup.size(snapshot, tenant, fromMs,
              fromMs == Long.MIN_VALUE ? Long.MAX_VALUE : lastMs);
        }
        if (i >= 0) {
          nanos[i] = System.nanoTime() - start;
          allocated = threads.getCurrentThreadAllocatedBytes() - bytes;
        }
      }
      Arrays.sort(nanos);
      if (fromMs == Long.MIN_VALUE) {
        line.append(" | ").append(size);
      }
      line.append(" | ").append(nanos[RUNS / 2] / 100 / 10.0).append(" | ").append(allocated >> 10);
    }
    System.out.println(line);
  }
}

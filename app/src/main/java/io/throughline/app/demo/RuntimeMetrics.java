package io.throughline.app.demo;

import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.ExponentialHistogram;
import io.throughline.agent.otlp.Instrument;
import io.throughline.agent.otlp.OtlpWriter;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a service of the shop says about its own runtime: workers, heap, collector, threads, process. */
final class RuntimeMetrics {

  private static final Instrument POOL_SIZE = Instrument.gauge("throughline.pool.size", "{thread}");
  private static final Instrument POOL_BUSY = Instrument.gauge("throughline.pool.busy", "{thread}");
  private static final Instrument POOL_QUEUE = Instrument.gauge("throughline.pool.queue.length",
      "{request}");
  private static final Instrument POOL_WAIT = Instrument.histogram("throughline.pool.wait.duration",
      "s");
  private static final Instrument HEAP = Instrument.gauge("jvm.memory.used", "By");
  private static final Instrument HEAP_LIMIT = Instrument.gauge("jvm.memory.limit", "By");
  private static final Instrument THREADS = Instrument.gauge("jvm.thread.count", "{thread}");
  private static final Instrument COLLECTIONS = Instrument.histogram("jvm.gc.duration", "s");
  private static final Instrument CPU = Instrument.counter("process.cpu.time", "s");
  private static final Instrument MEMORY = Instrument.gauge("process.memory.usage", "By");
  private static final Instrument CALLS = Instrument.histogram("http.client.request.duration", "s");
  private static final Attributes WORKERS = Attributes.of("throughline.pool.name", "workers");
  private static final Attributes ON_HEAP = Attributes.of("jvm.memory.type", "heap");
  private static final Path STATUS = Path.of("/proc/self/status");

  private final long startNanos = System.currentTimeMillis() * 1_000_000L;
  private final ExponentialHistogram collections = new ExponentialHistogram();
  private long collectionCount;
  private long collectionMs;

  void writeTo(OtlpWriter out, long now, WorkerPool pool, Calls calls) {
    writePool(out, now, pool);
    var runtime = Runtime.getRuntime();
    out.begin(HEAP);
    out.point(ON_HEAP, 0, now, runtime.totalMemory() - runtime.freeMemory());
    out.end();
    out.begin(HEAP_LIMIT);
    out.point(ON_HEAP, 0, now, runtime.maxMemory());
    out.end();
    out.single(THREADS, 0, now, (long) Thread.activeCount());
    collect();
    out.begin(COLLECTIONS);
    out.histogram(Attributes.NONE, startNanos, now, collections);
    out.end();
    ProcessHandle.current()
        .info()
        .totalCpuDuration()
        .ifPresent(used -> out.single(CPU, startNanos, now, used.toNanos() / 1e9));
    long resident = residentBytes();
    if (resident > 0) {
      out.single(MEMORY, 0, now, resident);
    }
    out.begin(CALLS);
    calls.forEach((attributes, histogram) -> out.histogram(attributes, startNanos, now, histogram));
    out.end();
  }

  private void writePool(OtlpWriter out, long now, WorkerPool pool) {
    out.begin(POOL_SIZE);
    out.point(WORKERS, 0, now, (long) pool.size());
    out.end();
    out.begin(POOL_BUSY);
    out.point(WORKERS, 0, now, (long) pool.busy());
    out.end();
    out.begin(POOL_QUEUE);
    out.point(WORKERS, 0, now, (long) pool.queueLength());
    out.end();
    out.begin(POOL_WAIT);
    synchronized (pool.waits()) {
      out.histogram(WORKERS, startNanos, now, pool.waits());
    }
    out.end();
  }

  /** The beans give sums: collections since the last look are each taken as long as their mean. */
  private void collect() {
    long count = 0;
    long millis = 0;
    for (GarbageCollectorMXBean one : ManagementFactory.getGarbageCollectorMXBeans()) {
      count += Math.max(0, one.getCollectionCount());
      millis += Math.max(0, one.getCollectionTime());
    }
    long more = count - collectionCount;
    for (long i = 0; i < more; i++) {
      collections.record((millis - collectionMs) / 1e3 / more);
    }
    collectionCount = count;
    collectionMs = millis;
  }

  private static long residentBytes() {
    try {
      List<String> lines = Files.readAllLines(STATUS);
      for (String line : lines) {
        if (line.startsWith("VmRSS:")) {
          return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
      }
      return 0;
    } catch (IOException e) {
      // Not Linux: the heap is all that is known.
      return 0;
    }
  }
}

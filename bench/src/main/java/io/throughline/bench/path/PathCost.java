package io.throughline.bench.path;

import com.sun.management.OperatingSystemMXBean;
import io.opentelemetry.api.OpenTelemetry;
import io.throughline.broker.EmbeddedBroker;
import io.throughline.broker.Topics;
import io.throughline.collector.Intake.Request;
import io.throughline.collector.produce.IntakeSettings;
import io.throughline.collector.produce.KafkaIntake;
import io.throughline.ingest.IngestRole;
import io.throughline.ingest.IngestSettings;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.common.utils.Utils;

/**
 * CPU seconds per million samples, and bytes per sample in the log, of everything between a door's columns and
 * a shard's writer, over a real broker in this process: look-up, encode, produce, broker, fetch, decode.
 *
 * <pre>
 * PathCost [--compression lz4] [--rounds 60] [--targets 60] [--series 500] [--in-flight 8]
 * PathCost --paced SAMPLES_PER_SECOND     latency instead: commit to acknowledged, acknowledged to visible
 * PathCost --fsync on …                   any of these with each write on disk before it is acknowledged
 * PathCost --tenants 1000                 latency of as many fresh tenants, 10 series each, one after the other
 * </pre>
 */
public final class PathCost {
  private static final int PARTITIONS = 4;
  private static final Tenant TENANT = new Tenant("bench");

  private final Map<String, String> options = new HashMap<>();
  private final CountingWriter[] writers = new CountingWriter[PARTITIONS];
  private final KafkaIntake intake;
  private final IngestRole ingest;
  private final Path folder;

  private PathCost(String[] arguments, EmbeddedBroker broker, Path folder) throws IOException {
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      options.put(arguments[i], arguments[i + 1]);
    }
    this.folder = folder;
    var meter = OpenTelemetry.noop().getMeter("bench");
    var client = broker.clientProperties();
    Topics.Description log;
    try (var admin = new Topics(client, "")) {
      log = admin.ensure(PARTITIONS, (short) 1, Duration.ofDays(-1));
    }
    Arrays.setAll(writers, i -> new CountingWriter());
    var defaults = IntakeSettings.DEFAULTS;
    intake = new KafkaIntake(
        new IntakeSettings(defaults.ackTimeout(), defaults.queueBytes(), 0, 0,
            defaults.tenantMemoryRatio(), defaults.idleSeries(), defaults.samplesRetention(),
            defaults.arrivalOrderBytes(),
            options.getOrDefault("--compression", defaults.compression())),
        client, io.throughline.model.wire.Topics.DEFAULT, PARTITIONS, InstantSource.system(),
        () -> "", meter);
    ingest = new IngestRole(IngestSettings.DEFAULTS, client,
        io.throughline.model.wire.Topics.DEFAULT, IntStream.range(0, PARTITIONS).boxed().toList(),
        partition -> writers[partition], log.clusterId(), log.samplesTopicId(), meter,
        (p, o) -> {});
  }

  public static void main(String[] arguments) throws Exception {
    var folder = Files.createTempDirectory("throughline-path-cost");
    try (var broker = EmbeddedBroker.start(folder, List.of(arguments).contains("--fsync"))) {
      var bench = new PathCost(arguments, broker, folder);
      if (bench.options.containsKey("--paced")) {
        bench.paced(Integer.parseInt(bench.options.get("--paced")));
      } else if (bench.options.containsKey("--tenants")) {
        bench.tenants(Integer.parseInt(bench.options.get("--tenants")));
      } else {
        bench.throughput();
      }
      bench.intake.close();
      bench.ingest.close();
    } finally {
      Utils.delete(folder.toFile());
    }
  }

  private int option(String name, int otherwise) {
    return Integer.parseInt(options.getOrDefault(name, "" + otherwise));
  }

  private void throughput() throws Exception {
    var fleet = new Fleet(option("--targets", 60), option("--series", 500), 42);
    int rounds = option("--rounds", 60);
    int inFlight = option("--in-flight", 8);
    long time = 1_700_000_000_000L;
    run(fleet, time, rounds / 2, inFlight);
    awaitApplied();
    time += 15_000L * rounds;

    long before = logBytes();
    var threadsBefore = threadCpu();
    long cpuBefore = processCpu();
    long stepNanos = run(fleet, time, rounds, inFlight);
    awaitApplied();
    double millions = (double) rounds * fleet.values.length / 1e6;
    double total = (processCpu() - cpuBefore - stepNanos) / 1e9 / millions;
    print("samples %.1f M, %d targets x %d series, compression %s", millions, fleet.targets,
        fleet.seriesPerTarget, options.getOrDefault("--compression", "default"));
    print("%-34s %.3f CPU-s per million samples (without making values)", "whole process", total);
    var groups = new TreeMap<String, Double>();
    threadCpu().forEach((thread, nanos) -> {
      double spent = (nanos - threadsBefore.getOrDefault(thread, 0L)) / 1e9 / millions;
      if (thread == Thread.currentThread()) {
        spent -= stepNanos / 1e9 / millions;
      }
      groups.merge(group(thread.getName()), spent, Double::sum);
    });
    groups.forEach((name, spent) -> {
      if (spent >= 0.001) {
        print("  %-32s %.3f", name, spent);
      }
    });
    print("  %-32s %.3f", "garbage collection, compiler",
        total - groups.values().stream().mapToDouble(d -> d).sum());
    print("%-34s %.2f bytes per sample", "log", (logBytes() - before) / millions / 1e6);
    print("checksum %x", Arrays.stream(writers).mapToLong(CountingWriter::checksum).sum());
  }

  private static String group(String thread) {
    return thread.startsWith("ingest-")
        ? "ingest: fetch, decode, apply"
        : thread.startsWith("kafka-producer-network")
            ? "producer's network"
            : thread.equals("collector-sender")
                ? "sender: encode, compress"
                : thread.equals("main")
                    ? "door: look-up, columns, commit"
                    : thread.contains("kafka") || thread.contains("raft")
                        || thread.contains("Processor") || thread.contains("broker")
                            ? "broker"
                            : "other";
  }

  /** Writes rounds of scrapes, a request per target; returns the time spent on making values. */
  private long run(Fleet fleet, long firstTime, int rounds, int inFlight) {
    var waiting = new ArrayDeque<CompletableFuture<Void>>();
    var cpu = ManagementFactory.getThreadMXBean();
    long stepNanos = 0;
    for (int round = 0; round < rounds; round++) {
      long start = cpu.getCurrentThreadCpuTime();
      fleet.step();
      stepNanos += cpu.getCurrentThreadCpuTime() - start;
      for (int target = 0; target < fleet.targets; target++) {
        waiting.add(scrape(fleet, target, firstTime + round * 15_000L + target * 17));
        if (waiting.size() > inFlight) {
          waiting.remove().join();
        }
      }
    }
    waiting.forEach(CompletableFuture::join);
    return stepNanos;
  }

  private CompletableFuture<Void> scrape(Fleet fleet, int target, long timeMs) {
    var request = intake.begin(TENANT);
    for (int s = 0; s < fleet.seriesPerTarget; s++) {
      long hash = (target * 31L + 7) * 0x9E3779B97F4A7C15L + s * 0xC2B2AE3D27D4EB4FL;
      int handle = request.find(hash, ~hash * 31);
      if (handle == Request.UNKNOWN) {
        handle = request.define(hash, ~hash * 31, fleet.labels(target, s), SeriesMetadata.UNKNOWN);
      }
      request.sample(handle, timeMs, 0, fleet.values[target * fleet.seriesPerTarget + s]);
    }
    return request.commit().toCompletableFuture();
  }

  private void awaitApplied() throws InterruptedException {
    for (int partition = 0; partition < PARTITIONS; partition++) {
      if (ingest.awaitApplied(partition, intake.acknowledgedOffset(partition),
          System.nanoTime() + 60_000_000_000L) > 0) {
        throw new IllegalStateException("not applied: " + ingest.trouble());
      }
    }
  }

  private void paced(int samplesPerSecond) throws Exception {
    var fleet = new Fleet(option("--targets", 60), option("--series", 500), 42);
    long gap = 1_000_000_000L * fleet.seriesPerTarget / samplesPerSecond;
    int count = option("--seconds", 20) * samplesPerSecond / fleet.seriesPerTarget;
    run(fleet, 1_700_000_000_000L, 40, 8);
    var acknowledged = new long[count];
    var visible = new long[count];
    try (var waiters = Executors.newVirtualThreadPerTaskExecutor()) {
      long next = System.nanoTime();
      for (int i = 0; i < count; i++) {
        int at = i;
        long start = System.nanoTime();
        var done = scrape(fleet, i % fleet.targets, 1_710_000_000_000L + i);
        waiters.execute(() -> {
          done.join();
          long ack = System.nanoTime();
          acknowledged[at] = ack - start;
          try {
            awaitApplied();
          } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
          }
          visible[at] = System.nanoTime() - ack;
        });
        next += gap;
        LockSupport.parkNanos(next - System.nanoTime());
      }
    }
    printLatency("commit to acknowledged", acknowledged);
    printLatency("acknowledged to visible", visible);
  }

  private void tenants(int count) throws Exception {
    for (int warm = 0; warm < 300; warm++) {
      fresh("warm-" + warm);
    }
    var nanos = new long[count];
    for (int i = 0; i < count; i++) {
      long start = System.nanoTime();
      fresh("fresh-" + i);
      nanos[i] = System.nanoTime() - start;
    }
    printLatency("fresh tenant written and visible", nanos);
  }

  private void fresh(String name) throws InterruptedException {
    var labels = new Fleet(1, 10, 1);
    var request = intake.begin(new Tenant(name));
    for (int s = 0; s < 10; s++) {
      request.sample(request.define(s, s, labels.labels(0, s), SeriesMetadata.UNKNOWN), 1, 0, s);
    }
    request.commit().toCompletableFuture().join();
    awaitApplied();
  }

  private static void printLatency(String what, long[] nanos) {
    Arrays.sort(nanos);
    print("%-34s p50 %.2f ms, p99 %.2f ms, max %.2f ms of %d", what, nanos[nanos.length / 2] / 1e6,
        nanos[nanos.length * 99 / 100] / 1e6, nanos[nanos.length - 1] / 1e6, nanos.length);
  }

  private long logBytes() throws IOException {
    try (var files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".log") && file.toString().contains("/samples-"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  private static long processCpu() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static Map<Thread, Long> threadCpu() {
    var bean = ManagementFactory.getThreadMXBean();
    var all = new IdentityHashMap<Thread, Long>();
    for (var thread : Thread.getAllStackTraces().keySet()) {
      all.put(thread, bean.getThreadCpuTime(thread.threadId()));
    }
    return all;
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}

package io.throughline.ingest;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.model.wire.Topics;
import io.throughline.store.ShardWriter;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The ingest role of a process: a worker thread for each partition it owns.
 *
 * <p>Started by its constructor; {@link #close} flushes every shard and ends the threads.
 */
public final class IngestRole implements AutoCloseable {
  private static final long CLOSE_MS = 4_000;

  private final Map<Integer, ShardWorker> workers = new TreeMap<>();
  private final Map<Integer, Thread> threads = new TreeMap<>();
  private final DeadLetters deadLetters;
  private final AdmissionTopic admission;
  private final LogIdentity identity;

  /** Hears of flushes, on the thread of the shard's worker. */
  public interface Listener {
    /** Everything below the offset is durable in the store: the log may forget it. */
    void flushed(int partition, long offset);
  }

  /**
   * @param client Kafka client properties
   * @param partitions those this process owns
   * @param writers the shard's writer of a partition, touched by its worker's thread alone from now on
   * @param clusterId the Kafka cluster's id
   * @param topicId the id of the topic of samples: another id is another log
   */
  public IngestRole(IngestSettings settings, Map<String, Object> client, Topics topics,
      Collection<Integer> partitions, IntFunction<ShardWriter> writers, String clusterId,
      String topicId, Meter meter, Listener listener) {
    deadLetters = new DeadLetters(client, topics, meter);
    identity = new LogIdentity(client, topics, clusterId, topicId,
        () -> workers.values().forEach(ShardWorker::wake));
    admission = new AdmissionTopic(client, topics);
    var node = new SeriesLoad.Node(new SecureRandom().nextLong(), settings.seriesBudget(),
        partitions.size(), new AtomicLong());
    for (int partition : partitions) {
      var worker = new ShardWorker(partition, settings, client, topics, identity, node,
          writers.apply(partition), deadLetters, admission, listener);
      workers.put(partition, worker);
    }
    workers.forEach((partition, worker) -> threads.put(partition,
        Thread.ofPlatform().name("ingest-" + partition).start(worker)));
    identity.start();
    meter.counterBuilder("throughline.ingest.samples")
        .setUnit("{sample}")
        .setDescription("Samples applied to the store")
        .buildWithCallback(counter -> workers
            .forEach((partition, worker) -> counter.record(worker.appliedSamples(),
                Attributes.of(AttributeKey.longKey("partition"), (long) partition))));
    meter.gaugeBuilder("throughline.ingest.series.limit")
        .ofLongs()
        .setUnit("{series}")
        .setDescription("Series for which the shards of this process have memory set aside")
        .buildWithCallback(gauge -> gauge.record(node.budget()));
    meter.gaugeBuilder("throughline.ingest.lag")
        .ofLongs()
        .setUnit("{record}")
        .setDescription("Records of the log that are not applied yet")
        .buildWithCallback(gauge -> gauge.record(lag()));
  }

  /**
   * The partitions of one node: partition <i>p</i> belongs to node <i>p</i> mod <i>n</i>.
   *
   * @param node from 0 to {@code nodes} - 1
   */
  public static List<Integer> owned(int node, int nodes, int partitionCount) {
    if (nodes < 1 || node < 0 || node >= nodes) {
      throw new IllegalArgumentException(
          "node is " + node + "/" + nodes + ", want 0/1 up to n-1/n");
    }
    return IntStream.range(0, partitionCount).filter(p -> p % nodes == node).boxed().toList();
  }

  /** The offset below which everything of a partition is applied. */
  public long appliedOffset(int partition) {
    return worker(partition).appliedOffset();
  }

  /**
   * Waits until everything below {@code offset} of a partition is applied, and everything that was in its
   * log before the start.
   *
   * @param deadlineNanos of {@link System#nanoTime}
   * @return how many records are not applied once the deadline has passed; 0 where all are
   */
  public long awaitApplied(int partition, long offset, long deadlineNanos)
      throws InterruptedException {
    return worker(partition).awaitApplied(offset, deadlineNanos);
  }

  /** When the worker of a partition last saw nothing left to apply, of {@link System#nanoTime}. */
  public long atEndNanos(int partition) {
    return worker(partition).atEndNanos();
  }

  /** Records of all owned partitions that are not applied yet, as of each worker's last poll. */
  public long lag() {
    long records = 0;
    for (var worker : workers.values()) {
      records += worker.lag();
    }
    return records;
  }

  /** Why a shard does not follow its log, or has not yet read what was in it before the start; "" if all do and have. */
  public String trouble() {
    for (var worker : workers.values()) {
      if (!worker.trouble().isEmpty()) {
        return worker.trouble();
      }
    }
    return "";
  }

  /** Flushes all shards; completes when everything applied by then is durable. */
  public CompletableFuture<Void> flush() {
    return CompletableFuture.allOf(
        workers.values().stream().map(ShardWorker::requestFlush).toArray(CompletableFuture[]::new));
  }

  private ShardWorker worker(int partition) {
    var worker = workers.get(partition);
    if (worker == null) {
      throw new IllegalArgumentException(
          "partition " + partition + " is not owned here, only " + workers.keySet());
    }
    return worker;
  }

  @Override
  public void close() {
    workers.values().forEach(ShardWorker::close);
    long deadline = System.nanoTime() + CLOSE_MS * 1_000_000;
    for (var thread : threads.values()) {
      try {
        thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    identity.close();
    deadLetters.close();
    admission.close();
  }
}

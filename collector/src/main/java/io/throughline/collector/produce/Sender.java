package io.throughline.collector.produce;

import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import io.throughline.model.wire.SetWriter;
import io.throughline.model.wire.Topics;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that turns committed requests into records.
 *
 * <p>Group commit: a partition has at most {@value #IN_FLIGHT} turns under way; what is committed meanwhile,
 * of all requests and tenants, waits and goes together in the next, a record for each tenant. Turns of a
 * partition begin at least {@link #GATHER_NANOS} after each other, and while bodies are being decoded whose samples
 * could go along, up to {@link #COMING_NANOS} after the first of its samples was committed. So an idle system
 * sends at once, a busy one sends large records, and many small tenants do not wait for each other.
 *
 * <p>Additions to series sets are acknowledged before the first record that uses them is sent. A turn
 * that has some waits for them; other turns go on meanwhile, also of the same partition: requests that
 * overtake each other so were not acknowledged, and between those there is no order.
 *
 * <p>What a request asked for whose patience has ended is not sent any more. Whatever goes wrong with a turn
 * fails its requests and ends it: the thread never dies and a partition is never stuck.
 */
final class Sender {
  private static final Logger LOG = LoggerFactory.getLogger(Sender.class);
  private static final int IN_FLIGHT = 2;

  /**
   * Turns of a partition begin at least this long after each other: under load a record of several requests
   * costs Kafka hardly more than one of a single request.
   */
  private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(3);
  private static final long COMING_NANOS = TimeUnit.MILLISECONDS.toNanos(6);
  private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final IntakeSettings settings;
  private final Topics topics;
  private final long collectorId;
  private final Producers producers;
  private final RecordPacker packer;
  private final Consumer<Batch> done;
  private final ConcurrentLinkedQueue<Batch> submitted = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Turn> announced = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<SeriesSet> opened = new ConcurrentLinkedQueue<>();
  private final List<ArrayDeque<Batch>> waiting = new ArrayList<>();
  private final AtomicIntegerArray turns;
  private final long[] beganNanos;
  private final long[] waitsSinceNanos;
  private final AtomicInteger coming = new AtomicInteger();
  private long nextTurnNanos;
  private final AtomicLongArray acknowledged;
  private final SetWriter setWriter = new SetWriter();
  private final Thread thread = Thread.ofPlatform().name("collector-sender").unstarted(this::run);
  private final LongCounter records;
  private final LongCounter recordBytes;
  private final LongCounter failures;
  private volatile List<SeriesSet> sets = List.of();
  private volatile boolean closing;

  /** @param done takes each batch back after its samples were encoded or given up */
  Sender(IntakeSettings settings, Map<String, Object> client, Topics topics, int partitionCount,
      long collectorId, Meter meter, Consumer<Batch> done) {
    this.settings = settings;
    this.topics = topics;
    this.collectorId = collectorId;
    this.producers = new Producers(client, settings);
    this.packer = new RecordPacker(collectorId);
    this.done = done;
    this.turns = new AtomicIntegerArray(partitionCount);
    this.beganNanos = new long[partitionCount];
    this.waitsSinceNanos = new long[partitionCount];
    Arrays.fill(beganNanos, System.nanoTime() - GATHER_NANOS);
    this.acknowledged = new AtomicLongArray(partitionCount);
    for (int i = 0; i < partitionCount; i++) {
      waiting.add(new ArrayDeque<>());
    }
    records = meter.counterBuilder("throughline.collector.records")
        .setUnit("{record}")
        .setDescription("Records acknowledged by Kafka")
        .build();
    recordBytes = meter.counterBuilder("throughline.collector.record.size")
        .setUnit("By")
        .setDescription("Bytes of acknowledged records before compression")
        .build();
    failures = meter.counterBuilder("throughline.collector.record.failures")
        .setUnit("{record}")
        .setDescription("Records that Kafka did not acknowledge")
        .build();
  }

  void start() {
    thread.start();
  }

  long acknowledgedOffset(int partition) {
    return acknowledged.get(partition);
  }

  /** What sends failed of lately, or "". */
  String trouble() {
    return closing ? "the collector is stopping" : producers.trouble();
  }

  boolean isClosing() {
    return closing;
  }

  /** Tells of a new set, so that it is announced again while it lives. */
  void opened(SeriesSet set) {
    opened.add(set);
  }

  /** All sets that are not retired, as of the sender's last round. */
  List<SeriesSet> sets() {
    return sets;
  }

  void bodyComes() {
    coming.incrementAndGet();
  }

  void bodyTaken() {
    if (coming.decrementAndGet() == 0) {
      LockSupport.unpark(thread);
    }
  }

  /** Sends batches of one request. */
  void submit(List<Batch> batches) {
    if (batches.isEmpty()) {
      return;
    }
    var owner = batches.getFirst().owner;
    for (var batch : batches) {
      owner.expect();
      submitted.add(batch);
    }
    owner.arrived();
    LockSupport.unpark(thread);
  }

  /** Sends what waits, for a few seconds at most; what is left then fails. */
  void close() {
    closing = true;
    LockSupport.unpark(thread);
    try {
      thread.join(2 * TimeUnit.NANOSECONDS.toMillis(CLOSE_NANOS));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    long nextAnnouncement = System.nanoTime() + settings.samplesRetention().toNanos() / 2;
    long closeBy = 0;
    while (true) {
      boolean worked = round();
      long now = System.nanoTime();
      if (now - nextAnnouncement > 0) {
        nextAnnouncement = now + settings.samplesRetention().toNanos() / 2;
        takeOpenedSets(true);
        sets.forEach(this::announceAgain);
      }
      if (closing) {
        closeBy = closeBy == 0 ? now + CLOSE_NANOS : closeBy;
        if (isIdle() || now - closeBy > 0) {
          end();
          return;
        }
      }
      if (!worked) {
        LockSupport.parkNanos(this,
            Math.min(nextTurnNanos, TimeUnit.MILLISECONDS.toNanos(closing ? 10 : 1_000)));
      }
    }
  }

  /** Does what there is to do; false where there was nothing. */
  private boolean round() {
    boolean worked = false;
    long now = System.nanoTime();
    for (var batch = submitted.poll(); batch != null; batch = submitted.poll()) {
      int partition = batch.set.partition;
      if (waiting.get(partition).isEmpty()) {
        waitsSinceNanos[partition] = now;
      }
      waiting.get(partition).add(batch);
    }
    takeOpenedSets(false);
    producers.replaceIfNeeded();
    for (var turn = announced.poll(); turn != null; turn = announced.poll()) {
      turn.guarded(turn::announcementsAnswered);
      worked = true;
    }
    nextTurnNanos = Long.MAX_VALUE;
    long comingNanos = coming.get() == 0 ? 0 : COMING_NANOS;
    for (int partition = 0; partition < waiting.size(); partition++) {
      if (!waiting.get(partition).isEmpty() && turns.get(partition) < IN_FLIGHT) {
        long left = Math.max(GATHER_NANOS - (now - beganNanos[partition]),
            comingNanos - (now - waitsSinceNanos[partition]));
        if (left > 0) {
          nextTurnNanos = Math.min(nextTurnNanos, left);
          continue;
        }
        beganNanos[partition] = now;
        var turn = new Turn(partition, new ArrayList<>(waiting.get(partition)));
        waiting.get(partition).clear();
        turn.guarded(turn::begin);
        worked = true;
      }
    }
    return worked;
  }

  private void takeOpenedSets(boolean letGoOfRetired) {
    if (opened.isEmpty() && !letGoOfRetired) {
      return;
    }
    var grown = new ArrayList<SeriesSet>();
    for (var set : sets) {
      if (!set.isRetired()) {
        grown.add(set);
      }
    }
    for (var set = opened.poll(); set != null; set = opened.poll()) {
      grown.add(set);
    }
    sets = grown;
  }

  private boolean isIdle() {
    if (!submitted.isEmpty() || !announced.isEmpty()) {
      return false;
    }
    for (int partition = 0; partition < waiting.size(); partition++) {
      if (!waiting.get(partition).isEmpty() || turns.get(partition) > 0) {
        return false;
      }
    }
    return true;
  }

  private void end() {
    producers.close(Duration.ofNanos(CLOSE_NANOS / 3));
    var stopped = Failure.unavailable("the collector is stopping");
    for (var batch = submitted.poll(); batch != null; batch = submitted.poll()) {
      batch.owner.fail(stopped);
    }
    for (var queue : waiting) {
      queue.forEach(batch -> batch.owner.fail(stopped));
      queue.clear();
    }
    for (var turn = announced.poll(); turn != null; turn = announced.poll()) {
      turn.fail(stopped);
    }
  }

  /** Series sets expire in their topic; live ones are written again long before. */
  private void announceAgain(SeriesSet set) {
    for (var record : set.announced()) {
      producers.send(
          new ProducerRecord<>(topics.seriesSets(), set.partition, record.key(), record.value()),
          (at, failed) -> {
            if (failed != null) {
              producers.failed(failed);
            }
          });
    }
  }

  private static Failure unavailable(Throwable cause) {
    return cause instanceof Failure failure
        ? failure
        : new Failure(Failure.Category.UNAVAILABLE,
            "Kafka did not acknowledge the samples: " + cause.getMessage(), cause);
  }

  /** What goes to one partition together. Touched by the sender's thread, but for what Kafka's thread answers. */
  private final class Turn {
    private final int partition;
    private final List<Batch> batches;
    private final Map<SeriesSet, List<SeriesSet.Announcement>> additions = new LinkedHashMap<>();
    private final AtomicInteger unanswered = new AtomicInteger(1);
    private volatile @Nullable Throwable failure;
    private boolean ended;

    Turn(int partition, List<Batch> batches) {
      this.partition = partition;
      this.batches = batches;
      turns.incrementAndGet(partition);
    }

    /** Whatever is wrong ends this turn alone. */
    void guarded(Runnable step) {
      try {
        step.run();
      } catch (RuntimeException wrong) {
        LOG.error(
            "samples could not be made into records, their requests were refused partition={}",
            partition, wrong);
        fail(wrong instanceof Failure known
            ? known
            : new Failure(Failure.Category.BUG, "samples could not be made into records: " + wrong,
                wrong));
      }
    }

    void begin() {
      batches.removeIf(batch -> {
        boolean expired = batch.owner.isDone();
        if (expired) {
          done.accept(batch);
        }
        return expired;
      });
      for (var batch : batches) {
        if (!batch.set.isAnnounced()) {
          additions.computeIfAbsent(batch.set, set -> set.pending(setWriter, collectorId));
        }
      }
      if (additions.isEmpty()) {
        sendRecords();
        return;
      }
      additions.forEach((set, added) -> added.forEach(record -> {
        unanswered.incrementAndGet();
        producers.send(
            new ProducerRecord<>(topics.seriesSets(), partition, record.key(), record.value()),
            (at, failed) -> announcementAnswered(failed));
      }));
      announcementAnswered(null);
    }

    private void announcementAnswered(@Nullable Exception failed) {
      if (failed != null) {
        producers.failed(failed);
        failure = failed;
      }
      if (unanswered.decrementAndGet() == 0) {
        announced.add(this);
        LockSupport.unpark(thread);
      }
    }

    void announcementsAnswered() {
      var failed = failure;
      if (failed != null) {
        failures.add(1);
        fail(unavailable(failed));
        return;
      }
      // All of them, in order: what was acknowledged of a set has no holes.
      additions.forEach((set, added) -> added.forEach(set::acknowledged));
      sendRecords();
    }

    private void sendRecords() {
      var byTenant = new LinkedHashMap<Tenant, List<Batch>>();
      for (var batch : batches) {
        byTenant.computeIfAbsent(batch.set.tenant, t -> new ArrayList<>()).add(batch);
      }
      unanswered.set(1);
      byTenant.forEach((tenant, own) -> packer.pack(tenant, own, this::send));
      // A request has been told of all records it waits for: its batches count no more.
      for (var batch : batches) {
        batch.owner.arrived();
        done.accept(batch);
      }
      batches.clear();
      recordAnswered();
    }

    private void send(byte[] bytes, Set<Pending> owners) {
      unanswered.incrementAndGet();
      owners.forEach(Pending::expect);
      producers.send(new ProducerRecord<>(topics.samples(), partition, null, bytes),
          (at, failed) -> {
            sent(at, failed, bytes.length, owners);
            recordAnswered();
          });
    }

    /** Runs on Kafka's thread. */
    private void sent(@Nullable RecordMetadata at, @Nullable Exception failed, int bytes,
        Set<Pending> owners) {
      if (failed == null && at != null) {
        records.add(1);
        recordBytes.add(bytes);
        producers.succeeded();
        // Answers of one partition come in order; a log made anew starts again at 0.
        acknowledged.set(partition, at.offset() + 1);
        owners.forEach(Pending::arrived);
        return;
      }
      var cause = failed == null ? new KafkaException("no answer") : failed;
      failures.add(1);
      producers.failed(cause);
      var refusal = unavailable(cause);
      owners.forEach(owner -> owner.fail(refusal));
    }

    private void recordAnswered() {
      if (unanswered.decrementAndGet() == 0) {
        turns.decrementAndGet(partition);
        LockSupport.unpark(thread);
      }
    }

    /** Ends a turn of which no record is under way any more, or some are that nobody waits for. */
    void fail(Failure refusal) {
      if (ended) {
        return;
      }
      ended = true;
      for (var batch : batches) {
        batch.owner.fail(refusal);
        done.accept(batch);
      }
      batches.clear();
      turns.decrementAndGet(partition);
    }
  }
}

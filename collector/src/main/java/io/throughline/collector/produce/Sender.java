package io.throughline.collector.produce;

import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import io.throughline.model.wire.RecordWriter;
import io.throughline.model.wire.SetWriter;
import io.throughline.model.wire.Topics;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that turns committed requests into records.
 *
 * <p>Group commit: a partition has at most {@value #IN_FLIGHT} turns under way; what is committed meanwhile,
 * of all requests and tenants, waits and goes together in the next, a record for each tenant. So an idle
 * system sends at once and a busy one sends large records, without a timer. A record ends before {@value
 * #RECORD_BYTES} bytes.
 *
 * <p>Additions to series sets are acknowledged before the first record that uses them is sent: this
 * thread waits for that. A producer that fails for good is replaced by a new one.
 */
final class Sender {
  private static final Logger LOG = LoggerFactory.getLogger(Sender.class);
  private static final int IN_FLIGHT = 2;
  private static final int RECORD_BYTES = 1 << 20;
  private static final long SWEEP_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final long CLOSE_MS = 3_000;

  private final IntakeSettings settings;
  private final Map<String, Object> client;
  private final Topics topics;
  private final long collectorId;
  private final KafkaIntake.Sweep sweep;
  private final ConcurrentLinkedQueue<Batch> submitted = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<SeriesSet> opened = new ConcurrentLinkedQueue<>();
  private final List<ArrayDeque<Batch>> waiting = new ArrayList<>();
  private final AtomicIntegerArray turns;
  private final AtomicLongArray acknowledged;
  private final AtomicBoolean producerFailed = new AtomicBoolean();
  private final RecordWriter recordWriter = new RecordWriter();
  private final SetWriter setWriter = new SetWriter();
  private final Thread thread = Thread.ofPlatform().name("collector-sender").unstarted(this::run);
  private final LongCounter records;
  private final LongCounter recordBytes;
  private final LongCounter failures;
  private List<SeriesSet> sets = new ArrayList<>();
  private @Nullable KafkaProducer<byte[], byte[]> producer;
  private volatile boolean closing;
  private volatile String trouble = "";

  Sender(IntakeSettings settings, Map<String, Object> client, Topics topics, int partitionCount,
      long collectorId, Meter meter, KafkaIntake.Sweep sweep) {
    this.settings = settings;
    this.client = client;
    this.topics = topics;
    this.collectorId = collectorId;
    this.sweep = sweep;
    this.turns = new AtomicIntegerArray(partitionCount);
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

  /** What the last send failed of, until one succeeds; "" if all is well. */
  String trouble() {
    return trouble;
  }

  void opened(SeriesSet set) {
    opened.add(set);
  }

  void submit(List<Batch> batches) {
    if (batches.isEmpty()) {
      return;
    }
    var pending = batches.getFirst().owner;
    for (var batch : batches) {
      batch.owner.expect();
      submitted.add(batch);
    }
    pending.arrived();
    LockSupport.unpark(thread);
  }

  void close() {
    closing = true;
    LockSupport.unpark(thread);
    try {
      thread.join(CLOSE_MS * 2);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    long nextSweep = System.nanoTime() + SWEEP_NANOS;
    long nextAnnouncement = System.nanoTime() + settings.samplesRetention().toNanos() / 2;
    while (true) {
      boolean worked = false;
      for (var batch = submitted.poll(); batch != null; batch = submitted.poll()) {
        waiting.get(batch.set.partition).add(batch);
      }
      for (var set = opened.poll(); set != null; set = opened.poll()) {
        sets.add(set);
      }
      if (producerFailed.get()) {
        closeProducer(0);
        producerFailed.set(false);
      }
      for (int partition = 0; partition < waiting.size(); partition++) {
        if (!waiting.get(partition).isEmpty() && turns.get(partition) < IN_FLIGHT) {
          takeTurn(partition);
          worked = true;
        }
      }
      long now = System.nanoTime();
      if (now - nextSweep > 0) {
        nextSweep = now + SWEEP_NANOS;
        sweep.forgetIdle(sets);
        sets = new ArrayList<>(sets.stream().filter(set -> !set.isRetired()).toList());
      }
      if (now - nextAnnouncement > 0) {
        nextAnnouncement = now + settings.samplesRetention().toNanos() / 2;
        announceAgain();
      }
      if (!worked) {
        if (closing && submitted.isEmpty()) {
          closeProducer(CLOSE_MS);
          return;
        }
        LockSupport.parkNanos(this, TimeUnit.SECONDS.toNanos(1));
      }
    }
  }

  /** Sends everything that waits for a partition. */
  private void takeTurn(int partition) {
    var batches = new ArrayList<>(waiting.get(partition));
    waiting.get(partition).clear();
    try {
      announce(batches);
    } catch (KafkaException | ExecutionException | TimeoutException failed) {
      fail(batches, failed.getCause() == null ? failed : failed.getCause());
      return;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      fail(batches, interrupted);
      return;
    }
    var byTenant = new LinkedHashMap<Tenant, List<Batch>>();
    for (var batch : batches) {
      byTenant.computeIfAbsent(batch.set.tenant, t -> new ArrayList<>()).add(batch);
    }
    var turn = new Turn(partition);
    byTenant.forEach((tenant, own) -> sendRecords(partition, tenant, own, turn));
    turn.arrived();
  }

  private void sendRecords(int partition, Tenant tenant, List<Batch> batches, Turn turn) {
    var owners = new LinkedHashSet<Pending>();
    recordWriter.begin(tenant, collectorId);
    int empty = recordWriter.sizeBytes();
    for (var batch : batches) {
      int size = batch.columns.size();
      int from = 0;
      while (from < size) {
        int to = fitting(batch, from);
        if (to == from) {
          send(partition, owners, turn);
          recordWriter.begin(tenant, collectorId);
          owners = new LinkedHashSet<>();
          to = Math.max(from + 1, fitting(batch, from));
        }
        recordWriter.group(batch.set.number, batch.kind, batch.columns, from, to);
        if (owners.add(batch.owner)) {
          batch.owner.expect();
        }
        from = to;
      }
    }
    if (recordWriter.sizeBytes() > empty) {
      send(partition, owners, turn);
    }
    for (var batch : batches) {
      batch.owner.arrived();
      sweep.used(batch.columns);
    }
  }

  /** The end of the longest range from {@code from} that surely fits into the record; {@code from} where none does. */
  private int fitting(Batch batch, int from) {
    int size = Math.min(batch.columns.size(), from + RecordWriter.MAX_SAMPLES);
    int room = RECORD_BYTES - recordWriter.sizeBytes();
    if (batch.columns.boundBytes(from, size) <= room) {
      return size;
    }
    int low = from;
    int high = size;
    while (low < high) {
      int middle = low + high + 1 >>> 1;
      if (batch.columns.boundBytes(from, middle) <= room) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private void send(int partition, LinkedHashSet<Pending> owners, Turn turn) {
    var bytes = recordWriter.finish();
    turn.expect();
    try {
      producer().send(new ProducerRecord<>(topics.samples(), partition, null, bytes), (at,
          failed) -> {
        sent(at, failed, bytes.length, owners);
        turn.arrived();
      });
    } catch (KafkaException failed) {
      sent(null, failed, bytes.length, owners);
      turn.arrived();
    }
  }

  /** Runs on Kafka's thread. */
  private void sent(@Nullable RecordMetadata at, @Nullable Exception failed, int bytes,
      Iterable<Pending> owners) {
    if (failed == null && at != null) {
      records.add(1);
      recordBytes.add(bytes);
      trouble = "";
      acknowledged.accumulateAndGet(at.partition(), at.offset() + 1, Math::max);
      owners.forEach(Pending::arrived);
      return;
    }
    var cause = failed == null ? new KafkaException("no answer") : failed;
    failures.add(1);
    troubled(cause);
    owners.forEach(owner -> owner.fail(asFailure(cause)));
  }

  private void troubled(Throwable cause) {
    if (trouble.isEmpty()) {
      LOG.warn("Kafka does not acknowledge counter=throughline.collector.record.failures reason={}",
          cause.getMessage());
    }
    trouble = "Kafka does not acknowledge: " + cause.getMessage();
    // Idempotent producers end in states they do not leave by themselves.
    if (cause instanceof KafkaException && !(cause instanceof RetriableException)
        && !(cause instanceof RecordTooLargeException)) {
      producerFailed.set(true);
      LockSupport.unpark(thread);
    }
  }

  private static Failure asFailure(Throwable cause) {
    return new Failure(Failure.Category.UNAVAILABLE, "Kafka did not acknowledge the samples: "
        + cause.getMessage(), cause);
  }

  private void fail(List<Batch> batches, Throwable cause) {
    troubled(cause);
    for (var batch : batches) {
      batch.owner.fail(asFailure(cause));
      sweep.used(batch.columns);
    }
  }

  /** Makes sure that every series the batches use is in the topic of series sets. */
  private void announce(List<Batch> batches) throws ExecutionException, TimeoutException,
      InterruptedException {
    Map<SeriesSet, List<SeriesSet.Announcement>> wanted = new HashMap<>();
    for (var batch : batches) {
      if (!batch.set.isAnnounced() && !wanted.containsKey(batch.set)) {
        wanted.put(batch.set, batch.set.pending(setWriter, collectorId));
      }
    }
    if (wanted.isEmpty()) {
      return;
    }
    record Sent(SeriesSet set, SeriesSet.Announcement record, Future<RecordMetadata> future) {}
    var sent = new ArrayList<Sent>();
    for (var entry : wanted.entrySet()) {
      for (var record : entry.getValue()) {
        sent.add(new Sent(entry.getKey(), record, producer().send(new ProducerRecord<>(topics
            .seriesSets(), entry.getKey().partition, record.key(), record.value()))));
      }
    }
    long deadline = System.nanoTime() + settings.ackTimeout().toNanos();
    for (var one : sent) {
      one.future.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
      one.set.acknowledged(one.record);
    }
  }

  /** Series sets expire in their topic; live ones are written again long before. */
  private void announceAgain() {
    for (var set : sets) {
      for (var record : set.announced()) {
        try {
          producer().send(new ProducerRecord<>(topics.seriesSets(), set.partition, record.key(),
              record.value()));
        } catch (KafkaException failed) {
          troubled(failed);
          return;
        }
      }
    }
  }

  private KafkaProducer<byte[], byte[]> producer() {
    var now = producer;
    if (now != null) {
      return now;
    }
    var properties = new HashMap<>(client);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    properties.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    properties.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 << 10);
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 2 * RECORD_BYTES);
    properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, Math.max(32L << 20, settings
        .queueBytes()));
    properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, settings.compression());
    int patience = (int) settings.ackTimeout().toMillis();
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.max(50, patience * 2 / 5));
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, patience);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Math.max(50, patience / 5));
    properties.put(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
    now = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    producer = now;
    return now;
  }

  private void closeProducer(long patienceMs) {
    var closingNow = producer;
    producer = null;
    if (closingNow != null) {
      closingNow.close(java.time.Duration.ofMillis(patienceMs));
    }
  }

  /** One partition's records sent together; counts itself out when all are answered. */
  private final class Turn {
    private final int partition;
    private final AtomicInteger missing = new AtomicInteger(1);

    Turn(int partition) {
      this.partition = partition;
      turns.incrementAndGet(partition);
    }

    void expect() {
      missing.incrementAndGet();
    }

    void arrived() {
      if (missing.decrementAndGet() == 0) {
        turns.decrementAndGet(partition);
        LockSupport.unpark(thread);
      }
    }
  }
}

package io.throughline.ingest;

import io.throughline.model.Failure;
import io.throughline.model.wire.RecordReader;
import io.throughline.model.wire.SampleColumns;
import io.throughline.model.wire.SampleKind;
import io.throughline.model.wire.Topics;
import io.throughline.store.LogPosition;
import io.throughline.store.ShardWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The writer of one shard: reads its partition from where the last flush left off, applies each record,
 * flushes by size, age and what of the log a crash would have it read again.
 *
 * <p>The thread that runs this is the only one that touches the {@link ShardWriter}. It keeps running
 * whatever Kafka does: a failure of the client is counted, said once and tried again. A record that cannot
 * be applied goes to the dead letters and is skipped.
 *
 * <p>A little longer than most: what the one thread does between two records, and what it tells other threads, is
 * easier to trust on one page.
 */
final class ShardWorker implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(ShardWorker.class);
  private static final Duration POLL = Duration.ofMillis(500);
  /**
   * Under load records come one by one as fast as they are asked for, and asking costs more than applying. So
   * after some were applied the next are let gather this long, longer after many, unless somebody waits for them.
   */
  private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long GATHER_MANY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final int MANY_SAMPLES = 4_096;
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final long CATCH_UP_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final long UNKNOWN = -1;
  private static final long TELL_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long FORGET_SETS_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final int partition;
  private final IngestSettings settings;
  private final Map<String, Object> client;
  private final LogIdentity identity;
  private final long headLimitBytes;
  private final TopicPartition samples;
  private final TopicPartition seriesSets;
  private final ShardWriter writer;
  private final IngestRole.Listener listener;
  private final DeadLetters deadLetters;
  private final SeriesLoad load;
  private final AdmissionTopic admission;
  private final RecordReader reader = new RecordReader();
  private final SetTable sets = new SetTable();
  private final ConcurrentLinkedQueue<CompletableFuture<Void>> flushRequests = new ConcurrentLinkedQueue<>();
  private final Object appliedSignal = new Object();

  private @Nullable KafkaConsumer<byte[], byte[]> samplesConsumer;
  private @Nullable KafkaConsumer<byte[], byte[]> setsConsumer;
  private LogIdentity.@Nullable Log positionedIn;
  private boolean checkEpoch = true;
  private long forgetSetsNanos = System.nanoTime() + FORGET_SETS_NANOS;
  private long tellNanos = System.nanoTime();
  private long untoldFailures;
  private long oldestUnflushedNanos;
  private long unflushedLogBytes;
  private boolean unflushed;
  private volatile @Nullable KafkaConsumer<byte[], byte[]> polling;
  private volatile long appliedOffset;
  private volatile long appliedSamples;
  private volatile long lag;
  private volatile long atEndNanos = System.nanoTime();
  private volatile long endAtStart = UNKNOWN;
  private volatile int waiters;
  private volatile @Nullable Thread gathering;
  private volatile boolean closing;
  private volatile String trouble = "starting";

  ShardWorker(int partition, IngestSettings settings, Map<String, Object> client, Topics topics,
      LogIdentity identity, SeriesLoad.Node node, ShardWriter writer, DeadLetters deadLetters,
      AdmissionTopic admission, IngestRole.Listener listener) {
    this.partition = partition;
    this.settings = settings;
    this.client = client;
    this.identity = identity;
    this.headLimitBytes = settings.headLimitBytes(node.shards());
    this.load = new SeriesLoad(partition, node);
    this.admission = admission;
    this.samples = new TopicPartition(topics.samples(), partition);
    this.seriesSets = new TopicPartition(topics.seriesSets(), partition);
    this.writer = writer;
    this.deadLetters = deadLetters;
    this.listener = listener;
    this.appliedOffset = writer.appliedPosition().nextOffset();
  }

  long appliedOffset() {
    return appliedOffset;
  }

  long appliedSamples() {
    return appliedSamples;
  }

  /** Records of the log that are not applied yet, as of the last poll. */
  long lag() {
    return lag;
  }

  /** When it last began a poll after which nothing of the log was left to apply, of {@link System#nanoTime}. */
  long atEndNanos() {
    return atEndNanos;
  }

  /** Why nothing is being applied, or not yet everything that was in the log before the start, or "". */
  String trouble() {
    var known = trouble;
    long missing = missing(0);
    return known.isEmpty() && missing > 0
        ? "partition " + partition + " still reads " + missing
            + " records that were in its log before the start"
        : known;
  }

  /** How many records below {@code offset}, or of those in the log before the start, are not applied. */
  private long missing(long offset) {
    long atStart = endAtStart;
    return atStart == UNKNOWN ? 1 : Math.max(0, Math.max(offset, atStart) - appliedOffset);
  }

  /**
   * Waits until everything below {@code offset} is applied, and what was in the log before the start: it
   * was acknowledged by a former process.
   *
   * @return how many records are missing once the deadline has passed, 0 where none are
   */
  long awaitApplied(long offset, long deadlineNanos) throws InterruptedException {
    long missing = missing(offset);
    if (missing == 0) {
      return 0;
    }
    synchronized (appliedSignal) {
      waiters++;
      LockSupport.unpark(gathering);
      try {
        for (missing = missing(offset); missing > 0; missing = missing(offset)) {
          long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
          if (leftMs <= 0) {
            return missing;
          }
          appliedSignal.wait(leftMs);
        }
        return 0;
      } finally {
        waiters--;
      }
    }
  }

  /** Flushes on the worker's thread what it has applied by then. */
  CompletableFuture<Void> requestFlush() {
    var done = new CompletableFuture<Void>();
    flushRequests.add(done);
    wake();
    return done;
  }

  void close() {
    closing = true;
    wake();
  }

  void wake() {
    LockSupport.unpark(gathering);
    var consumer = polling;
    if (consumer != null) {
      consumer.wakeup();
    }
  }

  @Override
  public void run() {
    gathering = Thread.currentThread();
    while (!closing) {
      try {
        if (!identity.current().equals(positionedIn)) {
          position();
        }
        pollOnce();
        trouble = "";
      } catch (WakeupException woken) {
        // Somebody asks for a flush or the end; both are looked at below.
      } catch (LogTruncationException parted) {
        readOnFromWhereLogsPart(parted);
      } catch (OffsetOutOfRangeException | NoOffsetForPartitionException moved) {
        // Deleted below us, or cut above us by a broker that keeps no epochs.
        identity.refresh();
        checkEpoch = false;
        positionedIn = null;
      } catch (RuntimeException failed) {
        // Records of the poll that were not applied are read again; a record applied in part is applied
        // again as a whole, which changes nothing.
        positionedIn = null;
        troubled(failed);
        LockSupport.parkNanos(this, RETRY_NANOS);
      }
      serveFlushRequests();
    }
    try {
      flushIfNeeded(true);
    } catch (RuntimeException failed) {
      LOG.warn(
          "the last flush failed, its records are read from the log again partition={} reason={}",
          partition, failed.getMessage());
    }
    serveFlushRequests();
    closeConsumers();
  }

  private void troubled(RuntimeException failed) {
    if (trouble.isEmpty() || trouble.equals("starting")) {
      LOG.warn("shard does not follow its log partition={} reason={}", partition,
          failed.getMessage());
    }
    trouble = "partition " + partition + " does not follow its log: " + failed.getMessage();
  }

  /** Finds where to read from, and notes what the log has lost meanwhile. */
  private void position() {
    var consumer = samplesConsumer;
    if (consumer == null) {
      consumer = consumer(samples);
      samplesConsumer = consumer;
      setsConsumer = consumer(seriesSets);
      setsConsumer.seekToBeginning(List.of(seriesSets));
    }
    polling = consumer;
    long begin = consumer.beginningOffsets(List.of(samples), PATIENCE).getOrDefault(samples, 0L);
    long end = consumer.endOffsets(List.of(samples), PATIENCE).getOrDefault(samples, 0L);
    var log = identity.current();
    var applied = writer.appliedPosition();
    boolean sameLog = applied.clusterId().equals(log.clusterId())
        && applied.topicId().equals(log.topicId());
    boolean neverApplied = applied.clusterId().isEmpty();
    long next = sameLog ? applied.nextOffset() : neverApplied ? 0 : begin;
    if (!sameLog && !neverApplied) {
      LOG.warn("the log is another one, reading it from its beginning partition={} had={} got={}",
          partition, applied.topicId(), log.topicId());
    }
    if (next < begin) {
      writer.recordGap(next, begin, System.currentTimeMillis());
      LOG.warn("log lost before it was applied partition={} fromOffset={} toOffset={}", partition,
          next, begin);
      next = begin;
    }
    if (sameLog && checkEpoch && next == applied.nextOffset() && applied.leaderEpoch() >= 0) {
      // The broker compares: a log that parted from the one we applied is told by the next poll.
      consumer.seek(samples, new OffsetAndMetadata(next, Optional.of(applied.leaderEpoch()), ""));
    } else {
      if (next > end) {
        LOG.warn("the log ends below what was applied: reading on from its end partition={} "
            + "applied={} end={}", partition, next, end);
        next = end;
      }
      consumer.seek(samples, next);
    }
    catchUpSets();
    appliedOffset = Math.min(next, end);
    // Of another log than before nothing was promised.
    endAtStart = endAtStart == UNKNOWN ? end : Math.min(endAtStart, end);
    publishApplied(appliedOffset);
    checkEpoch = true;
    positionedIn = log;
    tellFlushed();
  }

  /** The log was cut below what we applied and grew on: what came after the cut is not known here yet. */
  private void readOnFromWhereLogsPart(LogTruncationException parted) {
    var consumer = samplesConsumer;
    if (consumer == null || !identity.refresh().equals(positionedIn)) {
      // Not the same log at all: the worker looks for its position in the new one.
      return;
    }
    var known = parted.divergentOffsets().get(samples);
    var had = writer.appliedPosition();
    if (known == null) {
      consumer.seekToBeginning(List.of(samples));
    } else {
      consumer.seek(samples, known.offset());
    }
    long next = consumer.position(samples, PATIENCE);
    LOG.warn("the log parted from the one that was applied, reading on from there partition={} "
        + "applied={} offset={}", partition, had.nextOffset(), next);
    endAtStart = Math.min(endAtStart, next);
    publishApplied(next);
  }

  private KafkaConsumer<byte[], byte[]> consumer(TopicPartition topic) {
    var properties = new HashMap<>(client);
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_uncommitted");
    properties.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1);
    properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 8 << 20);
    properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 4 << 20);
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 256);
    properties.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    var consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
    consumer.assign(List.of(topic));
    return consumer;
  }

  private void pollOnce() {
    var consumer = samplesConsumer;
    if (consumer == null) {
      return;
    }
    if (writer.headBytes() > headLimitBytes) {
      // A flush that failed comes first: the head does not grow past its bound meanwhile.
      flushIfNeeded(true);
    }
    long polledNanos = System.nanoTime();
    long before = appliedSamples;
    var records = consumer.poll(POLL);
    for (var record : records) {
      apply(record);
      if (writer.headBytes() > headLimitBytes || unflushedLogBytes > settings.flushLogBytes()) {
        flushIfNeeded(true);
      }
    }
    lag = consumer.currentLag(samples).orElse(0);
    if (lag == 0) {
      atEndNanos = polledNanos;
    }
    flushIfNeeded(false);
    tellOfSeries();
    if (System.nanoTime() - forgetSetsNanos > 0) {
      forgetSetsNanos = System.nanoTime() + FORGET_SETS_NANOS;
      forgetExpiredSets();
    }
    if (!records.isEmpty() && lag == 0 && waiters == 0 && !closing && flushRequests.isEmpty()) {
      LockSupport.parkNanos(this,
          appliedSamples - before >= MANY_SAMPLES ? GATHER_MANY_NANOS : GATHER_NANOS);
    }
  }

  /** Also between the records of a long way back: collectors decide by what they were told last. */
  private void tellOfSeries() {
    long now = System.nanoTime();
    if (now - tellNanos < 0) {
      return;
    }
    tellNanos = now + TELL_NANOS;
    long failures = admission.failures();
    if (failures != untoldFailures) {
      untoldFailures = failures;
      load.tellAgain();
    }
    load.look(writer, admission::tell);
  }

  private void apply(ConsumerRecord<byte[], byte[]> record) {
    try {
      reader.read(record.value());
      checkSets();
      applySamples();
    } catch (Failure undecodable) {
      if (undecodable.category() != Failure.Category.CORRUPT) {
        throw undecodable;
      }
      deadLetters.add(record, undecodable.getMessage());
    }
    if (!unflushed) {
      unflushed = true;
      oldestUnflushedNanos = System.nanoTime();
    }
    unflushedLogBytes += Math.max(0, record.serializedValueSize());
    int epoch = record.leaderEpoch().orElse(-1);
    var log = positionedIn;
    if (log == null) {
      throw new IllegalStateException("a record was read before the worker found its position");
    }
    writer.applied(new LogPosition(log.clusterId(), log.topicId(), epoch, record.offset() + 1));
    publishApplied(record.offset() + 1);
  }

  private void publishApplied(long offset) {
    appliedOffset = offset;
    if (waiters > 0) {
      synchronized (appliedSignal) {
        appliedSignal.notifyAll();
      }
    }
  }

  /** A record is applied as a whole or not at all, so its series are looked up before the first sample. */
  private void checkSets() {
    if (!allKnown()) {
      catchUpSets();
      if (!allKnown()) {
        throw Failure.corrupt("a record uses a series set that topic " + seriesSets.topic()
            + " does not hold, collector " + Long.toHexString(reader.collectorId()));
      }
    }
  }

  private boolean allKnown() {
    var ordinals = reader.columns().ordinals();
    for (int group = 0; group < reader.groupCount(); group++) {
      var set = sets.find(reader.collectorId(), reader.setNumber(group));
      if (set == null || !set.tenant().equals(reader.tenant())) {
        return false;
      }
      for (int i = reader.groupStart(group); i < reader.groupEnd(group); i++) {
        if (!set.knows(ordinals[i])) {
          return false;
        }
      }
    }
    return true;
  }

  private void applySamples() {
    var columns = reader.columns();
    for (int group = 0; group < reader.groupCount(); group++) {
      var set = sets.find(reader.collectorId(), reader.setNumber(group));
      if (set == null) {
        throw new IllegalStateException("set was not checked");
      }
      applyGroup(reader.kind(group), set, columns, reader.groupStart(group),
          reader.groupEnd(group));
    }
    appliedSamples = appliedSamples + columns.size();
  }

  /** Hot path: once per sample, allocates nothing. */
  private void applyGroup(SampleKind kind, SetTable.SeriesSet set, SampleColumns columns, int from,
      int to) {
    var ordinals = columns.ordinals();
    var times = columns.times();
    var values = columns.values();
    var starts = columns.starts();
    for (int i = from; i < to; i++) {
      int id = set.seriesId(ordinals[i], writer);
      long start = starts == null ? 0 : starts[i];
      switch (kind) {
        case FLOAT -> writer.append(id, times[i], start, values[i]);
        case HISTOGRAM -> writer.append(id, times[i], start, columns.histogram(i));
        case DELTA -> writer.appendDelta(id, start, times[i], values[i]);
        case DELTA_HISTOGRAM -> writer.appendDelta(id, start, times[i], columns.histogram(i));
      }
    }
  }

  private void catchUpSets() {
    var consumer = setsConsumer;
    if (consumer == null) {
      return;
    }
    long end = consumer.endOffsets(List.of(seriesSets), PATIENCE).getOrDefault(seriesSets, 0L);
    long deadline = System.nanoTime() + CATCH_UP_NANOS;
    while (consumer.position(seriesSets, PATIENCE) < end) {
      if (closing || System.nanoTime() - deadline > 0) {
        // Not "unknown": nothing is set aside because a broker is away.
        throw Failure.unavailable("topic " + seriesSets + " could not be read to its end " + end);
      }
      try {
        for (var record : consumer.poll(POLL)) {
          addToSets(record);
        }
      } catch (OffsetOutOfRangeException expired) {
        consumer.seekToBeginning(List.of(seriesSets));
      }
    }
  }

  private void addToSets(ConsumerRecord<byte[], byte[]> record) {
    if (record.value() == null) {
      return;
    }
    try {
      sets.add(record.value(), record.offset());
    } catch (Failure undecodable) {
      deadLetters.add(record, undecodable.getMessage());
    }
  }

  /** Sets expire in their topic; one of which nothing is left there is used by no record any more. */
  private void forgetExpiredSets() {
    var consumer = setsConsumer;
    if (consumer != null) {
      catchUpSets();
      sets.dropBelow(
          consumer.beginningOffsets(List.of(seriesSets), PATIENCE).getOrDefault(seriesSets, 0L));
    }
  }

  private void flushIfNeeded(boolean now) {
    if (!unflushed
        || !now && System.nanoTime() - oldestUnflushedNanos < settings.flushAge().toNanos()) {
      return;
    }
    // The log may forget what a flush covers: what could not be applied has to be elsewhere by then.
    deadLetters.settle();
    writer.flush();
    unflushed = false;
    unflushedLogBytes = 0;
    tellFlushed();
  }

  /** Also without a flush just done: whoever was told may have been killed before acting on it. */
  private void tellFlushed() {
    var log = positionedIn;
    var flushed = writer.flushedPosition();
    if (log != null && flushed.clusterId().equals(log.clusterId())
        && flushed.topicId().equals(log.topicId())) {
      listener.flushed(partition, flushed.nextOffset());
    }
  }

  private void serveFlushRequests() {
    for (var request = flushRequests.poll(); request != null; request = flushRequests.poll()) {
      try {
        if (unflushed) {
          flushIfNeeded(true);
        } else {
          tellFlushed();
        }
        request.complete(null);
      } catch (RuntimeException failed) {
        request.completeExceptionally(failed);
      }
    }
  }

  private void closeConsumers() {
    polling = null;
    for (var consumer : new @Nullable KafkaConsumer<?, ?>[] {samplesConsumer, setsConsumer}) {
      if (consumer != null) {
        consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
      }
    }
  }
}

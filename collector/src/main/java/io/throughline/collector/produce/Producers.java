package io.throughline.collector.produce;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Kafka producer in use, and the one after it: an idempotent producer can end in states it does not leave
 * by itself, so one that failed for good, or for long, is replaced. Sending and replacing are done by the
 * sender's thread alone; failures are told by Kafka's.
 */
final class Producers {
  private static final Logger LOG = LoggerFactory.getLogger(Producers.class);

  /** This many patiences without one acknowledgement, and a new producer is tried. */
  private static final int STALE_PATIENCES = 3;

  private final Map<String, Object> client;
  private final IntakeSettings settings;
  private final long patienceNanos;
  private @Nullable KafkaProducer<byte[], byte[]> producer;
  private long madeNanos;
  private volatile boolean replace;
  private volatile String trouble = "";
  private volatile long troubleSinceNanos;
  private volatile long troubleLastNanos;

  Producers(Map<String, Object> client, IntakeSettings settings) {
    this.client = Map.copyOf(client);
    this.settings = settings;
    this.patienceNanos = settings.ackTimeout().toNanos();
  }

  /**
   * What sends failed of lately, or "". Without failures it is forgotten after one patience: otherwise a
   * process that nobody writes to because it is not ready could not become ready.
   */
  String trouble() {
    var now = trouble;
    return now.isEmpty() || System.nanoTime() - troubleLastNanos > patienceNanos ? "" : now;
  }

  void succeeded() {
    if (!trouble.isEmpty()) {
      LOG.info("Kafka acknowledges again");
      trouble = "";
    }
  }

  void failed(Throwable cause) {
    long now = System.nanoTime();
    if (trouble.isEmpty()) {
      troubleSinceNanos = now;
      LOG.warn("Kafka does not acknowledge counter=throughline.collector.record.failures reason={}",
          cause.getMessage());
    }
    troubleLastNanos = now;
    trouble = "Kafka does not acknowledge: " + cause.getMessage();
    boolean forGood = cause instanceof KafkaException && !(cause instanceof RetriableException)
        && !(cause instanceof RecordTooLargeException);
    if (forGood || now - troubleSinceNanos > STALE_PATIENCES * patienceNanos) {
      replace = true;
    }
  }

  /** Sends; the callback is called once, on Kafka's thread or on this. */
  void send(ProducerRecord<byte[], byte[]> record, Callback callback) {
    try {
      producer().send(record, callback);
    } catch (KafkaException | IllegalStateException failed) {
      callback.onCompletion(null, failed);
    }
  }

  /** Closes a producer that has to go; what it still held fails. */
  void replaceIfNeeded() {
    // At most one a second: a cluster that refuses us refuses the next producer as well.
    if (replace && System.nanoTime() - madeNanos > TimeUnit.SECONDS.toNanos(1)) {
      LOG.warn("the producer is replaced reason={}", trouble);
      close(Duration.ZERO);
      replace = false;
      troubleSinceNanos = System.nanoTime();
    }
  }

  void close(Duration patience) {
    var closing = producer;
    producer = null;
    if (closing != null) {
      closing.close(patience);
    }
  }

  private KafkaProducer<byte[], byte[]> producer() {
    var now = producer;
    if (now == null) {
      madeNanos = System.nanoTime();
      now = new KafkaProducer<>(properties(), new ByteArraySerializer(), new ByteArraySerializer());
      producer = now;
    }
    return now;
  }

  private Map<String, Object> properties() {
    int patienceMs = (int) settings.ackTimeout().toMillis();
    var properties = new HashMap<>(client);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    // Group commit has gathered already.
    properties.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    properties.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 << 10);
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 2 * RecordPacker.RECORD_BYTES);
    properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, Math.max(32L << 20, settings.queueBytes()));
    properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, settings.compression());
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.max(50, patienceMs * 2 / 5));
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, patienceMs);
    // While it does not know the topic a send blocks the sender's thread, for all partitions.
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Math.clamp(patienceMs / 5, 50, 2_000));
    properties.put(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
    return properties;
  }
}

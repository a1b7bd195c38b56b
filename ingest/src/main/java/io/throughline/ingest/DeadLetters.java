package io.throughline.ingest;

import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.model.wire.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where records go that cannot be applied: the topic of dead letters, as they came, with headers {@code
 * reason}, {@code topic}, {@code partition} and {@code offset}. Counted before they are sent: a record that
 * cannot be applied must not stop those that can. Only a flush waits for them, and not for long. Shared by
 * all workers.
 */
final class DeadLetters implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Map<String, Object> client;
  private final String topic;
  private final LongCounter count;
  private final AtomicInteger unanswered = new AtomicInteger();
  private @Nullable KafkaProducer<byte[], byte[]> producer;

  DeadLetters(Map<String, Object> client, Topics topics, Meter meter) {
    this.client = client;
    this.topic = topics.deadLetter();
    this.count = meter.counterBuilder("throughline.ingest.dead_letters")
        .setUnit("{record}")
        .setDescription("Records that could not be applied and were set aside")
        .build();
  }

  synchronized void add(ConsumerRecord<byte[], byte[]> record, String reason) {
    count.add(1);
    LOG.warn("a record was set aside counter=throughline.ingest.dead_letters partition={} "
        + "offset={} reason={}", record.partition(), record.offset(), reason);
    var letter = new ProducerRecord<byte[], byte[]>(topic, record.value());
    letter.headers().add("reason", reason.getBytes(StandardCharsets.UTF_8));
    letter.headers().add("topic", record.topic().getBytes(StandardCharsets.UTF_8));
    letter.headers()
        .add("partition", String.valueOf(record.partition()).getBytes(StandardCharsets.US_ASCII));
    letter.headers()
        .add("offset", String.valueOf(record.offset()).getBytes(StandardCharsets.US_ASCII));
    unanswered.incrementAndGet();
    try {
      producer().send(letter, (at, failed) -> answered(record, failed));
    } catch (KafkaException failed) {
      answered(record, failed);
    }
  }

  private void answered(ConsumerRecord<byte[], byte[]> record, @Nullable Exception failed) {
    unanswered.decrementAndGet();
    if (failed != null) {
      LOG.error(
          "a dead letter was not kept: its record is lost with the log partition={} offset={} "
              + "reason={}",
          record.partition(), record.offset(), failed.getMessage());
    }
  }

  /** Waits a little until every letter is kept or given up. */
  void settle() {
    long deadline = System.nanoTime() + SETTLE_NANOS;
    while (unanswered.get() > 0 && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(this, 1_000_000);
    }
  }

  private KafkaProducer<byte[], byte[]> producer() {
    var now = producer;
    if (now == null) {
      var properties = new HashMap<>(client);
      properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 2_000);
      properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
      properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 1_000);
      properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 4 << 20);
      properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 8L << 20);
      now = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
      producer = now;
    }
    return now;
  }

  @Override
  public synchronized void close() {
    if (producer != null) {
      producer.close(Duration.ofSeconds(1));
      producer = null;
    }
  }
}

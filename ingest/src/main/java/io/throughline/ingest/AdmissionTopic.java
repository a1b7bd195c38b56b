package io.throughline.ingest;

import io.throughline.model.wire.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where shards tell collectors what they hold. What is not acknowledged is counted, and told again by its shard. */
final class AdmissionTopic implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdmissionTopic.class);

  private final Map<String, Object> client;
  private final String topic;
  private final AtomicLong failures = new AtomicLong();
  private @Nullable KafkaProducer<byte[], byte[]> producer;

  AdmissionTopic(Map<String, Object> client, Topics topics) {
    this.client = client;
    this.topic = topics.admission();
  }

  /** Grows with each record that was not acknowledged. */
  long failures() {
    return failures.get();
  }

  synchronized void tell(byte[] key, byte[] value) {
    try {
      producer().send(new ProducerRecord<>(topic, 0, key, value), (at, failed) -> {
        if (failed != null) {
          failed(failed);
        }
      });
    } catch (KafkaException away) {
      failed(away);
    }
  }

  private void failed(Exception reason) {
    failures.incrementAndGet();
    LOG.debug("collectors were not told of series, telling them again reason={}",
        reason.getMessage());
  }

  private KafkaProducer<byte[], byte[]> producer() {
    var now = producer;
    if (now == null) {
      var properties = new HashMap<>(client);
      properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 2_000);
      properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 5_000);
      properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 500);
      properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 8L << 20);
      properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
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

package io.throughline.broker;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Whether Kafka takes a record now, found out by writing one: an empty one into a topic nobody reads.
 * Costs nothing before it is first asked.
 */
public final class WriteProbe implements AutoCloseable {
  private static final int PATIENCE_MS = 1_500;
  private static final byte[] NOTHING = {};

  private final Map<String, Object> client;
  private final String topic;
  private @Nullable KafkaProducer<byte[], byte[]> producer;
  private boolean closed;

  /** @param prefix as of {@link Topics} */
  public WriteProbe(Map<String, Object> clientProperties, String prefix) {
    this.client = clientProperties;
    this.topic = prefix + Topics.READINESS;
  }

  /** Why Kafka did not acknowledge a record within {@value #PATIENCE_MS} ms, or "" if it did. Waits. */
  public synchronized String reason() {
    if (closed) {
      return "the process is stopping";
    }
    try {
      var now = producer;
      if (now == null) {
        now = open();
        producer = now;
      }
      now.send(new ProducerRecord<>(topic, NOTHING)).get(PATIENCE_MS, TimeUnit.MILLISECONDS);
      return "";
    } catch (TimeoutException late) {
      return "Kafka did not acknowledge a record within " + PATIENCE_MS + " ms";
    } catch (ExecutionException | KafkaException refused) {
      var cause = refused.getCause() == null ? refused : refused.getCause();
      return "Kafka takes no records: " + cause.getMessage();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return "interrupted while writing to Kafka";
    }
  }

  private KafkaProducer<byte[], byte[]> open() {
    var properties = new HashMap<>(client);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    // Without numbers of its own a record that fails leaves nothing behind that has to be repaired.
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false);
    properties.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE_MS);
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, PATIENCE_MS);
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, PATIENCE_MS);
    properties.put(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
    properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 64L << 10);
    properties.put(ProducerConfig.BATCH_SIZE_CONFIG, 1_024);
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (producer != null) {
      producer.close(Duration.ZERO);
      producer = null;
    }
  }
}

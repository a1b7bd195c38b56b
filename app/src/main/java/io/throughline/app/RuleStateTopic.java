package io.throughline.app;

import io.throughline.broker.Topics;
import io.throughline.model.Failure;
import io.throughline.rules.StateLog;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The state of alerts in the compacted topic {@code alert-state}: key {@code tenant;} and the log's key, value the log's, null
 * deletes; under {@code tenant;#owner} the name of the process that began last. Each {@link #save} is one transaction of a
 * transactional id that all processes of an installation share: the process that began last owns the rules and an older
 * one is fenced at its next save.
 *
 * <p>A transaction that failed is aborted, and its entries are saved with the next. If even that fails, the producer is
 * replaced, unless somebody else has become the owner meanwhile: a new producer would fence them.
 */
final class RuleStateTopic implements StateLog, AutoCloseable {
  private static final String ID = "rules";
  private static final String OWNER = "#owner";
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Map<String, Object> client;
  private final String topic;
  private final String transactionalId;
  private final String prefix;
  private final byte[] ownName = UUID.randomUUID().toString().getBytes(StandardCharsets.UTF_8);
  private @Nullable KafkaProducer<byte[], byte[]> producer;
  private boolean began;

  /**
   * @param client Kafka client properties
   * @param topicPrefix before the topic's and the transactional id's name
   */
  RuleStateTopic(Map<String, Object> client, String topicPrefix, String tenant) {
    this.client = client;
    this.topic = topicPrefix + Topics.ALERT_STATE;
    this.transactionalId = topicPrefix + ID;
    this.prefix = tenant + ";";
  }

  /** Becomes the owner, then reads what the owners before have left. */
  @Override
  public synchronized Map<String, byte[]> load() {
    save(Map.of());
    var kept = read();
    kept.remove(OWNER);
    return kept;
  }

  private Map<String, byte[]> read() {
    var properties = new HashMap<>(client);
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    var kept = new HashMap<String, byte[]>();
    try (var consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(),
        new ByteArrayDeserializer())) {
      var partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition), PATIENCE).getOrDefault(partition, 0L);
      while (consumer.position(partition, PATIENCE) < end) {
        for (var record : consumer.poll(Duration.ofMillis(500))) {
          var key = new String(record.key(), StandardCharsets.UTF_8);
          if (!key.startsWith(prefix)) {
            continue;
          }
          if (record.value() == null) {
            kept.remove(key.substring(prefix.length()));
          } else {
            kept.put(key.substring(prefix.length()), record.value());
          }
        }
      }
      return kept;
    } catch (KafkaException failed) {
      throw unavailable("read from", failed);
    }
  }

  private Failure unavailable(String what, KafkaException failed) {
    return new Failure(Failure.Category.UNAVAILABLE, "the state of alerts was not " + what + " "
        + topic + ": " + failed.getMessage(), failed);
  }

  private KafkaProducer<byte[], byte[]> begin() {
    var open = producer;
    if (open != null) {
      return open;
    }
    if (began) {
      var owner = read().get(OWNER);
      if (!Arrays.equals(owner, ownName)) {
        throw new Fenced("a process that began later owns the rules", new IllegalStateException(
            "another name stands in " + topic));
      }
    }
    var properties = new HashMap<>(client);
    properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE.toMillis());
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis() / 2);
    properties.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, (int) PATIENCE.toMillis() * 2);
    properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 8L << 20);
    var made = new KafkaProducer<>(properties, new ByteArraySerializer(),
        new ByteArraySerializer());
    try {
      made.initTransactions();
    } catch (KafkaException failed) {
      made.close(Duration.ZERO);
      throw unavailable("written to", failed);
    }
    producer = made;
    return made;
  }

  @Override
  public synchronized void save(Map<String, byte[]> entries) {
    var open = begin();
    try {
      open.beginTransaction();
      if (!began) {
        send(open, OWNER, ownName);
      }
      entries.forEach((key, value) -> send(open, key, value.length == 0 ? null : value));
      open.commitTransaction();
      began = true;
    } catch (ProducerFencedException | InvalidProducerEpochException fenced) {
      throw new Fenced("a process that began later owns the rules", fenced);
    } catch (KafkaException failed) {
      abort(open);
      throw unavailable("written to", failed);
    }
  }

  private void send(KafkaProducer<byte[], byte[]> open, String key, byte @Nullable [] value) {
    // What fails here fails the commit.
    var _ = open.send(new ProducerRecord<>(topic, 0, (prefix + key).getBytes(
        StandardCharsets.UTF_8), value));
  }

  private void abort(KafkaProducer<byte[], byte[]> open) {
    try {
      open.abortTransaction();
    } catch (ProducerFencedException | InvalidProducerEpochException fenced) {
      throw new Fenced("a process that began later owns the rules", fenced);
    } catch (KafkaException | IllegalStateException unusable) {
      // A commit that timed out may yet go through, and this producer then permits nothing but that commit: the
      // next one settles it, one way or the other, when it begins.
      open.close(Duration.ZERO);
      producer = null;
    }
  }

  @Override
  public synchronized void close() {
    var open = producer;
    if (open != null) {
      open.close(Duration.ofSeconds(1));
      producer = null;
    }
  }
}

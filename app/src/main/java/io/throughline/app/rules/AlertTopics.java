package io.throughline.app.rules;

import io.throughline.broker.Topics;
import io.throughline.model.Failure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * How the two topics of alerts are read and written; a share of groups is a partition of both.
 *
 * <pre>
 * topic          key                  value
 * alert-state    tenant;state's key   the state's value; null deletes
 *                tenant;#owner        which process owns the partition, written by it
 * alert-history  null                 one change of one alert
 * </pre>
 *
 * Both are written in the same transaction and read once it is committed.
 */
final class AlertTopics {

  static final String OWNER = "#owner";
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Map<String, Object> client;
  private final String topicPrefix;
  private final String keyPrefix;

  /** @param topicPrefix before the topics' and transactional ids' names */
  AlertTopics(Map<String, Object> client, String topicPrefix, String tenant) {
    this.client = client;
    this.topicPrefix = topicPrefix;
    this.keyPrefix = tenant + ";";
  }

  TopicPartition state(int share) {
    return new TopicPartition(topicPrefix + Topics.ALERT_STATE, share);
  }

  TopicPartition history(int share) {
    return new TopicPartition(topicPrefix + Topics.ALERT_HISTORY, share);
  }

  String topicPrefix() {
    return topicPrefix;
  }

  /** A consumer of committed records that commits nothing by itself. */
  KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> more) {
    var properties = new HashMap<>(client);
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    properties.putAll(more);
    return new KafkaConsumer<>(properties, new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }

  /** All that is kept of a share, the owner's entry included. */
  Map<String, byte[]> read(int share) {
    var kept = new HashMap<String, byte[]>();
    try (var consumer = consumer(Map.of())) {
      var partition = state(share);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition), PATIENCE).getOrDefault(partition, 0L);
      while (consumer.position(partition, PATIENCE) < end) {
        for (var record : consumer.poll(Duration.ofMillis(500))) {
          put(kept, record.key(), record.value());
        }
      }
      return kept;
    } catch (KafkaException failed) {
      throw unavailable("read", failed);
    }
  }

  /** Lays a record of {@code alert-state} over what is known; those of other tenants are left out. */
  void put(Map<String, byte[]> kept, byte[] recordKey, byte[] value) {
    var key = new String(recordKey, StandardCharsets.UTF_8);
    if (!key.startsWith(keyPrefix)) {
      return;
    }
    if (value == null) {
      kept.remove(key.substring(keyPrefix.length()));
    } else {
      kept.put(key.substring(keyPrefix.length()), value);
    }
  }

  /** A producer that has begun its transactional id: whoever had it before is fenced. */
  KafkaProducer<byte[], byte[]> producer(String transactionalId) {
    var properties = new HashMap<>(client);
    properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, topicPrefix + transactionalId);
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
      return made;
    } catch (KafkaException failed) {
      made.close(Duration.ZERO);
      throw unavailable("written", failed);
    }
  }

  /** Sends entries and changes in the transaction that has begun. What fails here fails the commit. */
  void send(Producer<byte[], byte[]> producer, int share, Map<String, byte[]> entries,
      List<byte[]> changes) {
    var state = state(share);
    entries.forEach((key, value) -> {
      var _ = producer.send(new ProducerRecord<>(state.topic(), share,
          (keyPrefix + key).getBytes(StandardCharsets.UTF_8), value.length == 0 ? null : value));
    });
    var history = history(share);
    for (var change : changes) {
      var _ = producer.send(new ProducerRecord<>(history.topic(), share, null, change));
    }
  }

  /** @param what was to be done: {@code read} or {@code written} */
  static Failure unavailable(String what, KafkaException failed) {
    return new Failure(Failure.Category.UNAVAILABLE,
        "the state of alerts was not " + what + ": " + failed.getMessage(), failed);
  }
}

package io.throughline.collector.produce;

import io.throughline.model.Failure;
import io.throughline.model.wire.ShardLoad;
import io.throughline.model.wire.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the topic {@code admission} from its beginning, on a thread of its own, for as long as the collector runs. While
 * Kafka is away, what was heard last holds.
 */
final class AdmissionFollower implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdmissionFollower.class);
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final long RETRY_NANOS = 500_000_000;

  private final Map<String, Object> client;
  private final TopicPartition topic;
  private final SeriesBounds bounds;
  private final Thread thread = Thread.ofPlatform()
      .name("collector-admission")
      .daemon()
      .unstarted(this::run);
  private volatile @Nullable KafkaConsumer<byte[], byte[]> open;
  private volatile boolean closing;

  AdmissionFollower(Map<String, Object> client, Topics topics, SeriesBounds bounds) {
    this.client = client;
    this.topic = new TopicPartition(topics.admission(), 0);
    this.bounds = bounds;
  }

  void start() {
    thread.start();
  }

  private void run() {
    while (!closing) {
      try (var consumer = consumer()) {
        open = consumer;
        bounds.readToEnd(false);
        long end = consumer.endOffsets(List.of(topic)).getOrDefault(topic, 0L);
        while (!closing) {
          consumer.poll(POLL).forEach(this::take);
          if (consumer.position(topic) >= end) {
            bounds.readToEnd(true);
          }
        }
      } catch (WakeupException woken) {
        // To end, which the loop sees.
      } catch (RuntimeException away) {
        LOG.debug("topic {} is not read, trying again reason={}", topic, away.getMessage());
        LockSupport.parkNanos(RETRY_NANOS);
      } finally {
        open = null;
      }
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    var properties = new HashMap<>(client);
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    properties.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
    var consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
    consumer.assign(List.of(topic));
    consumer.seekToBeginning(List.of(topic));
    return consumer;
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    if (record.value() == null || record.key() == null) {
      return;
    }
    try {
      var key = ShardLoad.readKey(record.key());
      if (key.isPiece()) {
        bounds.takePiece(key.partition(), key.piece(), ShardLoad.readPiece(record.value()));
      } else {
        bounds.take(ShardLoad.read(key.partition(), record.value()));
      }
    } catch (Failure undecodable) {
      LOG.warn("a record of topic {} is passed over offset={} reason={}", topic, record.offset(),
          undecodable.getMessage());
    }
  }

  @Override
  public void close() {
    closing = true;
    var consumer = open;
    if (consumer != null) {
      consumer.wakeup();
    }
    try {
      thread.join(2_000);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

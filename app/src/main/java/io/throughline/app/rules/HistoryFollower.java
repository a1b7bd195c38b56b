package io.throughline.app.rules;

import io.throughline.rules.StateLog;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands over the history of alerts as it grows, on a thread of its own. While Kafka is away it tries again; what was handed
 * over stays found meanwhile.
 */
final class HistoryFollower implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HistoryFollower.class);
  private static final Duration LOOK = Duration.ofSeconds(5);
  private static final long PAUSE_NANOS = 1_000_000_000L;
  private static final long STOP_MS = 2_000;

  private final AlertTopics topics;
  private final List<TopicPartition> partitions;
  private volatile boolean closing;
  private volatile @Nullable KafkaConsumer<byte[], byte[]> open;
  private @Nullable Thread thread;

  HistoryFollower(AlertTopics topics, int shareCount) {
    this.topics = topics;
    this.partitions = IntStream.range(0, shareCount).mapToObj(topics::history).toList();
  }

  void start(StateLog.Following following) {
    var started = Thread.ofPlatform()
        .name("alert-history")
        .daemon()
        .unstarted(() -> follow(following));
    thread = started;
    started.start();
  }

  private void follow(StateLog.Following following) {
    while (!closing) {
      // One answer may take as long as a look: a broker that has nothing new then holds it back and nobody turns in vain.
      try {
        var consumer = topics
            .consumer(Map.of(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, (int) LOOK.toMillis()));
        try {
          open = consumer;
          consumer.assign(partitions);
          for (var partition : partitions) {
            consumer.seek(partition, following.nextOffset(partition.partition()));
          }
          while (!closing) {
            handOver(consumer, following);
          }
        } finally {
          // Nobody waits for a farewell, which the broker would hear after the look that it holds back.
          consumer.close(CloseOptions.timeout(Duration.ZERO));
        }
      } catch (WakeupException told) {
        // To close; the loop looks.
      } catch (KafkaException away) {
        LOG.warn("the history of alerts is not read on, trying again in a second reason={}",
            away.getMessage());
        LockSupport.parkNanos(PAUSE_NANOS);
      } catch (RuntimeException defect) {
        LOG.error("the history of alerts met a defect and is searched as it is", defect);
        return;
      } finally {
        open = null;
      }
    }
  }

  private void handOver(KafkaConsumer<byte[], byte[]> consumer, StateLog.Following following) {
    for (var record : consumer.poll(LOOK)) {
      following.add(record.partition(), record.offset(), record.value());
    }
    long lag = 0;
    for (var partition : partitions) {
      lag += consumer.currentLag(partition).orElse(0);
    }
    following.caughtUp(lag);
  }

  @Override
  public void close() {
    closing = true;
    var consumer = open;
    if (consumer != null) {
      consumer.wakeup();
    }
    var started = thread;
    if (started != null) {
      try {
        started.join(STOP_MS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

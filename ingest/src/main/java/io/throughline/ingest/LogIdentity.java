package io.throughline.ingest;

import io.throughline.model.wire.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which log the partitions belong to: a topic that was deleted and made anew has the same name, another id
 * and offsets that mean something else. Asked when a worker looks for its position, and now and then.
 */
final class LogIdentity implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LogIdentity.class);
  private static final long PATIENCE_MS = 3_000;
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Equal where it is the same log. */
  record Log(String clusterId, String topicId) {}

  private final Map<String, Object> client;
  private final String topic;
  private final Thread watcher = Thread.ofPlatform()
      .name("ingest-log-identity")
      .daemon()
      .unstarted(this::watch);
  private final Runnable onChange;
  private volatile Log current;
  private volatile boolean closed;
  private @Nullable Admin admin;

  /** @param onChange called on this class's thread when the log is another one */
  LogIdentity(Map<String, Object> client, Topics topics, String clusterId, String topicId,
      Runnable onChange) {
    this.client = client;
    this.topic = topics.samples();
    this.current = new Log(clusterId, topicId);
    this.onChange = onChange;
  }

  void start() {
    watcher.start();
  }

  Log current() {
    return current;
  }

  /** Asks the cluster; where it does not answer, what was known stays true. */
  synchronized Log refresh() {
    if (closed) {
      return current;
    }
    try {
      var now = admin;
      if (now == null) {
        now = Admin.create(new HashMap<>(client));
        admin = now;
      }
      var clusterId = now.describeCluster().clusterId().get(PATIENCE_MS, TimeUnit.MILLISECONDS);
      var description = now.describeTopics(List.of(topic))
          .allTopicNames()
          .get(PATIENCE_MS, TimeUnit.MILLISECONDS)
          .get(topic);
      if (clusterId != null && description != null) {
        var found = new Log(clusterId, description.topicId().toString());
        if (!found.equals(current)) {
          LOG.warn("the log of samples is another one topic={} had={} got={}", topic, current,
              found);
          current = found;
        }
      }
    } catch (ExecutionException | TimeoutException | KafkaException away) {
      LOG.debug("the cluster does not say which log it holds reason={}", away.getMessage());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    return current;
  }

  private void watch() {
    try {
      while (!closed) {
        TimeUnit.NANOSECONDS.sleep(PAUSE_NANOS);
        var before = current;
        if (!refresh().equals(before)) {
          onChange.run();
        }
      }
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed = true;
    watcher.interrupt();
    Admin open;
    synchronized (this) {
      open = admin;
      admin = null;
    }
    if (open != null) {
      open.close(Duration.ofMillis(500));
    }
  }
}

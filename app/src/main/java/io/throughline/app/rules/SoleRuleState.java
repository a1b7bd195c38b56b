package io.throughline.app.rules;

import io.throughline.rules.StateLog;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.jspecify.annotations.Nullable;

/**
 * The state of alerts where one process owns all groups: with the embedded broker, which nobody else reaches. There is one
 * share. Each {@link #save} is one transaction of an id that every process would use: the one that began last owns the
 * rules and an older one is fenced at its next save.
 *
 * <p>A transaction that failed is aborted, and its entries are saved with the next. If even that fails, the producer is
 * replaced, unless somebody else has become the owner meanwhile: a new producer would fence them.
 */
public final class SoleRuleState implements StateLog {
  private static final String ID = "rules";

  private final AlertTopics topics;
  private final HistoryFollower follower;
  private final byte[] ownName = UUID.randomUUID().toString().getBytes(StandardCharsets.UTF_8);
  private final Supplier<Producer<byte[], byte[]>> producers;
  private @Nullable Producer<byte[], byte[]> producer;
  private boolean began;
  private volatile boolean fenced;

  /**
   * @param client Kafka client properties
   * @param topicPrefix before the topics' and the transactional id's name
   */
  public SoleRuleState(Map<String, Object> client, String topicPrefix, String tenant) {
    this(new AlertTopics(client, topicPrefix, tenant));
  }

  private SoleRuleState(AlertTopics topics) {
    this(topics, () -> topics.producer(ID));
  }

  /** @param producers begins the transactional id: whoever had it before is fenced */
  SoleRuleState(AlertTopics topics, Supplier<Producer<byte[], byte[]>> producers) {
    this.topics = topics;
    this.producers = producers;
    this.follower = new HistoryFollower(topics, 1);
  }

  @Override
  public int shareCount() {
    return 1;
  }

  /** Becomes the owner, then reads what the owners before have left. */
  @Override
  public void start(Shares shares) {
    Map<String, byte[]> kept;
    synchronized (this) {
      save(0, Map.of(), List.of());
      kept = topics.read(0);
    }
    kept.remove(AlertTopics.OWNER);
    shares.taken(0, kept);
  }

  /** True while Kafka is away too: nobody else could begin then, and an alert that waits for a log is worse than one told twice. */
  @Override
  public boolean owns(int share) {
    return !fenced;
  }

  private Fenced fenced(Throwable cause) {
    fenced = true;
    return new Fenced("a process that began later owns the rules", cause);
  }

  private Producer<byte[], byte[]> begin() {
    var open = producer;
    if (open != null) {
      return open;
    }
    if (began && !Arrays.equals(topics.read(0).get(AlertTopics.OWNER), ownName)) {
      throw fenced(new IllegalStateException("another name stands in the state's topic"));
    }
    var made = producers.get();
    producer = made;
    return made;
  }

  @Override
  public synchronized void save(int share, Map<String, byte[]> entries, List<byte[]> changes) {
    var open = begin();
    try {
      open.beginTransaction();
      var all = new HashMap<>(entries);
      if (!began) {
        all.put(AlertTopics.OWNER, ownName);
      }
      topics.send(open, 0, all, changes);
      open.commitTransaction();
      began = true;
    } catch (ProducerFencedException | InvalidProducerEpochException replaced) {
      throw fenced(replaced);
    } catch (KafkaException failed) {
      abort(open);
      throw AlertTopics.unavailable("written", failed);
    }
  }

  private void abort(Producer<byte[], byte[]> open) {
    try {
      open.abortTransaction();
    } catch (ProducerFencedException | InvalidProducerEpochException replaced) {
      throw fenced(replaced);
    } catch (KafkaException | IllegalStateException unusable) {
      // A commit that timed out may yet go through, and this producer then permits nothing but that commit: the
      // next one settles it, one way or the other, when it begins.
      open.close(Duration.ZERO);
      producer = null;
    }
  }

  @Override
  public void follow(Following following) {
    follower.start(following);
  }

  @Override
  public synchronized void close() {
    follower.close();
    var open = producer;
    if (open != null) {
      open.close(Duration.ofSeconds(1));
      producer = null;
    }
  }
}

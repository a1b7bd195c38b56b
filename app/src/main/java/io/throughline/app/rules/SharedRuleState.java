package io.throughline.app.rules;

import io.throughline.model.Failure;
import io.throughline.rules.StateLog;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of alerts where several processes share the groups: each partition of {@code alert-state} is a share, and Kafka's
 * consumer group {@code rules} says whose it is.
 *
 * <p><b>Saving.</b> A save is one transaction that also commits an offset with the group's generation: the coordinator
 * refuses it from a process that is no longer in the group, so what a fenced owner saves is never committed (KIP-447). A new
 * owner first asks for the committed offset, which waits for such transactions that are still open, and reads then.
 *
 * <p><b>Acting.</b> Writing and notifying is outside of any transaction. Every {@link Timing#beat} the process commits an
 * offset; a commit that succeeded shows that it was in the group after it was sent, and from that moment it may act for
 * {@link Timing#lease}, by its own clock. A new owner waits as long before it acts, unless the one before has given the
 * share back. So clocks need not agree, only run alike. While Kafka is away nobody can show that he is the owner, and
 * nobody acts.
 *
 * <p>One thread belongs to the group and calls {@link Shares}; saves come from any thread.
 */
public final class SharedRuleState implements StateLog {
  private static final Logger LOG = LoggerFactory.getLogger(SharedRuleState.class);
  private static final String GROUP = "rules";
  private static final byte[] GIVEN_BACK = "given back".getBytes(StandardCharsets.UTF_8);

  /**
   * How quickly a process is replaced.
   *
   * @param session after how long without a heartbeat the group goes on without a process
   * @param stall after how long without a beat it does, though heartbeats come
   * @param beat how often a process shows that it is in the group
   * @param lease how long after that it acts at most
   * @param look how often a process looks how groups stand that others evaluate
   * @param nanos the clock by which leases run out
   */
  record Timing(Duration session, Duration stall, Duration beat, Duration lease, Duration look,
      LongSupplier nanos) {
    static final Timing STANDARD = new Timing(Duration.ofSeconds(10), Duration.ofSeconds(60),
        Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(5), System::nanoTime);
  }

  private final AlertTopics topics;
  private final HistoryFollower follower;
  private final int shareCount;
  private final Timing timing;
  private final Runnable beforeBeat;
  private final String ownName = UUID.randomUUID().toString();
  private final Thread thread;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean closing;

  /** Until when, by the timing's clock, this process certainly is in the group as it last knew it. */
  private volatile long leaseUntilNanos;

  // Of the group's thread alone.
  private final Set<Integer> assigned = new TreeSet<>();
  private final Map<Integer, Long> waitUntilNanos = new TreeMap<>();
  private @Nullable Shares shares;
  private long lookedAtOthersNanos;

  // Guarded by this, which a save holds from its check to its commit: nothing is saved after a release.
  private final Set<Integer> owned = new TreeSet<>();
  private @Nullable ConsumerGroupMetadata membership;
  private @Nullable KafkaProducer<byte[], byte[]> producer;
  private volatile Set<Integer> acting = Set.of();

  /**
   * @param client Kafka client properties
   * @param topicPrefix before the topics', the group's and the transactional id's name
   * @param shareCount partitions of {@code alert-state}
   */
  public SharedRuleState(Map<String, Object> client, String topicPrefix, String tenant,
      int shareCount) {
    this(client, topicPrefix, tenant, shareCount, Timing.STANDARD, () -> {});
  }

  /** @param beforeBeat called by the group's thread before each beat; a test stops a process there */
  SharedRuleState(Map<String, Object> client, String topicPrefix, String tenant, int shareCount,
      Timing timing, Runnable beforeBeat) {
    this.topics = new AlertTopics(client, topicPrefix, tenant);
    this.follower = new HistoryFollower(topics, shareCount);
    this.shareCount = shareCount;
    this.timing = timing;
    this.beforeBeat = beforeBeat;
    this.leaseUntilNanos = timing.nanos.getAsLong();
    this.thread = Thread.ofPlatform().name("rules-owner").daemon().unstarted(this::belong);
  }

  @Override
  public int shareCount() {
    return shareCount;
  }

  @Override
  public void start(Shares hearing) {
    shares = hearing;
    thread.start();
  }

  @Override
  public boolean owns(int share) {
    return acting.contains(share) && now() - leaseUntilNanos < 0;
  }

  private long now() {
    return timing.nanos.getAsLong();
  }

  // ---- belonging to the group ---------------------------------------------------------------

  private void belong() {
    try {
      while (!closing) {
        try (var consumer = topics.consumer(group())) {
          consumer.subscribe(List.of(topics.state(0).topic()), new Rebalance(consumer));
          while (!closing) {
            beforeBeat.run();
            beat(consumer);
          }
          // Given back in order, before the group hears that this process leaves.
          release(new ArrayList<>(assigned), true);
        } catch (KafkaException failed) {
          LOG.warn("this process left the group that shares the rules and joins it again reason={}",
              failed.getMessage());
          release(new ArrayList<>(assigned), false);
        }
      }
    } catch (RuntimeException | Error defect) {
      LOG.error("the thread that owns rules met a defect: this process evaluates none any more",
          defect);
      release(new ArrayList<>(assigned), false);
    } finally {
      ended.countDown();
    }
  }

  private Map<String, Object> group() {
    var session = timing.session.toMillis();
    return Map.of(ConsumerConfig.GROUP_ID_CONFIG, topics.topicPrefix() + GROUP,
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
        CooperativeStickyAssignor.class.getName(), ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
        (int) session, ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, (int) (session / 5),
        ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, (int) timing.stall.toMillis(),
        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) AlertTopics.PATIENCE.toMillis() * 3);
  }

  private void beat(KafkaConsumer<byte[], byte[]> consumer) {
    consumer.pause(consumer.assignment());
    consumer.poll(timing.beat);
    synchronized (this) {
      membership = consumer.groupMetadata();
    }
    prove(consumer);
    takeDue(consumer);
    lookAtOthers();
  }

  /** Commits offsets that mean nothing: that the coordinator takes them does. */
  private void prove(KafkaConsumer<byte[], byte[]> consumer) {
    if (assigned.isEmpty()) {
      return;
    }
    long sentNanos = now();
    try {
      consumer.commitSync(offsets(assigned), timing.lease);
      leaseUntilNanos = sentNanos + timing.lease.toNanos();
    } catch (RebalanceInProgressException soon) {
      // The next poll joins.
    } catch (CommitFailedException | FencedInstanceIdException gone) {
      leaseUntilNanos = sentNanos;
    } catch (KafkaException away) {
      LOG.warn("whether this process owns rules was not confirmed reason={}", away.getMessage());
    }
  }

  private Map<TopicPartition, OffsetAndMetadata> offsets(Collection<Integer> some) {
    var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
    some.forEach(share -> offsets.put(topics.state(share), new OffsetAndMetadata(0)));
    return offsets;
  }

  private final class Rebalance implements ConsumerRebalanceListener {
    private final KafkaConsumer<byte[], byte[]> consumer;

    Rebalance(KafkaConsumer<byte[], byte[]> consumer) {
      this.consumer = consumer;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      for (var partition : partitions) {
        assigned.add(partition.partition());
        waitUntilNanos.put(partition.partition(), 0L);
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      synchronized (SharedRuleState.this) {
        membership = consumer.groupMetadata();
      }
      release(partitions.stream().map(TopicPartition::partition).toList(), true);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      leaseUntilNanos = now();
      release(partitions.stream().map(TopicPartition::partition).toList(), false);
    }
  }

  /** Takes what is assigned and waits to be taken; what cannot be read now is tried again with the next beat. */
  private void takeDue(KafkaConsumer<byte[], byte[]> consumer) {
    for (var share : new ArrayList<>(waitUntilNanos.keySet())) {
      try {
        if (waitUntilNanos.getOrDefault(share, 0L) == 0) {
          // Answers once no transaction of an older generation is open any more.
          consumer.committed(Set.of(topics.state(share)));
          var owner = topics.read(share).get(AlertTopics.OWNER);
          boolean free = owner == null || Arrays.equals(owner, GIVEN_BACK);
          waitUntilNanos.put(share, now() + (free ? 0 : timing.lease.toNanos()));
        }
        if (now() - waitUntilNanos.getOrDefault(share, 0L) >= 0) {
          take(share);
          waitUntilNanos.remove(share);
        }
      } catch (Failure | KafkaException notYet) {
        LOG.warn("a share of the rules was not taken yet share={} reason={}", share,
            notYet.getMessage());
      } catch (Fenced replaced) {
        waitUntilNanos.remove(share);
      }
    }
  }

  private void take(int share) {
    synchronized (this) {
      owned.add(share);
    }
    save(share, Map.of(AlertTopics.OWNER, ownName.getBytes(StandardCharsets.UTF_8)), List.of());
    var state = topics.read(share);
    state.remove(AlertTopics.OWNER);
    synchronized (this) {
      acting = Set.copyOf(owned);
    }
    if (shares != null) {
      shares.taken(share, state);
    }
    LOG.info("this process evaluates a share of the rules share={} of={}", share, shareCount);
  }

  /** @param inOrder whether this process is in the group still, and may say that it gives the shares back */
  private void release(List<Integer> some, boolean inOrder) {
    for (int share : some) {
      assigned.remove(share);
      waitUntilNanos.remove(share);
      boolean was;
      synchronized (this) {
        was = owned.contains(share);
      }
      if (!was) {
        continue;
      }
      if (shares != null) {
        shares.released(share);
      }
      if (inOrder) {
        try {
          save(share, Map.of(AlertTopics.OWNER, GIVEN_BACK), List.of());
        } catch (Failure | Fenced untold) {
          LOG.info("the next owner of a share of the rules waits for a lease share={} reason={}",
              share, untold.getMessage());
        }
      }
      synchronized (this) {
        owned.remove(share);
        acting = Set.copyOf(owned);
      }
      LOG.info("this process evaluates a share of the rules no more share={}", share);
    }
  }

  /** Shows now and then how groups stand that others evaluate. */
  private void lookAtOthers() {
    var hearing = shares;
    if (hearing == null || assigned.size() == shareCount
        || System.nanoTime() - lookedAtOthersNanos < timing.look.toNanos()) {
      return;
    }
    lookedAtOthersNanos = System.nanoTime();
    for (int share = 0; share < shareCount; share++) {
      if (!assigned.contains(share)) {
        try {
          var state = topics.read(share);
          state.remove(AlertTopics.OWNER);
          hearing.seen(share, state);
        } catch (Failure away) {
          LOG.info("how others' rules stand was not read share={} reason={}", share,
              away.getMessage());
        }
      }
    }
  }

  // ---- saving -------------------------------------------------------------------------------

  @Override
  public synchronized void save(int share, Map<String, byte[]> entries, List<byte[]> changes) {
    var member = membership;
    if (!owned.contains(share) || member == null) {
      throw new Fenced("another process owns share " + share + " of the rules",
          new IllegalStateException("it was given back"));
    }
    var writer = producer;
    if (writer == null) {
      writer = topics.producer(GROUP + "-" + ownName);
      producer = writer;
    }
    try {
      writer.beginTransaction();
      topics.send(writer, share, entries, changes);
      writer.sendOffsetsToTransaction(offsets(List.of(share)), member);
      writer.commitTransaction();
    } catch (CommitFailedException | FencedInstanceIdException gone) {
      abort(writer);
      leaseUntilNanos = now();
      throw new Fenced("another process owns share " + share + " of the rules", gone);
    } catch (KafkaException failed) {
      abort(writer);
      throw AlertTopics.unavailable("written", failed);
    }
  }

  private void abort(KafkaProducer<byte[], byte[]> writer) {
    try {
      writer.abortTransaction();
    } catch (KafkaException | IllegalStateException unusable) {
      // As in SoleRuleState: what a commit that timed out came to is settled when the next producer begins.
      writer.close(Duration.ZERO);
      producer = null;
    }
  }

  @Override
  public void follow(Following following) {
    follower.start(following);
  }

  @Override
  public void close() {
    closing = true;
    follower.close();
    try {
      if (thread.isAlive() && !ended.await(4, TimeUnit.SECONDS)) {
        LOG.warn("the shares of the rules were not given back in time: others wait for their turn");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      var writer = producer;
      if (writer != null) {
        writer.close(Duration.ofSeconds(1));
        producer = null;
      }
      owned.clear();
      acting = Set.of();
    }
  }
}

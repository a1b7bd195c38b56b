package io.throughline.broker;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * The topics of one installation, and the few things an administrator does to them.
 *
 * <pre>
 * topic          partitions  cleanup          what
 * samples        N           delete           the log of samples
 * series-sets    N           compact, delete  which series the ordinals of records mean
 * admission      1           compact          what shards tell collectors about limits
 * alert-state    S           compact          state of alert rules, by share of their groups
 * alert-history  S           delete           changes of alerts, likewise
 * dead-letter    1           delete           records that could not be decoded
 * readiness      1           delete           what {@link WriteProbe} writes; nobody reads it
 * </pre>
 *
 * <p>Embedded, nothing of {@code samples} expires by age or size: records are deleted only below what
 * every shard has flushed, so an acknowledged sample cannot expire unread. On a cluster, where other
 * installations and zones may read the same log, age and size bound it; they are set when the topic is
 * made and the cluster's administrators may change them.
 */
public final class Topics implements AutoCloseable {

  public static final String SAMPLES = "samples";
  public static final String SERIES_SETS = "series-sets";
  public static final String ADMISSION = "admission";
  public static final String ALERT_STATE = "alert-state";
  public static final String ALERT_HISTORY = "alert-history";
  public static final String DEAD_LETTER = "dead-letter";
  public static final String READINESS = "readiness";

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Admin admin;
  private final String prefix;

  /** @param prefix put before each topic's name, so that several installations share a cluster; may be "" */
  public Topics(Map<String, Object> clientProperties, String prefix) {
    var properties = new HashMap<>(clientProperties);
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 20_000);
    this.admin = Admin.create(properties);
    this.prefix = prefix;
  }

  /**
   * What a running cluster says of itself and of the samples' log.
   *
   * @param samplesRetention negative where samples do not expire by age
   * @param samplesBytes from which size on a partition of samples loses its oldest, or -1
   * @param setsRetention negative where series sets do not expire
   */
  public record Description(String clusterId, String samplesTopicId, int partitionCount,
      Duration samplesRetention, long samplesBytes, Duration setsRetention) {}

  /** Makes the topics that are absent, samples bounded by age alone; see the other. */
  public Description ensure(int partitionCount, short replicationFactor, Duration samplesRetention)
      throws IOException {
    return ensure(partitionCount, replicationFactor, samplesRetention, 0);
  }

  /**
   * Makes the topics that are absent.
   *
   * @param partitionCount of samples and series sets, where they are to be made
   * @param replicationFactor 1 embedded, -1 for the cluster's default
   * @param samplesRetention how long the log keeps samples; negative: until they are deleted
   * @param partitionBytes the size from which a partition of samples loses its oldest segments; 0 = none
   * @throws IOException if the cluster is not reached; the message says which
   */
  public Description ensure(int partitionCount, short replicationFactor, Duration samplesRetention,
      long partitionBytes) throws IOException {
    var samples = Map.of("cleanup.policy", "delete", "retention.ms",
        samplesRetention.isNegative() ? "-1" : "" + samplesRetention.toMillis(), "retention.bytes",
        partitionBytes > 0 ? "" + partitionBytes : "-1", "segment.bytes", "" + (16 << 20));
    // Twice the samples' retention, and collectors announce live sets anew each half of it. Where samples stay
    // until they are flushed: longer than a laptop lies in a drawer with an unflushed tail in its log; what is not needed
    // any more goes earlier, see EarlierSets.
    var setsRetention = samplesRetention.isNegative()
        ? Duration.ofDays(365)
        : samplesRetention.multipliedBy(2);
    var sets = Map.of("cleanup.policy", "compact,delete", "retention.ms",
        "" + setsRetention.toMillis(), "segment.bytes", "" + (16 << 20),
        "min.cleanable.dirty.ratio", "0.5");
    var compacted = Map.of("cleanup.policy", "compact", "segment.bytes", "" + (8 << 20));
    var dead = Map.of("cleanup.policy", "delete", "retention.ms",
        "" + Duration.ofDays(7).toMillis(), "retention.bytes", "" + (64L << 20), "segment.bytes",
        "" + (8 << 20));
    var wanted = new ArrayList<NewTopic>();
    wanted.add(new NewTopic(prefix + SAMPLES, partitionCount, replicationFactor).configs(samples));
    wanted.add(new NewTopic(prefix + SERIES_SETS, partitionCount, replicationFactor).configs(sets));
    wanted.add(new NewTopic(prefix + ADMISSION, 1, replicationFactor).configs(compacted));
    wanted.add(new NewTopic(prefix + DEAD_LETTER, 1, replicationFactor).configs(dead));
    wanted.add(new NewTopic(prefix + READINESS, 1, replicationFactor)
        .configs(Map.of("cleanup.policy", "delete", "retention.ms",
            "" + Duration.ofHours(1).toMillis(), "segment.bytes", "" + (1 << 20))));
    try {
      make(wanted);
      return onceKnown(this::describe);
    } catch (ExecutionException | TimeoutException failed) {
      throw notMade(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while making the topics", interrupted);
    }
  }

  /**
   * Makes the topics of alerts that are absent.
   *
   * @param shares partitions of both, where they are to be made
   * @param historyRetention how long changes of alerts are kept
   * @return partitions of both as they are
   * @throws IOException if the cluster is not reached; the message says which
   */
  public int ensureAlerts(int shares, short replicationFactor, Duration historyRetention)
      throws IOException {
    var state = new NewTopic(prefix + ALERT_STATE, shares, replicationFactor)
        .configs(Map.of("cleanup.policy", "compact", "segment.bytes", "" + (8 << 20)));
    var historyConfig = Map.of("cleanup.policy", "delete", "retention.ms",
        "" + historyRetention.toMillis(), "segment.bytes", "" + (8 << 20));
    try {
      make(new ArrayList<>(List.of(state)));
      int made = onceKnown(() -> partitionsOf(prefix + ALERT_STATE));
      make(new ArrayList<>(List.of(
          new NewTopic(prefix + ALERT_HISTORY, made, replicationFactor).configs(historyConfig))));
      return made;
    } catch (ExecutionException | TimeoutException failed) {
      throw notMade(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while making the topics", interrupted);
    }
  }

  private void make(List<NewTopic> wanted)
      throws ExecutionException, TimeoutException, InterruptedException {
    var existing = admin.listTopics().names().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    wanted.removeIf(topic -> existing.contains(topic.name()));
    for (var result : admin.createTopics(wanted).values().values()) {
      try {
        result.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (ExecutionException failed) {
        if (!(failed.getCause() instanceof TopicExistsException)) {
          throw failed;
        }
      }
    }
  }

  private static IOException notMade(Exception failed) {
    var cause = failed.getCause() == null ? failed : failed.getCause();
    return new IOException("Kafka did not make or describe the topics: " + cause.getMessage(),
        failed);
  }

  private interface Described<T> {
    T get() throws ExecutionException, TimeoutException, InterruptedException;
  }

  /** A broker learns of a new topic a moment after the controller has acknowledged it. */
  private static <T> T onceKnown(Described<T> described)
      throws ExecutionException, TimeoutException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return described.get();
      } catch (ExecutionException notYet) {
        if (!(notYet.getCause() instanceof UnknownTopicOrPartitionException)
            || System.nanoTime() > deadline) {
          throw notYet;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }

  private int partitionsOf(String topic)
      throws ExecutionException, TimeoutException, InterruptedException {
    TopicDescription described = admin.describeTopics(List.of(topic))
        .allTopicNames()
        .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .get(topic);
    if (described == null) {
      throw new ExecutionException(new IOException("topic " + topic + " is not described"));
    }
    return described.partitions().size();
  }

  private Description describe() throws ExecutionException, TimeoutException, InterruptedException {
    var clusterId = admin.describeCluster()
        .clusterId()
        .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    TopicDescription samples = admin.describeTopics(List.of(prefix + SAMPLES))
        .allTopicNames()
        .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .get(prefix + SAMPLES);
    if (samples == null) {
      throw new ExecutionException(
          new IOException("topic " + prefix + SAMPLES + " is not described"));
    }
    var samplesTopic = new ConfigResource(ConfigResource.Type.TOPIC, prefix + SAMPLES);
    var setsTopic = new ConfigResource(ConfigResource.Type.TOPIC, prefix + SERIES_SETS);
    var configs = admin.describeConfigs(List.of(samplesTopic, setsTopic))
        .all()
        .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    return new Description(clusterId, samples.topicId().toString(), samples.partitions().size(),
        Duration.ofMillis(number(configs.get(samplesTopic), "retention.ms")),
        number(configs.get(samplesTopic), "retention.bytes"),
        Duration.ofMillis(number(configs.get(setsTopic), "retention.ms")));
  }

  private static long number(@Nullable Config config, String key) {
    var entry = config == null ? null : config.get(key);
    return entry == null || entry.value() == null ? -1 : Long.parseLong(entry.value());
  }

  /**
   * Lets the log forget the samples of a partition below an offset; a failure costs disk space only
   * and the next call makes up for it.
   */
  public void deleteSamplesBelow(int partition, long offset) {
    admin.deleteRecords(Map.of(new TopicPartition(prefix + SAMPLES, partition),
        RecordsToDelete.beforeOffset(offset)));
  }

  /** The same of series sets. */
  void deleteSetsBelow(int partition, long offset) {
    admin.deleteRecords(Map.of(new TopicPartition(prefix + SERIES_SETS, partition),
        RecordsToDelete.beforeOffset(offset)));
  }

  /** The offset behind the last record of each partition of a topic. */
  long[] ends(String topic, int partitionCount) throws IOException {
    var asked = new HashMap<TopicPartition, OffsetSpec>();
    for (int partition = 0; partition < partitionCount; partition++) {
      asked.put(new TopicPartition(prefix + topic, partition), OffsetSpec.latest());
    }
    try {
      var answer = admin.listOffsets(asked).all().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      var ends = new long[partitionCount];
      answer.forEach((partition, end) -> ends[partition.partition()] = end.offset());
      return ends;
    } catch (ExecutionException | TimeoutException failed) {
      throw new IOException(
          "the ends of topic " + prefix + topic + " are not known: " + failed.getMessage(), failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while asking for the ends of a topic", interrupted);
    }
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(1));
  }
}

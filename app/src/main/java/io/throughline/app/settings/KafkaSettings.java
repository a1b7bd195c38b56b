package io.throughline.app.settings;

import java.time.Duration;

/**
 * Settings {@code kafka.*}.
 *
 * @param servers embedded, or HOST:PORT,… of a cluster
 * @param propertiesFile Kafka client properties for the cluster (how to sign in), or empty
 * @param fsync whether the embedded broker has each write on the disk before it is acknowledged; then also a
 *     power cut loses nothing acknowledged
 * @param partitions of the log, and so shards of the store, fixed once they exist; 0 = as many as there are,
 *     and in the beginning one a core (2 to 8) embedded, 64 on a cluster
 * @param topicPrefix stands before each topic's name, for installations that share a cluster
 * @param replication copies of each record on a cluster; -1 = the cluster's default
 * @param maxLag writes are refused with 503 while a shard has not applied what was acknowledged this long ago
 * @param logBytes the samples' log of the embedded broker; it holds what is not yet in a part of the store,
 *     from half of it on shards are flushed, and once it is full writes are refused with 503. A smaller number
 *     than 64 MiB for each partition counts as that
 * @param retention how long a topic of samples that is made on a cluster keeps a record; a store that is away
 *     for longer has a gap. What the cluster's administrators set afterwards stays
 * @param retentionBytes as retention, by the size of each partition; 0 = by age alone
 */
public record KafkaSettings(String servers, String propertiesFile, boolean fsync, int partitions,
    String topicPrefix, int replication, Duration maxLag, long logBytes, Duration retention,
    long retentionBytes) {

  /** Of one partition: four segments, of which the last is never deleted. */
  private static final long LEAST_LOG_BYTES = 64L << 20;

  public static final String EMBEDDED = "embedded";

  public static final KafkaSettings DEFAULTS = new KafkaSettings(EMBEDDED, "", false, 0, "", -1,
      Duration.ofSeconds(30), 2L << 30, Duration.ofDays(1), 0);

  public KafkaSettings {
    if (servers.isBlank()) {
      throw new IllegalArgumentException("servers is empty, want embedded or HOST:PORT,…");
    }
    if (!servers.equals(EMBEDDED)) {
      for (var server : servers.split(",", -1)) {
        var _ = Address.parse(server.strip());
      }
    }
    if (partitions < 0 || partitions > 4_096) {
      throw new IllegalArgumentException("partitions is " + partitions + ", want 0 to 4096");
    }
    if (replication == 0 || replication < -1 || replication > 15) {
      throw new IllegalArgumentException("replication is " + replication + ", want -1 or 1 to 15");
    }
    if (maxLag.toMillis() < 1_000) {
      throw new IllegalArgumentException("max-lag is " + maxLag + ", want at least 1s");
    }
    if (logBytes < 1) {
      throw new IllegalArgumentException("log-bytes is " + logBytes + ", want more than 0");
    }
    if (retention.toMinutes() < 10) {
      throw new IllegalArgumentException("retention is " + retention + ", want at least 10m");
    }
    if (retentionBytes != 0 && retentionBytes < LEAST_LOG_BYTES) {
      throw new IllegalArgumentException(
          "retention-bytes is " + retentionBytes + ", want 0 or at least 64MiB");
    }
  }

  /** What the samples' log of the embedded broker may hold in so many partitions. */
  public long logBytes(int partitionCount) {
    return Math.max(logBytes, partitionCount * LEAST_LOG_BYTES);
  }

  public boolean embedded() {
    return servers.equals(EMBEDDED);
  }

  public int partitionCount() {
    return partitions > 0
        ? partitions
        : embedded() ? Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8) : 64;
  }

  public KafkaSettings withServers(String value) {
    return new KafkaSettings(value, propertiesFile, fsync, partitions, topicPrefix, replication,
        maxLag, logBytes, retention, retentionBytes);
  }

  public KafkaSettings withPropertiesFile(String value) {
    return new KafkaSettings(servers, value, fsync, partitions, topicPrefix, replication, maxLag,
        logBytes, retention, retentionBytes);
  }

  public KafkaSettings withFsync(boolean value) {
    return new KafkaSettings(servers, propertiesFile, value, partitions, topicPrefix, replication,
        maxLag, logBytes, retention, retentionBytes);
  }

  public KafkaSettings withPartitions(int value) {
    return new KafkaSettings(servers, propertiesFile, fsync, value, topicPrefix, replication,
        maxLag, logBytes, retention, retentionBytes);
  }

  public KafkaSettings withLogBytes(long value) {
    return new KafkaSettings(servers, propertiesFile, fsync, partitions, topicPrefix, replication,
        maxLag, value, retention, retentionBytes);
  }
}

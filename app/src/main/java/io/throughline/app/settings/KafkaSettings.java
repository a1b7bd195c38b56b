package io.throughline.app.settings;

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
 * @param maxLagRecords writes are refused with 503 once a shard is this many records behind its log
 */
public record KafkaSettings(String servers, String propertiesFile, boolean fsync, int partitions,
    String topicPrefix, int replication, long maxLagRecords) {

  public static final String EMBEDDED = "embedded";

  public static final KafkaSettings DEFAULTS = new KafkaSettings(EMBEDDED, "", false, 0, "", -1,
      4_096);

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
    if (maxLagRecords < 16) {
      throw new IllegalArgumentException("max-lag-records is " + maxLagRecords
          + ", want at least 16");
    }
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
        maxLagRecords);
  }

  public KafkaSettings withPropertiesFile(String value) {
    return new KafkaSettings(servers, value, fsync, partitions, topicPrefix, replication,
        maxLagRecords);
  }

  public KafkaSettings withFsync(boolean value) {
    return new KafkaSettings(servers, propertiesFile, value, partitions, topicPrefix, replication,
        maxLagRecords);
  }

  public KafkaSettings withPartitions(int value) {
    return new KafkaSettings(servers, propertiesFile, fsync, value, topicPrefix, replication,
        maxLagRecords);
  }
}

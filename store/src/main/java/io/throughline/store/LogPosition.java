package io.throughline.store;

/**
 * How far a shard has applied its log.
 *
 * @param clusterId the Kafka cluster the log belongs to, "" before the first record
 * @param topicId the topic's id, which differs after it was made anew, "" before the first record
 * @param leaderEpoch of the last applied record, -1 where unknown
 * @param nextOffset the first offset not yet applied
 */
public record LogPosition(String clusterId, String topicId, int leaderEpoch, long nextOffset) {

  public static final LogPosition START = new LogPosition("", "", -1, 0);
}

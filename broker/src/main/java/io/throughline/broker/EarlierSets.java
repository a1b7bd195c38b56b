package io.throughline.broker;

import java.io.IOException;

/**
 * Lets an embedded log forget the series sets of earlier starts. Each start announces its series anew, under a
 * number of its own; what the process before announced is needed as long as one of its records is in the log of
 * samples. So what was in the topic of sets at the start goes once all that was in the log of samples then is
 * flushed, partition by partition. Without it they would stay for the topic's year, and every start read them.
 *
 * <p>Only where one process writes to the log and reads it. Make it before the first series of this start is
 * announced. Thread-safe.
 */
public final class EarlierSets {
  private final Topics topics;
  private final long[] samplesEnds;
  private final long[] setsEnds;

  /** @throws IOException where the broker does not say where its topics end */
  public EarlierSets(Topics topics, int partitionCount) throws IOException {
    this.topics = topics;
    // In this order: whatever the log of samples holds by then, its sets were announced before.
    samplesEnds = topics.ends(Topics.SAMPLES, partitionCount);
    setsEnds = topics.ends(Topics.SERIES_SETS, partitionCount);
  }

  /** Everything of the partition's samples below the offset is durable in the store. */
  public synchronized void flushed(int partition, long offset) {
    if (setsEnds[partition] > 0 && offset >= samplesEnds[partition]) {
      // One that fails costs disk space until the next start.
      topics.deleteSetsBelow(partition, setsEnds[partition]);
      setsEnds[partition] = 0;
    }
  }
}

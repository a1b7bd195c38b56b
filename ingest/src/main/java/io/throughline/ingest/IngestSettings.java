package io.throughline.ingest;

import java.time.Duration;

/**
 * Settings {@code ingest.*}.
 *
 * @param flushHeadBytes a shard whose head holds more is flushed
 * @param memoryBytes the heads of all shards of a process together; each shard has an equal share, and one
 *     that has reached it reads on only after its flush
 * @param flushLogBytes a shard is flushed once this much of its log would have to be read again after a
 *     crash
 * @param seriesMemoryRatio of the heap, what series that the shards of a process know may take; beyond, collectors refuse
 *     new series, those that are known lose nothing; 0 = no bound
 * @param flushAge a shard is flushed this long after its oldest unflushed record was applied
 */
public record IngestSettings(long flushHeadBytes, long memoryBytes, long flushLogBytes,
    double seriesMemoryRatio, Duration flushAge) {

  /** Of heap, for one series on its whole way: in the collector's table, in a series set and in the shard's registry. */
  private static final int BYTES_PER_SERIES = 400;

  public static final IngestSettings DEFAULTS = new IngestSettings(32L << 20, 512L << 20,
      256L << 20, 0.4, Duration.ofMinutes(10));

  public IngestSettings {
    check(flushHeadBytes >= 1 << 20, "flush-head-bytes", flushHeadBytes, "at least 1 MiB");
    check(memoryBytes >= 16 << 20, "memory-bytes", memoryBytes, "at least 16 MiB");
    check(flushLogBytes >= 1 << 20, "flush-log-bytes", flushLogBytes, "at least 1 MiB");
    check(seriesMemoryRatio >= 0 && seriesMemoryRatio <= 1, "series-memory-ratio",
        seriesMemoryRatio, "0 to 1");
    check(flushAge.toMillis() >= 1_000, "flush-age", flushAge, "at least 1 s");
  }

  /** How many series all shards of this process may hold; 0 = no bound. */
  long seriesBudget() {
    return (long) (seriesMemoryRatio * Runtime.getRuntime().maxMemory() / BYTES_PER_SERIES);
  }

  /** Above this a shard's head is flushed before anything else. */
  long headLimitBytes(int shards) {
    return Math.min(flushHeadBytes, memoryBytes / Math.max(1, shards));
  }

  private static void check(boolean good, String name, Object got, String want) {
    if (!good) {
      throw new IllegalArgumentException("ingest." + name + " is " + got + ", want " + want);
    }
  }
}

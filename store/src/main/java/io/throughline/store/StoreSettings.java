package io.throughline.store;

import java.time.Duration;

/**
 * How a store behaves.
 *
 * @param retention samples older than this are dropped; zero keeps them for ever
 * @param retentionBytes above this size of all parts the oldest samples are dropped; 0 = no limit
 * @param backgroundMerges whether a thread of the store merges parts; otherwise {@link Store#maintain}
 *     does what it would do
 * @param mergeInterval how long that thread rests between looks
 * @param mergeCpuRatio of one core for that thread, as long as it keeps up; with more than 48 parts in a
 *     shard it takes what it needs
 * @param maxPartBytes parts from this size on are not merged further
 */
public record StoreSettings(Duration retention, long retentionBytes, boolean backgroundMerges,
    Duration mergeInterval, double mergeCpuRatio, long maxPartBytes) {

  public static final StoreSettings DEFAULTS = new StoreSettings(Duration.ZERO, 0, true, Duration
      .ofSeconds(2), 0.25, 1L << 30);

  public StoreSettings {
    if (retention.isNegative()) {
      throw new IllegalArgumentException("retention is " + retention + ", want zero or more");
    }
    if (retentionBytes < 0) {
      throw new IllegalArgumentException("retention-bytes is " + retentionBytes
          + ", want zero or more");
    }
    if (mergeInterval.isNegative() || mergeInterval.isZero()) {
      throw new IllegalArgumentException("merge-interval is " + mergeInterval
          + ", want more than zero");
    }
    if (!(mergeCpuRatio >= 0.01 && mergeCpuRatio <= 1)) {
      throw new IllegalArgumentException("merge-cpu-ratio is " + mergeCpuRatio
          + ", want 0.01 to 1");
    }
    if (maxPartBytes < 1 << 20) {
      throw new IllegalArgumentException("max-part-bytes is " + maxPartBytes
          + ", want at least 1 MiB");
    }
  }

  public StoreSettings withRetention(Duration newRetention) {
    return new StoreSettings(newRetention, retentionBytes, backgroundMerges, mergeInterval,
        mergeCpuRatio, maxPartBytes);
  }

  public StoreSettings withRetentionBytes(long newRetentionBytes) {
    return new StoreSettings(retention, newRetentionBytes, backgroundMerges, mergeInterval,
        mergeCpuRatio, maxPartBytes);
  }

  public StoreSettings withBackgroundMerges(boolean newBackgroundMerges) {
    return new StoreSettings(retention, retentionBytes, newBackgroundMerges, mergeInterval,
        mergeCpuRatio, maxPartBytes);
  }

  public StoreSettings withMergeInterval(Duration newMergeInterval) {
    return new StoreSettings(retention, retentionBytes, backgroundMerges, newMergeInterval,
        mergeCpuRatio, maxPartBytes);
  }

  public StoreSettings withMaxPartBytes(long newMaxPartBytes) {
    return new StoreSettings(retention, retentionBytes, backgroundMerges, mergeInterval,
        mergeCpuRatio, newMaxPartBytes);
  }
}

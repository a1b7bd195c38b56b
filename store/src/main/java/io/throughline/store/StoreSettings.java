package io.throughline.store;

import java.time.Duration;

/**
 * How a store behaves.
 *
 * @param retention samples older than this are dropped; zero keeps them for ever
 * @param backgroundMerges whether a thread of the store merges parts; otherwise {@link Store#maintain}
 *     does what it would do
 * @param mergeInterval how long that thread rests between looks
 * @param maxPartBytes parts from this size on are not merged further
 */
public record StoreSettings(Duration retention, boolean backgroundMerges, Duration mergeInterval,
    long maxPartBytes) {

  public static final StoreSettings DEFAULTS = new StoreSettings(Duration.ZERO, true, Duration
      .ofSeconds(2), 1L << 30);

  public StoreSettings {
    if (retention.isNegative()) {
      throw new IllegalArgumentException("retention is " + retention + ", want zero or more");
    }
    if (mergeInterval.isNegative() || mergeInterval.isZero()) {
      throw new IllegalArgumentException("merge-interval is " + mergeInterval
          + ", want more than zero");
    }
    if (maxPartBytes < 1 << 20) {
      throw new IllegalArgumentException("max-part-bytes is " + maxPartBytes
          + ", want at least 1 MiB");
    }
  }

  public StoreSettings withRetention(Duration newRetention) {
    return new StoreSettings(newRetention, backgroundMerges, mergeInterval, maxPartBytes);
  }

  public StoreSettings withBackgroundMerges(boolean newBackgroundMerges) {
    return new StoreSettings(retention, newBackgroundMerges, mergeInterval, maxPartBytes);
  }
}

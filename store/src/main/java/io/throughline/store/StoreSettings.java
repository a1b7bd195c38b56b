package io.throughline.store;

import java.time.Duration;
import java.util.List;

/**
 * How a store behaves.
 *
 * @param retention samples older than this are dropped; zero keeps them for ever
 * @param retentionBytes above this size of all parts the oldest samples are dropped; 0 = no limit
 * @param retentionClasses series kept for another time than the rest: each a selector in braces and a time;
 *     with {@code then 5m for 730d} behind it, of each five minutes the first, last, lowest and highest sample
 *     stay afterwards. The first class that matches decides
 * @param backgroundMerges whether a thread of the store merges parts; otherwise {@link Store#maintain}
 *     does what it would do
 * @param mergeInterval how long that thread rests between looks; before the first five times as long
 * @param mergeCpuRatio of one core for that thread, as long as it keeps up; with more than 48 parts in a
 *     shard it takes what it needs
 * @param maxPartBytes parts from this size on are not merged further
 */
public record StoreSettings(Duration retention, long retentionBytes, List<String> retentionClasses,
    boolean backgroundMerges, Duration mergeInterval, double mergeCpuRatio, long maxPartBytes) {

  private static final int MAX_CLASSES = 100;

  public static final StoreSettings DEFAULTS = new StoreSettings(Duration.ZERO, 0, List.of(), true,
      Duration.ofSeconds(2), 0.25, 1L << 30);

  public StoreSettings {
    if (retention.isNegative()) {
      throw new IllegalArgumentException("retention is " + retention + ", want zero or more");
    }
    if (retentionBytes < 0) {
      throw new IllegalArgumentException(
          "retention-bytes is " + retentionBytes + ", want zero or more");
    }
    retentionClasses = List.copyOf(retentionClasses);
    retentionClasses.forEach(RetentionClass::parse);
    if (retentionClasses.size() > MAX_CLASSES) {
      throw new IllegalArgumentException(
          "retention-classes are " + retentionClasses.size() + ", want at most " + MAX_CLASSES);
    }
    if (mergeInterval.isNegative() || mergeInterval.isZero()) {
      throw new IllegalArgumentException(
          "merge-interval is " + mergeInterval + ", want more than zero");
    }
    if (!(mergeCpuRatio >= 0.01 && mergeCpuRatio <= 1)) {
      throw new IllegalArgumentException(
          "merge-cpu-ratio is " + mergeCpuRatio + ", want 0.01 to 1");
    }
    if (maxPartBytes < 1 << 20) {
      throw new IllegalArgumentException(
          "max-part-bytes is " + maxPartBytes + ", want at least 1 MiB");
    }
  }

  public StoreSettings withRetention(Duration newRetention) {
    return new StoreSettings(newRetention, retentionBytes, retentionClasses, backgroundMerges,
        mergeInterval, mergeCpuRatio, maxPartBytes);
  }

  public StoreSettings withRetentionBytes(long newRetentionBytes) {
    return new StoreSettings(retention, newRetentionBytes, retentionClasses, backgroundMerges,
        mergeInterval, mergeCpuRatio, maxPartBytes);
  }

  public StoreSettings withRetentionClasses(List<String> newClasses) {
    return new StoreSettings(retention, retentionBytes, newClasses, backgroundMerges, mergeInterval,
        mergeCpuRatio, maxPartBytes);
  }

  /** The classes as they are meant. */
  List<RetentionClass> classes() {
    return retentionClasses.stream().map(RetentionClass::parse).toList();
  }

  public StoreSettings withBackgroundMerges(boolean newBackgroundMerges) {
    return new StoreSettings(retention, retentionBytes, retentionClasses, newBackgroundMerges,
        mergeInterval, mergeCpuRatio, maxPartBytes);
  }

  public StoreSettings withMergeInterval(Duration newMergeInterval) {
    return new StoreSettings(retention, retentionBytes, retentionClasses, backgroundMerges,
        newMergeInterval, mergeCpuRatio, maxPartBytes);
  }

  public StoreSettings withMaxPartBytes(long newMaxPartBytes) {
    return new StoreSettings(retention, retentionBytes, retentionClasses, backgroundMerges,
        mergeInterval, mergeCpuRatio, newMaxPartBytes);
  }
}

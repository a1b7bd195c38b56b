package io.throughline.store.deletion;

import io.throughline.store.LogPosition;
import io.throughline.store.SampleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The deletions a reader of one shard respects. Immutable.
 *
 * <p>To a part applies each tombstone with a higher number than those the part was written without the
 * samples of. In the head a tombstone hides what has a stamp below its limit. After a restart the log is
 * read again from before the deletion: until the replay reaches it, it hides everything it matches.
 */
public final class Deletions {
  public static final Deletions NONE = new Deletions(0, List.of());

  /** The limit of a tombstone the replay has not reached. */
  private static final int PENDING = Integer.MAX_VALUE;

  private final long lastNumber;
  private final List<Entry> entries;

  private record Entry(Tombstone tombstone, int headLimit) {}

  private Deletions(long lastNumber, List<Entry> entries) {
    this.lastNumber = lastNumber;
    this.entries = List.copyOf(entries);
  }

  /** What a manifest holds, when the shard is opened: what is not covered is pending. */
  public static Deletions opened(long lastNumber, List<Tombstone> tombstones) {
    return new Deletions(lastNumber,
        tombstones.stream().map(one -> new Entry(one, one.covered() ? 0 : PENDING)).toList());
  }

  /** The number of the newest deletion ever made in the shard. */
  public long lastNumber() {
    return lastNumber;
  }

  public boolean isEmpty() {
    return entries.isEmpty();
  }

  public int size() {
    return entries.size();
  }

  public List<Tombstone> tombstones() {
    return entries.stream().map(Entry::tombstone).toList();
  }

  /** These and a new one, which hides what has a stamp below {@code visible}. */
  public Deletions with(Tombstone added, int visible) {
    var more = new ArrayList<>(entries);
    more.add(new Entry(added, visible));
    return new Deletions(added.number(), more);
  }

  /**
   * After a record was applied.
   *
   * @param before the number of stamps before the record, {@code after} the number behind it
   */
  public Deletions reached(LogPosition applied, int before, int after) {
    if (entries.stream().noneMatch(entry -> entry.headLimit == PENDING)) {
      return this;
    }
    var next = new ArrayList<Entry>();
    for (var entry : entries) {
      var at = entry.tombstone.position();
      // An epoch that is higher than the one behind it: the log was cut and grew anew.
      boolean sameLog = at.clusterId().equals(applied.clusterId())
          && at.topicId().equals(applied.topicId()) && applied.leaderEpoch() <= at.leaderEpoch();
      if (entry.headLimit != PENDING || sameLog && at.nextOffset() > applied.nextOffset()) {
        next.add(entry);
      } else {
        // A record of another log, or one that begins at the deletion or behind it, came later.
        boolean within = sameLog && at.nextOffset() == applied.nextOffset();
        next.add(new Entry(entry.tombstone, within ? after : before));
      }
    }
    return new Deletions(lastNumber, next);
  }

  /** After a flush: the head is empty, and what was reached is covered. */
  public Deletions flushed() {
    var next = new ArrayList<Entry>();
    for (var entry : entries) {
      next.add(entry.headLimit == PENDING ? entry : new Entry(entry.tombstone.asCovered(), 0));
    }
    return new Deletions(lastNumber, next);
  }

  /** Only those that are still needed where the parts were written without these numbers' samples. */
  public Deletions needed(long fewestCleaned) {
    if (entries.stream()
        .noneMatch(
            entry -> entry.tombstone.covered() && entry.tombstone.number() <= fewestCleaned)) {
      return this;
    }
    return new Deletions(lastNumber,
        entries.stream()
            .filter(entry -> !entry.tombstone.covered() || entry.tombstone.number() > fewestCleaned)
            .toList());
  }

  /** Whether any of them concerns the series. */
  public boolean touch(int seriesId) {
    for (var entry : entries) {
      if (entry.tombstone.series().contains(seriesId)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Removes what is deleted from the samples of one series of one part.
   *
   * @param cleaned the part was written without samples of tombstones up to this number
   * @param from index of the part's first sample in the buffer
   */
  public void removeFrom(SampleBuffer samples, int from, int seriesId, long cleaned) {
    for (var entry : entries) {
      var tombstone = entry.tombstone;
      if (tombstone.number() > cleaned && tombstone.series().contains(seriesId)) {
        samples.remove(from, tombstone.minTimeMs(), tombstone.maxTimeMs());
      }
    }
  }

  /** What is hidden of a series in the head: triples of stamp limit, first and last time; or null. */
  public long @Nullable [] hiddenInHead(int seriesId) {
    if (entries.isEmpty()) {
      return null;
    }
    var triples = new long[entries.size() * 3];
    int size = 0;
    for (var entry : entries) {
      if (entry.headLimit > 0 && entry.tombstone.series().contains(seriesId)) {
        triples[size++] = entry.headLimit;
        triples[size++] = entry.tombstone.minTimeMs();
        triples[size++] = entry.tombstone.maxTimeMs();
      }
    }
    return size == 0 ? null : Arrays.copyOf(triples, size);
  }
}

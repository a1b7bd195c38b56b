package io.throughline.store;

import io.throughline.model.Failure;
import io.throughline.store.column.Scratch;
import io.throughline.store.compact.SampleMerge;
import io.throughline.store.part.Part;
import org.jspecify.annotations.Nullable;

/**
 * Reads one series of a view: its parts in log order, then the head, without what was deleted. Holds its
 * buffers, so one thread at a time.
 */
final class SeriesReader {
  private static final int MOST_KEPT_SAMPLES = 1 << 14;

  private final Scratch scratch = new Scratch();
  private final SampleMerge merge = new SampleMerge();
  private final SampleBuffer next = new SampleBuffer();
  private final SampleBuffer merged = new SampleBuffer();
  private final SampleBuffer sorted = new SampleBuffer();

  /** Whether its buffers are worth keeping for others: what chunks need is bounded by the length of a chunk. */
  boolean isSmall() {
    int most = Math.max(next.times().length,
        Math.max(merged.times().length, sorted.times().length));
    return most <= MOST_KEPT_SAMPLES;
  }

  /** Whether a deletion of the range would hide something of the series. */
  boolean concerns(Shard.View view, int id, long minTimeMs, long maxTimeMs) {
    for (var part : view.contents().parts()) {
      if (part.damage() == null && part.overlaps(id, minTimeMs, maxTimeMs)) {
        return true;
      }
    }
    next.clear();
    view.contents().head().read(id, view.visible(), minTimeMs, maxTimeMs, null, next);
    return next.size() > 0;
  }

  /**
   * Replaces the buffer's content by the samples in [minTimeMs, maxTimeMs].
   *
   * @param shard is told of damage, if not null
   */
  void read(@Nullable Shard shard, Shard.View view, int id, long minTimeMs, long maxTimeMs,
      SampleBuffer into) {
    read(shard, view, id, Need.ALL, minTimeMs, maxTimeMs, into);
  }

  /** As the other, but where nothing stands against it only what is needed. */
  void readNeeded(@Nullable Shard shard, Shard.View view, int id, Need need, long minTimeMs,
      long maxTimeMs, SampleBuffer into) {
    boolean thin = need != Need.ALL && !view.deletions().touch(id)
        && follow(view, id, minTimeMs, maxTimeMs);
    read(shard, view, id, thin ? need : Need.ALL, minTimeMs, maxTimeMs, into);
    if (into.leftOut() > 0 && into.histograms() != null) {
      read(shard, view, id, minTimeMs, maxTimeMs, into);
    }
  }

  /** Whether all that parts and head have of the series in the range is one behind the other. */
  private boolean follow(Shard.View view, int id, long minTimeMs, long maxTimeMs) {
    long before = Long.MIN_VALUE;
    for (var part : view.contents().parts()) {
      if (part.damage() != null || !part.overlaps(id, minTimeMs, maxTimeMs)) {
        continue;
      }
      int row = part.find(id);
      if (before != Long.MIN_VALUE && part.firstMs(row) <= before) {
        return false;
      }
      before = part.lastMs(row);
    }
    next.clear();
    view.contents()
        .head()
        .read(id, view.visible(), minTimeMs, Math.min(maxTimeMs, before), null, next);
    return next.size() == 0;
  }

  private void read(@Nullable Shard shard, Shard.View view, int id, Need need, long minTimeMs,
      long maxTimeMs, SampleBuffer into) {
    into.clear();
    for (var part : view.contents().parts()) {
      if (part.damage() == null && part.info().minTimeMs() <= maxTimeMs
          && part.info().maxTimeMs() >= minTimeMs) {
        readPart(shard, part, view, id, need, minTimeMs, maxTimeMs, into);
      }
    }
    next.clear();
    if (view.contents()
        .head()
        .read(id, view.visible(), minTimeMs, maxTimeMs, view.deletions().hiddenInHead(id), next)) {
      addNewer(next, into);
    } else {
      merge.sort(next, sorted);
      addNewer(sorted, into);
    }
  }

  private void readPart(@Nullable Shard shard, Part part, Shard.View view, int id, Need need,
      long minTimeMs, long maxTimeMs, SampleBuffer into) {
    int row = part.find(id);
    if (row < 0) {
      return;
    }
    next.clear();
    var target = into.size() == 0 ? into : next;
    try {
      part.read(row, need, minTimeMs, maxTimeMs, target, scratch);
    } catch (Failure damaged) {
      // The rest of the store keeps serving; the snapshot's warnings say what is missing.
      if (shard != null) {
        shard.foundDamage(damaged.getMessage());
      }
    }
    view.deletions().removeFrom(target, 0, id, part.cleaned());
    if (target == next) {
      addNewer(next, into);
    }
  }

  private void addNewer(SampleBuffer newer, SampleBuffer into) {
    if (newer.size() == 0 || SampleMerge.appendBehind(into, newer)) {
      return;
    }
    SampleMerge.merge(into, newer, merged);
    into.clear();
    into.copyAll(merged);
  }
}

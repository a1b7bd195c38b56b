package io.throughline.store;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Which series of one view may have samples in a time range: as exact as the ends of chunks, and exact where
 * something of the series was deleted. Looks at the parts' tables, never at data. For one thread.
 */
final class Presence {
  /** Reading a part's whole table costs about as much as searching it for one series in so many. */
  private static final int SEARCHES_PER_TABLE = 32;

  private final Shard.View view;
  private final long minTimeMs;
  private final long maxTimeMs;
  private int searchesLeft;
  private @Nullable BitSet inParts;

  Presence(Shard.View view, long minTimeMs, long maxTimeMs) {
    this.view = view;
    this.minTimeMs = minTimeMs;
    this.maxTimeMs = maxTimeMs;
    searchesLeft = 64 + view.seriesCount() / SEARCHES_PER_TABLE;
  }

  /** Says that so many series will be asked for. */
  void expect(int tests) {
    if (tests > searchesLeft) {
      collect();
    }
  }

  boolean test(int id) {
    if (id >= view.seriesCount()) {
      return false;
    }
    if (view.deletions().touch(id)) {
      var found = new SampleBuffer();
      new SeriesReader().read(null, view, id, minTimeMs, maxTimeMs, found);
      return found.size() > 0;
    }
    return view.contents().head().overlaps(id, view.visible(), minTimeMs, maxTimeMs) || inParts(id);
  }

  /** All of them. */
  BitSet all() {
    var all = new BitSet();
    collect();
    for (int id = 0; id < view.seriesCount(); id++) {
      if (test(id)) {
        all.set(id);
      }
    }
    return all;
  }

  private boolean inParts(int id) {
    var collected = inParts;
    if (collected == null && searchesLeft-- <= 0) {
      collected = collect();
    }
    if (collected != null) {
      return collected.get(id);
    }
    for (var part : view.contents().parts().reversed()) {
      if (part.damage() == null && part.overlaps(id, minTimeMs, maxTimeMs)) {
        return true;
      }
    }
    return false;
  }

  private BitSet collect() {
    var collected = inParts;
    if (collected == null) {
      collected = new BitSet();
      for (var part : view.contents().parts()) {
        if (part.damage() == null) {
          part.collectSeries(minTimeMs, maxTimeMs, collected);
        }
      }
      inParts = collected;
    }
    return collected;
  }
}

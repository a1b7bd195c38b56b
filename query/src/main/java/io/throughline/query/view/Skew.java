package io.throughline.query.view;

import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a sender's clock is ahead of ours: its samples lie in our future. One that is behind cannot be told from
 * one that sends late, and shows as old data instead.
 *
 * @param aheadMs 0 where no sample lies ahead
 * @param instance whose clock, or ""
 */
record Skew(long aheadMs, String instance) {
  static final String REASON = "no sample lies ahead of this server's clock; a sender whose clock is behind looks"
      + " like one that sends late";

  /** Senders that are looked at. */
  private static final int MOST = 50;
  /** Samples further ahead are refused at the door, unless its bound was raised. */
  private static final long FURTHEST_MS = 3_600_000;

  /** The furthest of a page's senders, by one series of each. */
  static Skew of(Scope scope, Snapshot snapshot, long nowMs) {
    var furthest = new Skew(0, "");
    var buffer = new SampleBuffer();
    for (var sender : senders(scope)) {
      snapshot.open(sender.partition, sender.seriesId).read(nowMs + 1, nowMs + FURTHEST_MS, buffer);
      if (buffer.size() > 0) {
        long ahead = buffer.times()[buffer.size() - 1] - nowMs;
        furthest = ahead > furthest.aheadMs ? new Skew(ahead, sender.instance) : furthest;
      }
    }
    return furthest;
  }

  private static List<SeriesRef> senders(Scope scope) {
    var senders = new ArrayList<SeriesRef>();
    if (scope.isNode()) {
      add(scope.self(), null, senders);
      return senders;
    }
    for (var instance : scope.instances()) {
      if (senders.size() < MOST) {
        add(scope.self(), instance, senders);
      }
    }
    return senders;
  }

  private static void add(Part part, Scope.@Nullable Instance instance, List<SeriesRef> senders) {
    for (var refs : part.series().values()) {
      for (var ref : refs) {
        if (instance == null || instance.names().contains(ref.instance)) {
          senders.add(ref);
          return;
        }
      }
    }
  }
}

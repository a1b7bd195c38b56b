package io.throughline.query.view;

import io.throughline.model.identity.Entity;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The changes of one service or node, found by following the series of its knobs: each sample is read
 * once, so looking again costs only what came since, whatever the window.
 *
 * <p>A <em>run</em> is a stretch of one series with one value. Where a run begins, the change is from what
 * stood there before: in the same series, else in the series of the copies that ran just before (a rollout
 * replaces pods, and with them series). A copy that begins with what another copy already has is no change.
 * What arrives later than it was read is not looked at. Guarded by itself.
 */
final class ChangeTracker {
  /** A copy's predecessor may have ended so long before it began. */
  private static final long HANDOVER_MS = 900_000;

  /** The same turn seen at several copies within this time is one change. */
  private static final long ROLLOUT_MS = 600_000;

  private static final int MOST_CHANGES = 500;
  private static final int MOST_RUNS = 2_000;

  private record SeriesKey(int partition, int seriesId) {}

  /** A stretch with one value. */
  private static final class Run {
    final Entity entity;
    final Knob knob;
    final SeriesRef ref;
    final String value;
    final long firstMs;
    final @Nullable Run before;
    long lastMs;
    boolean endTold;

    Run(Entity entity, Knob knob, SeriesRef ref, String value, long firstMs, @Nullable Run before) {
      this.entity = entity;
      this.knob = knob;
      this.ref = ref;
      this.value = value;
      this.firstMs = firstMs;
      this.lastMs = firstMs;
      this.before = before;
    }
  }

  private final SampleBuffer buffer = new SampleBuffer();
  private final Map<SeriesKey, Run> open = new HashMap<>();
  private final Map<String, List<Run>> runs = new LinkedHashMap<>();
  private List<Change> changes = new ArrayList<>();
  private long fromMs = Long.MAX_VALUE;
  private long toMs = Long.MIN_VALUE;
  private long samplesRead;

  /** Until when samples were looked at. */
  synchronized long toMs() {
    return toMs;
  }

  /** Samples read since the last time this was asked. */
  synchronized long takeSamplesRead() {
    long read = samplesRead;
    samplesRead = 0;
    return read;
  }

  /** The changes in {@code [startMs, endMs]}, ascending. */
  synchronized List<Change> between(Scope scope, Snapshot snapshot, long startMs, long endMs) {
    follow(scope, snapshot, startMs, endMs);
    return changes.stream()
        .filter(change -> change.atMs() >= startMs && change.atMs() <= endMs)
        .toList();
  }

  /** The newest change found so far, or null. */
  synchronized @Nullable Change last() {
    return changes.isEmpty() ? null : changes.getLast();
  }

  private void follow(Scope scope, Snapshot snapshot, long startMs, long endMs) {
    if (startMs < fromMs) {
      open.clear();
      runs.clear();
      changes = new ArrayList<>();
      fromMs = startMs;
      toMs = startMs - 1;
    }
    if (endMs <= toMs) {
      return;
    }
    var begun = new ArrayList<Run>();
    if (scope.isNode()) {
      read(List.of(scope.self()), Knob.OF_NODE, snapshot, endMs, begun);
    } else {
      read(List.of(scope.self()), Knob.OF_SERVICE, snapshot, endMs, begun);
      read(scope.containers(), Knob.OF_CONTAINER, snapshot, endMs, begun);
      read(scope.workloads(), Knob.OF_WORKLOAD, snapshot, endMs, begun);
    }
    begun.sort(Comparator.comparingLong(run -> run.firstMs));
    for (var run : begun) {
      tell(run, scope, snapshot);
      runs.computeIfAbsent(key(run), key -> new ArrayList<>()).add(run);
    }
    tellEnds(scope, snapshot, endMs);
    toMs = endMs;
    prune();
  }

  private void read(List<Part> parts, List<Knob> knobs, Snapshot snapshot, long endMs,
      List<Run> begun) {
    for (var part : parts) {
      for (var knob : knobs) {
        for (var ref : part.series(knob.signal())) {
          if (knob.kind().equals("out-of-memory") && !ref.category.isEmpty()
              && !ref.category.startsWith("oom")) {
            continue;
          }
          read(part.entity(), knob, ref, snapshot, endMs, begun);
        }
      }
    }
  }

  private void read(Entity entity, Knob knob, SeriesRef ref, Snapshot snapshot, long endMs,
      List<Run> begun) {
    var key = new SeriesKey(ref.partition, ref.seriesId);
    var run = open.get(key);
    snapshot.open(ref.partition, ref.seriesId)
        .read(run == null ? fromMs : Math.max(fromMs, run.lastMs + 1), endMs, buffer);
    samplesRead += buffer.size();
    for (int i = 0; i < buffer.size(); i++) {
      double raw = buffer.values()[i];
      if (Double.isNaN(raw) || raw < ref.mapping.least()) {
        continue;
      }
      var value = knob.form() == Knob.Form.TEXT
          ? ref.category
          : knob.words(raw * ref.mapping.scale());
      long time = buffer.times()[i];
      if (run == null || !run.value.equals(value) || time - run.lastMs > HANDOVER_MS) {
        run = new Run(entity, knob, ref, value, time, run);
        begun.add(run);
        open.put(key, run);
      }
      run.lastMs = time;
    }
  }

  /** Where the words name the same knob, whatever copy it belongs to. */
  private static String key(Run run) {
    var id = run.entity.id();
    // Containers of one pod have knobs of their own, named by the last part of namespace/pod/container.
    var role = run.entity.kind() == Entity.Kind.CONTAINER && id.indexOf('/') >= 0
        ? id.substring(id.lastIndexOf('/') + 1)
        : "";
    var category = run.knob.form() == Knob.Form.LEVEL ? run.ref.category : "";
    return run.knob.name() + "\n" + role + "\n" + category + "\n"
        + (run.entity.kind() == Entity.Kind.WORKLOAD ? id : "");
  }

  private void tell(Run run, Scope scope, Snapshot snapshot) {
    var before = run.before;
    if (before != null && run.firstMs - before.lastMs <= HANDOVER_MS) {
      if (!before.value.equals(run.value)) {
        add(run, before.value, run.value);
      }
      return;
    }
    if (run.knob.form() == Knob.Form.EVENTS || run.firstMs <= fromMs + patience(run)) {
      return; // The first look at it: nobody knows what was before.
    }
    Run latest = null;
    for (var other : runs.getOrDefault(key(run), List.of())) {
      if (other.lastMs >= run.firstMs - HANDOVER_MS && other.firstMs < run.firstMs) {
        if (other.value.equals(run.value)) {
          return;
        }
        latest = latest == null || other.firstMs > latest.firstMs ? other : latest;
      }
    }
    if (latest != null) {
      add(run, latest.value, run.value);
    } else if (wasUsedBefore(run, scope, snapshot)) {
      add(run, "none", run.value);
    }
  }

  /** What limits nothing any more is a change too, where what it limited goes on. */
  private void tellEnds(Scope scope, Snapshot snapshot, long endMs) {
    for (var run : open.values()) {
      if (run.endTold || run.knob.usage() == null || endMs - run.lastMs <= patience(run)
          || run.lastMs < fromMs) {
        continue;
      }
      if (usedAfter(run, scope, snapshot, endMs)) {
        run.endTold = true;
        changes.add(new Change(run.lastMs + Math.max(1000, run.ref.intervalMs()), run.knob.kind(),
            run.knob.name(), run.value, "none", run.entity, 1, source(run)));
        changes.sort(Comparator.comparingLong(Change::atMs));
      } else if (endMs - run.lastMs > HANDOVER_MS) {
        run.endTold = true; // The whole thing has ended, which is not the limit's change.
      }
    }
  }

  private static long patience(Run run) {
    return Math.max(15_000, 3 * Math.max(run.ref.intervalMs(), Evaluator.ASSUMED_INTERVAL_MS));
  }

  private boolean wasUsedBefore(Run run, Scope scope, Snapshot snapshot) {
    return run.knob.usage() != null && isUsed(run, scope, snapshot,
        Math.max(fromMs, run.firstMs - HANDOVER_MS), run.firstMs - patience(run));
  }

  private boolean usedAfter(Run run, Scope scope, Snapshot snapshot, long endMs) {
    return isUsed(run, scope, snapshot, run.lastMs + patience(run) / 2, endMs);
  }

  private boolean isUsed(Run run, Scope scope, Snapshot snapshot, long from, long to) {
    var usage = run.knob.usage();
    if (usage == null || from > to) {
      return false;
    }
    for (var part : scope.containers()) {
      if (part.entity().equals(run.entity)) {
        for (var ref : part.series(usage)) {
          snapshot.open(ref.partition, ref.seriesId).read(from, to, buffer);
          samplesRead += buffer.size();
          if (buffer.size() > 0) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private void add(Run run, String from, String to) {
    var change = new Change(run.firstMs, run.knob.kind(), run.knob.name(), from, to, run.entity, 1,
        source(run));
    for (int i = changes.size() - 1; i >= 0; i--) {
      var earlier = changes.get(i);
      if (earlier.isSameAs(change) && Math.abs(change.atMs() - earlier.atMs()) <= ROLLOUT_MS) {
        if (!earlier.entity().equals(change.entity())) {
          changes.set(i, earlier.seenAgain());
        }
        return;
      }
    }
    changes.add(change);
    changes.sort(Comparator.comparingLong(Change::atMs));
  }

  private static String source(Run run) {
    return run.ref.mapping.metric() + " (" + run.ref.mapping.source() + ")";
  }

  private void prune() {
    if (changes.size() > MOST_CHANGES) {
      changes = new ArrayList<>(changes.subList(changes.size() - MOST_CHANGES, changes.size()));
    }
    for (var list : runs.values()) {
      list.removeIf(run -> run.lastMs < toMs - 4 * HANDOVER_MS);
      if (list.size() > MOST_RUNS) {
        list.subList(0, list.size() - MOST_RUNS).clear();
      }
    }
  }
}

package io.throughline.rules;

import io.throughline.model.Failure;
import io.throughline.query.ReadBarrier;
import io.throughline.query.source.SnapshotSource;
import io.throughline.rules.group.GroupEvaluation;
import io.throughline.rules.group.GroupState;
import io.throughline.rules.group.GroupStatus;
import io.throughline.rules.group.RuleSample;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One group's iterations, one at a time: evaluate, keep the state, notify, write. State is kept before anybody is told, so
 * that a process that takes over knows all that receivers know.
 *
 * <p>A runner whose share this process does not own only shows how the group stands. One that has lost its share neither
 * writes nor notifies, and where it cannot be found out who owns the share nothing is known of the group's alerts.
 *
 * <p>Results that could not be written are written with the next ones, of at most {@value #MOST_UNWRITTEN} iterations;
 * older ones are dropped and counted.
 */
final class GroupRunner {
  private static final Logger LOG = LoggerFactory.getLogger(GroupRunner.class);
  private static final int MOST_UNWRITTEN = 10;
  private static final int LONGEST_WAIT_SECONDS = 10;

  /** What a runner needs of the installation. */
  record House(Supplier<Snapshot> snapshots, ReadBarrier barrier, RulesSettings settings,
      RuleSink sink, StateLog log, Notices notices, RulesMeters meters) {}

  /** Tells receivers of alerts. */
  interface Notices {
    /** @param stillOurs asked right before an alert is sent, which it is not where this says no */
    void tell(GroupEvaluation evaluation, List<GroupEvaluation.Due> due, BooleanSupplier stillOurs);
  }

  private final House house;
  private final GroupEvaluation evaluation;
  private final GroupState state;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final List<List<RuleSample>> unwritten = new ArrayList<>();
  private long lastSlotMs;
  private volatile long doubtedSlotMs;
  private volatile GroupStatus status;
  private volatile boolean ended;
  private volatile boolean lost;
  private final ReentrantLock working = new ReentrantLock();
  private final int share;
  private final boolean owned;

  /** @param owned whether this process owns the group's share; if not the runner never runs */
  GroupRunner(House house, GroupEvaluation evaluation, GroupState state, boolean owned) {
    this.house = house;
    this.share = StateLog.shareOf(evaluation.group().key(), house.log.shareCount());
    this.owned = owned;
    this.evaluation = evaluation;
    this.state = state;
    this.status = evaluation.status();
  }

  GroupEvaluation evaluation() {
    return evaluation;
  }

  GroupState state() {
    return state;
  }

  GroupStatus status() {
    return status;
  }

  int share() {
    return share;
  }

  boolean owned() {
    return owned;
  }

  /** Whether an iteration runs or its results wait for their acknowledgement. */
  boolean busy() {
    return busy.get();
  }

  /** Whether an iteration could begin when one is due. */
  boolean ready() {
    return owned && !ended && !busy.get() && ours();
  }

  /** The newest moment not after now at which the group is due. Groups are spread over their interval by their names. */
  long slotMs(long nowMs) {
    long intervalMs = evaluation.intervalMs();
    long hash = evaluation.group().key().hashCode() * 0x9E3779B97F4A7C15L;
    long offsetMs = Math.floorMod(hash, intervalMs);
    return nowMs - Math.floorMod(nowMs - offsetMs, intervalMs);
  }

  /** When the group is due next. */
  long nextMs(long nowMs) {
    long slotMs = slotMs(nowMs);
    return slotMs > lastSlotMs ? slotMs : slotMs + evaluation.intervalMs();
  }

  /** The moment to evaluate now, or 0 where there is none; takes the group until {@link #run} has ended. */
  long take(long nowMs) {
    long slotMs = slotMs(nowMs);
    if (!owned || ended || slotMs <= lastSlotMs) {
      return 0;
    }
    if (!ours()) {
      // The moment stays due: it is evaluated, late, if this soon turns out to be the owner still.
      if (lastSlotMs != 0 && slotMs - lastSlotMs > evaluation.intervalMs()) {
        doubt(slotMs);
      }
      return 0;
    }
    if (!busy.compareAndSet(false, true)) {
      return 0;
    }
    long missed = lastSlotMs == 0 ? 0 : (slotMs - lastSlotMs) / evaluation.intervalMs() - 1;
    if (missed > 0) {
      house.meters.missed(missed);
      working.lock();
      try {
        evaluation.missed(lastSlotMs + evaluation.intervalMs());
      } finally {
        working.unlock();
      }
    }
    lastSlotMs = slotMs;
    return slotMs;
  }

  /** Goes on where an older version of the group stood: moments up to then are not done again. */
  void inherit(GroupRunner before) {
    evaluation.inherit(before.evaluation);
    state.inherit(before.state);
    lastSlotMs = before.lastSlotMs;
  }

  /** Goes on where the owner before stood. */
  void restore(Map<String, byte[]> kept, long nowMs, long toleranceMs) {
    lastSlotMs = Math.min(state.restore(kept, nowMs, toleranceMs), nowMs);
  }

  /** Shows how the group stands that another process evaluates, by what it keeps. */
  void showKept(Map<String, byte[]> kept, long nowMs) {
    if (!owned) {
      var shown = new GroupEvaluation(evaluation.group(), evaluation.options());
      new GroupState(shown).show(kept, nowMs);
      status = shown.status();
    }
  }

  /** Shows readers how the group stands before its first iteration here. */
  void show() {
    status = evaluation.status();
  }

  /** One iteration. After {@link #take}. */
  void run(long slotMs) {
    working.lock();
    try {
      iterate(slotMs);
    } catch (StateLog.Fenced fenced) {
      lost = true;
      ended = true;
      evaluation.fail(slotMs, "another process evaluates the group now");
      status = evaluation.status();
      busy.set(false);
      LOG.warn("another process evaluates a group now: this one stops group={} reason={}",
          evaluation.group().key(), fenced.getMessage());
    } catch (RuntimeException | Error defect) {
      busy.set(false);
      throw defect;
    } finally {
      working.unlock();
    }
  }

  /** Whether writing and notifying is this process' to do, now. */
  private boolean ours() {
    return !lost && house.log.owns(share);
  }

  private void iterate(long slotMs) {
    if (ended) {
      busy.set(false);
      return;
    }
    var iteration = evaluate(slotMs);
    house.meters.evaluated(evaluation.status(), iteration);
    keep(slotMs);
    if (!ours()) {
      // Written and told with the next ones, if this turns out to be the owner still.
      later(iteration.samples());
      doubt(slotMs);
      busy.set(false);
      return;
    }
    status = evaluation.status();
    house.notices.tell(evaluation, evaluation.toSend(slotMs), this::ours);
    write(iteration.samples());
  }

  /** Nobody may act on a group of which it is not known whose it is. Once for each moment. */
  private void doubt(long slotMs) {
    if (doubtedSlotMs == slotMs || !working.tryLock()) {
      return;
    }
    try {
      doubtedSlotMs = slotMs;
      evaluation.fail(slotMs, "whether this process still owns the group cannot be found out");
      status = evaluation.status();
      house.meters.doubted();
      LOG.warn("a group was not evaluated or its results not told, counted in "
          + "throughline.rules.doubted: whether this process still owns it cannot be found out "
          + "group={}", evaluation.group().key());
    } finally {
      working.unlock();
    }
  }

  private GroupEvaluation.Iteration evaluate(long slotMs) {
    long behind = house.barrier.await();
    try (var snapshot = house.snapshots.get()) {
      return evaluation.evaluate(slotMs, new SnapshotSource(snapshot, house.settings.owner(),
          evaluation.options().features().typeAndUnitLabels()), behind > 0);
    } catch (Failure away) {
      return evaluation.fail(slotMs, away.getMessage());
    } catch (IllegalStateException closed) {
      return evaluation.fail(slotMs, "the store cannot be read: " + closed.getMessage());
    }
  }

  private void keep(long slotMs) {
    try {
      house.log.save(share, state.changes(slotMs), state.history(slotMs));
      state.historyKept();
    } catch (Failure notKept) {
      // People are told all the same: an alert that waits for a log is worse than one told twice.
      state.forgetKept();
      house.meters.stateNotKept();
      LOG.warn("the state of alerts was not kept, counted in throughline.rules.state.failures "
          + "group={} reason={}", evaluation.group().key(), notKept.getMessage());
    }
  }

  private void later(List<RuleSample> samples) {
    unwritten.add(samples);
    if (unwritten.size() > MOST_UNWRITTEN) {
      house.meters.dropped(unwritten.removeFirst().size());
    }
  }

  private void write(List<RuleSample> samples) {
    later(samples);
    var all = new ArrayList<RuleSample>();
    unwritten.forEach(all::addAll);
    if (all.isEmpty()) {
      unwritten.clear();
      busy.set(false);
      return;
    }
    house.sink.write(all).whenComplete((_, failed) -> {
      if (failed == null) {
        written();
      } else {
        house.meters.notWritten();
        LOG.warn(
            "results of rules were not written and are sent again with the next, counted in "
                + "throughline.rules.write.failures group={} reason={}",
            evaluation.group().key(), failed.getMessage());
      }
      busy.set(false);
    });
  }

  private void written() {
    working.lock();
    try {
      unwritten.clear();
    } finally {
      working.unlock();
    }
  }

  /** The group's rules were changed: nothing runs after this call, what was to be told still is. */
  void retire() {
    ended = true;
    // Waits for the iteration that runs.
    working.lock();
    working.unlock();
  }

  /** This process does not own the group's share any more: nothing is written or told after this call. */
  void lose() {
    lost = true;
    ended = true;
    try {
      if (working.tryLock(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS)) {
        working.unlock();
      }
      // One that evaluates for longer finds out before it keeps, tells or writes anything.
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The group is gone: its series end and its state is deleted, where it is this process' to do. */
  void end(long nowMs) {
    retire();
    if (!owned || !ours()) {
      return;
    }
    working.lock();
    try {
      house.log.save(share, state.end(), state.historyEnd(nowMs));
      var samples = evaluation.end(nowMs - evaluation.queryOffsetMs());
      if (!samples.isEmpty()) {
        house.sink.write(samples).exceptionally(failed -> {
          LOG.warn("the series of a group that is gone were not ended group={} reason={}",
              evaluation.group().key(), failed.getMessage());
          return null;
        });
      }
    } catch (Failure | StateLog.Fenced notKept) {
      LOG.warn("a group that is gone was not ended group={} reason={}", evaluation.group().key(),
          notKept.getMessage());
    } finally {
      working.unlock();
    }
  }
}

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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One group's iterations, one at a time: evaluate, keep the state, write, notify. State is kept before anybody is told, so
 * that a process that takes over knows all that receivers know.
 *
 * <p>Results that could not be written are written with the next ones, of at most {@value #MOST_UNWRITTEN} iterations;
 * older ones are dropped and counted.
 */
final class GroupRunner {
  private static final Logger LOG = LoggerFactory.getLogger(GroupRunner.class);
  private static final int MOST_UNWRITTEN = 10;

  /** What a runner needs of the installation. */
  record House(Supplier<Snapshot> snapshots, ReadBarrier barrier, RulesSettings settings,
      RuleSink sink, StateLog log, Notices notices, RulesMeters meters) {}

  /** Tells receivers of alerts. */
  interface Notices {
    void tell(GroupEvaluation evaluation, List<GroupEvaluation.Due> due);
  }

  private final House house;
  private final GroupEvaluation evaluation;
  private final GroupState state;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final List<List<RuleSample>> unwritten = new ArrayList<>();
  private long lastSlotMs;
  private volatile GroupStatus status;
  private volatile boolean ended;

  GroupRunner(House house, GroupEvaluation evaluation, GroupState state) {
    this.house = house;
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

  boolean ended() {
    return ended;
  }

  /** Whether an iteration runs or its results wait for their acknowledgement. */
  boolean busy() {
    return busy.get();
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
    if (ended || slotMs <= lastSlotMs || !busy.compareAndSet(false, true)) {
      return 0;
    }
    long missed = lastSlotMs == 0 ? 0 : (slotMs - lastSlotMs) / evaluation.intervalMs() - 1;
    if (missed > 0) {
      house.meters.missed(missed);
      synchronized (this) {
        evaluation.missed(lastSlotMs + evaluation.intervalMs());
      }
    }
    lastSlotMs = slotMs;
    return slotMs;
  }

  /** Goes on where another process or an older version of the group stood: moments up to then are not done again. */
  void startAfter(long evaluatedMs) {
    lastSlotMs = evaluatedMs;
  }

  long lastSlotMs() {
    return lastSlotMs;
  }

  /** Shows readers how the group stands before its first iteration here. */
  void show() {
    status = evaluation.status();
  }

  /** One iteration. After {@link #take}. */
  void run(long slotMs) {
    try {
      iterate(slotMs);
    } catch (StateLog.Fenced fenced) {
      ended = true;
      busy.set(false);
      LOG.warn("another process evaluates the rules now: this one stops group={} reason={}",
          evaluation.group().key(), fenced.getMessage());
    } catch (RuntimeException | Error defect) {
      busy.set(false);
      throw defect;
    }
  }

  private synchronized void iterate(long slotMs) {
    if (ended) {
      busy.set(false);
      return;
    }
    var iteration = evaluate(slotMs);
    house.meters.evaluated(evaluation.status(), iteration);
    keep(slotMs);
    status = evaluation.status();
    house.notices.tell(evaluation, evaluation.toSend(slotMs));
    write(iteration.samples());
  }

  private GroupEvaluation.Iteration evaluate(long slotMs) {
    long behind = house.barrier.await();
    try (var snapshot = house.snapshots.get()) {
      return evaluation.evaluate(slotMs, new SnapshotSource(snapshot, house.settings.owner()),
          behind > 0);
    } catch (Failure away) {
      return evaluation.fail(slotMs, away.getMessage());
    } catch (IllegalStateException closed) {
      return evaluation.fail(slotMs, "the store cannot be read: " + closed.getMessage());
    }
  }

  private void keep(long slotMs) {
    try {
      house.log.save(state.changes(slotMs));
    } catch (Failure notKept) {
      // People are told all the same: an alert that waits for a log is worse than one told twice.
      state.forgetKept();
      house.meters.stateNotKept();
      LOG.warn("the state of alerts was not kept, counted in throughline.rules.state.failures "
          + "group={} reason={}", evaluation.group().key(), notKept.getMessage());
    }
  }

  private void write(List<RuleSample> samples) {
    unwritten.add(samples);
    if (unwritten.size() > MOST_UNWRITTEN) {
      house.meters.dropped(unwritten.removeFirst().size());
    }
    var all = new ArrayList<RuleSample>();
    unwritten.forEach(all::addAll);
    if (all.isEmpty()) {
      unwritten.clear();
      busy.set(false);
      return;
    }
    house.sink.write(all).whenComplete((_, failed) -> {
      if (failed == null) {
        synchronized (this) {
          unwritten.clear();
        }
      } else {
        house.meters.notWritten();
        LOG.warn("results of rules were not written and are sent again with the next, counted in "
            + "throughline.rules.write.failures group={} reason={}", evaluation.group()
                .key(), failed.getMessage());
      }
      busy.set(false);
    });
  }

  /** The group's rules were changed: nothing runs after this call. */
  synchronized void retire() {
    ended = true;
  }

  /** The group is gone: its series end and its state is deleted. */
  synchronized void end(long nowMs) {
    ended = true;
    try {
      house.log.save(state.end());
    } catch (Failure | StateLog.Fenced notKept) {
      LOG.warn("the state of a group that is gone was not deleted group={} reason={}", evaluation
          .group()
          .key(), notKept.getMessage());
    }
    var samples = evaluation.end(nowMs - evaluation.queryOffsetMs());
    if (!samples.isEmpty()) {
      house.sink.write(samples).exceptionally(failed -> {
        LOG.warn("the series of a group that is gone were not ended group={} reason={}", evaluation
            .group()
            .key(), failed.getMessage());
        return null;
      });
    }
  }
}

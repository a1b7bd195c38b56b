package io.throughline.rules.group;

import io.throughline.model.Labels;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What of a group has to outlive its process: reads it once from a state log, then tells after each iteration what has
 * changed. Used by the group's owner, with its evaluation.
 */
public final class GroupState {

  private final GroupEvaluation evaluation;
  private final Map<String, Map<Labels, Long>> kept = new HashMap<>();
  private final Set<String> unclaimed = new HashSet<>();
  private final ChangeTracker tracker;

  public GroupState(GroupEvaluation evaluation) {
    this.evaluation = evaluation;
    this.tracker = new ChangeTracker(evaluation);
  }

  /**
   * Sets the alerts as they were kept. They are unknown until the next evaluation. Pending ones are forgotten if nobody has
   * evaluated them for longer than the tolerance.
   *
   * @param log all that the log keeps, by key
   * @return when the group was last evaluated, 0 for never
   */
  public long restore(Map<String, byte[]> log, long nowMs, long toleranceMs) {
    var key = evaluation.group().key();
    var own = log.get(key);
    long evaluatedMs = own == null ? 0 : StateCodec.evaluatedMs(own);
    boolean tooOld = nowMs - evaluatedMs > toleranceMs;
    log.keySet().stream().filter(name -> name.startsWith(key + ";")).forEach(unclaimed::add);
    for (var state : evaluation.states()) {
      var value = log.get(ruleKey(state));
      unclaimed.remove(ruleKey(state));
      if (value == null || value.length == 0 || state.alerting() == null) {
        continue;
      }
      StateCodec.restore(state, value);
      kept.put(state.key, StateCodec.essence(state));
      if (own != null) {
        StateCodec.showUnknown(own, state);
      }
      tracker.begin(state);
      if (tooOld) {
        state.alerts.values().removeIf(alert -> alert.state == AlertState.PENDING);
      }
      state.unknownSinceMs = evaluatedMs;
      state.lastEvaluationMs = evaluatedMs;
      // What was written is not kept, but known: so that the series of alerts that are gone end.
      AlertEvaluation.samples(state, evaluatedMs)
          .forEach(sample -> state.written.add(sample.labels()));
    }
    return evaluatedMs;
  }

  /**
   * Sets the alerts as another process keeps them, to be looked at. They are unknown where it says so, or where it has not
   * evaluated for three of the group's intervals.
   *
   * @param log all that the log keeps, by key
   */
  public void show(Map<String, byte[]> log, long nowMs) {
    long evaluatedMs = restore(log, nowMs, Long.MAX_VALUE);
    var own = log.get(evaluation.group().key());
    boolean silent = nowMs - evaluatedMs > 3 * evaluation.intervalMs();
    evaluation.shown(evaluatedMs);
    for (var state : evaluation.states()) {
      state.lastEvaluationMs = evaluatedMs;
      state.evaluated = evaluatedMs != 0;
      state.unknownSinceMs = silent ? evaluatedMs : 0;
      if (own != null) {
        StateCodec.showUnknown(own, state);
      }
    }
  }

  /** What has changed since the last call, as entries for the log; an empty value deletes. */
  public Map<String, byte[]> changes(long evaluatedMs) {
    var changes = new LinkedHashMap<String, byte[]>();
    for (var state : evaluation.states()) {
      var essence = StateCodec.essence(state);
      if (!essence.equals(kept.getOrDefault(state.key, Map.of()))) {
        changes.put(ruleKey(state), StateCodec.alerts(state));
        kept.put(state.key, essence);
      }
    }
    unclaimed.forEach(key -> changes.put(key, new byte[0]));
    unclaimed.clear();
    changes.put(evaluation.group().key(), StateCodec.group(evaluatedMs, evaluation.states()));
    return changes;
  }

  /** What has changed for the history and is not kept there yet, up to a moment. */
  public List<byte[]> history(long timeMs) {
    return tracker.upTo(timeMs);
  }

  /** What the last call of {@link #history} or {@link #historyEnd} told is kept. */
  public void historyKept() {
    tracker.kept();
  }

  /** As {@link #history}, where all alerts end with their group. */
  public List<byte[]> historyEnd(long timeMs) {
    return tracker.end(timeMs);
  }

  /** The last changes were not kept: the next ones hold everything. */
  public void forgetKept() {
    evaluation.states().forEach(state -> kept.put(state.key, Map.of(Labels.EMPTY, -1L)));
  }

  /** Entries that delete all that is kept of the group. */
  public Map<String, byte[]> end() {
    var changes = new LinkedHashMap<String, byte[]>();
    kept.forEach((key, essence) -> changes.put(evaluation.group().key() + ";" + key, new byte[0]));
    unclaimed.forEach(key -> changes.put(key, new byte[0]));
    changes.put(evaluation.group().key(), new byte[0]);
    return changes;
  }

  /** Takes over what an older version of the group has in the log. */
  public void inherit(GroupState before) {
    tracker.inherit(before.tracker);
    kept.putAll(before.kept);
    var rules = new HashSet<String>();
    evaluation.states().forEach(state -> rules.add(state.key));
    before.kept.keySet().forEach(key -> {
      if (!rules.contains(key)) {
        unclaimed.add(evaluation.group().key() + ";" + key);
        kept.remove(key);
      }
    });
    unclaimed.addAll(before.unclaimed);
  }

  private String ruleKey(RuleState state) {
    return evaluation.group().key() + ";" + state.key;
  }
}

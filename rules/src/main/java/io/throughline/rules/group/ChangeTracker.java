package io.throughline.rules.group;

import io.throughline.model.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What of a group's alerts has changed since it was last kept in the history. Used by the group's owner, with its evaluation.
 *
 * <p>Changes that were not kept wait for the next time, at most {@value #MOST_WAITING}; the oldest give way.
 */
final class ChangeTracker {

  private static final int MOST_WAITING = 10_000;
  private static final String INACTIVE = AlertState.INACTIVE.word();
  private static final String UNKNOWN = "unknown";

  private record Known(String word, AlertView view) {}

  private final GroupEvaluation evaluation;
  private final Map<String, Map<Labels, Known>> known = new HashMap<>();
  private final List<AlertChange> waiting = new ArrayList<>();

  ChangeTracker(GroupEvaluation evaluation) {
    this.evaluation = evaluation;
  }

  /** Takes a rule's alerts as they stand for what the history knows. */
  void begin(RuleState state) {
    var alerts = shown(state);
    if (!alerts.isEmpty()) {
      known.put(state.key, alerts);
    }
  }

  /** Takes over what an older version of the group knows. */
  void inherit(ChangeTracker before) {
    known.putAll(before.known);
    waiting.addAll(before.waiting);
  }

  private static Map<Labels, Known> shown(RuleState state) {
    var alerts = new HashMap<Labels, Known>();
    for (var alert : state.alerts.values()) {
      if (alert.state != AlertState.INACTIVE) {
        alerts.put(alert.labels,
            new Known(state.unknownSinceMs == 0 ? alert.state.word() : UNKNOWN, alert.view()));
      }
    }
    return alerts;
  }

  /** All changes that are not kept yet, up to this moment. */
  List<byte[]> upTo(long timeMs) {
    var gone = new HashMap<>(known);
    for (var state : evaluation.states()) {
      gone.remove(state.key);
      var before = known.getOrDefault(state.key, Map.of());
      if (before.isEmpty() && state.alerts.isEmpty()) {
        continue;
      }
      var now = shown(state);
      before.forEach((labels, was) -> {
        if (!now.containsKey(labels)) {
          note(state.key, was, INACTIVE, was.view, timeMs, "");
        }
      });
      now.forEach((labels, is) -> {
        var was = before.get(labels);
        if (was == null || !was.word.equals(is.word)) {
          note(state.key, was, is.word, is.view, timeMs,
              is.word.equals(UNKNOWN)
                  ? state.lastError.isEmpty() ? "it was not evaluated" : state.lastError
                  : "");
        }
      });
      known.put(state.key, now);
    }
    gone.forEach((key, alerts) -> {
      alerts.values()
          .forEach(was -> note(key, was, INACTIVE, was.view, timeMs, "its rule is gone"));
      known.remove(key);
    });
    return waiting.stream().map(AlertChange::bytes).toList();
  }

  /** All alerts are gone with their group. */
  List<byte[]> end(long timeMs) {
    known.forEach((key, alerts) -> alerts.values()
        .forEach(was -> note(key, was, INACTIVE, was.view, timeMs, "its rule is gone")));
    known.clear();
    return waiting.stream().map(AlertChange::bytes).toList();
  }

  /** What the last call told is kept. */
  void kept() {
    waiting.clear();
  }

  private void note(String ruleKey, @Nullable Known was, String to, AlertView view, long timeMs,
      String reason) {
    if (waiting.size() == MOST_WAITING) {
      waiting.removeFirst();
    }
    var group = evaluation.group();
    int number = ruleKey.lastIndexOf('#');
    waiting.add(new AlertChange(timeMs, was == null ? INACTIVE : was.word, to, view.id(group.key()),
        number < 0 ? ruleKey : ruleKey.substring(0, number), group.name(), group.file(),
        view.labels().toMap(), view.annotations(), view.value(), view.activeAtMs(),
        view.firedAtMs(), reason));
  }
}

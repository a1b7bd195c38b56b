package io.throughline.rules.group;

import io.throughline.model.Labels;
import io.throughline.rules.file.Rule;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One rule of a group with what it remembers. Owned by its group's evaluation. */
final class RuleState {

  final Rule rule;

  /** Names the rule in its group: its name, and which of those with this name it is. */
  final String key;

  /** The alerts by their labels, resolved ones included for a while; empty for a recording. */
  final Map<Labels, Alert> alerts = new LinkedHashMap<>();

  /** What the last good evaluation wrote; what is missing next time gets a stale marker. */
  Set<Labels> written = new HashSet<>();

  String lastError = "";
  boolean evaluated;
  long lastEvaluationMs;
  double evaluationSeconds;

  /** Since when the rule's alerts are not known: an evaluation failed or was missed; 0 while they are. */
  long unknownSinceMs;

  RuleState(Rule rule, String key) {
    this.rule = rule;
    this.key = key;
  }

  /** Takes over what another rule of the same name remembers. */
  void inherit(RuleState before) {
    alerts.putAll(before.alerts);
    written = new HashSet<>(before.written);
    lastEvaluationMs = before.lastEvaluationMs;
    unknownSinceMs = before.unknownSinceMs;
  }

  /** Rules of a group with their keys. */
  static Map<String, RuleState> of(Iterable<Rule> rules) {
    var states = new LinkedHashMap<String, RuleState>();
    var counts = new HashMap<String, Integer>();
    for (var rule : rules) {
      int number = counts.merge(rule.name(), 1, Integer::sum);
      var key = rule.name() + (number == 1 ? "" : "#" + number);
      states.put(key, new RuleState(rule, key));
    }
    return states;
  }

  /** The alert rule, or null for a recording. */
  Rule.@Nullable Alerting alerting() {
    return rule instanceof Rule.Alerting alerting ? alerting : null;
  }
}

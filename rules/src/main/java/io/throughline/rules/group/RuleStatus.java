package io.throughline.rules.group;

import io.throughline.rules.file.Rule;
import java.util.List;

/**
 * How a rule stands. Immutable.
 *
 * @param lastError why its last evaluation failed, or ""
 * @param lastEvaluationMs 0 for never
 * @param unknownSinceMs since when its alerts are not known, because evaluations failed or were missed; 0 while they are
 * @param alerts pending and firing
 */
public record RuleStatus(Rule rule, Health health, String lastError, long lastEvaluationMs,
    double evaluationSeconds, long unknownSinceMs, List<AlertView> alerts) {

  /** How the last evaluation went. */
  public enum Health {
    OK("ok"),
    ERROR("err"),
    UNKNOWN("unknown");

    private final String word;

    Health(String word) {
      this.word = word;
    }

    /** As Prometheus writes it. */
    public String word() {
      return word;
    }
  }

  /** The worst state of its alerts. */
  public AlertState state() {
    var worst = AlertState.INACTIVE;
    for (var alert : alerts) {
      worst = alert.state().compareTo(worst) > 0 ? alert.state() : worst;
    }
    return worst;
  }
}

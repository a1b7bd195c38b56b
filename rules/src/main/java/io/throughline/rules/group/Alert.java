package io.throughline.rules.group;

import io.throughline.model.Labels;
import java.util.Map;

/**
 * One alert of a rule. Owned and changed by its rule's evaluation alone; others get a {@link AlertView}.
 *
 * <p>Times are epoch milliseconds, 0 for never.
 */
final class Alert {

  final Labels labels;
  Map<String, String> annotations;
  double value;
  AlertState state = AlertState.PENDING;
  long activeAtMs;
  long firedAtMs;
  long resolvedAtMs;
  long keepFiringSinceMs;
  long lastSentAtMs;
  long validUntilMs;

  Alert(Labels labels, Map<String, String> annotations, double value, long activeAtMs) {
    this.labels = labels;
    this.annotations = annotations;
    this.value = value;
    this.activeAtMs = activeAtMs;
  }

  AlertView view() {
    return new AlertView(labels, annotations, value, state, activeAtMs, firedAtMs, resolvedAtMs,
        keepFiringSinceMs, validUntilMs);
  }
}

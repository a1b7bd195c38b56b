package io.throughline.rules.backtest;

import io.throughline.model.Labels;

/**
 * A stretch in which an alert fired.
 *
 * @param fromMs when it began to fire
 * @param toMs when it was resolved, or the end of the test
 * @param open whether it still fired at the end
 */
public record Episode(String rule, Labels labels, long fromMs, long toMs, boolean open) {

  /** This one and a later one that overlaps it, as one. */
  Episode with(Episode later) {
    return new Episode(rule, labels, fromMs, Math.max(toMs, later.toMs), open || later.open);
  }

  boolean overlaps(Episode other) {
    return fromMs <= other.toMs && other.fromMs <= toMs;
  }
}

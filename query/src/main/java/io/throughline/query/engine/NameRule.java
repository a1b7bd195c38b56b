package io.throughline.query.engine;

import io.throughline.model.Labels;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which labels go where an operator takes the metric name away, and when they go. */
enum NameRule {
  /** The name, at once. */
  AT_ONCE(false, Labels.NAME),
  /** The name, at the end of the query. */
  AT_THE_END(true, Labels.NAME),
  /** The name, the type and the unit, at once. */
  TYPED_AT_ONCE(false, Labels.NAME, Labels.TYPE, Labels.UNIT),
  /** The name, the type and the unit, at the end of the query. */
  TYPED_AT_THE_END(true, Labels.NAME, Labels.TYPE, Labels.UNIT);

  private final boolean late;
  private final String[] labels;
  private final Set<String> names;

  NameRule(boolean late, String... labels) {
    this.late = late;
    this.labels = labels;
    this.names = Set.of(labels);
  }

  static NameRule of(Features features) {
    if (features.typeAndUnitLabels()) {
      return features.delayedNameRemoval() ? TYPED_AT_THE_END : TYPED_AT_ONCE;
    }
    return features.delayedNameRemoval() ? AT_THE_END : AT_ONCE;
  }

  boolean late() {
    return late;
  }

  boolean goes(String label) {
    return names.contains(label);
  }

  /** Without the name and what goes with it, whenever that is. */
  Labels without(Labels from) {
    return from.without(labels);
  }

  /** The labels that a matching or a grouping leaves out: those named, and what goes with the name. */
  String[] with(List<String> others) {
    var all = Arrays.copyOf(labels, labels.length + others.size());
    for (int i = 0; i < others.size(); i++) {
      all[labels.length + i] = others.get(i);
    }
    return all;
  }

  /** As {@link #with}, to look names up in. */
  Set<String> setWith(List<String> others) {
    var all = new HashSet<>(names);
    all.addAll(others);
    return all;
  }
}

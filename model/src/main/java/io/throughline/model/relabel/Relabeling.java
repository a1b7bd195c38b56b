package io.throughline.model.relabel;

import io.throughline.model.Labels;
import io.throughline.model.relabel.Relabeled.Dropped;
import io.throughline.model.relabel.Relabeled.Kept;
import java.util.ArrayList;
import java.util.List;

/**
 * A list of rules, applied in order; each sees what those before it made. Immutable, safe for all threads.
 *
 * <p>As Prometheus 3 relabels: expressions are RE2's, anchored at both ends, their dot also matches a newline; any text
 * is a label's name.
 */
public record Relabeling(List<RelabelRule> rules) {

  public static final Relabeling NONE = new Relabeling(List.of());

  public Relabeling {
    rules = List.copyOf(rules);
  }

  /** These rules, and then the others. */
  public Relabeling then(Relabeling others) {
    if (rules.isEmpty() || others.rules.isEmpty()) {
      return rules.isEmpty() ? others : this;
    }
    var all = new ArrayList<>(rules);
    all.addAll(others.rules);
    return new Relabeling(all);
  }

  public boolean isEmpty() {
    return rules.isEmpty();
  }

  /** Applies all rules. */
  public Relabeled apply(Labels labels) {
    if (rules.isEmpty()) {
      return new Kept(labels);
    }
    var draft = new Draft(labels);
    for (int i = 0; i < rules.size(); i++) {
      if (!rules.get(i).apply(draft)) {
        return new Dropped(i);
      }
    }
    return new Kept(draft.build());
  }
}

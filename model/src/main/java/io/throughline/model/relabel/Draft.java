package io.throughline.model.relabel;

import io.throughline.model.Labels;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A label set being rewritten. What was there comes in its order, then what was added, in the order it was added first:
 * rules that map several names to one depend on it.
 */
final class Draft {
  private final Labels base;
  private final Map<String, String> added = new LinkedHashMap<>();
  private final Set<String> deleted = new HashSet<>();

  Draft(Labels base) {
    this.base = base;
  }

  String get(String name) {
    var set = added.get(name);
    if (set != null) {
      return set;
    }
    return deleted.contains(name) ? "" : base.getOrEmpty(name);
  }

  /** An empty value deletes the label. */
  void set(String name, String value) {
    if (value.isEmpty()) {
      delete(name);
    } else {
      added.put(name, value);
    }
  }

  void delete(String name) {
    added.remove(name);
    deleted.add(name);
  }

  /** The names that are there now. */
  List<String> names() {
    var names = new ArrayList<String>(base.size() + added.size());
    for (int i = 0; i < base.size(); i++) {
      if (!added.containsKey(base.name(i)) && !deleted.contains(base.name(i))) {
        names.add(base.name(i));
      }
    }
    names.addAll(added.keySet());
    return names;
  }

  Labels build() {
    if (added.isEmpty() && deleted.isEmpty()) {
      return base;
    }
    var builder = base.toBuilder();
    deleted.forEach(builder::remove);
    added.forEach(builder::set);
    return builder.build();
  }
}

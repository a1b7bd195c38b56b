package io.throughline.collector;

import io.throughline.model.Tenant;
import io.throughline.model.relabel.RelabelYaml;
import io.throughline.model.relabel.Relabeling;
import io.throughline.model.yaml.Problem;
import io.throughline.model.yaml.YamlDocument;
import io.throughline.model.yaml.YamlValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file of relabelling rules, read strictly. Rules of all tenants come first, a tenant's own after them.
 *
 * <pre>
 * metric_relabel_configs:                # of every tenant
 *   - source_labels: [__name__]
 *     regex: go_memstats_.*
 *     action: drop
 * tenants:
 *   shop:
 *     metric_relabel_configs:            # of this one, after the others
 *       - {action: labeldrop, regex: pod_template_hash}
 * </pre>
 *
 * @param problems what is wrong with it; then it has no rules
 */
record RelabelFile(Rules all, Map<Tenant, Rules> own, List<Problem> problems) {
  private static final String CONFIGS = "metric_relabel_configs";
  private static final long MOST_BYTES = 4L << 20;
  private static final Rules NO_RULES = new Rules(Relabeling.NONE, List.of());

  static final RelabelFile NONE = new RelabelFile(NO_RULES, Map.of(), List.of());

  /** @param lines where each rule stands in the file */
  record Rules(Relabeling relabeling, List<Integer> lines) {

    Rules then(Rules others) {
      var both = new ArrayList<>(lines);
      both.addAll(others.lines);
      return new Rules(relabeling.then(others.relabeling), List.copyOf(both));
    }
  }

  /** All rules for a tenant's series. */
  Rules of(Tenant tenant) {
    return own.getOrDefault(tenant, all);
  }

  /** Reads a file; one that cannot be read is a problem too. */
  static RelabelFile read(Path file) {
    return read(YamlDocument.first(file, MOST_BYTES));
  }

  static RelabelFile parse(String file, String text) {
    return read(YamlDocument.first(file, text));
  }

  private static RelabelFile read(YamlDocument document) {
    var root = document.root();
    var all = NO_RULES;
    var own = new HashMap<Tenant, Rules>();
    if (root != null) {
      var fields = root.fields("a relabelling file", Set.of(CONFIGS, "tenants"));
      all = rules(fields.get(CONFIGS));
      var tenants = fields.get("tenants");
      for (var entry : tenants == null
          ? Map.<String, YamlValue>of().entrySet()
          : tenants.entries("tenants").entrySet()) {
        var ofTenant = rules(entry.getValue().fields("a tenant", Set.of(CONFIGS)).get(CONFIGS));
        try {
          own.put(new Tenant(entry.getKey()), all.then(ofTenant));
        } catch (RuntimeException wrong) {
          entry.getValue().wrong(String.valueOf(wrong.getMessage()));
        }
      }
    }
    return document.problems().isEmpty()
        ? new RelabelFile(all, Map.copyOf(own), List.of())
        : new RelabelFile(NO_RULES, Map.of(), List.copyOf(document.problems()));
  }

  private static Rules rules(@Nullable YamlValue list) {
    if (list == null) {
      return NO_RULES;
    }
    // Where a rule is wrong the two lists differ in length, and then neither is used.
    return new Rules(RelabelYaml.read(list, CONFIGS),
        list.isList() ? list.items(CONFIGS).stream().map(YamlValue::line).toList() : List.of());
  }
}

package io.throughline.rules.backtest;

import io.throughline.model.Labels;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A stretch in which an alert fired.
 *
 * @param fromMs when it began to fire
 * @param toMs when it was resolved, or the end of the test
 * @param open whether it still fired at the end
 */
public record Episode(String rule, Labels labels, long fromMs, long toMs, boolean open) {

  private static final List<String> SERVICE_LABELS = List.of("job", "service", "service_name");
  private static final List<String> NAMESPACE_LABELS = List.of("namespace", "service_namespace");

  /** This one and a later one that overlaps it, as one. */
  Episode with(Episode later) {
    return new Episode(rule, labels, fromMs, Math.max(toMs, later.toMs), open || later.open);
  }

  boolean overlaps(Episode other) {
    return fromMs <= other.toMs && other.fromMs <= toMs;
  }

  /** Whether an alert fired while a budget of its own service burned, or of any where it names no service. */
  boolean meets(Episode burn) {
    return overlaps(burn)
        && (!namesAService() || services().contains(burn.labels.getOrEmpty("job")));
  }

  boolean namesAService() {
    return !services().isEmpty();
  }

  /** What its service may be called: {@code checkout}, and {@code shop/checkout} where a label has the namespace. */
  private Set<String> services() {
    var services = new TreeSet<String>();
    for (var label : SERVICE_LABELS) {
      var service = labels.getOrEmpty(label);
      if (!service.isEmpty()) {
        services.add(service);
        for (var beside : NAMESPACE_LABELS) {
          var namespace = labels.getOrEmpty(beside);
          if (!namespace.isEmpty()) {
            services.add(namespace + "/" + service);
          }
        }
      }
    }
    return services;
  }
}

package io.throughline.query.engine;

import io.throughline.query.promql.Span;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Warnings and infos of one query, each text once, with the place of the expression they speak of. Thread-safe. */
final class Annotations {

  private static final int MOST = 100;

  private final String text;
  private final Set<String> warnings = new LinkedHashSet<>();
  private final Set<String> infos = new LinkedHashSet<>();

  Annotations(String text) {
    this.text = text;
  }

  void warn(Span where, String message) {
    add(warnings, where, "PromQL warning: " + message);
  }

  void inform(Span where, String message) {
    add(infos, where, "PromQL info: " + message);
  }

  private synchronized void add(Set<String> to, Span where, String message) {
    if (to.size() < MOST) {
      to.add(message + " (" + Span.lineAndColumn(text, where.start()) + ")");
    }
  }

  void warnMixed(Span where, String metric) {
    warn(where, "encountered a mix of histograms and floats for " + forMetric(metric));
  }

  static String forMetric(String metric) {
    return metric.isEmpty() ? "metric name \"\"" : "metric name \"" + metric + "\"";
  }

  synchronized List<String> warnings() {
    return new ArrayList<>(warnings);
  }

  synchronized List<String> infos() {
    return new ArrayList<>(infos);
  }
}

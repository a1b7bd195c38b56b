package io.throughline.rules.file;

import io.throughline.query.promql.Expr;
import io.throughline.rules.template.Template;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One rule of a group. Immutable. */
public sealed interface Rule {

  /** The series' or the alert's name. */
  String name();

  /** The expression as it was written. */
  String text();

  Expr expr();

  /** Where the rule begins in its file, from 1. */
  int line();

  /**
   * Writes what its expression yields under a new name.
   *
   * @param labels set on each result, the group's included; "" removes a label
   */
  record Recording(String name, String text, Expr expr, Map<String, String> labels,
      int line) implements Rule {
    public Recording {
      labels = Map.copyOf(labels);
    }
  }

  /**
   * Raises an alert for each element that its expression yields.
   *
   * @param forMs how long an element has to be there before its alert fires
   * @param keepFiringForMs how long an alert still fires after its element has gone
   * @param resolve what ends an alert, or null: then the absence of its element does
   * @param labels templates, the group's labels included, ascending by name
   * @param annotations templates, ascending by name
   */
  record Alerting(String name, String text, Expr expr, long forMs, long keepFiringForMs,
      @Nullable Resolve resolve, Map<String, Template> labels, Map<String, Template> annotations,
      int line) implements Rule {}

  /**
   * The condition that ends firing alerts. It ends those with whose labels one of its elements agrees in every label that
   * the element has.
   */
  record Resolve(String text, Expr expr) {}
}

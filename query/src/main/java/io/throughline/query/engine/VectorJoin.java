package io.throughline.query.engine;

import io.throughline.model.Labels;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Expr.Binary;
import io.throughline.query.promql.Expr.Cardinality;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Arithmetic and comparisons between two vectors. The <em>one</em> side is held by signature, the <em>many</em> side (the
 * left, where both are one) streams by; {@code group_right} makes the right side the many.
 */
final class VectorJoin {

  private final Evaluator evaluator;
  private final Binary binary;
  private final Expr.Matching matching;
  private final boolean oneToOne;
  private final boolean swapped;
  private final PairOperation pair;
  private final NameRule names;
  private final int steps;
  private final Map<Labels, Partners> ones = new LinkedHashMap<>();
  private final Map<Labels, SeriesColumn> results = new LinkedHashMap<>();

  /** What the one side has for a signature, and which steps a many element met. */
  private final class Partners {
    final List<SeriesColumn> columns = new ArrayList<>(1);
    final boolean[] met = new boolean[steps];

    /** The one element at a step, or null. */
    @Nullable
    SeriesColumn at(int k) {
      for (var column : columns) {
        if (column.has(k)) {
          return column;
        }
      }
      return null;
    }
  }

  VectorJoin(Evaluator evaluator, Binary binary) {
    this.evaluator = evaluator;
    this.binary = binary;
    this.matching = Objects.requireNonNull(binary.matching(), "vectors are joined by a matching");
    this.oneToOne = matching.cardinality() == Cardinality.ONE_TO_ONE;
    this.swapped = matching.cardinality() == Cardinality.ONE_TO_MANY;
    this.names = evaluator.context.names();
    this.pair = new PairOperation(evaluator.context.annotations(), binary);
    this.steps = evaluator.grid.count();
  }

  void run(Sink sink) {
    gather(swapped ? binary.left() : binary.right());
    evaluator.stream(swapped ? binary.right() : binary.left(), column -> {
      meet(column);
      return false;
    });
    // What stands in for a missing element of the many side.
    var fillMany = swapped ? matching.fillRight() : matching.fillLeft();
    if (fillMany != null) {
      ones.values().forEach(partners -> fillMany(partners, fillMany));
    }
    long held = 0;
    for (var partners : ones.values()) {
      for (var column : partners.columns) {
        held += column.bytes();
      }
    }
    ones.clear();
    evaluator.context.budget().hold(-held);
    results.forEach((labels, column) -> {
      column.changeLabels(labels);
      evaluator.context.budget().hold(-column.bytes());
      if (!column.isEmpty()) {
        sink.accept(column);
      }
    });
  }

  private void gather(Expr side) {
    evaluator.stream(side, column -> {
      var signature = BinaryEvaluator.signature(matching, names, column.labels());
      var partners = ones.computeIfAbsent(signature, _ -> new Partners());
      for (var other : partners.columns) {
        for (int k = 0; k < steps; k++) {
          if (other.has(k) && column.has(k)) {
            throw EvaluationFailure.of("found duplicate series for the match group "
                + braces(signature) + " on the " + (swapped ? "left" : "right")
                + " hand-side of the operation: [" + braces(column.labels()) + ", "
                + braces(other.labels())
                + "];many-to-many matching not allowed: matching labels must be unique on one side");
          }
        }
      }
      partners.columns.add(column);
      evaluator.context.budget().hold(column.bytes());
      return true;
    });
  }

  private static String braces(Labels labels) {
    var text = new StringBuilder("{");
    labels.forEach((name, value) -> text.append(text.length() > 1 ? ", " : "")
        .append(name)
        .append("=\"")
        .append(value)
        .append('"'));
    return text.append('}').toString();
  }

  private void meet(SeriesColumn many) {
    var labels = many.labels();
    var signature = BinaryEvaluator.signature(matching, names, labels);
    var partners = ones.get(signature);
    var fillOne = swapped ? matching.fillLeft() : matching.fillRight();
    if (partners == null && fillOne == null) {
      return;
    }
    SeriesColumn lastOne = null;
    SeriesColumn out = null;
    for (int k = 0; k < steps; k++) {
      if (!many.has(k)) {
        continue;
      }
      var one = partners == null ? null : partners.at(k);
      if (one == null && fillOne == null) {
        continue;
      }
      if (partners != null && one != null) {
        if (oneToOne && partners.met[k]) {
          throw EvaluationFailure.of(
              "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
        }
        partners.met[k] = true;
      }
      if (out == null || one != lastOne) {
        out = result(resultLabels(labels, one == null ? null : one.labels()));
        lastOne = one;
        if (names.late() && (binary.bool() || many.nameGoesLate())) {
          out.dropName(names);
        }
      }
      double oneValue = one == null ? fillOne == null ? 0 : fillOne : one.values[k];
      combine(many.values[k], many.histogram(k), oneValue, one == null ? null : one.histogram(k),
          out, k);
    }
  }

  private void combine(double manyValue, @Nullable FloatHistogram manyHistogram, double oneValue,
      @Nullable FloatHistogram oneHistogram, SeriesColumn out, int k) {
    if (out.has(k)) {
      throw EvaluationFailure.of(oneToOne
          ? "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
          : "multiple matches for labels: grouping labels must ensure unique matches");
    }
    if (swapped) {
      pair.apply(oneValue, oneHistogram, manyValue, manyHistogram, out, k);
    } else {
      pair.apply(manyValue, manyHistogram, oneValue, oneHistogram, out, k);
    }
  }

  private void fillMany(Partners partners, double fill) {
    for (int k = 0; k < steps; k++) {
      var one = partners.at(k);
      if (one == null || partners.met[k]) {
        continue;
      }
      var signature = BinaryEvaluator.signature(matching, names, one.labels());
      var out = result(resultLabels(signature, one.labels()));
      combine(fill, null, one.values[k], one.histogram(k), out, k);
    }
  }

  private SeriesColumn result(Labels labels) {
    return results.computeIfAbsent(labels, _ -> {
      var column = new SeriesColumn(steps);
      evaluator.context.budget().hold(column.bytes());
      return column;
    });
  }

  private Labels resultLabels(Labels many, @Nullable Labels one) {
    boolean dropName = binary.operator().changesMeaning() || binary.bool() && !names.late();
    var labels = dropName ? names.without(many) : many;
    if (oneToOne) {
      if (!matching.on()) {
        return matching.labels().isEmpty()
            ? labels
            : labels.without(matching.labels().toArray(String[]::new));
      }
      var kept = new HashMap<String, String>();
      for (var name : matching.labels()) {
        kept.put(name, labels.getOrEmpty(name));
      }
      return Labels.of(kept);
    }
    if (matching.include().isEmpty()) {
      return labels;
    }
    var builder = labels.toBuilder();
    for (var name : matching.include()) {
      builder.set(name, one == null ? "" : one.getOrEmpty(name));
    }
    return builder.build();
  }
}

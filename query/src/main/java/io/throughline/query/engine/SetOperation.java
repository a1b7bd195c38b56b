package io.throughline.query.engine;

import io.throughline.model.Labels;
import io.throughline.query.promql.BinaryOperator;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Expr.Binary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** and, or, unless: which elements stay hangs on whether the other side has one of the same signature. */
final class SetOperation {

  private final Evaluator evaluator;
  private final Binary binary;
  private final Expr.Matching matching;
  private final int steps;

  SetOperation(Evaluator evaluator, Binary binary) {
    this.evaluator = evaluator;
    this.binary = binary;
    this.matching = Objects.requireNonNull(binary.matching(), "a set operator joins vectors");
    this.steps = evaluator.grid.count();
  }

  void run(Sink sink) {
    if (binary.operator() == BinaryOperator.OR) {
      or(sink);
      return;
    }
    boolean wanted = binary.operator() == BinaryOperator.AND;
    var right = new HashMap<Labels, boolean[]>();
    evaluator.stream(binary.right(), column -> {
      mark(right, column);
      return false;
    });
    evaluator.stream(binary.left(), column -> {
      var present = right
          .get(BinaryEvaluator.signature(matching, evaluator.context.names(), column.labels()));
      if (present == null) {
        return !wanted && sink.accept(column);
      }
      for (int k = 0; k < steps; k++) {
        if (present[k] != wanted) {
          column.remove(k);
        }
      }
      return !column.isEmpty() && sink.accept(column);
    });
  }

  private void or(Sink sink) {
    var left = new HashMap<Labels, boolean[]>();
    var merging = new MergingSink(evaluator.context);
    var rights = new ArrayList<SeriesColumn>();
    evaluator.stream(binary.left(), column -> {
      mark(left, column);
      return merging.accept(column);
    });
    evaluator.stream(binary.right(), column -> {
      var present = left
          .get(BinaryEvaluator.signature(matching, evaluator.context.names(), column.labels()));
      for (int k = 0; present != null && k < steps; k++) {
        if (present[k]) {
          column.remove(k);
        }
      }
      return !column.isEmpty() && rights.add(column);
    });
    rights.forEach(merging::accept);
    merging.flush(sink);
  }

  private void mark(Map<Labels, boolean[]> signatures, SeriesColumn column) {
    var present = signatures.computeIfAbsent(
        BinaryEvaluator.signature(matching, evaluator.context.names(), column.labels()),
        _ -> new boolean[steps]);
    for (int k = 0; k < steps; k++) {
      present[k] |= column.has(k);
    }
  }
}

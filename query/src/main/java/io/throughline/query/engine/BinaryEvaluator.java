package io.throughline.query.engine;

import io.throughline.model.Labels;
import io.throughline.query.promql.BinaryOperator;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Expr.Binary;
import io.throughline.query.promql.ValueType;

/** Binary operators where at least one side is a vector. */
final class BinaryEvaluator {

  private final Evaluator evaluator;
  private final Binary binary;
  private final BinaryOperator operator;

  BinaryEvaluator(Evaluator evaluator, Binary binary) {
    this.evaluator = evaluator;
    this.binary = binary;
    this.operator = binary.operator();
  }

  void run(Sink sink) {
    boolean leftScalar = binary.left().type() == ValueType.SCALAR;
    boolean rightScalar = binary.right().type() == ValueType.SCALAR;
    if (leftScalar || rightScalar) {
      withScalar(sink, leftScalar);
    } else if (operator.isSet()) {
      new SetOperation(evaluator, binary).run(sink);
    } else {
      new VectorJoin(evaluator, binary).run(sink);
    }
  }

  private void withScalar(Sink sink, boolean scalarLeft) {
    var scalars = evaluator.scalar(scalarLeft ? binary.left() : binary.right());
    Expr vector = scalarLeft ? binary.right() : binary.left();
    var pair = new PairOperation(evaluator.context.annotations(), binary);
    Evaluator.Change change = column -> {
      for (int k = 0; k < column.steps(); k++) {
        if (column.has(k)) {
          pair.withScalar(column, k, scalars[k], scalarLeft);
        }
      }
    };
    if (operator.changesMeaning() || binary.bool()) {
      evaluator.withoutName(vector, change, sink);
    } else {
      evaluator.stream(vector, column -> {
        change.apply(column);
        return !column.isEmpty() && sink.accept(column);
      });
    }
  }

  /** What must agree for two elements to meet. */
  static Labels signature(Expr.Matching matching, NameRule names, Labels labels) {
    if (matching.on()) {
      var builder = new Labels.Builder();
      for (var name : matching.labels()) {
        builder.set(name, labels.getOrEmpty(name));
      }
      return builder.build();
    }
    return matching.labels().isEmpty()
        ? names.without(labels)
        : labels.without(names.with(matching.labels()));
  }
}

package io.throughline.query.engine;

import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Expr.Aggregate;
import io.throughline.query.promql.Expr.Binary;
import io.throughline.query.promql.Expr.Call;
import io.throughline.query.promql.Expr.MatrixSelector;
import io.throughline.query.promql.Expr.NumberLiteral;
import io.throughline.query.promql.Expr.Paren;
import io.throughline.query.promql.Expr.StringLiteral;
import io.throughline.query.promql.Expr.Subquery;
import io.throughline.query.promql.Expr.Unary;
import io.throughline.query.promql.Expr.VectorSelector;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * The selectors below an aggregation to one number: totals are compensated, so the order of what they add up does
 * not show, and sorting thousands of label sets would cost more than reading them. An aggregation that chooses
 * ({@code topk}, {@code limitk} …) breaks ties by order, so what is below it stays sorted.
 */
final class Orderless {

  private final Set<VectorSelector> selectors = Collections.newSetFromMap(new IdentityHashMap<>());

  private Orderless() {}

  static Orderless in(Expr expr) {
    var found = new Orderless();
    found.walk(expr, false);
    return found;
  }

  boolean contains(VectorSelector selector) {
    return selectors.contains(selector);
  }

  private void walk(Expr expr, boolean free) {
    switch (expr) {
      case VectorSelector selector -> {
        if (free) {
          selectors.add(selector);
        }
      }
      case Aggregate aggregate -> walk(aggregate.inner(), switch (aggregate.operation()) {
        case SUM, AVG, MIN, MAX, COUNT, GROUP, STDDEV, STDVAR -> true;
        case QUANTILE, COUNT_VALUES, TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> false;
      });
      case MatrixSelector matrix -> walk(matrix.vector(), free);
      case Subquery subquery -> walk(subquery.inner(), free);
      case Paren(var inner, _) -> walk(inner, free);
      case Unary(_, var inner, _) -> walk(inner, free);
      case Binary binary -> {
        walk(binary.left(), free);
        walk(binary.right(), free);
      }
      case Call call -> call.arguments().forEach(argument -> walk(argument, free));
      case NumberLiteral _,StringLiteral _ -> {
        // Selects nothing.
      }
    }
  }
}

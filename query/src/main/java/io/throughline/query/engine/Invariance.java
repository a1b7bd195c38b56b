package io.throughline.query.engine;

import io.throughline.model.Labels;
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
import io.throughline.query.promql.Function;
import io.throughline.query.promql.Matchers;
import java.util.EnumSet;
import java.util.Set;

/** What can be said of an expression without evaluating it. */
final class Invariance {

  private static final Set<Function> TIME_DEPENDENT = EnumSet.of(Function.DAYS_IN_MONTH,
      Function.DAY_OF_MONTH, Function.DAY_OF_WEEK, Function.DAY_OF_YEAR, Function.HOUR,
      Function.MINUTE, Function.MONTH, Function.YEAR, Function.PREDICT_LINEAR, Function.TIME,
      Function.TIMESTAMP);

  private Invariance() {}

  /** Whether the value is the same at every step, so that one evaluation does for all. */
  static boolean stepInvariant(Expr expr) {
    return switch (expr) {
      case NumberLiteral _,StringLiteral _ -> true;
      case VectorSelector selector -> selector.when().at() != null;
      case MatrixSelector matrix -> matrix.vector().when().at() != null;
      case Subquery subquery -> subquery.when().at() != null;
      case Paren(var inner, _) -> stepInvariant(inner);
      case Unary(_, var inner, _) -> stepInvariant(inner);
      case Binary binary -> stepInvariant(binary.left()) && stepInvariant(binary.right());
      case Aggregate aggregate -> {
        var parameter = aggregate.parameter();
        yield stepInvariant(aggregate.inner()) && (parameter == null || stepInvariant(parameter));
      }
      case Call(var function, var arguments, _) -> {
        boolean all = !TIME_DEPENDENT.contains(function);
        for (var argument : arguments) {
          all = all && stepInvariant(argument);
        }
        yield all;
      }
    };
  }

  /** Whether no two series of the result differ in their name alone. */
  static boolean distinctWithoutName(Expr expr) {
    return switch (expr) {
      case NumberLiteral _,StringLiteral _ -> true;
      case VectorSelector selector -> Matchers.name(selector.matchers()) != null;
      case MatrixSelector matrix -> Matchers.name(matrix.vector().matchers()) != null;
      case Subquery subquery -> distinctWithoutName(subquery.inner());
      case Paren(var inner, _) -> distinctWithoutName(inner);
      case Unary(boolean minus, var inner, _) -> minus || distinctWithoutName(inner);
      case Binary binary -> switch (binary.operator()) {
        case AND, UNLESS -> distinctWithoutName(binary.left());
        case OR -> false;
        default -> binary.operator().changesMeaning() || binary.bool();
      };
      case Aggregate aggregate -> switch (aggregate.operation()) {
        case TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> distinctWithoutName(aggregate.inner());
        case COUNT_VALUES -> false;
        default -> aggregate.without() || !aggregate.grouping().contains(Labels.NAME);
      };
      case Call(var function, var arguments, _) -> switch (function) {
        case LABEL_REPLACE, LABEL_JOIN, INFO -> false;
        case LAST_OVER_TIME, FIRST_OVER_TIME, SORT, SORT_DESC, SORT_BY_LABEL, SORT_BY_LABEL_DESC ->
          distinctWithoutName(arguments.getFirst());
        default -> true;
      };
    };
  }
}

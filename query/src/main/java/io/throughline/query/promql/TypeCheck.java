package io.throughline.query.promql;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.query.promql.Expr.Aggregate;
import io.throughline.query.promql.Expr.Binary;
import io.throughline.query.promql.Expr.Call;
import io.throughline.query.promql.Expr.Edges;
import io.throughline.query.promql.Expr.MatrixSelector;
import io.throughline.query.promql.Expr.NumberLiteral;
import io.throughline.query.promql.Expr.Paren;
import io.throughline.query.promql.Expr.StringLiteral;
import io.throughline.query.promql.Expr.Subquery;
import io.throughline.query.promql.Expr.Unary;
import io.throughline.query.promql.Expr.VectorSelector;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the grammar cannot say: which types fit where, and which selectors would select everything. */
final class TypeCheck {

  private static final Set<Function> ANCHORED = EnumSet.of(Function.RATE, Function.INCREASE,
      Function.DELTA, Function.CHANGES, Function.RESETS);
  private static final Set<Function> SMOOTHED = EnumSet.of(Function.RATE, Function.INCREASE,
      Function.DELTA);

  private final String text;

  private TypeCheck(String text) {
    this.text = text;
  }

  static void check(String text, Expr expr) {
    new TypeCheck(text).visit(expr);
  }

  private ValueType visit(Expr expr) {
    switch (expr) {
      case NumberLiteral _,StringLiteral _ -> {
      }
      case Paren(var inner, _) -> visit(inner);
      case VectorSelector selector -> selector(selector);
      case MatrixSelector(var vector, var range, var span) -> {
        selector(vector);
        positive(range, span);
      }
      case Subquery(var inner, var range, var step, _, var span) -> {
        var type = visit(inner);
        if (type != ValueType.VECTOR) {
          throw failure(span, "subquery is only allowed on instant vector, got "
              + (type == ValueType.MATRIX ? "matrix" : type.words()) + " instead");
        }
        positive(range, span);
        if (step != null) {
          positive(step, span);
        }
      }
      case Unary(_, var inner, var span) -> {
        var type = visit(inner);
        if (type != ValueType.SCALAR && type != ValueType.VECTOR) {
          throw failure(span,
              "unary expression only allowed on expressions of type scalar or instant vector, got \""
                  + type.words() + "\"");
        }
      }
      case Aggregate aggregate -> aggregate(aggregate);
      case Binary binary -> binary(binary);
      case Call call -> call(call);
    }
    return expr.type();
  }

  private void positive(DurationExpr length, Span span) {
    if (!DurationExpr.dependsOnQuery(length)) {
      double seconds = DurationExpr.seconds(length, 0, 0);
      if (!(seconds > 0) || Double.isInfinite(seconds)) {
        throw failure(span, "duration must be greater than 0");
      }
    }
  }

  private void selector(VectorSelector selector) {
    boolean refusesEmpty = false;
    @Nullable
    String name = null;
    for (var matcher : selector.matchers()) {
      refusesEmpty |= !Matchers.matches(matcher, "");
      if (matcher.label().equals(Labels.NAME) && matcher.operator() == Matcher.Operator.EQUAL) {
        if (name != null && !selector.name().isEmpty()) {
          throw failure(selector.span(), "metric name must not be set twice: "
              + Strings.quote(selector.name()) + " or " + Strings.quote(name));
        }
        name = matcher.value();
      }
    }
    if (!refusesEmpty) {
      throw failure(selector.span(), "vector selector must contain at least one non-empty matcher");
    }
  }

  private void aggregate(Aggregate aggregate) {
    expect(aggregate.inner(), ValueType.VECTOR, "aggregation expression");
    var wanted = aggregate.operation().parameter();
    var parameter = aggregate.parameter();
    if (wanted != null && parameter != null) {
      expect(parameter, wanted, "aggregation parameter");
    }
  }

  private void binary(Binary binary) {
    var left = visit(binary.left());
    var right = visit(binary.right());
    var operator = binary.operator();
    boolean comparison = operator.isComparison();
    if (binary.bool() && !comparison) {
      throw failure(binary.span(), "bool modifier can only be used on comparison operators");
    }
    for (var side : new ValueType[] {left, right}) {
      if (side != ValueType.SCALAR && side != ValueType.VECTOR) {
        throw failure((side == left ? binary.left() : binary.right()).span(),
            "binary expression must contain only scalar and instant vector types");
      }
    }
    boolean scalars = left == ValueType.SCALAR && right == ValueType.SCALAR;
    if (scalars && comparison && !binary.bool()) {
      throw failure(binary.span(), "comparisons between scalars must use BOOL modifier");
    }
    if (operator.isSet() && (left == ValueType.SCALAR || right == ValueType.SCALAR)) {
      throw failure(binary.span(), "set operator " + Strings.quote(operator.symbol())
          + " not allowed in binary scalar expression");
    }
  }

  private void call(Call call) {
    var function = call.function();
    int count = call.arguments().size();
    var quoted = Strings.quote(function.symbol());
    if (function.minArguments() == function.maxArguments() && count != function.minArguments()) {
      throw failure(call.span(), "expected " + function.minArguments() + " argument(s) in call to "
          + quoted + ", got " + count);
    }
    if (count < function.minArguments()) {
      throw failure(call.span(), "expected at least " + function.minArguments()
          + " argument(s) in call to " + quoted + ", got " + count);
    }
    if (count > function.maxArguments()) {
      throw failure(call.span(), "expected at most " + function.maxArguments()
          + " argument(s) in call to " + quoted + ", got " + count);
    }
    for (int i = 0; i < count; i++) {
      var argument = call.arguments().get(i);
      if (function == Function.INFO && i == 1) {
        infoSelector(argument);
        continue;
      }
      expect(argument, function.argument(i), "call to function " + quoted);
      edges(function, argument);
    }
  }

  private void infoSelector(Expr argument) {
    if (!(argument instanceof VectorSelector selector) || !selector.name().isEmpty()) {
      throw failure(argument.span(),
          "expected label selectors only, in braces, as the second argument of info");
    }
  }

  private void edges(Function function, Expr argument) {
    if (argument instanceof MatrixSelector(var vector, _, _) && vector.edges() != Edges.PLAIN) {
      var allowed = vector.edges() == Edges.ANCHORED ? ANCHORED : SMOOTHED;
      if (!allowed.contains(function)) {
        var names = allowed.stream().map(Function::symbol).sorted().toList();
        throw failure(argument.span(),
            (vector.edges() == Edges.ANCHORED ? "anchored" : "smoothed")
                + " modifier can only be used with: " + String.join(", ", names) + " - not with "
                + function.symbol());
      }
    }
  }

  private void expect(Expr expr, ValueType wanted, String context) {
    var got = visit(expr);
    if (got != wanted) {
      throw failure(expr.span(),
          "expected type " + wanted.words() + " in " + context + ", got " + got.words());
    }
  }

  private ParseFailure failure(Span span, String reason) {
    return new ParseFailure(text, span.start(), reason);
  }
}

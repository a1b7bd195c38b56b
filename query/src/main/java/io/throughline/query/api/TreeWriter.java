package io.throughline.query.api;

import io.throughline.model.Matcher;
import io.throughline.query.promql.DurationExpr;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Expr.Edges;
import io.throughline.query.promql.Expr.Moment;
import io.throughline.query.promql.Expr.When;
import io.throughline.query.promql.Numbers;
import io.throughline.query.promql.ValueType;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code parse_query}: a syntax tree as JSON, in the shape that Prometheus' own page reads. Durations are milliseconds. */
final class TreeWriter {

  private final JsonOut out;

  TreeWriter(JsonOut out) {
    this.out = out;
  }

  void write(Expr expr) {
    switch (expr) {
      case Expr.NumberLiteral(double value, _, _) ->
        open("numberLiteral").key("val").string(Numbers.format(value));
      case Expr.StringLiteral(var value, _) -> open("stringLiteral").key("val").string(value);
      case Expr.Paren(var inner, _) -> {
        open("parenExpr").key("expr");
        write(inner);
      }
      case Expr.Unary(boolean minus, var inner, _) -> {
        open("unaryExpr").key("op").string(minus ? "-" : "+").raw(",").key("expr");
        write(inner);
      }
      case Expr.VectorSelector selector -> {
        open("vectorSelector");
        selector(selector);
      }
      case Expr.MatrixSelector(var vector, var range, _) -> {
        open("matrixSelector").key("range").whole(millis(range)).raw(",");
        selector(vector);
      }
      case Expr.Subquery(var inner, var range, var step, var when, _) -> {
        open("subquery").key("expr");
        write(inner);
        out.raw(",").key("range").whole(millis(range)).raw(",");
        out.key("step").whole(step == null ? 0 : millis(step)).raw(",");
        when(when);
      }
      case Expr.Call call -> call(call);
      case Expr.Aggregate aggregate -> aggregate(aggregate);
      case Expr.Binary binary -> binary(binary);
    }
    out.raw("}");
  }

  private JsonOut open(String type) {
    return out.raw("{").key("type").string(type).raw(",");
  }

  private static long millis(DurationExpr length) {
    double seconds = DurationExpr.seconds(length, 0, 0);
    return Double.isFinite(seconds) ? Math.round(seconds * 1000) : 0;
  }

  private void selector(Expr.VectorSelector selector) {
    out.key("name").string(selector.name()).raw(",").key("matchers").raw("[");
    for (int i = 0; i < selector.matchers().size(); i++) {
      Matcher matcher = selector.matchers().get(i);
      out.comma(i == 0).raw("{").key("name").string(matcher.label()).raw(",").key("type");
      out.string(matcher.operator().symbol()).raw(",").key("value").string(matcher.value());
      out.raw("}");
    }
    out.raw("],").key("anchored").raw(selector.edges() == Edges.ANCHORED ? "true," : "false,");
    out.key("smoothed").raw(selector.edges() == Edges.SMOOTHED ? "true," : "false,");
    when(selector.when());
  }

  private void when(When when) {
    var at = when.at();
    out.key("offset").whole(millis(when.offset())).raw(",").key("timestamp");
    if (at != null && at.moment() == Moment.TIME) {
      out.whole(at.timeMs());
    } else {
      out.raw("null");
    }
    out.raw(",").key("startOrEnd");
    if (at == null || at.moment() == Moment.TIME) {
      out.raw("null");
    } else {
      out.string(at.moment() == Moment.START ? "start" : "end");
    }
  }

  private static String word(ValueType type) {
    return type.name().toLowerCase(Locale.ROOT);
  }

  private void call(Expr.Call call) {
    var function = call.function();
    open("call").key("func").raw("{").key("name").string(function.symbol()).raw(",");
    out.key("argTypes");
    strings(function.arguments().stream().map(TreeWriter::word).toList());
    out.raw(",").key("variadic").whole(function.variadic()).raw(",").key("returnType");
    out.string(word(function.result())).raw("},").key("args").raw("[");
    for (int i = 0; i < call.arguments().size(); i++) {
      out.comma(i == 0);
      write(call.arguments().get(i));
    }
    out.raw("]");
  }

  private void aggregate(Expr.Aggregate aggregate) {
    open("aggregation").key("op").string(aggregate.operation().symbol()).raw(",").key("expr");
    write(aggregate.inner());
    out.raw(",").key("param");
    var parameter = aggregate.parameter();
    if (parameter == null) {
      out.raw("null");
    } else {
      write(parameter);
    }
    out.raw(",").key("grouping");
    strings(aggregate.grouping());
    out.raw(",").key("without").raw(aggregate.without() ? "true" : "false");
  }

  private void binary(Expr.Binary binary) {
    open("binaryExpr").key("op").string(binary.operator().symbol()).raw(",").key("lhs");
    write(binary.left());
    out.raw(",").key("rhs");
    write(binary.right());
    out.raw(",").key("bool").raw(binary.bool() ? "true," : "false,").key("matching");
    var matching = binary.matching();
    if (matching == null) {
      out.raw("null");
      return;
    }
    out.raw("{").key("card").string(matching.cardinality().words()).raw(",").key("labels");
    strings(matching.labels());
    out.raw(",").key("on").raw(matching.on() ? "true," : "false,").key("include");
    strings(matching.include());
    out.raw(",").key("fillValues").raw("{").key("lhs");
    number(matching.fillLeft());
    out.raw(",").key("rhs");
    number(matching.fillRight());
    out.raw("}}");
  }

  /** JSON knows no infinities, so numbers are texts. */
  private void number(@Nullable Double value) {
    if (value == null) {
      out.raw("null");
    } else {
      out.string(Numbers.format(value));
    }
  }

  private void strings(List<String> texts) {
    Call.strings(out, texts);
  }
}

package io.throughline.query.api;

import io.throughline.model.Matcher;
import io.throughline.query.promql.Expr;
import io.throughline.query.source.ExemplarStore;
import java.util.ArrayList;
import java.util.List;

/** {@code query_exemplars}: the exemplars of all series that any selector of an expression finds. */
final class ExemplarEndpoint {

  private final ExemplarStore exemplars;

  ExemplarEndpoint(ExemplarStore exemplars) {
    this.exemplars = exemplars;
  }

  void query(Call call) {
    var range = SeriesEndpoints.Range.of(call);
    var selectors = new ArrayList<List<Matcher>>();
    collect(QueryEndpoints.parse(call, "query"), selectors);
    var found = exemplars.select(call.parameters().tenant(), selectors, range.startMs(),
        range.endMs());
    call.succeed(out -> {
      out.raw("[");
      for (int i = 0; i < found.size(); i++) {
        out.comma(i == 0).raw("{\"seriesLabels\":");
        ResultWriter.labels(out, found.get(i).series());
        out.raw(",\"exemplars\":[");
        var ofSeries = found.get(i).exemplars();
        for (int j = 0; j < ofSeries.size(); j++) {
          ResultWriter.labels(out.comma(j == 0).raw("{\"labels\":"), ofSeries.get(j).labels());
          out.raw(",\"value\":").value(ofSeries.get(j).value());
          out.raw(",\"timestamp\":").time(ofSeries.get(j).timeMs()).raw("}");
        }
        out.raw("]}");
      }
      out.raw("]");
    });
  }

  private static void collect(Expr expr, List<List<Matcher>> into) {
    switch (expr) {
      case Expr.VectorSelector selector -> into.add(selector.matchers());
      case Expr.MatrixSelector matrix -> into.add(matrix.vector().matchers());
      case Expr.Subquery subquery -> collect(subquery.inner(), into);
      case Expr.Paren paren -> collect(paren.inner(), into);
      case Expr.Unary unary -> collect(unary.inner(), into);
      case Expr.Binary binary -> {
        collect(binary.left(), into);
        collect(binary.right(), into);
      }
      case Expr.Aggregate aggregate -> collect(aggregate.inner(), into);
      case Expr.Call call -> call.arguments().forEach(argument -> collect(argument, into));
      case Expr.NumberLiteral _,Expr.StringLiteral _ -> {
        // Selects nothing.
      }
    }
  }
}

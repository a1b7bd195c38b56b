package io.throughline.query.api;

import io.throughline.model.Labels;
import io.throughline.query.engine.Engine;
import io.throughline.query.engine.QueryResult.ResultSeries;
import io.throughline.query.promql.DurationExpr;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Numbers;
import io.throughline.query.promql.Span;
import io.throughline.query.promql.Strings;
import java.util.ArrayList;
import java.util.TreeMap;

/**
 * {@code /federate}: the newest sample of each series that matches, as an exposition in text with its time. Histograms are
 * left out, as the text form has no place for them.
 */
final class Federation {

  void federate(Call call) {
    var selectors = SeriesEndpoints.selectors(call);
    if (selectors.isEmpty()) {
      throw ApiFailure.badData("no match[] parameter provided");
    }
    long now = call.clock().millis();
    long lookbackMs = call.settings().lookback().toMillis();
    var newest = new TreeMap<Labels, ResultSeries>();
    var warnings = new ArrayList<String>();
    try (var snapshot = call.snapshot(warnings)) {
      var source = call.source(snapshot);
      for (var matchers : selectors) {
        var place = new Span(0, 0);
        var vector = new Expr.VectorSelector("", matchers, Expr.When.NOW, Expr.Edges.PLAIN, place);
        // A range as long as the lookback keeps each sample's own time.
        var range = new Expr.MatrixSelector(vector, DurationExpr.ofMillis(lookbackMs), place);
        var result = Engine.run(Engine.Query.instant("", range, now, lookbackMs), source, call
            .budget());
        result.series().forEach(series -> newest.put(series.labels(), series));
      }
    }
    String name = "";
    for (var series : newest.values()) {
      int last = series.size() - 1;
      var histograms = series.histograms();
      if (histograms != null && histograms[last] != null) {
        continue;
      }
      if (!series.labels().metricName().equals(name)) {
        name = series.labels().metricName();
        call.out().raw("# TYPE ").text(quoted(name)).raw(" untyped\n");
      }
      line(call.out(), series, last);
    }
  }

  private static String quoted(String name) {
    return Strings.isPlainMetricName(name) ? name : Strings.quote(name);
  }

  private static void line(JsonOut out, ResultSeries series, int last) {
    var labels = series.labels();
    var name = labels.metricName();
    boolean plain = Strings.isPlainMetricName(name);
    var text = new StringBuilder(plain ? name : "").append('{');
    if (!plain && !name.isEmpty()) {
      text.append(Strings.quote(name));
    }
    labels.forEach((label, value) -> {
      if (!label.equals(Labels.NAME)) {
        text.append(text.charAt(text.length() - 1) == '{' ? "" : ",")
            .append(Strings
                .isPlainLabelName(label) ? label : Strings.quote(label))
            .append("=\"")
            .append(value
                .replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("\n", "\\n"))
            .append('"');
      }
    });
    out.text(text.append("} ").append(Numbers.format(series.values()[last])).toString());
    out.raw(" ").whole(series.timesMs()[last]).raw("\n");
  }
}

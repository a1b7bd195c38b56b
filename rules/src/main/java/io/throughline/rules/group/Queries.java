package io.throughline.rules.group;

import io.throughline.model.Labels;
import io.throughline.query.engine.Engine;
import io.throughline.query.engine.FloatHistogram;
import io.throughline.query.engine.QueryBudget;
import io.throughline.query.engine.QueryResult;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.ParseFailure;
import io.throughline.query.promql.Parser;
import io.throughline.query.source.SampleSource;
import io.throughline.rules.template.TemplateData.Sample;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Instant queries of one group at one moment. */
final class Queries {

  private final SampleSource source;
  private final Options options;
  private final long timeMs;
  private long samplesRead;

  /** One element of a result; {@code value} is a histogram's number of observations. */
  record Element(Labels labels, double value, @Nullable FloatHistogram histogram) {}

  Queries(SampleSource source, Options options, long timeMs) {
    this.source = source;
    this.options = options;
    this.timeMs = timeMs;
  }

  long samplesRead() {
    return samplesRead;
  }

  /** The elements of a vector; a scalar is one without labels. */
  List<Element> vector(String text, Expr expr) {
    var budget = new QueryBudget(options.limits());
    QueryResult result = Engine.run(
        Engine.Query.instant(text, expr, timeMs, options.lookbackMs()).with(options.features()),
        source, budget, options.intervalMs());
    samplesRead += result.samplesRead();
    switch (result.type()) {
      case VECTOR, SCALAR -> {
      }
      default -> throw new RuleFailure("rule result is not a vector or scalar");
    }
    var elements = new ArrayList<Element>(result.series().size());
    for (var series : result.series()) {
      var histograms = series.histograms();
      var histogram = histograms == null ? null : histograms[0];
      elements.add(new Element(series.labels(),
          histogram == null ? series.values()[0] : histogram.count(), histogram));
    }
    return elements;
  }

  /** What a template asks. */
  List<Sample> forTemplate(String text) {
    try {
      var samples = new ArrayList<Sample>();
      for (var element : vector(text, Parser.parse(text))) {
        samples.add(new Sample(element.labels().toMap(), element.value()));
      }
      return samples;
    } catch (ParseFailure wrong) {
      throw new RuleFailure(wrong.getMessage());
    }
  }
}

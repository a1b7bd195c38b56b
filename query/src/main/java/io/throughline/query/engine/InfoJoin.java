package io.throughline.query.engine;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Expr.Call;
import io.throughline.query.promql.Expr.VectorSelector;
import io.throughline.query.promql.Matchers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * info(): adds the labels of info series, {@code target_info} unless matchers on the name say otherwise, to every series of
 * the same job and instance. Where several info series of one name fit, the one with the newest sample wins. Info series
 * themselves pass unchanged; where a matcher refuses "", a series without a fitting info series is left out.
 */
final class InfoJoin {

  private static final List<String> IDENTITY = List.of("job", "instance");

  private final Evaluator evaluator;
  private final Expr base;
  private final List<Matcher> nameMatchers = new ArrayList<>();
  /** Whether series that pass the name matchers are info series, to be left as they are. */
  private final boolean passesInfos;
  private final Map<String, List<Matcher>> dataMatchers = new LinkedHashMap<>();

  /** One info series: when it was last seen at each step. */
  private record InfoSeries(Labels labels, SeriesColumn timestamps) {}

  InfoJoin(Evaluator evaluator, Call call) {
    this.evaluator = evaluator;
    this.base = call.arguments().getFirst();
    if (call.arguments().size() > 1
        && Expr.unwrap(call.arguments().get(1)) instanceof VectorSelector selector) {
      for (var matcher : selector.matchers()) {
        if (matcher.label().equals(Labels.NAME)) {
          nameMatchers.add(matcher);
        } else {
          dataMatchers.computeIfAbsent(matcher.label(), _ -> new ArrayList<>()).add(matcher);
        }
      }
    }
    passesInfos = !nameMatchers.isEmpty() || call.arguments().size() == 1;
    boolean onlyNegated = nameMatchers.stream()
        .allMatch(m -> m.operator() == Matcher.Operator.NOT_EQUAL
            || m.operator() == Matcher.Operator.NOT_REGEX);
    if (nameMatchers.isEmpty()) {
      nameMatchers.add(Matcher.equal(Labels.NAME, "target_info"));
    } else if (onlyNegated) {
      nameMatchers.add(Matcher.regex(Labels.NAME, ".+_info"));
    }
  }

  void run(Sink sink) {
    var infos = infos();
    var merging = new MergingSink(evaluator.context);
    evaluator.stream(base, column -> {
      if (passesInfos
          && Matchers.matches(nameMatchers, Labels.of(Labels.NAME, column.label(Labels.NAME)))) {
        return merging.accept(column);
      }
      enrich(column, infos, merging);
      return false;
    });
    merging.flush(sink);
  }

  private Map<List<String>, Map<String, List<InfoSeries>>> infos() {
    var found = new HashMap<List<String>, Map<String, List<InfoSeries>>>();
    var matchers = new ArrayList<>(nameMatchers);
    dataMatchers.values().forEach(matchers::addAll);
    var first = firstSelector(base);
    var when = first == null ? Expr.When.NOW : first.when();
    var selector = new VectorSelector("", matchers, when, Expr.Edges.PLAIN, base.span());
    var windows = evaluator.selection.windows(when, evaluator.context.lookbackMs());
    evaluator.selection.read(selector, windows, 0, 0, (series, samples) -> {
      var column = new SeriesColumn(evaluator.grid.count());
      if (!Selection.newest(samples, windows, true, column)) {
        return;
      }
      if (samples.histograms() != null) {
        throw EvaluationFailure.of("info sample should be float");
      }
      var labels = series.labels();
      var key = IDENTITY.stream().map(labels::getOrEmpty).toList();
      found.computeIfAbsent(key, _ -> new LinkedHashMap<>())
          .computeIfAbsent(labels.metricName(), _ -> new ArrayList<>())
          .add(new InfoSeries(labels, column));
    });
    return found;
  }

  /** The selector whose time the info series are looked up at. */
  private static @Nullable VectorSelector firstSelector(Expr expr) {
    return switch (expr) {
      case VectorSelector selector -> selector;
      case Expr.MatrixSelector matrix -> matrix.vector();
      case Expr.Subquery subquery -> firstSelector(subquery.inner());
      case Expr.Paren paren -> firstSelector(paren.inner());
      case Expr.Unary unary -> firstSelector(unary.inner());
      case Expr.Aggregate aggregate -> firstSelector(aggregate.inner());
      case Expr.Binary binary -> {
        var left = firstSelector(binary.left());
        yield left == null ? firstSelector(binary.right()) : left;
      }
      case Call call -> {
        VectorSelector found = null;
        for (var argument : call.arguments()) {
          found = found == null ? firstSelector(argument) : found;
        }
        yield found;
      }
      case Expr.NumberLiteral _,Expr.StringLiteral _ -> null;
    };
  }

  private void enrich(SeriesColumn column, Map<List<String>, Map<String, List<InfoSeries>>> infos,
      Sink sink) {
    var key = IDENTITY.stream().map(column::label).toList();
    // Who has no identity has no partner.
    boolean anonymous = key.stream().allMatch(String::isEmpty);
    var candidates = anonymous
        ? Map.<String, List<InfoSeries>>of()
        : infos.getOrDefault(key, Map.of());
    var results = new LinkedHashMap<Labels, SeriesColumn>();
    for (int k = 0; k < column.steps(); k++) {
      if (!column.has(k)) {
        continue;
      }
      var labels = enriched(column, candidates, k);
      if (labels == null) {
        continue;
      }
      var out = results.computeIfAbsent(labels, _ -> new SeriesColumn(column.steps()));
      var histogram = column.histogram(k);
      if (histogram == null) {
        out.values[k] = column.values[k];
      } else {
        out.setHistogram(k, histogram);
      }
    }
    results.forEach((labels, out) -> {
      out.setLabelsOf(column);
      out.changeLabels(labels);
      sink.accept(out);
    });
  }

  private @Nullable Labels enriched(SeriesColumn column, Map<String, List<InfoSeries>> candidates,
      int k) {
    var builder = column.labels().toBuilder();
    var added = new HashMap<String, String>();
    boolean met = false;
    for (var sameName : candidates.values()) {
      var newest = newest(sameName, k);
      if (newest == null) {
        continue;
      }
      met = true;
      newest.labels().forEach((name, value) -> {
        boolean wanted = dataMatchers.isEmpty() || dataMatchers.containsKey(name);
        if (wanted && !name.equals(Labels.NAME) && column.label(name).isEmpty()) {
          var before = added.put(name, value);
          if (before != null && !before.equals(value)) {
            throw EvaluationFailure.of("conflicting label: " + name);
          }
          builder.set(name, value);
        }
      });
    }
    if (!met) {
      for (var matchers : dataMatchers.values()) {
        for (var matcher : matchers) {
          if (!Matchers.matches(matcher, "")) {
            return null;
          }
        }
      }
    }
    return builder.build();
  }

  private static @Nullable InfoSeries newest(List<InfoSeries> sameName, int k) {
    InfoSeries newest = null;
    for (var info : sameName) {
      if (!info.timestamps().hasFloat(k)) {
        continue;
      }
      double time = info.timestamps().values[k];
      double newestTime = newest == null ? Double.NaN : newest.timestamps().values[k];
      if (newest != null && time == newestTime) {
        throw EvaluationFailure.of("found duplicate series for info metric: existing "
            + newest.labels() + " @ " + (long) (newestTime * 1000) + ", new " + info.labels()
            + " @ " + (long) (time * 1000));
      }
      if (newest == null || time > newestTime) {
        newest = info;
      }
    }
    return newest;
  }
}

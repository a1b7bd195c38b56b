package io.throughline.query.engine;

import io.throughline.model.Labels;
import io.throughline.query.engine.QueryResult.ResultSeries;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Expr.MatrixSelector;
import io.throughline.query.promql.Expr.StringLiteral;
import io.throughline.query.promql.ValueType;
import io.throughline.query.source.SampleSource;
import io.throughline.store.Need;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers queries, each on its caller's thread. Stateless. */
public final class Engine {

  /** The most points of one series in a range query. */
  public static final int MAX_POINTS = 11_000;

  /**
   * A query.
   *
   * @param text what {@code expr} was parsed from
   * @param stepMs 0 for an instant query, whose time is {@code startMs} and {@code endMs}
   * @param lookbackMs how old a sample may be and still count
   * @param counted whether the samples that each step looks at are to be counted
   */
  public record Query(String text, Expr expr, long startMs, long endMs, long stepMs,
      long lookbackMs, Features features, boolean counted) {

    /** With no experiment that changes results, and uncounted. */
    public Query(String text, Expr expr, long startMs, long endMs, long stepMs, long lookbackMs) {
      this(text, expr, startMs, endMs, stepMs, lookbackMs, Features.NONE, false);
    }

    public static Query instant(String text, Expr expr, long timeMs, long lookbackMs) {
      return new Query(text, expr, timeMs, timeMs, 0, lookbackMs);
    }

    public Query with(Features wanted) {
      return new Query(text, expr, startMs, endMs, stepMs, lookbackMs, wanted, counted);
    }

    /** Asks for {@link QueryResult#stepSamples}. */
    public Query withCounts() {
      return new Query(text, expr, startMs, endMs, stepMs, lookbackMs, features, true);
    }
  }

  private static final long SUBQUERY_STEP_MS = 60_000;

  private Engine() {}

  public static QueryResult run(Query query, SampleSource source, QueryBudget budget) {
    return run(query, source, budget, SUBQUERY_STEP_MS);
  }

  /** @param subqueryStepMs of subqueries that name none */
  public static QueryResult run(Query query, SampleSource source, QueryBudget budget,
      long subqueryStepMs) {
    boolean instant = query.stepMs() == 0;
    var grid = instant
        ? Grid.instant(query.startMs())
        : new Grid(query.startMs(), query.stepMs(),
            (int) ((query.endMs() - query.startMs()) / query.stepMs() + 1));
    var annotations = new Annotations(query.text());
    var context = new QueryContext(source, budget, annotations, grid, query.endMs(), query.stepMs(),
        query.lookbackMs(), subqueryStepMs, Orderless.in(query.expr()), query.features(),
        NameRule.of(query.features()), query.text());
    var counts = query.counted() ? new StepCounts(grid.count()) : null;
    var evaluator = new Evaluator(context, grid, counts);
    var series = new ArrayList<ResultSeries>();
    var type = query.expr().type();
    var text = "";
    switch (type) {
      case STRING ->
        text = Expr.unwrap(query.expr()) instanceof StringLiteral literal ? literal.value() : "";
      case SCALAR -> {
        var values = evaluator.scalar(query.expr());
        series.add(new ResultSeries(Labels.EMPTY, values.length, times(grid), values, null));
        type = instant ? ValueType.SCALAR : ValueType.MATRIX;
      }
      case VECTOR -> {
        vector(evaluator, query.expr(), grid, budget, series);
        if (!instant) {
          series.sort(Comparator.comparing(ResultSeries::labels));
          type = ValueType.MATRIX;
        }
      }
      case MATRIX -> {
        raw(evaluator, query.expr(), series);
        series.sort(Comparator.comparing(ResultSeries::labels));
      }
    }
    return new QueryResult(type, series, text, annotations.warnings(), annotations.infos(),
        budget.samples(), counts == null ? new long[0] : counts.counts(), budget.series(),
        budget.peakBytes());
  }

  private static long[] times(Grid grid) {
    var times = new long[grid.count()];
    for (int k = 0; k < times.length; k++) {
      times[k] = grid.timeMs(k);
    }
    return times;
  }

  private static void vector(Evaluator evaluator, Expr expr, Grid grid, QueryBudget budget,
      List<ResultSeries> into) {
    var allTimes = times(grid);
    var seen = new HashSet<Labels>();
    Sink last = column -> {
      budget.check();
      budget.hold(column.bytes());
      if (!seen.add(column.labels())) {
        throw EvaluationFailure.of("vector cannot contain metrics with the same labelset");
      }
      return compact(column, allTimes, into);
    };
    if (!evaluator.context.names().late()) {
      evaluator.stream(expr, column -> !column.isEmpty() && last.accept(column));
      return;
    }
    // Names that go only now may leave series with the same labels, of which no two may have a value at one step.
    var merging = new MergingSink(evaluator.context);
    evaluator.stream(expr, column -> {
      column.finishName();
      return !column.isEmpty() && merging.accept(column);
    });
    merging.flush(last);
  }

  /** Adds a column's present points; true if the column's own array became the result's. */
  private static boolean compact(SeriesColumn column, long[] allTimes, List<ResultSeries> into) {
    int present = 0;
    for (int k = 0; k < column.steps(); k++) {
      present += column.has(k) ? 1 : 0;
    }
    if (present == column.steps() && column.histograms == null) {
      into.add(new ResultSeries(column.labels(), present, allTimes, column.values, null));
      return true;
    }
    var times = new long[present];
    var values = new double[present];
    @Nullable
    FloatHistogram @Nullable [] histograms = column.histograms == null
        ? null
        : new @Nullable FloatHistogram[present];
    int n = 0;
    for (int k = 0; k < column.steps(); k++) {
      if (!column.has(k)) {
        continue;
      }
      times[n] = allTimes[k];
      values[n] = column.values[k];
      if (histograms != null) {
        histograms[n] = column.histogram(k);
      }
      n++;
    }
    into.add(new ResultSeries(column.labels(), present, times, values, histograms));
    return false;
  }

  private static void raw(Evaluator evaluator, Expr expr, List<ResultSeries> into) {
    if (Evaluator.hasEdges(expr) && Expr.unwrap(expr) instanceof MatrixSelector selector) {
      var context = evaluator.context;
      new EdgeSelection(context, evaluator.selection).raw(selector,
          context.lengthMs(selector.range(), selector.span()), (column, times, values) -> into
              .add(new ResultSeries(column.labels(), times.length, times, values, null)));
      return;
    }
    evaluator.ranges(expr, Need.ALL, (column, samples, windows) -> {
      column.finishName();
      long end = windows.endMs(0);
      long start = end - windows.rangeMs();
      int lo = 0;
      int hi = samples.size;
      while (lo < hi && samples.times[lo] <= start) {
        lo++;
      }
      while (hi > lo && samples.times[hi - 1] > end) {
        hi--;
      }
      if (lo < hi) {
        @Nullable
        FloatHistogram @Nullable [] histograms = null;
        if (samples.histograms != null) {
          histograms = new @Nullable FloatHistogram[hi - lo];
          for (int i = lo; i < hi; i++) {
            histograms[i - lo] = samples.histogram(i);
          }
        }
        into.add(
            new ResultSeries(column.labels(), hi - lo, Arrays.copyOfRange(samples.times, lo, hi),
                Arrays.copyOfRange(samples.values, lo, hi), histograms));
      }
      return false;
    });
  }
}

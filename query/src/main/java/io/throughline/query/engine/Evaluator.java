package io.throughline.query.engine;

import io.throughline.query.promql.Expr;
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
import io.throughline.query.promql.ValueType;
import io.throughline.store.Need;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Evaluates expressions over one grid of times. A subquery gets an evaluator of its own over its own grid. */
final class Evaluator {

  private static final int MOST_INNER_STEPS = 20_000_000;

  final QueryContext context;
  final Grid grid;
  final Selection selection;
  /** Counts what each step looks at, or null where nobody asked. */
  final @Nullable StepCounts counts;
  private final CallEvaluator calls;

  Evaluator(QueryContext context, Grid grid, @Nullable StepCounts counts) {
    this.context = context;
    this.grid = grid;
    this.counts = counts;
    this.selection = new Selection(context, grid);
    this.calls = new CallEvaluator(this);
  }

  /** Evaluates an instant vector, series by series. */
  void stream(Expr expr, Sink sink) {
    if (grid.count() > 1 && expr.type() == ValueType.VECTOR
        && !(Expr.unwrap(expr) instanceof VectorSelector) && Invariance.stepInvariant(expr)) {
      once(expr, sink);
      return;
    }
    switch (expr) {
      case Paren(var inner, _) -> stream(inner, sink);
      case VectorSelector selector -> selection.instant(selector, false, counted(sink));
      case Unary(boolean minus, var inner, _) -> {
        if (minus) {
          withoutName(inner, this::negate, sink);
        } else {
          stream(inner, sink);
        }
      }
      case Aggregate aggregate -> new AggregateEvaluator(this, aggregate).run(sink);
      case Binary binary -> new BinaryEvaluator(this, binary).run(sink);
      case Call call -> calls.stream(call, sink);
      case NumberLiteral _,StringLiteral _,MatrixSelector _,Subquery _ ->
        throw new IllegalStateException("not an instant vector: " + expr);
    }
  }

  /** Counts the values of a selector before they go on. */
  Sink counted(Sink sink) {
    return counts == null ? sink : column -> {
      counts.addValues(column);
      return sink.accept(column);
    };
  }

  /** Evaluates what does not change from step to step at the first one only. */
  private void once(Expr expr, Sink sink) {
    var onceCounted = counts == null ? null : new StepCounts(1);
    new Evaluator(context, Grid.instant(grid.startMs()), onceCounted).stream(expr, one -> {
      var column = new SeriesColumn(grid.count());
      column.setLabelsOf(one);
      var histogram = one.histogram(0);
      if (histogram == null) {
        Arrays.fill(column.values, one.values[0]);
      } else {
        for (int k = 0; k < grid.count(); k++) {
          column.setHistogram(k, histogram);
        }
      }
      sink.accept(column);
      return false;
    });
    if (counts != null && onceCounted != null) {
      counts.addToAll(onceCounted);
    }
  }

  private void negate(SeriesColumn column) {
    for (int k = 0; k < column.steps(); k++) {
      var histogram = column.histogram(k);
      if (histogram != null) {
        column.setHistogram(k, histogram.times(-1));
      } else if (column.hasFloat(k)) {
        column.values[k] = -column.values[k];
      }
    }
  }

  /** What an operator does to each column. */
  interface Change {
    void apply(SeriesColumn column);
  }

  /** Streams a vector through a change that takes the name away; empty columns go no further. */
  void withoutName(Expr inner, Change change, Sink sink) {
    if (Invariance.distinctWithoutName(inner)) {
      stream(inner, column -> {
        change.apply(column);
        column.dropName(context.names());
        return !column.isEmpty() && sink.accept(column);
      });
    } else {
      var merging = new MergingSink(context);
      stream(inner, column -> {
        change.apply(column);
        column.dropName(context.names());
        return !column.isEmpty() && merging.accept(column);
      });
      merging.flush(sink);
    }
  }

  /** Evaluates a scalar at every step. */
  double[] scalar(Expr expr) {
    switch (expr) {
      case NumberLiteral(double value, _, _) -> {
        var values = new double[grid.count()];
        Arrays.fill(values, value);
        return values;
      }
      case Paren(var inner, _) -> {
        return scalar(inner);
      }
      case Unary(boolean minus, var inner, _) -> {
        var values = scalar(inner);
        for (int k = 0; minus && k < values.length; k++) {
          values[k] = -values[k];
        }
        return values;
      }
      case Binary binary -> {
        var left = scalar(binary.left());
        var right = scalar(binary.right());
        for (int k = 0; k < left.length; k++) {
          left[k] = Arithmetic.scalar(binary.operator(), left[k], right[k]);
        }
        return left;
      }
      case Call call -> {
        return calls.scalar(call);
      }
      case StringLiteral _,VectorSelector _,MatrixSelector _,Subquery _,Aggregate _ ->
        throw new IllegalStateException("not a scalar: " + expr);
    }
  }

  String string(Expr expr) {
    return ((StringLiteral) Expr.unwrap(expr)).value();
  }

  /** What takes one series' samples and the windows to look at them through; true if it keeps the column. */
  interface RangeReader {
    boolean series(SeriesColumn labelled, Samples samples, Windows windows);
  }

  /**
   * Reads a range vector. The column handed over is empty and carries the series' labels; the reader fills it and passes
   * it on itself.
   *
   * @param need what the reader needs of a window's samples
   */
  void ranges(Expr expr, Need need, RangeReader reader) {
    switch (expr) {
      case Paren(var inner, _) -> ranges(inner, need, reader);
      case MatrixSelector(var vector, var range, var span) -> {
        var windows = selection.windows(vector.when(), context.lengthMs(range, span));
        var samples = new Samples();
        var column = new SeriesColumn[] {new SeriesColumn(grid.count())};
        var needed = counts == null ? need : Need.ALL;
        selection.read(vector, windows, 0, 0, needed, (series, read) -> {
          samples.set(read);
          if (counts != null) {
            counts.addWindows(samples, windows);
          }
          column[0].setLabels(series.labels());
          if (reader.series(column[0], samples, windows)) {
            column[0] = new SeriesColumn(grid.count());
          } else {
            column[0].clear();
          }
        });
      }
      case Subquery subquery -> subqueryRanges(subquery, reader);
      case NumberLiteral _,StringLiteral _,VectorSelector _,Unary _,Binary _,Aggregate _,Call _ ->
        throw new IllegalStateException("not a range vector: " + expr);
    }
  }

  private void subqueryRanges(Subquery subquery, RangeReader reader) {
    var step = subquery.step();
    long stepMs = step == null ? context.defaultStepMs() : context.lengthMs(step, subquery.span());
    long rangeMs = context.lengthMs(subquery.range(), subquery.span());
    var windows = selection.windows(subquery.when(), rangeMs);
    // The inner times are multiples of the step, whatever the outer ones are; the range is open at its start.
    long after = windows.firstEndMs() - rangeMs;
    long startMs = Math.floorDiv(after, stepMs) * stepMs + stepMs;
    long endMs = windows.endMs(windows.count() - 1);
    if (startMs > endMs) {
      return;
    }
    long count = (endMs - startMs) / stepMs + 1;
    if (count > MOST_INNER_STEPS) {
      throw EvaluationFailure.of("subquery would be evaluated at " + count + " times, at most "
          + MOST_INNER_STEPS + " are allowed: use a longer step");
    }
    var inner = new Grid(startMs, stepMs, (int) count);
    var samples = new Samples();
    new Evaluator(context, inner, null).stream(subquery.inner(), column -> {
      context.budget().check();
      context.budget().addSamples(column.steps());
      samples.set(column, inner);
      if (counts != null) {
        counts.addWindows(samples, windows);
      }
      var out = new SeriesColumn(grid.count());
      out.setLabelsOf(column);
      reader.series(out, samples, windows);
      return false;
    });
  }

  /** Whether a range vector's edges are interpolated. */
  static boolean hasEdges(Expr expr) {
    return Expr.unwrap(expr) instanceof MatrixSelector matrix
        && matrix.vector().edges() != Edges.PLAIN;
  }
}

package io.throughline.query.engine;

import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Expr.Aggregate;
import io.throughline.query.promql.Expr.Call;
import io.throughline.query.promql.Expr.Edges;
import io.throughline.query.promql.Expr.MatrixSelector;
import io.throughline.query.promql.Function;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Totals of a function of a range selector: what most dashboards ask. Each series is read, made a column and added to its
 * group at once, in slices of the series that several threads may take.
 *
 * <p>How the series are sliced hangs on their number alone and slices are merged in their order, so the order of additions
 * is the same on every machine, however many threads there were.
 */
final class LeafTotals {

  private static final int MOST_SLICES = 4;
  private static final int SERIES_WORTH_A_SLICE = 32;

  private final Evaluator evaluator;
  private final Aggregate aggregate;
  private final Call call;
  private final MatrixSelector matrix;

  private LeafTotals(Evaluator evaluator, Aggregate aggregate, Call call, MatrixSelector matrix) {
    this.evaluator = evaluator;
    this.aggregate = aggregate;
    this.call = call;
    this.matrix = matrix;
  }

  /** Null where the aggregation is over something else, or steps are to be counted, which one thread does. */
  static @Nullable LeafTotals of(Evaluator evaluator, Aggregate aggregate) {
    if (evaluator.counts != null || !(Expr.unwrap(aggregate.inner()) instanceof Call call)) {
      return null;
    }
    MatrixSelector matrix = null;
    for (var argument : call.arguments()) {
      if (Expr.unwrap(argument) instanceof MatrixSelector selector) {
        matrix = selector;
      }
    }
    if (matrix == null || matrix.vector().edges() != Edges.PLAIN
        || call.function() == Function.ABSENT_OVER_TIME) {
      return null;
    }
    boolean distinct = RangeCall.keepsName(call.function())
        || Invariance.distinctWithoutName(matrix);
    boolean once = evaluator.grid.count() > 1 && Invariance.stepInvariant(call);
    return distinct && !once ? new LeafTotals(evaluator, aggregate, call, matrix) : null;
  }

  Groups run() {
    var context = evaluator.context;
    var selection = evaluator.selection;
    var scalars = RangeCall.scalars(evaluator, call);
    var windows = selection.windows(matrix.vector().when(),
        context.lengthMs(matrix.range(), matrix.span()));
    var series = selection.select(matrix.vector(), windows, 0, 0);
    int slices = Math.clamp(series.size() / SERIES_WORTH_A_SLICE, 1, MOST_SLICES);
    var parts = new Groups[slices];
    context.budget()
        .shared(slices,
            part -> parts[part] = totals(
                series.subList(part * series.size() / slices, (part + 1) * series.size() / slices),
                windows, scalars));
    for (int i = 1; i < slices; i++) {
      parts[0].merge(parts[i]);
    }
    return parts[0];
  }

  private Groups totals(List<Snapshot.Series> series, Windows windows, List<double[]> scalars) {
    var context = evaluator.context;
    var grid = evaluator.grid;
    var groups = new Groups(context, aggregate, grid.count());
    var apply = new RangeCall(context, grid, call.function(), matrix, scalars);
    var samples = new Samples();
    var column = new SeriesColumn(grid.count());
    var where = matrix.vector().span();
    Selection.read(context, where, series, windows, 0, 0, apply.need(), new SampleBuffer(),
        (one, read) -> {
          samples.set(read);
          column.setLabels(one.labels());
          if (apply.apply(column, samples, windows)) {
            groups.of(column).totals.add(column);
          }
          column.clear();
        });
    return groups;
  }
}

package io.throughline.query.engine;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Expr.Call;
import io.throughline.query.promql.Expr.MatrixSelector;
import io.throughline.query.promql.Expr.VectorSelector;
import io.throughline.query.promql.Function;
import io.throughline.query.promql.ValueType;
import io.throughline.store.Need;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;

/** Evaluates function calls: decides which family a function belongs to. */
final class CallEvaluator {

  private static final double[] NONE = {};

  private final Evaluator evaluator;

  CallEvaluator(Evaluator evaluator) {
    this.evaluator = evaluator;
  }

  void stream(Call call, Sink sink) {
    var arguments = call.arguments();
    switch (call.function()) {
      case VECTOR -> {
        var column = new SeriesColumn(evaluator.grid.count());
        System.arraycopy(evaluator.scalar(arguments.getFirst()), 0, column.values, 0,
            column.steps());
        sink.accept(column);
      }
      case ABSENT -> absent(arguments.getFirst(), sink);
      case ABSENT_OVER_TIME -> absentOverTime(arguments.getFirst(), sink);
      case TIMESTAMP -> timestamp(arguments.getFirst(), sink);
      case START_TIMESTAMP -> startTimestamp(arguments.getFirst(), sink);
      case LABEL_REPLACE, LABEL_JOIN -> new LabelCalls(evaluator).stream(call, sink);
      case SORT, SORT_DESC, SORT_BY_LABEL, SORT_BY_LABEL_DESC ->
        new SortCalls(evaluator).stream(call, sink);
      case INFO -> new InfoJoin(evaluator, call).run(sink);
      case HISTOGRAM_QUANTILE, HISTOGRAM_QUANTILES, HISTOGRAM_FRACTION, HISTOGRAM_COUNT,
          HISTOGRAM_SUM, HISTOGRAM_AVG, HISTOGRAM_STDDEV, HISTOGRAM_STDVAR ->
        new HistogramCalls(evaluator, call).run(sink);
      default -> {
        var matrix = arguments.isEmpty()
            ? null
            : arguments.stream()
                .filter(argument -> argument.type() == ValueType.MATRIX)
                .findFirst()
                .orElse(null);
        if (matrix != null) {
          range(call, matrix, sink);
        } else {
          instant(call, sink);
        }
      }
    }
  }

  private void instant(Call call, Sink sink) {
    var arguments = call.arguments();
    var steps = evaluator.grid.count();
    if (arguments.isEmpty()) {
      // Functions of dates look at the evaluation time where nothing else is given.
      var column = new SeriesColumn(steps);
      for (int k = 0; k < steps; k++) {
        column.values[k] = MathFunctions.apply(call.function(), evaluator.grid.timeMs(k) / 1000.0,
            0, 0);
      }
      sink.accept(column);
      return;
    }
    var first = arguments.size() > 1 ? evaluator.scalar(arguments.get(1)) : NONE;
    var second = arguments.size() > 2 ? evaluator.scalar(arguments.get(2)) : NONE;
    var function = call.function();
    evaluator.withoutName(arguments.getFirst(), column -> {
      column.histograms = null;
      var values = column.values;
      for (int k = 0; k < steps; k++) {
        if (SeriesColumn.present(values[k])) {
          values[k] = MathFunctions.apply(function, values[k],
              first.length == 0 ? function == Function.ROUND ? 1 : 0 : first[k],
              second.length == 0 ? 0 : second[k]);
        }
      }
    }, sink);
  }

  private void range(Call call, Expr matrix, Sink sink) {
    if (Evaluator.hasEdges(matrix) && Expr.unwrap(matrix) instanceof MatrixSelector selector) {
      var merging = new MergingSink(evaluator.context);
      new EdgeSelection(evaluator.context, evaluator.selection).range(call.function(), selector,
          evaluator.context.lengthMs(selector.range(), selector.span()), evaluator.grid, merging);
      merging.flush(sink);
      return;
    }
    var merging = RangeCall.keepsName(call.function()) || Invariance.distinctWithoutName(matrix)
        ? null
        : new MergingSink(evaluator.context);
    var apply = new RangeCall(evaluator.context, evaluator.grid, call.function(), matrix,
        RangeCall.scalars(evaluator, call));
    evaluator.ranges(matrix, apply.need(),
        (column, samples, windows) -> apply.apply(column, samples, windows)
            && (merging == null ? sink : merging).accept(column));
    if (merging != null) {
      merging.flush(sink);
    }
  }

  private void timestamp(Expr argument, Sink sink) {
    if (Expr.unwrap(argument) instanceof VectorSelector selector) {
      Sink nameless = column -> {
        column.dropName(evaluator.context.names());
        return sink.accept(column);
      };
      if (Invariance.distinctWithoutName(selector)) {
        evaluator.selection.instant(selector, true, evaluator.counted(nameless));
      } else {
        var merging = new MergingSink(evaluator.context);
        evaluator.selection.instant(selector, true, evaluator.counted(column -> {
          column.dropName(evaluator.context.names());
          return merging.accept(column);
        }));
        merging.flush(sink);
      }
      return;
    }
    evaluator.withoutName(argument, column -> {
      for (int k = 0; k < column.steps(); k++) {
        if (column.has(k)) {
          column.remove(k);
          column.values[k] = evaluator.grid.timeMs(k) / 1000.0;
        }
      }
    }, sink);
  }

  private void startTimestamp(Expr argument, Sink sink) {
    if (!(Expr.unwrap(argument) instanceof VectorSelector selector)) {
      return;
    }
    var merging = new MergingSink(evaluator.context);
    var windows = evaluator.selection.windows(selector.when(), evaluator.context.lookbackMs());
    var samples = new Samples();
    evaluator.selection.read(selector, windows, 0, 0, (series, read) -> {
      samples.set(read);
      var starts = samples.starts;
      if (starts == null) {
        return;
      }
      var column = new SeriesColumn(evaluator.grid.count());
      column.setLabels(series.labels());
      int hi = 0;
      for (int k = 0; k < windows.count(); k++) {
        while (hi < samples.size && samples.times[hi] <= windows.endMs(k)) {
          hi++;
        }
        if (hi > 0 && samples.times[hi - 1] > windows.endMs(k) - windows.rangeMs()
            && starts[hi - 1] != 0) {
          column.values[k] = starts[hi - 1] / 1000.0;
        }
      }
      column.dropName(evaluator.context.names());
      if (!column.isEmpty()) {
        merging.accept(column);
      }
    });
    merging.flush(sink);
  }

  private void absent(Expr argument, Sink sink) {
    var seen = new boolean[evaluator.grid.count()];
    evaluator.stream(argument, column -> {
      for (int k = 0; k < seen.length; k++) {
        seen[k] |= column.has(k);
      }
      return false;
    });
    emitAbsent(seen, argument, sink);
  }

  private void absentOverTime(Expr argument, Sink sink) {
    var seen = new boolean[evaluator.grid.count()];
    var present = new RangeFunctions(Function.PRESENT_OVER_TIME, NONE, NONE, evaluator.context,
        argument.span());
    evaluator.ranges(argument, Need.LAST, (column, samples, windows) -> {
      present.fill(samples, windows, evaluator.grid, column);
      for (int k = 0; k < seen.length; k++) {
        seen[k] |= column.has(k);
      }
      return false;
    });
    emitAbsent(seen, argument, sink);
  }

  private static void emitAbsent(boolean[] seen, Expr argument, Sink sink) {
    var column = new SeriesColumn(seen.length);
    for (int k = 0; k < seen.length; k++) {
      if (!seen[k]) {
        column.values[k] = 1;
      }
    }
    column.setLabels(labelsOfAbsent(argument));
    if (!column.isEmpty()) {
      sink.accept(column);
    }
  }

  /** The labels that a missing series would surely have had. */
  private static Labels labelsOfAbsent(Expr argument) {
    List<Matcher> matchers = switch (Expr.unwrap(argument)) {
      case VectorSelector selector -> selector.matchers();
      case MatrixSelector matrix -> matrix.vector().matchers();
      default -> List.of();
    };
    var builder = new Labels.Builder();
    var seen = new HashSet<String>();
    for (var matcher : matchers) {
      if (matcher.label().equals(Labels.NAME)) {
        continue;
      }
      if (matcher.operator() == Matcher.Operator.EQUAL && seen.add(matcher.label())) {
        builder.set(matcher.label(), matcher.value());
      } else {
        builder.remove(matcher.label());
      }
    }
    return builder.build();
  }

  double[] scalar(Call call) {
    var context = evaluator.context;
    var values = new double[evaluator.grid.count()];
    var arguments = call.arguments();
    switch (call.function()) {
      case TIME -> {
        for (int k = 0; k < values.length; k++) {
          values[k] = evaluator.grid.timeMs(k) / 1000.0;
        }
      }
      case PI -> Arrays.fill(values, Math.PI);
      case START -> Arrays.fill(values, context.outer().startMs() / 1000.0);
      case END -> Arrays.fill(values, context.endMs() / 1000.0);
      case STEP -> Arrays.fill(values, context.stepSeconds());
      case RANGE -> Arrays.fill(values, context.rangeSeconds());
      case MIN_OF, MAX_OF -> {
        var left = evaluator.scalar(arguments.getFirst());
        var right = evaluator.scalar(arguments.get(1));
        for (int k = 0; k < values.length; k++) {
          values[k] = call.function() == Function.MAX_OF
              ? Math.max(left[k], right[k])
              : Math.min(left[k], right[k]);
        }
      }
      case SCALAR -> {
        var counts = new int[values.length];
        evaluator.stream(arguments.getFirst(), column -> {
          for (int k = 0; k < values.length; k++) {
            if (column.hasFloat(k)) {
              counts[k]++;
              values[k] = column.values[k];
            }
          }
          return false;
        });
        for (int k = 0; k < values.length; k++) {
          if (counts[k] != 1) {
            values[k] = Double.NaN;
          }
        }
      }
      default -> throw new IllegalStateException(call.function() + " is not a scalar");
    }
    return values;
  }
}

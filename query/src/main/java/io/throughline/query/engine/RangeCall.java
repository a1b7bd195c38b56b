package io.throughline.query.engine;

import io.throughline.model.Labels;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Expr.Call;
import io.throughline.query.promql.Function;
import io.throughline.query.promql.ValueType;
import io.throughline.store.Need;
import java.util.ArrayList;
import java.util.List;

/** A function of one range vector, applied series by series. Holds buffers, so one thread at a time. */
final class RangeCall {

  private static final double[] NONE = {};

  private final QueryContext context;
  private final Function function;
  private final Grid grid;
  private final Expr matrix;
  private final RangeFunctions functions;
  private final boolean counter;
  private String lastChecked = "";

  /** @param scalars the scalar arguments in their order, a value for each step */
  RangeCall(QueryContext context, Grid grid, Function function, Expr matrix,
      List<double[]> scalars) {
    this.context = context;
    this.grid = grid;
    this.function = function;
    this.matrix = matrix;
    this.functions = new RangeFunctions(function, scalars.isEmpty() ? NONE : scalars.getFirst(),
        scalars.size() < 2 ? NONE : scalars.get(1), context, matrix.span());
    this.counter = function == Function.RATE || function == Function.INCREASE;
  }

  /** The scalar arguments of a call. */
  static List<double[]> scalars(Evaluator evaluator, Call call) {
    var scalars = new ArrayList<double[]>();
    for (var argument : call.arguments()) {
      if (argument.type() == ValueType.SCALAR) {
        scalars.add(evaluator.scalar(argument));
      }
    }
    return scalars;
  }

  /** What the function needs of each window's samples. */
  Need need() {
    return functions.need();
  }

  static boolean keepsName(Function function) {
    return function == Function.LAST_OVER_TIME || function == Function.FIRST_OVER_TIME;
  }

  /** Fills an empty column that carries the series' labels; false if nothing comes of it. */
  boolean apply(SeriesColumn column, Samples samples, Windows windows) {
    functions.fill(samples, windows, grid, column);
    if (column.isEmpty()) {
      return false;
    }
    if (counter && samples.histograms == null) {
      checkCounterName(column);
    }
    if (!keepsName(function)) {
      column.dropName(context.names());
    }
    return true;
  }

  private void checkCounterName(SeriesColumn column) {
    var name = column.label(Labels.NAME);
    boolean typed = context.features().typeAndUnitLabels();
    if (!typed && name.equals(lastChecked)) {
      return;
    }
    lastChecked = name;
    var type = typed ? column.label(Labels.TYPE) : "";
    if (!type.isEmpty() && !type.equals("unknown")) {
      if (!type.equals("counter") && !type.equals("histogram")) {
        context.annotations()
            .inform(matrix.span(),
                "metric might not be a counter, __type__ label is not set to \"counter\" or "
                    + "\"histogram\", got \"" + type + "\": \"" + name + "\"");
      }
    } else if (!name.isEmpty() && !name.endsWith("_total") && !name.endsWith("_sum")
        && !name.endsWith("_count") && !name.endsWith("_bucket")) {
      context.annotations()
          .inform(matrix.span(),
              "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \""
                  + name + "\"");
    }
  }
}

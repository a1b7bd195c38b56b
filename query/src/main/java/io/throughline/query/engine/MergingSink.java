package io.throughline.query.engine;

import io.throughline.model.Labels;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Holds all columns and joins those that came to have the same labels. Two values at one step are an error, because a
 * vector cannot hold both.
 */
final class MergingSink implements Sink {

  private final Map<Labels, SeriesColumn> columns = new LinkedHashMap<>();
  private final QueryBudget budget;
  private final NameRule names;
  private long held;

  MergingSink(QueryContext context) {
    this.budget = context.budget();
    this.names = context.names();
  }

  @Override
  public boolean accept(SeriesColumn column) {
    var before = columns.putIfAbsent(column.labels(), column);
    if (before == null) {
      held += column.bytes();
      budget.hold(column.bytes());
      return true;
    }
    merge(before, column);
    return false;
  }

  private void merge(SeriesColumn into, SeriesColumn column) {
    if (column.nameGoesLate()) {
      into.dropName(names);
    }
    for (int k = 0; k < column.steps(); k++) {
      if (!column.has(k)) {
        continue;
      }
      if (into.has(k)) {
        throw EvaluationFailure.of("vector cannot contain metrics with the same labelset");
      }
      var histogram = column.histogram(k);
      if (histogram == null) {
        into.values[k] = column.values[k];
      } else {
        into.setHistogram(k, histogram);
      }
    }
  }

  /** Passes everything on. */
  void flush(Sink down) {
    for (var column : columns.values()) {
      down.accept(column);
    }
    columns.clear();
    budget.hold(-held);
    held = 0;
  }
}

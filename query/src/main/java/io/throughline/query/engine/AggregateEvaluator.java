package io.throughline.query.engine;

import io.throughline.model.Labels;
import io.throughline.query.promql.Aggregation;
import io.throughline.query.promql.Expr.Aggregate;
import io.throughline.query.promql.Numbers;
import io.throughline.query.promql.Strings;
import java.util.Comparator;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Aggregations. Those that need one number per group and step (sum, avg, min …) hold no series: each column is added as it
 * comes, in an order that is always the same. Those that choose or rank hold the columns.
 */
final class AggregateEvaluator {

  private final Evaluator evaluator;
  private final Aggregate aggregate;
  private final int steps;
  private Groups groups;

  AggregateEvaluator(Evaluator evaluator, Aggregate aggregate) {
    this.evaluator = evaluator;
    this.aggregate = aggregate;
    this.steps = evaluator.grid.count();
    this.groups = new Groups(evaluator.context, aggregate, steps);
  }

  void run(Sink sink) {
    switch (aggregate.operation()) {
      case SUM, AVG, MIN, MAX, COUNT, GROUP, STDDEV, STDVAR -> totals(sink);
      case QUANTILE -> quantile(sink);
      case COUNT_VALUES -> countValues(sink);
      case TOPK, BOTTOMK -> ranked(sink);
      case LIMITK, LIMIT_RATIO -> limited(sink);
    }
  }

  private void totals(Sink sink) {
    var leaf = LeafTotals.of(evaluator, aggregate);
    if (leaf != null) {
      groups = leaf.run();
    } else {
      evaluator.stream(aggregate.inner(), column -> {
        groups.of(column).totals.add(column);
        return false;
      });
    }
    // Series may have come in any order; groups leave in one.
    for (var group : groups.all()
        .stream()
        .sorted(Comparator.comparing(group -> group.labels))
        .toList()) {
      var out = new SeriesColumn(steps);
      group.totals.finish(out);
      group.name(out);
      if (!out.isEmpty()) {
        sink.accept(out);
      }
      evaluator.context.budget().hold(-groups.bytes());
    }
  }

  /** Holds all columns, grouped. */
  private long gather() {
    long[] held = {0};
    evaluator.stream(aggregate.inner(), column -> {
      groups.of(column).columns.add(column);
      held[0] += column.bytes();
      evaluator.context.budget().hold(column.bytes());
      return true;
    });
    return held[0];
  }

  private double[] parameter() {
    var parameter = aggregate.parameter();
    if (parameter == null) {
      throw new IllegalStateException(aggregate.operation() + " lacks its parameter");
    }
    return evaluator.scalar(parameter);
  }

  private void quantile(Sink sink) {
    var q = parameter();
    var annotations = evaluator.context.annotations();
    for (double one : q) {
      if (!(one >= 0 && one <= 1)) {
        annotations.warn(
            aggregate.parameter() == null ? aggregate.span() : aggregate.parameter().span(),
            "quantile value should be between 0 and 1, got " + Numbers.format(one));
        break;
      }
    }
    long held = gather();
    for (var group : groups.all()) {
      var out = new SeriesColumn(steps);
      var values = new double[group.columns.size()];
      for (int k = 0; k < steps; k++) {
        int n = 0;
        for (var column : group.columns) {
          if (column.hasFloat(k)) {
            values[n++] = column.values[k];
          } else if (column.histogram(k) != null) {
            Totals.ignored(annotations, aggregate);
          }
        }
        if (n > 0) {
          out.values[k] = Quantiles.quantile(q[k], values, n);
        }
      }
      group.name(out);
      if (!out.isEmpty()) {
        sink.accept(out);
      }
    }
    evaluator.context.budget().hold(-held);
  }

  private void countValues(Sink sink) {
    var parameter = aggregate.parameter();
    var label = parameter == null ? "" : evaluator.string(parameter);
    if (label.isEmpty()) {
      throw EvaluationFailure.of("invalid label name " + Strings.quote(label));
    }
    var merging = new MergingSink(evaluator.context);
    var counts = new LinkedHashMap<Labels, SeriesColumn>();
    evaluator.stream(aggregate.inner(), column -> {
      var labels = aggregate.without()
          ? groups.labelsWithout(column.labels())
          : groups.of(column).labels;
      // without() also takes the label that holds the value.
      boolean dropped = aggregate.without() && groups.takes(label);
      for (int k = 0; k < steps; k++) {
        if (!column.has(k)) {
          continue;
        }
        var histogram = column.histogram(k);
        var value = histogram == null ? Numbers.plain(column.values[k]) : histogram.toString();
        var counted = dropped ? labels : labels.toBuilder().set(label, value).build();
        var out = counts.computeIfAbsent(counted, _ -> {
          var fresh = new SeriesColumn(steps);
          evaluator.context.budget().hold(fresh.bytes());
          return fresh;
        });
        out.values[k] = out.hasFloat(k) ? out.values[k] + 1 : 1;
      }
      return false;
    });
    counts.forEach((labels, out) -> {
      out.setLabels(labels);
      evaluator.context.budget().hold(-out.bytes());
      merging.accept(out);
    });
    merging.flush(sink);
  }

  private void ranked(Sink sink) {
    var k = parameter();
    long held = gather();
    for (var group : groups.all()) {
      var columns = group.columns;
      var chosen = new SeriesColumn[columns.size()];
      var ranking = new Ranking(columns, aggregate.operation() == Aggregation.TOPK);
      for (int step = 0; step < steps; step++) {
        ranking.start(step, wholeNumber(k[step]));
        for (int i = 0; i < columns.size(); i++) {
          if (columns.get(i).hasFloat(step)) {
            ranking.offer(i);
          } else if (columns.get(i).histogram(step) != null) {
            Totals.ignored(evaluator.context.annotations(), aggregate);
          }
        }
        for (int i = 0; i < ranking.size(); i++) {
          int index = ranking.get(i);
          choose(chosen, index, columns.get(index), step);
        }
      }
      if (steps == 1) {
        // An instant query's result keeps the order of rank.
        ranking.sort();
        for (int i = 0; i < ranking.size(); i++) {
          emit(chosen[ranking.get(i)], sink);
        }
      } else {
        for (var column : chosen) {
          emit(column, sink);
        }
      }
    }
    evaluator.context.budget().hold(-held);
  }

  private static void emit(@Nullable SeriesColumn column, Sink sink) {
    if (column != null) {
      sink.accept(column);
    }
  }

  private void choose(@Nullable SeriesColumn[] chosen, int index, SeriesColumn column, int step) {
    var out = chosen[index];
    if (out == null) {
      out = new SeriesColumn(steps);
      out.setLabelsOf(column);
      chosen[index] = out;
    }
    var histogram = column.histogram(step);
    if (histogram == null) {
      out.values[step] = column.values[step];
    } else {
      out.setHistogram(step, histogram);
    }
  }

  private static int wholeNumber(double k) {
    if (Double.isNaN(k)) {
      throw EvaluationFailure.of("Parameter value is NaN");
    }
    if (k >= 0x1p63 || k <= -0x1p63) {
      throw EvaluationFailure.of("Scalar value " + Numbers.format(k) + " overflows int64");
    }
    return (int) Math.min(Integer.MAX_VALUE, (long) k);
  }

  private void limited(Sink sink) {
    var parameter = parameter();
    boolean ratio = aggregate.operation() == Aggregation.LIMIT_RATIO;
    if (ratio) {
      checkRatios(parameter);
    }
    long held = gather();
    for (var group : groups.all()) {
      var chosen = new SeriesColumn[group.columns.size()];
      for (int step = 0; step < steps; step++) {
        int left = ratio ? 0 : wholeNumber(parameter[step]);
        for (int i = 0; i < chosen.length; i++) {
          var column = group.columns.get(i);
          if (column.has(step)
              && (ratio ? inRatio(column.labels(), parameter[step]) : left-- > 0)) {
            choose(chosen, i, column, step);
          }
        }
      }
      for (var column : chosen) {
        emit(column, sink);
      }
    }
    evaluator.context.budget().hold(-held);
  }

  private void checkRatios(double[] ratios) {
    for (double ratio : ratios) {
      if (Double.isNaN(ratio)) {
        throw EvaluationFailure.of("Ratio value is NaN");
      }
      if (Math.abs(ratio) > 1) {
        evaluator.context.annotations()
            .warn(aggregate.span(), "ratio value should be between -1 and 1, got "
                + Numbers.format(ratio) + ", capping to " + (ratio > 0 ? 1 : -1));
        return;
      }
    }
  }

  /** By a hash of the labels, so that each series is always in or always out. */
  private static boolean inRatio(Labels labels, double ratio) {
    long hash = labels.hashCode() * 0x9E3779B97F4A7C15L;
    hash ^= hash >>> 29;
    hash *= 0xBF58476D1CE4E5B9L;
    double share = (hash >>> 11) * 0x1p-53;
    return ratio >= 0 ? share < ratio : share >= 1 + ratio;
  }
}

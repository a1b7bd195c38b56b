package io.throughline.query.engine;

import io.throughline.query.promql.DurationExpr;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Span;
import io.throughline.query.source.SampleSource;
import org.jspecify.annotations.Nullable;

/**
 * What stays the same through one query.
 *
 * @param outer the times the query was asked for; {@code start()}, {@code end()}, {@code step()} and {@code range()} are
 *     its, also inside subqueries
 * @param endMs the end that was asked for, on the grid or not
 * @param stepMs the step that was asked for, 0 for an instant query
 * @param lookbackMs how old a sample may be and still be an instant vector's
 * @param orderless selectors whose series may come in any order
 * @param names what goes with a name that is taken away; follows the features
 * @param text the expression, for places in annotations
 */
record QueryContext(SampleSource source, QueryBudget budget, Annotations annotations, Grid outer,
    long endMs, long stepMs, long lookbackMs, long defaultStepMs, Orderless orderless,
    Features features, NameRule names, String text) {

  double stepSeconds() {
    return stepMs / 1000.0;
  }

  double rangeSeconds() {
    return (endMs - outer.startMs()) / 1000.0;
  }

  /** A range's or step's length; it must be above zero. */
  long lengthMs(DurationExpr length, Span where) {
    double seconds = DurationExpr.seconds(length, stepSeconds(), rangeSeconds());
    long millis = Math.round(seconds * 1000);
    if (!(seconds > 0) || Double.isInfinite(seconds) || millis < 1) {
      throw EvaluationFailure
          .of(Span.lineAndColumn(text, where.start()) + ": duration must be greater than 0");
    }
    return millis;
  }

  long offsetMs(DurationExpr offset) {
    double seconds = DurationExpr.seconds(offset, stepSeconds(), rangeSeconds());
    if (Double.isNaN(seconds) || Math.abs(seconds) > Long.MAX_VALUE / 1e6) {
      throw EvaluationFailure.of("offset out of range");
    }
    return Math.round(seconds * 1000);
  }

  /** The time that {@code @} fixes, or null. */
  @Nullable
  Long fixedMs(Expr.When when) {
    var at = when.at();
    return at == null ? null : switch (at.moment()) {
      case START -> (Long) outer.startMs();
      case END -> (Long) endMs;
      case TIME -> (Long) at.timeMs();
    };
  }
}

package io.throughline.query.engine;

import io.throughline.query.promql.BinaryOperator;
import io.throughline.query.promql.Expr.Binary;
import io.throughline.query.promql.Span;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One binary operator on two elements, each a float or a histogram. */
final class PairOperation {

  private final Annotations annotations;
  private final BinaryOperator operator;
  private final boolean bool;
  private final Span where;

  PairOperation(Annotations annotations, Binary binary) {
    this.annotations = annotations;
    this.operator = binary.operator();
    this.bool = binary.bool();
    this.where = binary.span();
  }

  /** Replaces an element by the result of the operator with a scalar, or removes it. */
  void withScalar(SeriesColumn column, int k, double scalar, boolean scalarLeft) {
    var histogram = column.histogram(k);
    if (histogram == null) {
      double value = column.values[k];
      double left = scalarLeft ? scalar : value;
      double right = scalarLeft ? value : scalar;
      if (!operator.isComparison()) {
        if (isTrim()) {
          incompatible("float", "float");
          column.remove(k);
        } else {
          column.values[k] = Arithmetic.compute(operator, left, right);
        }
      } else {
        boolean kept = Arithmetic.compare(operator, left, right);
        if (bool) {
          column.values[k] = kept ? 1 : 0;
        } else if (!kept) {
          column.remove(k);
        }
      }
      return;
    }
    column.remove(k);
    var result = scalarLeft ? mixed(scalar, histogram) : mixed(histogram, scalar);
    if (result != null) {
      column.setHistogram(k, result);
    }
  }

  private @Nullable FloatHistogram mixed(FloatHistogram left, double right) {
    return switch (operator) {
      case MULTIPLY -> left.times(right);
      case DIVIDE -> left.dividedBy(right);
      case TRIM_UPPER -> HistogramTrim.trim(left, right, true);
      case TRIM_LOWER -> HistogramTrim.trim(left, right, false);
      default -> {
        incompatible("histogram", "float");
        yield null;
      }
    };
  }

  private @Nullable FloatHistogram mixed(double left, FloatHistogram right) {
    if (operator == BinaryOperator.MULTIPLY) {
      return right.times(left);
    }
    incompatible("float", "histogram");
    return null;
  }

  private boolean isTrim() {
    return operator == BinaryOperator.TRIM_UPPER || operator == BinaryOperator.TRIM_LOWER;
  }

  private void incompatible(String left, String right) {
    annotations.inform(where, "incompatible sample types encountered for binary operator \""
        + operator.symbol() + "\": " + left + " " + operator.symbol() + " " + right);
  }

  /**
   * Writes the result of two elements.
   *
   * @return false if nothing comes of them
   */
  boolean apply(double left, @Nullable FloatHistogram leftHistogram, double right,
      @Nullable FloatHistogram rightHistogram, SeriesColumn out, int k) {
    if (leftHistogram == null && rightHistogram == null) {
      if (isTrim()) {
        incompatible("float", "float");
        return false;
      }
      if (!operator.isComparison()) {
        out.values[k] = Arithmetic.compute(operator, left, right);
        return true;
      }
      boolean kept = Arithmetic.compare(operator, left, right);
      if (bool || kept) {
        out.values[k] = bool ? kept ? 1 : 0 : left;
        return true;
      }
      return false;
    }
    if (leftHistogram == null || rightHistogram == null) {
      var result = leftHistogram == null
          ? mixed(left, Objects.requireNonNull(rightHistogram))
          : mixed(leftHistogram, right);
      if (result != null) {
        out.setHistogram(k, result);
      }
      return result != null;
    }
    return histograms(leftHistogram, rightHistogram, out, k);
  }

  private boolean histograms(FloatHistogram left, FloatHistogram right, SeriesColumn out, int k) {
    switch (operator) {
      case ADD, SUBTRACT -> {
        var notes = new FloatHistogram.Notes();
        var result = operator == BinaryOperator.ADD
            ? left.plus(right, notes)
            : left.minus(right, notes);
        if (notes.incompatible) {
          annotations.warn(where,
              "incompatible bucket layout encountered for binary operator " + operator.symbol());
        }
        if (notes.boundsReconciled) {
          annotations.inform(where, "mismatched custom buckets were reconciled during "
              + (operator == BinaryOperator.ADD ? "addition" : "subtraction"));
        }
        if (notes.resetConflict) {
          annotations.warn(where, "conflicting counter resets during histogram "
              + (operator == BinaryOperator.ADD ? "addition" : "subtraction"));
        }
        if (result == null) {
          return false;
        }
        out.setHistogram(k, result);
        return true;
      }
      case EQUAL, NOT_EQUAL -> {
        boolean kept = left.sameAs(right) == (operator == BinaryOperator.EQUAL);
        if (bool) {
          out.values[k] = kept ? 1 : 0;
        } else if (kept) {
          out.setHistogram(k, left);
        }
        return bool || kept;
      }
      default -> {
        incompatible("histogram", "histogram");
        return false;
      }
    }
  }
}

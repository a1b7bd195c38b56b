package io.throughline.query.promql;

import io.throughline.model.Matcher;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A node of the syntax tree. Immutable; spans refer to the text it was parsed from. */
public sealed interface Expr {

  Span span();

  /** What the node yields. */
  ValueType type();

  /**
   * A number.
   *
   * @param asDuration whether it was written with a unit, as {@code 5m}
   */
  record NumberLiteral(double value, boolean asDuration, Span span) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.SCALAR;
    }
  }

  record StringLiteral(String value, Span span) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.STRING;
    }
  }

  /** How a selector treats the edges of its range. */
  enum Edges {
    /** Only samples inside count. */
    PLAIN,
    /** The value at the left edge is the last sample before it. */
    ANCHORED,
    /** The values at both edges are interpolated. */
    SMOOTHED
  }

  /** Which moment {@code @} fixes. */
  enum Moment {
    TIME,
    START,
    END
  }

  /**
   * {@code @}.
   *
   * @param timeMs epoch milliseconds, for {@link Moment#TIME}
   */
  record At(Moment moment, long timeMs) {}

  /**
   * When a selector or subquery looks.
   *
   * @param offset how far back, negative for forward
   */
  record When(DurationExpr offset, @Nullable At at) {
    public static final When NOW = new When(DurationExpr.ZERO, null);
  }

  /**
   * The newest sample of each series within the lookback.
   *
   * @param name the metric's name if it was written before or as a lone string in the braces, else ""
   * @param matchers all of them, the name's included, in the order they were written
   */
  record VectorSelector(String name, List<Matcher> matchers, When when, Edges edges,
      Span span) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.VECTOR;
    }
  }

  /** Every sample of a range that ends at the evaluation time and is open at its start. */
  record MatrixSelector(VectorSelector vector, DurationExpr range, Span span) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.MATRIX;
    }
  }

  /** An expression evaluated at each multiple of a step within a range. */
  record Subquery(Expr inner, DurationExpr range, @Nullable DurationExpr step, When when,
      Span span) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.MATRIX;
    }
  }

  record Call(Function function, List<Expr> arguments, Span span) implements Expr {
    @Override
    public ValueType type() {
      return function.result();
    }
  }

  /** @param grouping the labels of {@code by} or {@code without} */
  record Aggregate(Aggregation operation, Expr inner, @Nullable Expr parameter,
      List<String> grouping, boolean without, Span span) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.VECTOR;
    }
  }

  /** How many elements of each side may meet. */
  enum Cardinality {
    ONE_TO_ONE("one-to-one"),
    MANY_TO_ONE("many-to-one"),
    ONE_TO_MANY("one-to-many"),
    MANY_TO_MANY("many-to-many");

    private final String words;

    Cardinality(String words) {
      this.words = words;
    }

    public String words() {
      return words;
    }
  }

  /**
   * Which elements of two vectors meet.
   *
   * @param on whether {@code labels} are those that must agree; otherwise those that need not
   * @param include labels that the many side takes from the one side
   * @param fillLeft what stands in for a missing left element, or null
   */
  record Matching(Cardinality cardinality, boolean on, List<String> labels, List<String> include,
      @Nullable Double fillLeft, @Nullable Double fillRight) {}

  /** @param matching null between scalars, and between a scalar and a vector */
  record Binary(BinaryOperator operator, Expr left, Expr right, boolean bool,
      @Nullable Matching matching, Span span) implements Expr {
    @Override
    public ValueType type() {
      return left.type() == ValueType.SCALAR && right.type() == ValueType.SCALAR
          ? ValueType.SCALAR
          : ValueType.VECTOR;
    }
  }

  record Unary(boolean minus, Expr inner, Span span) implements Expr {
    @Override
    public ValueType type() {
      return inner.type();
    }
  }

  record Paren(Expr inner, Span span) implements Expr {
    @Override
    public ValueType type() {
      return inner.type();
    }
  }

  /** The expression inside any parentheses. */
  static Expr unwrap(Expr expr) {
    var inner = expr;
    while (inner instanceof Paren(var next, _)) {
      inner = next;
    }
    return inner;
  }
}

package io.throughline.query.promql;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The functions and what they take. Of a signature {@code f(a, b?, c…)} the last arguments may be left out ({@code ?}) or
 * repeated ({@code …}).
 */
// @formatter:off
public enum Function {
  ABS(ValueType.VECTOR, ValueType.VECTOR),
  ABSENT(ValueType.VECTOR, ValueType.VECTOR),
  ABSENT_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  ACOS(ValueType.VECTOR, ValueType.VECTOR),
  ACOSH(ValueType.VECTOR, ValueType.VECTOR),
  ASIN(ValueType.VECTOR, ValueType.VECTOR),
  ASINH(ValueType.VECTOR, ValueType.VECTOR),
  ATAN(ValueType.VECTOR, ValueType.VECTOR),
  ATANH(ValueType.VECTOR, ValueType.VECTOR),
  AVG_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  CEIL(ValueType.VECTOR, ValueType.VECTOR),
  CHANGES(ValueType.VECTOR, ValueType.MATRIX),
  CLAMP(ValueType.VECTOR, ValueType.VECTOR, ValueType.SCALAR, ValueType.SCALAR),
  CLAMP_MAX(ValueType.VECTOR, ValueType.VECTOR, ValueType.SCALAR),
  CLAMP_MIN(ValueType.VECTOR, ValueType.VECTOR, ValueType.SCALAR),
  COS(ValueType.VECTOR, ValueType.VECTOR),
  COSH(ValueType.VECTOR, ValueType.VECTOR),
  COUNT_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  DAYS_IN_MONTH(1, ValueType.VECTOR, ValueType.VECTOR),
  DAY_OF_MONTH(1, ValueType.VECTOR, ValueType.VECTOR),
  DAY_OF_WEEK(1, ValueType.VECTOR, ValueType.VECTOR),
  DAY_OF_YEAR(1, ValueType.VECTOR, ValueType.VECTOR),
  DEG(ValueType.VECTOR, ValueType.VECTOR),
  DELTA(ValueType.VECTOR, ValueType.MATRIX),
  DERIV(ValueType.VECTOR, ValueType.MATRIX),
  DOUBLE_EXPONENTIAL_SMOOTHING(ValueType.VECTOR, ValueType.MATRIX, ValueType.SCALAR, ValueType.SCALAR),
  END(ValueType.SCALAR),
  EXP(ValueType.VECTOR, ValueType.VECTOR),
  FIRST_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  FLOOR(ValueType.VECTOR, ValueType.VECTOR),
  HISTOGRAM_AVG(ValueType.VECTOR, ValueType.VECTOR),
  HISTOGRAM_COUNT(ValueType.VECTOR, ValueType.VECTOR),
  HISTOGRAM_FRACTION(ValueType.VECTOR, ValueType.SCALAR, ValueType.SCALAR, ValueType.VECTOR),
  HISTOGRAM_QUANTILE(ValueType.VECTOR, ValueType.SCALAR, ValueType.VECTOR),
  HISTOGRAM_QUANTILES(9, ValueType.VECTOR, ValueType.VECTOR, ValueType.STRING, ValueType.SCALAR, ValueType.SCALAR, ValueType.SCALAR, ValueType.SCALAR, ValueType.SCALAR, ValueType.SCALAR, ValueType.SCALAR, ValueType.SCALAR, ValueType.SCALAR, ValueType.SCALAR),
  HISTOGRAM_STDDEV(ValueType.VECTOR, ValueType.VECTOR),
  HISTOGRAM_STDVAR(ValueType.VECTOR, ValueType.VECTOR),
  HISTOGRAM_SUM(ValueType.VECTOR, ValueType.VECTOR),
  HOUR(1, ValueType.VECTOR, ValueType.VECTOR),
  IDELTA(ValueType.VECTOR, ValueType.MATRIX),
  INCREASE(ValueType.VECTOR, ValueType.MATRIX),
  INFO(1, ValueType.VECTOR, ValueType.VECTOR, ValueType.VECTOR),
  IRATE(ValueType.VECTOR, ValueType.MATRIX),
  LABEL_JOIN(-1, ValueType.VECTOR, ValueType.VECTOR, ValueType.STRING, ValueType.STRING, ValueType.STRING),
  LABEL_REPLACE(ValueType.VECTOR, ValueType.VECTOR, ValueType.STRING, ValueType.STRING, ValueType.STRING, ValueType.STRING),
  LAST_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  LN(ValueType.VECTOR, ValueType.VECTOR),
  LOG10(ValueType.VECTOR, ValueType.VECTOR),
  LOG2(ValueType.VECTOR, ValueType.VECTOR),
  MAD_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  MAX_OF(ValueType.SCALAR, ValueType.SCALAR, ValueType.SCALAR),
  MAX_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  MIN_OF(ValueType.SCALAR, ValueType.SCALAR, ValueType.SCALAR),
  MIN_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  MINUTE(1, ValueType.VECTOR, ValueType.VECTOR),
  MONTH(1, ValueType.VECTOR, ValueType.VECTOR),
  PI(ValueType.SCALAR),
  PREDICT_LINEAR(ValueType.VECTOR, ValueType.MATRIX, ValueType.SCALAR),
  PRESENT_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  QUANTILE_OVER_TIME(ValueType.VECTOR, ValueType.SCALAR, ValueType.MATRIX),
  RAD(ValueType.VECTOR, ValueType.VECTOR),
  RANGE(ValueType.SCALAR),
  RATE(ValueType.VECTOR, ValueType.MATRIX),
  RESETS(ValueType.VECTOR, ValueType.MATRIX),
  ROUND(1, ValueType.VECTOR, ValueType.VECTOR, ValueType.SCALAR),
  SCALAR(ValueType.SCALAR, ValueType.VECTOR),
  SGN(ValueType.VECTOR, ValueType.VECTOR),
  SIN(ValueType.VECTOR, ValueType.VECTOR),
  SINH(ValueType.VECTOR, ValueType.VECTOR),
  SORT(ValueType.VECTOR, ValueType.VECTOR),
  SORT_BY_LABEL(-1, ValueType.VECTOR, ValueType.VECTOR, ValueType.STRING),
  SORT_BY_LABEL_DESC(-1, ValueType.VECTOR, ValueType.VECTOR, ValueType.STRING),
  SORT_DESC(ValueType.VECTOR, ValueType.VECTOR),
  SQRT(ValueType.VECTOR, ValueType.VECTOR),
  START(ValueType.SCALAR),
  START_TIMESTAMP(ValueType.VECTOR, ValueType.VECTOR),
  STDDEV_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  STDVAR_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  STEP(ValueType.SCALAR),
  SUM_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  TAN(ValueType.VECTOR, ValueType.VECTOR),
  TANH(ValueType.VECTOR, ValueType.VECTOR),
  TIME(ValueType.SCALAR),
  TIMESTAMP(ValueType.VECTOR, ValueType.VECTOR),
  TS_OF_FIRST_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  TS_OF_LAST_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  TS_OF_MAX_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  TS_OF_MIN_OVER_TIME(ValueType.VECTOR, ValueType.MATRIX),
  VECTOR(ValueType.VECTOR, ValueType.SCALAR),
  YEAR(1, ValueType.VECTOR, ValueType.VECTOR);
  // @formatter:on

  private static final Map<String, Function> BY_NAME = new HashMap<>();

  static {
    for (var function : values()) {
      BY_NAME.put(function.symbol, function);
    }
  }

  private final String symbol = name().toLowerCase(Locale.ROOT);
  private final int optional;
  private final ValueType result;
  private final List<ValueType> arguments;

  Function(ValueType result, ValueType... arguments) {
    this(0, result, arguments);
  }

  Function(int optional, ValueType result, ValueType... arguments) {
    this.optional = optional;
    this.result = result;
    this.arguments = List.of(arguments);
  }

  static @Nullable Function of(String name) {
    return BY_NAME.get(name);
  }

  public String symbol() {
    return symbol;
  }

  public ValueType result() {
    return result;
  }

  /** The wanted type of an argument; the last type repeats. */
  ValueType argument(int index) {
    return arguments.get(Math.min(index, arguments.size() - 1));
  }

  int minArguments() {
    return optional < 0 ? arguments.size() - 1 : arguments.size() - optional;
  }

  /** The most arguments, or {@link Integer#MAX_VALUE}. */
  int maxArguments() {
    return optional < 0 ? Integer.MAX_VALUE : arguments.size();
  }
}

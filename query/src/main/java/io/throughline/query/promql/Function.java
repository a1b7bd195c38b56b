package io.throughline.query.promql;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The functions, each with its result and its arguments: {@code v} instant vector, {@code r} range vector, {@code s} scalar,
 * {@code t} string; {@code ?} after those that may be left out, {@code *} where the last may be left out or repeated.
 */
// @formatter:off
public enum Function {
  ABS("v", "v"),
  ABSENT("v", "v"),
  ABSENT_OVER_TIME("v", "r"),
  ACOS("v", "v"),
  ACOSH("v", "v"),
  ASIN("v", "v"),
  ASINH("v", "v"),
  ATAN("v", "v"),
  ATANH("v", "v"),
  AVG_OVER_TIME("v", "r"),
  CEIL("v", "v"),
  CHANGES("v", "r"),
  CLAMP("v", "vss"),
  CLAMP_MAX("v", "vs"),
  CLAMP_MIN("v", "vs"),
  COS("v", "v"),
  COSH("v", "v"),
  COUNT_OVER_TIME("v", "r"),
  DAYS_IN_MONTH("v", "v?"),
  DAY_OF_MONTH("v", "v?"),
  DAY_OF_WEEK("v", "v?"),
  DAY_OF_YEAR("v", "v?"),
  DEG("v", "v"),
  DELTA("v", "r"),
  DERIV("v", "r"),
  DOUBLE_EXPONENTIAL_SMOOTHING("v", "rss"),
  END("s", ""),
  EXP("v", "v"),
  FIRST_OVER_TIME("v", "r"),
  FLOOR("v", "v"),
  HISTOGRAM_AVG("v", "v"),
  HISTOGRAM_COUNT("v", "v"),
  HISTOGRAM_FRACTION("v", "ssv"),
  HISTOGRAM_QUANTILE("v", "sv"),
  HISTOGRAM_QUANTILES("v", "vtss?s?s?s?s?s?s?s?s?"),
  HISTOGRAM_STDDEV("v", "v"),
  HISTOGRAM_STDVAR("v", "v"),
  HISTOGRAM_SUM("v", "v"),
  HOUR("v", "v?"),
  IDELTA("v", "r"),
  INCREASE("v", "r"),
  INFO("v", "vv?"),
  IRATE("v", "r"),
  LABEL_JOIN("v", "vttt*"),
  LABEL_REPLACE("v", "vtttt"),
  LAST_OVER_TIME("v", "r"),
  LN("v", "v"),
  LOG10("v", "v"),
  LOG2("v", "v"),
  MAD_OVER_TIME("v", "r"),
  MAX_OF("s", "ss"),
  MAX_OVER_TIME("v", "r"),
  MIN_OF("s", "ss"),
  MIN_OVER_TIME("v", "r"),
  MINUTE("v", "v?"),
  MONTH("v", "v?"),
  PI("s", ""),
  PREDICT_LINEAR("v", "rs"),
  PRESENT_OVER_TIME("v", "r"),
  QUANTILE_OVER_TIME("v", "sr"),
  RAD("v", "v"),
  RANGE("s", ""),
  RATE("v", "r"),
  RESETS("v", "r"),
  ROUND("v", "vs?"),
  SCALAR("s", "v"),
  SGN("v", "v"),
  SIN("v", "v"),
  SINH("v", "v"),
  SORT("v", "v"),
  SORT_BY_LABEL("v", "vt*"),
  SORT_BY_LABEL_DESC("v", "vt*"),
  SORT_DESC("v", "v"),
  SQRT("v", "v"),
  START("s", ""),
  START_TIMESTAMP("v", "v"),
  STDDEV_OVER_TIME("v", "r"),
  STDVAR_OVER_TIME("v", "r"),
  STEP("s", ""),
  SUM_OVER_TIME("v", "r"),
  TAN("v", "v"),
  TANH("v", "v"),
  TIME("s", ""),
  TIMESTAMP("v", "v"),
  TS_OF_FIRST_OVER_TIME("v", "r"),
  TS_OF_LAST_OVER_TIME("v", "r"),
  TS_OF_MAX_OVER_TIME("v", "r"),
  TS_OF_MIN_OVER_TIME("v", "r"),
  VECTOR("v", "s"),
  YEAR("v", "v?");
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

  Function(String result, String signature) {
    this.result = typeOf(result.charAt(0));
    var types = new ArrayList<ValueType>();
    int optionals = 0;
    for (int i = 0; i < signature.length(); i++) {
      char c = signature.charAt(i);
      if (c == '?') {
        optionals++;
      } else if (c == '*') {
        optionals = -1;
      } else {
        types.add(typeOf(c));
      }
    }
    this.optional = optionals;
    this.arguments = List.copyOf(types);
  }

  private static ValueType typeOf(char letter) {
    return switch (letter) {
      case 'v' -> ValueType.VECTOR;
      case 'r' -> ValueType.MATRIX;
      case 's' -> ValueType.SCALAR;
      case 't' -> ValueType.STRING;
      default -> throw new IllegalStateException("no type is written " + letter);
    };
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

  /** The types of the arguments; the last may repeat. */
  public List<ValueType> arguments() {
    return arguments;
  }

  /** How many of the last arguments may be left out; -1 where the last may be left out or repeated. */
  public int variadic() {
    return optional;
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

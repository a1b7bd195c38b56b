package io.throughline.query.promql;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The aggregations; some take a parameter before the vector. */
public enum Aggregation {
  SUM(null),
  AVG(null),
  MIN(null),
  MAX(null),
  COUNT(null),
  GROUP(null),
  STDDEV(null),
  STDVAR(null),
  TOPK(ValueType.SCALAR),
  BOTTOMK(ValueType.SCALAR),
  QUANTILE(ValueType.SCALAR),
  COUNT_VALUES(ValueType.STRING),
  LIMITK(ValueType.SCALAR),
  LIMIT_RATIO(ValueType.SCALAR);

  private static final Map<String, Aggregation> BY_NAME = new HashMap<>();

  static {
    for (var aggregation : values()) {
      BY_NAME.put(aggregation.symbol, aggregation);
    }
  }

  private final String symbol = name().toLowerCase(Locale.ROOT);
  private final @Nullable ValueType parameter;

  Aggregation(@Nullable ValueType parameter) {
    this.parameter = parameter;
  }

  static @Nullable Aggregation of(String name) {
    return BY_NAME.get(name.toLowerCase(Locale.ROOT));
  }

  public String symbol() {
    return symbol;
  }

  public @Nullable ValueType parameter() {
    return parameter;
  }
}

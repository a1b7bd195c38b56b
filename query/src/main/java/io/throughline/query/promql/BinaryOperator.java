package io.throughline.query.promql;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Operators between two expressions; a higher precedence binds closer. */
public enum BinaryOperator {
  OR("or", 1, Family.SET),
  AND("and", 2, Family.SET),
  UNLESS("unless", 2, Family.SET),
  EQUAL("==", 3, Family.COMPARISON),
  NOT_EQUAL("!=", 3, Family.COMPARISON),
  LESS("<", 3, Family.COMPARISON),
  LESS_OR_EQUAL("<=", 3, Family.COMPARISON),
  GREATER(">", 3, Family.COMPARISON),
  GREATER_OR_EQUAL(">=", 3, Family.COMPARISON),
  ADD("+", 4, Family.ARITHMETIC),
  SUBTRACT("-", 4, Family.ARITHMETIC),
  MULTIPLY("*", 5, Family.ARITHMETIC),
  DIVIDE("/", 5, Family.ARITHMETIC),
  MODULO("%", 5, Family.ARITHMETIC),
  ATAN2("atan2", 5, Family.ARITHMETIC),
  POWER("^", 6, Family.ARITHMETIC),
  TRIM_UPPER("</", 3, Family.ARITHMETIC),
  TRIM_LOWER(">/", 3, Family.ARITHMETIC);

  /** How an operator treats its operands. */
  public enum Family {
    SET,
    COMPARISON,
    ARITHMETIC
  }

  private static final Map<String, BinaryOperator> BY_SYMBOL = new HashMap<>();

  static {
    for (var operator : values()) {
      BY_SYMBOL.put(operator.symbol, operator);
    }
  }

  private final String symbol;
  private final int precedence;
  private final Family family;

  BinaryOperator(String symbol, int precedence, Family family) {
    this.symbol = symbol;
    this.precedence = precedence;
    this.family = family;
  }

  static @Nullable BinaryOperator of(String symbol) {
    return BY_SYMBOL.get(symbol.toLowerCase(Locale.ROOT));
  }

  public String symbol() {
    return symbol;
  }

  public int precedence() {
    return precedence;
  }

  public boolean isSet() {
    return family == Family.SET;
  }

  public boolean isComparison() {
    return family == Family.COMPARISON;
  }

  /** Whether the result means something else than the left operand, so that its name must go. */
  public boolean changesMeaning() {
    return family == Family.ARITHMETIC && this != TRIM_UPPER && this != TRIM_LOWER;
  }

  boolean rightAssociative() {
    return this == POWER;
  }
}

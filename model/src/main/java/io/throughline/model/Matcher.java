package io.throughline.model;

/**
 * A predicate on one label, as PromQL writes it. A missing label has the value "", so {@code a=""}
 * also selects series without {@code a}.
 *
 * @param label the label's name
 * @param value the wanted value, or an RE2 expression anchored at both ends in which {@code .} also
 *     matches a newline
 */
public record Matcher(Operator operator, String label, String value) {

  public enum Operator {
    EQUAL("="),
    NOT_EQUAL("!="),
    REGEX("=~"),
    NOT_REGEX("!~");

    private final String symbol;

    Operator(String symbol) {
      this.symbol = symbol;
    }

    public String symbol() {
      return symbol;
    }
  }

  public static Matcher equal(String label, String value) {
    return new Matcher(Operator.EQUAL, label, value);
  }

  public static Matcher notEqual(String label, String value) {
    return new Matcher(Operator.NOT_EQUAL, label, value);
  }

  public static Matcher regex(String label, String expression) {
    return new Matcher(Operator.REGEX, label, expression);
  }

  public static Matcher notRegex(String label, String expression) {
    return new Matcher(Operator.NOT_REGEX, label, expression);
  }

  @Override
  public String toString() {
    return label + operator.symbol() + '"' + value.replace("\\", "\\\\").replace("\"", "\\\"")
        + '"';
  }
}

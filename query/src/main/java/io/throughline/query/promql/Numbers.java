package io.throughline.query.promql;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers as text, in and out, the way Prometheus writes them. */
public final class Numbers {

  private Numbers() {}

  /** A literal's value, or null where it is none: decimal, {@code 0x1f}, {@code 1_000}, Inf, NaN. */
  static @Nullable Double parse(String text) {
    var lower = text.toLowerCase(Locale.ROOT);
    if (lower.equals("inf")) {
      return Double.POSITIVE_INFINITY;
    }
    if (lower.equals("nan")) {
      return Double.NaN;
    }
    if (lower.endsWith("_") || lower.contains("__") || lower.startsWith("_")) {
      return null;
    }
    var plain = lower.replace("_", "");
    try {
      if (plain.startsWith("0x")) {
        return new BigInteger(plain.substring(2), 16).doubleValue();
      }
      // A whole number with a leading zero is octal.
      if (plain.length() > 1 && plain.charAt(0) == '0'
          && plain.chars().allMatch(c -> c >= '0' && c <= '7')) {
        return new BigInteger(plain, 8).doubleValue();
      }
      double value = Double.parseDouble(plain);
      return Double.isInfinite(value) ? null : (Double) value;
    } catch (NumberFormatException _) {
      return null;
    }
  }

  /** As Go's {@code %v}: the shortest digits that read back, with an exponent below 1e-4 and from 1e21. */
  public static String format(double value) {
    double size = Math.abs(value);
    if (size != 0 && (size < 1e-4 || size >= 1e21) && !Double.isInfinite(value)) {
      return exponential(value);
    }
    return plain(value);
  }

  /** The shortest digits that read back, never with an exponent. */
  public static String plain(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    if (value == Math.rint(value) && Math.abs(value) < 1L << 53) {
      return value == 0 && 1 / value < 0 ? "-0" : Long.toString((long) value);
    }
    var text = Double.toString(value);
    if (text.indexOf('E') < 0) {
      return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }
    return new BigDecimal(text).stripTrailingZeros().toPlainString();
  }

  /** The shortest digits that read back with an exponent of at least two digits: {@code 1.5e-07}. */
  public static String exponential(double value) {
    if (value == 0 || Double.isNaN(value) || Double.isInfinite(value)) {
      return plain(value);
    }
    var decimal = new BigDecimal(Double.toString(Math.abs(value))).stripTrailingZeros();
    var digits = decimal.unscaledValue().toString();
    int exponent = digits.length() - 1 - decimal.scale();
    var text = new StringBuilder();
    if (value < 0) {
      text.append('-');
    }
    text.append(digits.charAt(0));
    if (digits.length() > 1) {
      text.append('.').append(digits, 1, digits.length());
    }
    text.append('e').append(exponent < 0 ? '-' : '+');
    int size = Math.abs(exponent);
    if (size < 10) {
      text.append('0');
    }
    return text.append(size).toString();
  }
}

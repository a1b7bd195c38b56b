package io.throughline.rules.template;

import io.throughline.query.promql.Numbers;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Values as text the way Go's {@code fmt} writes them, and Go's string literals. */
final class GoText {

  private static final DateTimeFormatter TO_SECONDS = DateTimeFormatter
      .ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

  private GoText() {}

  /** As {@code %v}. */
  static String of(@Nullable Object value) {
    return switch (value) {
      case null -> "<nil>";
      case Double number -> number(number, 'g', -1);
      case Instant time -> time(time);
      case Duration length -> duration(length);
      case TemplateData.Sample sample -> "{" + of(sample.labels()) + " " + of(sample.value()) + "}";
      case List<?> list -> {
        var text = new StringBuilder("[");
        for (int i = 0; i < list.size(); i++) {
          text.append(i == 0 ? "" : " ").append(of(list.get(i)));
        }
        yield text.append(']').toString();
      }
      case Map<?, ?> map -> {
        var sorted = new TreeMap<String, @Nullable Object>();
        map.forEach((key, element) -> sorted.put(String.valueOf(key), element));
        var text = new StringBuilder("map[");
        sorted.forEach((key, element) -> text.append(text.length() == 4 ? "" : " ")
            .append(key)
            .append(':')
            .append(of(element)));
        yield text.append(']').toString();
      }
      default -> String.valueOf(value);
    };
  }

  /** As Go prints a time in UTC. */
  static String time(Instant time) {
    var text = TO_SECONDS.format(time.atOffset(ZoneOffset.UTC));
    int nanos = time.getNano();
    if (nanos != 0) {
      var digits = Integer.toString(1_000_000_000 + nanos).substring(1).replaceFirst("0+$", "");
      text += "." + digits;
    }
    return text + " +0000 UTC";
  }

  /** As Go prints a duration: {@code 1h2m3.5s}, {@code 1.5ms}. */
  static String duration(Duration length) {
    long nanos = length.toNanos();
    if (nanos == 0) {
      return "0s";
    }
    long size = Math.abs(nanos);
    var sign = nanos < 0 ? "-" : "";
    if (size < 1_000_000_000L) {
      var unit = size < 1_000 ? "ns" : size < 1_000_000 ? "µs" : "ms";
      int digits = size < 1_000 ? 0 : size < 1_000_000 ? 3 : 6;
      return sign + BigDecimal.valueOf(size, digits).stripTrailingZeros().toPlainString() + unit;
    }
    long hours = size / 3_600_000_000_000L;
    long minutes = size / 60_000_000_000L % 60;
    var seconds = BigDecimal.valueOf(size % 60_000_000_000L, 9).stripTrailingZeros();
    return sign + (hours > 0 ? hours + "h" : "") + (hours > 0 || minutes > 0 ? minutes + "m" : "")
        + seconds.toPlainString() + "s";
  }

  /** A float in the form of a verb {@code e}, {@code f} or {@code g}; precision -1 is the shortest that reads back. */
  static String number(double value, char verb, int precision) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    boolean negative = value < 0 || value == 0 && 1 / value < 0;
    var sign = negative ? "-" : "";
    var exact = new BigDecimal(Math.abs(value));
    return sign + switch (verb) {
      case 'e' ->
        exponent(
            precision < 0
                ? shortest(value)
                : exact.signum() == 0
                    ? exact
                    : exact.round(new MathContext(precision + 1, RoundingMode.HALF_EVEN)),
            precision);
      case 'f' -> precision < 0
          ? Numbers.plain(Math.abs(value))
          : exact.setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
      default -> general(value, exact, precision);
    };
  }

  private static BigDecimal shortest(double value) {
    return new BigDecimal(Double.toString(Math.abs(value))).stripTrailingZeros();
  }

  private static String general(double value, BigDecimal exact, int precision) {
    var digits = precision < 0
        ? shortest(value)
        : exact.round(new MathContext(Math.max(1, precision), RoundingMode.HALF_EVEN))
            .stripTrailingZeros();
    if (digits.signum() == 0) {
      return "0";
    }
    int count = digits.precision();
    int point = count - digits.scale();
    int limit = precision < 0 ? 6 : Math.max(1, precision);
    if (limit > count && count >= point) {
      limit = count;
    }
    limit = precision < 0 ? Math.max(limit, 6) : limit;
    int exponent = point - 1;
    return exponent < -4 || exponent >= limit
        ? exponent(digits, count - 1)
        : digits.toPlainString();
  }

  private static String exponent(BigDecimal value, int precision) {
    if (value.signum() == 0) {
      return "0" + (precision > 0 ? "." + "0".repeat(precision) : "") + "e+00";
    }
    var digits = value.stripTrailingZeros().unscaledValue().toString();
    int exponent = value.precision() - value.scale() - 1;
    var fraction = digits.substring(1);
    if (precision >= 0) {
      fraction = fraction + "0".repeat(Math.max(0, precision - fraction.length()));
    }
    int size = Math.abs(exponent);
    return digits.charAt(0) + (fraction.isEmpty() ? "" : "." + fraction) + "e"
        + (exponent < 0 ? "-" : "+") + (size < 10 ? "0" : "") + size;
  }

  /** A literal's value; escapes are Go's. */
  static String unquote(String inside, char quote, Function<String, TemplateFailure> failure) {
    if (inside.indexOf('\\') < 0) {
      return inside;
    }
    var bytes = new ByteArrayOutputStream(inside.length());
    int i = 0;
    while (i < inside.length()) {
      char c = inside.charAt(i);
      if (c != '\\') {
        int next = inside.offsetByCodePoints(i, 1);
        bytes.writeBytes(inside.substring(i, next).getBytes(StandardCharsets.UTF_8));
        i = next;
        continue;
      }
      char escape = i + 1 < inside.length() ? inside.charAt(i + 1) : 0;
      int simple = "abfnrtv\\".indexOf(escape);
      int count = escape == 'x' ? 2 : escape == 'u' ? 4 : escape == 'U' ? 8 : 0;
      if (escape != 0 && (simple >= 0 || escape == quote)) {
        bytes.write(simple >= 0 ? "\u0007\b\f\n\r\t\u000b\\".charAt(simple) : escape);
        i += 2;
      } else if (count > 0 || escape >= '0' && escape <= '7') {
        int from = count > 0 ? i + 2 : i + 1;
        int end = from + (count > 0 ? count : 3);
        int value;
        try {
          value = Integer.parseInt(inside.substring(from, Math.min(end, inside.length())),
              count > 0 ? 16 : 8);
        } catch (NumberFormatException _) {
          throw failure.apply("bad escape in a string");
        }
        if (count == 4 || count == 8) {
          if (!Character.isValidCodePoint(value)) {
            throw failure.apply("bad escape in a string");
          }
          bytes.writeBytes(Character.toString(value).getBytes(StandardCharsets.UTF_8));
        } else {
          bytes.write(value);
        }
        i = end;
      } else {
        throw failure.apply("bad escape in a string: \\" + escape);
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}

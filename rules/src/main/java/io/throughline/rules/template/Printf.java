package io.throughline.rules.template;

import io.throughline.query.promql.Strings;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Go's {@code Sprintf} for the values that templates have. A verb that does not fit its value says so in the text. */
final class Printf {

  private static final int WIDEST = 10_000;

  private final String format;
  private final List<@Nullable Object> arguments;
  private final StringBuilder out = new StringBuilder();
  private int at;
  private int next;

  private boolean minus;
  private boolean plus;
  private boolean sharp;
  private boolean space;
  private boolean zero;
  private int width;
  private int precision;

  private Printf(String format, List<@Nullable Object> arguments) {
    this.format = format;
    this.arguments = arguments;
  }

  static String format(String format, List<@Nullable Object> arguments) {
    return new Printf(format, arguments).run();
  }

  private String run() {
    while (at < format.length()) {
      int percent = format.indexOf('%', at);
      if (percent < 0) {
        out.append(format, at, format.length());
        break;
      }
      out.append(format, at, percent);
      at = percent + 1;
      flags();
      width = size();
      precision = -1;
      if (at < format.length() && format.charAt(at) == '.') {
        at++;
        precision = Math.max(0, size());
      }
      if (at >= format.length()) {
        out.append("%!(NOVERB)");
        break;
      }
      int verb = format.codePointAt(at);
      at += Character.charCount(verb);
      if (verb == '%') {
        out.append('%');
      } else if (next >= arguments.size()) {
        out.append("%!").appendCodePoint(verb).append("(MISSING)");
      } else {
        out.append(padded(one((char) verb, arguments.get(next++)), (char) verb));
      }
    }
    if (next < arguments.size()) {
      out.append("%!(EXTRA ");
      for (int i = next; i < arguments.size(); i++) {
        out.append(i == next ? "" : ", ")
            .append(Functions.type(arguments.get(i)))
            .append('=')
            .append(GoText.of(arguments.get(i)));
      }
      out.append(')');
    }
    return out.toString();
  }

  private void flags() {
    minus = false;
    plus = false;
    sharp = false;
    space = false;
    zero = false;
    while (at < format.length()) {
      switch (format.charAt(at)) {
        case '-' -> minus = true;
        case '+' -> plus = true;
        case '#' -> sharp = true;
        case ' ' -> space = true;
        case '0' -> zero = true;
        default -> {
          return;
        }
      }
      at++;
    }
  }

  /** A number or {@code *}; -1 where there is none. */
  private int size() {
    if (at < format.length() && format.charAt(at) == '*') {
      at++;
      if (next < arguments.size() && arguments.get(next) instanceof Long given) {
        next++;
        minus |= given < 0;
        return (int) Math.min(Math.abs(given), WIDEST);
      }
      out.append("%!(BADWIDTH)");
      return -1;
    }
    int start = at;
    while (at < format.length() && format.charAt(at) >= '0' && format.charAt(at) <= '9') {
      at++;
    }
    return start == at
        ? -1
        : at - start > 5 ? WIDEST : Math.min(WIDEST, Integer.parseInt(format.substring(start, at)));
  }

  private String padded(String text, char verb) {
    int length = text.codePointCount(0, text.length());
    if (length >= width) {
      return text;
    }
    int missing = width - length;
    if (minus) {
      return text + " ".repeat(missing);
    }
    if (zero && verb != 'q') {
      boolean signed = text.startsWith("-") || text.startsWith("+");
      return signed
          ? text.charAt(0) + "0".repeat(missing) + text.substring(1)
          : "0".repeat(missing) + text;
    }
    return " ".repeat(missing) + text;
  }

  private String one(char verb, @Nullable Object value) {
    if (verb == 'T') {
      return Functions.type(value);
    }
    return switch (value) {
      case null -> verb == 'v' ? "<nil>" : "%!" + verb + "(<nil>)";
      case Double number -> switch (verb) {
        case 'v' ->
          signed(precision < 0 ? GoText.of(number) : GoText.number(number, 'g', precision));
        case 'g', 'G' -> cased(verb, signed(GoText.number(number, 'g', precision)));
        case 'e', 'E' ->
          cased(verb, signed(GoText.number(number, 'e', precision < 0 ? 6 : precision)));
        case 'f', 'F' -> signed(GoText.number(number, 'f', precision < 0 ? 6 : precision));
        default -> bad(verb, value);
      };
      case Long number -> switch (verb) {
        case 'v', 'd' -> signed(Long.toString(number));
        case 'b' -> Long.toBinaryString(number);
        case 'o' -> Long.toOctalString(number);
        case 'x' -> (sharp ? "0x" : "") + Long.toHexString(number);
        case 'X' -> (sharp ? "0X" : "") + Long.toHexString(number).toUpperCase(Locale.ROOT);
        case 'c' -> Character.isValidCodePoint(number.intValue())
            ? Character.toString(number.intValue())
            : "\ufffd";
        case 'q' -> "'" + Character.toString(number.intValue()) + "'";
        case 'U' -> "U+" + Long.toHexString(0x10000 + number).substring(1).toUpperCase(Locale.ROOT);
        default -> bad(verb, value);
      };
      case String text -> switch (verb) {
        case 'v', 's' -> cut(text);
        case 'q' -> Strings.quote(cut(text));
        case 'x' -> HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
        case 'X' -> HexFormat.of().withUpperCase().formatHex(text.getBytes(StandardCharsets.UTF_8));
        default -> bad(verb, value);
      };
      case Boolean truth -> verb == 'v' || verb == 't' ? truth.toString() : bad(verb, value);
      default -> verb == 'v' || verb == 's' ? GoText.of(value) : bad(verb, value);
    };
  }

  private String cut(String text) {
    int length = text.codePointCount(0, text.length());
    return precision < 0 || precision >= length
        ? text
        : text.substring(0, text.offsetByCodePoints(0, precision));
  }

  private String signed(String number) {
    if (number.startsWith("-") || number.startsWith("+") && plus) {
      return number;
    }
    var plain = number.startsWith("+") && !number.equals("+Inf") ? number.substring(1) : number;
    return plain.startsWith("+") ? plain : plus ? "+" + plain : space ? " " + plain : plain;
  }

  private static String cased(char verb, String text) {
    return Character.isUpperCase(verb) ? text.toUpperCase(Locale.ROOT) : text;
  }

  private static String bad(char verb, Object value) {
    return "%!" + verb + "(" + Functions.type(value) + "=" + GoText.of(value) + ")";
  }
}

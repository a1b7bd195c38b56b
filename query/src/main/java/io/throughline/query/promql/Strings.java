package io.throughline.query.promql;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** String literals as Go writes them, and which names need quotes. */
public final class Strings {

  private static final HexFormat HEX = HexFormat.of();

  private Strings() {}

  /** The text in double quotes, with escapes where a reader would not see the character. */
  public static String quote(String text) {
    var quoted = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case 0x07 -> quoted.append("\\a");
        case '\b' -> quoted.append("\\b");
        case '\f' -> quoted.append("\\f");
        case 0x0b -> quoted.append("\\v");
        default -> {
          if (c < 0x20 || c == 0x7f) {
            quoted.append("\\x").append(HEX.toHexDigits((byte) c));
          } else if (c == 0xfeff) {
            quoted.append("\\u").append(HEX.toHexDigits(c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }

  /** Whether a label name can be written without quotes. */
  public static boolean isPlainLabelName(String name) {
    return isPlain(name, false);
  }

  /** Whether a metric name can be written without quotes. */
  public static boolean isPlainMetricName(String name) {
    return isPlain(name, true);
  }

  private static boolean isPlain(String name, boolean colons) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
          || colons && c == ':';
      if (!letter && !(i > 0 && c >= '0' && c <= '9')) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /**
   * The value of a quoted literal's inside.
   *
   * @param offset where {@code inside} begins in {@code text}, for the position of a mistake
   */
  static String unescape(String text, String inside, int offset, char delimiter) {
    if (inside.indexOf('\\') < 0) {
      return inside;
    }
    // Escapes name bytes, so the value is put together as bytes.
    var bytes = new ByteArrayOutputStream(inside.length() + 16);
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
      if (simple >= 0 && escape != 0) {
        bytes.write("\u0007\b\f\n\r\t\u000b\\".charAt(simple));
        i += 2;
      } else if (escape == delimiter) {
        bytes.write(escape);
        i += 2;
      } else if (escape == 'x') {
        bytes.write(digits(text, inside, offset, i + 2, 2, 16));
        i += 4;
      } else if (escape == 'u' || escape == 'U') {
        int count = escape == 'u' ? 4 : 8;
        int codePoint = digits(text, inside, offset, i + 2, count, 16);
        if (!Character.isValidCodePoint(codePoint) || codePoint >= 0xd800 && codePoint < 0xe000) {
          throw new ParseFailure(text, offset + i, "escape is invalid Unicode code point");
        }
        bytes.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
        i += 2 + count;
      } else if (escape >= '0' && escape <= '7') {
        int value = digits(text, inside, offset, i + 1, 3, 8);
        if (value > 255) {
          throw new ParseFailure(text, offset + i, "octal escape value > 255");
        }
        bytes.write(value);
        i += 4;
      } else {
        throw new ParseFailure(text, offset + i, "unknown escape sequence "
            + (escape == 0 ? "at the end of a string" : "'\\" + escape + "'"));
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static int digits(String text, String inside, int offset, int from, int count,
      int radix) {
    long value = 0;
    for (int i = from; i < from + count; i++) {
      int digit = i < inside.length() && inside.charAt(i) < 0x80
          ? Character.digit(inside.charAt(i), radix)
          : -1;
      if (digit < 0) {
        throw new ParseFailure(text, offset + from, "escape sequence needs " + count + " digits");
      }
      value = value * radix + digit;
    }
    return value > Integer.MAX_VALUE ? -1 : (int) value;
  }
}

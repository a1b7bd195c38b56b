package io.throughline.app.settings;

import java.util.regex.Pattern;

/** Sizes in bytes: {@code 1048576}, {@code 64MiB}, {@code 2GiB}. */
public final class Bytes {
  private static final Pattern FORM = Pattern.compile("(\\d+)(B|KiB|MiB|GiB|TiB)?");

  private Bytes() {}

  static long parse(String text) {
    var form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a size, want a whole number of bytes or one like 64MiB or 2GiB");
    }
    var unit = form.group(2);
    int shift = unit == null ? 0 : switch (unit) {
      case "KiB" -> 10;
      case "MiB" -> 20;
      case "GiB" -> 30;
      case "TiB" -> 40;
      default -> 0;
    };
    try {
      return Math.multiplyExact(Long.parseLong(form.group(1)), 1L << shift);
    } catch (ArithmeticException | NumberFormatException tooLarge) {
      throw new IllegalArgumentException("'" + text + "' is larger than a size can be", tooLarge);
    }
  }

  public static String format(long bytes) {
    for (int i = 4; i > 0; i--) {
      if (bytes != 0 && bytes % (1L << 10 * i) == 0) {
        return (bytes >> 10 * i) + new String[] {"", "KiB", "MiB", "GiB", "TiB"}[i];
      }
    }
    return "" + bytes;
  }
}

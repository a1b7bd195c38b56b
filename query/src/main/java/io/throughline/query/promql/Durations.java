package io.throughline.query.promql;

/** Durations as text: {@code 1h30m}. A day is 24 hours, a week 7 days, a year 365. */
public final class Durations {

  private static final String[] UNITS = {"y", "w", "d", "h", "m", "s", "ms"};
  private static final long[] UNIT_MS = {31_536_000_000L, 604_800_000L, 86_400_000L, 3_600_000L,
      60_000L, 1000L, 1L};

  private Durations() {}

  /**
   * Milliseconds of a text such as {@code 1d12h}; units descend, each at most once.
   *
   * @throws IllegalArgumentException with a reason that quotes the text
   */
  public static long parseMillis(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("empty duration string");
    }
    if (text.equals("0")) {
      return 0;
    }
    long total = 0;
    int lastUnit = -1;
    int i = 0;
    while (i < text.length()) {
      int digitsEnd = i;
      while (digitsEnd < text.length() && text.charAt(digitsEnd) >= '0'
          && text.charAt(digitsEnd) <= '9') {
        digitsEnd++;
      }
      int unit = -1;
      for (int u = UNITS.length - 1; u >= 0 && unit < 0; u--) {
        if (text.startsWith(UNITS[u], digitsEnd)) {
          unit = u;
        }
      }
      if (digitsEnd == i || unit <= lastUnit || digitsEnd - i > 18) {
        throw new IllegalArgumentException("not a valid duration string: " + Strings.quote(text));
      }
      try {
        total = Math.addExact(total,
            Math.multiplyExact(Long.parseLong(text, i, digitsEnd, 10), UNIT_MS[unit]));
      } catch (ArithmeticException _) {
        throw new IllegalArgumentException("duration out of range");
      }
      if (total > Long.MAX_VALUE / 1_000_000) {
        throw new IllegalArgumentException("duration out of range");
      }
      lastUnit = unit;
      i = digitsEnd + UNITS[unit].length();
    }
    return total;
  }

  /** The shortest text in units that divide the rest; weeks and years only where they fit exactly. */
  public static String format(long millis) {
    if (millis == 0) {
      return "0s";
    }
    var text = new StringBuilder();
    long rest = Math.abs(millis);
    if (millis < 0) {
      text.append('-');
    }
    for (int u = 0; u < UNITS.length; u++) {
      boolean onlyExact = u < 3;
      if (rest == 0 || onlyExact && rest % UNIT_MS[u] != 0) {
        continue;
      }
      long count = rest / UNIT_MS[u];
      if (count > 0) {
        text.append(count).append(UNITS[u]);
        rest -= count * UNIT_MS[u];
      }
    }
    return text.toString();
  }
}

package io.throughline.app.settings;

import java.time.Duration;
import java.util.regex.Pattern;

/** Durations as Prometheus writes them: {@code 15d}, {@code 1h30m}, {@code 500ms}, {@code 0}. */
public final class Durations {
  private static final Pattern FORM = Pattern.compile(
      "(?:(\\d+)y)?(?:(\\d+)w)?(?:(\\d+)d)?(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?(?:(\\d+)ms)?");
  private static final long[] UNIT_MS = {365 * 86_400_000L, 7 * 86_400_000L, 86_400_000L,
      3_600_000L, 60_000L, 1_000L, 1L};
  private static final String[] UNITS = {"y", "w", "d", "h", "m", "s", "ms"};

  private Durations() {}

  /** @throws IllegalArgumentException saying what was got and what is right */
  public static Duration parse(String text) {
    var form = FORM.matcher(text);
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    if (text.isEmpty() || !form.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a duration, want one like 15d, 1h30m, 500ms or 0");
    }
    try {
      long ms = 0;
      for (int i = 0; i < UNIT_MS.length; i++) {
        var digits = form.group(i + 1);
        if (digits != null) {
          ms = Math.addExact(ms, Math.multiplyExact(Long.parseLong(digits), UNIT_MS[i]));
        }
      }
      return Duration.ofMillis(ms);
    } catch (ArithmeticException | NumberFormatException tooLong) {
      throw new IllegalArgumentException("'" + text + "' is longer than a duration can be",
          tooLong);
    }
  }

  /** The shortest form that {@link #parse} reads back. */
  public static String format(Duration duration) {
    long rest = duration.toMillis();
    if (rest == 0) {
      return "0";
    }
    var text = new StringBuilder();
    // Weeks and years are for people to write, not to read.
    for (int i = 2; i < UNIT_MS.length; i++) {
      if (rest >= UNIT_MS[i]) {
        text.append(rest / UNIT_MS[i]).append(UNITS[i]);
        rest %= UNIT_MS[i];
      }
    }
    return text.toString();
  }
}

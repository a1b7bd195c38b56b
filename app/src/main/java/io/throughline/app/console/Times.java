package io.throughline.app.console;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.regex.Pattern;

/** Times as people type them: {@code now}, {@code -1h}, seconds since 1970, or 2026-01-31T12:00:00Z. */
public final class Times {

  private static final Pattern AGO = Pattern.compile("-((?:\\d+(?:ms|[smhdwy]))+)");
  private static final Pattern PART = Pattern.compile("(\\d+)(ms|[smhdwy])");
  private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("MM-dd HH:mm:ss")
      .withZone(ZoneOffset.UTC);

  private Times() {}

  /** Epoch milliseconds; throws IllegalArgumentException with what is wanted. */
  static long parse(String text, long nowMs) {
    if (text.equals("now")) {
      return nowMs;
    }
    var ago = AGO.matcher(text);
    if (ago.matches()) {
      return nowMs - millis(ago.group(1));
    }
    try {
      return Math.round(Double.parseDouble(text) * 1000);
    } catch (NumberFormatException _) {
      try {
        return OffsetDateTime.parse(text).toInstant().toEpochMilli();
      } catch (DateTimeException _) {
        throw new IllegalArgumentException("'" + text
            + "' is not a time, want now, -1h, seconds since 1970 or one like 2026-01-31T12:00:00Z");
      }
    }
  }

  /** The length of a text such as {@code 1h30m}; throws IllegalArgumentException with what is wanted. */
  public static long millis(String text) {
    long millis = 0;
    int end = 0;
    var parts = PART.matcher(text);
    while (parts.find() && parts.start() == end) {
      millis += Long.parseLong(parts.group(1)) * switch (parts.group(2)) {
        case "ms" -> 1L;
        case "s" -> 1_000L;
        case "m" -> 60_000L;
        case "h" -> 3_600_000L;
        case "d" -> 86_400_000L;
        case "w" -> 604_800_000L;
        default -> 31_536_000_000L;
      };
      end = parts.end();
    }
    if (end == 0 || end != text.length() || millis == 0) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a duration, want one like 15s or 5m");
    }
    return millis;
  }

  static String clock(long timeMs) {
    return CLOCK.format(Instant.ofEpochMilli(timeMs));
  }

  static String seconds(long timeMs) {
    return timeMs / 1000
        + (timeMs % 1000 == 0 ? "" : "." + Long.toString(1000 + timeMs % 1000).substring(1));
  }
}

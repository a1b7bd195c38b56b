package io.throughline.query.api;

import io.throughline.model.Tenant;
import io.throughline.query.promql.Durations;
import io.throughline.query.promql.Strings;
import io.vertx.core.MultiMap;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.List;

/** A request's parameters, from the address and a form. Unknown ones are ignored, as Prometheus does. */
final class Parameters {

  /** Further away no sample lies; keeps sums of times from overflowing. */
  private static final long FARTHEST_MS = Long.MAX_VALUE / 4;

  private final Tenant tenant;
  private final MultiMap values;
  private final String path;
  private final byte[] body;

  /**
   * @param path what stands in the path's variable part, or ""
   * @param body what was sent, where it is no form; owned by this
   */
  Parameters(Tenant tenant, MultiMap values, String path, byte[] body) {
    this.tenant = tenant;
    this.values = values;
    this.path = path;
    this.body = body;
  }

  byte[] body() {
    return body;
  }

  Tenant tenant() {
    return tenant;
  }

  String path() {
    return path;
  }

  /** The first value, or "". */
  String text(String name) {
    var value = values.get(name);
    return value == null ? "" : value;
  }

  List<String> all(String name) {
    return values.getAll(name);
  }

  long time(String name, long standard) {
    var text = text(name);
    if (text.isEmpty()) {
      return standard;
    }
    try {
      return parseTime(text);
    } catch (IllegalArgumentException bad) {
      throw ApiFailure.badParameter(name, String.valueOf(bad.getMessage()));
    }
  }

  /** Epoch milliseconds of float seconds or an RFC 3339 text. */
  static long parseTime(String text) {
    double seconds = seconds(text);
    if (!Double.isNaN(seconds)) {
      double millis = seconds * 1000;
      return Math.clamp(Math.round(millis), -FARTHEST_MS, FARTHEST_MS);
    }
    try {
      return OffsetDateTime.parse(text).toInstant().toEpochMilli();
    } catch (DateTimeException | ArithmeticException _) {
      throw new IllegalArgumentException(
          "cannot parse " + Strings.quote(text) + " to a valid timestamp");
    }
  }

  long durationMs(String name, long standard) {
    var text = text(name);
    return text.isEmpty() ? standard : durationMs(name);
  }

  long durationMs(String name) {
    var text = text(name);
    double seconds = seconds(text);
    if (!Double.isNaN(seconds)) {
      double millis = seconds * 1000;
      if (Math.abs(millis) > Long.MAX_VALUE / 1e6) {
        throw ApiFailure.badParameter(name,
            "cannot parse " + Strings.quote(text) + " to a valid duration. It overflows int64");
      }
      return (long) millis;
    }
    try {
      return Durations.parseMillis(text);
    } catch (IllegalArgumentException _) {
      throw ApiFailure.badParameter(name,
          "cannot parse " + Strings.quote(text) + " to a valid duration");
    }
  }

  private static double seconds(String text) {
    if (text.isEmpty() || Character.isLetter(text.charAt(text.length() - 1))) {
      return Double.NaN;
    }
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException _) {
      return Double.NaN;
    }
  }

  /** How many results are wanted, 0 for all. */
  int limit() {
    return count("limit", 0);
  }

  int count(String name, int standard) {
    var text = text(name);
    if (text.isEmpty()) {
      return standard;
    }
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 0) {
        return limit;
      }
    } catch (NumberFormatException _) {
      throw ApiFailure.badParameter(name,
          "cannot parse " + Strings.quote(text) + " to a valid number");
    }
    throw ApiFailure.badParameter(name, name + " must be non-negative");
  }
}

package io.throughline.collector;

import io.throughline.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a series and a sample may come in, by form and by time. The one place where the collector's clock
 * decides: ingest never asks one.
 */
final class Admission {
  private final CollectorSettings settings;

  Admission(CollectorSettings settings) {
    this.settings = settings;
  }

  /** The earliest time that is accepted, epoch milliseconds. */
  long minTimeMs(long nowMs) {
    return settings.retention().isZero() ? 0 : Math.max(0, nowMs - settings.retention().toMillis());
  }

  long maxTimeMs(long nowMs) {
    return nowMs + settings.maxFuture().toMillis();
  }

  /** Why a time outside of the bounds is refused. */
  String timeReason(long timeMs, long nowMs) {
    if (timeMs > maxTimeMs(nowMs)) {
      return "timestamp " + timeMs + " lies " + (timeMs - nowMs) / 1000
          + " s ahead of the collector's clock, at most " + settings.maxFuture().toSeconds()
          + " s is accepted (collector.max-future); check the sender's clock";
    }
    return timeMs < 0
        ? "timestamp " + timeMs + " lies before 1970"
        : "timestamp " + timeMs + " is older than the retention of "
            + settings.retention().toHours() + " h (--retention)";
  }

  /** Why labels are refused, or null where they may come in. */
  @Nullable
  String labelsReason(Labels labels) {
    if (labels.metricName().isEmpty()) {
      return "a series has no metric name: label __name__ is missing in "
          + abbreviate(labels.toString());
    }
    if (labels.size() > settings.maxLabels()) {
      return "series " + labels.metricName() + " has " + labels.size() + " labels, at most "
          + settings.maxLabels() + " are accepted (collector.max-labels)";
    }
    for (int i = 0; i < labels.size(); i++) {
      var name = labels.name(i);
      if (name.isEmpty()) {
        return "series " + labels.metricName() + " has a label without a name";
      }
      if (utf8Length(name) > settings.maxLabelNameBytes()) {
        return "series " + labels.metricName() + " has a label name of " + utf8Length(name)
            + " bytes, at most " + settings.maxLabelNameBytes()
            + " are accepted (collector.max-label-name-bytes): " + abbreviate(name);
      }
      if (utf8Length(labels.value(i)) > settings.maxLabelValueBytes()) {
        return "label " + name + " of series " + labels.metricName() + " has a value of "
            + utf8Length(labels.value(i)) + " bytes, at most " + settings.maxLabelValueBytes()
            + " are accepted (collector.max-label-value-bytes)";
      }
    }
    return null;
  }

  /** Why a list of names is refused, or null: a name may come once. */
  @Nullable
  static String duplicateReason(Iterable<String> names) {
    Set<String> seen = new HashSet<>();
    for (var name : names) {
      if (!seen.add(name)) {
        return "label " + abbreviate(name) + " is given twice";
      }
    }
    return null;
  }

  private static int utf8Length(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  static String abbreviate(String text) {
    return text.length() <= 120 ? text : text.substring(0, 120) + "…";
  }
}

package io.throughline.rules.group;

import io.throughline.model.Fingerprint;
import io.throughline.model.Labels;
import java.util.HexFormat;
import java.util.Map;

/**
 * An alert as it stood after an evaluation. Times are epoch milliseconds, 0 for never.
 *
 * @param activeAtMs since when its element is there
 * @param firedAtMs when it began to fire
 * @param keepFiringSinceMs since when it fires only because it is kept firing
 * @param validUntilMs until when a receiver that hears no more may take it for firing
 */
public record AlertView(Labels labels, Map<String, String> annotations, double value,
    AlertState state, long activeAtMs, long firedAtMs, long resolvedAtMs, long keepFiringSinceMs,
    long validUntilMs) {

  /** Names the alert in an installation, today and in its history: 32 hexadecimal digits of its group, rule and labels. */
  public String id(String groupKey) {
    var bytes = labels.canonicalBytes();
    var print = Fingerprint.of(groupKey.hashCode(), bytes, 0, bytes.length);
    return HexFormat.of().toHexDigits(print.high()) + HexFormat.of().toHexDigits(print.low());
  }
}

package io.throughline.rules;

import io.throughline.model.Tenant;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Settings of recording and alerting rules.
 *
 * @param files rule files, as paths or globs; {@code --rules} adds to them
 * @param slos files of objectives in OpenSLO v1, as paths or globs
 * @param tenant whose series the rules read and write
 * @param interval how often groups that name no interval are evaluated
 * @param queryOffset how far back groups that name no offset look
 * @param reloadInterval how often the files are looked at for changes; 0 never
 * @param threads platform threads that evaluate
 * @param outageTolerance a pending alert that was not evaluated for longer is forgotten at a start
 * @param resendDelay how long after it was sent a firing alert is sent again
 * @param externalUrl this installation's address in links, empty for the one it listens on
 * @param externalLabels added to alerts that are sent, each as {@code name=value}
 * @param alertmanagers addresses of Alertmanagers, such as {@code http://host:9093}; each gets every alert
 * @param webhooks addresses that get alerts as Alertmanager's webhook body
 * @param webhookSecretFile a file with the key of the webhooks' signature, or empty
 * @param queueLength alerts that may wait for one receiver; beyond it the oldest are dropped
 * @param notifyTimeout how long one delivery may take
 * @param relabelFile rules in the form of Prometheus' {@code alert_relabel_configs}, applied to alerts before they are sent, or
 *     empty
 * @param historyRetention how long changes of alerts are kept and found
 */
public record RulesSettings(List<String> files, List<String> slos, String tenant, Duration interval,
    Duration queryOffset, Duration reloadInterval, int threads, Duration outageTolerance,
    Duration resendDelay, String externalUrl, List<String> externalLabels,
    List<String> alertmanagers, List<String> webhooks, String webhookSecretFile, int queueLength,
    Duration notifyTimeout, String relabelFile, Duration historyRetention) {

  public static final RulesSettings DEFAULTS = new RulesSettings(List.of(), List.of(), "default",
      Duration.ofMinutes(1), Duration.ZERO, Duration.ofSeconds(5), 1, Duration.ofHours(1),
      Duration.ofMinutes(1), "", List.of(), List.of(), List.of(), "", 10_000,
      Duration.ofSeconds(10), "", Duration.ofDays(90));

  public RulesSettings {
    files = List.copyOf(files);
    slos = List.copyOf(slos);
    externalLabels = List.copyOf(externalLabels);
    alertmanagers = List.copyOf(alertmanagers);
    webhooks = List.copyOf(webhooks);
    if (interval.toMillis() < 100) {
      throw new IllegalArgumentException("interval is " + interval + ", want at least 100ms");
    }
    if (queryOffset.isNegative() || reloadInterval.isNegative() || outageTolerance.isNegative()
        || resendDelay.isNegative()) {
      throw new IllegalArgumentException(
          "query-offset, reload-interval, outage-tolerance and resend-delay cannot be negative");
    }
    if (threads < 1 || threads > 256 || queueLength < 1 || notifyTimeout.toMillis() < 1) {
      throw new IllegalArgumentException(
          "want threads of 1 to 256, got " + threads + ", queue-length of at least 1, got "
              + queueLength + ", notify-timeout of at least 1ms, got " + notifyTimeout);
    }
    if (historyRetention.toHours() < 1) {
      throw new IllegalArgumentException(
          "history-retention is " + historyRetention + ", want at least 1h");
    }
    if (tenant.isEmpty()) {
      throw new IllegalArgumentException("tenant is empty");
    }
    for (var label : externalLabels) {
      if (label.indexOf('=') < 1) {
        throw new IllegalArgumentException("external-labels has '" + label + "', want name=value");
      }
    }
    for (var url : alertmanagers) {
      checkUrl("alertmanagers", url);
    }
    for (var url : webhooks) {
      checkUrl("webhooks", url);
    }
  }

  private static void checkUrl(String key, String url) {
    if (!url.startsWith("http://") && !url.startsWith("https://")) {
      throw new IllegalArgumentException(
          key + " has '" + url + "', want an address such as http://host:9093");
    }
  }

  public RulesSettings withFiles(List<String> value) {
    return new RulesSettings(value, slos, tenant, interval, queryOffset, reloadInterval, threads,
        outageTolerance, resendDelay, externalUrl, externalLabels, alertmanagers, webhooks,
        webhookSecretFile, queueLength, notifyTimeout, relabelFile, historyRetention);
  }

  public RulesSettings withSlos(List<String> value) {
    return new RulesSettings(files, value, tenant, interval, queryOffset, reloadInterval, threads,
        outageTolerance, resendDelay, externalUrl, externalLabels, alertmanagers, webhooks,
        webhookSecretFile, queueLength, notifyTimeout, relabelFile, historyRetention);
  }

  public RulesSettings withRelabelFile(String value) {
    return new RulesSettings(files, slos, tenant, interval, queryOffset, reloadInterval, threads,
        outageTolerance, resendDelay, externalUrl, externalLabels, alertmanagers, webhooks,
        webhookSecretFile, queueLength, notifyTimeout, value, historyRetention);
  }

  /** The same with an address for links where none is set. */
  public RulesSettings orExternalUrl(String url) {
    return externalUrl.isEmpty()
        ? new RulesSettings(files, slos, tenant, interval, queryOffset, reloadInterval, threads,
            outageTolerance, resendDelay, url, externalLabels, alertmanagers, webhooks,
            webhookSecretFile, queueLength, notifyTimeout, relabelFile, historyRetention)
        : this;
  }

  Tenant owner() {
    return new Tenant(tenant);
  }

  /** The external labels by name. */
  public Map<String, String> labels() {
    var labels = new LinkedHashMap<String, String>();
    for (var label : externalLabels) {
      int equals = label.indexOf('=');
      labels.put(label.substring(0, equals), label.substring(equals + 1));
    }
    return labels;
  }
}

package io.throughline.rules.notify;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.model.Failure;
import io.throughline.rules.RulesSettings;
import io.throughline.rules.group.AlertState;
import io.throughline.rules.group.GroupEvaluation;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Tells every receiver of every alert. Thread-safe; telling never waits. */
public final class Notifier implements AutoCloseable {

  private final Map<String, String> externalLabels;
  private final String externalUrl;
  private final List<Receiver> receivers = new ArrayList<>();
  private final HttpClient client;

  private Notifier(Map<String, String> externalLabels, String externalUrl, HttpClient client) {
    this.externalLabels = externalLabels;
    this.externalUrl = externalUrl;
    this.client = client;
  }

  /**
   * Opens the queues of all receivers that are set.
   *
   * @throws Failure (USER) if the webhooks' key cannot be read
   */
  public static Notifier start(RulesSettings settings, InstantSource clock, Meter meter) {
    var key = key(settings.webhookSecretFile());
    // HTTP/1.1: with some locales the JDK's client fails over HTTP/2, and one connection is enough.
    var client = HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(Duration.ofSeconds(5))
        .build();
    var notifier = new Notifier(settings.labels(), settings.externalUrl(), client);
    var counter = meter.counterBuilder("throughline.rules.notifications")
        .setUnit("{alert}")
        .setDescription("Alerts sent to receivers, by outcome; one that failed is tried again")
        .build();
    for (var url : settings.alertmanagers()) {
      notifier.receivers.add(new Receiver(url, new Forms.Alertmanager(), settings.queueLength(),
          settings.notifyTimeout(), client, clock, counter));
    }
    for (var url : settings.webhooks()) {
      notifier.receivers.add(new Receiver(url, new Forms.Webhook(key, settings.externalUrl()),
          settings.queueLength(), settings.notifyTimeout(), client, clock, counter));
    }
    meter.gaugeBuilder("throughline.rules.notifications.queued")
        .ofLongs()
        .setUnit("{alert}")
        .setDescription("Alerts that wait to be sent")
        .buildWithCallback(gauge -> notifier.receivers()
            .stream()
            .mapToLong(ReceiverStatus::queued)
            .reduce(Long::sum)
            .ifPresent(queued -> gauge.record(queued, Attributes.of(AttributeKey.stringKey(
                "throughline.receiver"), "all"))));
    notifier.receivers.forEach(Receiver::start);
    return notifier;
  }

  private static byte[] key(String file) {
    if (file.isEmpty()) {
      return new byte[0];
    }
    try {
      return Files.readString(Path.of(file)).strip().getBytes(StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new Failure(Failure.Category.USER, "cannot read " + file
          + " (rules.webhook-secret-file): " + unreadable, unreadable);
    }
  }

  /** Queues alerts for every receiver. */
  public void tell(List<GroupEvaluation.Due> due) {
    if (due.isEmpty() || receivers.isEmpty()) {
      return;
    }
    var notices = new ArrayList<Notice>(due.size());
    for (var one : due) {
      var alert = one.alert();
      // The alert's own labels win over the installation's.
      var labels = new TreeMap<>(externalLabels);
      alert.labels().forEach(labels::put);
      boolean firing = alert.state() == AlertState.FIRING;
      notices.add(new Notice(labels, alert.annotations(), firing, alert.firedAtMs(), firing
          ? alert
              .validUntilMs()
          : alert.resolvedAtMs(), Links.to(externalUrl, alert)));
    }
    receivers.forEach(receiver -> receiver.offer(notices));
  }

  /** How deliveries go. */
  public List<ReceiverStatus> receivers() {
    return receivers.stream().map(Receiver::status).toList();
  }

  @Override
  public void close() {
    receivers.forEach(Receiver::close);
    client.shutdownNow();
  }
}

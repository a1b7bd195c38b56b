package io.throughline.rules.notify;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.relabel.Relabeled;
import io.throughline.model.relabel.Relabeling;
import io.throughline.rules.RulesSettings;
import io.throughline.rules.group.AlertState;
import io.throughline.rules.group.AlertView;
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
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** Tells every receiver of every alert. Thread-safe; telling never waits. */
public final class Notifier implements AutoCloseable {

  private static final String SUSPECT = "top_suspect";

  private final Map<String, String> externalLabels;
  private final String externalUrl;
  private final List<Receiver> receivers = new ArrayList<>();
  private final HttpClient client;
  private final Silences silences;
  private volatile Relabeling relabeling = Relabeling.NONE;
  private volatile UnaryOperator<String> suspects = service -> "";

  private Notifier(Map<String, String> externalLabels, String externalUrl, HttpClient client,
      Silences silences) {
    this.externalLabels = externalLabels;
    this.externalUrl = externalUrl;
    this.client = client;
    this.silences = silences;
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
    var notifier = new Notifier(settings.labels(), settings.externalUrl(), client,
        new Silences(settings.alertmanagers(), settings.notifyTimeout(), client, clock));
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
            .ifPresent(queued -> gauge.record(queued,
                Attributes.of(AttributeKey.stringKey("throughline.receiver"), "all"))));
    notifier.receivers.forEach(Receiver::start);
    return notifier;
  }

  /** Relabels alerts that are told from now on by these rules. */
  public void relabel(Relabeling rules) {
    relabeling = rules;
  }

  private static byte[] key(String file) {
    if (file.isEmpty()) {
      return new byte[0];
    }
    try {
      return Files.readString(Path.of(file)).strip().getBytes(StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new Failure(Failure.Category.USER,
          "cannot read " + file + " (rules.webhook-secret-file): " + unreadable, unreadable);
    }
  }

  /**
   * Queues alerts for every receiver.
   *
   * @param groupKey of the group that they are of
   * @param stillOurs asked right before one is sent; where it says no the alert is left to its new owner
   */
  public void tell(String groupKey, List<GroupEvaluation.Due> due, BooleanSupplier stillOurs) {
    if (due.isEmpty() || receivers.isEmpty()) {
      return;
    }
    var notices = new ArrayList<Notice>(due.size());
    for (var one : due) {
      var alert = one.alert();
      boolean firing = alert.state() == AlertState.FIRING;
      var labels = sentLabels(alert);
      if (labels.isEmpty()) {
        continue;
      }
      notices
          .add(new Notice(alert.id(groupKey), labels, annotations(alert), firing, alert.firedAtMs(),
              firing ? alert.validUntilMs() : alert.resolvedAtMs(), link(alert), stillOurs));
    }
    receivers.forEach(receiver -> receiver.offer(notices));
  }

  /** An alert's annotations, with who is suspected of making its service slow or fail while it fires, where that is known. */
  private Map<String, String> annotations(AlertView alert) {
    var job = alert.labels().getOrEmpty("job");
    if (alert.state() != AlertState.FIRING || job.isEmpty()
        || alert.annotations().containsKey(SUSPECT)) {
      return alert.annotations();
    }
    var suspect = suspects.apply(job);
    if (suspect.isEmpty()) {
      return alert.annotations();
    }
    var all = new TreeMap<>(alert.annotations());
    all.put(SUSPECT, suspect);
    return all;
  }

  /**
   * Names who knows what most likely makes a service slow or fail.
   *
   * @param known gives words for a service's id, which the label {@code job} is, or ""; called where alerts are told
   */
  public void suspects(UnaryOperator<String> known) {
    suspects = known;
  }

  /** An alert's labels as receivers get them, relabelled; the alert's own win over the installation's. Empty: it is not sent. */
  public Map<String, String> sentLabels(AlertView alert) {
    var labels = new TreeMap<>(externalLabels);
    alert.labels().forEach(labels::put);
    var rules = relabeling;
    if (rules.isEmpty()) {
      return labels;
    }
    return switch (rules.apply(Labels.of(labels))) {
      case Relabeled.Kept kept -> kept.labels().toMap();
      case Relabeled.Dropped _ -> Map.of();
    };
  }

  /** The address of the pane at the alert's time. */
  public String link(AlertView alert) {
    return link(alert.labels(), alert.activeAtMs(), alert.firedAtMs());
  }

  /** As {@link #link(AlertView)}; {@code firedAtMs} may be 0. */
  public String link(Labels labels, long activeAtMs, long firedAtMs) {
    return Links.to(externalUrl, labels, activeAtMs, firedAtMs);
  }

  /** What became of telling of an alert, receiver by receiver; those that were not told are left out. */
  public List<Delivery> deliveries(String alertId) {
    return receivers.stream()
        .map(receiver -> receiver.delivery(alertId))
        .filter(Objects::nonNull)
        .toList();
  }

  /** Silences of the Alertmanagers. */
  public Silences silences() {
    return silences;
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

package io.throughline.rules.group;

import io.throughline.model.Labels;
import io.throughline.rules.file.Rule;
import io.throughline.rules.group.Queries.Element;
import io.throughline.rules.template.TemplateData;
import io.throughline.rules.template.TemplateFailure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The step of an alert rule from one moment to the next.
 *
 * <pre>
 *                 element seen            for is over
 *   (no alert) ────────────────▶ PENDING ─────────────▶ FIRING ──┐ element seen, or
 *        ▲                          │                     │   ▲  │ resolve not met, or
 *        │ element gone             │                     │   └──┘ keep_firing_for not over
 *        ├──────────────────────────┘                     ▼
 *        └─────────────── retention over ────────────  INACTIVE ── element seen ──▶ PENDING
 * </pre>
 *
 * What the evaluation cannot know changes nothing: an element that is missing while the store lags behind is not gone.
 */
final class AlertEvaluation {

  /** Resolved alerts are kept, and sent again, for so long. */
  private static final long RETENTION_MS = 15 * 60_000L;

  static final String ALERT_NAME = "alertname";
  static final String ALERTS = "ALERTS";
  static final String ALERTS_FOR_STATE = "ALERTS_FOR_STATE";
  private static final String ALERT_STATE = "alertstate";

  private AlertEvaluation() {}

  /**
   * Moves the rule's alerts to a moment.
   *
   * @param partial whether elements may be missing that are there
   * @param limit most alerts, 0 for any number
   */
  static void step(RuleState state, Rule.Alerting rule, Queries queries, Options options,
      long timeMs, int limit, boolean partial) {
    var seen = seen(rule, queries, options, timeMs);
    var fresh = new ArrayList<Labels>();
    seen.forEach((labels, alert) -> {
      var known = state.alerts.get(labels);
      if (known == null || known.state == AlertState.INACTIVE) {
        state.alerts.put(labels, alert);
        fresh.add(labels);
      } else {
        known.value = alert.value;
        known.annotations = alert.annotations;
      }
    });
    var ended = anyToEnd(state, seen) ? ended(rule, queries, options) : List.<Labels>of();
    int active = 0;
    var all = state.alerts.values().iterator();
    while (all.hasNext()) {
      var alert = all.next();
      if (seen.containsKey(alert.labels) || partial && alert.state != AlertState.INACTIVE) {
        alert.keepFiringSinceMs = 0;
      } else if (alert.state == AlertState.FIRING && !isEnded(rule, alert, ended)) {
        alert.keepFiringSinceMs = 0;
      } else {
        boolean kept = alert.state == AlertState.FIRING && keeps(rule, alert, timeMs);
        if (alert.state == AlertState.PENDING
            || alert.resolvedAtMs != 0 && timeMs - alert.resolvedAtMs > RETENTION_MS) {
          all.remove();
          continue;
        }
        if (alert.state == AlertState.FIRING && !kept) {
          alert.state = AlertState.INACTIVE;
          alert.resolvedAtMs = timeMs;
        }
        if (!kept) {
          continue;
        }
      }
      active++;
      if (alert.state == AlertState.PENDING && timeMs - alert.activeAtMs >= rule.forMs()) {
        alert.state = AlertState.FIRING;
        alert.firedAtMs = timeMs;
      }
    }
    if (limit > 0 && active > limit) {
      // What is new is not taken, what was there stands as it stood: a rule that fails resolves nothing.
      fresh.forEach(state.alerts::remove);
      throw new RuleFailure("exceeded limit of " + limit + " with " + active + " alerts");
    }
  }

  private static boolean anyToEnd(RuleState state, Map<Labels, Alert> seen) {
    for (var alert : state.alerts.values()) {
      if (alert.state == AlertState.FIRING && !seen.containsKey(alert.labels)) {
        return true;
      }
    }
    return false;
  }

  private static List<Labels> ended(Rule.Alerting rule, Queries queries, Options options) {
    var resolve = rule.resolve();
    return resolve == null
        ? List.of()
        : queries.vector(resolve.text(), resolve.expr())
            .stream()
            .map(element -> nameless(element, options))
            .toList();
  }

  private static boolean isEnded(Rule.Alerting rule, Alert alert, List<Labels> ended) {
    if (rule.resolve() == null) {
      return true;
    }
    for (var labels : ended) {
      boolean agrees = true;
      for (int i = 0; i < labels.size() && agrees; i++) {
        agrees = labels.value(i).equals(alert.labels.get(labels.name(i)));
      }
      if (agrees) {
        return true;
      }
    }
    return false;
  }

  private static boolean keeps(Rule.Alerting rule, Alert alert, long timeMs) {
    if (rule.keepFiringForMs() == 0) {
      return false;
    }
    if (alert.keepFiringSinceMs == 0) {
      alert.keepFiringSinceMs = timeMs;
    }
    return timeMs - alert.keepFiringSinceMs < rule.keepFiringForMs();
  }

  /** What the expression yields, as alerts that have just begun. */
  private static Map<Labels, Alert> seen(Rule.Alerting rule, Queries queries, Options options,
      long timeMs) {
    var seen = new LinkedHashMap<Labels, Alert>();
    for (var element : queries.vector(rule.text(), rule.expr())) {
      var alert = alert(rule, element, queries, options, timeMs);
      if (seen.put(alert.labels, alert) != null) {
        throw new RuleFailure(
            "vector contains metrics with the same labelset after applying alert labels");
      }
    }
    return seen;
  }

  /** Type and unit are part of the name where queries make them. */
  private static Labels nameless(Element element, Options options) {
    return options.features().typeAndUnitLabels()
        ? element.labels().without(Labels.NAME, Labels.TYPE, Labels.UNIT)
        : element.labels().without(Labels.NAME);
  }

  private static Alert alert(Rule.Alerting rule, Element element, Queries queries, Options options,
      long timeMs) {
    var own = nameless(element, options);
    var histogram = element.histogram();
    var data = new TemplateData(element.labels().toMap(),
        histogram == null ? (Object) element.value() : histogram.toString(),
        options.externalLabels(), options.externalUrl(), timeMs, text -> {
          try {
            return queries.forTemplate(text);
          } catch (RuntimeException failed) {
            throw TemplateFailure.because("error calling query", failed);
          }
        });
    var builder = own.toBuilder();
    rule.labels().forEach((name, template) -> builder.set(name, template.expandOrSay(data)));
    builder.set(ALERT_NAME, rule.name());
    var annotations = new TreeMap<String, String>();
    rule.annotations()
        .forEach((name, template) -> annotations.put(name, template.expandOrSay(data)));
    return new Alert(builder.build(), annotations, element.value(), timeMs);
  }

  /** The series that tell of the rule's alerts. */
  static List<RuleSample> samples(RuleState state, long timeMs) {
    var samples = new ArrayList<RuleSample>();
    for (var alert : state.alerts.values()) {
      if (alert.state != AlertState.INACTIVE) {
        samples.add(new RuleSample(alert.labels.toBuilder()
            .set(Labels.NAME, ALERTS)
            .set(ALERT_STATE, alert.state.word())
            .build(), timeMs, 1, null));
        samples
            .add(new RuleSample(alert.labels.toBuilder().set(Labels.NAME, ALERTS_FOR_STATE).build(),
                timeMs, Math.floorDiv(alert.activeAtMs, 1000L), null));
      }
    }
    return samples;
  }

  /** The alerts that receivers are to hear of now; notes that they do. */
  static List<AlertView> toSend(RuleState state, long timeMs, long intervalMs, long resendDelayMs) {
    var due = new ArrayList<AlertView>();
    for (var alert : state.alerts.values()) {
      boolean resolved = alert.resolvedAtMs > alert.lastSentAtMs;
      if (alert.state != AlertState.PENDING
          && (resolved || alert.lastSentAtMs + resendDelayMs <= timeMs)) {
        alert.lastSentAtMs = timeMs;
        alert.validUntilMs = timeMs + 4 * Math.max(intervalMs, resendDelayMs);
        due.add(alert.view());
      }
    }
    return due;
  }
}

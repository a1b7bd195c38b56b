package io.throughline.rules.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Numbers;
import io.throughline.query.promql.Printer;
import io.throughline.rules.file.Rule;
import io.throughline.rules.group.AlertView;
import io.throughline.rules.group.GroupStatus;
import io.throughline.rules.group.RuleStatus;
import io.throughline.rules.notify.ReceiverStatus;
import io.throughline.rules.slo.SloStatus;
import io.throughline.rules.template.Template;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;

/** How groups, rules, alerts and receivers stand, as JSON. Durations are seconds, times RFC 3339. */
final class StatusJson {

  private StatusJson() {}

  static void group(JsonGenerator out, GroupStatus status, boolean alerts) throws IOException {
    out.writeStartObject();
    out.writeStringField("name", status.group().name());
    out.writeStringField("file", status.group().file());
    out.writeArrayFieldStart("rules");
    for (var rule : status.rules()) {
      rule(out, rule, alerts);
    }
    out.writeEndArray();
    out.writeNumberField("interval", status.intervalMs() / 1000.0);
    out.writeNumberField("limit", status.group().limit());
    out.writeNumberField("evaluationTime", status.evaluationSeconds());
    out.writeStringField("lastEvaluation", time(status.lastEvaluationMs()));
    out.writeEndObject();
  }

  private static void rule(JsonGenerator out, RuleStatus status, boolean alerts)
      throws IOException {
    out.writeStartObject();
    if (status.rule() instanceof Rule.Alerting) {
      out.writeStringField("state", status.state().word());
    }
    out.writeStringField("name", status.rule().name());
    out.writeStringField("query", text(status.rule().expr()));
    switch (status.rule()) {
      case Rule.Alerting rule -> {
        out.writeNumberField("duration", rule.forMs() / 1000.0);
        out.writeNumberField("keepFiringFor", rule.keepFiringForMs() / 1000.0);
        var resolve = rule.resolve();
        if (resolve != null) {
          out.writeStringField("resolve", text(resolve.expr()));
        }
        templates(out, "labels", rule.labels());
        templates(out, "annotations", rule.annotations());
        out.writeArrayFieldStart("alerts");
        for (var alert : status.alerts()) {
          if (alerts) {
            alert(out, alert, status.unknownSinceMs());
          }
        }
        out.writeEndArray();
      }
      case Rule.Recording rule -> texts(out, "labels", rule.labels());
    }
    out.writeStringField("health", status.health().word());
    if (!status.lastError().isEmpty()) {
      out.writeStringField("lastError", status.lastError());
    }
    if (status.unknownSinceMs() != 0) {
      out.writeStringField("unknownSince", time(status.unknownSinceMs()));
    }
    out.writeNumberField("evaluationTime", status.evaluationSeconds());
    out.writeStringField("lastEvaluation", time(status.lastEvaluationMs()));
    out.writeStringField("type", status.rule() instanceof Rule.Alerting ? "alerting" : "recording");
    out.writeEndObject();
  }

  static void alert(JsonGenerator out, AlertView alert, long unknownSinceMs) throws IOException {
    out.writeStartObject();
    texts(out, "labels", alert.labels().toMap());
    texts(out, "annotations", alert.annotations());
    out.writeStringField("state", alert.state().word());
    out.writeStringField("activeAt", time(alert.activeAtMs()));
    if (alert.keepFiringSinceMs() != 0) {
      out.writeStringField("keepFiringSince", time(alert.keepFiringSinceMs()));
    }
    if (unknownSinceMs != 0) {
      out.writeStringField("unknownSince", time(unknownSinceMs));
    }
    double value = alert.value();
    out.writeStringField("value", value == 0 ? "0e+00" : Numbers.exponential(value));
    out.writeEndObject();
  }

  static void receiver(JsonGenerator out, ReceiverStatus status) throws IOException {
    out.writeStartObject();
    out.writeStringField("kind", status.kind());
    out.writeStringField("url", status.url());
    out.writeNumberField("queued", status.queued());
    out.writeNumberField("delivered", status.delivered());
    out.writeNumberField("dropped", status.dropped());
    out.writeNumberField("failures", status.failures());
    out.writeStringField("lastError", status.lastError());
    out.writeStringField("lastSuccess", time(status.lastSuccessMs()));
    out.writeEndObject();
  }

  /** In the view's form: numbers or null, times and durations in milliseconds. */
  static void slo(JsonGenerator out, SloStatus status) throws IOException {
    var slo = status.slo();
    out.writeStartObject();
    out.writeStringField("name", slo.name());
    out.writeStringField("displayName", slo.displayName());
    out.writeStringField("service", slo.service());
    out.writeStringField("description", slo.description());
    out.writeStringField("file", slo.file());
    out.writeNumberField("target", slo.target());
    out.writeNumberField("windowMs", slo.windowMs());
    time(out, "windowStartMs", status.windowStartMs());
    out.writeStringField("budgetingMethod", slo.method().word());
    number(out, "threshold", slo.threshold());
    out.writeStringField("state", status.reason().isEmpty() ? "measured" : "not-measured");
    if (!status.reason().isEmpty()) {
      out.writeStringField("reason", status.reason());
    }
    number(out, "errorRatio", status.errorRatio());
    number(out, "budgetRemaining", status.budgetRemaining());
    out.writeObjectFieldStart("burnRates");
    for (var rate : status.burnRates().entrySet()) {
      number(out, rate.getKey(), rate.getValue());
    }
    out.writeEndObject();
    if (status.alert().isEmpty()) {
      out.writeNullField("alert");
    } else {
      out.writeStringField("alert", status.alert());
    }
    out.writeEndObject();
  }

  static void number(JsonGenerator out, String name, double value) throws IOException {
    if (Double.isFinite(value)) {
      out.writeNumberField(name, value);
    } else {
      out.writeNullField(name);
    }
  }

  /** Epoch milliseconds, null for never. */
  static void time(JsonGenerator out, String name, long millis) throws IOException {
    if (millis == 0) {
      out.writeNullField(name);
    } else {
      out.writeNumberField(name, millis);
    }
  }

  /** An expression as Prometheus prints it. */
  static String text(Expr expr) {
    return Printer.print(expr);
  }

  private static void templates(JsonGenerator out, String name, Map<String, Template> templates)
      throws IOException {
    out.writeObjectFieldStart(name);
    for (var template : templates.entrySet()) {
      out.writeStringField(template.getKey(), template.getValue().text());
    }
    out.writeEndObject();
  }

  static void texts(JsonGenerator out, String name, Map<String, String> texts) throws IOException {
    out.writeObjectFieldStart(name);
    for (var text : texts.entrySet()) {
      out.writeStringField(text.getKey(), text.getValue());
    }
    out.writeEndObject();
  }

  /** Prometheus' text for "never" is the year 1. */
  private static String time(long millis) {
    return millis == 0 ? "0001-01-01T00:00:00Z" : Instant.ofEpochMilli(millis).toString();
  }
}

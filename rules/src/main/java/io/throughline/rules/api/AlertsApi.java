package io.throughline.rules.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Tenant;
import io.throughline.rules.file.Rule;
import io.throughline.rules.group.AlertChange;
import io.throughline.rules.group.AlertState;
import io.throughline.rules.group.AlertView;
import io.throughline.rules.group.GroupStatus;
import io.throughline.rules.group.RuleStatus;
import io.throughline.rules.history.AlertHistory;
import io.throughline.rules.notify.Notifier;
import io.throughline.rules.notify.Silence;
import io.throughline.rules.notify.Silences;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Alerts, their history and silences in the view's form, under {@code /api/view/v1}: {@code alerts}, {@code alerts/history},
 * {@code silences}. Shapes: {@code docs/api/rules.md}.
 */
public final class AlertsApi {

  private static final String PREFIX = "/api/view/v1";
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9-]{1,64}");
  private static final int MOST_MATCHERS = 100;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Supplier<List<GroupStatus>> groups;
  private final Notifier notifier;
  private final Supplier<@Nullable AlertHistory> history;
  private final InstantSource clock;
  private final Tenant tenant;

  /** @param tenant the only one whose rules are shown; others have none */
  public AlertsApi(Supplier<List<GroupStatus>> groups, Notifier notifier,
      Supplier<@Nullable AlertHistory> history, InstantSource clock, Tenant tenant) {
    this.groups = groups;
    this.notifier = notifier;
    this.history = history;
    this.clock = clock;
    this.tenant = tenant;
  }

  /** Adds the routes. */
  public void mount(Router router) {
    Replies.get(router, PREFIX + "/alerts", this::alerts);
    Replies.get(router, PREFIX + "/alerts/history", this::history);
    Replies.get(router, PREFIX + "/silences", this::silences);
    Replies.postJson(router, PREFIX + "/silences", this::makeSilence);
    Replies.delete(router, PREFIX + "/silences/:id", this::endSilence);
  }

  private record Shown(GroupStatus group, RuleStatus rule, Rule.Alerting alerting, AlertView alert,
      String id) {}

  private List<Shown> shown() {
    var all = new ArrayList<Shown>();
    for (var group : groups.get()) {
      for (var rule : group.rules()) {
        if (rule.rule() instanceof Rule.Alerting alerting) {
          for (var alert : rule.alerts()) {
            all.add(new Shown(group, rule, alerting, alert, alert.id(group.group().key())));
          }
        }
      }
    }
    all.sort(Comparator.comparing((Shown one) -> one.alert.state() != AlertState.FIRING)
        .thenComparing(Comparator.comparingLong((Shown one) -> one.alert.activeAtMs()).reversed())
        .thenComparing(Shown::id));
    return all;
  }

  private Replies.Data alerts(RoutingContext context) {
    boolean owner = Replies.owns(context, tenant);
    var all = owner ? shown() : List.<Shown>of();
    var known = all.isEmpty()
        ? new Silences.Known(List.of(), Map.of())
        : notifier.silences().recent();
    long nowMs = clock.millis();
    return out -> {
      out.writeStartObject();
      out.writeNumberField("atMs", nowMs);
      out.writeStringField("silencesUnknown", known.unknownReason());
      out.writeArrayFieldStart("alerts");
      for (var one : all) {
        alert(out, one, known.silences());
      }
      out.writeEndArray();
      out.writeEndObject();
    };
  }

  private void alert(JsonGenerator out, Shown one, List<Silence> silences) throws IOException {
    var alert = one.alert;
    var rule = one.alerting;
    out.writeStartObject();
    out.writeStringField("id", one.id);
    out.writeStringField("state", alert.state().word());
    StatusJson.time(out, "unknownSinceMs", one.rule.unknownSinceMs());
    out.writeStringField("unknownReason", unknownReason(one.rule));
    out.writeStringField("rule", rule.name());
    out.writeStringField("group", one.group.group().name());
    out.writeStringField("file", one.group.group().file());
    out.writeStringField("expression", StatusJson.text(rule.expr()));
    out.writeNumberField("forMs", rule.forMs());
    out.writeNumberField("keepFiringForMs", rule.keepFiringForMs());
    var resolve = rule.resolve();
    out.writeStringField("resolve", resolve == null ? null : StatusJson.text(resolve.expr()));
    StatusJson.texts(out, "labels", alert.labels().toMap());
    StatusJson.texts(out, "annotations", alert.annotations());
    StatusJson.number(out, "value", alert.value());
    out.writeNumberField("activeMs", alert.activeAtMs());
    StatusJson.time(out, "firedMs", alert.firedAtMs());
    StatusJson.time(out, "keptFiringSinceMs", alert.keepFiringSinceMs());
    out.writeStringField("link", notifier.link(alert));
    var sent = notifier.sentLabels(alert);
    out.writeArrayFieldStart("silencedBy");
    for (var silence : silences) {
      if (silence.active() && silence.matches(sent)) {
        out.writeString(silence.id());
      }
    }
    out.writeEndArray();
    out.writeArrayFieldStart("deliveries");
    for (var delivery : notifier.deliveries(one.id)) {
      out.writeStartObject();
      out.writeStringField("kind", delivery.kind());
      out.writeStringField("url", delivery.url());
      out.writeStringField("state", delivery.state().word());
      out.writeNumberField("atMs", delivery.atMs());
      out.writeNumberField("attempts", delivery.attempts());
      out.writeStringField("error", delivery.error());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private Replies.Data history(RoutingContext context) {
    var wanted = HistoryParameters.of(context.queryParams());
    var opened = Replies.owns(context, tenant) ? history.get() : null;
    var found = opened == null ? new AlertHistory.Found(List.of(), "", 0, 0) : opened.find(wanted);
    return out -> {
      out.writeStartObject();
      out.writeArrayFieldStart("changes");
      for (var change : found.changes()) {
        change(out, change);
      }
      out.writeEndArray();
      out.writeStringField("next", found.next().isEmpty() ? null : found.next());
      out.writeNumberField("count", found.count());
      StatusJson.time(out, "oldestMs", found.oldestMs());
      out.writeNumberField("keptMs", opened == null ? 0 : opened.retention().toMillis());
      out.writeNumberField("behind", opened == null ? 0 : opened.behind());
      out.writeEndObject();
    };
  }

  private void change(JsonGenerator out, AlertChange change) throws IOException {
    out.writeStartObject();
    out.writeNumberField("atMs", change.atMs());
    out.writeStringField("from", change.from());
    out.writeStringField("to", change.to());
    out.writeStringField("id", change.id());
    out.writeStringField("rule", change.rule());
    out.writeStringField("group", change.group());
    out.writeStringField("file", change.file());
    StatusJson.texts(out, "labels", change.labels());
    StatusJson.texts(out, "annotations", change.annotations());
    StatusJson.number(out, "value", change.value());
    out.writeNumberField("activeMs", change.activeMs());
    out.writeStringField("link",
        notifier.link(Labels.of(change.labels()), change.activeMs(), change.firedMs()));
    out.writeStringField("reason", change.reason());
    out.writeEndObject();
  }

  private static String unknownReason(RuleStatus rule) {
    if (rule.unknownSinceMs() == 0) {
      return "";
    }
    return rule.lastError().isEmpty() ? "it was not evaluated since then" : rule.lastError();
  }

  private Replies.Data silences(RoutingContext context) {
    var expired = context.request().getParam("expired");
    if (expired != null && !expired.equals("true") && !expired.equals("false")) {
      throw Failure.user("expired is '" + expired + "', want true or false");
    }
    boolean owner = Replies.owns(context, tenant);
    var known = owner ? notifier.silences().read() : new Silences.Known(List.of(), Map.of());
    if (!known.unknownReason().isEmpty()) {
      throw Failure.unavailable(known.unknownReason());
    }
    var alerts = owner ? shown() : List.<Shown>of();
    return out -> {
      out.writeStartObject();
      out.writeArrayFieldStart("silences");
      for (var silence : known.silences()) {
        if ("true".equals(expired) || !silence.state().equals("expired")) {
          silence(out, silence, alerts);
        }
      }
      out.writeEndArray();
      out.writeArrayFieldStart("alertmanagers");
      for (var one : known.errors().entrySet()) {
        out.writeStartObject();
        out.writeStringField("url", one.getKey());
        out.writeStringField("error", one.getValue());
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeEndObject();
    };
  }

  private void silence(JsonGenerator out, Silence silence, List<Shown> alerts) throws IOException {
    out.writeStartObject();
    out.writeStringField("id", silence.id());
    out.writeStringField("state", silence.state());
    out.writeArrayFieldStart("matchers");
    for (var match : silence.matchers()) {
      out.writeStartObject();
      out.writeStringField("name", match.name());
      out.writeStringField("value", match.value());
      out.writeBooleanField("isRegex", match.isRegex());
      out.writeBooleanField("isEqual", match.isEqual());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeNumberField("startsMs", silence.startsMs());
    out.writeNumberField("endsMs", silence.endsMs());
    out.writeNumberField("updatedMs", silence.updatedMs());
    out.writeStringField("createdBy", silence.createdBy());
    out.writeStringField("comment", silence.comment());
    out.writeArrayFieldStart("alerts");
    for (var one : alerts) {
      if (silence.matches(notifier.sentLabels(one.alert))) {
        out.writeString(one.id);
      }
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private Replies.Data makeSilence(RoutingContext context, byte[] body) {
    refuseOthers(context);
    var id = notifier.silences().make(silenceOf(body));
    return out -> id(out, id);
  }

  private Replies.Data endSilence(RoutingContext context) {
    refuseOthers(context);
    var id = checkedId(context.pathParam("id"));
    try {
      notifier.silences().end(id);
    } catch (Silences.Unknown unknown) {
      throw new Replies.NotFound(String.valueOf(unknown.getMessage()));
    }
    return out -> id(out, id);
  }

  private static void id(JsonGenerator out, String id) throws IOException {
    out.writeStartObject();
    out.writeStringField("id", id);
    out.writeEndObject();
  }

  private void refuseOthers(RoutingContext context) {
    if (!Replies.owns(context, tenant)) {
      throw Failure.user("rules and silences are of tenant " + tenant.id() + " (rules.tenant)");
    }
  }

  private static String checkedId(@Nullable String id) {
    if (id == null || !ID.matcher(id).matches()) {
      throw Failure.user("a silence's id is letters, digits and -, got '"
          + (id != null && id.length() > 100 ? id.substring(0, 100) + "…" : id) + "'");
    }
    return id;
  }

  private Silence silenceOf(byte[] body) {
    JsonNode json;
    try {
      json = JSON.readTree(body);
    } catch (IOException wrong) {
      throw new Failure(Failure.Category.USER, "a silence is a JSON object {\"matchers\", "
          + "\"endsMs\", \"createdBy\", \"comment\"}: " + wrong.getMessage(), wrong);
    }
    if (json == null || !json.isObject()) {
      throw Failure.user(
          "a silence is a JSON object {\"matchers\", \"endsMs\", \"createdBy\", " + "\"comment\"}");
    }
    var matchers = new ArrayList<Silence.Match>();
    for (var match : json.path("matchers")) {
      var name = match.path("name").asText();
      if (name.isEmpty() || !match.path("value").isTextual()) {
        throw Failure.user("matchers wants {\"name\", \"value\"} with a name, got " + match);
      }
      matchers.add(new Silence.Match(name, match.path("value").asText(),
          match.path("isRegex").asBoolean(false), match.path("isEqual").asBoolean(true)));
    }
    if (matchers.isEmpty() || matchers.size() > MOST_MATCHERS) {
      throw Failure
          .user("a silence wants 1 to " + MOST_MATCHERS + " matchers, got " + matchers.size());
    }
    long nowMs = clock.millis();
    long startsMs = json.path("startsMs").asLong(nowMs);
    long endsMs = json.path("endsMs").asLong(0);
    if (endsMs <= startsMs || endsMs <= nowMs || endsMs > 253_402_300_799_000L) {
      throw Failure.user(
          "endsMs is " + json.path("endsMs") + ", want epoch milliseconds after startsMs and now");
    }
    var createdBy = json.path("createdBy").asText();
    var comment = json.path("comment").asText();
    if (createdBy.isBlank() || comment.isBlank()) {
      throw Failure.user("a silence wants createdBy and comment: who silences, and why");
    }
    var id = json.path("id").asText("");
    return new Silence(id.isEmpty() ? "" : checkedId(id), "", matchers, startsMs, endsMs, 0,
        createdBy, comment);
  }
}

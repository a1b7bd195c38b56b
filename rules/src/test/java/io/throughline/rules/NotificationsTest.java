package io.throughline.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.throughline.model.Labels;
import io.throughline.testkit.Await;
import io.throughline.testkit.Listener;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NotificationsTest {

  @TempDir
  private Path folder = Path.of("");

  private final House house = new House();

  static RulesSettings settings(Path file, List<String> alertmanagers, List<String> webhooks,
      String secretFile, int queueLength) {
    var standard = RulesSettings.DEFAULTS;
    return new RulesSettings(List.of(file.toString()), List.of(), standard.tenant(),
        standard.interval(), standard.queryOffset(), standard.reloadInterval(), 1,
        standard.outageTolerance(), standard.resendDelay(), "http://pane.example:7070",
        List.of("site=north"), alertmanagers, webhooks, secretFile, queueLength,
        Duration.ofSeconds(5), "", Duration.ofDays(90));
  }

  @Test
  void anAlertmanagerHearsOfAnAlertAndOfItsEnd() throws Exception {
    var file = House.file(folder, "a.yml",
        "- {alert: High, expr: load > 1, labels: {job: shop/checkout}, annotations: {summary: 'at {{ $value }}'}}");
    try (var listener = new Listener();
        var role = house
            .role(settings(file, List.of(listener.url() + "/am/"), List.of(), "", 100))) {
      house.minutes(role, 2, 0);
      Await.until("both are heard",
          () -> listener.requests.stream()
              .mapToInt(request -> Asks.json(request).size())
              .sum() == 2);

      assertThat(listener.requests.getFirst().path()).isEqualTo("/am/api/v2/alerts");
      var firing = Asks.json(listener.requests.getFirst()).get(0);
      var ended = Asks.json(listener.requests.getLast());
      var resolved = ended.get(ended.size() - 1);
      assertThat(firing.path("labels").toString()).isEqualTo(
          "{\"alertname\":\"High\",\"host\":\"a\",\"job\":\"shop/checkout\",\"site\":\"north\"}");
      assertThat(firing.path("annotations").path("summary").asText()).isEqualTo("at 2");
      var startsAt = Instant.parse(firing.path("startsAt").asText());
      assertThat(Instant.parse(firing.path("endsAt").asText()))
          .isEqualTo(startsAt.plus(Duration.ofMinutes(4)));
      assertThat(Instant.parse(resolved.path("endsAt").asText()))
          .isEqualTo(startsAt.plus(Duration.ofMinutes(1)));
      assertThat(resolved.path("startsAt")).isEqualTo(firing.path("startsAt"));
      assertThat(firing.path("generatorURL").asText())
          .startsWith("http://pane.example:7070/s/shop/checkout?from=")
          .endsWith("&at=" + Instant.ofEpochSecond(startsAt.getEpochSecond()));
    }
  }

  @Test
  void aFiringAlertSaysWhoIsSuspectedUnlessItsRuleSaysSoItself() throws Exception {
    var file = House.file(folder, "a.yml",
        """
            - {alert: High, expr: load > 1, labels: {job: shop/checkout}}
            - {alert: Known, expr: load > 1, labels: {job: shop/checkout}, annotations: {top_suspect: mine}}
            - {alert: Other, expr: load > 1, labels: {job: shop/web}}
            - {alert: Nobody, expr: load > 1}
            """);
    try (var listener = new Listener();
        var role = house.role(settings(file, List.of(listener.url()), List.of(), "", 100))) {
      role.suspects(service -> service.equals("shop/checkout") ? "cpu is 98 %, was 20 %" : "");
      house.minutes(role, 2, 0);
      Await.until("all are heard",
          () -> listener.requests.stream()
              .mapToInt(request -> Asks.json(request).size())
              .sum() == 8);

      var said = new TreeMap<String, String>();
      for (var request : listener.requests) {
        for (var alert : Asks.json(request)) {
          boolean resolved = said.containsKey(alert.at("/labels/alertname").asText());
          said.put(alert.at("/labels/alertname").asText() + (resolved ? " resolved" : ""),
              alert.at("/annotations/top_suspect").asText());
        }
      }
      assertThat(said).containsExactlyInAnyOrderEntriesOf(Map.of("High", "cpu is 98 %, was 20 %",
          "Known", "mine", "Other", "", "Nobody", "", "High resolved", "", "Known resolved", "mine",
          "Other resolved", "", "Nobody resolved", ""));
    }
  }

  @Test
  void aWebhookGetsASignedBody() throws Exception {
    var file = House.file(folder, "a.yml", "- {alert: High, expr: load > 1}");
    var secret = Files.writeString(folder.resolve("secret"), "the key\n");
    try (var listener = new Listener();
        var role = house.role(
            settings(file, List.of(), List.of(listener.url() + "/hook"), secret.toString(), 100))) {
      house.minutes(role, 2);
      Await.until("it is heard", () -> listener.requests.size() == 1);

      var request = listener.requests.getFirst();
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec("the key".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      assertThat(request.headers().get("X-throughline-signature"))
          .containsExactly("sha256=" + HexFormat.of().formatHex(mac.doFinal(request.body())));
      var body = Asks.json(request);
      assertThat(body.path("version").asText()).isEqualTo("4");
      assertThat(body.path("status").asText()).isEqualTo("firing");
      assertThat(body.path("alerts").get(0).path("labels").path("alertname").asText())
          .isEqualTo("High");
    }
  }

  @Test
  void whatAReceiverDidNotTakeIsSentAgainAndShownMeanwhile() throws Exception {
    var file = House.file(folder, "a.yml", "- {alert: High, expr: load > 1}");
    try (var listener = new Listener();
        var role = house.role(settings(file, List.of(listener.url()), List.of(), "", 100))) {
      listener.answer = 503;
      house.minutes(role, 2);
      Await.until("a failure is shown", () -> role.receivers().getFirst().failures() > 0);
      assertThat(role.receivers().getFirst().lastError()).startsWith("answered 503");
      assertThat(role.receivers().getFirst().queued()).isEqualTo(1);

      listener.answer = 200;
      Await.until("it is delivered", () -> role.receivers().getFirst().delivered() == 1);

      assertThat(role.receivers().getFirst().lastError()).isEmpty();
      assertThat(role.receivers().getFirst().queued()).isZero();
      assertThat(listener.requests).hasSize(1);
    }
  }

  @Test
  void whatAReceiverRefusesForGoodIsDroppedAndCounted() throws Exception {
    var file = House.file(folder, "a.yml", "- {alert: High, expr: load > 1}");
    try (var listener = new Listener();
        var role = house.role(settings(file, List.of(listener.url()), List.of(), "", 100))) {
      listener.answer = 400;
      house.minutes(role, 2);
      Await.until("it is dropped", () -> role.receivers().getFirst().dropped() == 1);
      assertThat(role.receivers().getFirst().queued()).isZero();
    }
  }

  @Test
  void aFullQueueDropsTheOldest() throws Exception {
    var file = House.file(folder, "a.yml", "- {alert: High, expr: load > 1}");
    try (var listener = new Listener();
        var role = house.role(settings(file, List.of(listener.url()), List.of(), "", 2))) {
      listener.answer = 503;
      house.minutes(role, 2, 2, 2, 2, 2, 2, 2);
      Await.until("some are dropped", () -> role.receivers().getFirst().dropped() > 0);
      assertThat(role.receivers().getFirst().queued()).isLessThanOrEqualTo(3);
    }
  }

  @Test
  void debiansAlertmanagerGroupsOnceForTwoReplicasAndResolves() throws Exception {
    // Alertmanager has a clock of its own: what has ended has to have ended before its now.
    house.clock.set(Instant.now().minusSeconds(150));
    var file = House.file(folder, "a.yml", "- {alert: High, expr: load > 1}");
    try (var listener = new Listener()) {
      try (var alertmanager = Alertmanager.start(folder, listener.url());
          var one = house.role(settings(file, List.of(alertmanager.url()), List.of(), "", 100));
          var two = house.role(settings(file, List.of(alertmanager.url()), List.of(), "", 100))) {
        house.clock.advance(Duration.ofMinutes(1));
        house.source.add(Labels.of("__name__", "load", "host", "a"), house.clock.millis() - 90_000,
            2);
        one.runDue();
        two.runDue();
        Await.until("the group is heard", () -> !listener.requests.isEmpty());
        Await.until("both replicas have delivered", () -> one.receivers().getFirst().delivered() > 0
            && two.receivers().getFirst().delivered() > 0);

        var body = Asks.json(listener.requests.getFirst());
        assertThat(body.path("status").asText()).isEqualTo("firing");
        assertThat(body.path("alerts")).hasSize(1);
        assertThat(body.path("alerts").get(0).path("labels").path("site").asText())
            .isEqualTo("north");

        house.source.add(Labels.of("__name__", "load", "host", "a"), house.clock.millis(), 0);
        house.clock.advance(Duration.ofMinutes(1));
        one.runDue();
        two.runDue();
        Await.until("the end is heard",
            () -> Asks.json(listener.requests.getLast())
                .path("status")
                .asText()
                .equals("resolved"));
        assertThat(listener.requests.stream()
            .filter(request -> Asks.json(request).path("status").asText().equals("firing")))
            .hasSize(1);
      }
    }
  }

  @Test
  void theApiAnswersInPrometheusJson() throws Exception {
    var file = House.file(folder, "a.yml", """
        - {record: b, expr: load, labels: {team: x}}
        - {alert: High, expr: load > 1, for: 1m, keep_firing_for: 5m, labels: {severity: page}}
        """);
    var second = House.file(folder, "b.yml", "- {record: c, expr: load}");
    var vertx = Vertx.vertx();
    try (var role = house
        .role(RulesSettings.DEFAULTS.withFiles(List.of(file.toString(), second.toString())))) {
      house.minutes(role, 2, 2);
      var router = Router.router(vertx);
      role.mount(router);
      var server = vertx.createHttpServer()
          .requestHandler(router)
          .listen(0, "127.0.0.1")
          .toCompletionStage()
          .toCompletableFuture()
          .get();
      var asks = new Asks("http://127.0.0.1:" + server.actualPort());

      var all = asks.data("/api/v1/rules").path("groups");
      assertThat(all).hasSize(2);
      assertThat(all.get(0).path("name").asText()).isEqualTo("g");
      assertThat(all.get(0).path("file").asText()).isEqualTo(file.toString());
      assertThat(all.get(0).path("interval").asDouble()).isEqualTo(60);
      var recording = all.get(0).path("rules").get(0);
      assertThat(recording.path("type").asText()).isEqualTo("recording");
      assertThat(recording.path("labels").toString()).isEqualTo("{\"team\":\"x\"}");
      assertThat(recording.path("health").asText()).isEqualTo("ok");
      assertThat(recording.has("lastError")).isFalse();
      var alerting = all.get(0).path("rules").get(1);
      assertThat(alerting.path("state").asText()).isEqualTo("firing");
      assertThat(alerting.path("query").asText()).isEqualTo("load > 1");
      assertThat(alerting.path("duration").asDouble()).isEqualTo(60);
      assertThat(alerting.path("keepFiringFor").asDouble()).isEqualTo(300);
      assertThat(alerting.path("alerts").get(0).path("value").asText()).isEqualTo("2e+00");
      assertThat(alerting.path("alerts").get(0).path("labels").toString())
          .isEqualTo("{\"alertname\":\"High\",\"host\":\"a\",\"severity\":\"page\"}");

      assertThat(names(asks, "type=alert")).containsExactly("High");
      assertThat(names(asks, "type=record")).containsExactly("b", "c");
      assertThat(names(asks, "rule_name[]=c&rule_name[]=High")).containsExactly("High", "c");
      assertThat(names(asks, "file[]=" + second)).containsExactly("c");
      assertThat(names(asks, "rule_group[]=none")).isEmpty();
      assertThat(names(asks, "match[]=%7Bteam%3D%22x%22%7D")).containsExactly("b");
      assertThat(asks.data("/api/v1/rules?exclude_alerts=true")
          .path("groups")
          .get(0)
          .path("rules")
          .get(1)
          .path("alerts")).isEmpty();
      var page = asks.data("/api/v1/rules?group_limit=1");
      assertThat(page.path("groups")).hasSize(1);
      var next = asks.data(
          "/api/v1/rules?group_limit=1&group_next_token=" + page.path("groupNextToken").asText());
      assertThat(next.path("groups").get(0).path("file").asText()).isEqualTo(second.toString());
      assertThat(next.has("groupNextToken")).isFalse();
      for (var wrong : List.of("type=x", "group_limit=0", "group_next_token=a", "match[]=%7B",
          "group_limit=1&group_next_token=zz")) {
        assertThat(asks.get("/api/v1/rules?" + wrong).statusCode()).as(wrong).isNotEqualTo(200);
      }
      var alerts = asks.data("/prometheus/api/v1/alerts").path("alerts");
      assertThat(alerts).hasSize(1);
      assertThat(alerts.get(0).path("state").asText()).isEqualTo("firing");
      assertThat(asks.data("/api/v1/alertmanagers").path("activeAlertmanagers")).isEmpty();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get();
    }
  }

  private static List<String> names(Asks asks, String query) throws Exception {
    var names = new ArrayList<String>();
    for (var group : asks.data("/api/v1/rules?" + query).path("groups")) {
      for (var rule : group.path("rules")) {
        names.add(rule.path("name").asText());
      }
    }
    return names;
  }
}

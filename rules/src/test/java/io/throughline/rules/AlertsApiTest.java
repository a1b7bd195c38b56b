package io.throughline.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.throughline.model.Failure;
import io.throughline.model.yaml.Problem;
import io.throughline.testkit.Await;
import io.throughline.testkit.Listener;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlertsApiTest {

  @TempDir
  private Path folder = Path.of("");

  private final House house = new House();
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }

  /** The role's routes, with failures answered by category as the front door does. */
  private Asks serve(RulesRole role) throws Exception {
    var router = Router.router(vertx);
    router.route().failureHandler(context -> {
      var failed = context.failure();
      int status = failed instanceof Failure failure ? failure.category().httpStatus() : 500;
      context.response().setStatusCode(status).end(failed == null ? "" : failed.toString());
    });
    role.mount(router);
    var server = vertx.createHttpServer()
        .requestHandler(router)
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get();
    return new Asks("http://127.0.0.1:" + server.actualPort());
  }

  private Path file() throws Exception {
    return House.file(folder, "a.yml", "- {alert: High, expr: load > 1, labels: {job: shop/a}}\n"
        + "- {alert: Soon, expr: load > 1, for: 1h}");
  }

  private static List<String> texts(JsonNode list, String field) {
    var texts = new ArrayList<String>();
    list.forEach(one -> texts.add(one.path(field).asText()));
    return texts;
  }

  @Test
  void alertsAreShownWithWhatBecameOfTellingOfThem() throws Exception {
    try (var listener = new Listener();
        var role = house.role(NotificationsTest.settings(file(), List.of(listener.url()),
            List.of(listener.url() + "/hook"), "", 100))) {
      listener.answer = 500;
      house.minutes(role, 2);
      var asks = serve(role);
      Await.until("a failure is shown",
          () -> texts(asks.data("/api/view/v1/alerts").path("alerts").path(0).path("deliveries"),
              "state").equals(List.of("failed", "failed")));
      listener.answer = 200;
      Await.until("it is delivered",
          () -> texts(asks.data("/api/view/v1/alerts").path("alerts").path(0).path("deliveries"),
              "state").equals(List.of("delivered", "delivered")));

      var reply = asks.data("/api/view/v1/alerts");
      assertThat(texts(reply.path("alerts"), "rule")).containsExactly("High", "Soon");
      var high = reply.path("alerts").get(0);
      assertThat(high.path("state").asText()).isEqualTo("firing");
      assertThat(high.path("expression").asText()).isEqualTo("load > 1");
      assertThat(high.path("id").asText()).matches("[0-9a-f]{32}");
      assertThat(high.path("firedMs").asLong()).isEqualTo(high.path("activeMs").asLong());
      assertThat(high.path("link").asText()).startsWith("http://pane.example:7070/s/shop/a?from=");
      assertThat(texts(high.path("deliveries"), "kind")).containsExactly("alertmanager", "webhook");
      assertThat(high.path("deliveries").get(0).path("attempts").asInt()).isGreaterThan(1);
      assertThat(reply.path("silencesUnknown").asText()).contains("did not say its silences");
      var soon = reply.path("alerts").get(1);
      assertThat(soon.path("state").asText()).isEqualTo("pending");
      assertThat(soon.path("firedMs").isNull()).isTrue();
      assertThat(soon.path("deliveries")).isEmpty();

      house.refuseReads = House.away();
      house.minutes(role, Double.NaN);
      var unknown = asks.data("/api/view/v1/alerts").path("alerts").get(0);
      assertThat(unknown.path("state").asText()).isEqualTo("firing");
      assertThat(unknown.path("unknownSinceMs").asLong()).isPositive();
      assertThat(unknown.path("unknownReason").asText()).isEqualTo("the store is away");
    }
  }

  @Test
  void debiansAlertmanagerKeepsSilencesThatAreMadeSeenAndEndedHere() throws Exception {
    house.clock.set(Instant.now().minusSeconds(60));
    try (var listener = new Listener();
        var alertmanager = Alertmanager.start(folder, listener.url()).ready();
        var role = house.role(NotificationsTest.settings(file(),
            List.of(alertmanager.url() + "/", "http://127.0.0.1:1"), List.of(), "", 100))) {
      house.minutes(role, 2);
      var asks = serve(role);
      long endsMs = System.currentTimeMillis() + 3_600_000;
      var made = Asks.data(asks.post("/api/view/v1/silences",
          "{\"matchers\": [{\"name\": \"site\", \"value\": \"n.*h\", \"isRegex\": true}, "
              + "{\"name\": \"alertname\", \"value\": \"Soon\", \"isEqual\": false}], \"endsMs\": "
              + endsMs + ", \"createdBy\": \"ann\", \"comment\": \"deploy\"}"))
          .path("id")
          .asText();

      Await.until("it is in force",
          () -> asks.data("/api/view/v1/silences")
              .path("silences")
              .path(0)
              .path("state")
              .asText()
              .equals("active"));
      var reply = asks.data("/api/view/v1/silences");
      var silence = reply.path("silences").get(0);
      var alerts = asks.data("/api/view/v1/alerts").path("alerts");
      assertThat(silence.path("id").asText()).isEqualTo(made);
      assertThat(silence.path("endsMs").asLong()).isEqualTo(endsMs);
      assertThat(silence.path("matchers").toString()).contains("\"isEqual\":false");
      assertThat(silence.path("alerts").toString())
          .isEqualTo("[\"" + alerts.get(0).path("id").asText() + "\"]");
      assertThat(alerts.get(0).path("silencedBy").toString()).isEqualTo("[\"" + made + "\"]");
      assertThat(alerts.get(1).path("silencedBy")).isEmpty();
      assertThat(texts(reply.path("alertmanagers"), "error")).anyMatch(String::isEmpty)
          .anyMatch(error -> error.contains("127.0.0.1:1"));

      var ended = asks.delete("/api/view/v1/silences/" + made);
      assertThat(ended.statusCode()).as(ended.body()).isEqualTo(200);
      assertThat(asks.data("/api/view/v1/silences").path("silences")).isEmpty();
      assertThat(texts(asks.data("/api/view/v1/silences?expired=true").path("silences"), "state"))
          .containsExactly("expired");
      var unknown = asks.delete("/api/view/v1/silences/00000000-0000-0000-0000-000000000000");
      assertThat(unknown.statusCode()).as(unknown.body()).isEqualTo(404);
      var refused = asks.post("/api/view/v1/silences",
          "{\"matchers\": [{\"name\": \"a\", \"value\": \"(\", \"isRegex\": true}], \"endsMs\": "
              + endsMs + ", \"createdBy\": \"ann\", \"comment\": \"x\"}");
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
      assertThat(refused.body()).contains("Alertmanager").contains("answered 400");
    }
  }

  @Test
  void eachChangeOfAnAlertIsInTheHistoryOnceAlsoAcrossAKill() throws Exception {
    var file = House.file(folder, "a.yml", "- {alert: High, expr: load > 1, for: 1m}");
    // Not closed: a killed process closes nothing.
    var killed = house.role(House.settings(file));
    house.minutes(killed, 2, 2);
    house.refuseReads = House.away();
    house.minutes(killed, Double.NaN);
    try (var role = house.role(House.settings(file))) {
      house.refuseReads = null;
      house.minutes(role, 2, 2, 0, 0);
      var asks = serve(role);

      var reply = asks.data("/api/view/v1/alerts/history");
      assertThat(texts(reply.path("changes"), "from")).containsExactly("firing", "unknown",
          "firing", "pending", "inactive");
      assertThat(texts(reply.path("changes"), "to")).containsExactly("inactive", "firing",
          "unknown", "firing", "pending");
      var unknown = reply.path("changes").get(2);
      assertThat(unknown.path("reason").asText()).isEqualTo("the store is away");
      assertThat(unknown.path("rule").asText()).isEqualTo("High");
      assertThat(unknown.path("labels").path("host").asText()).isEqualTo("a");
      assertThat(unknown.path("link").asText()).contains("&at=");
      assertThat(reply.path("count").asInt()).isEqualTo(5);
      assertThat(reply.path("next").isNull()).isTrue();
      assertThat(asks.data("/api/view/v1/alerts/history?to=firing&match=%7Bhost=%22a%22%7D&limit=1")
          .path("changes")).hasSize(1);
      assertThat(asks.get("/api/view/v1/alerts/history?wndow=1").statusCode()).isEqualTo(400);
    }
  }

  @Test
  void anAlertIsRelabelledBeforeItIsSentOrNotSentAtAll() throws Exception {
    var file = House.file(folder, "a.yml", "- {alert: High, expr: load > 1, labels: {team: a}}\n"
        + "- {alert: Quiet, expr: load > 1, labels: {team: nobody}}");
    var relabel = Files.writeString(folder.resolve("relabel.yml"),
        "- {action: drop, source_labels: [team], regex: nobody}\n"
            + "- {action: labeldrop, regex: host}\n");
    try (var listener = new Listener();
        var role = house
            .role(NotificationsTest.settings(file, List.of(listener.url()), List.of(), "", 100)
                .withRelabelFile(relabel.toString()))) {
      house.minutes(role, 2);
      Await.until("it is heard", () -> !listener.requests.isEmpty());

      assertThat(Asks.json(listener.requests.getFirst())).hasSize(1);
      assertThat(Asks.json(listener.requests.getFirst()).get(0).path("labels").toString())
          .isEqualTo("{\"alertname\":\"High\",\"site\":\"north\",\"team\":\"a\"}");
    }
  }

  @Test
  void relabellingIsReadAnewWithTheRulesAndWhatIsWrongReplacesNothingGood() throws Exception {
    var relabel = Files.writeString(folder.resolve("relabel.yml"),
        "- {action: labeldrop, regex: host}\n");
    var elsewhere = new ArrayList<Problem>();
    try (var listener = new Listener();
        var role = house
            .role(NotificationsTest.settings(file(), List.of(listener.url()), List.of(), "", 100)
                .withRelabelFile(relabel.toString()))) {
      role.alsoReload(() -> elsewhere);
      var asks = serve(role);
      Files.writeString(relabel, "- {action: labeldorp, regex: host}\n");
      Files.writeString(folder.resolve("a.yml"), "groups: []\n");

      var refused = asks.post("/-/reload", "");

      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(refused.body()).contains("relabel.yml:1:").contains("labeldorp");
      assertThat(role.statuses()).hasSize(1);
      house.minutes(role, 2);
      Await.until("it is heard", () -> !listener.requests.isEmpty());
      assertThat(Asks.json(listener.requests.getFirst()).get(0).path("labels").has("host"))
          .isFalse();

      file();
      Files.writeString(relabel, "- {target_label: by, replacement: relabelling}\n");
      assertThat(asks.post("/-/reload", "").statusCode()).isEqualTo(200);
      house.minutes(role, 2);
      Await.until("it is heard again", () -> listener.requests.size() > 1);
      var labels = Asks.json(listener.requests.getLast()).get(0).path("labels");
      assertThat(labels.path("by").asText()).isEqualTo("relabelling");
      assertThat(labels.path("host").asText()).isEqualTo("a");

      elsewhere.add(new Problem("doors.yml", 3, 1, "is wrong"));
      var partly = asks.post("/-/reload", "");
      assertThat(partly.statusCode()).isEqualTo(400);
      assertThat(partly.body()).contains("doors.yml:3:1: is wrong");
    }
  }

  @Test
  void whereNoAlertmanagerAnswersNothingWasSilencedAndTheReplySaysSo() throws Exception {
    try (var role = house.role(
        NotificationsTest.settings(file(), List.of("http://127.0.0.1:1"), List.of(), "", 100))) {
      var asks = serve(role);

      var made = asks.post("/api/view/v1/silences", "{\"matchers\": [{\"name\": \"a\", "
          + "\"value\": \"b\"}], \"endsMs\": 9000000000000, \"createdBy\": \"a\", \"comment\": \"b\"}");

      assertThat(made.statusCode()).isEqualTo(503);
      assertThat(made.body()).contains("the silence was not taken").contains("127.0.0.1:1");
      assertThat(asks.get("/api/view/v1/silences").statusCode()).isEqualTo(503);
      assertThat(asks.delete("/api/view/v1/silences/a").statusCode()).isEqualTo(503);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`',
      textBlock = """
          {                                                                    | a silence is a JSON object
          []                                                                   | a silence is a JSON object
          {}                                                                   | 1 to 100 matchers, got 0
          {"matchers": [{"value": "b"}]}                                       | with a name
          {"matchers": [{"name": "a", "value": "b"}], "endsMs": 5}             | want epoch milliseconds
          {"matchers": [{"name": "a", "value": "b"}], "endsMs": 9000000000000} | who silences, and why
          {"matchers": [{"name": "a", "value": "b"}], "endsMs": 9000000000000, "createdBy": "a", "comment": "b", "id": "../x"} | letters, digits
          {"matchers": [{"name": "a", "value": "b"}], "endsMs": 9000000000000, "createdBy": "a", "comment": "b"} | no Alertmanager is set
          """)
  void aSilenceThatIsNoneIsRefusedWithWhatIsWanted(String body, String message) throws Exception {
    try (var role = house.role(House.settings(file()))) {
      var reply = serve(role).post("/api/view/v1/silences", body);

      assertThat(reply.statusCode()).isEqualTo(400);
      assertThat(reply.body()).contains(message);
    }
  }
}

package io.throughline.app.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.testkit.Await;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RulesIT {
  @TempDir
  private Path folder;

  private static JsonObject alert(UpProcess up) throws Exception {
    var alerts = new JsonObject(up.get("/api/v1/alerts").body()).getJsonObject("data")
        .getJsonArray("alerts");
    return alerts.isEmpty() ? new JsonObject() : alerts.getJsonObject(0);
  }

  @Test
  void anAlertThatIsPendingWhenItsProcessIsKilledFiresAsIfNothingHadHappened() throws Exception {
    var rules = Files.writeString(folder.resolve("rules.yml"),
        """
            groups:
              - name: g
                interval: 1s
                rules:
                  - {record: twice, expr: sent * 2}
                  - {alert: High, expr: "last_over_time(twice[1h]) > 1", for: 10s, annotations: {a: "{{ $value }}"}}
            """);
    try (var up = UpProcess.start(folder.resolve("data"), "--no-agent", "--rules", rules
        .toString())) {
      up.write("default", new RemoteWrite().sample(Map.of("__name__", "sent", "host", "a"), System
          .currentTimeMillis(), 21).body());
      Await.until("the alert is pending", () -> alert(up).getString("state", "")
          .equals(
              "pending"));
      var before = alert(up);
      Await.until("the state is read by a query", () -> !up.query("default", "ALERTS_FOR_STATE",
          System.currentTimeMillis()).isEmpty());

      up.kill();
      up.restart();

      Await.until("the alert fires", () -> alert(up).getString("state", "").equals("firing"));
      assertThat(alert(up).getString("activeAt")).isEqualTo(before.getString("activeAt"));
      assertThat(alert(up).getJsonObject("annotations").getString("a")).isEqualTo("42");
      Await.until("the recording is stored", () -> !up.query("default", "twice{host=\"a\"}", System
          .currentTimeMillis()).isEmpty());

      Files.writeString(rules, "groups: [{name: g, rules: [{record: a, expr: 'sum('}]}]\n");
      assertThat(up.post("/-/reload").statusCode()).isEqualTo(400);
      assertThat(alert(up).getString("state")).isEqualTo("firing");
      Files.writeString(rules, "groups: [{name: g, rules: [{record: a, expr: vector(1)}]}]\n");
      new ProcessBuilder(List.of("kill", "-HUP", "" + up.process().pid())).start().waitFor();
      Await.until("the new rules are in use", () -> up.get("/api/v1/rules")
          .body()
          .contains("vector(1)"));
      assertThat(up.output()).doesNotContain("Exception");
    }
  }
}

package io.throughline.app.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.testkit.Await;
import io.throughline.testkit.Listener;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
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

  /** What receivers of alerts and what series get as a label, and which file says so. */
  private static void relabel(Path alerts, Path series, String value) throws IOException {
    var rule = "[{target_label: stage, replacement: " + value + "}]\n";
    Files.writeString(alerts, rule);
    Files.writeString(series, "metric_relabel_configs: " + rule);
  }

  /** Starts with files that are looked at at SIGHUP alone, and a receiver of alerts. */
  private Path settings(Path alerts, Path series, Listener receiver) throws IOException {
    return Files.writeString(folder.resolve("up.yaml"),
        "rules: {reload-interval: 0s, relabel-file: "
            + alerts + ", webhooks: ['" + receiver.url()
            + "/']}\ncollector: {relabel-interval: 0s, relabel-file: " + series + "}\n");
  }

  private static boolean told(Listener receiver, String alert, String stage) {
    return receiver.requests.stream()
        .map(Listener.Request::text)
        .anyMatch(body -> body.contains("\"alertname\":\"" + alert + "\"") && body.contains(
            "\"stage\":\"" + stage + "\""));
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
    var alerts = folder.resolve("alerts.yml");
    var series = folder.resolve("series.yml");
    relabel(alerts, series, "before");
    try (var receiver = new Listener();
        var up = UpProcess.start(folder.resolve("data"), "--no-agent", "--rules", rules.toString(),
            "--config", settings(alerts, series, receiver).toString())) {
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

      Await.until("the receiver is told", () -> told(receiver, "High", "before"));

      Files.writeString(rules, "groups: [{name: g, rules: [{record: a, expr: 'sum('}]}]\n");
      assertThat(up.post("/-/reload").statusCode()).isEqualTo(400);
      assertThat(alert(up).getString("state")).isEqualTo("firing");
      Files.writeString(rules, "groups: [{name: g, interval: 1s, rules: "
          + "[{alert: Always, expr: vector(1)}]}]\n");
      relabel(alerts, series, "after");
      new ProcessBuilder(List.of("kill", "-HUP", "" + up.process().pid())).start().waitFor();
      Await.until("the new rules are in use", () -> up.get("/api/v1/rules")
          .body()
          .contains("vector(1)"));
      Await.until("alerts are relabelled anew", () -> told(receiver, "Always", "after"));
      long now = System.currentTimeMillis();
      Await.until("series are relabelled anew", () -> {
        up.write("default", new RemoteWrite().sample(Map.of("__name__", "sent", "host", "b"), now,
            1).body());
        return !up.query("default", "sent{host=\"b\",stage=\"after\"}", now).isEmpty();
      });
      assertThat(up.query("default", "sent{host=\"a\"}[1h]", now)
          .getJsonObject(0)
          .getJsonObject("metric")
          .getString("stage")).isEqualTo("before");
      assertThat(up.output()).doesNotContain("Exception");
    }
  }
}

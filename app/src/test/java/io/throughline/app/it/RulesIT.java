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
import java.util.concurrent.TimeUnit;
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
        "rules: {reload-interval: 0s, relabel-file: " + alerts + ", webhooks: ['" + receiver.url()
            + "/']}\ncollector: {relabel-interval: 0s, relabel-file: " + series + "}\n");
  }

  private static boolean told(Listener receiver, String alert, String stage) {
    return receiver.requests.stream()
        .map(Listener.Request::text)
        .anyMatch(body -> body.contains("\"alertname\":\"" + alert + "\"")
            && body.contains("\"stage\":\"" + stage + "\""));
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
      up.write("default",
          new RemoteWrite()
              .sample(Map.of("__name__", "sent", "host", "a"), System.currentTimeMillis(), 21)
              .body());
      Await.until("the alert is pending", () -> alert(up).getString("state", "").equals("pending"));
      var before = alert(up);
      Await.until("the state is read by a query",
          () -> !up.query("default", "ALERTS_FOR_STATE", System.currentTimeMillis()).isEmpty());

      up.kill();
      up.restart();

      Await.until("the alert fires", () -> alert(up).getString("state", "").equals("firing"));
      assertThat(alert(up).getString("activeAt")).isEqualTo(before.getString("activeAt"));
      assertThat(alert(up).getJsonObject("annotations").getString("a")).isEqualTo("42");
      Await.until("the recording is stored",
          () -> !up.query("default", "twice{host=\"a\"}", System.currentTimeMillis()).isEmpty());

      Await.until("the receiver is told", () -> told(receiver, "High", "before"));

      Files.writeString(rules, "groups: [{name: g, rules: [{record: a, expr: 'sum('}]}]\n");
      assertThat(up.post("/-/reload").statusCode()).isEqualTo(400);
      assertThat(alert(up).getString("state")).isEqualTo("firing");
      Files.writeString(rules,
          "groups: [{name: g, interval: 1s, rules: " + "[{alert: Always, expr: vector(1)}]}]\n");
      relabel(alerts, series, "after");
      new ProcessBuilder(List.of("kill", "-HUP", "" + up.process().pid())).start().waitFor();
      Await.until("the new rules are in use",
          () -> up.get("/api/v1/rules").body().contains("vector(1)"));
      Await.until("alerts are relabelled anew", () -> told(receiver, "Always", "after"));
      long now = System.currentTimeMillis();
      Await.until("series are relabelled anew", () -> {
        up.write("default",
            new RemoteWrite().sample(Map.of("__name__", "sent", "host", "b"), now, 1).body());
        return !up.query("default", "sent{host=\"b\",stage=\"after\"}", now).isEmpty();
      });
      assertThat(up.query("default", "sent{host=\"a\"}[1h]", now)
          .getJsonObject(0)
          .getJsonObject("metric")
          .getString("stage")).isEqualTo("before");
      assertThatABacktestFindsTheBadHalfHour(up);
      assertThat(up.output()).doesNotContain("Exception");
    }
  }

  /** As a user asks, over three hours of a service that was slow for 35 minutes of them. */
  private void assertThatABacktestFindsTheBadHalfHour(UpProcess up) throws Exception {
    long nowMs = System.currentTimeMillis() / 60_000 * 60_000;
    var written = new RemoteWrite();
    long fast = 0;
    long slow = 0;
    for (int minute = 0; minute <= 180; minute++) {
      slow += minute >= 100 && minute < 135 ? 100 : 0;
      fast += minute >= 100 && minute < 135 ? 0 : 100;
      // Buckets (1, 2] and (2, 4].
      written.histogram(Map.of("__name__", "duration_seconds", "job", "shop/checkout"),
          nowMs - (180 - minute) * 60_000L, new long[] {0, fast, slow}, 2.0 * fast + 3.0 * slow);
    }
    assertThat(up.write("default", written.body())).isEqualTo(204);
    var rules = Files.writeString(folder.resolve("past.yml"), """
        groups:
        - name: shop
          rules:
          - alert: HalfAreSlow
            expr: histogram_quantile(0.5, sum by (job) (rate(duration_seconds[5m]))) > 2
            for: 5m
        """);
    var slo = Files.writeString(folder.resolve("slo.yml"), """
        {apiVersion: openslo/v1, kind: SLO, metadata: {name: checkout-fast}, spec: {
          service: shop/checkout, timeWindow: [{duration: 90d, isRolling: true}],
          indicator: {metadata: {name: fast}, spec: {thresholdMetric: {metricSource: {
            type: Prometheus, spec: {query: duration_seconds}}}}},
          budgetingMethod: Occurrences, objectives: [{target: 0.99, op: lte, value: 2}]}}
        """);
    var output = folder.resolve("report.txt");

    var backtest = UpProcess.run(output, List.of("rules", "backtest", rules.toString(), "--slo",
        slo.toString(), "--since", "2h", "--url", up.uri("").toString()));

    assertThat(backtest.waitFor(120, TimeUnit.SECONDS)).isTrue();
    var report = Files.readString(output);
    assertThat(backtest.exitValue()).as(report).isZero();
    assertThat(report).contains("shop/HalfAreSlow: fired once, flapped 0 times, fired for ",
        "fell into a burn once\n", "budgets burned too fast once:\n",
        "precision 100.0 %: of 1 firing 1 fell into a burn\n",
        "recall 100.0 %: of 1 burn a rule fired in 1\n",
        "not covered, for no samples were stored:\n  duration_seconds: ");
  }
}

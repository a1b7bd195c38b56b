package io.throughline.rules.backtest;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.query.engine.QueryLimits;
import io.throughline.query.source.MemorySource;
import io.throughline.rules.file.RuleFiles;
import io.throughline.rules.file.RuleGroup;
import io.throughline.rules.group.Options;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BacktestTest {

  private static final Options OPTIONS = new Options(60_000, 0, 300_000, QueryLimits.DEFAULT,
      Map.of(), "", 60_000);

  private static List<RuleGroup> groups(String rules) {
    var read = RuleFiles.parse("a.yml", "groups:\n- name: g\n  rules:\n" + rules.indent(2));
    assertThat(read.problems()).isEmpty();
    return read.groups();
  }

  private static MemorySource load(double... values) {
    var source = new MemorySource();
    for (int minute = 0; minute < values.length; minute++) {
      source.add(Labels.of("__name__", "load", "host", "a"), minute * 60_000L, values[minute]);
    }
    return source;
  }

  private static Report run(List<RuleGroup> groups, List<RuleGroup> objectives, MemorySource stored,
      int fromMinute, int toMinute) {
    return Backtest.run(groups, objectives, stored, OPTIONS, fromMinute * 60_000L,
        toMinute * 60_000L, _ -> {});
  }

  @Test
  void itTellsWhenRulesWouldHaveFiredAndHowOftenTheyFlapped() {
    var groups = groups("""
        - {record: twice, expr: load * 2}
        - {alert: High, expr: twice > 10, for: 1m}
        """);

    var report = run(groups, List.of(), load(1, 9, 9, 9, 1, 9, 9, 1, 1, 9, 9), 0, 10);

    assertThat(report.episodes()).extracting(Episode::fromMs)
        .containsExactly(120_000L, 360_000L, 600_000L);
    assertThat(report.episodes()).extracting(Episode::toMs)
        .containsExactly(240_000L, 420_000L, 600_000L);
    assertThat(report.episodes().getLast().open()).isTrue();
    assertThat(report.summaries())
        .containsExactly(new Report.Summary("g/High", 3, 2, 180_000, 0, 3, 0));
    assertThat(report.precision()).isNaN();
  }

  @Test
  void precisionAndRecallCompareFiringsWithBurns() {
    var groups = groups("- {alert: High, expr: load > 5}");
    var burns = groups("- {alert: Burns, expr: load > 8}");

    var report = run(groups, burns, load(1, 9, 1, 6, 1, 9, 1), 0, 6);

    assertThat(report.episodes()).hasSize(3);
    assertThat(report.burns()).hasSize(2);
    assertThat(report.precision()).isEqualTo(2 / 3.0);
    assertThat(report.recall()).isEqualTo(1);
    assertThat(report.summaries().getFirst().matched()).isEqualTo(2);
  }

  /** Minutes in which something is so, as a series of ones. */
  private static void mark(MemorySource source, String name, String job, Integer... minutes) {
    for (int minute = 0; minute <= 10; minute++) {
      source.add(Labels.of("__name__", name, "job", job), minute * 60_000L,
          List.of(minutes).contains(minute) ? 1 : 0);
    }
  }

  @Test
  void anAlertAboutOneServiceIsNoHitForABurnOfAnother() {
    var groups = groups("""
        - {alert: High, expr: high == 1}
        - {alert: Some, expr: sum(some) == 1}
        """);
    var burns = groups("- {alert: Burns, expr: burning == 1}");
    var source = new MemorySource();
    mark(source, "high", "shop/a", 1, 2, 4, 5);
    mark(source, "some", "shop/b", 7);
    mark(source, "burning", "shop/a", 1, 2);
    mark(source, "burning", "shop/b", 4, 5, 7);

    var report = run(groups, burns, source, 0, 10);

    // High fires in the burn of its own service, then in one of the other. Some names no service.
    assertThat(report.summaries()).containsExactly(
        new Report.Summary("g/High", 2, 1, 240_000, 1, 0, 1),
        new Report.Summary("g/Some", 1, 0, 60_000, 1, 1, 0));
    assertThat(report.precision()).isEqualTo(2 / 3.0);
    assertThat(report.recall()).isEqualTo(1 - 1 / 3.0);
    assertThat(report.missed())
        .extracting(burn -> burn.labels().get("job") + " " + burn.fromMs() / 60_000)
        .containsExactly("shop/b 4");
    var text = new StringWriter();
    ReportText.print(report, List.of(), new PrintWriter(text));
    assertThat(text.toString()).contains("""
        g/High: fired 2 times, flapped once, fired for 4m, fell into a burn once, \
        beside a burn of another service once
        g/Some: fired once, flapped 0 times, fired for 1m, fell into a burn once; \
        it names no service, which burns are met by time alone
        """);
  }

  @ParameterizedTest
  @CsvSource({"'job=shop/checkout', true", "'job=checkout,namespace=shop', true",
      "'service_name=checkout,service_namespace=shop', true", "'service=shop/checkout', true",
      "'job=checkout', false", "'job=cart,namespace=shop', false",
      "'job=kubernetes,service=checkout,namespace=shop', true", "'host=a,namespace=shop', true"})
  void anAlertMeetsABurnByWhatItsLabelsCallItsService(String labels, boolean meets) {
    var builder = new Labels.Builder();
    for (var pair : labels.split(",")) {
      builder.set(pair.split("=")[0], pair.split("=")[1]);
    }
    var alert = new Episode("g/A", builder.build(), 10, 20, false);

    assertThat(alert.meets(new Episode("slo:x", Labels.of("job", "shop/checkout"), 20, 30, false)))
        .isEqualTo(meets);
    assertThat(alert.meets(new Episode("slo:x", Labels.of("job", "shop/checkout"), 21, 30, false)))
        .isFalse();
  }

  @Test
  void aRuleThatFailsSaysHowOftenAndWhySinceWhen() {
    var report = run(groups("- {alert: A, expr: 'load * on () load'}"), List.of(), twoFrom(3), 0,
        5);

    assertThat(report.failures()).hasSize(1);
    var failed = report.failures().getFirst();
    assertThat(failed.rule()).isEqualTo("g/A");
    assertThat(failed.moments()).isEqualTo(3);
    assertThat(failed.firstMs()).isEqualTo(180_000);
    assertThat(failed.reason()).contains("many-to-many");
  }

  /** One series, from some minute on two. */
  private static MemorySource twoFrom(int from) {
    var source = load(1, 1, 1, 1, 1, 1);
    for (int minute = from; minute <= 5; minute++) {
      source.add(Labels.of("__name__", "load", "host", "b"), minute * 60_000L, 1);
    }
    return source;
  }

  @Test
  void whatRulesOfTheSameNameReallyRecordedCountsOnlyBeforeTheTest() {
    var groups = groups("""
        - {record: twice, expr: load * 2}
        - {alert: High, expr: twice > 10}
        - {alert: Long, expr: 'sum_over_time(twice{host="a"}[5m]) > 100'}
        - {alert: Alone, expr: 'ALERTS{alertname="High",alertstate="firing"} == 1'}
        """);
    var source = load(1, 1, 1, 1, 1, 1, 9, 1, 1, 1, 1);
    for (int minute = 0; minute <= 10; minute++) {
      for (var host : List.of("a", "gone")) {
        source.add(Labels.of("__name__", "twice", "host", host), minute * 60_000L, 40);
        source.add(Labels.of("__name__", "ALERTS", "alertname", "High", "alertstate", "firing",
            "host", host), minute * 60_000L, 1);
      }
    }

    var report = run(groups, List.of(), source, 5, 10);

    assertThat(report.episodes())
        .extracting(one -> one.rule() + " " + one.labels().get("host") + " " + one.fromMs() / 60_000
            + " " + one.toMs() / 60_000)
        // What was there before the test is still seen for the five minutes of the lookback, as at any restart.
        .containsExactlyInAnyOrder("g/High a 6 7", "g/High gone 5 9", "g/Alone a 5 7",
            "g/Alone gone 5 9", "g/Long a 5 8");
  }

  @Test
  void aRuleThatSelectsNothingNeverFires() {
    var report = run(groups("- {alert: A, expr: 'load * on () group_left () up'}"), List.of(),
        load(1), 0, 0);

    assertThat(report.failures()).isEmpty();
    assertThat(report.episodes()).isEmpty();
  }
}

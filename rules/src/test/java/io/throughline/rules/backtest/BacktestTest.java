package io.throughline.rules.backtest;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.query.engine.QueryLimits;
import io.throughline.query.source.MemorySource;
import io.throughline.rules.file.RuleFiles;
import io.throughline.rules.file.RuleGroup;
import io.throughline.rules.group.Options;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BacktestTest {

  private static final Options OPTIONS = new Options(60_000, 0, 300_000, QueryLimits.DEFAULT, Map
      .of(), "", 60_000);

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

  @Test
  void itTellsWhenRulesWouldHaveFiredAndHowOftenTheyFlapped() {
    var groups = groups("""
        - {record: twice, expr: load * 2}
        - {alert: High, expr: twice > 10, for: 1m}
        """);

    var report = Backtest.run(groups, List.of(), load(1, 9, 9, 9, 1, 9, 9, 1, 1, 9, 9), OPTIONS, 0,
        600_000);

    assertThat(report.episodes()).extracting(Episode::fromMs)
        .containsExactly(120_000L, 360_000L,
            600_000L);
    assertThat(report.episodes()).extracting(Episode::toMs)
        .containsExactly(240_000L, 420_000L,
            600_000L);
    assertThat(report.episodes().getLast().open()).isTrue();
    assertThat(report.summaries()).containsExactly(new Backtest.Summary("g/High", 3, 2, 180_000,
        0));
    assertThat(report.precision()).isNaN();
  }

  @Test
  void precisionAndRecallCompareFiringsWithBurns() {
    var groups = groups("- {alert: High, expr: load > 5}");
    var burns = groups("- {alert: Burns, expr: load > 8}");

    var report = Backtest.run(groups, burns, load(1, 9, 1, 6, 1, 9, 1), OPTIONS, 0, 360_000);

    assertThat(report.episodes()).hasSize(3);
    assertThat(report.burns()).hasSize(2);
    assertThat(report.precision()).isEqualTo(2 / 3.0);
    assertThat(report.recall()).isEqualTo(1);
    assertThat(report.summaries().getFirst().matched()).isEqualTo(2);
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

    var report = Backtest.run(groups, List.of(), source, OPTIONS, 300_000, 600_000);

    assertThat(report.episodes()).extracting(one -> one.rule() + " " + one.labels().get("host")
        + " " + one.fromMs() / 60_000 + " " + one.toMs() / 60_000)
        // What was there before the test is still seen for the five minutes of the lookback, as at any restart.
        .containsExactlyInAnyOrder("g/High a 6 7", "g/High gone 5 9", "g/Alone a 5 7",
            "g/Alone gone 5 9", "g/Long a 5 8");
  }

  @Test
  void aRuleThatSelectsNothingNeverFires() {
    var report = Backtest.run(groups("- {alert: A, expr: 'load * on () group_left () up'}"), List
        .of(), load(1), OPTIONS, 0, 0);

    assertThat(report.errors()).isEmpty();
    assertThat(report.episodes()).isEmpty();
  }
}

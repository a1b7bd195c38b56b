package io.throughline.rules.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.model.SampleValues;
import io.throughline.query.engine.QueryLimits;
import io.throughline.query.source.MemorySource;
import io.throughline.rules.file.RuleFiles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class GroupEvaluationTest {

  private static final Options OPTIONS = new Options(60_000, 0, 300_000, QueryLimits.DEFAULT,
      Map.of(), "", 60_000);

  private final MemorySource source = new MemorySource();

  private static GroupEvaluation group(String yaml) {
    var read = RuleFiles.parse("rules.yml", "groups:\n- name: g\n" + yaml.indent(2));
    assertThat(read.problems()).isEmpty();
    return new GroupEvaluation(read.groups().getFirst(), OPTIONS);
  }

  private void up(int minute, double value) {
    source.add(Labels.of("__name__", "load", "host", "a"), minute * 60_000L, value);
  }

  private GroupEvaluation.Iteration run(GroupEvaluation group, int minute) {
    return run(group, minute, false);
  }

  private GroupEvaluation.Iteration run(GroupEvaluation group, int minute, boolean partial) {
    var iteration = group.evaluate(minute * 60_000L, source, partial);
    iteration.samples()
        .forEach(sample -> source.add(sample.labels(), sample.timeMs(), sample.value()));
    return iteration;
  }

  /** What each alert is in, by state word and host. */
  private static List<String> alerts(GroupEvaluation group) {
    var shown = new ArrayList<String>();
    for (var rule : group.status().rules()) {
      rule.alerts()
          .forEach(
              alert -> shown.add(alert.state().word() + " " + alert.labels().getOrEmpty("host")));
    }
    return shown;
  }

  private static Map<String, String> written(GroupEvaluation.Iteration iteration) {
    var written = new TreeMap<String, String>();
    iteration.samples()
        .forEach(sample -> written.put(sample.labels().toString(),
            SampleValues.isStale(sample.value()) ? "stale" : Double.toString(sample.value())));
    return written;
  }

  @Test
  void laterRulesSeeWhatEarlierOnesMadeInTheSameIteration() {
    var group = group("""
        rules:
          - {record: a, expr: load * 2}
          - {record: b, expr: a + 1}
          - {alert: High, expr: b > 4}
          - {record: c, expr: 'count(ALERTS{alertname="High"})'}
        """);
    up(1, 2);

    var iteration = group.evaluate(60_000, source, false);

    assertThat(written(iteration)).containsEntry("a{host=\"a\"}", "4.0")
        .containsEntry("b{host=\"a\"}", "5.0")
        .containsEntry("c", "1.0");
  }

  @Test
  void aSeriesThatVanishesGetsOneStaleMarker() {
    var group = group("rules: [{record: a, expr: load > 1}]");
    up(1, 2);
    up(2, 0);
    up(3, 0);

    assertThat(written(run(group, 1))).containsExactly(Map.entry("a{host=\"a\"}", "2.0"));
    assertThat(written(run(group, 2))).containsExactly(Map.entry("a{host=\"a\"}", "stale"));
    assertThat(written(run(group, 3))).isEmpty();
  }

  @Test
  void resultsLieAtTheTimeThatQueriesLookBackTo() {
    var group = group("query_offset: 1m\nrules: [{record: a, expr: load}]");
    up(1, 2);
    up(2, 3);

    var iteration = group.evaluate(120_000, source, false);

    assertThat(iteration.samples()).extracting(RuleSample::timeMs).containsExactly(60_000L);
    assertThat(iteration.samples()).extracting(RuleSample::value).containsExactly(2.0);
  }

  @Test
  void anEvaluationThatFailsResolvesNothingAndIsUnknown() {
    var group = group("""
        rules:
          - {alert: High, expr: load > 1 and on() clean == 1}
        """);
    var one = Labels.of("__name__", "clean", "n", "1");
    for (int minute = 1; minute < 9; minute++) {
      up(minute, 2);
    }
    source.add(one, 60_000, 1);
    run(group, 1);
    assertThat(alerts(group)).containsExactly("firing a");

    var failed = group.fail(120_000, "the store is away");
    source.add(one, 180_000, 1);

    assertThat(alerts(group)).containsExactly("firing a");
    assertThat(group.status().rules().getFirst().unknownSinceMs()).isEqualTo(120_000);
    assertThat(group.status().rules().getFirst().health().word()).isEqualTo("err");
    // Its series are written on: one that ended would read as resolved.
    assertThat(written(failed).keySet()).containsExactly(
        "ALERTS_FOR_STATE{alertname=\"High\", host=\"a\"}",
        "ALERTS{alertname=\"High\", alertstate=\"firing\", host=\"a\"}");
    assertThat(group.toSend(120_000)).singleElement()
        .satisfies(due -> assertThat(due.unknownSinceMs()).isEqualTo(120_000));
    run(group, 3);
    assertThat(group.status().rules().getFirst().unknownSinceMs()).isZero();
    assertThat(group.status().rules().getFirst().lastError()).isEmpty();
  }

  @Test
  void aRuleWhoseQueryFailsKeepsItsAlertsWhileOthersGoOn() {
    var group = group("""
        rules:
          - {alert: High, expr: load * on (host) limit > 1}
          - {record: a, expr: load}
        """);
    up(1, 2);
    up(2, 2);
    var limit = Labels.of("__name__", "limit", "host", "a");
    source.add(limit, 60_000, 1);
    run(group, 1);
    source.add(limit.toBuilder().set("x", "y").build(), 120_000, 1);

    var iteration = run(group, 2);

    assertThat(iteration.failures()).isEqualTo(1);
    assertThat(alerts(group)).containsExactly("firing a");
    assertThat(group.status().rules().getFirst().lastError()).contains("duplicate series");
    assertThat(written(iteration)).containsKey("a{host=\"a\"}");
  }

  @Test
  void aQueryBeyondItsLimitLeavesItsAlertsUnknown() {
    var read = RuleFiles.parse("rules.yml",
        "groups: [{name: g, rules: [{alert: High, expr: load > 1, resolve: load < 1}]}]");
    var group = new GroupEvaluation(read.groups().getFirst(), new Options(60_000, 0, 300_000,
        new QueryLimits(1, 1_000, 1_000_000, Duration.ofMinutes(1)), Map.of(), "", 60_000));
    up(1, 2);
    up(2, 0);
    run(group, 1);
    assertThat(alerts(group)).containsExactly("firing a");
    source.add(Labels.of("__name__", "load", "host", "b"), 120_000, 0);

    var iteration = run(group, 2);

    assertThat(iteration.failures()).isEqualTo(1);
    assertThat(alerts(group)).containsExactly("firing a");
    assertThat(group.status().rules().getFirst().unknownSinceMs()).isEqualTo(120_000);
    assertThat(written(iteration)).doesNotContainValue("stale");
  }

  @Test
  void whileTheStoreLagsNothingEnds() {
    var group = group("rules: [{alert: High, expr: load > 1}, {record: a, expr: load > 1}]");
    up(1, 2);
    up(2, 0);
    run(group, 1);

    var lagging = run(group, 2, true);

    assertThat(alerts(group)).containsExactly("firing a");
    assertThat(written(lagging)).doesNotContainValue("stale");
    var iteration = run(group, 3);
    assertThat(alerts(group)).isEmpty();
    assertThat(written(iteration)).containsEntry("a{host=\"a\"}", "stale");
  }

  @Test
  void anAlertWithAResolveConditionFiresUntilItHolds() {
    var group = group("rules: [{alert: High, expr: load > 8, resolve: load < 5}]");
    for (double value : new double[] {9, 7, 6, 9, 7, 4, 6}) {
      up(minutes++, value);
    }

    var seen = new ArrayList<String>();
    for (int minute = 0; minute < 7; minute++) {
      run(group, minute);
      seen.add(alerts(group).isEmpty() ? "-" : "firing");
    }

    assertThat(seen).containsExactly("firing", "firing", "firing", "firing", "firing", "-", "-");
  }

  private int minutes;

  @Test
  void aResolveConditionEndsOnlyTheAlertsItNames() {
    var group = group("rules: [{alert: High, expr: load > 8, resolve: load < 5}]");
    up(0, 9);
    up(1, 4);
    var other = Labels.of("__name__", "load", "host", "b");
    source.add(other, 0, 9);
    source.add(other, 60_000, 7);
    run(group, 0);

    run(group, 1);

    assertThat(alerts(group)).containsExactly("firing b");
  }

  @Test
  void overItsLimitARuleFailsTakesNothingNewAndResolvesNothing() {
    var group = group("limit: 1\nrules: [{alert: High, expr: load > 1}, {record: a, expr: load}]");
    up(1, 2);
    up(2, 2);
    run(group, 1);
    source.add(Labels.of("__name__", "load", "host", "b"), 120_000, 2);

    var iteration = run(group, 2);

    assertThat(iteration.failures()).isEqualTo(2);
    assertThat(alerts(group)).containsExactly("firing a");
    assertThat(written(iteration)).hasSize(2).doesNotContainValue("stale");
    assertThat(group.status().rules().get(0).unknownSinceMs()).isEqualTo(120_000);
    assertThat(group.status().rules().get(0).lastError())
        .isEqualTo("exceeded limit of 1 with 2 alerts");
    assertThat(group.status().rules().get(1).lastError())
        .isEqualTo("exceeded limit of 1 with 2 series");
  }

  @Test
  void resultsThatWouldShareALabelSetAreAFailure() {
    var group = group("""
        rules:
          - {record: a, expr: load, labels: {host: same}}
          - {alert: High, expr: load, labels: {host: same}}
        """);
    up(1, 2);
    source.add(Labels.of("__name__", "load", "host", "b"), 60_000, 2);

    assertThat(run(group, 1).failures()).isEqualTo(2);
    assertThat(group.status().rules()).extracting(RuleStatus::lastError)
        .containsExactly(
            "vector contains metrics with the same labelset after applying rule labels",
            "vector contains metrics with the same labelset after applying alert labels");
  }

  @Test
  void stateSurvivesItsProcessAndFiresAtTheSameTime() {
    var yaml = """
        rules:
          - {alert: High, expr: load > 1, for: 5m}
          - {alert: Low, expr: load < 9, keep_firing_for: 10m}
        """;
    var log = new HashMap<String, byte[]>();
    var before = group(yaml);
    var state = new GroupState(before);
    for (int minute = 0; minute <= 3; minute++) {
      up(minute, 2);
      run(before, minute);
      state.changes(minute * 60_000L).forEach(log::put);
    }

    var after = group(yaml);
    long evaluatedMs = new GroupState(after).restore(log, 4 * 60_000L, 3_600_000);

    assertThat(evaluatedMs).isEqualTo(180_000);
    assertThat(alerts(after)).containsExactly("pending a", "firing a");
    assertThat(after.status().rules().getFirst().unknownSinceMs()).isEqualTo(180_000);
    assertThat(after.status().rules().getLast().alerts().getFirst().firedAtMs()).isZero();
    for (int minute = 4; minute <= 5; minute++) {
      up(minute, 2);
      run(after, minute);
    }
    assertThat(alerts(after)).containsExactly("firing a", "firing a");
    assertThat(after.status().rules().getFirst().alerts().getFirst().activeAtMs()).isZero();
    assertThat(after.status().rules().getFirst().alerts().getFirst().firedAtMs())
        .isEqualTo(300_000);
  }

  @Test
  void aPendingAlertThatNobodyLookedAtForTooLongIsForgottenButAFiringOneIsNot() {
    var yaml = "rules: [{alert: High, expr: load > 1, for: 5m}, {alert: Low, expr: load < 9}]";
    var log = new HashMap<String, byte[]>();
    var before = group(yaml);
    up(0, 2);
    run(before, 0);
    log.putAll(new GroupState(before).changes(0));

    var after = group(yaml);
    new GroupState(after).restore(log, 2 * 3_600_000L, 3_600_000);

    assertThat(alerts(after)).containsExactly("firing a");
  }

  @Test
  void onlyWhatChangedIsKeptAnew() {
    var group = group("rules: [{alert: High, expr: load > 1}, {record: a, expr: load}]");
    var state = new GroupState(group);
    up(0, 2);
    up(1, 3);
    up(2, 0);

    run(group, 0);
    assertThat(state.changes(0)).containsOnlyKeys("rules.yml;g;High", "rules.yml;g");
    run(group, 1);
    assertThat(state.changes(60_000)).containsOnlyKeys("rules.yml;g");
    run(group, 2);
    assertThat(state.changes(120_000)).containsOnlyKeys("rules.yml;g;High", "rules.yml;g");
  }

  @Test
  void aChangedGroupKeepsTheAlertsOfRulesThatStayAndEndsTheSeriesOfOthers() {
    var before = group("rules: [{alert: High, expr: load > 1}, {record: a, expr: load}]");
    up(0, 2);
    up(1, 2);
    run(before, 0);

    var after = group("rules: [{alert: High, expr: load > 0, for: 1h}]");
    after.inherit(before);
    var iteration = run(after, 1);

    assertThat(alerts(after)).containsExactly("firing a");
    assertThat(written(iteration)).containsEntry("a{host=\"a\"}", "stale");
  }

  @Test
  void receiversHearOfAFiringAlertAgainAndOfItsEndUntilTheyMustHaveHeard() {
    var group = group("rules: [{alert: High, expr: load > 1}]");
    up(10, 2);
    up(11, 2);
    up(12, 0);

    run(group, 10);
    assertThat(group.toSend(600_000)).singleElement()
        .satisfies(due -> assertThat(due.alert().validUntilMs()).isEqualTo(840_000));
    assertThat(group.toSend(630_000)).isEmpty();
    run(group, 11);
    assertThat(group.toSend(660_000)).hasSize(1);
    run(group, 12);
    assertThat(group.toSend(720_000)).singleElement()
        .satisfies(due -> assertThat(due.alert().resolvedAtMs()).isEqualTo(720_000));
    int sent = 0;
    for (int minute = 13; minute < 40; minute++) {
      up(minute, 0);
      run(group, minute);
      sent += group.toSend(minute * 60_000L).size();
    }
    assertThat(sent).isEqualTo(15);
  }
}

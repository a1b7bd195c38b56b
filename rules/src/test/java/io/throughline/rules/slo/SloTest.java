package io.throughline.rules.slo;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.query.engine.QueryLimits;
import io.throughline.query.source.MemorySource;
import io.throughline.rules.Objectives;
import io.throughline.rules.Programs;
import io.throughline.rules.group.GroupEvaluation;
import io.throughline.rules.group.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SloTest {

  private static final Options OPTIONS = new Options(60_000, 0, 300_000, QueryLimits.DEFAULT,
      Map.of(), "", 60_000);

  private static final String AVAILABILITY = """
      apiVersion: openslo/v1
      kind: SLO
      metadata: {name: checkout-works, displayName: Checkout works}
      spec:
        service: shop/checkout
        indicator:
          metadata: {name: ok}
          spec:
            ratioMetric:
              counter: true
              bad: {metricSource: {type: Prometheus, spec: {query: 'requests_total{code=~"5.."}'}}}
              total: {metricSource: {type: Prometheus, spec: {query: 'sum(requests_total)'}}}
        timeWindow: [{duration: 30d, isRolling: true}]
        budgetingMethod: Occurrences
        objectives: [{target: 0.99}]
      """;

  private static final String LATENCY = Objectives.latency("duration_seconds{job=\"a\"}", "30d",
      0.9);

  private final MemorySource source = new MemorySource();

  private static Slo slo(String text) {
    var read = SloFiles.parse("slo.yml", text);
    assertThat(read.problems()).isEmpty();
    assertThat(read.slos()).hasSize(1);
    return read.slos().getFirst();
  }

  private void run(GroupEvaluation group, int minute) {
    var iteration = group.evaluate(minute * 60_000L, source, false);
    assertThat(iteration.failures()).as(group.status().rules().toString()).isZero();
    iteration.samples()
        .forEach(sample -> source.add(sample.labels(), sample.timeMs(), sample.value()));
  }

  private SloStatus status(Slo slo, GroupEvaluation group, int minute) {
    return SloBudgets.read(List.of(slo), source, List.of(group.status()), OPTIONS, minute * 60_000L)
        .getFirst();
  }

  @Test
  void aBudgetBurnsAsFastAsEventsAreBadAndPagesWhenTwoPercentBurnInAnHour() {
    var slo = slo(AVAILABILITY);
    var group = new GroupEvaluation(SloRules.group(slo, 0), OPTIONS);
    double good = 0;
    double bad = 0;
    for (int minute = 0; minute <= 200; minute++) {
      // From minute 90 on, a fifth fails: twenty times what is allowed.
      good += minute < 90 ? 600 : 480;
      bad += minute < 90 ? 0 : 120;
      source.add(Labels.of("__name__", "requests_total", "code", "200"), minute * 60_000L, good);
      if (minute >= 90) {
        source.add(Labels.of("__name__", "requests_total", "code", "500"), minute * 60_000L,
            bad - 120);
      }
      run(group, minute);
      if (minute == 85) {
        var fine = status(slo, group, minute);
        assertThat(fine.reason()).isEmpty();
        assertThat(fine.errorRatio()).isZero();
        assertThat(fine.budgetRemaining()).isEqualTo(1);
        assertThat(fine.alert()).isEmpty();
      }
    }

    var burning = status(slo, group, 200);

    assertThat(burning.burnRates().get("5m")).isCloseTo(20, Offset.offset(0.5));
    assertThat(burning.burnRates().get("1h")).isCloseTo(20, Offset.offset(0.5));
    assertThat(burning.alert()).isEqualTo("page");
    assertThat(burning.errorRatio()).isBetween(0.09, 0.12);
    assertThat(burning.budgetRemaining()).isCloseTo(1 - burning.errorRatio() / 0.01,
        Offset.offset(1e-9));
  }

  @Test
  void aLatencyObjectiveCutsANativeHistogramExactlyAtItsThreshold() {
    var slo = slo(LATENCY);
    assertThat(slo.threshold()).isEqualTo(2);
    var group = new GroupEvaluation(SloRules.group(slo, 0), OPTIONS);
    for (int minute = 0; minute <= 20; minute++) {
      // Buckets (1, 2] and (2, 4] of schema 0: 2 is a bound, so 8 in 10 are below it.
      source.add(Labels.of("__name__", "duration_seconds", "job", "a"), minute * 60_000L,
          new NativeHistogram(true, NativeHistogram.ResetHint.UNKNOWN, 0, 1e-128, 0, 10L * minute,
              20.0 * minute, new int[] {1, 2}, new long[] {8L * minute, 2L * minute}, new int[0],
              new long[0], new double[0]));
      run(group, minute);
    }

    var status = status(slo, group, 20);

    assertThat(status.burnRates().get("5m")).isCloseTo(2, Offset.offset(1e-6));
    assertThat(status.errorRatio()).isCloseTo(0.2, Offset.offset(1e-6));
    assertThat(status.budgetRemaining()).isCloseTo(-1, Offset.offset(1e-6));
  }

  @ParameterizedTest
  @CsvSource({"Timeslices, 0.1, 0.5", "RatioTimeslices, , 0.2"})
  void timeSlicesCountAsAWholeOrByTheirShare(String method, String sliceTarget, double expected) {
    // Every second slice of five minutes has 40 % bad events, among a thousand times as many as the others.
    var slo = slo(AVAILABILITY.replace("Occurrences", method)
        .replace("{target: 0.99}", "{target: 0.9, timeSliceWindow: 5m"
            + (sliceTarget == null ? "" : ", timeSliceTarget: 0.9") + "}"));
    var group = new GroupEvaluation(SloRules.group(slo, 0), OPTIONS);
    assertThat(group.intervalMs()).isEqualTo(300_000);
    double good = 0;
    double bad = 0;
    for (int minute = 0; minute <= 200; minute++) {
      boolean busy = minute / 5 % 2 == 1;
      good += busy ? 60_000 : 100;
      bad += busy ? 40_000 : 0;
      source.add(Labels.of("__name__", "requests_total", "code", "200"), minute * 60_000L, good);
      source.add(Labels.of("__name__", "requests_total", "code", "500"), minute * 60_000L, bad);
      if (minute % 5 == 4) {
        run(group, minute);
      }
    }

    var status = status(slo, group, 199);

    assertThat(status.errorRatio()).isCloseTo(expected, Offset.offset(0.03));
    assertThat(status.budgetRemaining()).isCloseTo(1 - status.errorRatio() / 0.1,
        Offset.offset(1e-9));
  }

  @Test
  void aWindowOfTheCalendarBeginsAtItsTurnByItsZonesClocks() {
    var slo = slo(AVAILABILITY.replace("duration: 30d, isRolling: true",
        "duration: 1M, isRolling: false, calendar: {startTime: 2022-01-31 00:00:00, timeZone: Europe/Berlin}"));
    long nowMs = Instant.parse("2026-03-30T21:59:59Z").toEpochMilli();

    // The 31st of March begins in summer time; February has none, its last day stands for it.
    assertThat(Instant.ofEpochMilli(slo.windowStartMs(nowMs))).isEqualTo("2026-02-27T23:00:00Z");
    assertThat(Instant.ofEpochMilli(slo.nextWindowMs(nowMs))).isEqualTo("2026-03-30T22:00:00Z");
    assertThat(slo.windowStartMs(nowMs + 1000)).isEqualTo(nowMs + 1000);
  }

  @Test
  void whatHappenedBeforeTheWindowOfTheCalendarCountsNoMore() {
    var slo = slo(AVAILABILITY.replace("duration: 30d, isRolling: true",
        "duration: 1d, calendar: {startTime: 2022-01-01}"));
    int midnight = 24 * 60;
    double good = 0;
    double bad = 0;
    GroupEvaluation group = new GroupEvaluation(SloRules.group(slo, 0), OPTIONS);
    for (int minute = midnight - 60; minute <= midnight + 60; minute++) {
      good += 100;
      bad += minute < midnight - 10 ? 100 : 0;
      source.add(Labels.of("__name__", "requests_total", "code", "200"), minute * 60_000L, good);
      source.add(Labels.of("__name__", "requests_total", "code", "500"), minute * 60_000L, bad);
      if (minute == midnight - 1) {
        run(group, minute);
        assertThat(status(slo, group, minute).errorRatio()).isGreaterThan(0.3);
        group = new GroupEvaluation(SloRules.group(slo, midnight * 60_000L), OPTIONS);
      }
      run(group, minute);
    }

    assertThat(status(slo, group, midnight + 60).errorRatio()).isZero();
    assertThat(status(slo, group, midnight + 60).windowStartMs()).isEqualTo(midnight * 60_000L);
  }

  @Test
  void anObjectiveOnASignalCountsWhateverItsBestSourceCallsIt() {
    var signal = "{type: Throughline, spec: {signal: http.server.request.duration}}";
    var slo = slo(
        AVAILABILITY.replace("{type: Prometheus, spec: {query: 'sum(requests_total)'}}", signal)
            .replace("{type: Prometheus, spec: {query: 'requests_total{code=~\"5..\"}'}}",
                signal.replace("duration}", "duration, events: errors}")));
    var group = new GroupEvaluation(SloRules.group(slo, 0), OPTIONS);
    for (int minute = 0; minute <= 10; minute++) {
      // Reported by its framework, and by its sidecar, which ranks first: a fifth fails.
      for (var code : List.of("200", "503")) {
        source.add(Labels.of("__name__", "http_server_requests_seconds_count", "job", "checkout",
            "namespace", "shop", "status", code), minute * 60_000L, minute * 100.0);
        source.add(
            Labels.of("__name__", "http_server_request_duration_seconds", "job", "shop/checkout",
                "http_response_status_code", code),
            minute * 60_000L, histogram(minute * (code.equals("200") ? 8L : 2L), 0));
      }
      run(group, minute);
    }

    assertThat(status(slo, group, 10).burnRates().get("5m")).isCloseTo(20, Offset.offset(1e-6));
  }

  @Test
  void aLatencyObjectiveOnASignalIsInTheSignalsUnit() {
    var slo = slo(LATENCY
        .replace("{type: Prometheus, spec: {query: 'duration_seconds{job=\"a\"}'}}",
            "{type: Throughline, spec: {signal: http.server.request.duration}}")
        .replace("value: 2}", "value: 0.002}"));
    var group = new GroupEvaluation(SloRules.group(slo, 0), OPTIONS);
    for (int minute = 0; minute <= 10; minute++) {
      source.add(Labels.of("__name__", "http_server_duration_milliseconds", "job", "shop/checkout"),
          minute * 60_000L, histogram(minute * 8L, minute * 2L));
      run(group, minute);
    }

    assertThat(status(slo, group, 10).burnRates().get("5m")).isCloseTo(2, Offset.offset(1e-6));
  }

  /** Buckets (1, 2] and (2, 4]. */
  private static NativeHistogram histogram(long upToTwo, long upToFour) {
    return new NativeHistogram(true, NativeHistogram.ResetHint.UNKNOWN, 0, 1e-128, 0,
        upToTwo + upToFour, 2.0 * upToTwo, new int[] {1, 2}, new long[] {upToTwo, upToFour},
        new int[0], new long[0], new double[0]);
  }

  @Test
  void withoutAnyEventNothingIsMeasuredRatherThanZero() {
    var slo = slo(AVAILABILITY);
    var group = new GroupEvaluation(SloRules.group(slo, 0), OPTIONS);
    run(group, 1);

    var status = status(slo, group, 1);

    assertThat(status.reason()).contains("recorded nothing");
    assertThat(status.errorRatio()).isNaN();
  }

  @Test
  void factorsFollowFromTheWindowAndAreNeverBelowOne() {
    var month = SloRules.group(slo(AVAILABILITY), 0).rules().toString();
    var week = SloRules.group(slo(AVAILABILITY.replace("30d", "1w")), 0).rules().toString();

    assertThat(month).contains("rate1h{slo_name=\"checkout-works\"} > 0.144")
        .contains("rate6h{slo_name=\"checkout-works\"} > 0.06")
        .contains("rate1d{slo_name=\"checkout-works\"} > 0.03")
        .contains("rate3d{slo_name=\"checkout-works\"} > 0.01");
    assertThat(week).contains("rate1h{slo_name=\"checkout-works\"} > 0.0336")
        .contains("rate1d{slo_name=\"checkout-works\"} > 0.01");
  }

  @ParameterizedTest
  @CsvSource(textBlock = """
      35d, 0.99,    0.168,     0.07
      7d,  0.9,     0.336,     0.14
      28d, 0.95,    0.672,     0.28
      28d, 0.9,     1.344,     0.56
      30d, 0.999,   0.0144,    0.006
      30d, 0.99999, 0.000144,  6e-05
      1w,  0.9995,  0.00168,   0.0007
      """)
  void limitsAreWrittenInTheDigitsThatAReaderWouldReckon(String window, String target,
      String inAnHour, String inSix) {
    var slo = slo(AVAILABILITY.replace("30d", window).replace("0.99", target));

    var page = SloRules.group(slo, 0)
        .rules()
        .stream()
        .filter(rule -> rule.name().equals("SloBurnsFast"))
        .findFirst()
        .orElseThrow()
        .text();

    assertThat(page).contains("rate1h{slo_name=\"checkout-works\"} > " + inAnHour + " and")
        .contains("rate5m{slo_name=\"checkout-works\"} > " + inAnHour + ")")
        .contains("rate6h{slo_name=\"checkout-works\"} > " + inSix + " and");
  }

  @Test
  void queriesMayMarkTheirRangeAndAnIndicatorMayStandApart() {
    var slo = slo("""
        - apiVersion: openslo/v1
          kind: SLO
          metadata: {name: a}
          spec:
            service: s
            indicatorRef: i
            timeWindow: [{duration: 4w, isRolling: true}]
            budgetingMethod: Occurrences
            objectives: [{targetPercent: 99.9}]
        - apiVersion: openslo/v1
          kind: SLI
          metadata: {name: i}
          spec:
            ratioMetric:
              good: {metricSource: {spec: {query: 'sum(rate(good[{{.window}}]))'}}}
              total: {metricSource: {spec: {query: 'sum(rate(all[{{.window}}]))'}}}
        """);

    assertThat(slo.target()).isEqualTo(0.999);
    assertThat(slo.total("1h")).isEqualTo("sum(rate(all[1h]))");
    assertThat(slo.bad("1h"))
        .isEqualTo("(sum(rate(all[1h]))) - ((sum(rate(good[1h]))) or (sum(rate(all[1h]))) * 0)");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"',
      textBlock = """
          openslo/v1\\n             | openslo/v2\\n              | want openslo/v1
          kind: SLO                 | kind: SLOW                | kind is 'SLOW'
          checkout-works            | Checkout                  | metadata.name is 'Checkout'
          service: shop/checkout    | servic: shop              | field 'servic' is not known
          Occurrences               | Sometimes                 | want Occurrences, Timeslices or RatioTimeslices
          Occurrences               | Timeslices                | timeSliceWindow is ''
          isRolling: true           | isRolling: false          | or a calendar
          isRolling: true           | calendar: {startTime: noon} | calendar wants startTime as
          30d, isRolling: true      | 1Y, calendar: {startTime: 2026-01-01} | want days, weeks, months or one quarter
          {type: Prometheus, spec: {query: 'sum(requests_total)'}} | {type: Throughline, spec: {signal: no.such}} | is not in the catalogue
          {type: Prometheus, spec: {query: 'sum(requests_total)'}} | {type: Throughline, spec: {signal: http.server.request.duration, events: bad}} | want all or errors
          duration: 30d             | duration: 90s             | duration is '90s'
          target: 0.99              | target: 1                 | want target above 0 and below 1
          sum(requests_total)       | max(requests_total)       | want a selector, sum(selector)
          sum(requests_total)       | sum(requests_total        | could not parse expression
          type: Prometheus          | type: Datadog             | metricSource.type is 'Datadog'
          ratioMetric               | ratiometric               | field 'ratiometric' is not known
          {target: 0.99}            | {target: 0.99, timeSliceTarget: 1} | 'timeSliceTarget' is for budgetingMethod Timeslices
          """)
  void aMistakeIsNamedWithItsPlace(String good, String bad, String message) {
    var read = SloFiles.parse("slo.yml",
        AVAILABILITY.replace(good.replace("\\n", "\n"), bad.replace("\\n", "\n")));

    assertThat(read.slos()).isEmpty();
    assertThat(read.problems().toString()).contains("slo.yml:").contains(message);
  }

  @Test
  void invalidFilesOfThePublicDataAreRefused() throws IOException {
    var folder = Programs.publicData("openslo").resolve("bad");
    int checked = 0;

    try (var files = Files.list(folder)) {
      // Whom a policy tells is not read: those that name somebody who is missing are accepted.
      for (var file : files.filter(one -> !one.toString().contains("v1_alert_policies")).toList()) {
        assertThat(SloFiles.read(file).problems()).as(file.toString()).isNotEmpty();
        checked++;
      }
    }

    assertThat(checked).isGreaterThan(5);
  }
}

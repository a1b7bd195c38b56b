package io.throughline.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.query.engine.QueryLimits;
import io.throughline.query.source.MemorySource;
import io.throughline.rules.RulesSettings;
import io.throughline.rules.file.RuleFiles;
import io.throughline.rules.file.RuleGroup;
import io.throughline.rules.group.AlertState;
import io.throughline.rules.group.GroupEvaluation;
import io.throughline.rules.group.Options;
import io.throughline.rules.slo.SloFiles;
import io.throughline.rules.slo.SloRules;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo's own rules over series as its services send them, every ten seconds for eight minutes. */
class DemoRulesTest {

  private static final Options OPTIONS = new Options(60_000, 0, 300_000, QueryLimits.DEFAULT,
      Map.of(), "", 60_000);
  private static final int TURNED = 30;
  private static final int END = 48;

  @TempDir
  private Path data = Path.of("");

  private final MemorySource source = new MemorySource();
  private final List<RuleGroup> groups = new ArrayList<>();

  @BeforeEach
  void read() throws Exception {
    DemoRules.write(data);
    var settings = DemoRules.among(RulesSettings.DEFAULTS.withFiles(List.of("mine.yml")), data);
    assertThat(settings.files()).hasSize(2).startsWith("mine.yml");
    var rules = RuleFiles.read(Path.of(settings.files().getLast()));
    var slos = SloFiles.read(Path.of(settings.slos().getFirst()));
    assertThat(rules.problems()).isEmpty();
    assertThat(slos.problems()).isEmpty();
    groups.addAll(rules.groups());
    slos.slos().forEach(slo -> groups.add(SloRules.group(slo, 0)));
  }

  /** What fires at the end, where from a time on all requests of a service are slow, or answered with a status. */
  private List<String> firing(String service, String status, boolean slow) {
    long[] before = new long[2];
    var evaluations = groups.stream().map(group -> new GroupEvaluation(group, OPTIONS)).toList();
    for (int step = 0; step <= END; step++) {
      long timeMs = step * 10_000L;
      before[0] += step < TURNED ? 100 : 0;
      before[1] += step < TURNED ? 0 : 100;
      add(timeMs, service, "200", before[0] + (status.equals("200") && !slow ? before[1] : 0), 0);
      if (!status.equals("200")) {
        add(timeMs, service, status, before[1], 0);
      } else if (slow) {
        add(timeMs, service, "200", before[0], before[1]);
      }
      for (var evaluation : evaluations) {
        if (timeMs % evaluation.intervalMs() == 0) {
          var iteration = evaluation.evaluate(timeMs, source, false);
          assertThat(iteration.failures()).isZero();
          iteration.samples()
              .forEach(sample -> source.add(sample.labels(), sample.timeMs(), sample.value()));
        }
      }
    }
    return evaluations.stream()
        .flatMap(evaluation -> evaluation.status().rules().stream())
        .flatMap(rule -> rule.alerts().stream())
        .filter(alert -> alert.state() == AlertState.FIRING)
        .map(alert -> alert.labels().get("alertname") + " " + alert.labels().get("job"))
        .sorted(Comparator.naturalOrder())
        .toList();
  }

  /** Up to 64 ms and up to 1.02 s. */
  private void add(long timeMs, String service, String status, long fast, long slow) {
    source.add(
        Labels.of("__name__", "http_server_request_duration_seconds", "job", "shop/" + service,
            "http_response_status_code", status),
        timeMs,
        new NativeHistogram(true, NativeHistogram.ResetHint.UNKNOWN, 0, 1e-128, 0, fast + slow,
            fast * 0.05 + slow, new int[] {-4, 1, 3, 1}, new long[] {fast, slow}, new int[0],
            new long[0], new double[0]));
  }

  @Test
  void whereTheShopIsWellNothingFires() {
    assertThat(firing("checkout", "200", false)).isEmpty();
  }

  @Test
  void aSlowCheckoutFiresAndBurnsItsBudget() {
    assertThat(firing("checkout", "200", true)).containsExactly("SloBurnsFast shop/checkout",
        "SloBurnsSlowly shop/checkout", "SlowAnswers shop/checkout");
  }

  @Test
  void aFrontThatFailsFiresAndBurnsItsBudget() {
    assertThat(firing("web", "500", false)).containsExactly("Failing shop/web",
        "SloBurnsFast shop/web", "SloBurnsSlowly shop/web");
  }
}

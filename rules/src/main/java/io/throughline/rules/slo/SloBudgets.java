package io.throughline.rules.slo;

import io.throughline.model.Labels;
import io.throughline.query.engine.Engine;
import io.throughline.query.engine.QueryBudget;
import io.throughline.query.promql.Parser;
import io.throughline.query.source.SampleSource;
import io.throughline.rules.file.Rule;
import io.throughline.rules.group.AlertState;
import io.throughline.rules.group.GroupStatus;
import io.throughline.rules.group.Options;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads how objectives stand from what their rules have recorded. */
public final class SloBudgets {

  private static final String RECORDED = "{__name__=~\"slo:error_ratio:.+|slo:error_budget:remaining\"}";
  private static final List<String> RANGES = List.of("5m", "30m", "1h", "2h", "6h", "1d", "3d");

  private SloBudgets() {}

  public static List<SloStatus> read(List<Slo> slos, SampleSource source, List<GroupStatus> groups,
      Options options, long nowMs) {
    var recorded = new HashMap<String, Map<String, Double>>();
    var result = Engine.run(
        Engine.Query.instant(RECORDED, Parser.parse(RECORDED), nowMs, options.lookbackMs()), source,
        new QueryBudget(options.limits()));
    for (var series : result.series()) {
      Labels labels = series.labels();
      recorded.computeIfAbsent(labels.getOrEmpty("slo_name"), _ -> new HashMap<>())
          .put(labels.metricName(), series.values()[0]);
    }
    var statuses = new ArrayList<SloStatus>();
    for (var slo : slos) {
      statuses.add(status(slo, recorded.getOrDefault(slo.name(), Map.of()), groups, nowMs));
    }
    return statuses;
  }

  private static SloStatus status(Slo slo, Map<String, Double> recorded, List<GroupStatus> groups,
      long nowMs) {
    var burnRates = new LinkedHashMap<String, Double>();
    for (var range : RANGES) {
      burnRates.put(range,
          recorded.getOrDefault("slo:error_ratio:rate" + range, Double.NaN) / slo.budget());
    }
    double ratio = recorded.getOrDefault("slo:error_ratio:window", Double.NaN);
    double remaining = recorded.getOrDefault("slo:error_budget:remaining", Double.NaN);
    var reason = "";
    if (recorded.isEmpty()) {
      reason = "its rules have recorded nothing within the last minutes: no event was measured, or "
          + "the rules fail (see /api/v1/rules)";
    } else if (Double.isNaN(ratio)) {
      reason = "no event was measured in the objective's window";
    }
    return new SloStatus(slo, reason, ratio, remaining, burnRates, alert(slo, groups),
        slo.windowStartMs(nowMs));
  }

  /** The worst alert that fires. */
  private static String alert(Slo slo, List<GroupStatus> groups) {
    var worst = "";
    for (var group : groups) {
      if (!group.group().file().equals(slo.file())
          || !group.group().name().equals("slo:" + slo.name())) {
        continue;
      }
      for (var rule : group.rules()) {
        if (rule.rule() instanceof Rule.Alerting && rule.state() == AlertState.FIRING) {
          var severity = rule.alerts().getFirst().labels().getOrEmpty("severity");
          worst = worst.equals("page") ? worst : severity;
        }
      }
    }
    return worst;
  }
}

package io.throughline.rules.slo;

import io.throughline.query.promql.Durations;
import io.throughline.query.promql.Numbers;
import io.throughline.query.promql.Parser;
import io.throughline.query.promql.Strings;
import io.throughline.rules.file.Rule;
import io.throughline.rules.file.RuleGroup;
import io.throughline.rules.template.Template;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An objective's rules: error ratios over several windows, what is left of the budget, and two alerts.
 *
 * <pre>
 * slo:bad:rate5m, slo:total:rate5m       events per second
 * slo:error_ratio:rate5m … :rate3d       share of bad events, each window weighted by its traffic
 * slo:error_ratio:window                 the same over the objective's window
 * slo:error_budget:remaining             1 untouched, 0 used up, below 0 overdrawn
 * slo:burn_rate:rate1h                   1 uses the budget up exactly in the window
 * </pre>
 *
 * <p>An alert looks at a long and a short window, so that it neither pages for a blip nor goes on after the end (the SRE
 * workbook's multi-window, multi-burn-rate alerts): <em>page</em> where 2 % of the budget burn in an hour or 5 % in six,
 * <em>ticket</em> where 10 % burn in one day or three. The factors follow from the objective's window and are never below 1,
 * at which a budget just lasts.
 *
 * <p>Up to six hours ratios are computed from the series themselves; longer ones, and those of long expressions, add up what
 * was recorded before. Of time slices {@code slo:slice:bad} is recorded once a slice, and a ratio is its average; slices without
 * events count as none. A window of the calendar begins at a time that is written into its rule, which is made anew at each
 * turn.
 */
public final class SloRules {

  private static final long INTERVAL_MS = 60_000;
  private static final List<String> DIRECT = List.of("5m", "30m", "1h", "2h", "6h");
  private static final List<String> ADDED = List.of("1d", "3d");

  private SloRules() {}

  /**
   * The group of one objective.
   *
   * @param nowMs in which of the calendar's windows it looks
   */
  public static RuleGroup group(Slo slo, long nowMs) {
    var labels = new TreeMap<>(
        Map.of("slo_name", slo.name(), "slo_service", slo.service(), "job", slo.service()));
    var rules = new ArrayList<Rule>();
    boolean sliced = slo.method() != Slo.Method.OCCURRENCES;
    if (sliced) {
      var range = Durations.format(slo.sliceMs());
      var ratio = "(" + slo.bad(range) + ") / ((" + slo.total(range) + ") > 0)";
      record(rules, slo, labels, "slo:slice:bad",
          slo.method() == Slo.Method.TIMESLICES
              ? "(" + ratio + ") > bool " + Numbers.format(slo.sliceBudget())
              : ratio);
    } else {
      record(rules, slo, labels, "slo:bad:rate5m", slo.bad("5m"));
      record(rules, slo, labels, "slo:total:rate5m", slo.total("5m"));
    }
    for (var range : DIRECT) {
      record(rules, slo, labels, "slo:error_ratio:rate" + range,
          sliced || slo.longWay() && !range.equals("5m")
              ? added(slo, range)
              : slo.longWay()
                  ? "slo:bad:rate5m" + named(slo) + " / slo:total:rate5m" + named(slo)
                  : "(" + slo.bad(range) + ") / (" + slo.total(range) + ")");
    }
    for (var range : ADDED) {
      record(rules, slo, labels, "slo:error_ratio:rate" + range, added(slo, range));
    }
    record(rules, slo, labels, "slo:error_ratio:window", window(slo, nowMs));
    var budget = Numbers.format(slo.budget());
    record(rules, slo, labels, "slo:error_budget:remaining",
        "1 - slo:error_ratio:window" + named(slo) + " / " + budget);
    record(rules, slo, labels, "slo:burn_rate:rate1h",
        "slo:error_ratio:rate1h" + named(slo) + " / " + budget);
    rules.add(alert(slo, "SloBurnsFast", "page",
        burns(slo, 0.02, 1, "1h", "5m") + " or " + burns(slo, 0.05, 6, "6h", "30m")));
    rules.add(alert(slo, "SloBurnsSlowly", "ticket",
        burns(slo, 0.10, 24, "1d", "2h") + " or " + burns(slo, 0.10, 72, "3d", "6h")));
    return new RuleGroup(slo.file(), "slo:" + slo.name(), sliced ? slo.sliceMs() : INTERVAL_MS, -1,
        0, rules);
  }

  private static void record(List<Rule> rules, Slo slo, Map<String, String> labels, String name,
      String text) {
    rules.add(new Rule.Recording(name, text, Parser.parse(text), labels, slo.line()));
  }

  private static String named(Slo slo) {
    return "{slo_name=" + Strings.quote(slo.name()) + "}";
  }

  private static String added(Slo slo, String range) {
    if (slo.method() != Slo.Method.OCCURRENCES) {
      // Twice a slice, so that one that is late is not missed.
      boolean tooShort = Durations.parseMillis(range) < 2 * slo.sliceMs();
      return "avg_over_time(slo:slice:bad" + named(slo) + "["
          + (tooShort ? Durations.format(2 * slo.sliceMs()) : range) + "])";
    }
    return "sum(sum_over_time(slo:bad:rate5m" + named(slo) + "[" + range + "])) / sum("
        + "sum_over_time(slo:total:rate5m" + named(slo) + "[" + range + "]))";
  }

  /** The ratio over the objective's window. */
  private static String window(Slo slo, long nowMs) {
    var length = Durations.format(slo.windowMs());
    if (slo.calendar() == null) {
      return added(slo, length);
    }
    var start = Numbers.format(slo.windowStartMs(nowMs) / 1000.0);
    return slo.method() == Slo.Method.OCCURRENCES
        ? "sum(sum_over_time(" + since(slo, "slo:bad:rate5m", start, length, "5m")
            + ")) / sum(sum_over_time(" + since(slo, "slo:total:rate5m", start, length, "5m") + "))"
        : "avg_over_time("
            + since(slo, "slo:slice:bad", start, length, Durations.format(slo.sliceMs())) + ")";
  }

  /** What was recorded since a time, of a range that reaches back before it. */
  private static String since(Slo slo, String name, String start, String length, String step) {
    var recorded = name + named(slo);
    return "(" + recorded + " and (timestamp(" + recorded + ") >= " + start + "))[" + length + ":"
        + step + "]";
  }

  /** True where a share of the budget burns within so many hours, seen over the long and the short range. */
  private static String burns(Slo slo, double share, int hours, String longRange,
      String shortRange) {
    var limit = limit(slo, share, hours);
    return "(slo:error_ratio:rate" + longRange + named(slo) + " > " + limit
        + " and slo:error_ratio:rate" + shortRange + named(slo) + " > " + limit + ")";
  }

  /** In decimal digits, as who reads the rule would reckon: 14 times 0.01 is 0.14, in binary a little less. */
  static String limit(Slo slo, double share, int hours) {
    var factor = BigDecimal.valueOf(share)
        .multiply(BigDecimal.valueOf(slo.windowMs()))
        .divide(BigDecimal.valueOf(hours * 3_600_000L), MathContext.DECIMAL64)
        .max(BigDecimal.ONE);
    var limit = factor.multiply(BigDecimal.valueOf(slo.budget())).round(new MathContext(12));
    return Numbers.format(limit.doubleValue());
  }

  private static Rule alert(Slo slo, String name, String severity, String text) {
    var labels = Map.of("severity", severity, "slo_name", slo.name(), "slo_service", slo.service(),
        "job", slo.service());
    var templates = new TreeMap<String, Template>();
    labels.forEach((label, value) -> templates.put(label, Template.forAlert(name, literal(value))));
    var annotations = new TreeMap<String, Template>();
    annotations.put("summary",
        Template.forAlert(name,
            literal(slo.displayName()) + " of " + literal(slo.service())
                + ": {{ $value | humanizePercentage }} of the "
                + (slo.method() == Slo.Method.OCCURRENCES ? "events" : "time") + " are bad, "
                + Numbers.format(Math.round(slo.budget() * 1e8) / 1e6) + "% are allowed"));
    if (!slo.description().isEmpty()) {
      annotations.put("description", Template.forAlert(name, literal(slo.description())));
    }
    return new Rule.Alerting(name, text, Parser.parse(text), 0, 0, null, templates, annotations,
        slo.line());
  }

  /** A text that a template leaves as it is. */
  private static String literal(String text) {
    return text.replace("{{", "{{ \"{{\" }}");
  }
}

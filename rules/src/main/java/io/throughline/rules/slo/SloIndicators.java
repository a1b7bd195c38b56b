package io.throughline.rules.slo;

import io.throughline.model.yaml.YamlValue;
import io.throughline.query.promql.Aggregation;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Numbers;
import io.throughline.query.promql.ParseFailure;
import io.throughline.query.promql.Parser;
import io.throughline.query.promql.Printer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what an objective counts: from {@code ratioMetric} or {@code thresholdMetric} to rates of bad and of all events. */
final class SloIndicators {

  private static final String SIGNAL_TYPE = "Throughline";
  private static final Set<String> OPERATORS = Set.of("lt", "lte", "gt", "gte");
  private static final Set<String> SLI = Set.of("description", "ratioMetric", "thresholdMetric");
  private static final Set<String> RATIO = Set.of("counter", "good", "bad", "total", "rawType",
      "raw");
  private static final Set<String> THRESHOLD = Set.of("metricSource");
  private static final Set<String> SOURCE = Set.of("metricSourceRef", "type", "spec");
  private static final Set<String> QUERY = Set.of("query");
  private static final Set<String> SIGNAL = Set.of("signal", "service", "source", "events");

  private SloIndicators() {}

  /**
   * Rates as an {@code Slo} has them.
   *
   * @param longWay whether they are of a signal, with all its sources
   */
  record Rates(String bad, String total, double threshold, boolean longWay) {}

  /** Checks an indicator that stands alone. */
  static void check(YamlValue spec) {
    var fields = spec.fields("an indicator", SLI);
    if (fields.containsKey("ratioMetric") == fields.containsKey("thresholdMetric")) {
      spec.wrong("want one of ratioMetric and thresholdMetric");
    }
  }

  /**
   * The rates that an objective counts, or null with what is wrong noted.
   *
   * @param service whose signals are meant where a source names none
   */
  static @Nullable Rates rates(YamlValue spec, YamlValue objective,
      Map<String, YamlValue> objectiveFields, String service) {
    var fields = spec.fields("an indicator", SLI);
    var ratio = fields.get("ratioMetric");
    var threshold = fields.get("thresholdMetric");
    if ((ratio == null) == (threshold == null)) {
      spec.wrong("want one of ratioMetric and thresholdMetric");
      return null;
    }
    if (ratio != null) {
      return ratio(ratio, service);
    }
    return threshold == null ? null : latency(threshold, objective, objectiveFields, service);
  }

  private static @Nullable Rates ratio(YamlValue ratio, String service) {
    var fields = ratio.fields("a ratioMetric", RATIO);
    var good = fields.get("good");
    var bad = fields.get("bad");
    var total = fields.get("total");
    if ((good == null) == (bad == null) || total == null) {
      ratio.wrong("want total and one of good and bad");
      return null;
    }
    var counter = fields.get("counter");
    boolean counts = counter == null || counter.truth("counter");
    var totalRate = rate(total, counts, service);
    var otherRate = rate(good == null ? Objects.requireNonNull(bad) : good, counts, service);
    if (totalRate.isEmpty() || otherRate.isEmpty()) {
      return null;
    }
    // A series that has not appeared yet counts as none of its events.
    var other = "((" + otherRate + ") or (" + totalRate + ") * 0)";
    return new Rates(good == null ? other : "(" + totalRate + ") - " + other, totalRate, Double.NaN,
        isSignal(total));
  }

  private static @Nullable Rates latency(YamlValue threshold, YamlValue objective,
      Map<String, YamlValue> fields, String service) {
    var source = threshold.fields("a thresholdMetric", THRESHOLD).get("metricSource");
    var value = fields.get("value");
    var op = SloFiles.text(fields, "op");
    if (source == null || value == null || op.isEmpty()) {
      objective.wrong("an objective of a thresholdMetric wants metricSource, op and value");
      return null;
    }
    if (!OPERATORS.contains(op)) {
      objective.wrong("op is '" + op + "', want lt, lte, gt or gte");
      return null;
    }
    boolean slowIsBad = op.startsWith("lt");
    double limit = value.number("value");
    if (isSignal(threshold)) {
      var signal = signal(source, service, false);
      return signal == null
          ? null
          : new Rates(signal.beyond(limit, slowIsBad), signal.distribution(), limit, true);
    }
    var query = query(source);
    try {
      if (!(Expr.unwrap(Parser.parse(query)) instanceof Expr.VectorSelector selector)) {
        source.wrong("want a native histogram's selector, got " + query);
        return null;
      }
      var rate = "sum(rate(" + Printer.print(selector) + "[" + Slo.WINDOW + "]))";
      var total = "histogram_count(" + rate + ")";
      var below = "histogram_fraction(-Inf, " + Numbers.format(limit) + ", " + rate + ")";
      return new Rates((slowIsBad ? "(1 - " + below + ")" : below) + " * " + total, total, limit,
          false);
    } catch (ParseFailure wrong) {
      source.wrong("query: could not parse expression: " + wrong.getMessage());
      return null;
    }
  }

  private static boolean isSignal(YamlValue metric) {
    var source = metric.fields("a metric", THRESHOLD).get("metricSource");
    return source != null
        && SloFiles.text(source.fields("a metricSource", SOURCE), "type").equals(SIGNAL_TYPE);
  }

  private static Map<String, YamlValue> signalFields(YamlValue source) {
    var spec = source.fields("a metricSource", SOURCE).get("spec");
    return spec == null ? Map.of() : spec.fields("a " + SIGNAL_TYPE + " source", SIGNAL);
  }

  private static String events(YamlValue source) {
    return SloFiles.text(signalFields(source), "events");
  }

  /** @param counted whether events are counted rather than cut at a threshold */
  private static @Nullable SignalRates signal(YamlValue source, String service, boolean counted) {
    var fields = signalFields(source);
    var events = events(source);
    if (!List.of("", "all", "errors").contains(events) || !counted && !events.isEmpty()) {
      source.wrong("events is '" + events + "', want "
          + (counted ? "all or errors" : "none where a threshold cuts"));
      return null;
    }
    var named = SloFiles.text(fields, "service");
    var rates = SignalRates.of(SloFiles.text(fields, "signal"), named.isEmpty() ? service : named,
        SloFiles.text(fields, "source"), source::wrong);
    if (rates != null && !counted && !rates.isDistribution()) {
      source.wrong("signal '" + SloFiles.text(fields, "signal") + "' is no histogram");
      return null;
    }
    return rates;
  }

  private static String query(YamlValue source) {
    var fields = source.fields("a metricSource", SOURCE);
    var type = SloFiles.text(fields, "type");
    if (!type.isEmpty() && !type.equalsIgnoreCase("prometheus")) {
      source.wrong("metricSource.type is '" + type + "', want Prometheus or " + SIGNAL_TYPE);
    }
    var spec = fields.get("spec");
    var query = spec == null
        ? ""
        : SloFiles.text(spec.fields("a Prometheus source", QUERY), "query");
    if (query.isEmpty()) {
      source.wrong("metricSource wants spec.query");
    }
    return query;
  }

  /** The events' rate as one number, with the window's mark in its range; "" with a problem noted where it is none. */
  private static String rate(YamlValue value, boolean counter, String service) {
    var source = value.fields("a metric", THRESHOLD).get("metricSource");
    if (source == null) {
      value.wrong("metricSource is missing");
      return "";
    }
    if (isSignal(value)) {
      var signal = signal(source, service, true);
      return signal == null
          ? ""
          : events(source).equals("errors") ? signal.errors() : signal.total();
    }
    var query = query(source);
    if (query.isEmpty()) {
      return "";
    }
    try {
      if (query.contains(Slo.WINDOW)) {
        Parser.parse(query.replace(Slo.WINDOW, "5m"));
        return query;
      }
      var function = counter ? "rate" : "sum_over_time";
      var expr = Expr.unwrap(Parser.parse(query));
      if (expr instanceof Expr.Aggregate sum && sum.operation() == Aggregation.SUM
          && sum.grouping().isEmpty()) {
        expr = Expr.unwrap(sum.inner());
      }
      if (expr instanceof Expr.VectorSelector selector) {
        return "sum(" + function + "(" + Printer.print(selector) + "[" + Slo.WINDOW + "]))";
      }
      source.wrong("want a selector, sum(selector), or an expression with " + Slo.WINDOW
          + " as range, got " + query);
    } catch (ParseFailure wrong) {
      source.wrong("query: could not parse expression: " + wrong.getMessage());
    }
    return "";
  }
}

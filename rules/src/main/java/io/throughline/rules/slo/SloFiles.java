package io.throughline.rules.slo;

import io.throughline.model.yaml.Problem;
import io.throughline.model.yaml.YamlDocument;
import io.throughline.model.yaml.YamlValue;
import io.throughline.query.promql.Aggregation;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.Numbers;
import io.throughline.query.promql.ParseFailure;
import io.throughline.query.promql.Parser;
import io.throughline.query.promql.Printer;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads OpenSLO v1, strictly. Objects stand in documents of their own or in a list.
 *
 * <pre>
 * apiVersion: openslo/v1
 * kind: SLO
 * metadata: {name: checkout-latency}
 * spec:
 *   service: shop/checkout
 *   indicator:                       # or indicatorRef: an SLI of the same file
 *     metadata: {name: fast}
 *     spec:
 *       thresholdMetric:             # or ratioMetric with good or bad, and total
 *         metricSource:
 *           type: Prometheus
 *           spec: {query: 'http_server_request_duration_seconds{job="shop/checkout"}'}
 *   timeWindow: [{duration: 30d, isRolling: true}]
 *   budgetingMethod: Occurrences
 *   objectives: [{target: 0.99, op: lte, value: 0.3}]
 * </pre>
 *
 * A query of a {@code ratioMetric} is a counter's selector, {@code sum(selector)}, or any expression that holds {@code
 * {{.window}}} where a range belongs. That of a {@code thresholdMetric} selects a native histogram, which is cut exactly at
 * the objective's {@code value}. Calendar windows and time slices are refused by name.
 */
public final class SloFiles {

  private static final Set<String> KINDS = Set.of("SLO", "SLI", "Service", "DataSource",
      "AlertPolicy", "AlertCondition", "AlertNotificationTarget");
  private static final Set<String> OBJECT = Set.of("apiVersion", "kind", "metadata", "spec");
  private static final Set<String> METADATA = Set.of("name", "displayName", "labels",
      "annotations");
  private static final Set<String> SLO = Set.of("description", "service", "indicator",
      "indicatorRef", "timeWindow", "budgetingMethod", "objectives", "alertPolicies");
  private static final Set<String> SERVICE = Set.of("description");
  private static final Set<String> INDICATOR = Set.of("metadata", "spec");
  private static final Set<String> SLI = Set.of("description", "ratioMetric", "thresholdMetric");
  private static final Set<String> RATIO = Set.of("counter", "good", "bad", "total", "rawType",
      "raw");
  private static final Set<String> THRESHOLD = Set.of("metricSource");
  private static final Set<String> SOURCE = Set.of("metricSourceRef", "type", "spec");
  private static final Set<String> QUERY = Set.of("query");
  private static final Set<String> WINDOW = Set.of("duration", "isRolling", "calendar");
  private static final Set<String> OBJECTIVE = Set.of("displayName", "op", "value", "target",
      "targetPercent", "timeSliceTarget", "timeSliceWindow", "compositeWeight", "indicator",
      "indicatorRef");
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
  private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,4})([mhdwMQY])");

  private final YamlDocument document;
  private final Map<String, YamlValue> indicators = new HashMap<>();
  private final List<Slo> slos = new ArrayList<>();

  /** What a file holds, or what is wrong with it: one of the lists is empty. */
  public record Read(List<Slo> slos, List<Problem> problems) {}

  private SloFiles(YamlDocument document) {
    this.document = document;
  }

  /** Reads a file; one that cannot be read is a problem too. */
  public static Read read(Path file) {
    try {
      return parse(file.toString(), Files.readString(file));
    } catch (IOException unreadable) {
      return new Read(List.of(), List.of(new Problem(file.toString(), 0, 0, "cannot be read: "
          + unreadable)));
    }
  }

  /** Reads a file's text. */
  public static Read parse(String file, String text) {
    var document = YamlDocument.all(file, text);
    var reader = new SloFiles(document);
    var objects = new ArrayList<YamlValue>();
    for (var root : document.roots()) {
      if (root.isList()) {
        objects.addAll(root.items("objects"));
      } else if (!root.isNothing()) {
        objects.add(root);
      }
    }
    objects.forEach(reader::collect);
    objects.forEach(reader::object);
    return document.problems().isEmpty()
        ? new Read(reader.slos, List.of())
        : new Read(List.of(), List.copyOf(document.problems()));
  }

  /** Indicators first: an SLO may name one that stands after it. */
  private void collect(YamlValue object) {
    if (!object.isMapping()) {
      return;
    }
    var fields = object.entries("an OpenSLO object");
    if (text(fields, "kind").equals("SLI")) {
      var metadata = fields.get("metadata");
      var spec = fields.get("spec");
      if (metadata != null && spec != null) {
        indicators.put(text(metadata.entries("metadata"), "name"), spec);
      }
    }
  }

  private void object(YamlValue object) {
    int before = document.problems().size();
    var fields = object.fields("an OpenSLO object", OBJECT);
    var version = text(fields, "apiVersion");
    var kind = text(fields, "kind");
    if (!version.equals("openslo/v1")) {
      object.wrong("apiVersion is '" + version + "', want openslo/v1");
      return;
    }
    if (!KINDS.contains(kind)) {
      object.wrong("kind is '" + kind + "', want one of " + String.join(", ", KINDS.stream()
          .sorted()
          .toList()));
      return;
    }
    var name = name(object, fields.get("metadata"));
    var spec = fields.get("spec");
    if (spec == null) {
      object.wrong(kind + " " + name + " has no spec");
      return;
    }
    switch (kind) {
      case "SLO" -> {
        if (document.problems().size() == before) {
          slo(object, name, fields, spec);
        }
      }
      case "SLI" -> indicator(spec);
      case "Service" -> spec.fields("a service", SERVICE);
      // Who is told, and how, is Alertmanager's to say; these are read so that a shared file is accepted.
      default -> spec.entries(kind);
    }
  }

  private static String name(YamlValue object, @Nullable YamlValue metadata) {
    if (metadata == null) {
      object.wrong("metadata is missing");
      return "";
    }
    var name = text(metadata.fields("metadata", METADATA), "name");
    if (!NAME.matcher(name).matches()) {
      metadata.wrong("metadata.name is '" + name
          + "', want up to 63 of a-z, 0-9 and -, not at the ends");
    }
    return name;
  }

  private void slo(YamlValue object, String name, Map<String, YamlValue> head, YamlValue value) {
    var fields = value.fields("an SLO", SLO);
    var service = text(fields, "service");
    if (service.isEmpty()) {
      value.wrong("service is missing");
    }
    var method = text(fields, "budgetingMethod");
    if (!method.equals("Occurrences")) {
      value.wrong("budgetingMethod is '" + method + "', only Occurrences is supported");
    }
    long windowMs = window(value, fields.get("timeWindow"));
    var spec = indicatorOf(value, fields);
    if (spec == null) {
      return;
    }
    var objectives = fields.get("objectives");
    var list = objectives == null ? List.<YamlValue>of() : objectives.items("objectives");
    if (list.isEmpty()) {
      value.wrong("objectives is missing or empty");
    }
    var metadata = head.get("metadata");
    var display = metadata == null ? "" : text(metadata.entries("metadata"), "displayName");
    for (int i = 0; i < list.size(); i++) {
      var objective = list.get(i).fields("an objective", OBJECTIVE);
      double target = target(list.get(i), objective);
      var rates = rates(spec, list.get(i), objective);
      if (rates != null) {
        slos.add(new Slo(document.file(), object.line(), list.size() == 1
            ? name
            : name + "-" + (i + 1), display.isEmpty() ? name : display, service, text(fields,
                "description"), target, windowMs, rates.threshold, rates.bad, rates.total));
      }
    }
  }

  private @Nullable YamlValue indicatorOf(YamlValue slo, Map<String, YamlValue> fields) {
    var inline = fields.get("indicator");
    var ref = text(fields, "indicatorRef");
    if ((inline == null) == ref.isEmpty()) {
      slo.wrong("want one of indicator and indicatorRef");
      return null;
    }
    if (inline != null) {
      var spec = inline.fields("an indicator", INDICATOR).get("spec");
      if (spec == null) {
        inline.wrong("an indicator wants a spec");
      }
      return spec;
    }
    var found = indicators.get(ref);
    if (found == null) {
      fields.getOrDefault("indicatorRef", slo).wrong("there is no SLI '" + ref + "' in this file");
    }
    return found;
  }

  private static long window(YamlValue slo, @Nullable YamlValue value) {
    var windows = value == null ? List.<YamlValue>of() : value.items("timeWindow");
    if (windows.size() != 1) {
      slo.wrong("want timeWindow as a list of one window");
      return 0;
    }
    var fields = windows.getFirst().fields("a time window", WINDOW);
    var rolling = fields.get("isRolling");
    if (fields.containsKey("calendar") || rolling == null || !rolling.truth("isRolling")) {
      windows.getFirst()
          .wrong("calendar windows are not supported, want isRolling: true without calendar");
    }
    var text = text(fields, "duration");
    var match = DURATION.matcher(text);
    if (!match.matches()) {
      windows.getFirst().wrong("duration is '" + text + "', want one such as 28d or 4w");
      return 0;
    }
    long hours = switch (match.group(2)) {
      case "h" -> 1;
      case "d" -> 24;
      case "w" -> 168;
      case "M" -> 30 * 24;
      case "Q" -> 90 * 24;
      case "Y" -> 365 * 24;
      default -> 0;
    };
    long windowMs = Long.parseLong(match.group(1)) * hours * 3_600_000;
    if (windowMs < 24 * 3_600_000L || windowMs > 366L * 24 * 3_600_000) {
      windows.getFirst().wrong("duration is '" + text + "', want one day to one year");
    }
    return windowMs;
  }

  private static double target(YamlValue objective, Map<String, YamlValue> fields) {
    var target = fields.get("target");
    var percent = fields.get("targetPercent");
    double wanted = target != null
        ? target.number("target")
        : percent != null
            ? percent(percent.number("targetPercent"))
            : Double.NaN;
    if (!(wanted > 0 && wanted < 1)) {
      objective.wrong("want target above 0 and below 1, or targetPercent above 0 and below 100");
    }
    for (var name : List.of("timeSliceTarget", "timeSliceWindow", "indicator", "indicatorRef",
        "compositeWeight")) {
      var value = fields.get(name);
      if (value != null) {
        value.wrong("'" + name
            + "' is not supported: objectives count occurrences of one indicator");
      }
    }
    return wanted;
  }

  /** In decimal: a hundredth of 99.9 in binary is not 0.999. */
  private static double percent(double percent) {
    return Double.isFinite(percent)
        ? BigDecimal.valueOf(percent).movePointLeft(2).doubleValue()
        : Double.NaN;
  }

  private record Rates(String bad, String total, double threshold) {}

  private void indicator(YamlValue spec) {
    var fields = spec.fields("an indicator", SLI);
    if (fields.containsKey("ratioMetric") == fields.containsKey("thresholdMetric")) {
      spec.wrong("want one of ratioMetric and thresholdMetric");
    }
  }

  private @Nullable Rates rates(YamlValue spec, YamlValue objective,
      Map<String, YamlValue> objectiveFields) {
    var fields = spec.fields("an indicator", SLI);
    var ratio = fields.get("ratioMetric");
    var threshold = fields.get("thresholdMetric");
    if ((ratio == null) == (threshold == null)) {
      spec.wrong("want one of ratioMetric and thresholdMetric");
      return null;
    }
    if (ratio != null) {
      return ratio(ratio);
    }
    return threshold == null ? null : latency(threshold, objective, objectiveFields);
  }

  private static @Nullable Rates ratio(YamlValue ratio) {
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
    var totalRate = rate(total, counts);
    var otherRate = rate(good == null ? Objects.requireNonNull(bad) : good, counts);
    if (totalRate.isEmpty() || otherRate.isEmpty()) {
      return null;
    }
    // A series that has not appeared yet counts as none of its events.
    var other = "((" + otherRate + ") or (" + totalRate + ") * 0)";
    return new Rates(good == null ? other : "(" + totalRate + ") - " + other, totalRate,
        Double.NaN);
  }

  private static @Nullable Rates latency(YamlValue threshold, YamlValue objective,
      Map<String, YamlValue> fields) {
    var source = threshold.fields("a thresholdMetric", THRESHOLD).get("metricSource");
    var query = source == null ? "" : query(source);
    var value = fields.get("value");
    var op = text(fields, "op");
    if (source == null || value == null || op.isEmpty()) {
      objective.wrong("an objective of a thresholdMetric wants metricSource, op and value");
      return null;
    }
    double limit = value.number("value");
    try {
      if (!(Expr.unwrap(Parser.parse(query)) instanceof Expr.VectorSelector selector)) {
        source.wrong("want a native histogram's selector, got " + query);
        return null;
      }
      var rate = "sum(rate(" + Printer.print(selector) + "[" + Slo.WINDOW + "]))";
      var total = "histogram_count(" + rate + ")";
      var below = "histogram_fraction(-Inf, " + Numbers.format(limit) + ", " + rate + ")";
      return switch (op) {
        case "lt", "lte" -> new Rates("(1 - " + below + ") * " + total, total, limit);
        case "gt", "gte" -> new Rates(below + " * " + total, total, limit);
        default -> {
          objective.wrong("op is '" + op + "', want lt, lte, gt or gte");
          yield null;
        }
      };
    } catch (ParseFailure wrong) {
      source.wrong("query: could not parse expression: " + wrong.getMessage());
      return null;
    }
  }

  private static String query(YamlValue source) {
    var fields = source.fields("a metricSource", SOURCE);
    var type = text(fields, "type");
    if (!type.isEmpty() && !type.equalsIgnoreCase("prometheus")) {
      source.wrong("metricSource.type is '" + type + "', want Prometheus");
    }
    var spec = fields.get("spec");
    var query = spec == null ? "" : text(spec.fields("a Prometheus source", QUERY), "query");
    if (query.isEmpty()) {
      source.wrong("metricSource wants spec.query");
    }
    return query;
  }

  /** The events' rate as one number, with the window's mark in its range; "" with a problem noted where it is none. */
  private static String rate(YamlValue value, boolean counter) {
    var source = value.fields("a metric", THRESHOLD).get("metricSource");
    if (source == null) {
      value.wrong("metricSource is missing");
      return "";
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
      if (expr instanceof Expr.Aggregate sum && sum.operation() == Aggregation.SUM && sum.grouping()
          .isEmpty()) {
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

  private static String text(Map<String, YamlValue> fields, String name) {
    var value = fields.get(name);
    return value == null || value.isMapping() || value.isList() ? "" : value.text(name);
  }
}

package io.throughline.rules.unit;

import io.throughline.model.Labels;
import io.throughline.model.yaml.Problem;
import io.throughline.model.yaml.YamlDocument;
import io.throughline.model.yaml.YamlValue;
import io.throughline.query.promql.Durations;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.ParseFailure;
import io.throughline.query.promql.Parser;
import io.throughline.rules.unit.SeriesNotation.Value;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A file of unit tests.
 *
 * @param ruleFiles paths or globs, relative to the file's folder
 * @param fuzzy whether numbers may differ in their last bits
 */
record UnitTestFile(List<String> ruleFiles, long evaluationIntervalMs, List<String> groupOrder,
    List<UnitTest> tests, boolean fuzzy, List<Problem> problems) {

  /** A file larger than this is not read. */
  private static final long MOST_BYTES = 64L << 20;

  private static final long STANDARD_INTERVAL_MS = 60_000;

  private static final Set<String> FILE = Set.of("rule_files", "evaluation_interval",
      "group_eval_order", "tests", "fuzzy_compare");
  private static final Set<String> TEST = Set.of("interval", "input_series", "name",
      "alert_rule_test", "promql_expr_test", "external_labels", "external_url", "start_timestamp");
  private static final Set<String> SERIES = Set.of("series", "values");
  private static final Set<String> ALERTS = Set.of("eval_time", "alertname", "exp_alerts");
  private static final Set<String> ALERT = Set.of("exp_labels", "exp_annotations");
  private static final Set<String> EXPR = Set.of("expr", "eval_time", "exp_samples");
  private static final Set<String> SAMPLE = Set.of("labels", "value", "histogram");

  record UnitTest(String name, long intervalMs, long startMs, List<Series> series,
      List<AlertTest> alerts, List<ExprTest> exprs, Map<String, String> externalLabels,
      String externalUrl) {

    /** When the last test looks. */
    long lastMs() {
      long last = startMs;
      for (var test : alerts) {
        last = Math.max(last, test.timeMs());
      }
      for (var test : exprs) {
        last = Math.max(last, test.timeMs());
      }
      return last;
    }
  }

  record Series(Labels labels, List<@Nullable Value> values) {}

  record AlertTest(long timeMs, String name, List<ExpectedAlert> expected) {}

  record ExpectedAlert(Map<String, String> labels, Map<String, String> annotations) {}

  record ExprTest(String text, Expr expr, long timeMs, List<ExpectedSample> expected) {}

  record ExpectedSample(Labels labels, Value value) {}

  /** Reads a file; one that cannot be read is a problem too. */
  static UnitTestFile read(Path file) {
    var document = YamlDocument.first(file, MOST_BYTES);
    var root = document.root();
    var ruleFiles = new ArrayList<String>();
    var order = new ArrayList<String>();
    var tests = new ArrayList<UnitTest>();
    long intervalMs = STANDARD_INTERVAL_MS;
    boolean fuzzy = false;
    if (root != null) {
      var fields = root.fields("a file of unit tests", FILE);
      items(fields, "rule_files").forEach(item -> ruleFiles.add(item.text("rule_files")));
      items(fields, "group_eval_order").forEach(item -> order.add(item.text("group_eval_order")));
      long given = duration(fields, "evaluation_interval");
      intervalMs = given == 0 ? intervalMs : given;
      var fuzzyField = fields.get("fuzzy_compare");
      fuzzy = fuzzyField != null && fuzzyField.truth("fuzzy_compare");
      for (var item : items(fields, "tests")) {
        tests.add(test(item, intervalMs));
      }
    }
    return new UnitTestFile(ruleFiles, intervalMs, order, tests, fuzzy,
        List.copyOf(document.problems()));
  }

  private static UnitTest test(YamlValue item, long evaluationIntervalMs) {
    var fields = item.fields("a test", TEST);
    long intervalMs = duration(fields, "interval");
    intervalMs = intervalMs == 0 ? evaluationIntervalMs : intervalMs;
    long startMs = start(fields.get("start_timestamp"));
    var series = new ArrayList<Series>();
    for (var one : items(fields, "input_series")) {
      var parts = one.fields("a series", SERIES);
      try {
        series.add(new Series(SeriesNotation.labels(text(parts, "series")),
            SeriesNotation.values(text(parts, "values"))));
      } catch (IllegalArgumentException wrong) {
        one.wrong(String.valueOf(wrong.getMessage()));
      }
    }
    var alerts = new ArrayList<AlertTest>();
    for (var one : items(fields, "alert_rule_test")) {
      var parts = one.fields("an alert test", ALERTS);
      var expected = new ArrayList<ExpectedAlert>();
      for (var alert : items(parts, "exp_alerts")) {
        var wanted = alert.fields("an expected alert", ALERT);
        expected
            .add(new ExpectedAlert(texts(wanted, "exp_labels"), texts(wanted, "exp_annotations")));
      }
      var name = text(parts, "alertname");
      if (name.isEmpty()) {
        one.wrong("an alert test wants field 'alertname'");
      }
      alerts.add(new AlertTest(startMs + duration(parts, "eval_time"), name, expected));
    }
    var exprs = new ArrayList<ExprTest>();
    for (var one : items(fields, "promql_expr_test")) {
      var test = exprTest(one, startMs);
      if (test != null) {
        exprs.add(test);
      }
    }
    return new UnitTest(text(fields, "name"), intervalMs, startMs, series, alerts, exprs,
        texts(fields, "external_labels"), text(fields, "external_url"));
  }

  private static @Nullable ExprTest exprTest(YamlValue item, long startMs) {
    var parts = item.fields("an expression test", EXPR);
    var expected = new ArrayList<ExpectedSample>();
    for (var one : items(parts, "exp_samples")) {
      var fields = one.fields("an expected sample", SAMPLE);
      try {
        var labels = text(fields, "labels");
        var histogram = text(fields, "histogram").strip();
        var value = fields.get("value");
        if (!histogram.isEmpty() && !(histogram.startsWith("{{") && histogram.endsWith("}}"))) {
          throw new IllegalArgumentException("want histogram as {{…}}, got " + histogram);
        }
        expected
            .add(new ExpectedSample(labels.isEmpty() ? Labels.EMPTY : SeriesNotation.labels(labels),
                new Value(value == null ? 0 : value.number("value"), histogram.isEmpty()
                    ? null
                    : SeriesNotation.histogram(histogram.substring(2, histogram.length() - 2)))));
      } catch (IllegalArgumentException wrong) {
        one.wrong(String.valueOf(wrong.getMessage()));
      }
    }
    var text = text(parts, "expr");
    try {
      return new ExprTest(text, Parser.parse(text), startMs + duration(parts, "eval_time"),
          expected);
    } catch (ParseFailure wrong) {
      item.wrong("expr " + text + ": " + wrong.getMessage());
      return null;
    }
  }

  private static long start(@Nullable YamlValue value) {
    if (value == null || value.isNothing()) {
      return 0;
    }
    var text = value.text("start_timestamp");
    try {
      return text.chars().allMatch(c -> c >= '0' && c <= '9')
          ? Long.parseLong(text) * 1000
          : OffsetDateTime.parse(text).toInstant().toEpochMilli();
    } catch (NumberFormatException | DateTimeException _) {
      value.wrong(
          "start_timestamp: want seconds since 1970 or an RFC 3339 time, got '" + text + "'");
      return 0;
    }
  }

  private static List<YamlValue> items(Map<String, YamlValue> fields, String name) {
    var value = fields.get(name);
    return value == null ? List.of() : value.items(name);
  }

  private static String text(Map<String, YamlValue> fields, String name) {
    var value = fields.get(name);
    return value == null ? "" : value.text(name);
  }

  private static long duration(Map<String, YamlValue> fields, String name) {
    var value = fields.get(name);
    return value == null ? 0 : value.durationMs(name, Durations::parseMillis);
  }

  private static Map<String, String> texts(Map<String, YamlValue> fields, String name) {
    var texts = new TreeMap<String, String>();
    var value = fields.get(name);
    if (value != null) {
      value.entries(name).forEach((key, one) -> texts.put(key, one.text(name + "." + key)));
    }
    return texts;
  }

  static String time(long millis) {
    return Durations.format(millis);
  }
}

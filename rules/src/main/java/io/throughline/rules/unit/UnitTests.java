package io.throughline.rules.unit;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.query.engine.Engine;
import io.throughline.query.engine.EvaluationFailure;
import io.throughline.query.engine.FloatHistogram;
import io.throughline.query.engine.QueryBudget;
import io.throughline.query.engine.QueryLimits;
import io.throughline.query.promql.Numbers;
import io.throughline.query.source.MemorySource;
import io.throughline.rules.file.RuleFiles;
import io.throughline.rules.file.RuleGroup;
import io.throughline.rules.group.AlertState;
import io.throughline.rules.group.GroupEvaluation;
import io.throughline.rules.group.Options;
import io.throughline.rules.unit.SeriesNotation.Value;
import io.throughline.rules.unit.UnitTestFile.AlertTest;
import io.throughline.rules.unit.UnitTestFile.ExprTest;
import io.throughline.rules.unit.UnitTestFile.UnitTest;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Runs files of unit tests as promtool does: rules are evaluated at each evaluation interval from the start to the last
 * time that is asked for, with the series known up to each; what fires and what expressions yield is compared.
 */
public final class UnitTests {

  private static final long LOOKBACK_MS = 300_000;
  private static final int MOST_EVALUATIONS = 1_000_000;

  private final UnitTestFile file;
  private final List<RuleGroup> groups;
  private final List<String> failures = new ArrayList<>();

  private UnitTests(UnitTestFile file, List<RuleGroup> groups) {
    this.file = file;
    this.groups = groups;
  }

  /** Runs the tests of a file; empty where all hold, else what does not. */
  public static List<String> run(Path path) {
    var file = UnitTestFile.read(path);
    if (!file.problems().isEmpty()) {
      return file.problems().stream().map(Object::toString).toList();
    }
    var groups = new ArrayList<RuleGroup>();
    var problems = new ArrayList<String>();
    for (var pattern : file.ruleFiles()) {
      try {
        for (var ruleFile : matching(path, pattern)) {
          var read = RuleFiles.read(ruleFile);
          read.problems().forEach(problem -> problems.add(problem.toString()));
          groups.addAll(read.groups());
        }
      } catch (IOException unreadable) {
        problems.add(pattern + ": cannot be read: " + unreadable);
      }
    }
    if (!problems.isEmpty()) {
      return problems;
    }
    var tests = new UnitTests(file, ordered(groups, file.groupOrder()));
    file.tests().forEach(tests::run);
    return tests.failures;
  }

  private static List<Path> matching(Path testFile, String pattern) throws IOException {
    var parent = testFile.toAbsolutePath().getParent();
    var path = Path.of(pattern);
    var absolute = path.isAbsolute() || parent == null ? path : parent.resolve(path).normalize();
    if (pattern.indexOf('*') < 0 && pattern.indexOf('?') < 0 && pattern.indexOf('[') < 0) {
      return List.of(absolute);
    }
    var folder = absolute.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      return List.of();
    }
    var matcher = FileSystems.getDefault().getPathMatcher("glob:" + absolute);
    try (var entries = Files.list(folder)) {
      return entries.filter(matcher::matches).sorted().toList();
    }
  }

  private static List<RuleGroup> ordered(List<RuleGroup> groups, List<String> order) {
    var sorted = new ArrayList<>(groups);
    sorted.sort(Comparator.comparingInt(group -> {
      int at = order.indexOf(group.name());
      return at < 0 ? order.size() : at;
    }));
    return sorted;
  }

  private void run(UnitTest test) {
    var options = new Options(file.evaluationIntervalMs(), 0, LOOKBACK_MS, QueryLimits.DEFAULT,
        test.externalLabels(), test.externalUrl(), 60_000);
    var source = new MemorySource();
    var evaluations = groups.stream().map(group -> new GroupEvaluation(group, options)).toList();
    long stepMs = file.evaluationIntervalMs();
    if ((test.lastMs() - test.startMs()) / stepMs > MOST_EVALUATIONS) {
      failures.add(name(test) + "more than " + MOST_EVALUATIONS + " evaluations");
      return;
    }
    var loaded = new int[test.series().size()];
    for (long timeMs = test.startMs(); timeMs <= test.lastMs(); timeMs += stepMs) {
      load(test, loaded, source, timeMs);
      if (!evaluate(test, evaluations, source, timeMs)) {
        return;
      }
      for (var alerts : test.alerts()) {
        if (timeMs <= alerts.timeMs() && alerts.timeMs() < timeMs + stepMs) {
          compare(test, alerts, evaluations);
        }
      }
    }
    for (var expr : test.exprs()) {
      compare(test, expr, source);
    }
  }

  private static void load(UnitTest test, int[] loaded, MemorySource source, long untilMs) {
    for (int i = 0; i < loaded.length; i++) {
      var series = test.series().get(i);
      while (loaded[i] < series.values().size()) {
        long timeMs = test.startMs() + loaded[i] * test.intervalMs();
        if (timeMs > untilMs) {
          break;
        }
        var value = series.values().get(loaded[i]++);
        if (value != null) {
          add(source, series.labels(), timeMs, value.number(), value.histogram());
        }
      }
    }
  }

  private static void add(MemorySource source, Labels labels, long timeMs, double value,
      io.throughline.model.@Nullable NativeHistogram histogram) {
    if (histogram == null) {
      source.add(labels, timeMs, value);
    } else {
      source.add(labels, timeMs, histogram);
    }
  }

  /** False if a rule failed: then the rest of the test would only repeat that. */
  private boolean evaluate(UnitTest test, List<GroupEvaluation> evaluations, MemorySource source,
      long timeMs) {
    boolean good = true;
    for (var evaluation : evaluations) {
      var iteration = evaluation.evaluate(timeMs, source, false);
      for (var sample : iteration.samples()) {
        add(source, sample.labels(), sample.timeMs(), sample.value(), sample.histogram());
      }
      if (iteration.failures() > 0) {
        good = false;
        for (var rule : evaluation.status().rules()) {
          if (!rule.lastError().isEmpty()) {
            failures.add(name(test) + "rule: " + rule.rule().name() + ", time: "
                + time(test, timeMs) + ", err: " + rule.lastError());
          }
        }
      }
    }
    return good;
  }

  private static String name(UnitTest test) {
    return test.name().isEmpty() ? "" : "name: " + test.name() + ", ";
  }

  private static String time(UnitTest test, long timeMs) {
    return UnitTestFile.time(timeMs - test.startMs());
  }

  private void compare(UnitTest test, AlertTest alerts, List<GroupEvaluation> evaluations) {
    var got = new ArrayList<String>();
    for (var evaluation : evaluations) {
      for (var rule : evaluation.status().rules()) {
        if (rule.rule().name().equals(alerts.name())) {
          for (var alert : rule.alerts()) {
            if (alert.state() == AlertState.FIRING) {
              got.add(shown(alert.labels().toMap(), alert.annotations()));
            }
          }
        }
      }
    }
    var expected = new ArrayList<String>();
    for (var alert : alerts.expected()) {
      var labels = new TreeMap<>(alert.labels());
      labels.put("alertname", alerts.name());
      expected.add(shown(Labels.of(labels).toMap(), alert.annotations()));
    }
    got.sort(Comparator.naturalOrder());
    expected.sort(Comparator.naturalOrder());
    if (!got.equals(expected)) {
      failures.add(name(test) + "alertname: " + alerts.name() + ", time: "
          + time(test, alerts.timeMs()) + ",\n    exp: " + expected + "\n    got: " + got);
    }
  }

  private static String shown(Map<String, String> labels, Map<String, String> annotations) {
    return "Labels:" + new TreeMap<>(labels) + " Annotations:" + new TreeMap<>(annotations);
  }

  /** A sample of a result, or what is expected. */
  private record Shown(Labels labels, Value value) {
    @Override
    public String toString() {
      var histogram = value.histogram();
      return labels + " "
          + (histogram == null
              ? Numbers.format(value.number())
              : FloatHistogram.of(histogram).toString());
    }
  }

  private void compare(UnitTest test, ExprTest expr, MemorySource source) {
    var where = name(test) + "expr: \"" + expr.text() + "\", time: " + time(test, expr.timeMs());
    var got = new ArrayList<Shown>();
    try {
      var result = Engine.run(
          Engine.Query.instant(expr.text(), expr.expr(), expr.timeMs(), LOOKBACK_MS), source,
          new QueryBudget(QueryLimits.DEFAULT), file.evaluationIntervalMs());
      switch (result.type()) {
        case VECTOR, SCALAR -> {
          for (var series : result.series()) {
            var histograms = series.histograms();
            var histogram = histograms == null ? null : histograms[0];
            got.add(new Shown(series.labels(), new Value(histogram == null ? series.values()[0] : 0,
                histogram == null ? null : histogram.toStored())));
          }
        }
        default -> {
          failures.add(where + ", err: rule result is not a vector or scalar");
          return;
        }
      }
    } catch (EvaluationFailure | Failure failed) {
      failures.add(where + ", err: " + failed.getMessage());
      return;
    }
    var expected = new ArrayList<Shown>();
    expr.expected().forEach(sample -> expected.add(new Shown(sample.labels(), sample.value())));
    got.sort(Comparator.comparing(Shown::labels));
    expected.sort(Comparator.comparing(Shown::labels));
    boolean same = got.size() == expected.size();
    for (int i = 0; same && i < got.size(); i++) {
      same = same(got.get(i), expected.get(i));
    }
    if (!same) {
      failures.add(where + ",\n    exp: " + expected + "\n    got: " + got);
    }
  }

  private boolean same(Shown got, Shown expected) {
    if (!got.labels.equals(expected.labels)) {
      return false;
    }
    var histogram = got.value.histogram();
    var wanted = expected.value.histogram();
    if (histogram == null || wanted == null) {
      return histogram == wanted && sameNumber(got.value.number(), expected.value.number());
    }
    // Whether a counter was reset is seen between samples, so the hint is not compared.
    return FloatHistogram.of(histogram).sameAs(FloatHistogram.of(wanted));
  }

  private boolean sameNumber(double got, double expected) {
    return got == expected || file.fuzzy()
        && Math.abs(got - expected) <= 1e-6 * Math.min(Math.abs(got), Math.abs(expected));
  }
}

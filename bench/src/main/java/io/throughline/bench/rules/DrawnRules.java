package io.throughline.bench.rules;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.query.promql.Expr;
import io.throughline.rules.file.Rule;
import io.throughline.rules.file.RuleFiles;
import io.throughline.rules.file.RuleGroup;
import io.throughline.rules.template.Template;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Public rules, as many as wanted, and series for each of them to select. Recording rules are taken once, in their groups;
 * alerts are drawn with a seed, one in five that reads what rules record and one in twenty that fires, and told apart by a
 * label {@code copy}. An alert waits two minutes at most, so that it fires within a run.
 *
 * <p>For each way a metric is selected there are {@value #INSTANCES} series that match it, whose labels agree between
 * metrics, so that joins meet. Rules that select nothing all the same, or fail over such data, are left out.
 */
final class DrawnRules {
  private static final int INSTANCES = 100;
  private static final int RULES_A_GROUP = 20;
  private static final long MOST_WAIT_MS = 120_000;
  private static final List<String> BOUNDS = List.of("0.1", "1", "+Inf");

  private final List<RuleGroup> recordings = new ArrayList<>();
  private final List<Rule.Alerting> alerts = new ArrayList<>();
  private final Set<String> recorded = new LinkedHashSet<>();
  private final Map<String, Set<Labels>> series = new TreeMap<>();

  /** Reads every rule file below a folder; files that are not rule files, or wrong on purpose, are passed over. */
  DrawnRules(Path folder) throws IOException {
    var groups = new ArrayList<RuleGroup>();
    try (var files = Files.walk(folder)) {
      for (var file : files.filter(file -> file.toString().endsWith(".yml")).sorted().toList()) {
        groups.addAll(RuleFiles.read(file).groups());
      }
    }
    var known = new LinkedHashSet<String>();
    for (var group : groups) {
      var own = new ArrayList<Rule>();
      for (var rule : group.rules()) {
        if (!known.add(rule.name() + rule.text())) {
          continue;
        }
        switch (rule) {
          case Rule.Recording recording -> own.add(recording);
          case Rule.Alerting alert -> alerts.add(alert);
        }
      }
      if (!own.isEmpty()) {
        own.forEach(rule -> recorded.add(rule.name()));
        recordings.add(new RuleGroup(group.file(), group.name(), 0, -1, 0, own));
      }
    }
    recordings.forEach(group -> group.rules().forEach(this::makeSeries));
    alerts.forEach(this::makeSeries);
  }

  List<RuleGroup> recordings() {
    return recordings;
  }

  /** Each alert in a group of its own that waits for nothing, to be tried. */
  List<RuleGroup> trials() {
    var trials = new ArrayList<RuleGroup>();
    for (var alert : alerts) {
      trials.add(new RuleGroup("trial", String.valueOf(trials.size()), 0, -1, 0,
          List.of(copy(alert, 0, 0))));
    }
    return trials;
  }

  /** Of metrics that no rule records. */
  List<Labels> series() {
    return series.values().stream().flatMap(Set::stream).toList();
  }

  /**
   * Groups with this many rules altogether.
   *
   * @param usable by the number of a trial: it selects something and does not fail
   * @param fires by the number of a trial
   */
  List<RuleGroup> draw(int rules, boolean[] usable, boolean[] fires, Random random) {
    var pools = new ArrayList<List<Rule.Alerting>>();
    for (int pool = 0; pool < 4; pool++) {
      pools.add(new ArrayList<>());
    }
    for (int i = 0; i < alerts.size(); i++) {
      if (usable[i]) {
        pools.get((fires[i] ? 1 : 0) + (readsRecorded(alerts.get(i)) ? 2 : 0)).add(alerts.get(i));
      }
    }
    var drawn = new ArrayList<>(recordings);
    int left = rules - recordings.stream().mapToInt(group -> group.rules().size()).sum();
    for (int copy = 1; left > 0; copy++) {
      var group = new ArrayList<Rule>();
      for (int i = Math.min(left, RULES_A_GROUP); i > 0; i--) {
        int pool = (random.nextInt(20) == 0 ? 1 : 0) + (random.nextInt(5) == 0 ? 2 : 0);
        var from = pools.get(pool);
        group.add(copy(from.get(random.nextInt(from.size())), group.size() + RULES_A_GROUP * copy,
            MOST_WAIT_MS));
      }
      left -= group.size();
      drawn.add(new RuleGroup("drawn", String.valueOf(copy), 0, -1, 0, group));
    }
    return drawn;
  }

  boolean readsRecorded(Rule rule) {
    return selectors(rule.expr()).stream().anyMatch(each -> recorded.contains(each.name()));
  }

  /** The series of the made ones that a rule's selectors match, all selectors together. */
  int selected(Rule rule) {
    int count = 0;
    for (var selector : selectors(rule.expr())) {
      for (var labels : series.getOrDefault(selector.name(), Set.of())) {
        boolean all = selector.matchers()
            .stream()
            .allMatch(matcher -> accepts(matcher).test(labels.getOrEmpty(matcher.label())));
        count += all ? 1 : 0;
      }
    }
    return count;
  }

  private static Rule.Alerting copy(Rule.Alerting alert, int copy, long mostWaitMs) {
    var labels = new TreeMap<>(alert.labels());
    labels.put("copy", Template.forAlert(alert.name(), String.valueOf(copy)));
    return new Rule.Alerting(alert.name(), alert.text(), alert.expr(),
        Math.min(alert.forMs(), mostWaitMs), alert.keepFiringForMs(), alert.resolve(), labels,
        alert.annotations(), alert.line());
  }

  private void makeSeries(Rule rule) {
    for (var selector : selectors(rule.expr())) {
      if (selector.name().isEmpty() || recorded.contains(selector.name())) {
        continue;
      }
      var wanted = new LinkedHashMap<String, String>();
      for (var matcher : selector.matchers()) {
        var value = value(matcher, wanted.getOrDefault(matcher.label(), ""));
        if (!value.isEmpty()) {
          wanted.put(matcher.label(), value);
        }
      }
      var of = series.computeIfAbsent(selector.name(), name -> new LinkedHashSet<>());
      for (int i = 0; i < INSTANCES; i++) {
        var labels = Labels
            .of(Map.of("job", "job", "instance", "10.0.0." + i + ":9100", "namespace", "ns" + i % 5,
                "pod", "pod-" + i, "container", "main", "node", "node-" + i % 20, "cluster", "c"))
            .toBuilder();
        wanted.forEach(labels::set);
        labels.set(Labels.NAME, selector.name());
        if (!selector.name().endsWith("_bucket") || wanted.containsKey("le")) {
          of.add(labels.build());
        } else {
          BOUNDS.forEach(bound -> of.add(labels.set("le", bound).build()));
        }
      }
    }
  }

  /** What the matcher accepts: what is there, nothing at all, or the simplest word of its expression. */
  private static String value(Matcher matcher, String there) {
    var accepts = accepts(matcher);
    var simplest = matcher.value()
        .replaceAll("\\(\\?[a-z:]+", "(")
        .replaceAll("\\[[^]]+][+*?]?", "1")
        .replaceAll("\\\\d[+*]?", "1")
        .replaceAll("\\\\w[+*]?", "w")
        .replaceAll("\\.[+*]\\??", "x")
        .replaceAll("[\\^$?+*]", "");
    var candidates = new ArrayList<>(Arrays.asList(there, "", matcher.value(), "x", "a1"));
    for (var part : simplest.split("\\|", -1)) {
      candidates.add(part.replaceAll("[()\\\\]", ""));
    }
    candidates.add(simplest.replaceAll("\\(([^|()]*)[^()]*\\)", "$1").replace("\\", ""));
    return candidates.stream().filter(accepts).findFirst().orElse("");
  }

  private static Predicate<String> accepts(Matcher matcher) {
    return switch (matcher.operator()) {
      case EQUAL -> matcher.value()::equals;
      case NOT_EQUAL -> value -> !matcher.value().equals(value);
      case REGEX -> Pattern.compile(matcher.value(), Pattern.DOTALL).asMatchPredicate();
      case NOT_REGEX ->
        Pattern.compile(matcher.value(), Pattern.DOTALL).asMatchPredicate().negate();
    };
  }

  private static List<Expr.VectorSelector> selectors(Expr expr) {
    var found = new ArrayList<Expr.VectorSelector>();
    collect(expr, found);
    return found;
  }

  private static void collect(Expr expr, List<Expr.VectorSelector> into) {
    switch (expr) {
      case Expr.VectorSelector selector -> into.add(selector);
      case Expr.MatrixSelector matrix -> into.add(matrix.vector());
      case Expr.Subquery subquery -> collect(subquery.inner(), into);
      case Expr.Call call -> call.arguments().forEach(argument -> collect(argument, into));
      case Expr.Aggregate aggregate -> {
        collect(aggregate.inner(), into);
        var parameter = aggregate.parameter();
        if (parameter != null) {
          collect(parameter, into);
        }
      }
      case Expr.Binary binary -> {
        collect(binary.left(), into);
        collect(binary.right(), into);
      }
      case Expr.Unary unary -> collect(unary.inner(), into);
      case Expr.Paren paren -> collect(paren.inner(), into);
      case Expr.NumberLiteral _,Expr.StringLiteral _ -> {
      }
    }
  }
}

package io.throughline.rules.backtest;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.query.source.SampleSource;
import io.throughline.rules.file.Rule;
import io.throughline.rules.file.RuleGroup;
import io.throughline.rules.group.AlertState;
import io.throughline.rules.group.GroupEvaluation;
import io.throughline.rules.group.GroupStatus;
import io.throughline.rules.group.Options;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/**
 * Evaluates groups at each of their moments of a stretch of the past. What they record is kept beside what is stored, and
 * later rules see it; where both know a series, what the test recorded counts.
 */
public final class Backtest {

  /** An alert that fires again within so long after its end has flapped. */
  private static final long FLAP_MS = 15 * 60_000L;

  /** Objectives are evaluated from so long before the test on: their slowest alert looks back three days. */
  public static final long RUN_UP_MS = 3 * 86_400_000L;

  private final Options options;
  private final LongConsumer evaluated;
  private final Map<String, Map<Labels, Long>> firing = new HashMap<>();
  private final List<Episode> episodes = new ArrayList<>();
  private final Map<String, Report.Failed> failures = new LinkedHashMap<>();
  private Map<String, Set<List<Matcher>>> asked = Map.of();

  private Backtest(Options options, LongConsumer evaluated) {
    this.options = options;
    this.evaluated = evaluated;
  }

  /**
   * Runs the test.
   *
   * @param objectives groups whose alerts tell when a budget burns; may be empty
   * @param fromMs included
   * @param toMs included
   * @param evaluated hears each moment that was evaluated: those of the rules, then those of the objectives
   */
  public static Report run(List<RuleGroup> groups, List<RuleGroup> objectives, SampleSource stored,
      Options options, long fromMs, long toMs, LongConsumer evaluated) {
    var tested = new Backtest(options, evaluated);
    tested.evaluate(groups, stored, fromMs, toMs);
    var burning = new Backtest(options, evaluated);
    burning.evaluate(objectives, stored, fromMs - RUN_UP_MS, toMs);
    var burns = burns(burning.episodes, fromMs);
    var missed = burns.stream()
        .filter(burn -> tested.episodes.stream().noneMatch(episode -> episode.meets(burn)))
        .toList();
    var summaries = tested.summaries(groups, burns);
    int matched = summaries.stream().mapToInt(Report.Summary::matched).sum();
    var failures = new ArrayList<>(tested.failures.values());
    failures.addAll(burning.failures.values());
    var recorded = new HashSet<>(recorded(groups));
    recorded.addAll(recorded(objectives));
    var askedByRules = new HashSet<List<Matcher>>();
    tested.asked.values().forEach(askedByRules::addAll);
    return new Report(fromMs, toMs, objectives.size(), tested.episodes, summaries, burns, missed,
        objectives.isEmpty() || tested.episodes.isEmpty()
            ? Double.NaN
            : (double) matched / tested.episodes.size(),
        burns.isEmpty() ? Double.NaN : 1 - (double) missed.size() / burns.size(), failures,
        recorded, askedByRules, burning.asked);
  }

  /** The names that rules record. */
  static Set<String> recorded(Collection<RuleGroup> groups) {
    var names = new HashSet<String>();
    for (var group : groups) {
      for (var rule : group.rules()) {
        if (rule instanceof Rule.Recording) {
          names.add(rule.name());
        }
      }
    }
    return names;
  }

  /** What of the alerts of objectives lies in the test, those of one objective joined where they overlap. */
  private static List<Episode> burns(List<Episode> alerts, long fromMs) {
    var byObjective = new TreeMap<String, List<Episode>>();
    for (var alert : alerts) {
      if (alert.toMs() < fromMs) {
        continue;
      }
      var objective = alert.rule().substring(0, alert.rule().lastIndexOf('/'));
      var joined = byObjective.computeIfAbsent(objective, _ -> new ArrayList<>());
      var burn = new Episode(objective, alert.labels().without("alertname", "severity"),
          Math.max(fromMs, alert.fromMs()), alert.toMs(), alert.open());
      // Ascending by their beginnings, so only the last can overlap.
      if (!joined.isEmpty() && joined.getLast().overlaps(burn)) {
        joined.add(joined.removeLast().with(burn));
      } else {
        joined.add(burn);
      }
    }
    return byObjective.values()
        .stream()
        .flatMap(List::stream)
        .sorted(Comparator.comparingLong(Episode::fromMs).thenComparing(Episode::rule))
        .toList();
  }

  private void evaluate(List<RuleGroup> groups, SampleSource stored, long fromMs, long toMs) {
    var source = new PastSource(stored, groups, fromMs);
    record Next(GroupEvaluation group, long[] atMs) {}
    var all = groups.stream()
        .map(group -> new Next(new GroupEvaluation(group, options), new long[] {fromMs}))
        .toList();
    while (true) {
      var next = all.stream().min(Comparator.comparingLong(one -> one.atMs[0])).orElse(null);
      if (next == null || next.atMs[0] > toMs) {
        break;
      }
      long atMs = next.atMs[0];
      source.begin(next.group.group());
      var iteration = next.group.evaluate(atMs, source, false);
      iteration.samples().forEach(source::record);
      note(next.group.status(), atMs);
      evaluated.accept(atMs);
      next.atMs[0] = atMs + next.group.intervalMs();
    }
    firing.forEach((rule, alerts) -> alerts
        .forEach((labels, since) -> episodes.add(new Episode(rule, labels, since, toMs, true))));
    episodes.sort(Comparator.comparingLong(Episode::fromMs).thenComparing(Episode::rule));
    asked = source.asked();
  }

  private void note(GroupStatus status, long atMs) {
    for (var rule : status.rules()) {
      var name = status.group().name() + "/" + rule.rule().name();
      if (!rule.lastError().isEmpty()) {
        failures.merge(name, new Report.Failed(name, 1, atMs, rule.lastError()), (before,
            _) -> new Report.Failed(name, before.moments() + 1, before.firstMs(), before.reason()));
      }
      if (!(rule.rule() instanceof Rule.Alerting)) {
        continue;
      }
      var before = firing.computeIfAbsent(name, _ -> new HashMap<>());
      var now = new HashMap<Labels, Long>();
      for (var alert : rule.alerts()) {
        if (alert.state() == AlertState.FIRING) {
          now.put(alert.labels(), before.getOrDefault(alert.labels(), atMs));
        }
      }
      before.forEach((labels, since) -> {
        if (!now.containsKey(labels)) {
          episodes.add(new Episode(name, labels, since, atMs, false));
        }
      });
      firing.put(name, now);
    }
  }

  private List<Report.Summary> summaries(List<RuleGroup> groups, List<Episode> burns) {
    var summaries = new ArrayList<Report.Summary>();
    for (var group : groups) {
      for (var rule : group.rules()) {
        if (rule instanceof Rule.Alerting) {
          summaries.add(summary(group.name() + "/" + rule.name(), burns));
        }
      }
    }
    return summaries;
  }

  private Report.Summary summary(String rule, List<Episode> burns) {
    var ends = new HashMap<Labels, Long>();
    int firings = 0;
    int flaps = 0;
    long firingMs = 0;
    int matched = 0;
    int nameless = 0;
    int elsewhere = 0;
    for (var episode : episodes) {
      if (!episode.rule().equals(rule)) {
        continue;
      }
      firings++;
      var end = ends.put(episode.labels(), episode.toMs());
      flaps += end != null && episode.fromMs() - end < FLAP_MS ? 1 : 0;
      firingMs += episode.toMs() - episode.fromMs();
      boolean met = burns.stream().anyMatch(episode::meets);
      matched += met ? 1 : 0;
      nameless += episode.namesAService() ? 0 : 1;
      elsewhere += !met && burns.stream().anyMatch(episode::overlaps) ? 1 : 0;
    }
    return new Report.Summary(rule, firings, flaps, firingMs, matched, nameless, elsewhere);
  }
}

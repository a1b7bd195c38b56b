package io.throughline.rules.backtest;

import io.throughline.model.Labels;
import io.throughline.query.source.SampleSource;
import io.throughline.rules.file.Rule;
import io.throughline.rules.file.RuleGroup;
import io.throughline.rules.group.AlertState;
import io.throughline.rules.group.GroupEvaluation;
import io.throughline.rules.group.GroupStatus;
import io.throughline.rules.group.Options;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Evaluates groups at each of their moments of a stretch of the past. What they record is kept beside what is stored, and
 * later rules see it; where both know a series, what the test recorded counts.
 */
public final class Backtest {

  /** An alert that fires again within so long after its end has flapped. */
  private static final long FLAP_MS = 15 * 60_000L;

  /** Objectives are evaluated from so long before the test on: their slowest alert looks back three days. */
  private static final long RUN_UP_MS = 3 * 86_400_000L;

  private final Options options;
  private final Map<String, Map<Labels, Long>> firing = new HashMap<>();
  private final List<Episode> episodes = new ArrayList<>();
  private final Map<String, String> errors = new LinkedHashMap<>();

  /**
   * How a rule did.
   *
   * @param firings how often it began to fire
   * @param flaps how many of them followed an end by less than a quarter of an hour
   * @param firingMs for how long, all label sets together
   * @param matched firings during which an objective's budget burned
   */
  public record Summary(String rule, int firings, int flaps, long firingMs, int matched) {}

  /**
   * What the test found. A firing and a burn meet where they overlap in time.
   *
   * @param burns stretches in which an objective's budget burned too fast; its two alerts are one burn where they overlap
   * @param missed those of them in which no rule fired
   * @param precision share of firings that fell into a burn, NaN without objectives or firings
   * @param recall share of burns in which a rule fired, NaN without burns
   * @param errors why rules failed, by rule
   */
  public record Report(List<Episode> episodes, List<Summary> summaries, List<Episode> burns,
      List<Episode> missed, double precision, double recall, Map<String, String> errors) {}

  private Backtest(Options options) {
    this.options = options;
  }

  /**
   * Runs the test.
   *
   * @param objectives groups whose alerts tell when a budget burns; may be empty
   * @param fromMs included
   * @param toMs included
   */
  public static Report run(List<RuleGroup> groups, List<RuleGroup> objectives,
      SampleSource stored, Options options, long fromMs, long toMs) {
    var tested = new Backtest(options);
    tested.evaluate(groups, stored, fromMs, toMs);
    var burning = new Backtest(options);
    burning.evaluate(objectives, stored, fromMs - RUN_UP_MS, toMs);
    var burns = burns(burning.episodes, fromMs);
    var matched = tested.episodes.stream()
        .filter(episode -> burns.stream().anyMatch(episode::overlaps))
        .toList();
    var missed = burns.stream()
        .filter(burn -> tested.episodes.stream().noneMatch(burn::overlaps))
        .toList();
    tested.errors.putAll(burning.errors);
    return new Report(tested.episodes, tested.summaries(groups, matched), burns, missed, objectives
        .isEmpty() || tested.episodes.isEmpty()
            ? Double.NaN
            : (double) matched.size() / tested.episodes.size(), burns.isEmpty()
                ? Double.NaN
                : 1 - (double) missed.size() / burns.size(), tested.errors);
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
      var burn = new Episode(objective, alert.labels().without("alertname", "severity"), Math.max(
          fromMs, alert.fromMs()), alert.toMs(), alert.open());
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
      var iteration = next.group.evaluate(atMs, source, false);
      iteration.samples().forEach(source::record);
      note(next.group.status(), atMs);
      next.atMs[0] = atMs + next.group.intervalMs();
    }
    firing.forEach((rule, alerts) -> alerts.forEach((labels, since) -> episodes.add(new Episode(
        rule, labels, since, toMs, true))));
    episodes.sort(Comparator.comparingLong(Episode::fromMs).thenComparing(Episode::rule));
  }

  private void note(GroupStatus status, long atMs) {
    for (var rule : status.rules()) {
      if (!rule.lastError().isEmpty()) {
        errors.putIfAbsent(rule.rule().name(), rule.lastError());
      }
      if (!(rule.rule() instanceof Rule.Alerting)) {
        continue;
      }
      var name = status.group().name() + "/" + rule.rule().name();
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

  private List<Summary> summaries(List<RuleGroup> groups, List<Episode> matched) {
    var summaries = new ArrayList<Summary>();
    for (var group : groups) {
      for (var rule : group.rules()) {
        if (rule instanceof Rule.Alerting) {
          var name = group.name() + "/" + rule.name();
          var own = episodes.stream().filter(episode -> episode.rule().equals(name)).toList();
          var ends = new HashMap<Labels, Long>();
          int flaps = 0;
          long firingMs = 0;
          for (var episode : own) {
            var end = ends.put(episode.labels(), episode.toMs());
            flaps += end != null && episode.fromMs() - end < FLAP_MS ? 1 : 0;
            firingMs += episode.toMs() - episode.fromMs();
          }
          summaries.add(new Summary(name, own.size(), flaps, firingMs, (int) own.stream()
              .filter(
                  matched::contains)
              .count()));
        }
      }
    }
    return summaries;
  }
}

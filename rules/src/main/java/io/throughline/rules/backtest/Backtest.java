package io.throughline.rules.backtest;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.query.source.MemorySource;
import io.throughline.query.source.SampleSource;
import io.throughline.rules.file.Rule;
import io.throughline.rules.file.RuleGroup;
import io.throughline.rules.group.AlertState;
import io.throughline.rules.group.GroupEvaluation;
import io.throughline.rules.group.GroupStatus;
import io.throughline.rules.group.Options;
import io.throughline.store.Snapshot;
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

  private final SampleSource stored;
  private final MemorySource recorded = new MemorySource();
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
   * What the test found.
   *
   * @param burns stretches in which an objective's budget burned too fast
   * @param precision share of firings that fell into a burn, NaN without objectives or firings
   * @param recall share of burns in which a rule fired, NaN without burns
   * @param errors why rules failed, by rule
   */
  public record Report(List<Episode> episodes, List<Summary> summaries, List<Episode> burns,
      double precision, double recall, Map<String, String> errors) {}

  private Backtest(SampleSource stored, Options options) {
    this.stored = stored;
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
    var tested = new Backtest(stored, options);
    tested.evaluate(groups, fromMs, toMs);
    var burning = new Backtest(stored, options);
    burning.evaluate(objectives, fromMs, toMs);
    var burns = burning.episodes;
    var matched = tested.episodes.stream()
        .filter(episode -> burns.stream().anyMatch(episode::overlaps))
        .toList();
    long found = burns.stream()
        .filter(burn -> tested.episodes.stream()
            .anyMatch(
                burn::overlaps))
        .count();
    return new Report(tested.episodes, tested.summaries(groups, matched), burns, objectives
        .isEmpty() || tested.episodes.isEmpty()
            ? Double.NaN
            : (double) matched.size() / tested.episodes.size(), burns.isEmpty()
                ? Double.NaN
                : (double) found / burns.size(), tested.errors);
  }

  private void evaluate(List<RuleGroup> groups, long fromMs, long toMs) {
    var source = (SampleSource) this::select;
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
      for (var sample : iteration.samples()) {
        var histogram = sample.histogram();
        if (histogram == null) {
          recorded.add(sample.labels(), sample.timeMs(), sample.value());
        } else {
          recorded.add(sample.labels(), sample.timeMs(), histogram);
        }
      }
      note(next.group.status(), atMs);
      next.atMs[0] = atMs + next.group.intervalMs();
    }
    firing.forEach((rule, alerts) -> alerts.forEach((labels, since) -> episodes.add(new Episode(
        rule, labels, since, toMs, true))));
    episodes.sort(Comparator.comparingLong(Episode::fromMs).thenComparing(Episode::rule));
  }

  private List<Snapshot.Series> select(List<Matcher> matchers, long minTimeMs, long maxTimeMs,
      int maxSeries) {
    var merged = new TreeMap<Labels, Snapshot.Series>();
    for (var series : stored.select(matchers, minTimeMs, maxTimeMs, maxSeries)) {
      merged.put(series.labels(), series);
    }
    for (var series : recorded.select(matchers, minTimeMs, maxTimeMs, maxSeries)) {
      merged.put(series.labels(), series);
    }
    return List.copyOf(merged.values());
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

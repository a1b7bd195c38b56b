package io.throughline.rules.backtest;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.MetricType;
import io.throughline.query.promql.Matchers;
import io.throughline.query.source.SampleSource;
import io.throughline.rules.file.Rule;
import io.throughline.rules.file.RuleGroup;
import io.throughline.rules.group.RuleSample;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Snapshot;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a tested rule sees: what is stored, and what the test has recorded. Of what rules of the test record themselves, the
 * stored samples count only before the test's beginning: from then on a rule of the same name that really ran would hide
 * what the tested one makes.
 */
final class PastSource implements SampleSource {

  private final SampleSource stored;
  private final Recorded recorded = new Recorded();
  private final Set<String> records;
  private final Set<String> alerts = new HashSet<>();
  private final long beginMs;
  private final Map<String, Set<List<Matcher>>> asked = new TreeMap<>();
  private Set<List<Matcher>> asking = new HashSet<>();

  PastSource(SampleSource stored, List<RuleGroup> groups, long beginMs) {
    this.stored = stored;
    this.beginMs = beginMs;
    this.records = Backtest.recorded(groups);
    for (var group : groups) {
      for (var rule : group.rules()) {
        if (rule instanceof Rule.Alerting) {
          alerts.add(rule.name());
        }
      }
    }
  }

  void record(RuleSample sample) {
    recorded.add(sample);
  }

  /** Says that a group is evaluated now. */
  void begin(RuleGroup group) {
    asking = asked.computeIfAbsent(group.name(), _ -> new HashSet<>());
  }

  /** What each group has asked for of what is stored, by its name. */
  Map<String, Set<List<Matcher>>> asked() {
    return asked;
  }

  private boolean ours(Labels labels) {
    var name = labels.metricName();
    return records.contains(name)
        || name.startsWith("ALERTS") && alerts.contains(labels.get("alertname"));
  }

  @Override
  public List<Snapshot.Series> select(List<Matcher> matchers, long minTimeMs, long maxTimeMs,
      int maxSeries) {
    var name = Matchers.name(matchers);
    if (name != null && records.contains(name) && minTimeMs >= beginMs) {
      return recorded.select(matchers, minTimeMs, maxTimeMs, maxSeries);
    }
    asking.add(matchers);
    var merged = new TreeMap<Labels, Snapshot.Series>();
    for (var series : recorded.select(matchers, minTimeMs, maxTimeMs, maxSeries)) {
      merged.put(series.labels(), series);
    }
    for (var series : stored.select(matchers, minTimeMs, maxTimeMs, maxSeries)) {
      if (ours(series.labels())) {
        merged.compute(series.labels(), (labels, own) -> new Before(series, own));
      } else {
        merged.putIfAbsent(series.labels(), series);
      }
    }
    return List.copyOf(merged.values());
  }

  /** A stored series before the test's beginning, and the recorded one, if any, after it. */
  private final class Before implements Snapshot.Series {
    private final Snapshot.Series earlier;
    private final Snapshot.@Nullable Series later;

    Before(Snapshot.Series earlier, Snapshot.@Nullable Series later) {
      this.earlier = earlier;
      this.later = later;
    }

    @Override
    public Labels labels() {
      return earlier.labels();
    }

    @Override
    public MetricType type() {
      return earlier.type();
    }

    @Override
    public int partition() {
      return earlier.partition();
    }

    @Override
    public int seriesId() {
      return earlier.seriesId();
    }

    @Override
    public void read(long minTimeMs, long maxTimeMs, SampleBuffer into) {
      into.clear();
      if (minTimeMs < beginMs) {
        earlier.read(minTimeMs, Math.min(maxTimeMs, beginMs - 1), into);
      }
      if (later != null && maxTimeMs >= beginMs) {
        var rest = new SampleBuffer();
        later.read(Math.max(minTimeMs, beginMs), maxTimeMs, rest);
        into.copyAll(rest);
      }
    }
  }
}

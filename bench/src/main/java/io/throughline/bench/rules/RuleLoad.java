package io.throughline.bench.rules;

import io.throughline.model.Fingerprint;
import io.throughline.model.Labels;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.query.engine.QueryLimits;
import io.throughline.query.source.SnapshotSource;
import io.throughline.rules.file.RuleFiles;
import io.throughline.rules.file.RuleGroup;
import io.throughline.rules.group.AlertState;
import io.throughline.rules.group.GroupEvaluation;
import io.throughline.rules.group.Options;
import io.throughline.rules.group.RuleSample;
import io.throughline.rules.group.RuleStatus;
import io.throughline.store.LogPosition;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Evaluates 10,000 rules over a store of 40,000 series, of which each rule selects 25 to 100, in the forms that public rule
 * files use; a fifth read what rules before them recorded, one in twenty fires. Prints CPU seconds of each iteration of all
 * groups, on one thread, and of writing what they made to the store: canonical label bytes, fingerprint, lookup of the series
 * and append, as the intake and the shard's writer do, and a flush at the end. Kafka in between is not in it. Between two
 * iterations a minute of new samples comes in and the store's upkeep runs once, as its threads do every few seconds: it
 * indexes the series that the rules have made.
 *
 * <p>Arguments: how many iterations (5); a folder of rule files, then the rules are drawn from these, and the series are made
 * for them ({@link DrawnRules}).
 */
public final class RuleLoad {
  private static final int METRICS = 200;
  private static final int GROUPS = 500;
  private static final long STEP_MS = 15_000;
  private static final int SAMPLES = 80;
  private static final int SAMPLES_A_MINUTE = 4;
  private static final long START_MS = 1_700_000_000_000L;
  private static int applied;
  private static int appended;

  /** Keeps what is computed for nothing from being left out. */
  private static volatile long folded;

  private RuleLoad() {}

  public static void main(String[] arguments) throws IOException {
    int iterations = arguments.length == 0 ? 5 : Integer.parseInt(arguments[0]);
    var folder = Files.createTempDirectory("rule-load");
    try (var store = Store.open(folder, StoreSettings.DEFAULTS.withBackgroundMerges(false))) {
      if (arguments.length > 1) {
        drawn(store, Path.of(arguments[1]), iterations);
      } else {
        var read = RuleFiles.parse("load.yml", rules());
        if (!read.problems().isEmpty()) {
          throw new IllegalStateException(read.problems().toString());
        }
        var series = series(store);
        fill(store, series);
        run(store, series, evaluations(read.groups()), iterations);
      }
      long flushNanos = System.nanoTime();
      store.shard(0).flush();
      System.out.println(
          String.format(Locale.ROOT, "flush %.2f s", (System.nanoTime() - flushNanos) / 1e9));
    }
  }

  private static List<GroupEvaluation> evaluations(List<RuleGroup> groups) {
    var options = new Options(60_000, 0, 300_000, QueryLimits.DEFAULT, Map.of(), "", 60_000);
    return groups.stream().map(group -> new GroupEvaluation(group, options)).toList();
  }

  private static void fill(Store store, List<Integer> series) throws IOException {
    append(store, series, SAMPLES);
    store.shard(0).flush();
  }

  private static void run(Store store, List<Integer> series, List<GroupEvaluation> groups,
      int iterations) throws IOException {
    System.out.println(groups.stream().mapToInt(group -> group.group().rules().size()).sum()
        + " rules in " + groups.size() + " groups over " + series.size() + " series");
    for (int i = 0; i < iterations; i++) {
      append(store, series, SAMPLES_A_MINUTE);
      maintain(store);
      iterate(store, groups, nowMs());
    }
  }

  private static long nowMs() {
    return START_MS + (appended - 1) * STEP_MS;
  }

  /** Tries each rule twice, because what it reads may be recorded by a group after its own, then runs those that work. */
  private static void drawn(Store store, Path folder, int iterations) throws IOException {
    var rules = new DrawnRules(folder);
    var series = rules.series().stream().map(labels -> id(store, labels)).toList();
    fill(store, series);
    var recordings = evaluations(rules.recordings());
    for (int i = 0; i < 2; i++) {
      append(store, series, SAMPLES_A_MINUTE);
      iterate(store, recordings, nowMs());
      store.maintain();
    }
    var trials = evaluations(rules.trials());
    iterate(store, trials, nowMs());
    var usable = new boolean[trials.size()];
    var fires = new boolean[trials.size()];
    var selected = new ArrayList<Integer>();
    for (int i = 0; i < usable.length; i++) {
      var status = trials.get(i).status().rules().getFirst();
      int count = rules.selected(status.rule());
      usable[i] = status.health() == RuleStatus.Health.OK
          && (count > 0 || rules.readsRecorded(status.rule()));
      fires[i] = status.state() == AlertState.FIRING;
      if (usable[i] && count > 0) {
        selected.add(count);
      }
    }
    selected.sort(null);
    System.out.println(selected.size() + " of " + usable.length
        + " alerts select series themselves, at the median " + selected.get(selected.size() / 2));
    run(store, series, evaluations(rules.draw(10_000, usable, fires, new Random(1))), iterations);
  }

  private static void maintain(Store store) {
    var threads = ManagementFactory.getThreadMXBean();
    long startNanos = threads.getCurrentThreadCpuTime();
    store.maintain();
    System.out.println(String.format(Locale.ROOT, "upkeep %.2f s",
        (threads.getCurrentThreadCpuTime() - startNanos) / 1e9));
  }

  private static void iterate(Store store, List<GroupEvaluation> groups, long timeMs) {
    var threads = ManagementFactory.getThreadMXBean();
    long startNanos = threads.getCurrentThreadCpuTime();
    long wallNanos = System.nanoTime();
    long samples = 0;
    var made = new ArrayList<RuleSample>();
    int failures = 0;
    for (var group : groups) {
      try (var snapshot = store.snapshot()) {
        var iteration = group.evaluate(timeMs, new SnapshotSource(snapshot, Tenant.DEFAULT), false);
        samples += iteration.samplesRead();
        made.addAll(iteration.samples());
        failures += iteration.failures();
      }
    }
    double cpu = (threads.getCurrentThreadCpuTime() - startNanos) / 1e9;
    long writeNanos = threads.getCurrentThreadCpuTime();
    write(store, made);
    double writing = (threads.getCurrentThreadCpuTime() - writeNanos) / 1e9;
    long firing = groups.stream()
        .flatMap(group -> group.status().rules().stream())
        .filter(rule -> rule.state() == AlertState.FIRING)
        .count();
    System.out.println(String.format(Locale.ROOT,
        "cpu %.2f s and %.2f s to write, wall %.2f s, %d samples read, %d made, %d rules firing, %d failed",
        cpu, writing, (System.nanoTime() - wallNanos) / 1e9, samples, made.size(), firing,
        failures));
    groups.stream()
        .flatMap(group -> group.status().rules().stream())
        .filter(rule -> rule.health() != RuleStatus.Health.OK)
        .limit(3)
        .forEach(rule -> System.out.println("  " + rule.rule().name() + ": " + rule.lastError()));
  }

  private static void write(Store store, List<RuleSample> made) {
    var writer = store.shard(0);
    int seed = Fingerprint.seed(Tenant.DEFAULT);
    for (var sample : made) {
      var bytes = sample.labels().canonicalBytes();
      // What the intake does for each sample before it goes into a record.
      folded = Fingerprint.of(seed, bytes, 0, bytes.length).low();
      int id = writer.seriesId(Tenant.DEFAULT, bytes, 0, bytes.length, SeriesMetadata.UNKNOWN);
      writer.append(id, sample.timeMs(), 0, sample.value());
    }
    writer.applied(new LogPosition("c", "t", 0, ++applied));
  }

  private static String rules() {
    var text = new StringBuilder("groups:\n");
    int k = 0;
    for (int group = 0; group < GROUPS; group++) {
      text.append("- name: g").append(group).append("\n  rules:\n");
      for (int rule = 0; rule < 20; rule++) {
        int m = k++ % METRICS;
        var name = "r" + group + "_" + rule;
        text.append("  - ").append(switch (rule) {
          case 0, 5, 10, 15 -> "{record: 'job:" + name + ":rate5m', expr: "
              + "'sum by (job, code) (rate(requests_" + m + "_total[5m]))'}";
          case 1, 6, 11, 16 -> "{alert: " + name + ", expr: 'sum without (code) (job:r" + group
              + "_" + (rule - 1) + ":rate5m) > 1e9', for: 5m}";
          case 2 -> "{alert: " + name + ", expr: 'memory_" + m + "_bytes > 10'}";
          case 3, 12 -> "{alert: " + name + ", expr: 'sum by (instance) (rate(requests_" + m
              + "_total{code=\"500\"}[5m])) / sum by (instance) (rate(requests_" + m
              + "_total[5m])) > 0.9', for: 10m, labels: {severity: page}, annotations: {summary: "
              + "\"{{ $labels.instance }}: {{ $value | humanizePercentage }}\"}}";
          case 4, 13 -> "{alert: " + name + ", expr: 'predict_linear(memory_" + m
              + "_bytes[10m], 14400) < 0', for: 30m}";
          case 7, 17 ->
            "{record: '" + name + ":avg10m', expr: 'avg_over_time(memory_" + m + "_bytes[10m])'}";
          case 8 -> "{alert: " + name + ", expr: 'absent(requests_" + m + "_total{job=\"j" + m
              + "\"})', for: 10m}";
          case 9, 18 -> "{alert: " + name + ", expr: 'memory_" + m + "_bytes / on (instance) "
              + "group_left () max by (instance) (memory_" + m + "_bytes) > 2'}";
          case 14 -> "{record: '" + name + ":max', expr: 'max by (job) (memory_" + m + "_bytes)'}";
          default -> "{alert: " + name + ", expr: 'increase(requests_" + m
              + "_total[10m]) > 1e12', for: 5m}";
        }).append('\n');
      }
    }
    return text.toString();
  }

  private static List<Integer> series(Store store) {
    var ids = new ArrayList<Integer>();
    for (int m = 0; m < METRICS; m++) {
      for (int i = 0; i < 100; i++) {
        ids.add(id(store, Labels.of("__name__", "requests_" + m + "_total", "job", "j" + m,
            "instance", "i" + i / 4, "code", List.of("200", "301", "404", "500").get(i % 4))));
        ids.add(id(store,
            Labels.of("__name__", "memory_" + m + "_bytes", "job", "j" + m, "instance", "i" + i)));
      }
    }
    return ids;
  }

  /** Adds the next samples of each series. */
  private static void append(Store store, List<Integer> ids, int samples) {
    var writer = store.shard(0);
    for (int to = appended + samples; appended < to; appended++) {
      for (int i = 0; i < ids.size(); i++) {
        // Counters grow at their own pace; of memory, half of one in ten metrics lies above the alerts' limit.
        double value = i % 2 == 0 ? appended * (double) (i % 97) : i % 20 == 1 ? 20 : 1 + i % 7;
        writer.append(ids.get(i), START_MS + appended * STEP_MS, 0, value);
      }
      writer.applied(new LogPosition("c", "t", 0, ++applied));
    }
  }

  private static int id(Store store, Labels labels) {
    var bytes = labels.canonicalBytes();
    return store.shard(0).seriesId(Tenant.DEFAULT, bytes, 0, bytes.length, SeriesMetadata.UNKNOWN);
  }
}

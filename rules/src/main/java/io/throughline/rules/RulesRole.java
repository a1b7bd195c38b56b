package io.throughline.rules;

import io.opentelemetry.api.metrics.Meter;
import io.throughline.model.Failure;
import io.throughline.model.yaml.Problem;
import io.throughline.query.QuerySettings;
import io.throughline.query.ReadBarrier;
import io.throughline.query.engine.QueryLimits;
import io.throughline.query.source.SnapshotSource;
import io.throughline.rules.api.AlertsApi;
import io.throughline.rules.api.RulesApi;
import io.throughline.rules.file.RuleGroup;
import io.throughline.rules.group.GroupEvaluation;
import io.throughline.rules.group.GroupState;
import io.throughline.rules.group.GroupStatus;
import io.throughline.rules.group.Options;
import io.throughline.rules.history.AlertHistory;
import io.throughline.rules.notify.Notifier;
import io.throughline.rules.notify.ReceiverStatus;
import io.throughline.rules.slo.Slo;
import io.throughline.rules.slo.SloBudgets;
import io.throughline.rules.slo.SloStatus;
import io.throughline.store.Snapshot;
import io.vertx.ext.web.Router;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rules of an installation: loads files, evaluates groups when they are due, and answers for them over HTTP.
 *
 * <p>One thread looks at the clock; evaluations run on a few others, a group on one at a time. A group that is still busy
 * when it is due again misses that moment, which is counted. Files that are wrong change nothing: what was loaded before
 * goes on.
 *
 * <p>Of all processes of an installation each group has one owner, whom {@link StateLog} names. All of them have to have the
 * same files. Groups that another process owns are only shown, as it keeps them.
 */
public final class RulesRole implements StateLog.Shares, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RulesRole.class);
  private static final long LONGEST_NAP_MS = 200;

  private final RulesSettings settings;
  private final Options options;
  private final InstantSource clock;
  private final RuleLoader loader;
  private final Notifier notifier;
  private final GroupRunner.House house;
  private final ExecutorService threads;
  private final Executor executor;
  private final Map<String, GroupRunner> runners = new TreeMap<>();
  private final Set<Integer> owned = new TreeSet<>();
  private final @Nullable Path historyFolder;
  private volatile @Nullable AlertHistory history;
  private long lookedMs;
  private volatile List<GroupRunner> current = List.of();
  private volatile List<Problem> problems = List.of();
  private volatile List<Slo> slos = List.of();
  private volatile Supplier<List<Problem>> moreToReload = List::of;
  private volatile boolean stopping;
  private @Nullable Thread watch;

  /**
   * What the role needs of the installation.
   *
   * @param snapshots gives a new snapshot at each call, which the role closes
   * @param history the folder of the index of changes, or null to keep it in memory
   */
  public record Surroundings(QuerySettings query, Supplier<Snapshot> snapshots, ReadBarrier barrier,
      RuleSink sink, StateLog log, InstantSource clock, Meter meter, @Nullable Path history) {}

  /**
   * Loads the files and the state.
   *
   * @throws Failure (USER) naming every mistake if files are wrong
   */
  public RulesRole(RulesSettings settings, Surroundings around) {
    this(settings, around, null);
  }

  /** @param executor runs evaluations instead of threads of its own, or null */
  RulesRole(RulesSettings settings, Surroundings around, @Nullable Executor executor) {
    this.settings = settings;
    this.clock = around.clock();
    this.historyFolder = around.history();
    var query = around.query();
    this.options = new Options(settings.interval().toMillis(), settings.queryOffset().toMillis(),
        query.lookback().toMillis(),
        new QueryLimits(query.maxSeries(), query.maxSamples(), query.maxBytes(), query.timeout()),
        query.features(), settings.labels(), settings.externalUrl(),
        settings.resendDelay().toMillis());
    this.loader = new RuleLoader(settings.files(), settings.slos(), settings.relabelFile(), clock);
    var meters = new RulesMeters(around.meter(), this::statuses, () -> problems.isEmpty());
    this.notifier = Notifier.start(settings, around.clock(), around.meter());
    this.house = new GroupRunner.House(around.snapshots(), around.barrier(), settings,
        around.sink(), around.log(), this::tell, meters);
    var number = new AtomicInteger();
    this.threads = Executors.newFixedThreadPool(settings.threads(),
        task -> Thread.ofPlatform()
            .name("rules-" + number.incrementAndGet())
            .daemon()
            .unstarted(task));
    this.executor = executor == null ? threads : executor;
    var loaded = loader.load();
    if (!loaded.problems().isEmpty()) {
      close();
      throw Failure.user("rule files are not in order: " + said(loaded.problems()));
    }
    notifier.relabel(loaded.relabeling());
    replace(loaded.groups());
    slos = List.copyOf(loaded.slos());
  }

  /**
   * Names what else of the installation is read anew with the rules.
   *
   * @param more reads it and says what is wrong with it; then what was read before stays in force
   */
  public void alsoReload(Supplier<List<Problem>> more) {
    moreToReload = more;
  }

  private static String said(List<Problem> problems) {
    return problems.stream().map(Problem::toString).collect(Collectors.joining("; "));
  }

  /** Begins to evaluate. */
  public void start() {
    var thread = Thread.ofPlatform().name("rules-clock").daemon().unstarted(this::watchClock);
    watch = thread;
    thread.start();
  }

  private void watchClock() {
    while (!stopping) {
      try {
        lookAtFiles();
        runDue();
      } catch (RuntimeException defect) {
        LOG.error("the rules met a defect", defect);
      }
      long napMs = Math.clamp(nextDueMs() - clock.millis(), 1, LONGEST_NAP_MS);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(napMs));
    }
  }

  private void lookAtFiles() {
    long nowMs = clock.millis();
    long everyMs = settings.reloadInterval().toMillis();
    if (everyMs > 0 && nowMs - lookedMs >= everyMs) {
      lookedMs = nowMs;
      boolean changed;
      synchronized (this) {
        changed = loader.changed();
      }
      if (changed) {
        reload();
      }
    }
  }

  /** Starts every group that is due and not busy. */
  void runDue() {
    long nowMs = clock.millis();
    for (var runner : current) {
      long slotMs = runner.take(nowMs);
      if (slotMs != 0) {
        executor.execute(() -> {
          house.meters().lag((clock.millis() - slotMs) / 1000.0);
          try {
            runner.run(slotMs);
          } catch (RuntimeException defect) {
            LOG.error("a group of rules met a defect group={}", runner.evaluation().group().key(),
                defect);
          }
        });
      }
    }
  }

  private long nextDueMs() {
    long nowMs = clock.millis();
    long next = nowMs + LONGEST_NAP_MS;
    for (var runner : current) {
      if (runner.ready()) {
        next = Math.min(next, runner.nextMs(nowMs));
      }
    }
    return next;
  }

  /**
   * Names who knows what most likely makes a service slow or fail: alerts that are sent say it.
   *
   * @param known gives words for a service's id, or ""
   */
  public void suspects(UnaryOperator<String> known) {
    notifier.suspects(known);
  }

  /** Reads anew what {@link #reload} does and what {@link #alsoReload} names; each changes nothing where it is wrong. */
  public List<Problem> reloadAll() {
    var wrong = new ArrayList<>(reload());
    wrong.addAll(moreToReload.get());
    return wrong;
  }

  /**
   * Reads the files anew: rules, objectives, relabelling of alerts. If all are good they are in use when this returns, else
   * nothing has changed.
   *
   * @return what is wrong with them
   */
  public synchronized List<Problem> reload() {
    var loaded = loader.load();
    problems = List.copyOf(loaded.problems());
    if (problems.isEmpty()) {
      notifier.relabel(loaded.relabeling());
      replace(loaded.groups());
      slos = List.copyOf(loaded.slos());
      LOG.info("rule files loaded groups={}", loaded.groups().size());
    } else {
      LOG.error("rule files are not in order, those loaded before stay in use: {}", said(problems));
    }
    return problems;
  }

  private synchronized void replace(List<RuleGroup> groups) {
    long nowMs = clock.millis();
    var gone = new TreeMap<>(runners);
    for (var group : groups) {
      var before = gone.remove(group.key());
      if (before != null && before.evaluation().group().equals(group)) {
        continue;
      }
      var runner = runner(group);
      if (before != null && before.owned()) {
        before.retire();
        runner.inherit(before);
      }
      runner.show();
      runners.put(group.key(), runner);
    }
    gone.forEach((key, runner) -> {
      runners.remove(key);
      runner.end(nowMs);
    });
    current = List.copyOf(runners.values());
    if (history == null && !runners.isEmpty()) {
      // Not without groups: whoever has no rules pays nothing for them.
      var opened = new AlertHistory(historyFolder, settings.historyRetention(), clock);
      history = opened;
      house.log().start(this);
      house.log().follow(opened);
    }
  }

  private GroupRunner runner(RuleGroup group) {
    var evaluation = new GroupEvaluation(group, options);
    return new GroupRunner(house, evaluation, new GroupState(evaluation),
        owned.contains(StateLog.shareOf(group.key(), house.log().shareCount())));
  }

  @Override
  public synchronized void taken(int share, Map<String, byte[]> state) {
    owned.add(share);
    renew(share,
        runner -> runner.restore(state, clock.millis(), settings.outageTolerance().toMillis()));
  }

  @Override
  public void released(int share) {
    List<GroupRunner> losers;
    synchronized (this) {
      owned.remove(share);
      losers = runners.values().stream().filter(runner -> runner.share() == share).toList();
    }
    losers.forEach(GroupRunner::lose);
    renew(share, runner -> {});
  }

  @Override
  public void seen(int share, Map<String, byte[]> state) {
    for (var runner : current) {
      if (runner.share() == share) {
        runner.showKept(state, clock.millis());
      }
    }
  }

  /** Puts new runners in the places of a share's. */
  private synchronized void renew(int share, Consumer<GroupRunner> prepare) {
    for (var before : List.copyOf(runners.values())) {
      if (before.share() == share) {
        var group = before.evaluation().group();
        var runner = runner(group);
        prepare.accept(runner);
        runner.show();
        runners.put(group.key(), runner);
      }
    }
    current = List.copyOf(runners.values());
  }

  private void tell(GroupEvaluation evaluation, List<GroupEvaluation.Due> due,
      BooleanSupplier stillOurs) {
    notifier.tell(evaluation.group().key(), due, stillOurs);
  }

  /** How all groups stand, by file and name. */
  public List<GroupStatus> statuses() {
    return current.stream()
        .map(GroupRunner::status)
        .sorted(Comparator.comparing((GroupStatus status) -> status.group().file())
            .thenComparing(status -> status.group().name()))
        .toList();
  }

  /** How all objectives stand now, by what their rules have recorded. */
  public List<SloStatus> sloStatuses() {
    var known = slos;
    if (known.isEmpty()) {
      return List.of();
    }
    house.barrier().await();
    try (var snapshot = house.snapshots().get()) {
      return SloBudgets.read(known,
          new SnapshotSource(snapshot, settings.owner(), options.features().typeAndUnitLabels()),
          statuses(), options, clock.millis());
    }
  }

  /** How deliveries to each receiver go. */
  public List<ReceiverStatus> receivers() {
    return notifier.receivers();
  }

  /** Adds the routes of {@code RulesApi} and {@code AlertsApi}. */
  public void mount(Router router) {
    new RulesApi(this::statuses, notifier::receivers, this::sloStatuses, this::reloadAll,
        settings.owner()).mount(router);
    new AlertsApi(this::statuses, notifier, () -> history, clock, settings.owner()).mount(router);
  }

  /** Whether no group is being evaluated. */
  boolean idle() {
    return current.stream().noneMatch(GroupRunner::busy);
  }

  @Override
  public void close() {
    stopping = true;
    var thread = watch;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
    threads.shutdown();
    try {
      if (!threads.awaitTermination(2, TimeUnit.SECONDS)) {
        threads.shutdownNow();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    notifier.close();
    house.log().close();
    var opened = history;
    if (opened != null) {
      opened.close();
    }
  }
}

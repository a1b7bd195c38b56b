package io.throughline.app.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.OpenTelemetry;
import io.throughline.broker.EmbeddedBroker;
import io.throughline.broker.Topics;
import io.throughline.model.Failure;
import io.throughline.query.QuerySettings;
import io.throughline.rules.RuleSink;
import io.throughline.rules.RulesRole;
import io.throughline.rules.RulesSettings;
import io.throughline.rules.StateLog;
import io.throughline.rules.group.AlertState;
import io.throughline.rules.group.AlertView;
import io.throughline.rules.group.GroupStatus;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import io.throughline.testkit.Await;
import io.throughline.testkit.Listener;
import io.throughline.testkit.SettableClock;
import io.throughline.testkit.SharedBroker;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two processes' rules over one Kafka: who owns what, and what becomes of it when one goes. */
class OwnersTest {

  private static final int SHARES = 2;
  private static final long START_MS = 1_700_000_040_000L;
  private static final Duration LEASE = Duration.ofSeconds(6);

  /** Not the shared one, which would stay: other tests of this module start whole installations. */
  private static EmbeddedBroker broker;

  @TempDir
  private static Path brokerFolder;

  @TempDir
  private Path folder = Path.of("");

  private final String prefix = SharedBroker.uniquePrefix();
  private final SettableClock clock = new SettableClock(Instant.ofEpochMilli(START_MS));
  /** Leases run out when a test says so: a busy machine ends none, and nobody waits for one. */
  private final AtomicLong leaseNanos = new AtomicLong(1);
  private final SharedRuleState.Timing timing = new SharedRuleState.Timing(Duration.ofSeconds(6),
      Duration.ofSeconds(4), Duration.ofMillis(100), LEASE, Duration.ofMillis(200),
      leaseNanos::get);
  private final List<String> acts = new CopyOnWriteArrayList<>();
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  @BeforeAll
  static void startBroker() throws IOException {
    broker = EmbeddedBroker.start(brokerFolder, false);
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @BeforeEach
  void prepare() throws IOException {
    try (var topics = new Topics(broker.clientProperties(), prefix)) {
      topics.ensure(1, (short) 1, Duration.ofHours(1));
      assertThat(topics.ensureAlerts(SHARES, (short) 1, Duration.ofDays(1))).isEqualTo(SHARES);
    }
  }

  @AfterEach
  void close() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  /** Groups in both shares, each of which writes, and alerts after three minutes. */
  private Path rules() throws IOException {
    var text = new StringBuilder("groups:\n");
    for (int i = 0; i < 6; i++) {
      text.append("- {name: g")
          .append(i)
          .append(", interval: 1m, rules: [{alert: A")
          .append(i)
          .append(", expr: vector(1), for: 3m}]}\n");
    }
    return Files.writeString(folder.resolve("rules.yml"), text);
  }

  /** A process: its rules, and places where it can be stopped. */
  private final class Process implements AutoCloseable {
    final String name;
    final RulesRole role;
    final SharedRuleState state;
    private volatile CountDownLatch beats = new CountDownLatch(0);
    private volatile CountDownLatch beforeSaves = new CountDownLatch(0);
    private volatile CountDownLatch afterSaves = new CountDownLatch(0);
    private volatile boolean held;

    Process(String name, Path rules) throws IOException {
      this.name = name;
      var data = Store.open(folder.resolve("store-" + name),
          StoreSettings.DEFAULTS.withBackgroundMerges(false));
      var receiver = new Listener(request -> acts.add(name + " tells " + request.text()));
      RuleSink sink = samples -> {
        samples.forEach(
            sample -> acts.add(name + " writes " + sample.labels() + " at " + sample.timeMs()));
        return written();
      };
      var standard = RulesSettings.DEFAULTS;
      var settings = new RulesSettings(List.of(rules.toString()), List.of(), "default",
          standard.interval(), Duration.ZERO, Duration.ZERO, 2, standard.outageTolerance(),
          standard.resendDelay(), "http://pane", List.of(), List.of(),
          List.of(receiver.url() + "/"), "", 100, Duration.ofSeconds(5), "", Duration.ofDays(1));
      state = new SharedRuleState(broker.clientProperties(), prefix, "default", SHARES, timing,
          () -> await(beats));
      role = new RulesRole(settings,
          new RulesRole.Surroundings(QuerySettings.DEFAULT, data::snapshot, () -> 0, sink,
              new Gates(), clock, OpenTelemetry.noop().getMeter("t"), null));
      opened.push(() -> {
        receiver.close();
        data.close();
      });
      opened.push(this);
      role.start();
    }

    private void await(CountDownLatch gate) {
      boolean stopped = gate.getCount() > 0;
      held |= stopped;
      try {
        gate.await();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    /** The log of this process' rules, with a gate on each side of a save. */
    private final class Gates implements StateLog {
      @Override
      public int shareCount() {
        return state.shareCount();
      }

      @Override
      public void start(Shares shares) {
        state.start(shares);
      }

      @Override
      public boolean owns(int share) {
        return state.owns(share);
      }

      @Override
      public void save(int share, Map<String, byte[]> entries, List<byte[]> changes) {
        await(beforeSaves);
        state.save(share, entries, changes);
        await(afterSaves);
      }

      @Override
      public void follow(Following following) {
        state.follow(following);
      }

      @Override
      public void close() {
        state.close();
      }
    }

    List<Integer> shares() {
      return List.of(0, 1).stream().filter(state::owns).toList();
    }

    List<GroupStatus> statuses() {
      return role.statuses();
    }

    @Override
    public void close() {
      List.of(beats, beforeSaves, afterSaves).forEach(CountDownLatch::countDown);
      role.close();
      state.close();
    }
  }

  private List<String> acts(String start) {
    return acts.stream().filter(act -> act.startsWith(start)).toList();
  }

  private void minute() {
    clock.advance(Duration.ofMinutes(1));
  }

  /** Whoever waits for a lease of somebody before it waits a tenth as long. */
  private void untilItOwnsAll(Process process) {
    Await.until(process.name + " owns all", () -> {
      leaseNanos.addAndGet(20_000_000);
      return process.shares().size() == SHARES;
    });
  }

  private static List<AlertView> alerts(Process process) {
    return process.statuses()
        .stream()
        .flatMap(group -> group.rules().stream())
        .flatMap(rule -> rule.alerts().stream())
        .toList();
  }

  /** Returns once the process owns everything and has evaluated each group, and written, once. */
  private void untilAllPend(Process process) {
    untilItOwnsAll(process);
    Await.until("all have written", () -> acts(process.name).size() == 12);
    assertThat(alerts(process)).allMatch(alert -> alert.state() == AlertState.PENDING);
  }

  /** Three minutes later the alerts fire, as old as they were. */
  private void assertThatAllFireInTime(Process process, List<AlertView> before) {
    untilItOwnsAll(process);
    for (int i = 0; i < 3; i++) {
      minute();
      long nowMs = clock.millis();
      Await.until("minute " + i + " is evaluated",
          () -> process.statuses()
              .stream()
              .allMatch(group -> nowMs - group.lastEvaluationMs() < 60_000));
    }
    var after = alerts(process);
    assertThat(after).hasSize(6).allMatch(alert -> alert.state() == AlertState.FIRING);
    assertThat(after.stream().map(AlertView::activeAtMs))
        .isEqualTo(before.stream().map(AlertView::activeAtMs).toList());
    assertThat(after).allMatch(alert -> alert.firedAtMs() == alert.activeAtMs() + 180_000);
  }

  private static CompletionStage<Void> written() {
    return CompletableFuture.completedFuture(null);
  }

  @Test
  void eachGroupIsEvaluatedByOneProcessAndMovesInOrderWhenItsOwnerCloses() throws Exception {
    var rules = rules();
    var one = new Process("one", rules);
    untilAllPend(one);
    var before = alerts(one);
    var two = new Process("two", rules);
    Await.until("each owns a share", () -> one.shares().size() == 1 && two.shares().size() == 1);
    int from = acts.size();

    minute();
    Await.until("all are evaluated", () -> acts.size() - from == 12);

    var written = acts.subList(from, from + 12);
    assertThat(written.stream().map(act -> act.substring(4))).doesNotHaveDuplicates();
    assertThat(written).anyMatch(act -> act.startsWith("one "))
        .anyMatch(act -> act.startsWith("two "));
    Await.until("what the other evaluates is shown", () -> alerts(two).size() == 6);

    one.close();
    assertThatAllFireInTime(two, before);
    Await.until("all are told",
        () -> acts("two tells").stream()
            .mapToInt(act -> act.split("\"alertname\"", -1).length - 1)
            .sum() >= 6);
    assertThat(acts("one tells")).isEmpty();
  }

  @Test
  void anOwnerThatIsHeardNoMoreIsReplacedAndItsAlertsFireInTime() throws Exception {
    var rules = rules();
    var one = new Process("one", rules);
    untilAllPend(one);
    var before = alerts(one);
    one.beats = new CountDownLatch(1);
    Await.until("it beats no more", () -> one.held);
    leaseNanos.addAndGet(LEASE.toNanos());
    assertThat(one.shares()).isEmpty();
    int acted = acts("one").size();

    var two = new Process("two", rules);
    assertThatAllFireInTime(two, before);

    assertThat(acts("one")).hasSize(acted);
    Await.until("it says that it knows nothing",
        () -> one.statuses()
            .stream()
            .allMatch(group -> group.rules().getFirst().unknownSinceMs() != 0));
  }

  /** A state whose first producer does what it is told, then hangs in a commit that may yet go through. */
  private SoleRuleState stateThatHangsOnce(AtomicInteger begun) {
    var topics = new AlertTopics(broker.clientProperties(), prefix, "default");
    var state = new SoleRuleState(topics, () -> {
      var real = topics.producer("rules");
      opened.push(() -> real.close(Duration.ZERO));
      return begun.incrementAndGet() == 1 ? hangingAtTheSecondCommit(real) : real;
    });
    opened.push(state);
    return state;
  }

  @SuppressWarnings("unchecked")
  private static Producer<byte[], byte[]> hangingAtTheSecondCommit(Producer<byte[], byte[]> real) {
    var commits = new AtomicInteger();
    return (Producer<byte[], byte[]>) Proxy.newProxyInstance(OwnersTest.class.getClassLoader(),
        new Class<?>[] {Producer.class}, (_, method, arguments) -> {
          if (method.getName().equals("commitTransaction") && commits.incrementAndGet() == 2) {
            real.flush();
            throw new TimeoutException("no answer to the commit");
          }
          if (method.getName().equals("abortTransaction")) {
            // As Kafka's own after a commit that timed out.
            throw new IllegalStateException("only the commit may be tried again");
          }
          return method.invoke(real, arguments);
        });
  }

  private static Map<String, byte[]> entry(String key, String value) {
    return Map.of(key, value.getBytes(StandardCharsets.UTF_8));
  }

  private Map<String, String> kept() {
    var kept = new TreeMap<String, String>();
    new AlertTopics(broker.clientProperties(), prefix, "default").read(0).forEach((key, value) -> {
      if (!key.equals(AlertTopics.OWNER)) {
        kept.put(key, new String(value, StandardCharsets.UTF_8));
      }
    });
    return kept;
  }

  @Test
  void aSoleOwnerWhoseCommitHangsGoesOnWithANewProducerAndTheHungSaveIsNotKept() {
    var begun = new AtomicInteger();
    var state = stateThatHangsOnce(begun);
    state.save(0, entry("a", "1"), List.of());

    assertThatThrownBy(() -> state.save(0, entry("a", "2"), List.of())).isInstanceOf(Failure.class)
        .hasMessageContaining("no answer to the commit");
    state.save(0, entry("b", "3"), List.of());

    assertThat(begun).hasValue(2);
    assertThat(kept()).isEqualTo(Map.of("a", "1", "b", "3"));
    assertThat(state.owns(0)).isTrue();
  }

  @Test
  void aSoleOwnerWhoseCommitHangsFencesNobodyWhoBeganMeanwhile() {
    var begun = new AtomicInteger();
    var state = stateThatHangsOnce(begun);
    state.save(0, entry("a", "1"), List.of());
    assertThatThrownBy(() -> state.save(0, entry("a", "2"), List.of())).isInstanceOf(Failure.class);
    var later = new SoleRuleState(broker.clientProperties(), prefix, "default");
    opened.push(later);
    later.save(0, entry("a", "4"), List.of());

    assertThatThrownBy(() -> state.save(0, entry("a", "5"), List.of()))
        .isInstanceOf(StateLog.Fenced.class);
    later.save(0, entry("b", "6"), List.of());

    assertThat(begun).hasValue(1);
    assertThat(state.owns(0)).isFalse();
    assertThat(kept()).isEqualTo(Map.of("a", "4", "b", "6"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anOwnerThatStoodStillNeitherWritesNorNotifiesWhenItGoesOn(boolean beforeSave)
      throws Exception {
    var rules = rules();
    var one = new Process("one", rules);
    untilAllPend(one);
    var before = alerts(one);
    int acted = acts("one").size();
    // The whole process stands still in the middle of its iterations.
    var gate = new CountDownLatch(1);
    if (beforeSave) {
      one.beforeSaves = gate;
    } else {
      one.afterSaves = gate;
    }
    one.beats = new CountDownLatch(1);
    minute();
    Await.until("it stands", () -> one.held);

    var two = new Process("two", rules);
    assertThatAllFireInTime(two, before);
    gate.countDown();
    Await.until("it has found out",
        () -> one.statuses()
            .stream()
            .noneMatch(group -> group.rules().getFirst().lastError().isEmpty()));
    minute();
    Await.until("the new owner goes on",
        () -> two.statuses()
            .stream()
            .allMatch(group -> clock.millis() - group.lastEvaluationMs() < 60_000));

    assertThat(acts("one")).hasSize(acted);
  }
}

package io.throughline.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.broker.Topics;
import io.throughline.collector.Intake;
import io.throughline.collector.produce.IntakeSettings;
import io.throughline.collector.produce.KafkaIntake;
import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.testkit.Await;
import io.throughline.testkit.SharedBroker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** From a door's columns through a real broker into a shard's writer. */
class WayThroughKafkaTest {

  private static final Tenant SHOP = new Tenant("shop");
  private static final Meter METER = OpenTelemetry.noop().getMeter("test");
  private static final IngestSettings SETTINGS = IngestSettings.DEFAULTS;

  private final String prefix = SharedBroker.uniquePrefix();
  private final io.throughline.model.wire.Topics topics = new io.throughline.model.wire.Topics(
      prefix);
  private final List<RecordingWriter> writers = List.of(new RecordingWriter(),
      new RecordingWriter());
  private final AtomicReference<String> refuse = new AtomicReference<>("");
  private final List<String> flushes = new ArrayList<>();
  private Topics admin;
  private Topics.Description log;
  /** The defaults, but for a machine that has other things to do: how long Kafka takes is not what is tested. */
  private static final IntakeSettings PATIENT = new IntakeSettings(Duration.ofSeconds(60),
      IntakeSettings.DEFAULTS.queueBytes(), IntakeSettings.DEFAULTS.maxSeriesPerTenant(),
      IntakeSettings.DEFAULTS.newSeriesPerSecond(), IntakeSettings.DEFAULTS.tenantMemoryRatio(),
      IntakeSettings.DEFAULTS.idleSeries(), IntakeSettings.DEFAULTS.samplesRetention(),
      IntakeSettings.DEFAULTS.arrivalOrderBytes(), IntakeSettings.DEFAULTS.compression());

  private KafkaIntake intake;
  private IngestRole ingest;

  @BeforeEach
  void start() throws Exception {
    admin = new Topics(SharedBroker.get().clientProperties(), prefix);
    log = admin.ensure(2, (short) 1, Duration.ofDays(-1));
    intake = newIntake(PATIENT);
    ingest = newIngest();
  }

  @AfterEach
  void stop() {
    intake.close();
    ingest.close();
    admin.close();
  }

  private KafkaIntake newIntake(IntakeSettings settings) {
    return new KafkaIntake(settings, SharedBroker.get().clientProperties(), topics, 2, InstantSource
        .system(), refuse::get, METER);
  }

  private IngestRole newIngest() {
    return newIngest(SETTINGS);
  }

  private IngestRole newIngest(IngestSettings settings) {
    return new IngestRole(settings, SharedBroker.get().clientProperties(), topics, List.of(0, 1),
        writers::get, log.clusterId(), log.samplesTopicId(), METER, (partition, offset) -> {
          synchronized (flushes) {
            flushes.add(partition + ":" + offset);
          }
        });
  }

  @Test
  void whatIsAcknowledgedIsAppliedOnceInOrderWithItsLabels() throws Exception {
    for (int round = 0; round < 3; round++) {
      write(intake, SHOP, 10, round);
    }
    applyAll();

    var calls = allCalls();
    assertThat(calls).hasSize(30);
    assertThat(calls).anyMatch(call -> call.endsWith(
        "shop/requests_total{instance=\"i7\", job=\"j\"} 2000 5 7.5"));
    for (var writer : writers) {
      var times = writer.calls().stream().map(call -> call.split(" ")[2]).toList();
      assertThat(times).isSorted();
    }
  }

  @Test
  void equalLogsMakeEqualShards() throws Exception {
    var random = new Random(7);
    for (int round = 0; round < 20; round++) {
      write(intake, new Tenant("t" + random.nextInt(3)), 1 + random.nextInt(20), round);
    }
    applyAll();
    var first = List.of(writers.get(0).calls(), writers.get(1).calls());

    ingest.close();
    // As new shards they read the log from its beginning.
    var again = List.of(new RecordingWriter(), new RecordingWriter());
    try (var second = new IngestRole(SETTINGS, SharedBroker.get().clientProperties(), topics, List
        .of(0, 1), again::get, log.clusterId(), log.samplesTopicId(), METER, (p, o) -> {})) {
      awaitApplied(second);
    }

    assertThat(List.of(again.get(0).calls(), again.get(1).calls())).isEqualTo(first);
    ingest = newIngest();
  }

  @Test
  void afterAKillTheUnflushedIsReadAgainAndNothingIsLost() throws Exception {
    write(intake, SHOP, 10, 1);
    applyAll();
    ingest.flush().get();
    write(intake, SHOP, 12, 2);
    applyAll();
    var before = new HashSet<>(allCalls());

    ingest.close();
    writers.forEach(RecordingWriter::dieAndOpenAgain);
    ingest = newIngest();
    applyAll();

    assertThat(new HashSet<>(allCalls())).isEqualTo(before);
    assertThat(allCalls()).hasSize(22);
  }

  @Test
  void aFlushTellsUpToWhereTheLogMayForget() throws Exception {
    write(intake, SHOP, 50, 1);
    applyAll();

    ingest.flush().get();

    synchronized (flushes) {
      assertThat(flushes).contains("0:" + intake.acknowledgedOffset(0), "1:" + intake
          .acknowledgedOffset(1));
    }
    assertThat(writers.get(0).flushedPosition().topicId()).isEqualTo(log.samplesTopicId());
  }

  @Test
  void aLogThatForgotTooMuchIsARecordedGap() throws Exception {
    write(intake, SHOP, 50, 1);
    applyAll();
    ingest.flush().get();
    ingest.close();
    long flushed = writers.get(0).flushedPosition().nextOffset();
    write(intake, SHOP, 50, 2);
    admin.deleteSamplesBelow(0, intake.acknowledgedOffset(0));
    awaitBeginning(0, intake.acknowledgedOffset(0));

    ingest = newIngest();
    applyAll();

    assertThat(writers.get(0).gaps()).containsExactly(flushed + ".." + intake.acknowledgedOffset(
        0));
    assertThat(writers.get(1).gaps()).isEmpty();
  }

  @Test
  void recordsThatCannotBeReadAreSetAsideAndBlockNobody() throws Exception {
    try (var raw = new KafkaProducer<>(new HashMap<>(SharedBroker.get().clientProperties()),
        new ByteArraySerializer(), new ByteArraySerializer())) {
      raw.send(new ProducerRecord<>(topics.samples(), 0, null, "nonsense".getBytes(
          java.nio.charset.StandardCharsets.UTF_8))).get();
      var unknownSet = new io.throughline.model.wire.RecordWriter();
      var columns = new io.throughline.model.wire.SampleColumns();
      columns.add(5, 1, 0, 1.0);
      unknownSet.begin(SHOP, 99);
      unknownSet.group(1, io.throughline.model.wire.SampleKind.FLOAT, columns, 0, 1);
      raw.send(new ProducerRecord<>(topics.samples(), 0, null, unknownSet.finish())).get();
    }
    write(intake, SHOP, 20, 1);
    applyAll();

    assertThat(allCalls()).hasSize(20);
    assertThat(deadLetters(2)).anyMatch(reason -> reason.contains("magic"))
        .anyMatch(reason -> reason.contains("uses a series set that topic"));
  }

  @Test
  void aNewCollectorsSetsAreFoundWhenItsFirstRecordComes() throws Exception {
    write(intake, SHOP, 10, 1);
    applyAll();
    intake.close();
    intake = newIntake(PATIENT);
    write(intake, SHOP, 11, 2);
    applyAll();

    // Ten series came twice, by two collectors, and have one id each.
    var ids = new HashSet<String>();
    allCalls().forEach(call -> ids.add(call.split(" ")[0] + call.split(" ")[1]));
    assertThat(allCalls()).hasSize(21);
    assertThat(ids).hasSize(11);
  }

  @Test
  void everyKindOfSampleArrives() throws Exception {
    var histogram = new NativeHistogram(true, NativeHistogram.ResetHint.UNKNOWN, 3, 0.001, 1, 3,
        2.5, new int[] {0, 2}, new long[] {1, 1}, new int[0], new long[0], new double[0]);
    var request = intake.begin(SHOP);
    int handle = request.define(1, 1, Labels.of("__name__", "x", "job", "j"),
        SeriesMetadata.UNKNOWN);
    request.sample(handle, 1, 0, 1.5);
    request.histogram(handle, 2, 1, histogram);
    request.delta(handle, 2, 3, 4.0);
    request.delta(handle, 3, 4, histogram);
    assertThat(request.size()).isEqualTo(4);
    request.commit().toCompletableFuture().get();
    applyAll();

    assertThat(allCalls()).containsExactlyInAnyOrder("0=shop/x{job=\"j\"} 1 0 1.5",
        "0=shop/x{job=\"j\"} 2 1 " + histogram, "0=shop/x{job=\"j\"} 3 2 +4.0",
        "0=shop/x{job=\"j\"} 4 3 +" + histogram);
  }

  @Test
  void aRequestLargerThanARecordIsSplitAndStillAnsweredOnce() throws Exception {
    var request = intake.begin(SHOP);
    for (int i = 0; i < 100_000; i++) {
      int handle = request.find(i % 1000, 3);
      if (handle == Intake.Request.UNKNOWN) {
        handle = request.define(i % 1000, 3, labels(i % 1000), SeriesMetadata.UNKNOWN);
      }
      request.sample(handle, i, 0, Math.PI * i);
    }
    request.commit().toCompletableFuture().get();
    applyAll();

    assertThat(allCalls()).hasSize(100_000);
  }

  @Test
  void theSeriesLimitNamesItselfAndKnownSeriesGoOn() throws Exception {
    intake.close();
    intake = newIntake(new IntakeSettings(Duration.ofSeconds(10), 64L << 20, 5, 0, 1, Duration
        .ofHours(
            1), Duration.ofDays(1), 1 << 20, "lz4"));
    var request = intake.begin(SHOP);
    for (int i = 0; i < 5; i++) {
      request.sample(request.define(i, i, labels(i), SeriesMetadata.UNKNOWN), 1, 0, 1);
    }

    assertThat(request.define(6, 6, labels(6), SeriesMetadata.UNKNOWN)).isEqualTo(
        Intake.Request.REFUSED);
    assertThat(request.refusal()).contains("tenant 'shop' has 5 series")
        .contains(
            "max-series-per-tenant");
    assertThat(request.find(2, 2)).isNotNegative();
    request.commit().toCompletableFuture().get();
    assertThat(intake.begin(new Tenant("other")).find(2, 2)).isEqualTo(Intake.Request.UNKNOWN);
  }

  private static IngestSettings holding(long series) {
    double ratio = series * 400.0 / Runtime.getRuntime().maxMemory();
    var base = IngestSettings.DEFAULTS;
    return new IngestSettings(base.flushHeadBytes(), base.memoryBytes(), base.flushLogBytes(),
        ratio, base.flushAge());
  }

  private static Labels visit(int i) {
    return Labels.of("__name__", "visits", "job", "j", "instance", "i", "session", "s" + i);
  }

  @Test
  void beyondTheMemorySetAsideNewSeriesAreRefusedAndKnownOnesGoOnOverARestart() throws Exception {
    ingest.close();
    ingest = newIngest(holding(400));
    assertThat(holding(400).seriesBudget()).isBetween(399L, 400L);
    write(intake, SHOP, 100, 1);
    applyAll();
    var refused = new AtomicReference<>("");
    var visits = new AtomicInteger();
    Await.until("the bound to be reached and told", () -> {
      var request = intake.begin(SHOP);
      int from = visits.getAndAdd(50);
      for (int i = from; i < from + 50; i++) {
        int handle = request.define(i, 9, visit(i), SeriesMetadata.UNKNOWN);
        if (handle >= 0) {
          request.sample(handle, 1, 0, 1);
        } else {
          refused.set(request.refusal());
        }
      }
      request.commit().toCompletableFuture().get();
      return !refused.get().isEmpty();
    });
    applyAll();

    assertThat(refused.get()).contains("ingest.series-memory-ratio",
        "label 'session' explodes: about");
    // A collector that starts anew has met no series: those of the shard are taken, others are not.
    intake.close();
    intake = newIntake(PATIENT);
    Await.until("the new collector to have heard of the bound", () -> {
      int fresh = visits.incrementAndGet();
      return intake.begin(SHOP)
          .define(fresh, 10, visit(1_000_000 + fresh),
              SeriesMetadata.UNKNOWN) == Intake.Request.REFUSED;
    });
    write(intake, SHOP, 100, 2);
    var request = intake.begin(SHOP);
    assertThat(request.define(0, 9, visit(0), SeriesMetadata.UNKNOWN)).isNotNegative();
  }

  @Test
  void whileWritesAreRefusedARequestSaysWhy() {
    refuse.set("the disk is nearly full");

    assertThatThrownBy(() -> write(intake, SHOP, 1, 1)).isInstanceOf(CompletionException.class)
        .hasMessageContaining("the disk is nearly full");
    assertThat(intake.unavailableReason()).isEqualTo("the disk is nearly full");
  }

  @Test
  void aBrokerThatDiesUnderLoadLosesNothingThatWasAcknowledged() throws Exception {
    var acknowledged = new ArrayList<Integer>();
    var refused = new ArrayList<Integer>();
    for (int round = 0; round < 60; round++) {
      if (round == 20) {
        SharedBroker.get().crash("a drill");
      }
      try {
        write(intake, SHOP, 5, round);
        acknowledged.add(round);
      } catch (CompletionException failed) {
        refused.add(round);
      }
    }
    Await.until("the broker is up", () -> SharedBroker.get().downReason().isEmpty());
    Await.until("writes are accepted again", () -> {
      write(intake, SHOP, 5, 60);
      return true;
    });
    acknowledged.add(60);
    applyAll();

    var applied = new HashSet<String>();
    allCalls().forEach(call -> applied.add(call.split(" ")[2]));
    assertThat(acknowledged).hasSizeGreaterThan(20);
    for (int round : acknowledged) {
      assertThat(applied).as("refused were %s", refused).contains("" + round * 1000);
    }
  }

  @Test
  void aThousandFreshTenantsAreServedTogether() throws Exception {
    var waiting = new ArrayList<CompletableFuture<Void>>();
    for (int t = 0; t < 1000; t++) {
      var request = intake.begin(new Tenant("fresh-" + t));
      for (int i = 0; i < 10; i++) {
        request.sample(request.define(i, i, labels(i), SeriesMetadata.UNKNOWN), 1, 0, i);
      }
      waiting.add(request.commit().toCompletableFuture());
    }
    CompletableFuture.allOf(waiting.toArray(CompletableFuture[]::new)).get();
    applyAll();

    assertThat(allCalls()).hasSize(10_000);
  }

  @Test
  void aBrokenAdditionHidesNoOther() throws Exception {
    try (var raw = new KafkaProducer<>(new HashMap<>(SharedBroker.get().clientProperties()),
        new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int partition = 0; partition < 2; partition++) {
        raw.send(new ProducerRecord<>(topics.seriesSets(), partition, new byte[] {1}, new byte[] {
            9, 9})).get();
      }
    }
    write(intake, SHOP, 20, 1);
    applyAll();

    assertThat(allCalls()).hasSize(20);
    assertThat(deadLetters(2)).allMatch(reason -> reason.contains("series set at byte"));
  }

  @Test
  void aLogThatWasCutBelowWhatWasAppliedIsReadFromWhereItParts() throws Exception {
    write(intake, SHOP, 20, 1);
    applyAll();
    ingest.flush().get();
    ingest.close();
    long end = intake.acknowledgedOffset(0);
    var before = writers.get(0).appliedPosition();
    // As a store is that outlived the tail of its broker's log.
    writers.get(0)
        .applied(new io.throughline.store.LogPosition(before.clusterId(), before.topicId(), before
            .leaderEpoch(), end + 500));

    ingest = newIngest();
    Await.until("the worker found its place", () -> ingest.appliedOffset(0) == end);
    write(intake, SHOP, 20, 2);
    applyAll();

    assertThat(allCalls()).hasSize(40);
    assertThat(writers.get(0).gaps()).isEmpty();
  }

  @Test
  void aTopicMadeAnewIsAnotherLogReadFromItsBeginning() throws Exception {
    write(intake, SHOP, 20, 1);
    write(intake, SHOP, 20, 2);
    applyAll();
    try (var kafka = org.apache.kafka.clients.admin.Admin.create(new HashMap<>(SharedBroker.get()
        .clientProperties()))) {
      kafka.deleteTopics(List.of(topics.samples())).all().get();
    }
    Await.until("the topic is there again", () -> {
      log = admin.ensure(2, (short) 1, Duration.ofDays(-1));
      return true;
    });

    Await.until("a write is acknowledged", () -> {
      write(intake, SHOP, 20, 3);
      return true;
    });

    Await.until("it is applied", () -> {
      var times = new HashSet<String>();
      allCalls().forEach(call -> times.add(call.split(" ")[2]));
      return times.contains("3000") && allCalls().size() >= 60;
    });
    for (var writer : writers) {
      assertThat(writer.appliedPosition().topicId()).isEqualTo(log.samplesTopicId());
    }
  }

  @Test
  void aFlushThatFailsIsToldAndTriedAgain() throws Exception {
    write(intake, SHOP, 20, 1);
    applyAll();
    writers.forEach(writer -> writer.failNextFlushes(1));

    assertThatThrownBy(() -> ingest.flush().get()).hasMessageContaining("no space left");
    ingest.flush().get();

    assertThat(writers.get(0).flushedPosition().nextOffset()).isEqualTo(intake.acknowledgedOffset(
        0));
  }

  @Test
  void partitionsBelongToNodesByRemainder() {
    assertThat(IngestRole.owned(1, 3, 8)).containsExactly(1, 4, 7);
    assertThat(IngestRole.owned(0, 1, 4)).containsExactly(0, 1, 2, 3);
    assertThatThrownBy(() -> IngestRole.owned(3, 3, 8)).hasMessageContaining("3/3");
  }

  private static Labels labels(int i) {
    return Labels.of("__name__", "requests_total", "job", "j", "instance", "i" + i);
  }

  /** One sample for each of some series, at {@code round} seconds. */
  private static void write(KafkaIntake to, Tenant tenant, int series, int round) {
    var request = to.begin(tenant);
    for (int i = 0; i < series; i++) {
      int handle = request.find(i, i * 31L);
      if (handle == Intake.Request.UNKNOWN) {
        handle = request.define(i, i * 31L, labels(i), SeriesMetadata.UNKNOWN);
        assertThat(handle).as(request.refusal()).isNotNegative();
      }
      request.sample(handle, round * 1000L, 5, i + 0.5);
    }
    CompletableFuture<Void> done = request.commit().toCompletableFuture();
    done.join();
  }

  private void applyAll() throws InterruptedException {
    awaitApplied(ingest);
  }

  private void awaitApplied(IngestRole role) throws InterruptedException {
    long deadline = System.nanoTime() + Await.PATIENCE.toNanos();
    for (int partition = 0; partition < 2; partition++) {
      assertThat(role.awaitApplied(partition, intake.acknowledgedOffset(partition), deadline)).as(
          role.trouble()).isZero();
    }
  }

  private List<String> allCalls() {
    var calls = new ArrayList<>(writers.get(0).calls());
    calls.addAll(writers.get(1).calls());
    return calls;
  }

  private void awaitBeginning(int partition, long offset) {
    var topic = new TopicPartition(topics.samples(), partition);
    try (var consumer = new KafkaConsumer<>(new HashMap<>(SharedBroker.get().clientProperties()),
        new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      Await.until("records are deleted", () -> consumer.beginningOffsets(List.of(topic))
          .getOrDefault(topic, -1L) == offset);
    }
  }

  private List<String> deadLetters(int count) {
    var reasons = new ArrayList<String>();
    var topic = new TopicPartition(topics.deadLetter(), 0);
    try (var consumer = new KafkaConsumer<>(new HashMap<>(SharedBroker.get().clientProperties()),
        new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(topic));
      consumer.seekToBeginning(List.of(topic));
      Await.until("the dead letters are kept", () -> {
        consumer.poll(Duration.ofMillis(200))
            .forEach(letter -> reasons.add(new String(letter
                .headers()
                .lastHeader("reason")
                .value(), java.nio.charset.StandardCharsets.UTF_8)));
        return reasons.size() >= count;
      });
    }
    return reasons;
  }
}

package io.throughline.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.collector.Intake;
import io.throughline.collector.produce.IntakeSettings;
import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.testkit.Await;
import io.throughline.testkit.SharedBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** From a door's columns through a real broker into a shard's writer. */
class WayThroughKafkaTest extends ThroughKafka {

  @Test
  void whatIsAcknowledgedIsAppliedOnceInOrderWithItsLabels() throws Exception {
    for (int round = 0; round < 3; round++) {
      write(intake, SHOP, 10, round);
    }
    applyAll();

    var calls = allCalls();
    assertThat(calls).hasSize(30);
    assertThat(calls).anyMatch(
        call -> call.endsWith("shop/requests_total{instance=\"i7\", job=\"j\"} 2000 5 7.5"));
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
    try (var second = new IngestRole(SETTINGS, SharedBroker.get().clientProperties(), topics,
        List.of(0, 1), again::get, log.clusterId(), log.samplesTopicId(), METER, (p, o) -> {})) {
      awaitApplied(second);
    }

    assertThat(List.of(again.get(0).calls(), again.get(1).calls())).isEqualTo(first);
    ingest = newIngest();
  }

  @Test
  void aFlushTellsUpToWhereTheLogMayForget() throws Exception {
    write(intake, SHOP, 50, 1);
    applyAll();

    ingest.flush().get();

    synchronized (flushes) {
      assertThat(flushes).contains("0:" + intake.acknowledgedOffset(0),
          "1:" + intake.acknowledgedOffset(1));
    }
    assertThat(writers.get(0).flushedPosition().topicId()).isEqualTo(log.samplesTopicId());
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
    intake = newIntake(new IntakeSettings(Duration.ofSeconds(10), 64L << 20, 5, 0, 1,
        Duration.ofHours(1), Duration.ofDays(1), 1 << 20, "lz4"));
    var request = intake.begin(SHOP);
    for (int i = 0; i < 5; i++) {
      request.sample(request.define(i, i, labels(i), SeriesMetadata.UNKNOWN), 1, 0, 1);
    }

    assertThat(request.define(6, 6, labels(6), SeriesMetadata.UNKNOWN))
        .isEqualTo(Intake.Request.REFUSED);
    assertThat(request.refusal()).contains("tenant 'shop' has 5 series")
        .contains("max-series-per-tenant");
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
      // What is about to come is counted too: the shard itself is to hold all there is room for.
      return !refused.get().isEmpty() && !refused.get().contains("about to come");
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
  void partitionsBelongToNodesByRemainder() {
    assertThat(IngestRole.owned(1, 3, 8)).containsExactly(1, 4, 7);
    assertThat(IngestRole.owned(0, 1, 4)).containsExactly(0, 1, 2, 3);
    assertThatThrownBy(() -> IngestRole.owned(3, 3, 8)).hasMessageContaining("3/3");
  }
}

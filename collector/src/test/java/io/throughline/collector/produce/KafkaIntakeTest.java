package io.throughline.collector.produce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.collector.Intake.Request;
import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.MetricType;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.model.wire.Topics;
import io.throughline.testkit.Await;
import io.throughline.testkit.SettableClock;
import io.throughline.testkit.SharedBroker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What the intake promises a door, with and without a Kafka behind it. */
class KafkaIntakeTest {

  private static final Tenant SHOP = new Tenant("shop");
  private static final Meter METER = OpenTelemetry.noop().getMeter("test");

  /** Nobody listens there. */
  private static final Map<String, Object> NOWHERE = Map.of("bootstrap.servers", "127.0.0.1:1");

  private final SettableClock clock = new SettableClock(Instant.ofEpochSecond(1_700_000_000));

  private static IntakeSettings settings(Duration patience, long queueBytes, long newPerSecond) {
    return new IntakeSettings(patience, queueBytes, 0, newPerSecond, 1, Duration.ofHours(1),
        Duration.ofDays(1), 1 << 20, "lz4");
  }

  private KafkaIntake intake(IntakeSettings settings, Map<String, Object> client, Topics topics) {
    return new KafkaIntake(settings, client, topics, 2, clock, () -> "", METER);
  }

  private static Labels labels(int i) {
    return Labels.of("__name__", "m", "job", "j", "instance", "i" + i);
  }

  private static Future<Void> write(KafkaIntake intake, int samples) {
    return write(intake.begin(SHOP), samples);
  }

  private static Future<Void> write(Request request, int samples) {
    int handle = request.find(1, 1);
    if (handle == Request.UNKNOWN) {
      handle = request.define(1, 1, labels(1), SeriesMetadata.UNKNOWN);
    }
    for (int i = 0; i < samples; i++) {
      request.sample(handle, i, 0, i);
    }
    return request.commit().toCompletableFuture();
  }

  @Test
  void withoutKafkaARequestIsRefusedAfterItsPatienceAndReadinessSaysWhy() {
    try (var intake = intake(settings(Duration.ofMillis(300), 8 << 20, 0), NOWHERE,
        Topics.DEFAULT)) {
      assertThatThrownBy(() -> write(intake, 1).get()).isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOfSatisfying(Failure.class,
              failure -> assertThat(failure.category()).isEqualTo(Failure.Category.UNAVAILABLE));
      Await.until("readiness notices", () -> {
        write(intake, 1);
        return intake.unavailableReason().contains("Kafka does not acknowledge");
      });
    }
  }

  @Test
  void aFullQueueRefusesAtOnceAndIsEmptyAgainAfterThePatience() throws Exception {
    try (
        var intake = intake(settings(Duration.ofSeconds(2), 4 << 20, 0), NOWHERE, Topics.DEFAULT)) {
      var first = write(intake, 200_000);
      assertThat(first.isDone()).isFalse();

      var second = write(intake, 1);

      assertThatThrownBy(second::get).cause()
          .hasMessageContaining("the queue to Kafka is full")
          .hasMessageContaining("collector.intake.queue-bytes");
      assertThat(intake.unavailableReason()).contains("the queue to Kafka is full");
      assertThatThrownBy(first::get).cause().isInstanceOf(Failure.class);
      assertThat(intake.unavailableReason()).doesNotContain("queue");
    }
  }

  @Test
  void aRequestOfWhichNothingWasTakenWaitsForNobody() throws Exception {
    try (var intake = intake(settings(Duration.ofSeconds(60), 8 << 20, 0), NOWHERE,
        Topics.DEFAULT)) {
      assertThat(intake.begin(SHOP).commit().toCompletableFuture()).isCompleted();
    }
  }

  @Test
  void ourOwnTelemetryIsTakenWhileOthersAreRefusedForOverload() throws Exception {
    var late = new AtomicReference<>("shards are late");
    var out = new AtomicReference<>("");
    var prefix = SharedBroker.uniquePrefix();
    try (var admin = new io.throughline.broker.Topics(SharedBroker.get().clientProperties(),
        prefix)) {
      admin.ensure(2, (short) 1, Duration.ofDays(-1));
    }
    try (var intake = new KafkaIntake(settings(Duration.ofSeconds(30), 4 << 20, 1),
        SharedBroker.get().clientProperties(), new Topics(prefix), 2, clock, late::get, out::get,
        METER)) {
      assertThatThrownBy(() -> write(intake.begin(SHOP), 1).get()).cause()
          .hasMessage("shards are late");

      write(intake.beginReserved(SHOP), 1).get();

      for (int i = 100; i < 200; i++) {
        intake.begin(SHOP).define(i, i, labels(i), SeriesMetadata.UNKNOWN);
      }
      assertThat(intake.begin(SHOP).define(5, 5, labels(5), SeriesMetadata.UNKNOWN))
          .as("its new series of the second are spent")
          .isEqualTo(Request.REFUSED);
      assertThat(intake.beginReserved(SHOP).define(5, 5, labels(5), SeriesMetadata.UNKNOWN))
          .isNotNegative();
      out.set("no disk");
      assertThatThrownBy(() -> write(intake.beginReserved(SHOP), 1).get()).cause()
          .hasMessage("no disk");
    }
  }

  @Test
  void aQueueFullOfOthersHasRoomForOurOwnTelemetry() {
    try (var intake = intake(settings(Duration.ofSeconds(30), 4 << 20, 0), NOWHERE,
        Topics.DEFAULT)) {
      var others = write(intake, 2_000);
      while (!others.isDone()) {
        others = write(intake, 2_000);
      }
      assertThatThrownBy(others::get).cause().hasMessageContaining("the queue to Kafka is full");

      var own = write(intake.beginReserved(SHOP), 2_000);

      assertThat(own.isDone()).isFalse();
    }
  }

  @Test
  void aStoppedCollectorRefusesAtOnceWhatItCannotSend() {
    var intake = intake(settings(Duration.ofSeconds(60), 8 << 20, 0), NOWHERE, Topics.DEFAULT);
    var waiting = write(intake, 1);

    intake.close();

    assertThatThrownBy(waiting::get).cause().isInstanceOf(Failure.class);
    assertThatThrownBy(() -> write(intake, 1).get()).cause().hasMessageContaining("stopping");
  }

  @Test
  void aTopicThatAppearsLateIsFoundWithoutARestart() throws Exception {
    var prefix = SharedBroker.uniquePrefix();
    try (var intake = intake(settings(Duration.ofSeconds(1), 8 << 20, 0),
        SharedBroker.get().clientProperties(), new Topics(prefix))) {
      assertThatThrownBy(() -> write(intake, 1).get()).cause().isInstanceOf(Failure.class);

      try (var admin = new io.throughline.broker.Topics(SharedBroker.get().clientProperties(),
          prefix)) {
        admin.ensure(2, (short) 1, Duration.ofDays(-1));
      }

      Await.until("a write is acknowledged", () -> write(intake, 1).get() == null);
      assertThat(intake.acknowledgedOffset(0) + intake.acknowledgedOffset(1)).isEqualTo(1);
      assertThat(intake.unavailableReason()).isEmpty();
    }
  }

  @Test
  void whatIsCommittedWhileOtherBodiesAreDecodedGoesAlongButWaitsForNoneForLong() throws Exception {
    var prefix = SharedBroker.uniquePrefix();
    try (var admin = new io.throughline.broker.Topics(SharedBroker.get().clientProperties(),
        prefix)) {
      admin.ensure(2, (short) 1, Duration.ofDays(-1));
    }
    try (var intake = intake(settings(Duration.ofSeconds(30), 8 << 20, 0),
        SharedBroker.get().clientProperties(), new Topics(prefix))) {
      write(intake, 1).get();
      long records = records(intake);
      intake.bodyComes();
      // Never taken, as a giant that is decoded for minutes.
      write(intake, 1).get();
      assertThat(records(intake)).isEqualTo(records + 1);

      // Many at once: how many records they make is a matter of speed, but never one each.
      int requests = 200;
      var all = new ArrayList<Future<Void>>();
      for (int i = 0; i < requests; i++) {
        all.add(write(intake, 1));
      }
      for (var one : all) {
        one.get();
      }
      assertThat(records(intake) - records - 1).isBetween(1L, (long) requests / 2);
      intake.bodyTaken();
    }
  }

  private static long records(KafkaIntake intake) {
    return intake.acknowledgedOffset(0) + intake.acknowledgedOffset(1);
  }

  @Test
  void aRequestIsSpentByItsCommit() {
    try (var intake = intake(settings(Duration.ofMillis(200), 8 << 20, 0), NOWHERE,
        Topics.DEFAULT)) {
      var request = intake.begin(SHOP);
      int handle = request.define(1, 1, labels(1), SeriesMetadata.UNKNOWN);
      request.sample(handle, 1, 0, 1);
      var unused = request.commit();
      intake.begin(SHOP).define(2, 2, labels(2), SeriesMetadata.UNKNOWN);

      assertThat(unused).isNotNull();
      assertThat(request.size()).isEqualTo(1);
      assertThatThrownBy(() -> request.sample(handle, 2, 0, 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(request::commit).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> request.find(1, 1)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void newSeriesBeyondTheRateAreRefusedByName() {
    try (var intake = intake(settings(Duration.ofMillis(200), 8 << 20, 5), NOWHERE,
        Topics.DEFAULT)) {
      var request = intake.begin(SHOP);
      int refused = 0;
      for (int i = 0; i < 200; i++) {
        refused += request.define(i, i, labels(i), SeriesMetadata.UNKNOWN) == Request.REFUSED
            ? 1
            : 0;
      }

      // A burst of ten seconds' worth comes first.
      assertThat(refused).isBetween(100, 150);
      assertThat(request.refusal()).contains("collector.intake.new-series-per-second");
      assertThat(request.find(3, 3)).isNotNegative();
    }
  }

  @Test
  void silentSeriesAreForgottenAndASetThatIsMostlyDeadGoesAsAWhole() {
    try (var intake = intake(settings(Duration.ofMillis(200), 8 << 20, 0), NOWHERE,
        Topics.DEFAULT)) {
      for (int i = 0; i < 10; i++) {
        intake.begin(SHOP).define(i, i, labels(1), SeriesMetadata.UNKNOWN);
      }
      clock.advance(Duration.ofMinutes(40));
      for (int i = 0; i < 6; i++) {
        assertThat(intake.begin(SHOP).find(i, i)).isNotNegative();
      }
      clock.advance(Duration.ofMinutes(30));

      intake.sweep();

      assertThat(intake.begin(SHOP).find(9, 9)).isEqualTo(Request.UNKNOWN);
      assertThat(intake.begin(SHOP).find(0, 0)).isNotNegative();
      assertThat(intake.begin(SHOP).find(1, 1)).isNotNegative();

      clock.advance(Duration.ofMinutes(55));
      Await.until("the sender knows the set", () -> {
        intake.sweep();
        return intake.begin(SHOP).find(0, 0) == Request.UNKNOWN;
      });
      assertThat(intake.begin(SHOP).define(0, 0, labels(1), SeriesMetadata.UNKNOWN))
          .isNotNegative();
    }
  }

  @Test
  void aHistogramThatWouldFillARecordAloneIsTheSendersFault() {
    try (var intake = intake(settings(Duration.ofMillis(200), 8 << 20, 0), NOWHERE,
        Topics.DEFAULT)) {
      var request = intake.begin(SHOP);
      int handle = request.define(1, 1, labels(1),
          new SeriesMetadata(MetricType.HISTOGRAM, "s", "x".repeat(5_000_000)));
      var giant = new NativeHistogram(true, NativeHistogram.ResetHint.UNKNOWN, 3, 0, 0, 0, 0,
          new int[] {0, 60_000}, new long[60_000], new int[0], new long[0], new double[0]);

      assertThatThrownBy(() -> request.histogram(handle, 1, 0, giant)).isInstanceOfSatisfying(
          Failure.class,
          failure -> assertThat(failure.category()).isEqualTo(Failure.Category.USER));
    }
  }
}

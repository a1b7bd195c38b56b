package io.throughline.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.broker.Topics;
import io.throughline.collector.Intake;
import io.throughline.collector.produce.IntakeSettings;
import io.throughline.collector.produce.KafkaIntake;
import io.throughline.model.Labels;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.testkit.Await;
import io.throughline.testkit.SharedBroker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** An intake and an ingest role with a real broker between them; what a shard gets is written down. */
abstract class ThroughKafka {

  static final Tenant SHOP = new Tenant("shop");
  static final Meter METER = OpenTelemetry.noop().getMeter("test");
  static final IngestSettings SETTINGS = IngestSettings.DEFAULTS;

  final String prefix = SharedBroker.uniquePrefix();
  final io.throughline.model.wire.Topics topics = new io.throughline.model.wire.Topics(prefix);
  final List<RecordingWriter> writers = List.of(new RecordingWriter(), new RecordingWriter());
  final AtomicReference<String> refuse = new AtomicReference<>("");
  final List<String> flushes = new ArrayList<>();
  Topics admin;
  Topics.Description log;
  /** The defaults, but for a machine that has other things to do: how long Kafka takes is not what is tested. */
  static final IntakeSettings PATIENT = new IntakeSettings(Duration.ofSeconds(60),
      IntakeSettings.DEFAULTS.queueBytes(), IntakeSettings.DEFAULTS.maxSeriesPerTenant(),
      IntakeSettings.DEFAULTS.newSeriesPerSecond(), IntakeSettings.DEFAULTS.tenantMemoryRatio(),
      IntakeSettings.DEFAULTS.idleSeries(), IntakeSettings.DEFAULTS.samplesRetention(),
      IntakeSettings.DEFAULTS.arrivalOrderBytes(), IntakeSettings.DEFAULTS.compression());

  KafkaIntake intake;
  IngestRole ingest;

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

  KafkaIntake newIntake(IntakeSettings settings) {
    return new KafkaIntake(settings, SharedBroker.get().clientProperties(), topics, 2,
        InstantSource.system(), refuse::get, METER);
  }

  IngestRole newIngest() {
    return newIngest(SETTINGS);
  }

  IngestRole newIngest(IngestSettings settings) {
    return new IngestRole(settings, SharedBroker.get().clientProperties(), topics, List.of(0, 1),
        writers::get, log.clusterId(), log.samplesTopicId(), METER, (partition, offset) -> {
          synchronized (flushes) {
            flushes.add(partition + ":" + offset);
          }
        });
  }

  static Labels labels(int i) {
    return Labels.of("__name__", "requests_total", "job", "j", "instance", "i" + i);
  }

  /** One sample for each of some series, at {@code round} seconds. */
  static void write(KafkaIntake to, Tenant tenant, int series, int round) {
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

  void applyAll() throws InterruptedException {
    awaitApplied(ingest);
  }

  void awaitApplied(IngestRole role) throws InterruptedException {
    long deadline = System.nanoTime() + Await.PATIENCE.toNanos();
    for (int partition = 0; partition < 2; partition++) {
      assertThat(role.awaitApplied(partition, intake.acknowledgedOffset(partition), deadline))
          .as(role.trouble())
          .isZero();
    }
  }

  List<String> allCalls() {
    var calls = new ArrayList<>(writers.get(0).calls());
    calls.addAll(writers.get(1).calls());
    return calls;
  }
}

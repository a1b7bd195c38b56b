package io.throughline.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.metrics.MeterProvider;
import io.throughline.app.settings.KafkaSettings;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogWatchTest {
  private static final long MIB = 1L << 20;

  @TempDir
  private Path log;

  private final long[] acknowledged = new long[2];
  private final long[] applied = new long[2];
  private final long[] atEnd = new long[2];
  private int flushes;
  private long nowNanos = TimeUnit.HOURS.toNanos(1);

  private final LogWatch.Readers readers = new LogWatch.Readers() {
    @Override
    public long acknowledged(int partition) {
      return acknowledged[partition];
    }

    @Override
    public long applied(int partition) {
      return applied[partition];
    }

    @Override
    public long atEndNanos(int partition) {
      return atEnd[partition];
    }

    @Override
    public void flush() {
      flushes++;
    }
  };
  private LogWatch watch;

  private LogWatch watch(KafkaSettings settings) {
    return new LogWatch(settings, 2, readers, log, () -> nowNanos,
        MeterProvider.noop().get("test"));
  }

  @BeforeEach
  void open() {
    watch = watch(KafkaSettings.DEFAULTS);
  }

  @AfterEach
  void close() {
    watch.close();
  }

  private void secondsLater(int seconds) {
    nowNanos += TimeUnit.SECONDS.toNanos(seconds);
    watch.look();
  }

  @Test
  void aShardThatKeepsUpIsNeverLateHoweverManyRecordsThereAre() {
    for (int second = 0; second < 100; second++) {
      applied[1] = acknowledged[1];
      acknowledged[1] += 1_000_000;
      secondsLater(1);
    }

    assertThat(watch.refusal()).isEmpty();
  }

  @Test
  void oneThatHasNotAppliedWhatWasAcknowledgedLongAgoRefusesWritesUntilItHas() {
    acknowledged[1] = 10;
    watch.look();
    acknowledged[1] = 90;
    secondsLater(20);
    applied[1] = 9;
    secondsLater(10);
    assertThat(watch.refusal()).isEmpty();

    secondsLater(1);

    assertThat(watch.refusal()).isEqualTo(
        "shard 1 has not applied what was acknowledged 31 s ago, at most 30 s are accepted "
            + "(kafka.max-lag)");
    assertThat(watch.reservedRefusal()).as("our own telemetry tells of it").isEmpty();
    applied[1] = 10;
    watch.look();
    assertThat(watch.refusal()).as("what is missing now is 11 s old").isEmpty();
  }

  @Test
  void aLogThatWasMadeAnewAndEndsBelowWhatWasAcknowledgedDoesNotRefuseWritesForEver() {
    acknowledged[0] = 1_000;
    watch.look();
    secondsLater(60);
    assertThat(watch.refusal()).contains("shard 0");

    applied[0] = 3;
    atEnd[0] = nowNanos;
    secondsLater(1);

    assertThat(watch.refusal()).isEmpty();
  }

  @Test
  void aLogOfHalfItsBoundAsksForAFlushNowAndThen() throws IOException {
    size("samples-0", 600 * MIB);
    watch.look();
    assertThat(flushes).isZero();

    size("samples-1", 500 * MIB);
    watch.look();
    secondsLater(5);
    assertThat(flushes).isEqualTo(1);

    secondsLater(20);
    assertThat(flushes).isEqualTo(2);
    assertThat(watch.refusal()).isEmpty();
  }

  @Test
  void aFullLogRefusesWritesUntilThereIsRoomAndOurOwnTelemetryALittleLater() throws IOException {
    size("samples-0", 1024 * MIB);
    size("samples-1", 1024 * MIB);
    size("series-sets-0", 9_000 * MIB);
    watch.look();

    assertThat(watch.refusal()).isEqualTo(
        "the log holds 2048 MiB that are not in the store's parts yet, at most 2048 MiB are "
            + "accepted (kafka.log-bytes)");
    assertThat(watch.reservedRefusal()).isEmpty();
    size("samples-1", 1152 * MIB);
    watch.look();
    assertThat(watch.reservedRefusal()).isNotEmpty();
    Files.delete(log.resolve("samples-0").resolve("0.log"));
    watch.look();
    assertThat(watch.refusal()).isEmpty();
  }

  @Test
  void aBoundBelowFourSegmentsForEachPartitionCountsAsThat() throws IOException {
    watch.close();
    watch = watch(KafkaSettings.DEFAULTS.withLogBytes(1));
    size("samples-0", 127 * MIB);
    watch.look();
    assertThat(watch.refusal()).isEmpty();

    size("samples-0", 128 * MIB);
    watch.look();

    assertThat(watch.refusal()).contains("at most 128 MiB");
  }

  /** A file of that length without the bytes. */
  private void size(String partition, long bytes) throws IOException {
    var folder = Files.createDirectories(log.resolve(partition));
    try (var file = new RandomAccessFile(folder.resolve("0.log").toFile(), "rw")) {
      file.setLength(bytes);
    }
  }
}

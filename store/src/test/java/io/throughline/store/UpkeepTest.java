package io.throughline.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.disk.FileDisk;
import io.throughline.store.disk.ForwardingDisk;
import io.throughline.testkit.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parts stay few, and no older and no larger than they may, without anyone asking. */
final class UpkeepTest {
  private static final StoreSettings QUIET = StoreSettings.DEFAULTS.withBackgroundMerges(false);
  private static final long DAY_MS = 86_400_000L;
  private static final long NOW = 1_700_000_000_000L;

  @TempDir
  private Path folder;

  private static int id(ShardWriter writer, String name) {
    var labels = Labels.of("__name__", name).canonicalBytes();
    return writer.seriesId(Tenant.DEFAULT, labels, 0, labels.length, SeriesMetadata.UNKNOWN);
  }

  private static SampleBuffer read(Store store, String name) {
    var buffer = new SampleBuffer();
    try (var snapshot = store.snapshot()) {
      for (var series : snapshot.select(Tenant.DEFAULT, List.of(Matcher.equal("__name__", name)),
          Long.MIN_VALUE, Long.MAX_VALUE, 10)) {
        series.read(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
      }
    }
    return buffer;
  }

  @Test
  void partsStayFewHoweverManyFlushesThereAre() {
    try (var store = Store.open(folder,
        StoreSettings.DEFAULTS.withMergeInterval(Duration.ofMillis(5)))) {
      var writer = store.shard(0);
      for (int flush = 0; flush < 150; flush++) {
        writer.append(id(writer, "m"), flush * 1000L, 0, flush);
        writer.applied(new LogPosition("c", "t", 0, flush + 1));
        writer.flush();
      }

      Await.until("parts are few", () -> store.statistics().parts() <= 12);
      assertThat(read(store, "m").size()).isEqualTo(150);
      assertThat(store.statistics().mergeFailures()).isZero();
    }
  }

  @Test
  void oneSampleADaySince1970InOneRequestMakesAtMostThreePartsAndLeavesLiveDataAlone() {
    try (var store = Store.open(folder, QUIET)) {
      var writer = store.shard(0);
      for (int i = 0; i < 500; i++) {
        writer.append(id(writer, "live"), NOW + i * 1000L, 0, i);
        writer.applied(new LogPosition("c", "t", 0, i + 1));
      }
      writer.flush();
      store.maintain();
      long liveBytes = store.statistics().partBytes();
      for (long day = 0; day * DAY_MS < NOW; day++) {
        writer.append(id(writer, "ancient"), day * DAY_MS, 0, day);
      }
      writer.append(id(writer, "live"), NOW + 500_000, 0, 500);
      writer.applied(new LogPosition("c", "t", 0, 501));
      writer.flush();
      store.maintain();

      assertThat(store.statistics().parts()).isLessThanOrEqualTo(3);
      assertThat(store.statistics().partBytes()).isLessThan(liveBytes + 200_000);
      assertThat(read(store, "live").size()).isEqualTo(501);
      assertThat(read(store, "ancient").size()).isEqualTo((int) (NOW / DAY_MS) + 1);
      store.merge();
      assertThat(read(store, "live").size()).isEqualTo(501);
      assertThat(read(store, "ancient").size()).isEqualTo((int) (NOW / DAY_MS) + 1);
    }
  }

  private static void fillWithNoise(ShardWriter writer, int flushes) {
    var random = new Random(1);
    for (int flush = 0; flush < flushes; flush++) {
      for (int i = 0; i < 2000; i++) {
        writer.append(id(writer, "noise"), NOW + (flush * 2000L + i) * 1000L, 0,
            random.nextGaussian());
      }
      writer.applied(new LogPosition("c", "t", 0, flush + 1));
      writer.flush();
    }
  }

  @Test
  void aStoreAboveItsSizeLosesItsOldestSamplesAndNoOthers() {
    long limit = 100_000;
    try (var store = Store.open(folder, QUIET.withRetentionBytes(limit))) {
      fillWithNoise(store.shard(0), 12);

      store.maintain();

      var left = read(store, "noise");
      assertThat(store.statistics().partBytes()).isLessThanOrEqualTo(limit);
      assertThat(left.size()).isBetween(8_000, 14_000);
      assertThat(left.times()[left.size() - 1]).isEqualTo(NOW + 23_999_000L);
      assertThat(left.times()[left.size() - 1] - left.times()[0])
          .isEqualTo((left.size() - 1) * 1000L);
    }
  }

  @Test
  void aStoreOfOnePartAboveItsSizeIsTrimmedRatherThanEmptied() {
    try (var store = Store.open(folder, QUIET)) {
      fillWithNoise(store.shard(0), 12);
      store.merge();
      assertThat(store.statistics().parts()).isEqualTo(1);
    }
    try (var store = Store.open(folder, QUIET.withRetentionBytes(100_000))) {
      store.maintain();

      assertThat(store.statistics().parts()).isEqualTo(1);
      assertThat(read(store, "noise").size()).isBetween(8_000, 14_000);
    }
  }

  @Test
  void aPartOfWhichAQuarterIsTooOldIsTrimmed() {
    var disk = new FileDisk();
    var clock = InstantSource.fixed(Instant.ofEpochMilli(NOW + 24_000_000L));
    try (var store = Store.open(folder, QUIET, disk, clock)) {
      fillWithNoise(store.shard(0), 12);
      store.merge();
    }
    try (var store = Store.open(folder, QUIET.withRetention(Duration.ofSeconds(10_000)), disk,
        clock)) {
      store.shard(0);
      store.maintain();

      assertThat(read(store, "noise").times()[0]).isEqualTo(NOW + 14_000_000L);
    }
  }

  @Test
  void aMergeThatDoesNotFitTheDiskIsNotBegunAndIsCounted() {
    var full = new FullDisk();
    try (var store = Store.open(folder, QUIET, full, InstantSource.system())) {
      fillWithNoise(store.shard(0), 5);

      store.merge();

      assertThat(store.statistics().mergeFailures()).isPositive();
      assertThat(store.statistics().parts()).isEqualTo(5);
      assertThat(read(store, "noise").size()).isEqualTo(10_000);
      full.usableBytes = 1L << 40;
      store.merge();
      assertThat(store.statistics().parts()).isEqualTo(1);
    }
  }

  /** A disk on which little is left. */
  private static final class FullDisk extends ForwardingDisk {
    private long usableBytes = 1 << 20;

    FullDisk() {
      super(new FileDisk());
    }

    @Override
    public long usableBytes(Path anywhere) {
      return usableBytes;
    }
  }

  @Test
  void closingEndsAMergeInTheMiddleAndLosesNothing() {
    var settings = new StoreSettings(Duration.ZERO, 0, List.of(), true, Duration.ofMillis(5), 0.01,
        1 << 30);
    try (var store = Store.open(folder, QUIET)) {
      fillWithNoise(store.shard(0), 5);
    }
    Store.open(folder, settings).close();

    try (var store = Store.open(folder, settings)) {
      assertThat(read(store, "noise").size()).isEqualTo(10_000);
    }
  }
}

package io.throughline.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.disk.FileDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Classes of series are kept for times of their own. */
final class RetentionClassTest {
  private static final long HOUR_MS = 3_600_000;
  private static final long START_MS = 472_222 * HOUR_MS;

  @TempDir
  private Path folder;

  private long nowMs = START_MS;

  private Store open(Duration retention, String... classes) {
    var store = Store.open(folder,
        StoreSettings.DEFAULTS.withBackgroundMerges(false)
            .withRetention(retention)
            .withRetentionClasses(List.of(classes)),
        new FileDisk(), () -> Instant.ofEpochMilli(nowMs));
    store.shard(0);
    return store;
  }

  private static void append(ShardWriter writer, String job, long timeMs, double value) {
    var labels = Labels.of("__name__", "m", "job", job).canonicalBytes();
    writer.append(writer.seriesId(Tenant.DEFAULT, labels, 0, labels.length, SeriesMetadata.UNKNOWN),
        timeMs, 0, value);
  }

  private static SampleBuffer read(Store store, String job) {
    var buffer = new SampleBuffer();
    try (var snapshot = store.snapshot()) {
      for (var series : snapshot.select(Tenant.DEFAULT, List.of(Matcher.equal("job", job)),
          Long.MIN_VALUE, Long.MAX_VALUE, 10)) {
        series.read(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
      }
    }
    return buffer;
  }

  @Test
  void matchersAreReadAsASelectorWritesThem() {
    var read = RetentionClass.parse("{ job=\"a\\\"b\\\\c\", x!=\"\" , __name__=~\"n{1,2}.*\"} 3d");

    assertThat(read).isEqualTo(new RetentionClass(
        List.of(Matcher.equal("job", "a\"b\\c"), Matcher.notEqual("x", ""),
            Matcher.regex("__name__", "n{1,2}.*")),
        Duration.ofDays(3), Duration.ZERO, Duration.ZERO));
    assertThat(RetentionClass.parse("{} 12h then 5m for 730d")).isEqualTo(new RetentionClass(
        List.of(), Duration.ofHours(12), Duration.ofMinutes(5), Duration.ofDays(730)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"3d", "{job} 3d", "{job=\"a\"}", "{job=\"a\" x=\"b\"} 3d", "{job=\"a\"} soon",
          "{} 3d then 5m", "{} 3d then 5m for 1d", "{} 0 then 5m for 1d", "{} 1m then 5m for 1d"})
  void whatIsNoClassIsRefused(String text) {
    assertThatThrownBy(() -> RetentionClass.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("want");
  }

  @Test
  void aClassGoesAtItsOwnTimeHoweverFewItsSamplesAreAndAnotherStaysLonger() {
    try (var store = open(Duration.ofHours(24), "{job=\"fine\"} 3h", "{job=~\"audit|fine\"} 48h")) {
      var writer = store.shard(0);
      for (int minute = 0; minute < 120; minute++) {
        for (int job = 0; job < 20; job++) {
          append(writer, "j" + job, nowMs, minute);
        }
        append(writer, "fine", nowMs, minute);
        append(writer, "audit", nowMs, minute);
        nowMs += 60_000;
      }
      writer.applied(new LogPosition("c", "t", 0, 1));
      writer.flush();
      store.maintain();
      assertThat(read(store, "fine").size()).isEqualTo(120);

      nowMs = START_MS + 6 * HOUR_MS;
      store.maintain();
      assertThat(read(store, "fine").size()).isZero();
      assertThat(read(store, "j3").size()).isEqualTo(120);
      long merges = store.statistics().merges();
      nowMs += HOUR_MS;
      store.maintain();
      assertThat(store.statistics().merges()).isEqualTo(merges);

      nowMs = START_MS + 30 * HOUR_MS;
      store.maintain();
      assertThat(read(store, "j3").size()).isZero();
      assertThat(read(store, "audit").size()).isEqualTo(120);

      nowMs = START_MS + 60 * HOUR_MS;
      store.maintain();
      assertThat(store.statistics().parts()).isZero();
    }
  }

  @Test
  void afterItsTimeAClassKeepsFirstLastLowestAndHighestOfEachInterval() {
    var random = new Random(5);
    var whole = new SampleBuffer();
    try (var store = open(Duration.ZERO, "{job=\"fine\"} 3h then 5m for 48h")) {
      var writer = store.shard(0);
      for (int second = 0; second < 7200; second++) {
        append(writer, "fine", nowMs, random.nextInt(100_000));
        append(writer, "rest", nowMs, second);
        nowMs += 1000;
      }
      writer.applied(new LogPosition("c", "t", 0, 1));
      writer.flush();
      store.maintain();
      var kept = read(store, "fine");
      whole.copyAll(kept);
      assertThat(kept.size()).isEqualTo(7200);

      nowMs = START_MS + 6 * HOUR_MS;
      store.maintain();
      kept = read(store, "fine");
      assertThat(kept.size()).isBetween(2 * 24, 4 * 24);
      assertThat(read(store, "rest").size()).isEqualTo(7200);
      int at = 0;
      for (int interval = 0; interval < 24; interval++) {
        double lowest = Double.MAX_VALUE;
        double highest = 0;
        for (int i = interval * 300; i < interval * 300 + 300; i++) {
          lowest = Math.min(lowest, whole.values()[i]);
          highest = Math.max(highest, whole.values()[i]);
        }
        int from = at;
        double keptLowest = Double.MAX_VALUE;
        double keptHighest = 0;
        while (at < kept.size() && kept.times()[at] < START_MS + (interval + 1) * 300_000L) {
          int real = (int) ((kept.times()[at] - START_MS) / 1000);
          assertThat(kept.values()[at]).isEqualTo(whole.values()[real]);
          keptLowest = Math.min(keptLowest, kept.values()[at]);
          keptHighest = Math.max(keptHighest, kept.values()[at]);
          at++;
        }
        assertThat(kept.times()[from]).isEqualTo(START_MS + interval * 300_000L);
        assertThat(kept.times()[at - 1]).isEqualTo(START_MS + interval * 300_000L + 299_000);
        assertThat(keptLowest).isEqualTo(lowest);
        assertThat(keptHighest).isEqualTo(highest);
      }
      try (var snapshot = store.snapshot()) {
        assertThat(snapshot.select(Tenant.DEFAULT, List.of(), 0, Long.MAX_VALUE, 5)
            .stream()
            .map(Snapshot.Series::thinnedBeforeMs)
            .toList()).containsExactly(START_MS + 3 * HOUR_MS, Long.MIN_VALUE);
      }

      long merges = store.statistics().merges();
      nowMs += HOUR_MS;
      store.maintain();
      assertThat(store.statistics().merges()).isEqualTo(merges);

      nowMs = START_MS + 60 * HOUR_MS;
      store.maintain();
      assertThat(read(store, "fine").size()).isZero();
      assertThat(read(store, "rest").size()).isEqualTo(7200);
    }
  }
}

package io.throughline.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is deleted is gone at once and for good; what comes later, whatever its time, stays. */
final class DeletionTest {
  private static final StoreSettings QUIET = StoreSettings.DEFAULTS.withBackgroundMerges(false);
  private static final Tenant ACME = new Tenant("acme");
  private static final Tenant OTHER = new Tenant("other");

  @TempDir
  private Path folder;
  private Store store;
  private ShardWriter writer;
  private long offset;

  @BeforeEach
  void open() {
    store = Store.open(folder, QUIET);
    writer = store.shard(0);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void reopen() {
    store.close();
    open();
  }

  private void write(Tenant tenant, String host, long... times) {
    append(tenant, host, times);
    writer.applied(new LogPosition("c", "t", 0, ++offset));
  }

  private void append(Tenant tenant, String host, long... times) {
    var labels = Labels.of("__name__", "up", "host", host).canonicalBytes();
    int id = writer.seriesId(tenant, labels, 0, labels.length, SeriesMetadata.UNKNOWN);
    for (long timeMs : times) {
      writer.append(id, timeMs, 0, offset);
    }
  }

  private int delete(String host, long fromMs, long toMs) {
    return store.delete(ACME, List.of(List.of(Matcher.equal("host", host))), fromMs, toMs);
  }

  private List<Long> times(Tenant tenant, String host) {
    try (var snapshot = store.snapshot()) {
      var times = new ArrayList<Long>();
      var buffer = new SampleBuffer();
      for (var series : snapshot.select(tenant, List.of(Matcher.equal("host", host)),
          Long.MIN_VALUE, Long.MAX_VALUE, 10)) {
        series.read(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
        for (int i = 0; i < buffer.size(); i++) {
          times.add(buffer.times()[i]);
        }
      }
      return times;
    }
  }

  @Test
  void samplesInTheRangeAreGoneAtOnceFromHeadAndPartsOfThatTenantAlone() {
    write(ACME, "a", 1, 2, 3);
    write(OTHER, "a", 2);
    writer.flush();
    write(ACME, "a", 4, 5);
    write(ACME, "b", 3);

    int series = delete("a", 2, 4);

    assertThat(series).isEqualTo(1);
    assertThat(times(ACME, "a")).containsExactly(1L, 5L);
    assertThat(times(ACME, "b")).containsExactly(3L);
    assertThat(times(OTHER, "a")).containsExactly(2L);
  }

  @Test
  void aSnapshotTakenBeforeStillSeesIt() {
    write(ACME, "a", 1);
    try (var before = store.snapshot()) {
      delete("a", 0, 9);

      assertThat(before.select(ACME, List.of(), 0, 9, 10)).hasSize(1);
    }
    assertThat(times(ACME, "a")).isEmpty();
  }

  @Test
  void aSeriesOfWhichNothingIsLeftIsFoundByNoSelectorAndNoLabel() {
    write(ACME, "a", 1, 2);
    write(ACME, "b", 1);
    writer.flush();

    delete("a", Long.MIN_VALUE, Long.MAX_VALUE);

    try (var snapshot = store.snapshot()) {
      assertThat(snapshot.select(ACME, List.of(), 0, 9, 10)).hasSize(1);
      assertThat(snapshot.labelValues(ACME, "host", List.of(), 0, 9)).containsExactly("b");
    }
  }

  @Test
  void whatIsWrittenAfterwardsStaysEvenAtTheSameTimes() {
    write(ACME, "a", 1, 2);
    writer.flush();
    delete("a", 0, 9);
    write(ACME, "a", 2, 3);

    assertThat(times(ACME, "a")).containsExactly(2L, 3L);
    writer.flush();
    assertThat(times(ACME, "a")).containsExactly(2L, 3L);
    store.merge();
    assertThat(times(ACME, "a")).containsExactly(2L, 3L);
  }

  @Test
  void aReplayOfTheLogHidesTheSameSamplesAgainAndNoLaterOnes() {
    write(ACME, "a", 1, 2);
    write(ACME, "a", 3);
    delete("a", 0, 9);
    write(ACME, "a", 2);

    reopen();
    offset = 0;
    write(ACME, "a", 1, 2);

    assertThat(times(ACME, "a")).as("in the middle of the replay").isEmpty();

    write(ACME, "a", 3);
    write(ACME, "a", 2);

    assertThat(times(ACME, "a")).containsExactly(2L);
    writer.flush();
    reopen();
    assertThat(times(ACME, "a")).containsExactly(2L);
  }

  @Test
  void anotherLogAfterARestartIsWhollyLaterThanTheDeletion() {
    write(ACME, "a", 1, 2);
    delete("a", 0, 9);

    reopen();
    append(ACME, "a", 1);
    writer.applied(new LogPosition("c", "made anew", 0, 1));

    assertThat(times(ACME, "a")).containsExactly(1L);
  }

  @Test
  void deletedSamplesLeaveTheFilesAndTheTombstoneWithThem() {
    write(ACME, "a", 1, 2, 3);
    write(ACME, "b", 1);
    writer.flush();
    delete("a", 1, 2);
    reopen();

    assertThat(store.statistics().partSamples()).isEqualTo(4);
    store.cleanDeleted();

    assertThat(store.statistics().partSamples()).isEqualTo(2);
    assertThat(store.statistics().tombstones()).isZero();
    assertThat(times(ACME, "a")).containsExactly(3L);
    reopen();
    assertThat(times(ACME, "a")).containsExactly(3L);
  }

  @Test
  void aPartOfWhichAllIsDeletedGoesAway() {
    write(ACME, "a", 1, 2, 3);
    writer.flush();

    delete("a", 0, 9);
    store.cleanDeleted();

    assertThat(store.statistics().parts()).isZero();
  }

  @Test
  void aDeletionThatMatchesNothingLeavesNoTombstone() {
    write(ACME, "a", 1);

    assertThat(delete("a", 5, 9)).isZero();
    assertThat(delete("none", 0, 9)).isZero();
    assertThat(store.statistics().tombstones()).isZero();
  }

  @Test
  void aRangeThatEndsBeforeItBeginsIsRefused() {
    assertThatThrownBy(() -> delete("a", 9, 1)).isInstanceOf(Failure.class)
        .hasMessageContaining("ends at 1, before its start 9");
  }
}

package io.throughline.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A copy of a store is what was flushed at one moment, and can be gone on from. */
final class CopyTest {
  private static final StoreSettings QUIET = StoreSettings.DEFAULTS.withBackgroundMerges(false);

  @TempDir
  private Path folder;

  private static void write(Store store, int partition, int from, int to) {
    var writer = store.shard(partition);
    var labels = Labels.of("__name__", "m", "p", "p" + partition).canonicalBytes();
    int id = writer.seriesId(Tenant.DEFAULT, labels, 0, labels.length, SeriesMetadata.UNKNOWN);
    for (int i = from; i < to; i++) {
      writer.append(id, i, 0, i);
      writer.applied(new LogPosition("c", "t", 0, i + 1));
    }
  }

  private static int count(Store store) {
    int count = 0;
    try (var snapshot = store.snapshot()) {
      var buffer = new SampleBuffer();
      for (var series : snapshot.select(Tenant.DEFAULT, List.of(), Long.MIN_VALUE, Long.MAX_VALUE,
          10)) {
        series.read(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
        count += buffer.size();
      }
    }
    return count;
  }

  @Test
  void aCopyHoldsWhatWasFlushedAndOutlivesMergesDeletionsAndTheStoreItself() {
    try (var store = Store.open(folder.resolve("live"), QUIET)) {
      for (int partition = 0; partition < 2; partition++) {
        for (int part = 0; part < 4; part++) {
          write(store, partition, part * 10, part * 10 + 10);
          store.shard(partition).flush();
        }
        write(store, partition, 40, 45);
      }
      store.delete(Tenant.DEFAULT, List.of(List.of(Matcher.equal("p", "p1"))), 0, 4);

      store.copyTo(folder.resolve("copy"));
      store.merge();
      store.delete(Tenant.DEFAULT, List.of(List.of()), 0, 100);
      store.cleanDeleted();
    }
    Store.restore(folder.resolve("copy"), folder.resolve("restored"));

    try (var store = Store.open(folder.resolve("restored"), QUIET)) {
      assertThat(count(store)).isEqualTo(75);
      assertThat(store.shard(0).flushedPosition().nextOffset()).isEqualTo(40);
      write(store, 0, 40, 45);
      store.shard(0).flush();
      store.merge();
      assertThat(count(store)).isEqualTo(80);
    }
    try (var store = Store.open(folder.resolve("copy"), QUIET)) {
      assertThat(count(store)).isEqualTo(75);
    }
  }

  @Test
  void aFolderThatHoldsSomethingIsNotWrittenOver() {
    try (var store = Store.open(folder.resolve("live"), QUIET)) {
      write(store, 0, 0, 10);
      store.shard(0).flush();

      assertThatThrownBy(() -> store.copyTo(folder.resolve("live"))).isInstanceOf(Failure.class)
          .hasMessageContaining("not empty");
    }
    assertThatThrownBy(() -> Store.restore(folder.resolve("none"), folder.resolve("new")))
        .isInstanceOf(Failure.class)
        .hasMessageContaining("holds no copy");
  }
}

package io.throughline.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.disk.FileDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readers beside a writer, flushes and merges: each snapshot is one moment of the log. */
final class StoreConcurrencyTest {
  private static final int SERIES = 200;
  private static final int RECORDS = 6000;

  @TempDir
  private Path folder;

  @Test
  void everySnapshotHoldsExactlyTheRecordsBeforeItsOffset() throws InterruptedException {
    var disk = new FileDisk();
    var settings = StoreSettings.DEFAULTS.withMergeInterval(Duration.ofMillis(20));
    var wrong = new ConcurrentLinkedQueue<String>();
    var done = new AtomicBoolean();
    var looks = new AtomicInteger();
    try (var store = Store.open(folder, settings, disk, InstantSource.system())) {
      var writer = store.shard(0);
      var threads = new ArrayList<Thread>();
      for (int t = 0; t < 3; t++) {
        int first = t;
        threads.add(Thread.ofPlatform().start(() -> {
          try {
            for (int i = first; !done.get(); i++) {
              look(store, i % SERIES, wrong);
              looks.incrementAndGet();
            }
          } catch (RuntimeException | Error failed) {
            wrong.add(failed.toString());
          }
        }));
      }
      for (int record = 0; record < RECORDS; record++) {
        // A record holds two samples of one series and one of another: seen together or not at all.
        int series = record % SERIES;
        writer.append(id(writer, series), record * 10L, 0, record);
        writer.append(id(writer, series), record * 10L + 1, 0, record);
        writer.applied(new LogPosition("c", "t", 0, record + 1));
        if (record % 150 == 149) {
          writer.flush();
        }
      }
      done.set(true);
      for (var thread : threads) {
        thread.join();
      }
      assertThat(store.statistics().merges()).isPositive();
    }

    assertThat(wrong).isEmpty();
    assertThat(looks.get()).isPositive();
    assertThat(disk.openMappings()).isZero();
  }

  private static int id(ShardWriter writer, int series) {
    var bytes = Labels.of("__name__", "m", "i", "v" + series).canonicalBytes();
    return writer.seriesId(Tenant.DEFAULT, bytes, 0, bytes.length, SeriesMetadata.UNKNOWN);
  }

  private static void look(Store store, int series, ConcurrentLinkedQueue<String> wrong) {
    try (var snapshot = store.snapshot()) {
      long offset = snapshot.nextOffsets().getOrDefault(0, 0L);
      long wanted = 2 * (offset / SERIES + (offset % SERIES > series ? 1 : 0));
      var found = snapshot.select(Tenant.DEFAULT, List.of(Matcher.equal("i", "v" + series)),
          Long.MIN_VALUE, Long.MAX_VALUE, 10);
      var buffer = new SampleBuffer();
      if (!found.isEmpty()) {
        found.getFirst().read(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
      }
      if (buffer.size() != wanted) {
        wrong.add("series " + series + " at offset " + offset + " has " + buffer.size()
            + " samples, want " + wanted);
      }
      for (int i = 0; i < buffer.size(); i++) {
        long record = (i / 2) * (long) SERIES + series;
        if (buffer.times()[i] != record * 10 + i % 2 || buffer.values()[i] != record) {
          wrong.add("series " + series + " sample " + i + " is " + buffer.values()[i] + " at "
              + buffer.times()[i]);
          return;
        }
      }
    }
  }
}

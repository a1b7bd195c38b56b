package io.throughline.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.model.Tenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders that earlier versions wrote open, with all that is in them. */
final class KeptFormatsTest {
  private static final StoreSettings QUIET = StoreSettings.DEFAULTS.withBackgroundMerges(false);
  private static final Path KEPT = Path.of("src/test/resources/formats/manifest-1/shard-0000");

  @TempDir
  private Path folder;

  private static void check(Store store) {
    try (var snapshot = store.snapshot()) {
      assertThat(snapshot.warnings()).isEmpty();
      assertThat(snapshot.gaps()).containsExactly(new Gap(0, 17, 20, 1_700_000_500_000L));
      var found = snapshot.select(new Tenant("acme"), List.of(), Long.MIN_VALUE, Long.MAX_VALUE,
          10);
      assertThat(found).hasSize(5);
      var buffer = new SampleBuffer();
      for (int s = 0; s < 5; s++) {
        var series = found.get(s);
        assertThat(series.labels())
            .isEqualTo(Labels.of("__name__", "kept", "series", "s" + s, "zone", "z" + s % 2));
        series.read(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
        assertThat(buffer.size()).isEqualTo(150);
        double total = 0;
        for (int i = 0; i < 150; i++) {
          int k = i % 50;
          assertThat(buffer.times()[i])
              .isEqualTo(1_700_000_000_000L + i / 50 * 100_000L + k * 1000L);
          // The gap between flushes begins a new total.
          total = k == 0 ? 0 : total + k;
          switch (s) {
            case 0 -> assertThat(buffer.values()[i]).isEqualTo(k);
            case 3 -> assertThat(buffer.histogram(i)).isNotNull();
            case 4 -> assertThat(buffer.values()[i]).isEqualTo(total);
            default -> assertThat(buffer.values()[i]).isEqualTo(Math.sin(i));
          }
          assertThat(buffer.startMs(i) == 0).isEqualTo(s != 2 && s != 4);
        }
      }
    }
  }

  @Test
  void aFolderWithAManifestOfVersion1OpensAndGoesOnInVersion2() throws IOException {
    var shard = Files.createDirectory(folder.resolve("shard-0000"));
    try (var files = Files.list(KEPT)) {
      for (var file : files.toList()) {
        Files.copy(file, shard.resolve(file.getFileName()));
      }
    }
    try (var store = Store.open(folder, QUIET)) {
      check(store);
      assertThat(store.shard(0).flushedPosition())
          .isEqualTo(new LogPosition("cluster", "topic", 2, 27));

      store.merge();

      check(store);
      assertThat(store.statistics().parts()).isEqualTo(1);
    }
    try (var store = Store.open(folder, QUIET)) {
      check(store);
      assertThat(store.statistics().corruptFiles()).isZero();
    }
  }
}

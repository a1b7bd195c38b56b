package io.throughline.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.disk.FileDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are cut, flipped or gone: the rest serves, and what is missing is said. */
final class StoreDamageTest {
  private static final StoreSettings QUIET = StoreSettings.DEFAULTS.withBackgroundMerges(false);
  private static final Tenant TENANT = Tenant.DEFAULT;

  @TempDir
  private Path folder;

  private void fill(Path target) {
    try (var store = Store.open(target, QUIET)) {
      var writer = store.shard(0);
      for (int part = 0; part < 3; part++) {
        for (int i = 0; i < 50; i++) {
          var bytes = Labels.of("__name__", "m", "i", "v" + i, "part", "p" + part).canonicalBytes();
          int id = writer.seriesId(TENANT, bytes, 0, bytes.length, SeriesMetadata.UNKNOWN);
          for (int k = 0; k < 40; k++) {
            writer.append(id, 1000 + part * 1000 + k, 0, Math.sin(i * k));
          }
          writer.appendDelta(id, part * 10_000L + 9000, part * 10_000L + 9900, 2);
        }
        writer.applied(new LogPosition("c", "t", 0, part + 1));
        writer.flush();
      }
    }
  }

  /** Sample counts per part label; every sample is checked. */
  private static int count(Store store) {
    int found = 0;
    try (var snapshot = store.snapshot()) {
      var buffer = new SampleBuffer();
      for (var series : snapshot.select(TENANT, List.of(), Long.MIN_VALUE, Long.MAX_VALUE,
          10_000)) {
        series.read(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
        int i = Integer.parseInt(series.labels().getOrEmpty("i").substring(1));
        for (int k = 0; k < buffer.size(); k++) {
          if (buffer.times()[k] < 9000) {
            assertThat(buffer.values()[k]).isEqualTo(Math.sin(i * (buffer.times()[k] % 1000)));
            found++;
          }
        }
      }
    }
    return found;
  }

  private static List<Path> files(Path root) throws IOException {
    try (var walk = Files.walk(root)) {
      return walk.filter(Files::isRegularFile)
          .filter(file -> !file.toString().endsWith(".lock"))
          .sorted()
          .toList();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var walk = Files.walk(from)) {
      for (var one : (Iterable<Path>) walk::iterator) {
        var target = to.resolve(from.relativize(one).toString());
        if (Files.isDirectory(one)) {
          Files.createDirectories(target);
        } else {
          Files.copy(one, target);
        }
      }
    }
  }

  @Test
  void anyOneDamagedFileLeavesTheRestServing() throws IOException {
    var original = folder.resolve("original");
    fill(original);
    var random = new Random(5);
    int cases = 0;
    for (var file : files(original)) {
      for (int kind = 0; kind < 5; kind++) {
        var copy = folder.resolve("case" + cases++);
        copy(original, copy);
        var damaged = copy.resolve(original.relativize(file).toString());
        var bytes = Files.readAllBytes(damaged);
        if (bytes.length == 0) {
          continue;
        }
        switch (kind) {
          case 0 -> Files.delete(damaged);
          case 1 -> Files.write(damaged, new byte[0]);
          case 2 -> Files.write(damaged, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
          default -> {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(damaged, bytes);
          }
        }
        var disk = new FileDisk();
        try (var store = Store.open(copy, QUIET, disk, InstantSource.system())) {
          store.shard(0);
          int found = count(store);
          boolean isPart = file.toString().endsWith(".tlp");

          assertThat(found).as(file + " kind " + kind)
              .isIn(isPart ? List.of(4000, 6000) : List.of(6000));
          if (found < 6000) {
            try (var snapshot = store.snapshot()) {
              assertThat(snapshot.warnings()).isNotEmpty();
            }
          }
          store.merge();
          if (found < 6000) {
            assertThat(store.statistics().corruptFiles()).isPositive();
          }
          assertThat(count(store)).isEqualTo(found);
        }
        assertThat(disk.openMappings()).isZero();
      }
    }
    assertThat(cases).isGreaterThan(40);
  }

  @Test
  void aShardWhoseManifestsAreBothGoneBadSaysSoAndDoesNotBeginAnew() throws IOException {
    fill(folder);
    for (var file : files(folder)) {
      if (file.getFileName().toString().startsWith("manifest")) {
        Files.write(file, new byte[] {1, 2, 3});
      }
    }
    var messages = new ArrayList<String>();
    try (var store = Store.open(folder, QUIET, new FileDisk(), InstantSource.system())) {
      try {
        store.shard(0);
      } catch (Failure refused) {
        assertThat(refused.category()).isEqualTo(Failure.Category.CORRUPT);
        messages.add(refused.getMessage());
      }
    }
    assertThat(messages).singleElement().asString().contains("manifest");
  }

  @Test
  void samplesOlderThanTheRetentionAreDroppedWithTheirParts() {
    fill(folder);
    var settings = QUIET.withRetention(Duration.ofMillis(1000));
    try (var store = Store.open(folder, settings, new FileDisk(),
        InstantSource.fixed(Instant.ofEpochMilli(31_000)))) {
      store.shard(0);

      store.maintain();

      assertThat(store.statistics().parts()).isZero();
    }
  }
}

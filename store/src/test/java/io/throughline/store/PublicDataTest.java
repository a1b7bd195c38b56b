package io.throughline.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.throughline.model.Labels;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every sample of the public data files comes back with the same 64 bits. */
final class PublicDataTest {
  @TempDir
  private Path folder;

  private record Series(byte[] labels, long[] times, long[] bits) {}

  @ParameterizedTest
  @ValueSource(strings = {"node-exporter-1s", "nab-aws-300s", "nezha-60s"})
  void everySampleIsReadBackBitForBitFromHeadPartsAndMergedParts(String name) throws IOException {
    var file = find("shared/bench/data/" + name + ".nts.gz");
    if (file == null) {
      System.out.println("skipped: the public data (shared/bench/data) are not beside this clone");
    }
    assumeTrue(file != null, "the public data are not there");
    var all = file == null ? List.<Series>of() : read(file);
    long rounds = all.stream().mapToLong(series -> series.times.length).max().orElse(0);
    try (var store = Store.open(folder, StoreSettings.DEFAULTS.withBackgroundMerges(false))) {
      var writer = store.shard(0);
      var ids = all.stream()
          .mapToInt(series -> writer.seriesId(Tenant.DEFAULT, series.labels, 0,
              series.labels.length, SeriesMetadata.UNKNOWN))
          .toArray();
      for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < ids.length; i++) {
          var series = all.get(i);
          if (round < series.times.length) {
            writer.append(ids[i], series.times[round], 0,
                Double.longBitsToDouble(series.bits[round]));
          }
        }
        writer.applied(new LogPosition("c", "t", 0, round + 1));
        if (round == rounds / 3 || round == rounds * 2 / 3) {
          writer.flush();
        }
      }
      compare(store, ids, all);
      writer.flush();
      store.merge();
      compare(store, ids, all);

      assertThat(store.statistics().parts()).isEqualTo(1);
    }
  }

  private static void compare(Store store, int[] ids, List<Series> all) {
    var buffer = new SampleBuffer();
    try (var snapshot = store.snapshot()) {
      for (int i = 0; i < ids.length; i++) {
        var wanted = all.get(i);
        snapshot.open(0, ids[i]).read(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
        assertThat(buffer.size()).isEqualTo(wanted.times.length);
        for (int k = 0; k < buffer.size(); k++) {
          if (buffer.times()[k] != wanted.times[k]
              || Double.doubleToRawLongBits(buffer.values()[k]) != wanted.bits[k]) {
            throw new AssertionError("series " + i + " sample " + k + " is 0x"
                + Long.toHexString(Double.doubleToRawLongBits(buffer.values()[k])) + " at "
                + buffer.times()[k] + ", want 0x" + Long.toHexString(wanted.bits[k]) + " at "
                + wanted.times[k]);
          }
        }
      }
    }
  }

  private static @Nullable Path find(String path) {
    for (var above = Path.of("").toAbsolutePath(); above != null; above = above.getParent()) {
      if (Files.exists(above.resolve(path))) {
        return above.resolve(path);
      }
    }
    return null;
  }

  /** Gzip of "NTS1", then series by series: labels, times by second differences, values by planes. */
  private static List<Series> read(Path file) throws IOException {
    var all = new ArrayList<Series>();
    try (var in = new DataInputStream(new BufferedInputStream(
        new GZIPInputStream(Files.newInputStream(file), 1 << 16), 1 << 16))) {
      assertThat(in.readInt()).isEqualTo(0x4E545331);
      for (long left = varint(in); left > 0; left--) {
        var json = new String(in.readNBytes((int) varint(in)), StandardCharsets.UTF_8);
        int size = (int) varint(in);
        var times = new long[size];
        long time = 0;
        long step = 0;
        for (int k = 0; k < size; k++) {
          long zigzag = varint(in);
          step += (zigzag >>> 1) ^ -(zigzag & 1);
          time += step;
          times[k] = time;
        }
        var planes = in.readNBytes(8 * size);
        var bits = new long[size];
        long before = 0;
        for (int k = 0; k < size; k++) {
          long xor = 0;
          for (int plane = 0; plane < 8; plane++) {
            xor = xor << 8 | planes[plane * size + k] & 0xff;
          }
          before ^= xor;
          bits[k] = before;
        }
        all.add(new Series(Labels.of("__name__", "m", "json", json).canonicalBytes(), times, bits));
      }
    }
    return all;
  }

  private static long varint(DataInputStream in) throws IOException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("a varint does not end");
      }
      value |= (next & 0x7fL) << shift;
      if (next < 128) {
        return value;
      }
    }
    throw new IOException("a varint is longer than 64 bits");
  }
}

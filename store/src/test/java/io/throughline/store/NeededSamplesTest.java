package io.throughline.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SampleValues;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is computed from the samples a reader needs has the bits of what is computed from all. */
final class NeededSamplesTest {
  private static final int SERIES = 10;
  private static final int ROUNDS = 2_500;
  private static final Tenant TENANT = new Tenant("acme");
  private static final StoreSettings QUIET = StoreSettings.DEFAULTS.withBackgroundMerges(false);

  @TempDir
  private Path folder;

  static IntStream seeds() {
    return IntStream.range(0, Integer.getInteger("throughline.store.seeds", 6));
  }

  private static double value(Random random, int series, double before) {
    return switch (series) {
      case 0 -> before + random.nextInt(9);
      case 1 -> random.nextInt(700) == 0 ? 0 : before + random.nextInt(9) / 10.0;
      case 2 -> random.nextGaussian();
      case 3 -> random.nextInt(3) == 0 ? -0.0 : 0.0;
      case 4 -> 42.5;
      case 5 -> random.nextInt(400) == 0 ? SampleValues.STALE_NAN : random.nextInt(5);
      case 6 -> random.nextInt(400) == 0 ? Double.NaN : random.nextInt(100) / 100.0;
      case 7 -> random.nextInt(400) == 0 ? Double.NEGATIVE_INFINITY : before + 0.1;
      default -> before - random.nextDouble();
    };
  }

  private void fill(Store store, Random random) {
    var writer = store.shard(0);
    var ids = new int[SERIES];
    var values = new double[SERIES];
    for (int s = 0; s < SERIES; s++) {
      var labels = Labels.of("__name__", "m", "s", "" + s).canonicalBytes();
      ids[s] = writer.seriesId(TENANT, labels, 0, labels.length, SeriesMetadata.UNKNOWN);
    }
    for (int round = 0; round < ROUNDS; round++) {
      for (int s = 0; s < SERIES; s++) {
        values[s] = value(random, s, Double.isFinite(values[s]) ? values[s] : 0);
        if (s == 9 && random.nextInt(300) == 0) {
          writer.append(ids[s], round * 1000L, 0, NativeHistogram.stale());
        } else {
          writer.append(ids[s], round * 1000L, s == 8 ? 5 : 0, values[s]);
        }
      }
      if (random.nextInt(1500) == 0) {
        // Something older, which the next part or the head lays over what was.
        writer.append(ids[random.nextInt(3)], random.nextInt(round + 1) * 1000L, 0, -7);
      }
      writer.applied(new LogPosition("c", "t", 0, round + 1));
      if (random.nextInt(600) == 0) {
        writer.flush();
      }
      if (random.nextInt(1200) == 0) {
        store.merge();
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void answersFromWhatIsNeededHaveTheBitsOfAnswersFromAll(int seed) {
    var random = new Random(seed);
    try (var store = Store.open(folder, QUIET)) {
      fill(store, random);
      long leftOut = compare(store, random);
      if (seed % 2 == 0) {
        store.delete(TENANT, List.of(List.of(Matcher.equal("s", "0"))), 100_000, 900_000);
        compare(store, random);
      }
      store.shard(0).flush();
      store.merge();

      leftOut += compare(store, random);

      assertThat(leftOut).isPositive();
    }
  }

  private static long compare(Store store, Random random) {
    long leftOut = 0;
    var all = new SampleBuffer();
    var needed = new SampleBuffer();
    try (var snapshot = store.snapshot()) {
      for (int s = 0; s < SERIES; s++) {
        for (int i = 0; i < 12; i++) {
          long fromMs = i == 0 ? Long.MIN_VALUE : random.nextInt(ROUNDS) * 1000L;
          long toMs = i < 2 ? Long.MAX_VALUE : fromMs + random.nextInt(ROUNDS) * 1000L;
          var series = snapshot.open(0, s);
          series.read(fromMs, toMs, all);
          for (var need : Need.values()) {
            series.readNeeded(need, fromMs, toMs, needed);

            leftOut += needed.leftOut();
            assertThat(needed.size() + needed.leftOut()).as(s + " " + need).isEqualTo(all.size());
            if (need == Need.ALL || needed.leftOut() == 0) {
              assertThat(needed.size()).isEqualTo(all.size());
            }
            assertThat(answer(need, needed)).as(s + " " + need).isEqualTo(answer(need, all));
          }
        }
      }
    }
    return leftOut;
  }

  /** What functions over ranges may ask, as bits. */
  private static List<Long> answer(Need need, SampleBuffer samples) {
    var answer = new ArrayList<Long>();
    double best = Double.NaN;
    double before = Double.NaN;
    for (int i = 0; i < samples.size(); i++) {
      double value = samples.values()[i];
      switch (need) {
        case LOWEST -> best = !(value > best) && !Double.isNaN(value) ? value : best;
        case HIGHEST -> best = !(value < best) && !Double.isNaN(value) ? value : best;
        case CHANGE -> {
          if (i == 0 || i == samples.size() - 1) {
            answer.add(samples.times()[i]);
            answer.add(Double.doubleToRawLongBits(value));
          }
          if (value < before) {
            answer.add(Double.doubleToRawLongBits(before));
          }
          before = value;
        }
        case LAST, ALL -> {
          if (i == samples.size() - 1) {
            answer.add(samples.times()[i]);
            answer.add(Double.doubleToRawLongBits(value));
          }
        }
      }
    }
    answer.add(Double.doubleToRawLongBits(best));
    return answer;
  }

  @Test
  void chunksWhollyInTheRangeAreLeftOutAndPiecesAreNot() {
    try (var store = Store.open(folder, QUIET)) {
      var writer = store.shard(0);
      var labels = Labels.of("__name__", "m").canonicalBytes();
      int id = writer.seriesId(TENANT, labels, 0, labels.length, SeriesMetadata.UNKNOWN);
      for (int i = 0; i < 10_000; i++) {
        writer.append(id, i * 1000L, 0, i % 10 + i);
      }
      writer.applied(new LogPosition("c", "t", 0, 1));
      writer.flush();
      var buffer = new SampleBuffer();
      try (var snapshot = store.snapshot()) {
        var series = snapshot.open(0, id);
        series.readNeeded(Need.HIGHEST, 0, Long.MAX_VALUE, buffer);
        assertThat(buffer.size()).isEqualTo(2);
        assertThat(buffer.leftOut()).isEqualTo(9_998);
        assertThat(buffer.values()[1]).isEqualTo(10_008);

        series.readNeeded(Need.LAST, 1000, Long.MAX_VALUE, buffer);
        assertThat(buffer.size()).isEqualTo(8191 + 1);
        assertThat(buffer.leftOut()).isEqualTo(10_000 - 8192 - 1);

        // It falls every ten samples, so what a rate needs is everything.
        series.readNeeded(Need.CHANGE, 0, Long.MAX_VALUE, buffer);
        assertThat(buffer.leftOut()).isZero();
      }
    }
  }
}

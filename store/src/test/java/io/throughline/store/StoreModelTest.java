package io.throughline.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.MetricType;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SampleValues;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.disk.FileDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The store beside a plain map: the same operations, then the same samples. */
final class StoreModelTest {
  private static final int SERIES = 12;
  private static final Tenant TENANT = new Tenant("acme");
  private static final InstantSource CLOCK = InstantSource
      .fixed(Instant.ofEpochMilli(1_700_000_000_000L));

  @TempDir
  private Path folder;

  /** One sample as the model keeps it. */
  private record Sample(long startMs, long bits, @Nullable NativeHistogram histogram) {}

  /** One log record: operations that can be applied again. */
  private record Step(int series, long timeMs, long startMs, double value,
      @Nullable NativeHistogram histogram, boolean delta) {}

  /** What happened, in order. */
  private sealed interface Event {
    record Applied(List<Step> steps) implements Event {}

    /** Of the series whose metric name is m{@code metric}, in the time range, ends included. */
    record Deleted(int metric, long fromMs, long toMs) implements Event {}
  }

  static IntStream seeds() {
    return IntStream.range(0, Integer.getInteger("throughline.store.seeds", 25));
  }

  private static byte[] labels(int series) {
    return Labels.of("__name__", "m" + series % 3, "instance", "i" + series, "job", "j")
        .canonicalBytes();
  }

  private static int id(ShardWriter writer, int series) {
    var bytes = labels(series);
    return writer.seriesId(TENANT, bytes, 0, bytes.length,
        new SeriesMetadata(MetricType.COUNTER, "", "help " + series % 3));
  }

  private static void apply(ShardWriter writer, List<Step> steps, long offset) {
    for (var step : steps) {
      int id = id(writer, step.series);
      if (step.delta) {
        if (step.histogram == null) {
          writer.appendDelta(id, step.startMs, step.timeMs, step.value);
        } else {
          writer.appendDelta(id, step.startMs, step.timeMs, step.histogram);
        }
      } else if (step.histogram == null) {
        writer.append(id, step.timeMs, step.startMs, step.value);
      } else {
        writer.append(id, step.timeMs, step.startMs, step.histogram);
      }
    }
    writer.applied(new LogPosition("c", "t", 0, offset + 1));
  }

  private static double hostile(Random random) {
    return switch (random.nextInt(9)) {
      case 0 -> SampleValues.STALE_NAN;
      case 1 -> -0.0;
      case 2 -> Double.longBitsToDouble(0x7ff8_dead_beef_0001L);
      case 3 -> random.nextGaussian();
      case 4 -> Double.POSITIVE_INFINITY;
      case 5 -> Double.MIN_VALUE * random.nextInt(5);
      case 6 -> random.nextInt(1000) / 100.0;
      default -> random.nextInt(100);
    };
  }

  private static NativeHistogram histogram(Random random) {
    if (random.nextInt(20) == 0) {
      return NativeHistogram.stale();
    }
    int buckets = 1 + random.nextInt(4);
    var counts = new long[buckets];
    long total = 0;
    for (int i = 0; i < buckets; i++) {
      counts[i] = random.nextInt(50);
      total += counts[i];
    }
    return new NativeHistogram(true, NativeHistogram.ResetHint.ofCode(random.nextInt(4)),
        random.nextInt(3), 0.001, 0, total, random.nextDouble(),
        new int[] {random.nextInt(5) - 2, buckets}, counts, new int[0], new long[0], new double[0]);
  }

  private static List<Step> record(Random random, int series, long now) {
    var steps = new ArrayList<Step>();
    int size = 1 + random.nextInt(30);
    for (int i = 0; i < size; i++) {
      int target = random.nextInt(series);
      long timeMs = switch (random.nextInt(10)) {
        case 0 -> now - random.nextInt(100_000);
        case 1 -> random.nextInt(5) * 86_400_000L;
        default -> now;
      };
      long startMs = random.nextInt(4) == 0 ? 1000 + random.nextInt(2) : 0;
      boolean histograms = target % 4 == 1 || target % 4 == 2 && random.nextInt(9) == 0;
      steps.add(new Step(target, timeMs, startMs, hostile(random),
          histograms ? histogram(random) : null, false));
    }
    return steps;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whatWasAppendedAndNotDeletedIsReadBackAcrossFlushesMergesAndRestarts(int seed) {
    var random = new Random(seed);
    var disk = new FileDisk();
    var settings = StoreSettings.DEFAULTS.withBackgroundMerges(false).withRetention(Duration.ZERO);
    var log = new ArrayList<List<Step>>();
    var events = new ArrayList<Event>();
    var store = Store.open(folder, settings, disk, CLOCK);
    var writer = store.shard(0);
    long now = 1_600_000_000_000L;
    for (int i = 0; i < 120; i++) {
      switch (random.nextInt(20)) {
        case 0, 1 -> writer.flush();
        case 2 -> store.maintain();
        case 3 -> store.merge();
        case 4 -> {
          store.close();
          store = Store.open(folder, settings, disk, CLOCK);
          writer = store.shard(0);
          for (long at = writer.flushedPosition().nextOffset(); at < log.size(); at++) {
            apply(writer, log.get((int) at), at);
          }
        }
        case 5 -> {
          var deleted = new Event.Deleted(random.nextInt(3),
              random.nextBoolean() ? Long.MIN_VALUE : now - random.nextInt(20_000),
              random.nextBoolean() ? Long.MAX_VALUE : now);
          store.delete(TENANT, List.of(List.of(Matcher.equal("__name__", "m" + deleted.metric)),
              List.of(Matcher.equal("__name__", "none"))), deleted.fromMs, deleted.toMs);
          events.add(deleted);
        }
        default -> {
          now += random.nextInt(3) * 500L;
          var steps = record(random, SERIES, now);
          log.add(steps);
          events.add(new Event.Applied(steps));
          apply(writer, steps, log.size() - 1);
        }
      }
      if (i % 20 == 19) {
        check(store, events, random);
      }
    }
    writer.flush();
    store.merge();
    check(store, events, random);

    store.close();

    assertThat(disk.openMappings()).isZero();
  }

  private static TreeMap<Integer, TreeMap<Long, Sample>> model(List<Event> events) {
    var model = new TreeMap<Integer, TreeMap<Long, Sample>>();
    for (var event : events) {
      switch (event) {
        case Event.Applied(var steps) -> {
          for (var step : steps) {
            model.computeIfAbsent(step.series, key -> new TreeMap<>())
                .put(step.timeMs,
                    new Sample(step.startMs,
                        step.histogram == null ? Double.doubleToRawLongBits(step.value) : 0,
                        step.histogram));
          }
        }
        case Event.Deleted(var metric, var fromMs, var toMs) -> model.forEach((series, samples) -> {
          if (series % 3 == metric) {
            samples.subMap(fromMs, true, toMs, true).clear();
          }
        });
      }
    }
    model.values().removeIf(TreeMap::isEmpty);
    return model;
  }

  private static void check(Store store, List<Event> events, Random random) {
    var model = model(events);
    long from = random.nextBoolean() ? Long.MIN_VALUE : 1_599_999_950_000L;
    long to = random.nextBoolean() ? Long.MAX_VALUE : 1_600_000_020_000L;
    try (var snapshot = store.snapshot()) {
      assertThat(snapshot.warnings()).isEmpty();
      assertThat(snapshot.select(TENANT, List.of(), Long.MIN_VALUE, Long.MAX_VALUE, 1000))
          .hasSize(model.size());
      var buffer = new SampleBuffer();
      model.forEach((series, wanted) -> {
        var found = snapshot.select(TENANT,
            List.of(Matcher.equal("instance", "i" + series), Matcher.regex("__name__", "m[0-2]")),
            Long.MIN_VALUE, Long.MAX_VALUE, 10);
        assertThat(found).hasSize(1);
        found.getFirst().read(from, to, buffer);
        var got = new TreeMap<Long, Sample>();
        long before = Long.MIN_VALUE;
        for (int i = 0; i < buffer.size(); i++) {
          assertThat(buffer.times()[i]).isGreaterThan(before);
          before = buffer.times()[i];
          var histogram = buffer.histogram(i);
          got.put(before, new Sample(buffer.startMs(i),
              histogram == null ? Double.doubleToRawLongBits(buffer.values()[i]) : 0, histogram));
        }
        assertThat(got).isEqualTo(wanted.subMap(from, true, to, true));
      });
    }
  }
}

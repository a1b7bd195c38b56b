package io.throughline.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.disk.FileDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What label names and values a time range has, beside a plain map of samples. */
final class LabelLookupTest {
  private static final int SHARDS = 2;
  private static final long DAY_MS = 86_400_000;
  private static final StoreSettings QUIET = StoreSettings.DEFAULTS.withBackgroundMerges(false);
  private static final List<Tenant> TENANTS = List.of(new Tenant("a"), new Tenant("ab"));

  @TempDir
  private Path folder;

  private record Key(Tenant tenant, Labels labels) {}

  /** The samples' times of each series. */
  private final Map<Key, TreeSet<Long>> model = new HashMap<>();

  static IntStream seeds() {
    return IntStream.range(0, Integer.getInteger("throughline.store.seeds", 12));
  }

  /** Pods come and go; what has a pod also has a job that stays. */
  private static Labels labels(Random random, int day) {
    int pod = day * 3 + random.nextInt(6);
    return switch (random.nextInt(4)) {
      case 0 -> Labels.of("__name__", "up", "job", "j" + random.nextInt(3));
      case 1 ->
        Labels.of("__name__", "cpu", "job", "j" + pod % 3, "pod", "p" + pod, "only" + day, "x");
      case 2 -> Labels.of("__name__", "é" + random.nextInt(3), "job", "😀", "zone", "～");
      default -> Labels.of("__name__", "cpu", "job", "j" + pod % 3, "pod", "p" + pod, "cpu",
          "" + random.nextInt(200));
    };
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void namesAndValuesAreThoseOfTheSeriesThatHaveSamplesInTheRange(int seed) {
    var random = new Random(seed);
    var now = new long[] {100 * DAY_MS};
    InstantSource clock = () -> Instant.ofEpochMilli(now[0]);
    var settings = QUIET.withRetention(Duration.ofDays(12));
    var store = open(settings, clock);
    long offset = 0;
    for (int day = 100; day < 120; day++) {
      now[0] = day * DAY_MS;
      for (int round = 0; round < 4; round++) {
        for (int shard = 0; shard < SHARDS; shard++) {
          var writer = store.shard(shard);
          for (int i = random.nextInt(60); i > 0; i--) {
            var tenant = TENANTS.get(random.nextInt(2));
            append(writer, tenant, labels(random, day), now[0] - random.nextInt(3) * DAY_MS / 2);
          }
          writer.applied(new LogPosition("c", "t", 0, ++offset));
          if (random.nextInt(4) == 0) {
            writer.flush();
          }
        }
        switch (random.nextInt(9)) {
          case 0 -> store.maintain();
          case 1 -> store.merge();
          case 2 -> delete(store, random, day);
          default -> check(store, random, now[0]);
        }
      }
      if (random.nextInt(5) == 0) {
        for (int shard = 0; shard < SHARDS; shard++) {
          store.shard(shard).flush();
        }
        store.close();
        store = open(settings, clock);
        check(store, random, now[0]);
      }
      store.maintain();
    }
    store.close();
  }

  private Store open(StoreSettings settings, InstantSource clock) {
    var store = Store.open(folder, settings, new FileDisk(), clock);
    for (int shard = 0; shard < SHARDS; shard++) {
      store.shard(shard);
    }
    return store;
  }

  private void append(ShardWriter writer, Tenant tenant, Labels labels, long timeMs) {
    var bytes = labels.canonicalBytes();
    writer.append(writer.seriesId(tenant, bytes, 0, bytes.length, SeriesMetadata.UNKNOWN), timeMs,
        0, 1);
    model.computeIfAbsent(new Key(tenant, labels), _ -> new TreeSet<>()).add(timeMs);
  }

  private void delete(Store store, Random random, int day) {
    var pod = "p" + (day * 3 + random.nextInt(4) - 2);
    long fromMs = random.nextBoolean() ? Long.MIN_VALUE : (day - 2) * DAY_MS;
    store.delete(TENANTS.getFirst(), List.of(List.of(Matcher.equal("pod", pod))), fromMs,
        Long.MAX_VALUE);
    model.forEach((key, times) -> {
      if (key.tenant.equals(TENANTS.getFirst()) && pod.equals(key.labels.get("pod"))) {
        times.subSet(fromMs, true, Long.MAX_VALUE, true).clear();
      }
    });
  }

  private void check(Store store, Random random, long nowMs) {
    long fromMs = random.nextInt(4) == 0 ? Long.MIN_VALUE : nowMs - random.nextInt(20) * DAY_MS / 2;
    long toMs = random.nextBoolean()
        ? Long.MAX_VALUE
        : Math.max(fromMs, nowMs - 15 * DAY_MS) + random.nextInt(4) * DAY_MS / 2;
    // What is older than the retention goes when its part does.
    long keptMs = Math.max(fromMs, nowMs - 12 * DAY_MS);
    try (var snapshot = store.snapshot()) {
      for (var tenant : TENANTS) {
        var certain = new TreeMap<String, TreeSet<String>>(Labels::compareUtf8);
        var possible = new TreeMap<String, TreeSet<String>>(Labels::compareUtf8);
        model.forEach((key, times) -> {
          if (key.tenant.equals(tenant) && !times.isEmpty()) {
            if (keptMs <= toMs && !times.subSet(keptMs, true, toMs, true).isEmpty()) {
              put(key.labels, certain);
            }
            if (times.first() <= toMs && times.last() >= fromMs) {
              put(key.labels, possible);
            }
          }
        });
        var selected = new TreeMap<String, TreeSet<String>>(Labels::compareUtf8);
        snapshot.select(tenant, List.of(), fromMs, toMs, Integer.MAX_VALUE)
            .forEach(series -> put(series.labels(), selected));

        var names = snapshot.labelNames(tenant, List.of(), fromMs, toMs);

        assertThat(names).containsExactlyElementsOf(selected.keySet())
            .containsAll(certain.keySet());
        assertThat(possible.keySet()).containsAll(names);
        for (var name : List.of("__name__", "job", "pod", "cpu", "zone", "none")) {
          var none = new TreeSet<String>();
          var values = snapshot.labelValues(tenant, name, List.of(), fromMs, toMs);
          assertThat(values).containsExactlyElementsOf(selected.getOrDefault(name, none))
              .containsAll(certain.getOrDefault(name, none));
          assertThat(possible.getOrDefault(name, none)).containsAll(values);
          assertThat(snapshot.labelValues(tenant, name, List.of(Matcher.notEqual("__name__", "")),
              fromMs, toMs)).isEqualTo(values);
        }
      }
    }
  }

  private static void put(Labels labels, Map<String, TreeSet<String>> into) {
    labels.forEach((name,
        value) -> into.computeIfAbsent(name, _ -> new TreeSet<>(Labels::compareUtf8)).add(value));
  }

  @Test
  void aValueWhoseFirstAndNewestSeriesLieOutsideTheRangeIsFoundThroughAnother() {
    try (var store = Store.open(folder, QUIET)) {
      var writer = store.shard(0);
      var tenant = TENANTS.getFirst();
      for (int i = 0; i < 5000; i++) {
        append(writer, tenant,
            Labels.of("__name__", "up", "pod", "p" + i, "job", "j", "gone" + i / 2500, "x"),
            i * 1000L);
      }
      writer.applied(new LogPosition("c", "t", 0, 1));
      for (int round = 0; round < 2; round++) {
        try (var snapshot = store.snapshot()) {
          assertThat(snapshot.labelValues(tenant, "job", List.of(), 2_000_000, 2_000_999))
              .containsExactly("j");
          assertThat(snapshot.labelValues(tenant, "pod", List.of(), 2_000_000, 2_001_000))
              .containsExactly("p2000", "p2001");
          assertThat(snapshot.labelNames(tenant, List.of(), 2_000_000, 2_000_999))
              .containsExactly("__name__", "gone0", "job", "pod");
          assertThat(snapshot.labelNames(tenant, List.of(), 6_000_000, 7_000_000)).isEmpty();
          assertThat(snapshot.labelValues(tenant, "job", List.of(), 6_000_000, 7_000_000))
              .isEmpty();
          assertThat(snapshot.labelValues(TENANTS.getLast(), "job", List.of(), 0, 7_000_000))
              .isEmpty();
        }
        writer.flush();
        store.maintain();
      }
    }
  }

  @Test
  void lookUpsWhileSeriesAreAddedFindWhatWasAppliedBefore() throws InterruptedException {
    try (var store = Store.open(folder, QUIET)) {
      var writer = store.shard(0);
      var tenant = TENANTS.getFirst();
      var stop = new AtomicBoolean();
      var wrong = new ArrayList<String>();
      var reader = Thread.ofPlatform().start(() -> {
        while (!stop.get()) {
          try (var snapshot = store.snapshot()) {
            int applied = snapshot.seriesCount(0);
            var values = snapshot.labelValues(tenant, "pod", List.of(), 0, Long.MAX_VALUE);
            if (values.size() != applied) {
              wrong.add(values.size() + " values after " + applied + " records");
            }
            int names = snapshot.labelNames(tenant, List.of(), 0, Long.MAX_VALUE).size();
            if (names != (applied == 0 ? 0 : 2 + applied / 100)) {
              wrong.add(names + " names after " + applied + " records");
            }
          }
        }
      });
      for (int i = 0; i < 20_000; i++) {
        append(writer, tenant, Labels.of("__name__", "up", "pod", "p" + i,
            i % 100 == 99 ? "n" + i : "pod2", i % 100 == 99 ? "x" : ""), 1000 + i);
        writer.applied(new LogPosition("c", "t", 0, i + 1));
      }
      stop.set(true);
      reader.join();

      assertThat(wrong).isEmpty();
    }
  }
}

package io.throughline.query.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.throughline.model.Labels;
import io.throughline.model.SampleValues;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.query.catalogue.Mapping;
import io.throughline.query.catalogue.Signal;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvaluatorTest {
  private static final long T = 1_800_000_000_000L;
  private static final Grid GRID = new Grid(T, 10_000, 6);
  private static final Labels COUNTER = Shop.container("container_cpu_time_seconds_total");
  private static final Labels HISTOGRAM = Shop.checkout("http_server_request_duration_seconds");

  private static List<SeriesRef> refs(MemoryStore store) {
    var refs = new ArrayList<SeriesRef>();
    try (var snapshot = store.snapshot()) {
      for (int i = 0; i < snapshot.seriesCount(0); i++) {
        int id = i;
        Catalogue.builtIn()
            .match(snapshot.series(0, i).labels(), (mapping, part) -> refs
                .add(new SeriesRef(0, id, mapping, part, "", false, "", Double.NaN, 0)));
      }
    }
    return refs;
  }

  private static Columns line(MemoryStore store, Signal.Kind kind) {
    try (var snapshot = store.snapshot()) {
      return new Evaluator(snapshot).line(refs(store), kind, GRID, ColumnFolder.Fold.SUM);
    }
  }

  @Test
  void aRestartIsNoFallAndLosesOnlyWhatNobodyReported() {
    var store = new MemoryStore();
    for (int s = -30; s <= 60; s++) {
      // It grows by 2 a second and starts anew at second 25.
      store.add(COUNTER, T + s * 1000L, 0, s < 25 ? 1000 + 2 * s : 2 * (s - 24));
    }

    var rate = line(store, Signal.Kind.COUNTER);

    assertThat(rate.mean).containsExactly(new double[] {2, 2, 2, 2, 2, 2}, within(1e-9));
  }

  @Test
  void aStartTimestampTellsARestartThatTheValueHides() {
    var store = new MemoryStore();
    store.add(COUNTER, T, T - 100_000, 5);
    store.add(COUNTER, T + 10_000, T + 1_000, 50);

    assertThat(line(store, Signal.Kind.COUNTER).mean[0]).isCloseTo(5, within(1e-9));
  }

  @Test
  void aSeriesBornInTheWindowGrewFromZeroSinceItsStart() {
    var store = new MemoryStore();
    for (int s = 30; s < 60; s += 2) {
      store.add(COUNTER, T + s * 1000L, T + 20_000, 10 + s);
    }

    var rate = line(store, Signal.Kind.COUNTER);

    assertThat(rate.mean[2]).as("its first 40, over the ten seconds since it began")
        .isCloseTo(4, within(1e-9));
    assertThat(rate.mean[1]).isNaN();
    assertThat(rate.mean[4]).isCloseTo(1, within(1e-9));
  }

  @Test
  void aCounterThatBeganLongBeforeItsFirstSampleMakesNoSpike() {
    var store = new MemoryStore();
    for (int s = 30; s < 60; s += 2) {
      store.add(COUNTER, T + s * 1000L, T - 3_600_000, 1_000_000 + s);
    }

    var rate = line(store, Signal.Kind.COUNTER);

    assertThat(rate.mean[2]).isNaN();
    assertThat(rate.mean[3]).isCloseTo(1, within(1e-9));
  }

  @Test
  void aSilenceOfMoreThanThreeIntervalsIsAHoleForCountersAndGauges() {
    var counter = new MemoryStore();
    var gauge = new MemoryStore();
    for (int s = -10; s < 60; s++) {
      if (s < 15 || s >= 45) {
        counter.add(COUNTER, T + s * 1000L, 0, 100 + s);
        gauge.add(COUNTER, T + s * 1000L, 0, 7);
      }
    }

    var rate = line(counter, Signal.Kind.COUNTER).mean;
    var level = line(gauge, Signal.Kind.GAUGE).mean;

    assertThat(rate[0]).isCloseTo(1, within(1e-9));
    assertThat(rate[2]).isNaN();
    assertThat(rate[3]).isNaN();
    assertThat(rate[5]).isCloseTo(1, within(1e-9));
    assertThat(level[1]).isEqualTo(7);
    assertThat(level[2]).isNaN();
    assertThat(level[3]).isNaN();
    assertThat(level[5]).isEqualTo(7);
  }

  @Test
  void aScrapeSlowerThanTheColumnsIsSharedOutByTime() {
    var store = new MemoryStore();
    for (int s = -60; s <= 60; s += 15) {
      store.add(COUNTER, T + s * 1000L, 0, 3.0 * (s + 60));
    }

    assertThat(line(store, Signal.Kind.COUNTER).mean)
        .containsExactly(new double[] {3, 3, 3, 3, 3, 3}, within(1e-9));
  }

  @Test
  void aStaleMarkerEndsALevelAtOnce() {
    var store = new MemoryStore();
    store.add(COUNTER, T, 0, 1)
        .add(COUNTER, T + 5_000, 0, 1)
        .add(COUNTER, T + 10_000, 0, SampleValues.STALE_NAN);

    var level = line(store, Signal.Kind.GAUGE).mean;

    assertThat(level[0]).isEqualTo(1);
    assertThat(level[1]).isNaN();
  }

  @ParameterizedTest
  @ValueSource(ints = {-4, -1, 0, 3, 8})
  void aQuantileOfANativeHistogramLiesInItsBucketsBounds(int schema) {
    var store = new MemoryStore();
    var histogram = new Histograms(schema);
    for (int s = -10; s <= 60; s++) {
      histogram.observe(0.37, 99).observe(42, 1);
      store.add(HISTOGRAM, T + s * 1000L, T - 20_000, histogram.snapshot());
    }

    var median = histogram(store).quantile(0.5, 0, 6);
    var slowest = histogram(store).quantile(0.995, 0, 6);

    assertThat(median.lower()).isLessThan(0.37);
    assertThat(median.upper()).isGreaterThanOrEqualTo(0.37 * (1 - 1e-9));
    assertThat(median.value()).isBetween(median.lower(), median.upper());
    assertThat(slowest.lower()).isLessThan(42);
    assertThat(slowest.upper()).isGreaterThanOrEqualTo(42 * (1 - 1e-9));
  }

  @Test
  void aRestartedHistogramLosesOnlyWhatNobodyReported() {
    var store = new MemoryStore();
    var histogram = new Histograms(3);
    for (int s = -10; s <= 60; s++) {
      if (s == 23) {
        histogram = new Histograms(3);
      }
      histogram.observe(0.1, 7);
      store.add(HISTOGRAM, T + s * 1000L, 0, histogram.snapshot());
    }

    var columns = histogram(store);

    for (int column = 0; column < 6; column++) {
      assertThat(columns.count(column)).isCloseTo(70, within(1e-6));
    }
  }

  @Test
  void histogramsOfDifferentResolutionMergeAtTheCoarser() {
    var store = new MemoryStore();
    var fine = new Histograms(5);
    var coarse = new Histograms(1);
    for (int s = -10; s <= 60; s++) {
      fine.observe(0.1, 10);
      coarse.observe(0.1, 30);
      store.add(HISTOGRAM, T + s * 1000L, 0, fine.snapshot());
      store.add(Shop.labels("http_server_request_duration_seconds", "shop/checkout", "checkout-2"),
          T + s * 1000L, 0, coarse.snapshot());
    }

    var merged = histogram(store);

    assertThat(merged.count(2)).isCloseTo(400, within(1e-6));
    var heatmap = merged.heatmap(64);
    assertThat(heatmap.bounds().length).isEqualTo(2);
    assertThat(heatmap.bounds()[0]).isLessThan(0.1);
    assertThat(heatmap.bounds()[1]).isGreaterThan(0.1);
  }

  @Test
  void aHistogramOverAllOfTheDoublesCostsResolutionAndNotMemory() {
    var store = new MemoryStore();
    var wide = new Histograms(8);
    for (int s = -10; s <= 60; s++) {
      wide.observe(1e-300, 1).observe(1, 1).observe(1e300, 1);
      store.add(HISTOGRAM, T + s * 1000L, 0, wide.snapshot());
    }

    var columns = histogram(store);

    assertThat(columns.count(3)).isCloseTo(30, within(1e-6));
    assertThat(columns.heatmap(64).bounds().length).isLessThanOrEqualTo(65);
  }

  @Test
  void theLastClassicBucketHasNoUpperEndAndSaysSo() {
    var columns = new HistogramColumns(GRID);
    columns.addClassic(new double[] {0.1, Double.POSITIVE_INFINITY},
        List.of(new double[] {1, 1, 1, 1, 1, 1}, new double[] {10, 10, 10, 10, 10, 10}));

    var p99 = columns.quantile(0.99, 0, 6);

    assertThat(p99.lower()).isEqualTo(0.1);
    assertThat(p99.upper()).isInfinite();
    assertThat(p99.value()).isEqualTo(0.1);
  }

  @Test
  void unequalClassicLayoutsWidenTheBoundsInsteadOfInventingBuckets() {
    var columns = new HistogramColumns(GRID);
    var one = new double[] {5, 5, 5, 5, 5, 5};
    columns.addClassic(new double[] {1, 10}, List.of(new double[6], one));
    columns.addClassic(new double[] {4, 20}, List.of(new double[6], one));

    var p50 = columns.quantile(0.5, 0, 6);

    assertThat(p50.lower()).isEqualTo(1);
    assertThat(p50.upper()).isEqualTo(10);
  }

  private static HistogramColumns histogram(MemoryStore store) {
    try (var snapshot = store.snapshot()) {
      return new Evaluator(snapshot).histogram(
          refs(store).stream().filter(ref -> ref.part == Mapping.Part.VALUE).toList(), GRID);
    }
  }

  @Test
  void aFewGapsThatWaverDoNotChangeAnIntervalThatIsKnown() {
    var store = new MemoryStore();
    for (int s = -120; s < 50; s++) {
      store.add(COUNTER, T + s * 1000L, 0, s);
    }
    for (int s = 0; s < 5; s++) {
      store.add(COUNTER, T + 50_000 + s * 1600L, 0, 50 + s);
    }
    var refs = refs(store);
    try (var snapshot = store.snapshot()) {
      var evaluator = new Evaluator(snapshot);
      evaluator.probe(refs, T + 50_000);

      // What a live page asks for: the last columns alone.
      evaluator.line(refs, Signal.Kind.COUNTER, new Grid(T + 55_000, 1_000, 3),
          ColumnFolder.Fold.SUM);

      assertThat(refs.getFirst().intervalMs()).isEqualTo(1_000);
      evaluator.line(refs, Signal.Kind.COUNTER, new Grid(T - 60_000, 1_000, 120),
          ColumnFolder.Fold.SUM);
      assertThat(refs.getFirst().intervalMs()).as("fifteen gaps, most of them of a second")
          .isEqualTo(1_000);
    }
  }
}

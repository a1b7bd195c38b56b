package io.throughline.query.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.query.promql.Parser;
import io.throughline.query.source.SampleSource;
import io.throughline.query.source.SnapshotSource;
import io.throughline.store.LogPosition;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import io.throughline.store.disk.FileDisk;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Functions whose windows hold whole chunks answer with the same bits as from all samples. */
final class NeededOverStoreTest {

  private static final long END_MS = 4_000_000;

  private static final List<String> FUNCTIONS = List.of("count_over_time", "present_over_time",
      "last_over_time", "first_over_time", "min_over_time", "max_over_time", "rate", "increase",
      "delta", "resets", "changes", "sum_over_time", "ts_of_last_over_time", "absent_over_time");

  @TempDir
  private Path folder;

  private static void fill(Store store) {
    var random = new Random(11);
    var writer = store.shard(0);
    for (int s = 0; s < 12; s++) {
      var labels = Labels.of("__name__", "m_total", "s", "" + s).canonicalBytes();
      int id = writer.seriesId(Tenant.DEFAULT, labels, 0, labels.length, SeriesMetadata.UNKNOWN);
      double value = s;
      for (int i = 0; i < 3_900; i++) {
        value = s % 4 == 0 && random.nextInt(1_000) == 0 ? 0 : value + random.nextInt(s + 1) / 10.0;
        writer.append(id, i * 1000L, 0,
            s % 4 == 1 ? random.nextGaussian() : s % 4 == 2 ? -0.0 * random.nextInt(2) : value);
      }
      if (s % 5 == 4) {
        writer.applied(new LogPosition("c", "t", 0, s + 1));
        writer.flush();
      }
    }
    writer.applied(new LogPosition("c", "t", 0, 13));
  }

  /** @param whole whether every sample is read, as it is where steps are counted */
  private static List<String> run(SampleSource source, String text, boolean whole) {
    var budget = new QueryBudget(QueryLimits.DEFAULT);
    var query = new Engine.Query(text, Parser.parse(text), END_MS, END_MS, 60_000, 300_000);
    var result = Engine.run(whole ? query.withCounts() : query, source, budget);
    var lines = new ArrayList<String>();
    for (var series : result.series()) {
      lines.add(series.labels() + " " + Double.doubleToRawLongBits(series.values()[0]));
    }
    lines.add("samples " + budget.samples());
    return lines;
  }

  @Test
  void anAnswerOverThinnedTimeSaysSo() {
    var settings = StoreSettings.DEFAULTS.withBackgroundMerges(false)
        .withRetentionClasses(List.of("{s=\"1\"} 10m then 5m for 730d"));
    try (var store = Store.open(folder, settings, new FileDisk(),
        () -> Instant.ofEpochMilli(END_MS))) {
      fill(store);
      try (var snapshot = store.snapshot()) {
        var source = new SnapshotSource(snapshot, Tenant.DEFAULT);

        assertThat(infos(source, "sum_over_time(m_total{s=\"1\"}[30m])")).singleElement()
            .asString()
            .contains("thinned by their retention class")
            .contains("(1:15)");
        assertThat(infos(source, "sum(max_over_time(m_total{s=~\"[12]\"}[30m]))")).hasSize(1);
        assertThat(infos(source, "sum_over_time(m_total{s=\"1\"}[5m])")).isEmpty();
        assertThat(infos(source, "sum_over_time(m_total{s=\"2\"}[30m])")).isEmpty();
      }
    }
  }

  private static List<String> infos(SampleSource source, String text) {
    return Engine
        .run(Engine.Query.instant(text, Parser.parse(text), END_MS, 300_000), source,
            new QueryBudget(QueryLimits.DEFAULT))
        .infos();
  }

  @Test
  void instantQueriesOverLongWindowsHaveTheSameBitsWithAndWithoutSummaries() {
    try (var store = Store.open(folder, StoreSettings.DEFAULTS.withBackgroundMerges(false))) {
      fill(store);
      try (var snapshot = store.snapshot()) {
        var source = new SnapshotSource(snapshot, Tenant.DEFAULT);
        for (var function : FUNCTIONS) {
          for (var window : List.of("[4000s]", "[4000s] offset 150s", "[1d] @ 3000", "[40s]")) {
            var text = function + "(m_total" + window + ")";

            assertThat(run(source, text, false)).as(text).isEqualTo(run(source, text, true));
          }
        }
      }
    }
  }
}

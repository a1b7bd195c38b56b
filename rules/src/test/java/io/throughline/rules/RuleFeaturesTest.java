package io.throughline.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.OpenTelemetry;
import io.throughline.model.Labels;
import io.throughline.model.MetricType;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.query.QuerySettings;
import io.throughline.store.LogPosition;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Experiments of PromQL hold for rules as they do for queries. */
class RuleFeaturesTest {

  @TempDir
  private Path folder = Path.of("");

  private List<String> written(String... features) throws Exception {
    var house = new House();
    var file = House.file(folder, "a.yml", """
        - {record: types, expr: count by (__type__) (load)}
        - {record: named, expr: 'label_replace(load + 0, "was", "$1", "__name__", "(.*)")'}
        - {alert: High, expr: load > 1}
        """);
    try (var store = Store.open(folder.resolve("store" + features.length),
        StoreSettings.DEFAULTS.withBackgroundMerges(false))) {
      var writer = store.shard(0);
      var bytes = Labels.of("__name__", "load", "host", "a").canonicalBytes();
      int id = writer.seriesId(Tenant.DEFAULT, bytes, 0, bytes.length,
          new SeriesMetadata(MetricType.GAUGE, "", ""));
      writer.append(id, House.START_MS, 0, 2);
      writer.applied(new LogPosition("c", "t", 0, 1));
      var around = new RulesRole.Surroundings(
          QuerySettings.DEFAULT.withPromqlFeatures(List.of(features)), store::snapshot, () -> 0,
          house, house, house.clock, OpenTelemetry.noop().getMeter("test"), null);
      try (var role = new RulesRole(House.settings(file), around, Runnable::run)) {
        house.clock.advance(Duration.ofMinutes(1));
        role.runDue();
      }
    }
    return house.written.stream().map(sample -> sample.labels().toString()).toList();
  }

  @Test
  void typesAreLabelsAndNamesStayTillTheEndWhereThatIsAskedFor() throws Exception {
    assertThat(written("type-and-unit-labels", "promql-delayed-name-removal")).containsExactly(
        "types{__type__=\"gauge\"}", "named{host=\"a\", was=\"load\"}",
        "ALERTS{alertname=\"High\", alertstate=\"firing\", host=\"a\"}",
        "ALERTS_FOR_STATE{alertname=\"High\", host=\"a\"}");
  }

  @Test
  void elseTheyAreNot() throws Exception {
    assertThat(written()).containsExactly("types", "named{host=\"a\"}",
        "ALERTS{alertname=\"High\", alertstate=\"firing\", host=\"a\"}",
        "ALERTS_FOR_STATE{alertname=\"High\", host=\"a\"}");
  }
}

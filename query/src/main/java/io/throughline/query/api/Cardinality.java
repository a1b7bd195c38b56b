package io.throughline.query.api;

import io.throughline.model.Labels;
import io.throughline.model.Tenant;
import io.throughline.query.engine.QueryBudget;
import io.throughline.store.Snapshot;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Counts of a tenant's series by name, label and pair: what {@code status/tsdb} shows. */
final class Cardinality {

  private long series;
  private final Map<String, Long> byName = new HashMap<>();
  private final Map<String, Set<String>> values = new HashMap<>();
  private final Map<String, Long> valueBytes = new HashMap<>();
  private final Map<String, Long> byPair = new HashMap<>();

  void count(Snapshot snapshot, Tenant tenant, QueryBudget budget) {
    for (int partition : snapshot.nextOffsets().keySet()) {
      int known = snapshot.seriesCount(partition);
      for (int id = 0; id < known; id++) {
        if (id % 1024 == 0) {
          budget.check();
        }
        var entry = snapshot.series(partition, id);
        if (entry.tenant().equals(tenant)) {
          count(entry.labels());
        }
      }
    }
  }

  private void count(Labels labels) {
    series++;
    byName.merge(labels.metricName(), 1L, Long::sum);
    labels.forEach((name, value) -> {
      byPair.merge(name + "=" + value, 1L, Long::sum);
      if (values.computeIfAbsent(name, _ -> new HashSet<>()).add(value)) {
        valueBytes.merge(name, (long) value.getBytes(StandardCharsets.UTF_8).length, Long::sum);
      }
    });
  }

  void write(JsonOut out, int limit) {
    out.raw("{").key("headStats").raw("{").key("numSeries").whole(series).raw(",");
    out.key("numLabelPairs").whole(byPair.size());
    // Chunks and the head's times are those of another store.
    out.raw(",\"chunkCount\":0,\"minTime\":0,\"maxTime\":0},");
    var valueCounts = new HashMap<String, Long>();
    values.forEach((name, distinct) -> valueCounts.put(name, (long) distinct.size()));
    top(out.key("seriesCountByMetricName"), byName, limit).raw(",");
    top(out.key("labelValueCountByLabelName"), valueCounts, limit).raw(",");
    top(out.key("memoryInBytesByLabelName"), valueBytes, limit).raw(",");
    top(out.key("seriesCountByLabelValuePair"), byPair, limit).raw("}");
  }

  private static JsonOut top(JsonOut out, Map<String, Long> counts, int limit) {
    out.raw("[");
    var order = Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
        .thenComparing(Map.Entry.comparingByKey());
    var top = counts.entrySet().stream().sorted(order).limit(limit).toList();
    for (int i = 0; i < top.size(); i++) {
      out.comma(i == 0).raw("{").key("name").string(top.get(i).getKey()).raw(",").key("value");
      out.whole(top.get(i).getValue()).raw("}");
    }
    return out.raw("]");
  }
}

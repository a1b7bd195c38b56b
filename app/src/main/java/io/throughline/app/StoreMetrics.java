package io.throughline.app;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.store.StoreStatistics;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** What the store holds, did and found damaged, as metrics; read anew at each collection. */
final class StoreMetrics {
  private static final AttributeKey<String> PLACE = AttributeKey
      .stringKey("throughline.store.place");
  private static final Attributes HEAD = Attributes.of(PLACE, "head");
  private static final Attributes PARTS = Attributes.of(PLACE, "parts");
  private static final Attributes REGISTRY = Attributes.of(PLACE, "registry");

  private static final Attributes POSTINGS = Attributes.of(PLACE, "postings");

  private final Meter meter;
  private final Supplier<StoreStatistics> statistics;

  private StoreMetrics(Meter meter, Supplier<StoreStatistics> statistics) {
    this.meter = meter;
    this.statistics = statistics;
  }

  static void register(Meter meter, Supplier<StoreStatistics> statistics) {
    var metrics = new StoreMetrics(meter, statistics);
    metrics.gauge("series", "{series}", StoreStatistics::series);
    metrics.gauge("parts", "{part}", StoreStatistics::parts);
    metrics.gauge("tombstones", "{tombstone}", StoreStatistics::tombstones);
    metrics.counter("flushes", "{flush}", StoreStatistics::flushes);
    metrics.counter("merges", "{merge}", StoreStatistics::merges);
    metrics.counter("merge.failures", "{merge}", StoreStatistics::mergeFailures);
    metrics.counter("corrupt.files", "{file}", StoreStatistics::corruptFiles);
    meter.gaugeBuilder("throughline.store.samples")
        .ofLongs()
        .setUnit("{sample}")
        .buildWithCallback(gauge -> {
          var now = statistics.get();
          gauge.record(now.headSamples(), HEAD);
          gauge.record(now.partSamples(), PARTS);
        });
    meter.gaugeBuilder("throughline.store.size")
        .ofLongs()
        .setUnit("By")
        .buildWithCallback(gauge -> {
          var now = statistics.get();
          gauge.record(now.headBytes(), HEAD);
          gauge.record(now.partBytes(), PARTS);
          gauge.record(now.registryBytes(), REGISTRY);
          gauge.record(now.postingsBytes(), POSTINGS);
        });
  }

  private void gauge(String name, String unit, ToLongFunction<StoreStatistics> value) {
    meter.gaugeBuilder("throughline.store." + name)
        .ofLongs()
        .setUnit(unit)
        .buildWithCallback(gauge -> gauge.record(value.applyAsLong(statistics.get())));
  }

  private void counter(String name, String unit, ToLongFunction<StoreStatistics> value) {
    meter.counterBuilder("throughline.store." + name)
        .setUnit(unit)
        .buildWithCallback(counter -> counter.record(value.applyAsLong(statistics.get())));
  }
}

package io.throughline.app.settings;

import io.throughline.collector.CollectorSettings;
import io.throughline.collector.discover.DiscoverSettings;
import io.throughline.collector.produce.IntakeSettings;
import io.throughline.ingest.IngestSettings;
import io.throughline.query.QuerySettings;
import io.throughline.query.view.ViewSettings;
import io.throughline.rules.RulesSettings;
import io.throughline.store.StoreSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Everything that can be set, as it stands in the file given with {@code --config}; command-line options come
 * after it and win.
 *
 * @param data the directory of the log, the store and what else has to last
 */
public record Settings(Path data, HttpSettings http, KafkaSettings kafka, DiskSettings disk,
    Collector collector, IngestSettings ingest, StoreSettings store, Query query,
    RulesSettings rules, SelfSettings self) {

  /** Settings {@code collector.*}; how old a sample may be is {@code store.retention}. */
  public record Collector(@Inline(except = "retention") CollectorSettings doors,
      IntakeSettings intake, DiscoverSettings discover) {}

  /** Settings {@code query.*}. */
  public record Query(ViewSettings view, @Inline QuerySettings promql) {}

  public static final Settings DEFAULTS = new Settings(Path.of("data"), HttpSettings.DEFAULTS,
      KafkaSettings.DEFAULTS, DiskSettings.DEFAULTS,
      new Collector(CollectorSettings.DEFAULTS, IntakeSettings.DEFAULTS, DiscoverSettings.DEFAULTS),
      IngestSettings.DEFAULTS, StoreSettings.DEFAULTS.withRetention(Duration.ofDays(15)),
      new Query(ViewSettings.DEFAULT, QuerySettings.DEFAULT), RulesSettings.DEFAULTS,
      SelfSettings.DEFAULTS);

  /**
   * Reads a YAML file over the defaults.
   *
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException naming the line or the key that is wrong
   */
  public static Settings read(Path file) throws IOException {
    return parse(Files.readString(file), file.toString());
  }

  static Settings parse(String yaml, String name) {
    Object document;
    try {
      var options = LoadSettings.builder().setLabel(name).setAllowDuplicateKeys(false).build();
      document = new Load(options).loadFromString(yaml);
    } catch (YamlEngineException wrong) {
      throw new IllegalArgumentException(
          name + " is not YAML: " + String.valueOf(wrong.getMessage()).replaceAll("\\s+", " "),
          wrong);
    }
    if (document == null) {
      return DEFAULTS;
    }
    if (!(document instanceof Map<?, ?> map)) {
      throw new IllegalArgumentException(name + " holds no mapping of settings");
    }
    try {
      return RecordBinder.bind(DEFAULTS, map, "");
    } catch (IllegalArgumentException wrong) {
      throw new IllegalArgumentException(name + ": " + wrong.getMessage(), wrong);
    }
  }

  public Settings withRelabelFile(String file) {
    var doors = new Collector(collector.doors().withRelabelFile(file), collector.intake(),
        collector.discover());
    return new Settings(data, http, kafka, disk, doors, ingest, store, query, rules, self);
  }

  public Settings withData(Path value) {
    return new Settings(value, http, kafka, disk, collector, ingest, store, query, rules, self);
  }

  public Settings withHttp(HttpSettings value) {
    return new Settings(data, value, kafka, disk, collector, ingest, store, query, rules, self);
  }

  public Settings withKafka(KafkaSettings value) {
    return new Settings(data, http, value, disk, collector, ingest, store, query, rules, self);
  }

  public Settings withStore(StoreSettings value) {
    return new Settings(data, http, kafka, disk, collector, ingest, value, query, rules, self);
  }

  public Settings withSelf(SelfSettings value) {
    return new Settings(data, http, kafka, disk, collector, ingest, store, query, rules, value);
  }

  public Settings withRules(RulesSettings value) {
    return new Settings(data, http, kafka, disk, collector, ingest, store, query, value, self);
  }

  public Settings withPromqlFeatures(List<String> features) {
    return new Settings(data, http, kafka, disk, collector, ingest, store,
        new Query(query.view(), query.promql().withPromqlFeatures(features)), rules, self);
  }
}

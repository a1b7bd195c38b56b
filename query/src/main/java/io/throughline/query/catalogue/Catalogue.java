package io.throughline.query.catalogue;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The known signals and, by stored metric name, which of them a series is. Immutable. */
public final class Catalogue {

  /** What is known about a source. */
  public record Source(String name, int rank, String about) {}

  private record Entry(Mapping mapping, Mapping.Part part) {}

  private final Map<String, Signal> signals;
  private final Map<String, Source> sources;
  private final Map<String, List<Entry>> byMetric = new HashMap<>();

  Catalogue(Map<String, Signal> signals, Map<String, Source> sources) {
    this.signals = new LinkedHashMap<>(signals);
    this.sources = new LinkedHashMap<>(sources);
    for (var signal : signals.values()) {
      for (var mapping : signal.sources()) {
        index(mapping.metric(), mapping, Mapping.Part.VALUE);
        if (signal.kind() == Signal.Kind.HISTOGRAM) {
          index(mapping.metric() + "_bucket", mapping, Mapping.Part.BUCKET);
          index(mapping.metric() + "_count", mapping, Mapping.Part.COUNT);
          index(mapping.metric() + "_sum", mapping, Mapping.Part.SUM);
        }
      }
    }
  }

  private void index(String metric, Mapping mapping, Mapping.Part part) {
    byMetric.computeIfAbsent(metric, name -> new ArrayList<>()).add(new Entry(mapping, part));
  }

  /** What is built in. */
  public static Catalogue builtIn() {
    return load(List.of());
  }

  /**
   * What is built in, extended by files of the same form in their order. Sources that a file names first
   * rank above the built-in ones.
   *
   * @throws Failure USER, naming file, line and field of what is wrong
   */
  public static Catalogue load(List<Path> extensions) {
    var loader = new CatalogueLoader();
    for (var file : extensions) {
      try {
        loader.read(file.toString(), Files.readString(file));
      } catch (IOException e) {
        throw new Failure(Failure.Category.USER,
            "catalogue " + file + " cannot be read: " + e.getMessage(), e);
      }
    }
    loader.read("signals.yaml", builtInText());
    return loader.build();
  }

  static String builtInText() {
    try (var stream = Catalogue.class.getResourceAsStream("signals.yaml")) {
      if (stream == null) {
        throw new Failure(Failure.Category.BUG, "signals.yaml is not in the jar");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new Failure(Failure.Category.BUG,
          "signals.yaml cannot be read from the jar: " + e.getMessage(), e);
    }
  }

  /** By name, in the order of the files. */
  public Map<String, Signal> signals() {
    return Collections.unmodifiableMap(signals);
  }

  public Map<String, Source> sources() {
    return Collections.unmodifiableMap(sources);
  }

  public @Nullable Signal signal(String name) {
    return signals.get(name);
  }

  /** Whether any signal is made of this metric: most series stop here. */
  public boolean knows(String metric) {
    return byMetric.containsKey(metric);
  }

  /** Hands over each mapping that this series satisfies. */
  public void match(Labels labels, BiConsumer<Mapping, Mapping.Part> found) {
    var entries = byMetric.get(labels.metricName());
    if (entries == null) {
      return;
    }
    for (var entry : entries) {
      if (entry.mapping().matches(labels)) {
        found.accept(entry.mapping(), entry.part());
      }
    }
  }
}

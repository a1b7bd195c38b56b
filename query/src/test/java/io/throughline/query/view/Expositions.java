package io.throughline.query.view;

import io.throughline.model.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;

/**
 * Expositions as a Prometheus scrapes them: five minutes in which counters grow from the written value by a
 * twelve-hundredth a second, so that the rate of any selection is its sum over {@value #GROWTH_S}.
 */
final class Expositions {
  static final double GROWTH_S = 1200;
  private static final Pattern LABEL = Pattern
      .compile("([A-Za-z_][A-Za-z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  record Sample(Labels labels, double value, boolean grows) {}

  private Expositions() {}

  /** The folder of recorded ones above any parent that has it, or a skip with its reason. */
  static Path folder() {
    for (var at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      var there = at.resolve("shared/fixtures/expositions");
      if (Files.isDirectory(there)) {
        return there;
      }
    }
    var reason = "shared/fixtures/expositions is in no folder above, it is not part of a clone";
    System.out.println("skipped: " + reason);
    Assumptions.abort(reason);
    throw new AssertionError("not reached");
  }

  /**
   * @param honor whether the exposition's labels win over the target's; else they are renamed {@code exported_…},
   *     as Prometheus does without {@code honor_labels}
   */
  static List<Sample> read(Path file, boolean honor, String... target) throws IOException {
    var samples = new ArrayList<Sample>();
    var types = new TreeMap<String, String>();
    for (var line : Files.readAllLines(file)) {
      if (line.startsWith("# TYPE ")) {
        var words = line.split("\\s+");
        types.put(words[2], words[3]);
        continue;
      }
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int close = line.lastIndexOf('}');
      int nameEnd = close < 0 ? line.indexOf(' ') : line.indexOf('{');
      var name = line.substring(0, nameEnd);
      var labels = Labels.of("__name__", name).toBuilder();
      for (int i = 0; i < target.length; i += 2) {
        labels.set(target[i], target[i + 1]);
      }
      if (close > 0) {
        var matcher = LABEL.matcher(line.substring(nameEnd, close));
        while (matcher.find()) {
          var own = matcher.group(1);
          labels.set(!honor && List.of(target).contains(own) ? "exported_" + own : own,
              matcher.group(2));
        }
      }
      var value = line.substring((close < 0 ? nameEnd : close) + 1).strip().split("\\s+")[0];
      boolean grows = types.getOrDefault(name, "").equals("counter")
          || name.matches(".*_(total|bucket|count|sum)") || !types.containsKey(name)
          || types.getOrDefault(name, "").equals("untyped") && name.startsWith("node_netstat");
      samples.add(new Sample(labels.build(),
          value.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(value),
          grows && !name.equals("target_info")));
    }
    return samples;
  }

  static MemoryStore store(List<Sample> samples) {
    var store = new MemoryStore();
    for (var sample : samples) {
      for (long s = 900; s <= GROWTH_S; s += 15) {
        store.add(sample.labels(), Scraped.END_MS - (long) (GROWTH_S - s) * 1000, 0,
            sample.grows() ? sample.value() * (1 + s / GROWTH_S) : sample.value());
      }
    }
    return store;
  }
}

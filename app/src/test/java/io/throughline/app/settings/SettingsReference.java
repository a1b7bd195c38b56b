package io.throughline.app.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Writes docs/reference/settings.md: keys and defaults from the records, meanings from their sources' doc. */
final class SettingsReference {
  private static final String HEAD = """
      # Settings

      Written from the settings' records by `SettingsTest`; do not edit. The file given with `--config` is YAML: `a.b` here is `b` under `a` there. A key nobody knows is refused by name.
      Durations read `15d`, `1h30m`, `500ms` or `0`; sizes `64MiB` or a whole number of bytes. Options of the command line win over the file: `./throughline up --help`.

      The heap is no setting of the file but of the process: `THROUGHLINE_HEAP` (default `1g`) is its limit, and what stands below as a part of the heap is a part of it. It is filled only as far as something lives in it ([why](../decisions/0012-the-heap-stays-near-what-lives.md)): beside 400 bytes for each series ever met and
      a head of `ingest.flush-head-bytes` a shard, the limit needs room for the queries that run at once. Up to `2g` the launcher takes the serial collector and bounds its generations, above it leaves both to the JVM; flags in `THROUGHLINE_OPTS` win over the launcher's.

      | key | default | meaning |
      | --- | --- | --- |
      """;

  /** What depends on the machine, in words. */
  private static final Map<String, String> BY_RULE = Map.of("collector.decoder-threads",
      "one a core, at least 2", "query.threads", "one a core, at least 2", "query.max-bytes",
      "a quarter of the heap");

  private SettingsReference() {}

  static String write(Path root) throws IOException {
    List<Path> sources;
    try (Stream<Path> files = Files.walk(root, 14)) {
      sources = files
          .filter(file -> file.toString().endsWith(".java")
              && file.toString().contains("src/main/java") && !file.toString().contains("target/"))
          .toList();
    }
    var lines = new ArrayList<String>();
    var failed = new ArrayList<String>();
    RecordBinder.visit(Settings.DEFAULTS, "", (key, owner, component, value) -> {
      try {
        var rule = BY_RULE.get(key);
        var shown = rule == null ? RecordBinder.format(component, value) : rule;
        lines.add("| `" + key + "` | "
            + (shown.isEmpty() || shown.equals("[]") ? "none" : "`" + shown + "`") + " | "
            + meaning(sources, owner, component.getName()) + " |");
      } catch (IOException unreadable) {
        failed.add(key);
      }
    });
    if (!failed.isEmpty()) {
      throw new IOException("no source of " + failed);
    }
    return HEAD + String.join("\n", lines) + "\n";
  }

  private static String meaning(List<Path> sources, Class<?> owner, String component)
      throws IOException {
    for (var source : sources) {
      if (source.endsWith(owner.getSimpleName() + ".java")) {
        var doc = Pattern
            .compile("@param " + component + "\\s+(.*?)(?=\\n \\* @|\\n \\*/)", Pattern.DOTALL)
            .matcher(Files.readString(source));
        if (doc.find()) {
          return doc.group(1)
              .replaceAll("\\s*\\n \\*\\s*", " ")
              .replace("|", "\\|")
              .replaceAll("\\{@(?:code|link) ([^}]*)}", "`$1`")
              .strip();
        }
      }
    }
    throw new IOException("no doc of " + owner + "." + component);
  }
}

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

      | key | default | meaning |
      | --- | --- | --- |
      """;

  /** Their defaults depend on the machine. */
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

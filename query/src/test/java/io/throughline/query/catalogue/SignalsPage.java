package io.throughline.query.catalogue;

import java.util.Locale;
import java.util.stream.Collectors;

/** Writes docs/reference/signals.md from the catalogue. */
final class SignalsPage {

  private SignalsPage() {}

  static String of(Catalogue catalogue) {
    var page = new StringBuilder(
        """
            # The signal catalogue

            Every canonical signal once, and which metrics of which source are that signal. This page is written from
            `signals.yaml`, the built-in catalogue; files of the same form extend it: a source named there first ranks above
            the built-in ones, a signal named there again gets more sources.

            Where several sources tell the same signal of the same entity, the best ranked one that has samples in the window
            counts, alone: a call reported by the service and by its proxy is one call. Metrics are stored names; a histogram is
            meant with its native samples and with its `_bucket`, `_count` and `_sum` series. `→` shows how the entity is named by
            labels; without it, it is the service of the scraped target (`job`, with the target's `namespace` in front).

            ## Sources, best first

            | source | what it is |
            | --- | --- |
            """);
    catalogue.sources()
        .values()
        .forEach(source -> page.append("| ")
            .append(source.name())
            .append(" | ")
            .append(source.about())
            .append(" |\n"));
    page.append("\n## Signals\n");
    for (var signal : catalogue.signals().values()) {
      page.append("\n### `")
          .append(signal.name())
          .append("`\n\n")
          .append(signal.about())
          .append("\n\n")
          .append(word(signal.entity()))
          .append(", ")
          .append(word(signal.kind()))
          .append(", ")
          .append(signal.unit())
          .append(switch (signal.bad()) {
            case UP -> "; more is worse";
            case DOWN -> "; less is worse";
            case NONE -> "";
          })
          .append(".\n\n");
      for (var mapping : signal.sources()) {
        page.append("- ").append(mapping.source()).append(": `").append(mapping.metric());
        if (!mapping.conditions().isEmpty()) {
          page.append(mapping.conditions()
              .stream()
              .map(Condition::toString)
              .collect(Collectors.joining(",", "{", "}")));
        }
        page.append('`');
        if (mapping.scale() != 1) {
          page.append(" × ").append(mapping.scale());
        }
        if (mapping.id() != null) {
          page.append(" → `").append(mapping.id()).append('`');
        }
        if (!mapping.classLabels().isEmpty()) {
          page.append(", by `").append(String.join("` or `", mapping.classLabels())).append('`');
        }
        if (mapping.peer() != null) {
          page.append(", other side `").append(mapping.peer()).append('`');
        }
        if (mapping.least() > Double.NEGATIVE_INFINITY) {
          page.append(", from ").append((long) mapping.least()).append(" on");
        }
        if (!mapping.errors().isEmpty()) {
          page.append(", errors: `")
              .append(mapping.errors()
                  .stream()
                  .map(Condition::toString)
                  .collect(Collectors.joining("` or `")))
              .append('`');
        }
        page.append('\n');
      }
    }
    return page.toString();
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}

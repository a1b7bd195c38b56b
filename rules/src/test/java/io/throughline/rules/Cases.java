package io.throughline.rules;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Cases of a text file: each begins with {@code === kind name | expected}, and holds what follows.
 *
 * @param expected what stands after the bar, or ""
 */
public record Cases(String kind, String name, String expected, String text) {

  public static List<Cases> read(String resource) {
    var cases = new ArrayList<Cases>();
    for (var part : text(resource).split("(?m)^=== ", -1)) {
      if (!part.isEmpty()) {
        int line = part.indexOf('\n');
        var head = part.substring(0, line).split(" \\| ", 2);
        var words = head[0].split(" ", 2);
        cases.add(new Cases(words[0], words[1].strip(), head.length > 1 ? head[1].strip() : "",
            part.substring(line + 1)));
      }
    }
    return cases;
  }

  /** A resource's text. */
  public static String text(String resource) {
    try (var in = Cases.class.getResourceAsStream(resource)) {
      return new String(Objects.requireNonNull(in, resource).readAllBytes(),
          StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  public boolean good() {
    return kind.startsWith("good");
  }

  /** Whether Prometheus' 2.x knows what the case uses. */
  public boolean common() {
    return !kind.endsWith("-ours");
  }

  @Override
  public String toString() {
    return kind + ": " + name;
  }
}

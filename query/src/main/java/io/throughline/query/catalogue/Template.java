package io.throughline.query.catalogue;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.identity.EntityFacts;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an id is made of labels: {@code {namespace}/{pod}/{container|container_name}}. Between braces stand
 * labels of which the first present counts, {@code exported_…} twins first. A filter may stand in front:
 * {@code {host:instance}} is the address without its port, {@code {cgroup:id}} the runtime's id at the
 * end of a cgroup path, {@code {name:service}} what stands before an {@code @}.
 */
public final class Template {
  private final String text;
  private final List<Piece> pieces;

  private record Piece(String literal, List<String> labels, String filter) {}

  private Template(String text, List<Piece> pieces) {
    this.text = text;
    this.pieces = pieces;
  }

  static Template parse(String text) {
    var pieces = new ArrayList<Piece>();
    int position = 0;
    while (position < text.length()) {
      int open = text.indexOf('{', position);
      if (open < 0) {
        pieces.add(new Piece(text.substring(position), List.of(), ""));
        break;
      }
      int close = text.indexOf('}', open);
      if (close <= open + 1) {
        throw Failure.user("'" + text + "' at character " + open
            + ": want {label} or {label|other label}");
      }
      if (open > position) {
        pieces.add(new Piece(text.substring(position, open), List.of(), ""));
      }
      var inside = text.substring(open + 1, close);
      int colon = inside.indexOf(':');
      var filter = colon < 0 ? "" : inside.substring(0, colon);
      if (!List.of("", "host", "cgroup", "name").contains(filter)) {
        throw Failure.user("'" + text + "' at character " + open + ": unknown filter '" + filter
            + "', want host, cgroup or name");
      }
      pieces.add(new Piece("", List.of(inside.substring(colon + 1).split("\\|")), filter));
      position = close + 1;
    }
    return new Template(text, List.copyOf(pieces));
  }

  /** The filled text, or null if a piece has none of its labels. */
  @Nullable
  String fill(Labels labels) {
    var filled = new StringBuilder();
    for (var piece : pieces) {
      if (piece.labels().isEmpty()) {
        filled.append(piece.literal());
        continue;
      }
      var value = filter(piece.filter(), firstPresent(labels, piece.labels()));
      if (value.isEmpty()) {
        return null;
      }
      filled.append(value);
    }
    return filled.toString();
  }

  private static String firstPresent(Labels labels, List<String> names) {
    for (var name : names) {
      var value = EntityFacts.subject(labels, name);
      if (!value.isEmpty()) {
        return value;
      }
    }
    return "";
  }

  private static String filter(String filter, String value) {
    return switch (filter) {
      case "host" -> EntityFacts.withoutPort(value);
      case "cgroup" -> EntityFacts.runtimeId(value);
      case "name" -> value.indexOf('@') < 0 ? value : value.substring(0, value.indexOf('@'));
      default -> value;
    };
  }

  @Override
  public String toString() {
    return text;
  }
}

package io.throughline.query.catalogue;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.identity.EntityFacts;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an id is made of labels: {@code {namespace}/{pod}/{container|container_name}}. Between braces stand
 * labels of which the first present counts, {@code exported_…} twins first; {@code @service} stands for the
 * service of the scraped target. After {@code ||} stands what counts where a label of the first is missing.
 *
 * <p>A filter may stand in front: {@code {host:instance}} is the address without its port, {@code
 * {cgroup:id}} the runtime's id at the end of a cgroup path, {@code {name:service}} what stands before an
 * {@code @}, {@code {dns:authority}} the service that a host name stands for, {@code {cluster:name}} that of an
 * Envoy cluster.
 */
public final class Template {
  private static final String TARGET = "@service";
  private static final List<String> FILTERS = List.of("", "host", "cgroup", "name", "dns",
      "cluster");

  private final String text;
  private final List<List<Piece>> alternatives;

  private record Piece(String literal, List<String> labels, String filter) {}

  private Template(String text, List<List<Piece>> alternatives) {
    this.text = text;
    this.alternatives = alternatives;
  }

  public static Template parse(String text) {
    var alternatives = new ArrayList<List<Piece>>();
    for (var alternative : text.split("\\|\\|", -1)) {
      alternatives.add(pieces(alternative.strip()));
    }
    return new Template(text, List.copyOf(alternatives));
  }

  private static List<Piece> pieces(String text) {
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
        throw Failure
            .user("'" + text + "' at character " + open + ": want {label} or {label|other label}");
      }
      if (open > position) {
        pieces.add(new Piece(text.substring(position, open), List.of(), ""));
      }
      var inside = text.substring(open + 1, close);
      int colon = inside.indexOf(':');
      var filter = colon < 0 ? "" : inside.substring(0, colon);
      if (!FILTERS.contains(filter)) {
        throw Failure.user("'" + text + "' at character " + open + ": unknown filter '" + filter
            + "', want one of " + String.join(", ", FILTERS.subList(1, FILTERS.size())));
      }
      pieces.add(new Piece("", List.of(inside.substring(colon + 1).split("\\|")), filter));
      position = close + 1;
    }
    if (pieces.isEmpty()) {
      throw Failure.user("a template is empty, want {label}");
    }
    return List.copyOf(pieces);
  }

  /** Whether the scraped target's service may be what it names. */
  boolean namesTarget() {
    return alternatives.stream()
        .anyMatch(pieces -> pieces.stream().anyMatch(piece -> piece.labels().contains(TARGET)));
  }

  /** The filled text, or null if each alternative lacks a label. */
  public @Nullable String fill(Labels labels) {
    for (var pieces : alternatives) {
      var filled = fill(pieces, labels);
      if (filled != null) {
        return filled;
      }
    }
    return null;
  }

  private static @Nullable String fill(List<Piece> pieces, Labels labels) {
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
      if (name.equals(TARGET)) {
        var service = EntityFacts.serviceOfTarget(labels);
        if (service != null) {
          return service;
        }
      }
      var value = EntityFacts.subject(labels, name);
      // Meshes say "unknown" where they have no label.
      if (!value.isEmpty() && !value.equals("unknown")) {
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
      case "dns" -> HostNames.service(value);
      case "cluster" -> HostNames.serviceOfCluster(value);
      default -> value;
    };
  }

  @Override
  public String toString() {
    return text;
  }
}

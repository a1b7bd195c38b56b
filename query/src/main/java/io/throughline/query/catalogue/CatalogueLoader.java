package io.throughline.query.catalogue;

import io.throughline.model.Failure;
import io.throughline.model.identity.Entity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Reads catalogue files, strictly: an unknown key, a missing field, a wrong type or a name used before it
 * is known ends the reading with file, line and what was wanted.
 *
 * <pre>
 * sources:                       # best first; a file read earlier ranks above a later one
 *   istio: what it is, in words
 * signals:
 *   - name: http.server.request.duration
 *     unit: s
 *     kind: histogram            # counter, gauge, histogram
 *     bad: up                    # up, down, none
 *     entity: service            # service, container, process, node, pod, volume
 *     about: one sentence
 *     sources:
 *       - from: istio
 *         metric: istio_request_duration_milliseconds{reporter="destination"}
 *         id: "{destination_service_namespace}/{destination_service_name}"
 *         scale: 0.001
 *         class: response_code
 *         error: response_code=~"5.."       # or a list: any of them
 *         peer: "{source_workload}"         # of a call, the other side
 *         least: 0                          # a smaller value stands for none, as -1 does
 * </pre>
 *
 * A signal that another file also names needs only its name and the added sources.
 */
final class CatalogueLoader {
  private static final Set<String> FILE_KEYS = Set.of("sources", "signals");
  private static final Set<String> SIGNAL_KEYS = Set.of("name", "unit", "kind", "bad", "entity",
      "about", "sources");
  private static final Set<String> SOURCE_KEYS = Set.of("from", "metric", "id", "scale", "class",
      "error", "peer", "least");

  private static final class Draft {
    final String name;
    final Map<String, String> fields = new LinkedHashMap<>();
    final List<SourceDraft> sources = new ArrayList<>();
    final String place;

    Draft(String name, String place) {
      this.name = name;
      this.place = place;
    }
  }

  private record SourceDraft(String place, String from, String metric, List<Condition> conditions,
      @Nullable Template id, double scale, List<String> classLabels, @Nullable Template peer,
      double least, List<Condition> errors) {}

  private final Map<String, String> sources = new LinkedHashMap<>();
  private final Map<String, Draft> drafts = new LinkedHashMap<>();
  private String file = "";

  /** Adds one file's content. */
  void read(String name, String text) {
    file = name;
    Node root;
    try {
      var settings = LoadSettings.builder().setLabel(name).build();
      root = new Compose(settings).composeString(text).orElse(null);
    } catch (YamlEngineException e) {
      throw new Failure(Failure.Category.USER,
          "catalogue " + name + " is not YAML: " + e.getMessage(), e);
    }
    if (root == null) {
      return;
    }
    var content = mapping(root, FILE_KEYS, "a catalogue file");
    var declared = content.get("sources");
    if (declared != null) {
      entries(declared).forEach((source, about) -> sources.putIfAbsent(source, scalar(about)));
    }
    var signals = content.get("signals");
    if (signals != null) {
      for (var signal : list(signals)) {
        readSignal(signal);
      }
    }
  }

  private void readSignal(Node node) {
    var fields = mapping(node, SIGNAL_KEYS, "a signal");
    var name = required(node, fields, "name", "a signal");
    var draft = drafts.computeIfAbsent(name, key -> new Draft(key, place(node)));
    for (var field : List.of("unit", "kind", "bad", "entity", "about")) {
      var value = fields.get(field);
      if (value == null) {
        continue;
      }
      var before = draft.fields.putIfAbsent(field, scalar(value));
      if (before != null && !before.equals(scalar(value)) && !field.equals("about")) {
        throw wrong(value, "signal '" + name + "' has " + field + " '" + before + "' at "
            + draft.place + " and '" + scalar(value) + "' here");
      }
    }
    var from = fields.get("sources");
    if (from != null) {
      for (var source : list(from)) {
        draft.sources.add(readSource(source));
      }
    }
  }

  private SourceDraft readSource(Node node) {
    var fields = mapping(node, SOURCE_KEYS, "a source of a signal");
    var selector = required(node, fields, "metric", "a source of a signal");
    int brace = selector.indexOf('{');
    var metric = brace < 0 ? selector : selector.substring(0, brace);
    if (metric.isEmpty() || brace >= 0 && !selector.endsWith("}")) {
      throw wrong(node, "metric '" + selector + "': want name or name{label=\"value\",…}");
    }
    var conditions = brace < 0
        ? List.<Condition>of()
        : conditions(node, selector.substring(brace + 1, selector.length() - 1));
    var id = fields.get("id");
    var scale = fields.get("scale");
    var classNode = fields.get("class");
    var errorNode = fields.get("error");
    var peer = fields.get("peer");
    var least = fields.get("least");
    var errors = new ArrayList<Condition>();
    for (var error : strings(errorNode)) {
      errors.addAll(conditions(node, error));
    }
    return new SourceDraft(place(node), required(node, fields, "from", "a source of a signal"),
        metric, conditions, id == null ? null : template(id), scale == null ? 1 : number(scale),
        strings(classNode), peer == null ? null : template(peer),
        least == null ? Double.NEGATIVE_INFINITY : anyNumber(least), errors);
  }

  /** The catalogue of everything read. */
  Catalogue build() {
    var ranks = new LinkedHashMap<String, Catalogue.Source>();
    sources
        .forEach((name, about) -> ranks.put(name, new Catalogue.Source(name, ranks.size(), about)));
    var signals = new LinkedHashMap<String, Signal>();
    for (var draft : drafts.values()) {
      signals.put(draft.name, signal(draft, ranks));
    }
    return new Catalogue(signals, ranks);
  }

  private static Signal signal(Draft draft, Map<String, Catalogue.Source> ranks) {
    var kind = word(draft, "kind", Signal.Kind.values());
    var entity = word(draft, "entity", Entity.Kind.values());
    var bad = word(draft, "bad", Signal.Bad.values());
    var mappings = new ArrayList<Mapping>();
    for (var source : draft.sources) {
      var known = ranks.get(source.from());
      if (known == null) {
        throw Failure.user(source.place() + ": source '" + source.from()
            + "' is not named under 'sources:'; known are " + String.join(", ", ranks.keySet()));
      }
      if (source.id() == null && entity != Entity.Kind.SERVICE) {
        throw Failure.user(source.place() + ": a source of '" + draft.name + "' needs an 'id', for"
            + " example \"{instance}\": only a service can be that of the scraped target");
      }
      mappings.add(new Mapping(draft.name, entity, known.name(), known.rank(), source.metric(),
          source.conditions(), source.id(), source.scale(), source.classLabels(), source.peer(),
          source.least(), source.errors()));
    }
    mappings.sort((a, b) -> Integer.compare(a.rank(), b.rank()));
    return new Signal(draft.name, field(draft, "unit"), kind, bad, entity, field(draft, "about"),
        mappings);
  }

  private static String field(Draft draft, String name) {
    var value = draft.fields.get(name);
    if (value == null || value.isBlank()) {
      throw Failure.user(draft.place + ": signal '" + draft.name + "' lacks '" + name + "'");
    }
    return value;
  }

  private static <T extends Enum<T>> T word(Draft draft, String field, T[] words) {
    var value = field(draft, field);
    for (var word : words) {
      if (word.name().toLowerCase(Locale.ROOT).equals(value)) {
        return word;
      }
    }
    throw Failure.user(draft.place + ": signal '" + draft.name + "' has " + field + " '" + value
        + "', want one of "
        + Arrays.stream(words)
            .map(word -> word.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", ")));
  }

  private Map<String, Node> mapping(Node node, Set<String> known, String what) {
    var fields = entries(node);
    for (var key : fields.keySet()) {
      if (!known.contains(key)) {
        throw wrong(node, "unknown key '" + key + "' in " + what + ", known are "
            + known.stream().sorted().collect(Collectors.joining(", ")));
      }
    }
    return fields;
  }

  private Map<String, Node> entries(Node node) {
    if (!(node instanceof MappingNode mapping)) {
      throw wrong(node, "want keys and values");
    }
    var fields = new LinkedHashMap<String, Node>();
    for (var tuple : mapping.getValue()) {
      fields.put(scalar(tuple.getKeyNode()), tuple.getValueNode());
    }
    return fields;
  }

  private String required(Node node, Map<String, Node> fields, String key, String what) {
    var value = fields.get(key);
    if (value == null) {
      throw wrong(node, what + " lacks '" + key + "'");
    }
    return scalar(value);
  }

  private List<Node> list(Node node) {
    if (!(node instanceof SequenceNode sequence)) {
      throw wrong(node, "want a list");
    }
    return sequence.getValue();
  }

  private List<String> strings(@Nullable Node node) {
    if (node == null) {
      return List.of();
    }
    return node instanceof SequenceNode sequence
        ? sequence.getValue().stream().map(this::scalar).toList()
        : List.of(scalar(node));
  }

  private String scalar(Node node) {
    if (!(node instanceof ScalarNode value)) {
      throw wrong(node, "want a single value");
    }
    return value.getValue();
  }

  private double number(Node node) {
    double value = anyNumber(node);
    if (value > 0) {
      return value;
    }
    throw wrong(node, "scale '" + scalar(node) + "' is not above 0");
  }

  private double anyNumber(Node node) {
    try {
      double value = Double.parseDouble(scalar(node));
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw wrong(node, "'" + scalar(node) + "' is not a number");
    }
    throw wrong(node, "'" + scalar(node) + "' is not a finite number");
  }

  private List<Condition> conditions(Node node, String text) {
    try {
      return Condition.parse(text);
    } catch (Failure e) {
      throw wrong(node, e.getMessage());
    }
  }

  private Template template(Node node) {
    try {
      return Template.parse(scalar(node));
    } catch (Failure e) {
      throw wrong(node, e.getMessage());
    }
  }

  private Failure wrong(Node node, String message) {
    return Failure.user(place(node) + ": " + message);
  }

  private String place(Node node) {
    return "catalogue " + file + " line "
        + node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
  }
}

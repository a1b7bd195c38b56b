package io.throughline.model.yaml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * One value of a YAML document. Reading it as what it is not notes a problem at its place and yields an empty value, so
 * that one pass finds all mistakes. Scalars are read as Go's YAML reads them into a typed field: any plain scalar is a
 * text, a missing one is nothing.
 */
public final class YamlValue {

  private static final int DEEPEST = 100;
  private static final Pattern WHOLE = Pattern.compile("[-+]?[0-9]{1,18}");
  private static final Pattern NUMBER = Pattern
      .compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");

  private final YamlDocument document;
  private final Node node;
  private final int depth;

  YamlValue(YamlDocument document, Node node, int depth) {
    this.document = document;
    this.node = node;
    this.depth = depth;
  }

  /** Line from 1. */
  public int line() {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
  }

  public int column() {
    return node.getStartMark().map(mark -> mark.getColumn() + 1).orElse(0);
  }

  /** Notes that this value is wrong. */
  public void wrong(String message) {
    document.add(line(), column(), message);
  }

  public boolean isNothing() {
    return node instanceof ScalarNode scalar && scalar.isPlain() && switch (scalar.getValue()) {
      case "", "~", "null", "Null", "NULL" -> true;
      default -> false;
    };
  }

  public boolean isMapping() {
    return node instanceof MappingNode;
  }

  public boolean isList() {
    return node instanceof SequenceNode;
  }

  public boolean isText() {
    return node instanceof ScalarNode && !isNothing();
  }

  private String kind() {
    return switch (node) {
      case MappingNode _ -> "a mapping";
      case SequenceNode _ -> "a list";
      case ScalarNode scalar -> isNothing() ? "nothing" : "'" + shorten(scalar.getValue()) + "'";
      default -> "something else";
    };
  }

  private static String shorten(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }

  /**
   * The fields of a mapping in their order; those merged with {@code <<} come after its own. Unknown ones are problems.
   *
   * @param what the mapping is, for messages
   */
  public Map<String, YamlValue> fields(String what, Set<String> known) {
    var fields = entries(what);
    fields.forEach((name, value) -> {
      if (!known.contains(name)) {
        value.document.add(keyLine(name, value), keyColumn(name, value),
            "field '" + name + "' is not known in " + what + "; known are "
                + String.join(", ", known.stream().sorted().toList()));
      }
    });
    return fields;
  }

  private int keyLine(String name, YamlValue value) {
    var key = key(name);
    return key == null ? value.line() : new YamlValue(document, key, 0).line();
  }

  private int keyColumn(String name, YamlValue value) {
    var key = key(name);
    return key == null ? value.column() : new YamlValue(document, key, 0).column();
  }

  private @Nullable Node key(String name) {
    if (node instanceof MappingNode mapping) {
      for (var tuple : mapping.getValue()) {
        if (tuple.getKeyNode() instanceof ScalarNode key && key.getValue().equals(name)) {
          return key;
        }
      }
    }
    return null;
  }

  /** The fields of a mapping, whatever their names. */
  public Map<String, YamlValue> entries(String what) {
    var fields = new LinkedHashMap<String, YamlValue>();
    if (isNothing()) {
      return fields;
    }
    if (!(node instanceof MappingNode mapping)) {
      wrong("want " + what + " as a mapping, got " + kind());
      return fields;
    }
    if (depth > DEEPEST) {
      wrong("nests deeper than " + DEEPEST + " values");
      return fields;
    }
    var merged = new ArrayList<YamlValue>();
    for (var tuple : mapping.getValue()) {
      var value = new YamlValue(document, tuple.getValueNode(), depth + 1);
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        wrong("a key of " + what + " is not a text");
      } else if (key.isPlain() && key.getValue().equals("<<")) {
        if (value.isList()) {
          merged.addAll(value.items("<<"));
        } else {
          merged.add(value);
        }
      } else if (fields.putIfAbsent(key.getValue(), value) != null) {
        new YamlValue(document, key, depth)
            .wrong("field '" + key.getValue() + "' stands twice in " + what);
      }
    }
    for (var source : merged) {
      if (source.isMapping()) {
        source.entries(what).forEach(fields::putIfAbsent);
      } else {
        source.wrong("map merge requires a mapping or a list of mappings, got " + source.kind());
      }
    }
    return fields;
  }

  /** The items of a list; nothing is an empty list. */
  public List<YamlValue> items(String what) {
    var items = new ArrayList<YamlValue>();
    if (node instanceof SequenceNode sequence) {
      if (depth > DEEPEST) {
        wrong("nests deeper than " + DEEPEST + " values");
        return items;
      }
      for (var item : sequence.getValue()) {
        items.add(new YamlValue(document, item, depth + 1));
      }
    } else if (!isNothing()) {
      wrong("want " + what + " as a list, got " + kind());
    }
    return items;
  }

  /** A scalar's text; "" for nothing. */
  public String text(String what) {
    if (node instanceof ScalarNode scalar) {
      return isNothing() ? "" : scalar.getValue();
    }
    wrong("want " + what + " as a text, got " + kind());
    return "";
  }

  /** A whole number; 0 for nothing. */
  public long whole(String what) {
    if (isNothing()) {
      return 0;
    }
    if (node instanceof ScalarNode scalar && scalar.isPlain()
        && WHOLE.matcher(scalar.getValue()).matches()) {
      return Long.parseLong(scalar.getValue());
    }
    wrong("want " + what + " as a whole number, got " + kind());
    return 0;
  }

  /** A number; NaN, with a problem noted, where it is none. */
  public double number(String what) {
    if (node instanceof ScalarNode scalar && scalar.isPlain()) {
      var text = scalar.getValue();
      if (NUMBER.matcher(text).matches()) {
        return Double.parseDouble(text);
      }
      switch (text) {
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "Inf", "+Inf" -> {
          return Double.POSITIVE_INFINITY;
        }
        case "-.inf", "-.Inf", "-.INF", "-Inf" -> {
          return Double.NEGATIVE_INFINITY;
        }
        case ".nan", ".NaN", ".NAN", "NaN" -> {
          return Double.NaN;
        }
        default -> {
        }
      }
    }
    wrong("want " + what + " as a number, got " + kind());
    return Double.NaN;
  }

  /** True or false; false for nothing. */
  public boolean truth(String what) {
    if (isNothing()) {
      return false;
    }
    if (node instanceof ScalarNode scalar && scalar.isPlain()) {
      switch (scalar.getValue()) {
        case "true", "True", "TRUE" -> {
          return true;
        }
        case "false", "False", "FALSE" -> {
          return false;
        }
        default -> {
        }
      }
    }
    wrong("want " + what + " as true or false, got " + kind());
    return false;
  }

  /**
   * Milliseconds of a duration such as {@code 1h30m}; 0 for nothing.
   *
   * @param parse reads a duration's text, or throws an IllegalArgumentException that says what is wrong with it
   */
  public long durationMs(String what, ToLongFunction<String> parse) {
    if (isNothing()) {
      return 0;
    }
    var text = text(what);
    try {
      return node instanceof ScalarNode ? parse.applyAsLong(text) : 0;
    } catch (IllegalArgumentException bad) {
      wrong(what + ": " + bad.getMessage() + ", want one such as 90s or 1h30m");
      return 0;
    }
  }

  @Override
  public String toString() {
    return document.file() + ":" + line() + ":" + column() + ": " + kind();
  }
}

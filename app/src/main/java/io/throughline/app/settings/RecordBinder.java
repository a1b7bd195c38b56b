package io.throughline.app.settings;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads a record from a YAML mapping: a missing key keeps its default, an unknown one is refused by name.
 * Components are text, whole numbers, ratios, truth values, durations, sizes (their name ends in {@code
 * Bytes}), paths, lists of text, enums and records of these.
 */
final class RecordBinder {

  /** Visits every leaf of a tree of records, in the order they are declared. */
  interface Visitor {
    void visit(String key, Class<? extends Record> owner, RecordComponent component,
        @Nullable Object value);
  }

  private RecordBinder() {}

  /** @throws IllegalArgumentException naming the key, what it holds and what it should */
  static <R extends Record> R bind(R defaults, Map<?, ?> yaml, String path) {
    var known = new TreeSet<String>();
    var record = bind(defaults, yaml, path, List.of(), known);
    for (var key : yaml.keySet()) {
      if (!known.contains(String.valueOf(key))) {
        throw new IllegalArgumentException("unknown setting '" + path + key + "', want one of "
            + path + "{" + String.join(", ", known) + "}");
      }
    }
    return record;
  }

  private static <R extends Record> R bind(R defaults, Map<?, ?> yaml, String path,
      List<String> except, Set<String> known) {
    var components = defaults.getClass().getRecordComponents();
    var values = new @Nullable Object[components.length];
    var types = new Class<?>[components.length];
    for (int i = 0; i < components.length; i++) {
      var component = components[i];
      var name = kebab(component.getName());
      var fallback = read(component, defaults);
      var inline = component.getAnnotation(Inline.class);
      types[i] = component.getType();
      if (except.contains(component.getName())) {
        values[i] = fallback;
      } else if (inline != null && fallback instanceof Record inner) {
        values[i] = bind(inner, yaml, path, List.of(inline.except()), known);
      } else {
        known.add(name);
        values[i] = value(component, fallback, yaml, path + name);
      }
    }
    return make(defaults, types, values, path);
  }

  static void visit(Record record, String path, Visitor visitor) {
    visit(record, path, List.of(), visitor);
  }

  private static void visit(Record record, String path, List<String> except, Visitor visitor) {
    for (var component : record.getClass().getRecordComponents()) {
      var key = path + kebab(component.getName());
      var value = read(component, record);
      var inline = component.getAnnotation(Inline.class);
      if (except.contains(component.getName())) {
        continue;
      }
      if (value instanceof Record inner) {
        visit(inner, inline == null ? key + "." : path,
            inline == null ? List.of() : List.of(inline.except()), visitor);
      } else {
        visitor.visit(key, record.getClass(), component, value);
      }
    }
  }

  /** A value as it would stand in the file. */
  static String format(RecordComponent component, @Nullable Object value) {
    return switch (value) {
      case null -> "";
      case Duration duration -> Durations.format(duration);
      case Enum<?> constant -> kebab(constant.name().toLowerCase(Locale.ROOT).replace('_', '-'));
      case Long bytes when isSize(component) -> Bytes.format(bytes);
      case Integer bytes when isSize(component) -> Bytes.format(bytes);
      default -> value.toString();
    };
  }

  static String kebab(String camel) {
    var text = new StringBuilder();
    for (int i = 0; i < camel.length(); i++) {
      char c = camel.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        text.append('-').append((char) (c + 'a' - 'A'));
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  private static boolean isSize(RecordComponent component) {
    return component.getName().endsWith("Bytes");
  }

  private static @Nullable Object value(RecordComponent component, @Nullable Object fallback,
      Map<?, ?> yaml, String key) {
    var name = key.substring(key.lastIndexOf('.') + 1);
    if (!yaml.containsKey(name)) {
      return fallback;
    }
    var got = yaml.get(name);
    if (fallback instanceof Record inner) {
      if (got == null) {
        return inner;
      }
      if (!(got instanceof Map<?, ?> map)) {
        throw new IllegalArgumentException(
            "setting '" + key + "' is '" + got + "', want a mapping of settings");
      }
      return bind(inner, map, key + ".");
    }
    if (got == null) {
      throw new IllegalArgumentException("setting '" + key + "' has no value");
    }
    try {
      return leaf(component, got);
    } catch (IllegalArgumentException wrong) {
      throw new IllegalArgumentException("setting '" + key + "': " + wrong.getMessage(), wrong);
    }
  }

  private static Object leaf(RecordComponent component, Object got) {
    Class<?> type = component.getType();
    var text = got.toString();
    if (type == List.class) {
      if (!(got instanceof List<?> list)) {
        throw new IllegalArgumentException("'" + got + "' is not a list");
      }
      return list.stream().map(String::valueOf).toList();
    }
    if (got instanceof List || got instanceof Map) {
      throw new IllegalArgumentException("'" + got + "' is not a single value");
    }
    if (type == String.class) {
      return text;
    }
    if (type == boolean.class) {
      if (!(got instanceof Boolean)) {
        throw new IllegalArgumentException("'" + got + "' is neither true nor false");
      }
      return got;
    }
    if (type == Duration.class) {
      return Durations.parse(text);
    }
    if (type == Path.class) {
      return Path.of(text);
    }
    if (type == long.class && isSize(component)) {
      return Bytes.parse(text);
    }
    if (type == int.class && isSize(component)) {
      long bytes = Bytes.parse(text);
      if (bytes > Integer.MAX_VALUE) {
        throw new IllegalArgumentException("'" + text + "' is more than 2GiB");
      }
      return (int) bytes;
    }
    if (type.isEnum()) {
      return constant(type, text);
    }
    try {
      if (type == int.class) {
        return Integer.parseInt(text);
      }
      if (type == long.class) {
        return Long.parseLong(text);
      }
      if (type == double.class) {
        return Double.parseDouble(text);
      }
    } catch (NumberFormatException wrong) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a " + (type == double.class ? "number" : "whole number"), wrong);
    }
    throw new IllegalStateException("no setting can be of " + type);
  }

  private static Object constant(Class<?> type, String text) {
    var names = new ArrayList<String>();
    for (var constant : type.getEnumConstants()) {
      var name = constant.toString().toLowerCase(Locale.ROOT).replace('_', '-');
      if (name.equals(text)) {
        return constant;
      }
      names.add(name);
    }
    throw new IllegalArgumentException("'" + text + "' is none of " + String.join(", ", names));
  }

  private static @Nullable Object read(RecordComponent component, Record record) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException unreadable) {
      throw new IllegalStateException("settings records are public", unreadable);
    }
  }

  @SuppressWarnings("unchecked")
  private static <R extends Record> R make(R defaults, Class<?>[] types, @Nullable Object[] values,
      String path) {
    try {
      Constructor<?> constructor = defaults.getClass().getConstructor(types);
      return (R) constructor.newInstance(values);
    } catch (InvocationTargetException refused) {
      var cause = refused.getCause();
      if (cause instanceof RuntimeException wrong) {
        throw new IllegalArgumentException(
            "settings under '" + (path.isEmpty() ? "/" : path.substring(0, path.length() - 1))
                + "': " + wrong.getMessage(),
            wrong);
      }
      throw new IllegalStateException(refused);
    } catch (ReflectiveOperationException unreachable) {
      throw new IllegalStateException("settings records are public", unreachable);
    }
  }
}

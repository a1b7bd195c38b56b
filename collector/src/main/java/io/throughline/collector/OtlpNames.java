package io.throughline.collector;

import io.throughline.model.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * OpenTelemetry names as Prometheus names, by the rules of OpenTelemetry's Prometheus compatibility
 * specification, strategy "underscore escaping with suffixes".
 */
final class OtlpNames {

  private static final Map<String, String> UNITS = Map.ofEntries(Map.entry("d", "days"),
      Map.entry("h", "hours"), Map.entry("min", "minutes"), Map.entry("s", "seconds"),
      Map.entry("ms", "milliseconds"), Map.entry("us", "microseconds"),
      Map.entry("ns", "nanoseconds"), Map.entry("By", "bytes"), Map.entry("KiBy", "kibibytes"),
      Map.entry("MiBy", "mebibytes"), Map.entry("GiBy", "gibibytes"),
      Map.entry("TiBy", "tibibytes"), Map.entry("KBy", "kilobytes"), Map.entry("MBy", "megabytes"),
      Map.entry("GBy", "gigabytes"), Map.entry("TBy", "terabytes"), Map.entry("m", "meters"),
      Map.entry("V", "volts"), Map.entry("A", "amperes"), Map.entry("J", "joules"),
      Map.entry("W", "watts"), Map.entry("g", "grams"), Map.entry("Cel", "celsius"),
      Map.entry("Hz", "hertz"), Map.entry("1", ""), Map.entry("%", "percent"));
  private static final Map<String, String> PER_UNITS = Map.of("s", "second", "m", "minute", "h",
      "hour", "d", "day", "w", "week", "mo", "month", "y", "year");

  private OtlpNames() {}

  /**
   * The stored name of a metric.
   *
   * @throws Failure USER where nothing of the name can be stored
   */
  static String metric(String name, String unit, boolean monotonicSum, boolean gauge) {
    var tokens = tokens(name);
    if (tokens.isEmpty()) {
      throw Failure.user(
          "metric name '" + Admission.abbreviate(name) + "' has no character that can be stored");
    }
    int slash = unit.indexOf('/');
    var main = unitToken(slash < 0 ? unit : unit.substring(0, slash), UNITS);
    var per = slash < 0 ? "" : unitToken(unit.substring(slash + 1), PER_UNITS);
    if (!main.isEmpty() && !tokens.contains(main)) {
      tokens.add(main);
    }
    if (!per.isEmpty() && !tokens.contains(per)) {
      tokens.add("per");
      tokens.add(per);
    }
    if (monotonicSum) {
      tokens.remove("total");
      tokens.add("total");
    }
    if (gauge && unit.equals("1")) {
      tokens.remove("ratio");
      tokens.add("ratio");
    }
    var joined = String.join("_", tokens);
    return Character.isDigit(joined.charAt(0)) ? "_" + joined : joined;
  }

  /** The unit as Prometheus' metadata has it, "" where there is none. */
  static String unit(String unit) {
    int slash = unit.indexOf('/');
    var main = unitToken(slash < 0 ? unit : unit.substring(0, slash), UNITS);
    var per = slash < 0 ? "" : unitToken(unit.substring(slash + 1), PER_UNITS);
    return per.isEmpty() ? main : main.isEmpty() ? "per_" + per : main + "_per_" + per;
  }

  private static String unitToken(String unit, Map<String, String> table) {
    var trimmed = unit.strip();
    if (trimmed.isEmpty() || trimmed.indexOf('{') >= 0) {
      return "";
    }
    var known = table.get(trimmed);
    return known != null ? known : String.join("_", tokens(trimmed));
  }

  private static List<String> tokens(String text) {
    var tokens = new ArrayList<String>();
    var token = new StringBuilder();
    for (int i = 0; i <= text.length(); i++) {
      char c = i < text.length() ? text.charAt(i) : '_';
      if (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ':') {
        token.append(c);
      } else if (!token.isEmpty()) {
        tokens.add(token.toString());
        token.setLength(0);
      }
    }
    return tokens;
  }

  /** The stored name of an attribute, "" where it has none. */
  static String label(String attribute) {
    if (attribute.isEmpty()) {
      return "";
    }
    var name = new StringBuilder(attribute.length() + 4);
    for (int i = 0; i < attribute.length(); i++) {
      char c = attribute.charAt(i);
      boolean kept = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
          || c == '_';
      name.append(kept ? c : '_');
    }
    if (Character.isDigit(name.charAt(0))) {
      name.insert(0, "key_");
    } else if (name.charAt(0) == '_' && (name.length() < 2 || name.charAt(1) != '_')) {
      name.insert(0, "key");
    }
    return name.toString();
  }
}

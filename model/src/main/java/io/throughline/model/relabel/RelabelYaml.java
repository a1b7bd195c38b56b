package io.throughline.model.relabel;

import com.google.re2j.PatternSyntaxException;
import io.throughline.model.relabel.RelabelRule.Action;
import io.throughline.model.yaml.YamlValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads rules as Prometheus' files write them ({@code metric_relabel_configs}, {@code alert_relabel_configs}). What is
 * wrong is noted at its place in the document, as promtool would refuse it; only names are free, as in Prometheus 3.
 */
public final class RelabelYaml {
  private static final Set<String> FIELDS = Set.of("source_labels", "separator", "regex", "modulus",
      "target_label", "replacement", "action");
  private static final Pattern REFERENCE = Pattern.compile("\\$(\\{\\w+\\}|\\w+|\\$)");

  private RelabelYaml() {}

  /** The rules of a list; those that are wrong are left out, and the document then has problems. */
  public static Relabeling read(YamlValue list, String what) {
    var rules = new ArrayList<RelabelRule>();
    for (var item : list.items(what)) {
      var rule = rule(item);
      if (rule != null) {
        rules.add(rule);
      }
    }
    return new Relabeling(rules);
  }

  private static @Nullable RelabelRule rule(YamlValue item) {
    if (item.isNothing()) {
      item.wrong("a relabelling rule is empty");
      return null;
    }
    var fields = item.fields("a relabelling rule", FIELDS);
    var action = action(fields.get("action"));
    var sources = new ArrayList<String>();
    var sourceField = fields.get("source_labels");
    if (sourceField != null) {
      for (var source : sourceField.items("source_labels")) {
        var name = source.text("source_labels");
        if (name.isEmpty()) {
          source.wrong("field 'source_labels' has an empty label name");
        }
        sources.add(name);
      }
    }
    var separator = text(fields, "separator", RelabelRule.DEFAULT_SEPARATOR);
    var expression = text(fields, "regex", RelabelRule.DEFAULT_REGEX);
    var target = text(fields, "target_label", "");
    var replacement = text(fields, "replacement", RelabelRule.DEFAULT_REPLACEMENT);
    long modulus = modulus(fields.get("modulus"));
    com.google.re2j.Pattern regex;
    try {
      regex = RelabelRule.compile(expression);
    } catch (PatternSyntaxException wrong) {
      fields.getOrDefault("regex", item)
          .wrong("field 'regex' is no RE2 expression: " + wrong.getMessage());
      return null;
    }
    if (action == null) {
      return null;
    }
    check(action, item, fields, target, replacement, modulus);
    return new RelabelRule(action, sources, separator, regex, modulus, target, replacement);
  }

  private static void check(Action action, YamlValue item, Map<String, YamlValue> fields,
      String target, String replacement, long modulus) {
    var name = action.name().toLowerCase(Locale.ROOT);
    switch (action) {
      case REPLACE -> {
        wantTarget(name, item, target);
        wantReferences(name, "target_label", fields, target);
      }
      case HASHMOD -> {
        wantTarget(name, item, target);
        if (modulus == 0) {
          fields.getOrDefault("modulus", item)
              .wrong("action hashmod wants field 'modulus' as a number of at least 1");
        }
      }
      case LOWERCASE, UPPERCASE -> {
        wantTarget(name, item, target);
        refuse(name, fields, Set.of("replacement"));
      }
      case KEEPEQUAL, DROPEQUAL -> {
        wantTarget(name, item, target);
        refuse(name, fields, Set.of("regex", "modulus", "separator", "replacement"));
      }
      case LABELMAP -> {
        if (replacement.isEmpty()) {
          fields.getOrDefault("replacement", item)
              .wrong("action labelmap wants field 'replacement' as a label's name");
        }
        wantReferences(name, "replacement", fields, replacement);
      }
      case LABELDROP, LABELKEEP -> refuse(name, fields,
          Set.of("source_labels", "target_label", "modulus", "separator", "replacement"));
      case KEEP, DROP -> {
        // Whatever else stands there has no meaning, and Prometheus takes it too.
      }
    }
  }

  private static void wantTarget(String action, YamlValue item, String target) {
    if (target.isEmpty()) {
      item.wrong("action " + action + " wants field 'target_label'");
    }
  }

  /** A name may be made of references and text; a lone dollar is a mistake. */
  private static void wantReferences(String action, String field, Map<String, YamlValue> fields,
      String text) {
    var place = fields.get(field);
    if (place != null && REFERENCE.matcher(text).replaceAll("").indexOf('$') >= 0) {
      place.wrong("field '" + field + "' of action " + action + " is '" + text
          + "', in which a $ refers to no group; want ${1} or ${name}");
    }
  }

  /** Fields that mean nothing to an action are refused unless they say what holds anyway. */
  private static void refuse(String action, Map<String, YamlValue> fields, Set<String> unwanted) {
    fields.forEach((field, value) -> {
      if (unwanted.contains(field) && !saysDefault(field, value)) {
        value.wrong("action " + action + " does not use field '" + field + "'");
      }
    });
  }

  private static boolean saysDefault(String field, YamlValue value) {
    return switch (field) {
      case "separator" -> value.isText() && value.text(field).equals(RelabelRule.DEFAULT_SEPARATOR);
      case "replacement" ->
        value.isText() && value.text(field).equals(RelabelRule.DEFAULT_REPLACEMENT);
      case "regex" -> false;
      case "modulus" -> value.isText() && value.text(field).equals("0");
      default -> value.isNothing() || value.isText() && value.text(field).isEmpty();
    };
  }

  private static @Nullable Action action(@Nullable YamlValue value) {
    if (value == null) {
      return Action.REPLACE;
    }
    var text = value.text("action");
    for (var action : Action.values()) {
      if (action.name().equals(text.toUpperCase(Locale.ROOT))) {
        return action;
      }
    }
    value.wrong("field 'action' is '" + text + "', want one of "
        + String.join(", ",
            List.of(Action.values())
                .stream()
                .map(action -> action.name().toLowerCase(Locale.ROOT))
                .toList()));
    return null;
  }

  private static long modulus(@Nullable YamlValue value) {
    if (value == null || value.isNothing()) {
      return 0;
    }
    var text = value.text("modulus");
    try {
      return Long.parseUnsignedLong(text);
    } catch (NumberFormatException wrong) {
      value.wrong("field 'modulus' is '" + text + "', want a whole number of at least 1");
      return 1;
    }
  }

  private static String text(Map<String, YamlValue> fields, String field, String fallback) {
    var value = fields.get(field);
    return value == null ? fallback : value.text(field);
  }
}

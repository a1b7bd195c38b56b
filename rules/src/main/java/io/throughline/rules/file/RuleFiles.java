package io.throughline.rules.file;

import io.throughline.model.Labels;
import io.throughline.model.yaml.Problem;
import io.throughline.model.yaml.YamlDocument;
import io.throughline.model.yaml.YamlValue;
import io.throughline.query.promql.Durations;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.ParseFailure;
import io.throughline.query.promql.Parser;
import io.throughline.query.promql.Strings;
import io.throughline.rules.template.Template;
import io.throughline.rules.template.TemplateFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads rule files, strictly: all mistakes of a file are found in one pass, each with line, column and field.
 *
 * <pre>
 * groups:
 *   - name: shop                 # unique in the file
 *     interval: 30s              # default: the installation's
 *     query_offset: 10s
 *     limit: 100                 # most series or alerts of one rule
 *     labels: {team: shop}       # on every rule; a rule's own win
 *     rules:
 *       - record: job:requests:rate5m
 *         expr: sum by (job) (rate(requests_total[5m]))
 *         labels: {source: rule}
 *       - alert: TooManyErrors
 *         expr: job:errors:ratio5m &gt; 0.05
 *         for: 5m
 *         keep_firing_for: 10m
 *         resolve: job:errors:ratio5m &lt; 0.01     # ours: fires until this holds
 *         labels: {severity: page}
 *         annotations: {summary: "{{ $labels.job }} fails"}
 * </pre>
 */
public final class RuleFiles {

  /** A file larger than this is not read. */
  private static final long MOST_BYTES = 64L << 20;

  private static final Set<String> FILE_FIELDS = Set.of("groups");
  private static final Set<String> GROUP_FIELDS = Set.of("name", "interval", "query_offset",
      "limit", "labels", "rules");
  private static final Set<String> RULE_FIELDS = Set.of("record", "alert", "expr", "for",
      "keep_firing_for", "resolve", "labels", "annotations");

  /** What a file holds, or what is wrong with it: one of the lists is empty. */
  public record Read(List<RuleGroup> groups, List<Problem> problems) {

    public int ruleCount() {
      return groups.stream().mapToInt(group -> group.rules().size()).sum();
    }
  }

  private RuleFiles() {}

  /** Reads a file; one that cannot be read is a problem too. */
  public static Read read(Path file) {
    return read(YamlDocument.first(file, MOST_BYTES));
  }

  /** Reads a file's text. */
  public static Read parse(String file, String text) {
    return read(YamlDocument.first(file, text));
  }

  private static Read read(YamlDocument document) {
    var groups = new ArrayList<RuleGroup>();
    var root = document.root();
    if (root != null) {
      var list = root.fields("a rule file", FILE_FIELDS).get("groups");
      var names = new HashSet<String>();
      for (var item : list == null ? List.<YamlValue>of() : list.items("groups")) {
        groups.add(group(document, item, names));
      }
    }
    return document.problems().isEmpty()
        ? new Read(groups, List.of())
        : new Read(List.of(), List.copyOf(document.problems()));
  }

  private static RuleGroup group(YamlDocument document, YamlValue item, Set<String> names) {
    var fields = item.fields("a group", GROUP_FIELDS);
    var name = text(fields, "name");
    if (name.isEmpty()) {
      item.wrong("field 'name' of a group is missing or empty");
    } else if (!names.add(name)) {
      fields.getOrDefault("name", item)
          .wrong("group name " + Strings.quote(name) + " is repeated in the file");
    }
    long intervalMs = duration(fields, "interval");
    var offset = fields.get("query_offset");
    long offsetMs = offset == null || offset.isNothing()
        ? -1
        : offset.durationMs("query_offset", Durations::parseMillis);
    var limit = fields.get("limit");
    long most = limit == null ? 0 : limit.whole("limit");
    if (limit != null && (most < 0 || most > Integer.MAX_VALUE)) {
      limit.wrong("limit is " + most + ", want 0 (no limit) to " + Integer.MAX_VALUE);
    }
    var labelFields = entries(fields, "labels");
    labelFields.forEach(RuleFiles::checkLabel);
    var labels = texts(labelFields, "labels");
    var rules = new ArrayList<Rule>();
    var list = fields.get("rules");
    int number = 0;
    for (var rule : list == null ? List.<YamlValue>of() : list.items("rules")) {
      var made = rule(document, rule, labels,
          "rule " + ++number + " of group " + Strings.quote(name));
      if (made != null) {
        rules.add(made);
      }
    }
    return new RuleGroup(document.file(), name, intervalMs, offsetMs, (int) Math.max(0, most),
        rules);
  }

  private static @Nullable Rule rule(YamlDocument document, YamlValue item,
      Map<String, String> groupLabels, String number) {
    int before = document.problems().size();
    var fields = item.fields("a rule", RULE_FIELDS);
    if (document.problems().size() > before && fields.isEmpty()) {
      return null;
    }
    var record = text(fields, "record");
    var alert = text(fields, "alert");
    if (record.isEmpty() == alert.isEmpty()) {
      item.wrong(record.isEmpty()
          ? number + " has no name: one of the fields 'record' and 'alert' must be set"
          : number + ": only one of the fields 'record' and 'alert' must be set, got record "
              + Strings.quote(record) + " and alert " + Strings.quote(alert));
    }
    var name = record.isEmpty() ? alert : record;
    var who = (name.isEmpty() ? number : "rule " + Strings.quote(name)) + ": ";
    var text = text(fields, "expr");
    if (text.isEmpty()) {
      fields.getOrDefault("expr", item).wrong(who + "field 'expr' must be set");
    }
    var expr = text.isEmpty() ? null : expr(fields.getOrDefault("expr", item), who + "expr", text);
    long forMs = duration(fields, "for");
    long keepMs = duration(fields, "keep_firing_for");
    var labelFields = entries(fields, "labels");
    labelFields.forEach(RuleFiles::checkLabel);
    var labels = new TreeMap<>(groupLabels);
    labels.putAll(texts(labelFields, "labels"));
    var annotationFields = entries(fields, "annotations");
    var annotations = new TreeMap<>(texts(annotationFields, "annotations"));
    if (!record.isEmpty()) {
      for (var field : List.of("for", "keep_firing_for", "resolve", "annotations")) {
        var value = fields.get(field);
        boolean set = value != null && switch (field) {
          case "for" -> forMs != 0;
          case "keep_firing_for" -> keepMs != 0;
          case "annotations" -> !annotations.isEmpty();
          default -> !value.isNothing();
        };
        if (value != null && set) {
          value.wrong(who + "field '" + field + "' is for alerts, not for recordings");
        }
      }
      if (record.contains("{") || record.contains("}")) {
        fields.getOrDefault("record", item)
            .wrong(who + "a recorded name has no braces; should it be in 'expr'?");
      }
      return expr == null || document.problems().size() > before
          ? null
          : new Rule.Recording(record, text, expr, labels, item.line());
    }
    annotationFields.forEach((annotation, place) -> {
      if (annotation.isEmpty()) {
        place.wrong(who + "an annotation's name is empty");
      }
    });
    var labelTemplates = templates(labels, labelFields, item, name, "label");
    var annotationTemplates = templates(annotations, annotationFields, item, name, "annotation");
    var resolve = resolve(fields.get("resolve"), who);
    return expr == null || document.problems().size() > before
        ? null
        : new Rule.Alerting(alert, text, expr, forMs, keepMs, resolve, labelTemplates,
            annotationTemplates, item.line());
  }

  private static Rule.@Nullable Resolve resolve(@Nullable YamlValue value, String who) {
    if (value == null || value.isNothing()) {
      return null;
    }
    var text = value.text("resolve");
    var expr = expr(value, who + "resolve", text);
    return expr == null ? null : new Rule.Resolve(text, expr);
  }

  private static @Nullable Expr expr(YamlValue place, String field, String text) {
    try {
      return Parser.parse(text);
    } catch (ParseFailure wrong) {
      place.wrong(field + ": could not parse expression: " + wrong.getMessage());
      return null;
    }
  }

  private static void checkLabel(String name, YamlValue place) {
    if (name.isEmpty() || name.equals(Labels.NAME)) {
      place.wrong("labels: invalid label name " + Strings.quote(name)
          + ", want one that is not empty and not __name__");
    }
  }

  private static Map<String, Template> templates(Map<String, String> texts,
      Map<String, YamlValue> places, YamlValue item, String alert, String what) {
    var templates = new LinkedHashMap<String, Template>();
    texts.forEach((name, text) -> {
      try {
        templates.put(name, Template.forAlert(alert, text));
      } catch (TemplateFailure wrong) {
        places.getOrDefault(name, item)
            .wrong("rule " + Strings.quote(alert) + ": " + what + " " + Strings.quote(name) + ": "
                + wrong.getMessage());
      }
    });
    return templates;
  }

  private static String text(Map<String, YamlValue> fields, String name) {
    var value = fields.get(name);
    return value == null ? "" : value.text(name);
  }

  private static long duration(Map<String, YamlValue> fields, String name) {
    var value = fields.get(name);
    return value == null ? 0 : value.durationMs(name, Durations::parseMillis);
  }

  private static Map<String, YamlValue> entries(Map<String, YamlValue> fields, String name) {
    var value = fields.get(name);
    return value == null ? Map.of() : value.entries(name);
  }

  private static Map<String, String> texts(Map<String, YamlValue> entries, String what) {
    var texts = new LinkedHashMap<String, String>();
    entries.forEach((name, value) -> texts.put(name, value.text(what + "." + name)));
    return texts;
  }
}

package io.throughline.rules.api;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.query.promql.Matchers;
import io.throughline.query.promql.ParseFailure;
import io.throughline.query.promql.Parser;
import io.throughline.rules.file.Rule;
import io.throughline.rules.group.GroupStatus;
import io.throughline.rules.group.RuleStatus;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which rules a request wants to see.
 *
 * @param type {@code alert}, {@code record} or "" for both
 * @param alerts whether alerts are wanted with their rules
 * @param limit most groups
 * @param token of the group to begin with, or ""
 */
record Wanted(String type, List<String> names, List<String> groups, List<String> files,
    List<List<Matcher>> matchers, boolean alerts, int limit, String token) {

  static Wanted of(MultiMap query) {
    var type = text(query, "type");
    if (!type.isEmpty() && !type.equals("alert") && !type.equals("record")) {
      throw Failure.user("invalid parameter \"type\": want alert or record, got \"" + type + "\"");
    }
    var limitText = text(query, "group_limit");
    var token = text(query, "group_next_token");
    if (!token.isEmpty() && limitText.isEmpty()) {
      throw Failure
          .user("invalid parameter \"group_next_token\": group_limit needs to be set with it");
    }
    int limit = limitText.isEmpty() ? Integer.MAX_VALUE : limit(limitText);
    var matchers = new ArrayList<List<Matcher>>();
    for (var text : query.getAll("match[]")) {
      try {
        matchers.add(Parser.parseSelector(text));
      } catch (ParseFailure wrong) {
        throw Failure.user("invalid parameter \"match[]\": " + wrong.getMessage());
      }
    }
    var exclude = text(query, "exclude_alerts");
    return new Wanted(type, query.getAll("rule_name[]"), query.getAll("rule_group[]"),
        query.getAll("file[]"), matchers, !exclude.equals("true") && !exclude.equals("1"), limit,
        token);
  }

  private static String text(MultiMap query, String name) {
    var value = query.get(name);
    return value == null ? "" : value;
  }

  private static int limit(String text) {
    int limit = 0;
    if (text.length() < 10 && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      limit = Integer.parseInt(text);
    }
    if (limit == 0) {
      throw Failure
          .user("invalid parameter \"group_limit\": want a number above 0, got \"" + text + "\"");
    }
    return limit;
  }

  boolean group(GroupStatus status) {
    return (groups.isEmpty() || groups.contains(status.group().name()))
        && (files.isEmpty() || files.contains(status.group().file()));
  }

  boolean rule(RuleStatus status) {
    boolean alerting = status.rule() instanceof Rule.Alerting;
    return (type.isEmpty() || type.equals("alert") == alerting)
        && (names.isEmpty() || names.contains(status.rule().name()))
        && (matchers.isEmpty() || matches(status.rule()));
  }

  private boolean matches(Rule rule) {
    var labels = Labels.of(labels(rule));
    return matchers.stream().anyMatch(set -> Matchers.matches(set, labels));
  }

  private static Map<String, String> labels(Rule rule) {
    return switch (rule) {
      case Rule.Recording recording -> recording.labels();
      case Rule.Alerting alerting -> {
        var labels = new HashMap<String, String>();
        alerting.labels().forEach((name, template) -> labels.put(name, template.text()));
        yield labels;
      }
    };
  }

  /** Whether some rules of a group may not be wanted; a group that is left without any is left out. */
  boolean narrowsRules() {
    return !type.isEmpty() || !names.isEmpty() || !matchers.isEmpty();
  }
}

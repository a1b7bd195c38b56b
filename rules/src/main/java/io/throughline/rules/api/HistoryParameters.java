package io.throughline.rules.api;

import io.throughline.model.Failure;
import io.throughline.model.Matcher;
import io.throughline.query.promql.ParseFailure;
import io.throughline.query.promql.Parser;
import io.throughline.rules.history.HistoryQuery;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Set;

/** Reads what part of the history a request wants. */
final class HistoryParameters {

  private static final int MOST = 1_000;
  private static final int MOST_CHARACTERS = 1_000;
  private static final Set<String> NAMES = Set.of("start", "end", "q", "match", "rule", "id", "to",
      "limit", "before");
  private static final Set<String> STATES = Set.of("", "inactive", "pending", "firing", "unknown");

  private HistoryParameters() {}

  static HistoryQuery of(MultiMap query) {
    for (var name : query.names()) {
      if (!NAMES.contains(name)) {
        throw Failure.user("unknown parameter \"" + name + "\", want one of "
            + String.join(", ", NAMES.stream().sorted().toList()));
      }
    }
    var to = text(query, "to");
    if (!STATES.contains(to)) {
      throw Failure.user("to is '" + to + "', want inactive, pending, firing or unknown");
    }
    long limit = number(query, "limit", 100);
    if (limit < 1 || limit > MOST) {
      throw Failure.user("limit is " + limit + ", want 1 to " + MOST);
    }
    return new HistoryQuery(number(query, "start", 0), number(query, "end", Long.MAX_VALUE),
        text(query, "q"), matchers(text(query, "match")), text(query, "rule"), text(query, "id"),
        to, (int) limit, text(query, "before"));
  }

  private static List<Matcher> matchers(String text) {
    try {
      return text.isEmpty() ? List.of() : Parser.parseSelector(text);
    } catch (ParseFailure wrong) {
      throw Failure.user("match: " + wrong.getMessage());
    }
  }

  private static String text(MultiMap query, String name) {
    var value = query.get(name);
    if (value != null && value.length() > MOST_CHARACTERS) {
      throw Failure.user(name + " is longer than " + MOST_CHARACTERS + " characters");
    }
    return value == null ? "" : value;
  }

  private static long number(MultiMap query, String name, long standard) {
    var text = text(query, name);
    try {
      return text.isEmpty() ? standard : Long.parseLong(text);
    } catch (NumberFormatException wrong) {
      throw Failure.user(name + " is '" + text + "', want a whole number");
    }
  }
}

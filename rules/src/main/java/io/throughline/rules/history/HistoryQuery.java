package io.throughline.rules.history;

import io.throughline.model.Matcher;
import java.util.List;

/**
 * Which changes are wanted.
 *
 * @param startMs included
 * @param endMs included
 * @param words that all have to occur; one may end in {@code *}
 * @param matchers on the alert's labels
 * @param rule taken exactly, "" for any; so are {@code id} and {@code to}
 * @param limit most changes
 * @param before a reply's {@code next}, or "" to begin with the newest
 */
public record HistoryQuery(long startMs, long endMs, String words, List<Matcher> matchers,
    String rule, String id, String to, int limit, String before) {

  /** Everything, the newest first. */
  public static final HistoryQuery ALL = new HistoryQuery(0, Long.MAX_VALUE, "", List.of(), "", "",
      "", 100, "");

  public HistoryQuery {
    matchers = List.copyOf(matchers);
  }
}

package io.throughline.query.engine;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * What of PromQL's experiments a query uses, of those that would change what an older expression answers. Whatever only
 * adds words to the language is always on.
 *
 * @param delayedNameRemoval the metric name goes at the end of the query, so that {@code label_replace} can keep it
 * @param startTimestamps rate, increase, irate and resets take a start timestamp as a counter's beginning at zero
 * @param typeAndUnitLabels series carry {@code __type__} and {@code __unit__}, which go wherever the name goes
 */
public record Features(boolean delayedNameRemoval, boolean startTimestamps,
    boolean typeAndUnitLabels) {

  public static final Features NONE = new Features(false, false, false);

  /** A name of Prometheus' flag {@code --enable-feature}. */
  private enum Name {
    PROMQL_DELAYED_NAME_REMOVAL,
    USE_START_TIMESTAMPS,
    TYPE_AND_UNIT_LABELS,
    // Always on, and accepted so that a command line can be taken over as it is.
    PROMQL_EXPERIMENTAL_FUNCTIONS,
    PROMQL_DURATION_EXPR,
    PROMQL_EXTENDED_RANGE_SELECTORS,
    PROMQL_BINOP_FILL_MODIFIERS,
    PROMQL_PER_STEP_STATS,
    PROMQL_AT_MODIFIER,
    PROMQL_NEGATIVE_OFFSET,
    NATIVE_HISTOGRAMS,
    EXEMPLAR_STORAGE,
    REMOTE_WRITE_RECEIVER,
    SEARCH_API;

    String symbol() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * The features of a list of Prometheus' names; {@code all} is every one. Throws IllegalArgumentException at a name that
   * is none.
   */
  public static Features of(List<String> names) {
    var wanted = EnumSet.noneOf(Name.class);
    for (var name : names) {
      if (name.equals("all")) {
        wanted.addAll(EnumSet.allOf(Name.class));
      } else {
        wanted.add(named(name));
      }
    }
    return new Features(wanted.contains(Name.PROMQL_DELAYED_NAME_REMOVAL),
        wanted.contains(Name.USE_START_TIMESTAMPS), wanted.contains(Name.TYPE_AND_UNIT_LABELS));
  }

  private static Name named(String name) {
    var known = new TreeSet<>(Set.of("all"));
    for (var one : Name.values()) {
      if (one.symbol().equals(name)) {
        return one;
      }
      known.add(one.symbol());
    }
    throw new IllegalArgumentException(
        "there is no PromQL feature '" + name + "', want one of " + String.join(", ", known));
  }
}

package io.throughline.store;

import io.throughline.model.Matcher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Series that are kept for another time than the rest. Written {@code {job="node"} 3d}, or {@code
 * {job="node"} 3d then 5m for 730d}: after three days of every five minutes only the first, the last, the
 * lowest and the highest sample stay, real samples at their own times, and these for two years.
 *
 * @param matchers as of a selector; all have to accept a series
 * @param whole how long every sample is kept, zero for ever
 * @param interval of which four samples stay afterwards, zero where none does
 * @param thinned how old those may become
 */
public record RetentionClass(List<Matcher> matchers, Duration whole, Duration interval,
    Duration thinned) {
  private static final String WANTED = ", want {label=\"value\",…} 3d, or {…} 3d then 5m for 730d";
  private static final Pattern FORM = Pattern
      .compile("\\s*\\{(.*)\\}\\s+(\\S+)(?:\\s+then\\s+(\\S+)\\s+for\\s+(\\S+))?\\s*");
  private static final Pattern MATCHER = Pattern
      .compile("\\s*([^\\s=!~\"{},]+)\\s*(=~|!~|!=|=)\\s*\"((?:[^\"\\\\]|\\\\.)*)\"\\s*(,|$)");
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,6})([smhd])|0");

  public RetentionClass {
    matchers = List.copyOf(matchers);
    if (!interval.isZero()
        && (whole.isZero() || thinned.compareTo(whole) <= 0 || interval.compareTo(whole) > 0)) {
      throw new IllegalArgumentException(
          "samples are kept whole for " + whole + " and then one in " + interval + " for " + thinned
              + "; want the last the longest and the interval the shortest");
    }
  }

  /** Reads the written form. Throws an IllegalArgumentException that shows it. */
  public static RetentionClass parse(String text) {
    var form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException("'" + text + "' is no class of series" + WANTED);
    }
    boolean thins = form.group(3) != null;
    return new RetentionClass(matchers(form.group(1), text), duration(form.group(2), text),
        thins ? duration(form.group(3), text) : Duration.ZERO,
        thins ? duration(form.group(4), text) : Duration.ZERO);
  }

  private static List<Matcher> matchers(String inside, String text) {
    var matchers = new ArrayList<Matcher>();
    var one = MATCHER.matcher(inside);
    int at = 0;
    while (at < inside.length()) {
      if (!one.find(at) || one.start() != at) {
        throw new IllegalArgumentException(
            "'" + text + "' has no matcher at '" + inside.substring(at) + "'" + WANTED);
      }
      var value = one.group(3).replaceAll("\\\\(.)", "$1");
      matchers.add(new Matcher(switch (one.group(2)) {
        case "=" -> Matcher.Operator.EQUAL;
        case "!=" -> Matcher.Operator.NOT_EQUAL;
        case "=~" -> Matcher.Operator.REGEX;
        default -> Matcher.Operator.NOT_REGEX;
      }, one.group(1), value));
      at = one.end();
    }
    return matchers;
  }

  private static Duration duration(String written, String text) {
    var form = DURATION.matcher(written);
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' has no duration '" + written + "'" + WANTED);
    }
    if (form.group(1) == null) {
      return Duration.ZERO;
    }
    long count = Long.parseLong(form.group(1));
    return switch (form.group(2)) {
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      case "h" -> Duration.ofHours(count);
      default -> Duration.ofDays(count);
    };
  }
}

package io.throughline.rules.unit;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.model.SampleValues;
import io.throughline.query.promql.ParseFailure;
import io.throughline.query.promql.Parser;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Series as unit tests write them: a metric such as {@code up{job="a"}}, and values at equal distances.
 *
 * <pre>
 * 5 -1.5 NaN Inf     numbers
 * _  _x3             missing, three times missing
 * stale              a stale marker
 * 1+2x3              1 3 5 7; 1-2x3 likewise; 1x3 is 1 1 1 1
 * {{sum:3 count:2 buckets:[2]}}            a native histogram
 * {{count:2 buckets:[2]}}+{{count:1 buckets:[1]}}x2    one that grows
 * </pre>
 *
 * A series has at most {@value #MOST_VALUES} values.
 */
final class SeriesNotation {

  private static final int MOST_VALUES = 1_000_000;
  private static final Pattern NUMBERS = Pattern
      .compile("(?<first>[-+]?(?:[0-9.]+(?:[eE][-+]?[0-9]+)?|[iI][nN][fF]|[nN][aA][nN]))"
          + "(?:(?<sign>[-+])(?<step>(?:[0-9.]+(?:[eE][-+]?[0-9]+)?|[iI][nN][fF]|[nN][aA][nN])))?"
          + "(?:x(?<times>[0-9]+))?");
  private static final Pattern MISSING = Pattern.compile("_(?:x(?<times>[0-9]+))?");
  private static final Pattern HISTOGRAMS = Pattern.compile(
      "\\{\\{(?<first>[^}]*)\\}\\}(?:(?<sign>[-+])\\{\\{(?<step>[^}]*)\\}\\})?(?:x(?<times>[0-9]+))?");

  /** One value; a float where there is no histogram. */
  record Value(double number, @Nullable NativeHistogram histogram) {}

  private SeriesNotation() {}

  /** The labels of a metric. */
  static Labels labels(String metric) {
    List<Matcher> matchers;
    try {
      // A selector wants one matcher that refuses the empty text; a metric may be empty.
      if (metric.strip().equals("{}")) {
        return Labels.EMPTY;
      }
      matchers = Parser.parseSelector(metric);
    } catch (ParseFailure wrong) {
      throw new IllegalArgumentException(wrong.getMessage(), wrong);
    }
    var builder = new Labels.Builder();
    for (var matcher : matchers) {
      if (matcher.operator() != Matcher.Operator.EQUAL) {
        throw new IllegalArgumentException("want label=\"value\", got " + matcher);
      }
      builder.set(matcher.label(), matcher.value());
    }
    return builder.build();
  }

  /** The values; null where one is missing. */
  static List<@Nullable Value> values(String text) {
    var values = new ArrayList<@Nullable Value>();
    var rest = text.strip();
    while (!rest.isEmpty()) {
      int end = rest.startsWith("{{") ? histogramEnd(rest) : wordEnd(rest, 0);
      one(rest.substring(0, end), values);
      if (values.size() > MOST_VALUES) {
        throw new IllegalArgumentException("a series has more than " + MOST_VALUES + " values");
      }
      rest = rest.substring(end).stripLeading();
    }
    return values;
  }

  private static int wordEnd(String text, int from) {
    int end = from;
    while (end < text.length() && !Character.isWhitespace(text.charAt(end))) {
      end++;
    }
    return end;
  }

  private static int histogramEnd(String text) {
    int close = text.indexOf("}}");
    int end = close < 0 ? text.length() : close + 2;
    if (text.startsWith("+{{", end) || text.startsWith("-{{", end)) {
      close = text.indexOf("}}", end);
      end = close < 0 ? text.length() : close + 2;
    }
    return wordEnd(text, end);
  }

  private static void one(String word, List<@Nullable Value> into) {
    if (word.equals("stale")) {
      into.add(new Value(SampleValues.STALE_NAN, null));
      return;
    }
    var missing = MISSING.matcher(word);
    if (missing.matches()) {
      for (int i = 0; i < times(missing.group("times"), 1); i++) {
        into.add(null);
      }
      return;
    }
    var numbers = NUMBERS.matcher(word);
    if (numbers.matches()) {
      double value = number(numbers.group("first"));
      var step = numbers.group("step");
      if (step != null && numbers.group("times") == null) {
        throw wrong(word);
      }
      double by = step == null ? 0 : number(numbers.group("sign") + step);
      int times = times(numbers.group("times"), 0);
      for (int i = 0; i <= times; i++) {
        into.add(new Value(step == null ? value : value + i * by, null));
      }
      return;
    }
    var histograms = HISTOGRAMS.matcher(word);
    if (histograms.matches()) {
      var value = histogram(histograms.group("first"));
      var step = histograms.group("step");
      var by = step == null ? null : histogram(step);
      double sign = "-".equals(histograms.group("sign")) ? -1 : 1;
      int times = times(histograms.group("times"), 0);
      for (int i = 0; i <= times; i++) {
        into.add(new Value(0, by == null ? value : plus(value, by, sign * i)));
      }
      return;
    }
    throw wrong(word);
  }

  private static IllegalArgumentException wrong(String word) {
    return new IllegalArgumentException(
        "'" + word + "' is no value, want a number, '_', 'stale', '1+2x3', '1x3' or '{{…}}'");
  }

  private static int times(@Nullable String text, int standard) {
    if (text == null) {
      return standard;
    }
    if (text.length() > 7 || Integer.parseInt(text) > MOST_VALUES) {
      throw new IllegalArgumentException("a series has more than " + MOST_VALUES + " values");
    }
    return Integer.parseInt(text);
  }

  static double number(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "nan", "+nan", "-nan" -> Double.NaN;
      case "inf", "+inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> {
        try {
          yield Double.parseDouble(text);
        } catch (NumberFormatException _) {
          throw wrong(text);
        }
      }
    };
  }

  /** A histogram's description, without its braces. */
  static NativeHistogram histogram(String text) {
    int schema = 0;
    double sum = 0;
    double count = 0;
    double zeroCount = 0;
    double zeroWidth = 0;
    double[] positive = {};
    double[] negative = {};
    double[] bounds = {};
    int offset = 0;
    int negativeOffset = 0;
    var hint = ResetHint.UNKNOWN;
    var fields = Pattern.compile("([a-z_]+):(\\[[^\\]]*\\]|\\S+)").matcher(text);
    int end = 0;
    while (fields.find()) {
      if (!text.substring(end, fields.start()).isBlank()) {
        break;
      }
      end = fields.end();
      var value = fields.group(2);
      switch (fields.group(1)) {
        case "schema" -> schema = (int) number(value);
        case "sum" -> sum = number(value);
        case "count" -> count = number(value);
        case "z_bucket" -> zeroCount = number(value);
        case "z_bucket_w" -> zeroWidth = number(value);
        case "buckets" -> positive = list(value);
        case "n_buckets" -> negative = list(value);
        case "offset" -> offset = (int) number(value);
        case "n_offset" -> negativeOffset = (int) number(value);
        case "custom_values" -> bounds = list(value);
        case "counter_reset_hint" -> hint = switch (value) {
          case "gauge" -> ResetHint.GAUGE;
          case "reset" -> ResetHint.RESET;
          case "not_reset" -> ResetHint.NOT_RESET;
          case "unknown" -> ResetHint.UNKNOWN;
          default -> throw new IllegalArgumentException(
              "counter_reset_hint is '" + value + "', want unknown, reset, not_reset or gauge");
        };
        default -> throw new IllegalArgumentException(
            "'" + fields.group(1) + "' is not known in a histogram");
      }
    }
    if (!text.substring(end).isBlank()) {
      throw new IllegalArgumentException(
          "'" + text.substring(end).strip() + "' is not understood in a histogram");
    }
    return new NativeHistogram(false, hint, schema, zeroWidth, bits(zeroCount), bits(count), sum,
        spans(positive, offset), bits(positive), spans(negative, negativeOffset), bits(negative),
        bounds);
  }

  private static long bits(double value) {
    return Double.doubleToRawLongBits(value);
  }

  private static long[] bits(double[] values) {
    return Arrays.stream(values).mapToLong(SeriesNotation::bits).toArray();
  }

  private static int[] spans(double[] buckets, int offset) {
    return buckets.length == 0 ? new int[0] : new int[] {offset, buckets.length};
  }

  private static double[] list(String text) {
    if (!text.startsWith("[") || !text.endsWith("]")) {
      throw new IllegalArgumentException("'" + text + "' is no list of numbers");
    }
    var inside = text.substring(1, text.length() - 1).strip();
    return inside.isEmpty()
        ? new double[0]
        : Arrays.stream(inside.split("[\\s,]+")).mapToDouble(SeriesNotation::number).toArray();
  }

  /** A histogram and so many times another, of the same schema. */
  private static NativeHistogram plus(NativeHistogram one, NativeHistogram step, double times) {
    var positive = new TreeMap<Integer, Double>();
    var negative = new TreeMap<Integer, Double>();
    add(one, 1, positive, negative);
    add(step, times, positive, negative);
    return new NativeHistogram(false, one.resetHint(), one.schema(), one.zeroThreshold(),
        bits(one.zeroCount() + times * step.zeroCount()), bits(one.count() + times * step.count()),
        one.sum() + times * step.sum(), spans(positive), bits(counts(positive)), spans(negative),
        bits(counts(negative)), one.customBounds());
  }

  private static void add(NativeHistogram from, double times, TreeMap<Integer, Double> positive,
      TreeMap<Integer, Double> negative) {
    for (int side = 0; side < 2; side++) {
      var spans = side == 0 ? from.positiveSpans() : from.negativeSpans();
      var into = side == 0 ? positive : negative;
      int index = 0;
      int n = 0;
      for (int span = 0; span < spans.length; span += 2) {
        index += spans[span];
        for (int i = 0; i < spans[span + 1]; i++) {
          double count = side == 0 ? from.positiveCount(n) : from.negativeCount(n);
          into.merge(index++, times * count, Double::sum);
          n++;
        }
      }
    }
  }

  private static int[] spans(TreeMap<Integer, Double> buckets) {
    var spans = new int[2 * buckets.size()];
    int n = 0;
    int next = 0;
    for (int index : buckets.keySet()) {
      spans[n++] = index - next;
      spans[n++] = 1;
      next = index + 1;
    }
    return spans;
  }

  private static double[] counts(TreeMap<Integer, Double> buckets) {
    return buckets.values().stream().mapToDouble(Double::doubleValue).toArray();
  }
}

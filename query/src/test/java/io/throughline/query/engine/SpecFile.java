package io.throughline.query.engine;

import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.model.SampleValues;
import io.throughline.query.promql.Durations;
import io.throughline.query.promql.Expr;
import io.throughline.query.promql.ParseFailure;
import io.throughline.query.promql.Parser;
import io.throughline.query.promql.ValueType;
import io.throughline.query.source.MemorySource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A specification as text: what is stored, what is asked, what must come of it. The form is the one that people know from
 * Prometheus' own tests:
 *
 * <pre>
 * load 1m
 *   name{label="value"} 1+2x3 _ stale {{schema:0 sum:3 count:2 buckets:[1 1]}}x2
 * eval instant at 5m expression
 *   {label="value"} 7
 * eval range from 0 to 10m step 1m expression
 *   expect warn msg: part of the text
 *   {label="value"} 1 2 _ 3
 * eval ordered instant at 5m expression
 * eval instant at 5m expression
 *   expect fail msg: part of the text
 * features promql-delayed-name-removal
 * clear
 * </pre>
 *
 * {@code a+bxn} is {@code a} and {@code n} more, each {@code b} further; {@code _xn} is nothing for n times; {@code a@30s} began
 * to count at 30 s. An {@code eval} with no line below it wants an empty result. {@code features} holds until the next such
 * line.
 */
final class SpecFile {

  private static final long LOOKBACK_MS = 300_000;
  private static final double TOLERANCE = 1e-9;
  private static final Pattern HEAD = Pattern.compile(
      "eval( ordered)? (?:instant at (\\S+)|range from (\\S+) to (\\S+) step (\\S+)) (.*)");
  private static final Pattern REPEATED = Pattern.compile("(.+?)x(\\d+)");
  private static final Pattern SERIES = Pattern
      .compile("((?:[a-zA-Z_:][\\w:]*)?(?:\\{(?:[^\"}]|\"(?:[^\"\\\\]|\\\\.)*\")*\\})?)\\s*(.*)");
  private static final Pattern ITEM = Pattern.compile("\\{\\{.*?\\}\\}(?:[x+@]\\S*)?|\\S+");
  private static final Pattern FIELD = Pattern.compile("(\\w+):(\\[[^]]*\\]|\\S+)");

  /** A value: a float, a histogram or, with both null, nothing. */
  private record Value(@Nullable Double number, @Nullable NativeHistogram histogram, long startMs) {
    static final Value NONE = new Value(null, null, 0);
  }

  /** How an expression is run; the mutants of the defect test run it with a changed engine. */
  interface Runner {
    QueryResult run(Engine.Query query, MemorySource source);
  }

  private final String name;
  private final List<String> lines;
  private final Runner runner;
  private final MemorySource source = new MemorySource();
  private final List<String> failures = new ArrayList<>();
  private Features features = Features.NONE;
  private final List<String> expressions = new ArrayList<>();

  SpecFile(String name, String text, Runner runner) {
    this.name = name;
    this.lines = text.lines().toList();
    this.runner = runner;
  }

  /** The expressions that were asked. */
  List<String> expressions() {
    return expressions;
  }

  /** What did not come as wanted, each with its line. */
  List<String> run() {
    for (int i = 0; i < lines.size();) {
      var line = lines.get(i).strip();
      int end = i + 1;
      while (end < lines.size() && !lines.get(end).isBlank()
          && Character.isWhitespace(lines.get(end).charAt(0))) {
        end++;
      }
      var block = lines.subList(i + 1, end)
          .stream()
          .map(String::strip)
          .filter(l -> !l.startsWith("#"))
          .toList();
      if (line.equals("clear")) {
        source.clear();
      } else if (line.equals("features") || line.startsWith("features ")) {
        features = Features.of(
            Arrays.stream(line.substring(8).strip().split(",")).filter(f -> !f.isEmpty()).toList());
      } else if (line.startsWith("load ")) {
        load(time(line.substring(5).strip()), block);
      } else if (line.startsWith("eval")) {
        eval(i + 1, line, block);
      } else if (!line.isEmpty() && !line.startsWith("#")) {
        throw new IllegalArgumentException(name + ":" + (i + 1) + ": " + line);
      }
      i = end;
    }
    return failures;
  }

  private static long time(String text) {
    return text.startsWith("-") ? -time(text.substring(1)) : Durations.parseMillis(text);
  }

  private void load(long intervalMs, List<String> block) {
    for (var line : block) {
      var series = series(line);
      long time = 0;
      for (var value : values(series.getValue())) {
        var histogram = value.histogram();
        var number = value.number();
        if (histogram != null) {
          source.add(series.getKey(), time, value.startMs(), histogram);
        } else if (number != null) {
          source.add(series.getKey(), time, value.startMs(), number);
        }
        time += intervalMs;
      }
    }
  }

  private static Map.Entry<Labels, String> series(String line) {
    var matcher = SERIES.matcher(line);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("no series: " + line);
    }
    var text = matcher.group(1);
    var labels = new HashMap<String, String>();
    // The parser wants a matcher that refuses "", which an empty label set has not.
    if (!text.isEmpty() && !text.equals("{}")) {
      for (var label : Parser.parseSelector(text)) {
        labels.put(label.label(), label.value());
      }
    }
    return Map.entry(Labels.of(labels), matcher.group(2));
  }

  private static List<Value> values(String text) {
    var values = new ArrayList<Value>();
    var items = ITEM.matcher(text);
    while (items.find()) {
      var item = items.group();
      if (item.startsWith("{{")) {
        int end = item.indexOf("}}") + 2;
        boolean starts = end < item.length() && item.charAt(end) == '@';
        var histogram = new Value(null, histogram(item.substring(2, end - 2)),
            starts ? time(item.substring(end + 1)) : 0);
        int times = end < item.length() && !starts
            ? Integer.parseInt(item.substring(end + 1)) + 1
            : 1;
        for (int n = 0; n < times; n++) {
          values.add(histogram);
        }
        continue;
      }
      int at = item.indexOf('@');
      if (at > 0) {
        values.add(new Value(number(item.substring(0, at)), null, time(item.substring(at + 1))));
        continue;
      }
      var repeated = REPEATED.matcher(item);
      boolean repeats = repeated.matches() && !item.startsWith("0x");
      var one = repeats ? repeated.group(1) : item;
      int more = repeats ? Integer.parseInt(repeated.group(2)) : 0;
      if (one.equals("_")) {
        for (int n = 0; n < Math.max(1, more); n++) {
          values.add(Value.NONE);
        }
        continue;
      }
      int sign = Math.max(one.indexOf('+', 1), one.indexOf('-', 1));
      boolean steps = repeats && sign > 0 && "eE".indexOf(one.charAt(sign - 1)) < 0;
      double first = number(steps ? one.substring(0, sign) : one);
      double step = steps ? number(one.substring(sign)) : 0;
      for (int n = 0; n <= more; n++) {
        values.add(new Value(n == 0 ? first : first + n * step, null, 0));
      }
    }
    return values;
  }

  private static double number(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "stale" -> SampleValues.STALE_NAN;
      case "nan" -> Double.NaN;
      case "inf", "+inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  /** A histogram of floats from {@code schema:0 sum:3 count:2 z_bucket:1 buckets:[1 1]} and its like. */
  private static NativeHistogram histogram(String text) {
    var fields = new HashMap<String, String>();
    var matcher = FIELD.matcher(text);
    while (matcher.find()) {
      fields.put(matcher.group(1), matcher.group(2));
    }
    var positive = counts(fields.getOrDefault("buckets", "[]"));
    var negative = counts(fields.getOrDefault("n_buckets", "[]"));
    var hint = ResetHint
        .valueOf(fields.getOrDefault("counter_reset_hint", "unknown").toUpperCase(Locale.ROOT));
    return new NativeHistogram(false, hint, (int) field(fields, "schema"),
        field(fields, "z_bucket_w"), Double.doubleToLongBits(field(fields, "z_bucket")),
        Double.doubleToLongBits(field(fields, "count")), field(fields, "sum"),
        spans(fields, "offset", positive.length), bits(positive),
        spans(fields, "n_offset", negative.length), bits(negative),
        counts(fields.getOrDefault("custom_values", "[]")));
  }

  private static double field(Map<String, String> fields, String name) {
    return number(fields.getOrDefault(name, "0"));
  }

  private static double[] counts(String list) {
    var inside = list.substring(1, list.length() - 1).strip();
    return inside.isEmpty()
        ? new double[0]
        : Arrays.stream(inside.split("\\s+")).mapToDouble(SpecFile::number).toArray();
  }

  private static int[] spans(Map<String, String> fields, String offset, int length) {
    return length == 0 ? new int[0] : new int[] {(int) field(fields, offset), length};
  }

  private static long[] bits(double[] counts) {
    return Arrays.stream(counts).mapToLong(Double::doubleToRawLongBits).toArray();
  }

  private void eval(int line, String head, List<String> block) {
    var matcher = HEAD.matcher(head);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(name + ":" + line + ": " + head);
    }
    var text = matcher.group(6);
    expressions.add(text);
    var expectations = block.stream().filter(l -> l.startsWith("expect ")).toList();
    var wanted = block.stream().filter(l -> !l.startsWith("expect ")).toList();
    String wantedFailure = null;
    for (var expectation : expectations) {
      if (expectation.startsWith("expect fail")) {
        wantedFailure = message(expectation);
      }
    }
    boolean instant = matcher.group(2) != null;
    QueryResult result;
    try {
      Expr expr = Parser.parse(text);
      var query = instant
          ? Engine.Query.instant(text, expr, time(matcher.group(2)), LOOKBACK_MS)
          : new Engine.Query(text, expr, time(matcher.group(3)), time(matcher.group(4)),
              time(matcher.group(5)), LOOKBACK_MS);
      result = runner.run(query.with(features), source);
    } catch (EvaluationFailure | ParseFailure failed) {
      if (wantedFailure == null || !String.valueOf(failed.getMessage()).contains(wantedFailure)) {
        fail(line, text, "failed: " + failed.getMessage());
      }
      return;
    }
    if (wantedFailure != null) {
      fail(line, text, "did not fail but gave " + result.series());
      return;
    }
    for (var expectation : expectations) {
      var notes = expectation.startsWith("expect warn") ? result.warnings() : result.infos();
      var part = message(expectation);
      boolean none = expectation.equals("expect no notes");
      if (none
          ? !result.warnings().isEmpty() || !result.infos().isEmpty()
          : notes.stream().noneMatch(note -> note.contains(part))) {
        fail(line, text, expectation + ", got " + result.warnings() + result.infos());
      }
    }
    if (result.type() == ValueType.SCALAR || result.type() == ValueType.STRING) {
      var got = result.type() == ValueType.STRING
          ? "\"" + result.text() + "\""
          : String.valueOf(result.series().getFirst().values()[0]);
      boolean same = wanted.size() == 1 && (result.type() == ValueType.STRING
          ? wanted.getFirst().equals(got)
          : near(number(wanted.getFirst()), result.series().getFirst().values()[0]));
      if (!same) {
        fail(line, text, "gave " + got + ", not " + wanted);
      }
      return;
    }
    compare(line, text, result, wanted, matcher.group(1) != null,
        instant ? 0 : time(matcher.group(3)), instant ? 0 : time(matcher.group(5)));
  }

  private static String message(String expectation) {
    int at = expectation.indexOf("msg:");
    return at < 0 ? "" : expectation.substring(at + 4).strip();
  }

  private void compare(int line, String text, QueryResult result, List<String> wanted,
      boolean ordered, long fromMs, long stepMs) {
    var rest = new ArrayList<>(result.series());
    for (var one : wanted) {
      var entry = series(one);
      var found = rest.stream().filter(s -> s.labels().equals(entry.getKey())).findFirst();
      if (found.isEmpty()) {
        fail(line, text,
            "lacks " + entry.getKey() + ", has " + rest.stream().map(SpecFile::show).toList());
        return;
      }
      if (ordered && found.get() != rest.getFirst()) {
        fail(line, text,
            "has " + rest.getFirst().labels() + " where " + entry.getKey() + " should stand");
        return;
      }
      rest.remove(found.get());
      points(line, text, found.get(), values(entry.getValue()), fromMs, stepMs);
    }
    if (!rest.isEmpty()) {
      fail(line, text, "also has " + rest.stream().map(SpecFile::show).toList());
    }
  }

  private static String show(QueryResult.ResultSeries series) {
    return series.labels() + " " + Arrays.toString(series.timesMs()) + " "
        + Arrays.toString(series.values())
        + (series.histograms() == null ? "" : Arrays.toString(series.histograms()));
  }

  private void points(int line, String text, QueryResult.ResultSeries series, List<Value> wanted,
      long fromMs, long stepMs) {
    int next = 0;
    for (int i = 0; i < wanted.size(); i++) {
      var value = wanted.get(i);
      boolean here = next < series.size()
          && (stepMs == 0 || series.timesMs()[next] == fromMs + i * stepMs);
      var number = value.number();
      var histogram = value.histogram();
      if (number == null && histogram == null) {
        if (here) {
          fail(line, text, show(series) + " should have nothing at place " + i);
        }
        continue;
      }
      var histograms = series.histograms();
      var got = here && histograms != null ? histograms[next] : null;
      boolean same = here && (histogram == null
          ? got == null && number != null && near(number, series.values()[next])
          : got != null && same(histogram, got));
      if (!same) {
        fail(line, text, show(series) + " should have "
            + (histogram == null ? number : FloatHistogram.of(histogram)) + " at place " + i);
        return;
      }
      next++;
    }
    if (next != series.size()) {
      fail(line, text, show(series) + " has too many points");
    }
  }

  private static boolean near(double wanted, double got) {
    return wanted == got || Double.isNaN(wanted) && Double.isNaN(got) || Math
        .abs(wanted - got) <= TOLERANCE * Math.max(1e-3, Math.max(Math.abs(wanted), Math.abs(got)));
  }

  private static boolean same(NativeHistogram wanted, FloatHistogram got) {
    var other = FloatHistogram.of(wanted);
    var left = other.ascending();
    var right = Arrays.stream(got.ascending())
        .filter(b -> b.count() != 0)
        .toArray(FloatHistogram.Bucket[]::new);
    boolean same = other.schema == got.schema && near(other.count, got.count)
        && near(other.sum, got.sum) && near(other.zeroThreshold, got.zeroThreshold)
        && Arrays.equals(other.bounds, got.bounds) && left.length == right.length
        && (other.hint == ResetHint.UNKNOWN || other.hint == got.hint);
    for (int i = 0; same && i < left.length; i++) {
      same = near(left[i].lower(), right[i].lower()) && near(left[i].upper(), right[i].upper())
          && near(left[i].count(), right[i].count());
    }
    return same;
  }

  private void fail(int line, String text, String what) {
    failures.add(name + ":" + line + ": " + text + "\n    " + what);
  }
}

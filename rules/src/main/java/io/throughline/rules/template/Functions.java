package io.throughline.rules.template;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.throughline.model.Labels;
import io.throughline.query.promql.Durations;
import io.throughline.rules.template.TemplateData.Sample;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The functions that templates may call: Go's own and Prometheus'. Their arguments are checked as Go would.
 *
 * <p>Longer than most: it is one list, a few lines a function.
 */
final class Functions {

  private static final Set<String> NAMES = Set.of("and", "or", "not", "len", "index", "slice",
      "print", "printf", "println", "html", "js", "urlquery", "call", "eq", "ne", "lt", "le", "gt",
      "ge", "query", "first", "label", "value", "strvalue", "args", "reReplaceAll", "safeHtml",
      "match", "title", "toUpper", "toLower", "graphLink", "tableLink", "sortByLabel", "stripPort",
      "stripDomain", "humanize", "humanize1024", "humanizeDuration", "humanizePercentage",
      "humanizeTimestamp", "toTime", "toDuration", "now", "pathPrefix", "externalURL",
      "parseDuration", "urlQueryEscape");

  private static final String[] LARGE = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
  private static final String[] LARGE_BINARY = {"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};
  private static final String[] SMALL = {"m", "u", "n", "p", "f", "a", "z", "y"};

  private final TemplateData data;

  Functions(TemplateData data) {
    this.data = data;
  }

  static boolean isKnown(String name) {
    return NAMES.contains(name);
  }

  @Nullable
  Object call(String name, List<@Nullable Object> arguments) {
    return switch (name) {
      case "not" -> !Expansion.isTrue(one(name, arguments));
      case "eq", "ne", "lt", "le", "gt", "ge" -> compare(name, arguments);
      case "len" -> length(one(name, arguments));
      case "index" -> index(arguments);
      case "slice" -> slice(arguments);
      case "print" -> print(arguments);
      case "println" -> String.join(" ", arguments.stream().map(GoText::of).toList()) + "\n";
      case "printf" -> {
        if (arguments.isEmpty()) {
          throw count(name, 1, 0);
        }
        yield Printf.format(text(name, arguments, 0), arguments.subList(1, arguments.size()));
      }
      case "html" -> html(print(arguments));
      case "js" -> javaScript(print(arguments));
      case "urlquery", "urlQueryEscape" ->
        URLEncoder.encode(print(arguments), StandardCharsets.UTF_8);
      case "call" -> throw new TemplateFailure("error calling call: there is no function to call");
      case "query" -> query(only(name, arguments));
      case "first" -> {
        var samples = samples(name, arguments, 0, 1);
        if (samples.isEmpty()) {
          throw new TemplateFailure(
              "error calling first: first() called on vector with no elements");
        }
        yield samples.getFirst();
      }
      case "label" -> {
        expect(name, arguments, 2);
        yield sample(name, arguments, 1).labels().getOrDefault(text(name, arguments, 0), "");
      }
      case "value" -> {
        expect(name, arguments, 1);
        yield sample(name, arguments, 0).value();
      }
      case "strvalue" -> {
        expect(name, arguments, 1);
        yield sample(name, arguments, 0).labels().getOrDefault("__value__", "");
      }
      case "sortByLabel" -> {
        var label = text(name, arguments, 0);
        yield samples(name, arguments, 1, 2).stream()
            .sorted(Comparator.comparing(sample -> sample.labels().getOrDefault(label, ""),
                Labels::compareUtf8))
            .toList();
      }
      case "args" -> {
        var map = new TreeMap<String, @Nullable Object>();
        for (int i = 0; i < arguments.size(); i++) {
          map.put("arg" + i, arguments.get(i));
        }
        yield map;
      }
      case "reReplaceAll" -> {
        expect(name, arguments, 3);
        yield replaceAll(text(name, arguments, 0), text(name, arguments, 1),
            text(name, arguments, 2));
      }
      case "match" -> {
        expect(name, arguments, 2);
        yield pattern(name, text(name, arguments, 0)).matcher(text(name, arguments, 1)).find();
      }
      case "safeHtml" -> only(name, arguments);
      case "title" -> title(only(name, arguments));
      case "toUpper" -> mapped(only(name, arguments), Character::toUpperCase);
      case "toLower" -> mapped(only(name, arguments), Character::toLowerCase);
      case "graphLink" -> link(only(name, arguments), 0);
      case "tableLink" -> link(only(name, arguments), 1);
      case "stripPort" -> stripPort(only(name, arguments));
      case "stripDomain" -> stripDomain(only(name, arguments));
      case "humanize" -> humanize(number(name, one(name, arguments)));
      case "humanize1024" -> humanize1024(number(name, one(name, arguments)));
      case "humanizeDuration" -> humanizeDuration(number(name, one(name, arguments)));
      case "humanizePercentage" -> short4(number(name, one(name, arguments)) * 100) + "%";
      case "humanizeTimestamp" -> {
        double seconds = number(name, one(name, arguments));
        yield Double.isNaN(seconds) || Double.isInfinite(seconds)
            ? short4(seconds)
            : GoText.time(time(name, seconds));
      }
      case "toTime" -> time(name, number(name, one(name, arguments)));
      case "toDuration" -> {
        double seconds = number(name, one(name, arguments));
        if (!(Math.abs(seconds) < Long.MAX_VALUE / 1e9)) {
          throw new TemplateFailure("error calling toDuration: " + GoText.of(seconds)
              + " cannot be represented as a duration");
        }
        yield Duration.ofNanos((long) (seconds * 1e9));
      }
      case "now" -> data.timeMs() / 1000.0;
      case "pathPrefix" -> {
        expect(name, arguments, 0);
        int scheme = data.externalUrl().indexOf("://");
        int path = scheme < 0 ? -1 : data.externalUrl().indexOf('/', scheme + 3);
        yield path < 0 ? "" : data.externalUrl().substring(path);
      }
      case "externalURL" -> {
        expect(name, arguments, 0);
        yield data.externalUrl();
      }
      case "parseDuration" -> {
        try {
          yield Durations.parseMillis(only(name, arguments)) / 1000.0;
        } catch (IllegalArgumentException wrong) {
          throw new TemplateFailure("error calling parseDuration: " + wrong.getMessage());
        }
      }
      default -> throw new TemplateFailure("function \"" + name + "\" not defined");
    };
  }

  // ---- arguments --------------------------------------------------------------------------------

  private static TemplateFailure count(String name, int want, int got) {
    return new TemplateFailure(
        "wrong number of args for " + name + ": want " + want + " got " + got);
  }

  private static void expect(String name, List<@Nullable Object> arguments, int wanted) {
    if (arguments.size() != wanted) {
      throw count(name, wanted, arguments.size());
    }
  }

  private static @Nullable Object one(String name, List<@Nullable Object> arguments) {
    expect(name, arguments, 1);
    return arguments.getFirst();
  }

  private static String only(String name, List<@Nullable Object> arguments) {
    expect(name, arguments, 1);
    return text(name, arguments, 0);
  }

  private static String text(String name, List<@Nullable Object> arguments, int index) {
    if (index >= arguments.size()) {
      throw count(name, index + 1, arguments.size());
    }
    var argument = arguments.get(index);
    if (argument instanceof String text) {
      return text;
    }
    throw new TemplateFailure(
        "wrong type for value in " + name + "; expected string; got " + type(argument));
  }

  private static Sample sample(String name, List<@Nullable Object> arguments, int index) {
    if (arguments.get(index) instanceof Sample sample) {
      return sample;
    }
    throw new TemplateFailure("wrong type for value in " + name
        + "; expected *template.sample; got " + type(arguments.get(index)));
  }

  private static List<Sample> samples(String name, List<@Nullable Object> arguments, int index,
      int wanted) {
    expect(name, arguments, wanted);
    if (arguments.get(index) instanceof List<?> list) {
      var samples = new ArrayList<Sample>();
      for (var element : list) {
        if (element instanceof Sample sample) {
          samples.add(sample);
        }
      }
      return samples;
    }
    throw new TemplateFailure("wrong type for value in " + name
        + "; expected template.queryResult; got " + type(arguments.get(index)));
  }

  static String type(@Nullable Object value) {
    return switch (value) {
      case null -> "nil";
      case Double _ -> "float64";
      case Long _ -> "int";
      case Boolean _ -> "bool";
      case String _ -> "string";
      case Sample _ -> "*template.sample";
      case Instant _ -> "*time.Time";
      case Duration _ -> "*time.Duration";
      case List<?> _ -> "template.queryResult";
      default -> "map[string]string";
    };
  }

  private static double number(String name, @Nullable Object value) {
    return switch (value) {
      case Double number -> number;
      case Long number -> number;
      case Duration length -> length.toNanos() / 1e9;
      case String text -> {
        try {
          var lower = text.toLowerCase(Locale.ROOT);
          var plain = lower.startsWith("+") || lower.startsWith("-") ? lower.substring(1) : lower;
          double sign = lower.startsWith("-") ? -1 : 1;
          if (plain.equals("inf") || plain.equals("infinity")) {
            yield sign * Double.POSITIVE_INFINITY;
          }
          if (plain.equals("nan")) {
            yield Double.NaN;
          }
          if (plain.isEmpty() || !text.equals(text.strip())
              || "df".indexOf(plain.charAt(plain.length() - 1)) >= 0) {
            throw new NumberFormatException(text);
          }
          yield sign * Double.parseDouble(plain);
        } catch (NumberFormatException _) {
          throw new TemplateFailure("error calling " + name + ": strconv.ParseFloat: parsing \""
              + text + "\": invalid syntax");
        }
      }
      case null, default -> throw new TemplateFailure(
          "error calling " + name + ": can't convert " + type(value) + " to float");
    };
  }

  // ---- Go's own ---------------------------------------------------------------------------------

  private static boolean compare(String name, List<@Nullable Object> arguments) {
    if (arguments.size() < 2 || arguments.size() > 2 && !name.equals("eq")) {
      throw count(name, 2, arguments.size());
    }
    var left = arguments.getFirst();
    if (name.equals("eq") || name.equals("ne")) {
      boolean equal = false;
      for (int i = 1; i < arguments.size(); i++) {
        equal |= order(name, left, arguments.get(i), true) == 0;
      }
      return equal == name.equals("eq");
    }
    var right = arguments.get(1);
    boolean unordered = left instanceof Double a && a.isNaN()
        || right instanceof Double b && b.isNaN();
    int order = order(name, left, right, false);
    return !unordered && switch (name) {
      case "lt" -> order < 0;
      case "le" -> order <= 0;
      case "gt" -> order > 0;
      default -> order >= 0;
    };
  }

  private static int order(String name, @Nullable Object a, @Nullable Object b, boolean equality) {
    if (a instanceof Double x && b instanceof Double y) {
      return x.doubleValue() == y.doubleValue() ? 0 : x < y ? -1 : 1;
    }
    if (a instanceof Long x && b instanceof Long y) {
      return Long.compare(x, y);
    }
    if (a instanceof String x && b instanceof String y) {
      return Labels.compareUtf8(x, y);
    }
    if (equality && a instanceof Boolean x && b instanceof Boolean y) {
      return Boolean.compare(x, y);
    }
    if (equality && (a == null || b == null)) {
      return a == b ? 0 : 1;
    }
    throw new TemplateFailure("error calling " + name + ": "
        + (a != null && b != null && a.getClass() == b.getClass()
            ? "invalid type for comparison"
            : "incompatible types for comparison"));
  }

  private static long length(@Nullable Object value) {
    return switch (value) {
      case String text -> text.getBytes(StandardCharsets.UTF_8).length;
      case List<?> list -> list.size();
      case Map<?, ?> map -> map.size();
      case null, default ->
        throw new TemplateFailure("error calling len: len of type " + type(value));
    };
  }

  private static @Nullable Object index(List<@Nullable Object> arguments) {
    if (arguments.isEmpty()) {
      throw count("index", 1, 0);
    }
    var value = arguments.getFirst();
    for (var key : arguments.subList(1, arguments.size())) {
      value = switch (value) {
        case List<?> list when key instanceof Long at -> {
          if (at < 0 || at >= list.size()) {
            throw new TemplateFailure("error calling index: index out of range: " + at);
          }
          yield list.get(at.intValue());
        }
        case Map<?, ?> map when key instanceof String -> {
          var found = map.get(key);
          yield found == null ? "" : found;
        }
        case String text when key instanceof Long at -> {
          var bytes = text.getBytes(StandardCharsets.UTF_8);
          if (at < 0 || at >= bytes.length) {
            throw new TemplateFailure("error calling index: index out of range: " + at);
          }
          yield (long) (bytes[at.intValue()] & 0xff);
        }
        case null, default -> throw new TemplateFailure("error calling index: can't index item of "
            + "type " + type(value) + " with " + type(key));
      };
    }
    return value;
  }

  private static Object slice(List<@Nullable Object> arguments) {
    if (arguments.isEmpty() || arguments.size() > 3) {
      throw new TemplateFailure("error calling slice: want an item and at most two indexes");
    }
    var item = arguments.getFirst();
    int size = item instanceof String text
        ? text.length()
        : item instanceof List<?> list ? list.size() : -1;
    int from = arguments.size() > 1 && arguments.get(1) instanceof Long at ? at.intValue() : 0;
    int to = arguments.size() > 2 && arguments.get(2) instanceof Long at ? at.intValue() : size;
    if (size < 0) {
      throw new TemplateFailure("error calling slice: can't slice item of type " + type(item));
    }
    if (from < 0 || from > to || to > size) {
      throw new TemplateFailure("error calling slice: index out of range");
    }
    return item instanceof String text
        ? text.substring(from, to)
        : ((List<?>) item).subList(from, to);
  }

  /** A space between operands where neither is a string. */
  private static String print(List<@Nullable Object> arguments) {
    var text = new StringBuilder();
    for (int i = 0; i < arguments.size(); i++) {
      if (i > 0 && !(arguments.get(i) instanceof String)
          && !(arguments.get(i - 1) instanceof String)) {
        text.append(' ');
      }
      text.append(GoText.of(arguments.get(i)));
    }
    return text.toString();
  }

  private static String html(String text) {
    return text.replace("&", "&amp;")
        .replace("'", "&#39;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&#34;");
  }

  private static String javaScript(String text) {
    return text.replace("\\", "\\\\")
        .replace("'", "\\'")
        .replace("\"", "\\\"")
        .replace("<", "\\u003C")
        .replace(">", "\\u003E")
        .replace("&", "\\u0026")
        .replace("=", "\\u003D");
  }

  // ---- Prometheus' ------------------------------------------------------------------------------

  private List<Sample> query(String expression) {
    return data.queries().answer(expression);
  }

  private static Pattern pattern(String function, String expression) {
    try {
      return Pattern.compile(expression);
    } catch (PatternSyntaxException wrong) {
      throw new TemplateFailure(
          "error calling " + function + ": error parsing regexp: " + wrong.getMessage());
    }
  }

  /** Replacements name groups as {@code $1}, {@code $name} or {@code ${1}}; the longest name counts. */
  private static String replaceAll(String expression, String replacement, String text) {
    var pattern = pattern("reReplaceAll", expression);
    var matcher = pattern.matcher(text);
    var out = new StringBuilder();
    int from = 0;
    while (matcher.find()) {
      out.append(text, from, matcher.start());
      int i = 0;
      while (i < replacement.length()) {
        char c = replacement.charAt(i);
        if (c != '$') {
          out.append(c);
          i++;
          continue;
        }
        if (replacement.startsWith("$$", i)) {
          out.append('$');
          i += 2;
          continue;
        }
        boolean braces = replacement.startsWith("{", i + 1);
        int start = i + (braces ? 2 : 1);
        int end = start;
        while (end < replacement.length() && (Character.isLetterOrDigit(replacement.charAt(end))
            || replacement.charAt(end) == '_')) {
          end++;
        }
        if (end == start || braces && !replacement.startsWith("}", end)) {
          out.append('$');
          i++;
          continue;
        }
        out.append(group(pattern, matcher, replacement.substring(start, end)));
        i = end + (braces ? 1 : 0);
      }
      from = matcher.end();
    }
    return out.append(text.substring(from)).toString();
  }

  private static String group(Pattern pattern, Matcher matcher, String name) {
    String found = null;
    if (name.chars().allMatch(c -> c >= '0' && c <= '9') && name.length() < 4) {
      int number = Integer.parseInt(name);
      found = number <= matcher.groupCount() ? matcher.group(number) : null;
    } else if (pattern.namedGroups().containsKey(name)) {
      found = matcher.group(name);
    }
    return found == null ? "" : found;
  }

  /** Letter by letter, whatever the language: an i is an I, and ß stays. */
  private static String mapped(String text, IntUnaryOperator change) {
    return text.codePoints()
        .map(change)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static String title(String text) {
    var out = new StringBuilder(text.length());
    int before = ' ';
    for (int i = 0; i < text.length();) {
      int c = text.codePointAt(i);
      boolean inWord = Character.isLetterOrDigit(before) || before == '_'
          || before >= 0x80 && !Character.isSpaceChar(before);
      out.appendCodePoint(inWord ? c : Character.toTitleCase(c));
      before = c;
      i += Character.charCount(c);
    }
    return out.toString();
  }

  private static String link(String expression, int tab) {
    return "/graph?g0.expr=" + URLEncoder.encode(expression, StandardCharsets.UTF_8) + "&g0.tab="
        + tab;
  }

  private static String stripPort(String address) {
    if (address.startsWith("[")) {
      int close = address.indexOf("]:");
      return close < 0 ? address : address.substring(1, close);
    }
    int colon = address.lastIndexOf(':');
    return colon >= 0 && address.indexOf(':') == colon ? address.substring(0, colon) : address;
  }

  private static String stripDomain(String address) {
    int colon = address.lastIndexOf(':');
    boolean port = colon >= 0 && address.indexOf(':') == colon;
    var host = port ? address.substring(0, colon) : address;
    boolean isAddress = address.startsWith("[") || address.indexOf(':') != colon
        || host.chars().allMatch(c -> c == '.' || c >= '0' && c <= '9');
    if (isAddress || !host.contains(".")) {
      return address;
    }
    return host.substring(0, host.indexOf('.')) + (port ? address.substring(colon) : "");
  }

  private static String short4(double value) {
    return GoText.number(value, 'g', 4);
  }

  private static String humanize(double value) {
    if (value == 0 || Double.isNaN(value) || Double.isInfinite(value)) {
      return short4(value);
    }
    return Math.abs(value) >= 1 ? scaled(value, LARGE, 1000) : small(value, "");
  }

  private static String scaled(double value, String[] prefixes, double base) {
    var prefix = "";
    double rest = value;
    for (var next : prefixes) {
      if (Math.abs(rest) < base) {
        break;
      }
      prefix = next;
      rest /= base;
    }
    return short4(rest) + prefix;
  }

  private static String small(double value, String unit) {
    var prefix = "";
    double rest = value;
    for (var next : SMALL) {
      if (Math.abs(rest) >= 1) {
        break;
      }
      prefix = next;
      rest *= 1000;
    }
    return short4(rest) + prefix + unit;
  }

  private static String humanize1024(double value) {
    if (Math.abs(value) <= 1 || Double.isNaN(value) || Double.isInfinite(value)) {
      return short4(value);
    }
    return scaled(value, LARGE_BINARY, 1024);
  }

  private static String humanizeDuration(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return short4(value);
    }
    if (value == 0) {
      return short4(value) + "s";
    }
    if (Math.abs(value) < 1) {
      return small(value, "s");
    }
    var sign = value < 0 ? "-" : "";
    double size = Math.abs(value);
    long seconds = (long) size;
    long days = seconds / 86_400;
    long hours = seconds / 3600 % 24;
    long minutes = seconds / 60 % 60;
    if (days != 0) {
      return sign + days + "d " + hours + "h " + minutes + "m " + seconds % 60 + "s";
    }
    if (hours != 0) {
      return sign + hours + "h " + minutes + "m " + seconds % 60 + "s";
    }
    if (minutes != 0) {
      return sign + minutes + "m " + seconds % 60 + "s";
    }
    return sign + short4(size) + "s";
  }

  private static Instant time(String name, double seconds) {
    if (!(Math.abs(seconds) < 1e11)) {
      throw new TemplateFailure("error calling " + name + ": " + GoText.of(seconds)
          + " cannot be represented as a nanoseconds timestamp since it overflows int64");
    }
    // Milliseconds, as samples have.
    return Instant.ofEpochMilli((long) (seconds * 1000));
  }
}

package io.throughline.store.transfer;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.MetricType;
import io.throughline.model.SeriesMetadata;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file in the OpenMetrics 1.0 text format with timestamps, in any order of samples. Exemplars are left
 * out. A line that is wrong ends the import with a USER failure that names it; what came before has been
 * handed over.
 */
public final class OpenMetricsFile {
  private static final int LINES_PER_PROGRESS = 100_000;
  private static final String[] SUFFIXES = {"_total", "_created", "_bucket", "_count", "_sum",
      "_info", "_gcount", "_gsum"};

  private final Path file;
  private final ImportTarget target;
  private final Map<String, Integer> known = new HashMap<>();
  private final Map<String, MetricType> types = new HashMap<>();
  private final Map<String, String> units = new HashMap<>();
  private final Map<String, String> helps = new HashMap<>();
  private long line;
  private long doneBytes;
  private long samples;

  private OpenMetricsFile(Path file, ImportTarget target) {
    this.file = file;
    this.target = target;
  }

  /** Hands every sample of the file to the target. */
  public static ImportProgress read(Path file, ImportTarget target) throws IOException {
    return new OpenMetricsFile(file, target).readAll();
  }

  private ImportProgress readAll() throws IOException {
    long totalBytes = Files.size(file);
    boolean ended = false;
    try (var in = new BufferedReader(
        new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8), 1 << 16)) {
      for (var text = in.readLine(); text != null && !ended; text = in.readLine()) {
        line++;
        doneBytes += text.length() + 1L;
        if (text.startsWith("#")) {
          ended = text.equals("# EOF");
          describe(text);
        } else if (!text.isBlank()) {
          sample(text);
        }
        if (line % LINES_PER_PROGRESS == 0) {
          target.progress(progress(totalBytes));
        }
      }
    }
    if (!ended) {
      throw wrong("the file ends without # EOF, so it may have been cut");
    }
    doneBytes = totalBytes;
    var last = progress(totalBytes);
    target.progress(last);
    return last;
  }

  private ImportProgress progress(long totalBytes) {
    return new ImportProgress(Math.min(doneBytes, totalBytes), totalBytes, known.size(), samples, 0,
        0);
  }

  private void describe(String text) {
    var words = text.split(" ", 4);
    if (words.length < 4) {
      return;
    }
    switch (words[1]) {
      case "TYPE" -> types.put(words[2], type(words[3]));
      case "UNIT" -> units.put(words[2], words[3]);
      case "HELP" -> helps.put(words[2], unescape(words[3]));
      default -> {
        // A comment.
      }
    }
  }

  private static MetricType type(String word) {
    for (var type : MetricType.values()) {
      if (type.promName().equals(word)) {
        return type;
      }
    }
    return MetricType.UNKNOWN;
  }

  private void sample(String text) {
    int nameEnd = 0;
    while (nameEnd < text.length() && text.charAt(nameEnd) != '{' && text.charAt(nameEnd) != ' ') {
      nameEnd++;
    }
    if (nameEnd == text.length()) {
      throw wrong("a sample has no value");
    }
    int seriesEnd = text.charAt(nameEnd) == '{' ? labelsEnd(text, nameEnd) : nameEnd;
    var series = text.substring(0, seriesEnd);
    var handle = known.get(series);
    if (handle == null) {
      handle = target.series(labels(text, nameEnd, seriesEnd),
          metadata(text.substring(0, nameEnd)));
      known.put(series, handle);
    }
    var rest = text.substring(seriesEnd).strip();
    int exemplar = rest.indexOf(" # ");
    var words = (exemplar < 0 ? rest : rest.substring(0, exemplar)).split(" +");
    if (words.length != 2) {
      throw wrong("a sample has " + words.length
          + " words behind its labels, want a value and a timestamp in seconds");
    }
    target.sample(handle, timeMs(words[1]), value(words[0]));
    samples++;
  }

  private long timeMs(String word) {
    try {
      return new BigDecimal(word).movePointRight(3)
          .setScale(0, RoundingMode.HALF_EVEN)
          .longValueExact();
    } catch (NumberFormatException | ArithmeticException wrong) {
      throw wrong("the timestamp '" + word + "' is not a number of seconds");
    }
  }

  private double value(String word) {
    return switch (word) {
      case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      case "NaN" -> Double.NaN;
      default -> {
        try {
          yield Double.parseDouble(word);
        } catch (NumberFormatException wrong) {
          throw wrong("the value '" + word + "' is not a number");
        }
      }
    };
  }

  /** The index behind the closing brace. */
  private int labelsEnd(String text, int from) {
    boolean quoted = false;
    for (int i = from + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted && c == '\\') {
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == '}' && !quoted) {
        return i + 1;
      }
    }
    throw wrong("the labels do not end with }");
  }

  private Labels labels(String text, int nameEnd, int seriesEnd) {
    var pairs = new TreeMap<String, String>();
    if (nameEnd > 0) {
      pairs.put(Labels.NAME, text.substring(0, nameEnd));
    }
    int at = nameEnd + 1;
    while (at < seriesEnd - 1) {
      boolean quotedName = text.charAt(at) == '"';
      int nameTo = quotedName ? closingQuote(text, at) : text.indexOf('=', at);
      if (nameTo < 0 || nameTo >= seriesEnd) {
        throw wrong("a label has no =");
      }
      var name = quotedName
          ? unescape(text.substring(at + 1, nameTo))
          : text.substring(at, nameTo).strip();
      at = quotedName ? nameTo + 1 : nameTo;
      if (text.charAt(at) == '=') {
        if (text.charAt(at + 1) != '"') {
          throw wrong("the value of label " + name + " has no quotes");
        }
        int end = closingQuote(text, at + 1);
        if (pairs.put(name, unescape(text.substring(at + 2, end))) != null) {
          throw wrong("label " + name + " stands twice");
        }
        at = end + 1;
      } else if (pairs.put(Labels.NAME, name) != null) {
        throw wrong("the name of the metric stands twice");
      }
      if (text.charAt(at) == ',') {
        at++;
      }
    }
    if (!pairs.containsKey(Labels.NAME)) {
      throw wrong("a sample has no name");
    }
    pairs.values().removeIf(String::isEmpty);
    return Labels.of(pairs);
  }

  private int closingQuote(String text, int opening) {
    for (int i = opening + 1; i < text.length(); i++) {
      if (text.charAt(i) == '\\') {
        i++;
      } else if (text.charAt(i) == '"') {
        return i;
      }
    }
    throw wrong("a quote is not closed");
  }

  private static String unescape(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    var plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        i++;
        plain.append(text.charAt(i) == 'n' ? '\n' : text.charAt(i));
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }

  private SeriesMetadata metadata(String name) {
    var family = family(name);
    return family == null
        ? SeriesMetadata.UNKNOWN
        : new SeriesMetadata(types.getOrDefault(family, MetricType.UNKNOWN),
            units.getOrDefault(family, ""), helps.getOrDefault(family, ""));
  }

  private @Nullable String family(String name) {
    if (types.containsKey(name) || helps.containsKey(name)) {
      return name;
    }
    for (var suffix : SUFFIXES) {
      if (name.endsWith(suffix)) {
        var family = name.substring(0, name.length() - suffix.length());
        if (types.containsKey(family) || helps.containsKey(family)) {
          return family;
        }
      }
    }
    return null;
  }

  private Failure wrong(String what) {
    return Failure.user("file " + file + " line " + line + ": " + what);
  }
}

package io.throughline.query.api;

import io.throughline.model.Labels;
import io.throughline.model.SeriesMetadata;
import io.throughline.query.Similarity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * {@code search/metric_names}, {@code search/label_names}, {@code search/label_values}: what contains one of the words asked for,
 * or nearly does. Newline-delimited JSON: lines {@code {"results":[{"name":…}]}} (values: {@code "value"}) of at most
 * {@code batch_size} results, then {@code {"status":"success","has_more":…}}.
 *
 * <p>Parameters: {@code search[]} (or {@code search}; all results where there is none), {@code match[]}, {@code start}, {@code end},
 * {@code limit} ({@value #STANDARD_LIMIT}), {@code batch_size}, {@code case_sensitive}, {@code fuzz_threshold} (0 to 100: how near is
 * near enough; 0 for containing only), {@code sort_by} (alpha, score), {@code sort_dir} (asc, dsc), {@code include_score}, {@code
 * include_metadata} (of metric names), {@code label} (of values).
 */
final class SearchEndpoints {

  private static final int STANDARD_LIMIT = 100;
  private static final int STANDARD_BATCH = 100;
  private static final int MOST_RESULTS = 10_000;
  private static final int MOST_WORDS = 32;
  private static final int MOST_WORD_CHARS = 256;

  /** One found name or value; {@code score} is from 0, exclusive, to 1, where it is the word itself. */
  private record Hit(String text, double score) {}

  /** What a request asks for. */
  private record Search(List<String> words, boolean caseSensitive, double nearEnough, int limit,
      int batch, boolean byScore, boolean descending, boolean withScore, boolean withMetadata) {

    static Search of(Parameters parameters) {
      var words = new ArrayList<>(parameters.all("search[]"));
      words.addAll(parameters.all("search"));
      words.removeIf(String::isEmpty);
      if (words.size() > MOST_WORDS) {
        throw ApiFailure.badParameter("search[]", "at most " + MOST_WORDS + " are looked for");
      }
      for (var word : words) {
        if (word.length() > MOST_WORD_CHARS) {
          throw ApiFailure.badParameter("search[]",
              "a word has at most " + MOST_WORD_CHARS + " characters");
        }
      }
      int near = parameters.count("fuzz_threshold", 0);
      if (near > 100) {
        throw ApiFailure.badParameter("fuzz_threshold", "must be between 0 and 100");
      }
      int limit = parameters.count("limit", STANDARD_LIMIT);
      int batch = parameters.count("batch_size", STANDARD_BATCH);
      return new Search(words, truth(parameters, "case_sensitive", true), near / 100.0,
          limit == 0 ? MOST_RESULTS : Math.min(limit, MOST_RESULTS), Math.max(1, batch),
          choice(parameters, "sort_by", "alpha", "score"),
          choice(parameters, "sort_dir", "asc", "dsc"), truth(parameters, "include_score", false),
          truth(parameters, "include_metadata", false));
    }

    private static boolean truth(Parameters parameters, String name, boolean standard) {
      return switch (parameters.text(name)) {
        case "" -> standard;
        case "true", "1" -> true;
        case "false", "0" -> false;
        default -> throw ApiFailure.badParameter(name, "must be true or false");
      };
    }

    /** Whether the second of two words stands there; the first is the standard. */
    private static boolean choice(Parameters parameters, String name, String first, String second) {
      var text = parameters.text(name);
      if (!text.isEmpty() && !text.equals(first) && !text.equals(second)) {
        throw ApiFailure.badParameter(name, "must be " + first + " or " + second);
      }
      return text.equals(second);
    }

    /** How well a text fits the best word, 0 where it fits none. */
    double score(String text) {
      if (words.isEmpty()) {
        return 1;
      }
      var folded = fold(text);
      double best = 0;
      for (var word : words) {
        var wanted = fold(word);
        double score = folded.equals(wanted)
            ? 1
            : folded.contains(wanted)
                ? 0.5 + 0.5 * wanted.length() / folded.length()
                : near(folded, wanted);
        best = Math.max(best, score);
      }
      return best;
    }

    private double near(String text, String word) {
      double similarity = nearEnough == 0 ? 0 : Similarity.of(text, word);
      return similarity >= nearEnough ? similarity / 2 : 0;
    }

    private String fold(String text) {
      return caseSensitive ? text : text.toLowerCase(Locale.ROOT);
    }
  }

  void metricNames(Call call) {
    search(call, Labels.NAME, "name");
  }

  void labelNames(Call call) {
    search(call, "", "name");
  }

  void labelValues(Call call) {
    var label = call.parameters().text("label");
    if (label.isEmpty()) {
      throw ApiFailure.badParameter("label", "it names the label whose values are looked for");
    }
    search(call, EscapedNames.unescape(label), "value");
  }

  /** @param label whose values are searched, or "" for the names of labels */
  private static void search(Call call, String label, String key) {
    var search = Search.of(call.parameters());
    var warnings = new ArrayList<String>();
    List<Hit> hits;
    Map<String, Set<SeriesMetadata>> metadata = Map.of();
    try (var snapshot = call.snapshot(warnings)) {
      hits = hits(search,
          SeriesEndpoints.union(call, snapshot,
              (range, matchers) -> label.isEmpty()
                  ? snapshot.labelNames(call.parameters().tenant(), matchers, range.startMs(),
                      range.endMs())
                  : snapshot.labelValues(call.parameters().tenant(), label, matchers,
                      range.startMs(), range.endMs())));
      if (search.withMetadata() && label.equals(Labels.NAME)) {
        metadata = snapshot.metadata(call.parameters().tenant());
      }
    }
    int shown = Math.min(search.limit(), hits.size());
    var out = call.out();
    for (int from = 0; from < shown; from += search.batch()) {
      out.raw("{\"results\":[");
      for (int i = from; i < Math.min(shown, from + search.batch()); i++) {
        write(out.comma(i == from), hits.get(i), key, search, metadata);
      }
      out.raw("]}\n");
    }
    out.raw("{\"status\":\"success\",\"has_more\":").raw(hits.size() > shown ? "true" : "false");
    if (!warnings.isEmpty()) {
      out.raw(",").key("warnings");
      Call.strings(out, warnings);
    }
    out.raw("}\n");
  }

  private static List<Hit> hits(Search search, List<String> all) {
    var hits = new ArrayList<Hit>();
    for (var text : all) {
      double score = search.score(text);
      if (score > 0) {
        hits.add(new Hit(text, score));
      }
    }
    Comparator<Hit> order = (a, b) -> Labels.compareUtf8(a.text(), b.text());
    if (search.byScore()) {
      // The best comes first unless the other way is asked for.
      order = Comparator.comparingDouble((Hit hit) -> -hit.score()).thenComparing(order);
    }
    hits.sort(search.descending() ? order.reversed() : order);
    return hits;
  }

  private static void write(JsonOut out, Hit hit, String key, Search search,
      Map<String, Set<SeriesMetadata>> metadata) {
    out.raw("{").key(key).string(hit.text());
    if (search.withScore()) {
      out.raw(",").key("score").raw(Double.toString(Math.round(hit.score() * 1e4) / 1e4));
    }
    var known = metadata.getOrDefault(hit.text(), Set.of());
    if (!known.isEmpty()) {
      var newest = known.iterator().next();
      out.raw(",").key("type").string(newest.type().promName());
      out.raw(",").key("help").string(newest.help()).raw(",").key("unit").string(newest.unit());
    }
    out.raw("}");
  }
}

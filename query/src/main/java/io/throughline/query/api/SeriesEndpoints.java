package io.throughline.query.api;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.SeriesMetadata;
import io.throughline.query.promql.ParseFailure;
import io.throughline.query.promql.Parser;
import io.throughline.query.promql.Strings;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** {@code series}, {@code labels}, {@code label/…/values} and {@code metadata}: what there is, without samples. */
final class SeriesEndpoints {

  private static final String TRUNCATED = "results truncated due to limit";

  void series(Call call) {
    var selectors = selectors(call);
    if (selectors.isEmpty()) {
      throw ApiFailure.badData("no match[] parameter provided");
    }
    var range = Range.of(call);
    int limit = call.parameters().limit();
    var warnings = new ArrayList<String>();
    var found = new ArrayList<Labels>();
    try (var snapshot = call.snapshot(warnings)) {
      for (var matchers : selectors) {
        // Sorted, so that a set of labels that is in two partitions stands beside itself.
        for (var series : call.source(snapshot)
            .select(matchers, range.startMs, range.endMs, call.settings().maxSeries())) {
          if (found.isEmpty() || !found.getLast().equals(series.labels())) {
            found.add(series.labels());
          }
        }
      }
    }
    if (selectors.size() > 1) {
      var distinct = new TreeSet<>(found);
      found.clear();
      found.addAll(distinct);
    }
    boolean truncated = limit > 0 && found.size() > limit;
    if (truncated) {
      warnings.add(TRUNCATED);
    }
    call.succeed(out -> {
      out.raw("[");
      int written = 0;
      for (var labels : found) {
        if (truncated && written == limit) {
          break;
        }
        ResultWriter.labels(out.comma(written++ == 0), labels);
      }
      out.raw("]");
    }, warnings, List.of());
  }

  /** How label names and values of one selector's series are found. */
  interface Lookup {
    List<String> find(Range range, List<Matcher> matchers);
  }

  /** What is found for any of the request's selectors, or of all series where it has none; ascending. */
  static List<String> union(Call call, Snapshot snapshot, Lookup lookup) {
    var selectors = selectors(call);
    var range = Range.of(call);
    if (selectors.size() <= 1) {
      return lookup.find(range, selectors.isEmpty() ? List.of() : selectors.getFirst());
    }
    var union = new TreeSet<String>(Labels::compareUtf8);
    for (var matchers : selectors) {
      union.addAll(lookup.find(range, matchers));
    }
    return List.copyOf(union);
  }

  void labels(Call call) {
    strings(call, snapshot -> (range, matchers) -> snapshot.labelNames(call.parameters().tenant(),
        matchers, range.startMs, range.endMs));
  }

  void values(Call call) {
    var name = EscapedNames.unescape(call.parameters().path());
    if (name.isEmpty()) {
      throw ApiFailure.badData("invalid label name: " + Strings.quote(call.parameters().path()));
    }
    strings(call, snapshot -> (range, matchers) -> snapshot.labelValues(call.parameters().tenant(),
        name, matchers, range.startMs, range.endMs));
  }

  private static void strings(Call call, Function<Snapshot, Lookup> lookup) {
    int limit = call.parameters().limit();
    var warnings = new ArrayList<String>();
    List<String> found;
    try (var snapshot = call.snapshot(warnings)) {
      found = union(call, snapshot, lookup.apply(snapshot));
    }
    boolean truncated = limit > 0 && found.size() > limit;
    if (truncated) {
      warnings.add(TRUNCATED);
    }
    call.succeed(out -> Call.strings(out, truncated ? found.subList(0, limit) : found), warnings,
        List.of());
  }

  void metadata(Call call) {
    var parameters = call.parameters();
    var metric = parameters.text("metric");
    int limit = metadataLimit(parameters, "limit");
    int perMetric = metadataLimit(parameters, "limit_per_metric");
    Map<String, Set<SeriesMetadata>> found;
    var warnings = new ArrayList<String>();
    try (var snapshot = call.snapshot(warnings)) {
      found = snapshot.metadata(parameters.tenant());
    }
    call.succeed(out -> {
      out.raw("{");
      int written = 0;
      for (var entry : found.entrySet()) {
        if (written == limit) {
          break;
        }
        if (metric.isEmpty() || metric.equals(entry.getKey())) {
          out.comma(written++ == 0).key(entry.getKey());
          metadata(out, entry.getValue(), perMetric);
        }
      }
      out.raw("}");
    }, warnings, List.of());
  }

  /** 0 asks for all, as a missing one does. */
  private static int metadataLimit(Parameters parameters, String name) {
    int limit = parameters.count(name, 0);
    return limit == 0 ? Integer.MAX_VALUE : limit;
  }

  private static void metadata(JsonOut out, Set<SeriesMetadata> all, int most) {
    out.raw("[");
    int written = 0;
    for (var one : all) {
      if (written == most) {
        break;
      }
      out.comma(written++ == 0).raw("{\"type\":").string(one.type().promName()).raw(",\"unit\":");
      out.string(one.unit()).raw(",\"help\":").string(one.help()).raw("}");
    }
    out.raw("]");
  }

  static List<List<Matcher>> selectors(Call call) {
    var selectors = new ArrayList<List<Matcher>>();
    for (var text : call.parameters().all("match[]")) {
      try {
        selectors.add(Parser.parseSelector(text));
      } catch (ParseFailure wrong) {
        throw ApiFailure.badParameter("match[]", wrong.getMessage());
      }
    }
    return selectors;
  }

  /** Both ends are included; a missing one is unbounded. */
  record Range(long startMs, long endMs) {

    static Range of(Call call) {
      long startMs = call.parameters().time("start", Long.MIN_VALUE);
      long endMs = call.parameters().time("end", Long.MAX_VALUE);
      if (endMs < startMs) {
        throw ApiFailure.badParameter("end", "end timestamp must not be before start time");
      }
      return new Range(startMs, endMs);
    }
  }
}

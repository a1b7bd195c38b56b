package io.throughline.query.api;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.SeriesMetadata;
import io.throughline.query.promql.ParseFailure;
import io.throughline.query.promql.Parser;
import io.throughline.query.promql.Strings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

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
        for (var series : snapshot.select(call.parameters().tenant(), matchers, range.startMs,
            range.endMs, call.settings().maxSeries())) {
          // Ascending for each selector, and a set of labels may be in two partitions.
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

  /** How label names and values are asked of a snapshot. */
  private interface Lookup {
    List<String> find(io.throughline.store.Snapshot snapshot, List<Matcher> matchers, Range range);
  }

  void labels(Call call) {
    strings(call, (snapshot, matchers, range) -> snapshot.labelNames(call.parameters().tenant(),
        matchers, range.startMs, range.endMs));
  }

  void values(Call call) {
    var name = EscapedNames.unescape(call.parameters().path());
    if (name.isEmpty()) {
      throw ApiFailure.badData("invalid label name: " + Strings.quote(call.parameters().path()));
    }
    strings(call, (snapshot, matchers, range) -> snapshot.labelValues(call.parameters().tenant(),
        name, matchers, range.startMs, range.endMs));
  }

  private static void strings(Call call, Lookup lookup) {
    var selectors = selectors(call);
    var range = Range.of(call);
    int limit = call.parameters().limit();
    var warnings = new ArrayList<String>();
    List<String> found;
    try (var snapshot = call.snapshot(warnings)) {
      if (selectors.size() <= 1) {
        found = lookup.find(snapshot, selectors.isEmpty() ? List.of() : selectors.getFirst(),
            range);
      } else {
        var union = new TreeSet<String>(Labels::compareUtf8);
        for (var matchers : selectors) {
          union.addAll(lookup.find(snapshot, matchers, range));
        }
        found = new ArrayList<>(union);
      }
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

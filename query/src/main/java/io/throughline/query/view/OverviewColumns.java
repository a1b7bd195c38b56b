package io.throughline.query.view;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Writes an overview by columns: a value costs its digits alone, a reason is written once. For thousands
 * of services that is a tenth of the bytes of rows.
 */
final class OverviewColumns {
  /** Texts that repeat, each written once and named by its place. The first is "". */
  private static final class Texts {
    private final Map<String, Integer> places = new LinkedHashMap<>();

    Texts() {
      place("");
    }

    int place(String text) {
      return places.computeIfAbsent(text, key -> places.size());
    }
  }

  private OverviewColumns() {}

  static byte[] json(Overview overview, Scope.Where where, Sparks sparks, List<String> warnings) {
    var grid = overview.grid();
    int skipped = sparks.skipped(grid);
    return ViewJson.success(warnings, json -> {
      var texts = new Texts();
      json.writeStartObject();
      json.writeStringField("layout", "columns");
      json.writeNumberField("atMs", overview.atMs());
      json.writeNumberField("startMs", grid.startMs() + skipped * grid.stepMs());
      json.writeNumberField("stepMs", grid.stepMs());
      json.writeNumberField("points", grid.columns() - skipped);
      ViewJson.where(json, where);
      rows(json, "services", overview.services(), sparks, skipped, texts);
      rows(json, "nodes", overview.nodes(), sparks, skipped, texts);
      json.writeArrayFieldStart("texts");
      for (var text : texts.places.keySet()) {
        json.writeString(text);
      }
      json.writeEndArray();
      json.writeEndObject();
    });
  }

  private static void rows(JsonGenerator json, String name, List<Overview.Row> rows, Sparks sparks,
      int skipped, Texts texts) throws IOException {
    json.writeObjectFieldStart(name);
    strings(json, "id", rows, Overview.Row::id);
    strings(json, "name", rows, Overview.Row::name);
    strings(json, "namespace", rows, Overview.Row::namespace);
    integers(json, "instanceCount", rows, Overview.Row::instanceCount);
    integers(json, "lastSeenMs", rows, Overview.Row::lastSeenMs);
    json.writeArrayFieldStart("lastChange");
    for (var row : rows) {
      ChangeJson.changeOrNull(json, row.lastChange());
    }
    json.writeEndArray();
    json.writeArrayFieldStart("topSuspect");
    for (var row : rows) {
      ChangeJson.suspectOrNull(json, row.suspect());
    }
    json.writeEndArray();
    json.writeObjectFieldStart("signals");
    var signals = new LinkedHashSet<String>();
    rows.forEach(row -> signals.addAll(row.signals().keySet()));
    for (var signal : signals) {
      signal(json, signal, rows, sparks, skipped, texts);
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void signal(JsonGenerator json, String signal, List<Overview.Row> rows,
      Sparks sparks, int skipped, Texts texts) throws IOException {
    var cells = new ArrayList<Overview.@Nullable Cell>(rows.size());
    var unit = "";
    boolean bounds = false;
    boolean limits = false;
    boolean resources = false;
    for (var row : rows) {
      var cell = row.signals().get(signal);
      cells.add(cell);
      if (cell != null) {
        unit = cell.unit();
        bounds |= !Double.isNaN(cell.lower());
        limits |= cell.hasLimit();
        resources |= !cell.resource().isEmpty();
      }
    }
    json.writeObjectFieldStart(signal);
    json.writeStringField("unit", unit);
    numbers(json, "value", cells, Overview.Cell::value);
    places(json, "reason", cells, texts, "not told by this source", Overview.Cell::reason);
    if (bounds) {
      numbers(json, "lower", cells, Overview.Cell::lower);
      numbers(json, "upper", cells, Overview.Cell::upper);
    }
    if (limits) {
      numbers(json, "limit", cells, Overview.Cell::limit);
      places(json, "limitReason", cells, texts, "", Overview.Cell::limitReason);
    }
    if (resources) {
      places(json, "resource", cells, texts, "", Overview.Cell::resource);
    }
    sparks(json, signal, cells, sparks, skipped);
    json.writeEndObject();
  }

  private static void sparks(JsonGenerator json, String signal, List<Overview.@Nullable Cell> cells,
      Sparks sparks, int skipped) throws IOException {
    int end = (int) Math.min(cells.size(), (long) sparks.first() + sparks.count());
    if (sparks.first() >= end || !sparks.wanted(sparks.first(), signal)) {
      return;
    }
    json.writeNumberField("sparkFirst", sparks.first());
    json.writeArrayFieldStart("spark");
    for (int i = sparks.first(); i < end; i++) {
      json.writeStartArray();
      var cell = cells.get(i);
      if (cell != null) {
        for (double value : Sparks.from(cell.spark(), skipped)) {
          ViewJson.number(json, value);
        }
      }
      json.writeEndArray();
    }
    json.writeEndArray();
  }

  private static void strings(JsonGenerator json, String name, List<Overview.Row> rows,
      Function<Overview.Row, String> of) throws IOException {
    json.writeArrayFieldStart(name);
    for (var row : rows) {
      json.writeString(of.apply(row));
    }
    json.writeEndArray();
  }

  private static void integers(JsonGenerator json, String name, List<Overview.Row> rows,
      ToLongFunction<Overview.Row> of) throws IOException {
    json.writeArrayFieldStart(name);
    for (var row : rows) {
      json.writeNumber(of.applyAsLong(row));
    }
    json.writeEndArray();
  }

  private static void places(JsonGenerator json, String name, List<Overview.@Nullable Cell> cells,
      Texts texts, String ifNone, Function<Overview.Cell, String> of) throws IOException {
    json.writeArrayFieldStart(name);
    for (var cell : cells) {
      json.writeNumber(texts.place(cell == null ? ifNone : of.apply(cell)));
    }
    json.writeEndArray();
  }

  private static void numbers(JsonGenerator json, String name, List<Overview.@Nullable Cell> cells,
      ToDoubleFunction<Overview.Cell> of) throws IOException {
    json.writeArrayFieldStart(name);
    for (var cell : cells) {
      ViewJson.number(json, cell == null ? Double.NaN : of.applyAsDouble(cell));
    }
    json.writeEndArray();
  }
}

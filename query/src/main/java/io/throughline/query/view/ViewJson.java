package io.throughline.query.view;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes replies as docs/api/view.md describes them. */
final class ViewJson {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final double[] NONE = {};

  /** Writes one value. */
  interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  private ViewJson() {}

  private static byte[] bytes(Body body) {
    var out = new ByteArrayOutputStream(16 << 10);
    try (var json = FACTORY.createGenerator(out)) {
      body.write(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Memory does not fail to take bytes.
    }
    return out.toByteArray();
  }

  static byte[] error(String errorType, String message) {
    return bytes(json -> {
      json.writeStartObject();
      json.writeStringField("status", "error");
      json.writeStringField("error", message);
      json.writeStringField("errorType", errorType);
      json.writeEndObject();
    });
  }

  static byte[] success(List<String> warnings, Body data) {
    return bytes(json -> {
      json.writeStartObject();
      json.writeStringField("status", "success");
      json.writeFieldName("data");
      data.write(json);
      json.writeArrayFieldStart("warnings");
      for (var warning : warnings) {
        json.writeString(warning);
      }
      json.writeEndArray();
      json.writeEndObject();
    });
  }

  /** @param where the clusters and sites there are, whichever rows are shown */
  static byte[] overview(Overview overview, Scope.Where where, Sparks sparks,
      List<String> warnings) {
    var grid = overview.grid();
    int skipped = sparks.skipped(grid);
    return success(warnings, json -> {
      json.writeStartObject();
      json.writeNumberField("atMs", overview.atMs());
      json.writeNumberField("startMs", grid.startMs() + skipped * grid.stepMs());
      json.writeNumberField("stepMs", grid.stepMs());
      json.writeNumberField("points", grid.columns() - skipped);
      where(json, where);
      rows(json, "services", overview.services(), sparks, skipped);
      rows(json, "nodes", overview.nodes(), sparks, skipped);
      json.writeEndObject();
    });
  }

  private static void rows(JsonGenerator json, String name, List<Overview.Row> rows, Sparks sparks,
      int skipped) throws IOException {
    json.writeArrayFieldStart(name);
    for (int index = 0; index < rows.size(); index++) {
      row(json, rows.get(index), index, sparks, skipped);
    }
    json.writeEndArray();
  }

  /** One row of an overview as it stands in one. */
  static byte[] row(Overview.Row row) {
    return bytes(json -> row(json, row, 0, Sparks.ALL, 0));
  }

  /** A list of texts. */
  static byte[] strings(List<String> texts) {
    return bytes(json -> {
      json.writeStartArray();
      for (var text : texts) {
        json.writeString(text);
      }
      json.writeEndArray();
    });
  }

  private static void row(JsonGenerator json, Overview.Row row, int index, Sparks sparks,
      int skipped) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", row.id());
    json.writeStringField("name", row.name());
    if (row.kind().equals("service")) {
      json.writeStringField("namespace", row.namespace());
    }
    json.writeStringField("kind", row.kind());
    json.writeNumberField("instanceCount", row.instanceCount());
    json.writeNumberField("lastSeenMs", row.lastSeenMs());
    where(json, row.where());
    json.writeObjectFieldStart("signals");
    for (var signal : row.signals().entrySet()) {
      json.writeFieldName(signal.getKey());
      cell(json, signal.getValue(), sparks.wanted(index, signal.getKey()) ? skipped : -1);
    }
    json.writeEndObject();
    if (row.kind().equals("service")) {
      json.writeFieldName("lastChange");
      ChangeJson.changeOrNull(json, row.lastChange());
      json.writeFieldName("topSuspect");
      ChangeJson.suspectOrNull(json, row.suspect());
    }
    json.writeEndObject();
  }

  /** Clusters and sites, each where there is any. */
  static void where(JsonGenerator json, Scope.Where where) throws IOException {
    names(json, "clusters", where.clusters());
    names(json, "sites", where.sites());
  }

  private static void names(JsonGenerator json, String field, List<String> names)
      throws IOException {
    if (!names.isEmpty()) {
      json.writeArrayFieldStart(field);
      for (var name : names) {
        json.writeString(name);
      }
      json.writeEndArray();
    }
  }

  /** @param skipped columns of the sparkline that are left out; -1 leaves out all of it */
  static void cell(JsonGenerator json, Overview.Cell cell, int skipped) throws IOException {
    json.writeStartObject();
    json.writeStringField("state",
        cell.isMeasured() ? Strip.State.MEASURED.word() : Strip.State.NOT_MEASURED.word());
    if (cell.isMeasured()) {
      json.writeFieldName("value");
      number(json, cell.value());
      if (!Double.isNaN(cell.lower())) {
        json.writeFieldName("lower");
        number(json, cell.lower());
        json.writeFieldName("upper");
        number(json, cell.upper());
      }
      if (!cell.resource().isEmpty()) {
        json.writeStringField("resource", cell.resource());
      }
    } else {
      json.writeStringField("reason", cell.reason());
    }
    if (cell.hasLimit()) {
      json.writeFieldName("limit");
      number(json, cell.limit());
      if (!cell.limitReason().isEmpty()) {
        json.writeStringField("limitReason", cell.limitReason());
      }
    }
    json.writeStringField("unit", cell.unit());
    numbers(json, "spark", skipped < 0 ? NONE : Sparks.from(cell.spark(), skipped));
    json.writeEndObject();
  }

  static byte[] page(Page page, List<String> warnings) {
    return success(warnings, json -> {
      var scope = page.scope();
      var entity = scope.self().entity();
      json.writeStartObject();
      json.writeStringField("id", entity.id());
      json.writeStringField("name", Strips.name(scope));
      json.writeStringField("namespace", entity.namespace());
      json.writeStringField("kind", scope.isNode() ? "node" : "service");
      json.writeNumberField("startMs", page.startMs());
      json.writeNumberField("endMs", page.endMs());
      json.writeNumberField("stepMs", page.stepMs());
      json.writeNumberField("rightEdgeMs", page.rightEdgeMs());
      where(json, scope.where());
      if (scope.isNode()) {
        json.writeArrayFieldStart("services");
        for (var service : scope.services()) {
          json.writeStartObject();
          json.writeStringField("id", service.id());
          json.writeStringField("name", service.name());
          json.writeEndObject();
        }
        json.writeEndArray();
      } else {
        neighbours(json, page);
      }
      if (page.skew().aheadMs() > 0) {
        json.writeNumberField("skewMs", page.skew().aheadMs());
        json.writeStringField("skewInstance", page.skew().instance());
      } else {
        json.writeNullField("skewMs");
        json.writeStringField("skewReason", Skew.REASON);
      }
      json.writeArrayFieldStart("changes");
      for (var change : page.changes()) {
        ChangeJson.changeOrNull(json, change);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("strips");
      for (var strip : page.strips()) {
        strip(json, strip);
      }
      json.writeEndArray();
      json.writeEndObject();
    });
  }

  private static void neighbours(JsonGenerator json, Page page) throws IOException {
    json.writeArrayFieldStart("instances");
    int index = 0;
    for (var instance : page.scope().instances()) {
      json.writeStartObject();
      json.writeStringField("id", instance.id());
      json.writeStringField("host", instance.host());
      json.writeStringField("container", instance.container());
      json.writeNumberField("lastSeenMs", page.instanceLastSeenMs().get(index++));
      json.writeEndObject();
    }
    json.writeEndArray();
    edges(json, "callers", page.callers());
    edges(json, "callees", page.callees());
    json.writeArrayFieldStart("nodes");
    for (var node : page.scope().nodes()) {
      json.writeStartObject();
      json.writeStringField("id", node.entity().id());
      json.writeStringField("name", node.displayName());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void edges(JsonGenerator json, String name, List<Edges.Edge> edges)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (var edge : edges) {
      var other = name.equals("callers") ? edge.caller() : edge.callee();
      json.writeStartObject();
      json.writeStringField("id", other.id());
      json.writeStringField("name", other.name());
      calls(json, edge);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** How the calls over an edge went, as fields of an object that has been started. */
  static void calls(JsonGenerator json, Edges.Edge edge) throws IOException {
    json.writeFieldName("rate");
    number(json, edge.rate());
    json.writeFieldName("errors");
    number(json, edge.errors());
    quantile(json, "p50", edge.p50());
    quantile(json, "p99", edge.p99());
    if (edge.outside()) {
      json.writeBooleanField("outside", true);
    }
    if (!edge.source().isEmpty()) {
      json.writeStringField("source", edge.source());
    }
    if (!edge.reason().isEmpty()) {
      json.writeStringField("reason", edge.reason());
    }
  }

  private static void quantile(JsonGenerator json, String name, Quantile quantile)
      throws IOException {
    json.writeFieldName(name);
    number(json, quantile.value());
    if (!Double.isNaN(quantile.value())) {
      json.writeFieldName(name + "Lower");
      number(json, quantile.lower());
      json.writeFieldName(name + "Upper");
      number(json, quantile.upper());
    }
  }

  private static void strip(JsonGenerator json, Strip strip) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", strip.id());
    json.writeStringField("title", strip.title());
    json.writeStringField("unit", strip.unit());
    json.writeStringField("kind", strip.kind());
    json.writeStringField("state", strip.state().word());
    if (!strip.reason().isEmpty()) {
      json.writeStringField("reason", strip.reason());
    }
    json.writeNumberField("startMs", strip.grid().startMs());
    json.writeNumberField("stepMs", strip.grid().stepMs());
    if (!strip.notes().isEmpty()) {
      json.writeArrayFieldStart("notes");
      for (var note : strip.notes()) {
        json.writeString(note);
      }
      json.writeEndArray();
    }
    if (strip.heatmap() != null) {
      heatmap(json, strip.heatmap());
    }
    json.writeArrayFieldStart("series");
    for (var line : strip.lines()) {
      line(json, line);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void heatmap(JsonGenerator json, Heatmap heatmap) throws IOException {
    json.writeObjectFieldStart("heatmap");
    numbers(json, "bounds", heatmap.bounds());
    json.writeArrayFieldStart("columns");
    for (double @Nullable [] cells : heatmap.cells()) {
      json.writeStartArray();
      for (int row = 0; cells != null && row < cells.length; row++) {
        if (cells[row] > 0) {
          json.writeNumber(row);
          number(json, cells[row]);
        }
      }
      json.writeEndArray();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void line(JsonGenerator json, Strip.Line line) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", line.name());
    json.writeStringField("role", line.role());
    if (!line.unit().isEmpty()) {
      json.writeStringField("unit", line.unit());
    }
    var columns = line.columns();
    if (columns == null) {
      json.writeStringField("state", Strip.State.NOT_MEASURED.word());
      json.writeStringField("reason", line.reason());
    } else if (sameEverywhere(columns.min, columns.max)) {
      numbers(json, "values", columns.mean);
    } else {
      numbers(json, "min", columns.min);
      numbers(json, "max", columns.max);
    }
    if (line.lower() != null) {
      numbers(json, "lower", line.lower());
    }
    if (line.upper() != null) {
      numbers(json, "upper", line.upper());
    }
    json.writeEndObject();
  }

  private static boolean sameEverywhere(double[] min, double[] max) {
    for (int i = 0; i < min.length; i++) {
      if (Double.compare(min[i], max[i]) != 0) {
        return false;
      }
    }
    return true;
  }

  static void numbers(JsonGenerator json, String name, double[] values) throws IOException {
    json.writeArrayFieldStart(name);
    for (double value : values) {
      number(json, value);
    }
    json.writeEndArray();
  }

  /** Writes four significant digits; null for what is not a finite number. */
  static void number(JsonGenerator json, double value) throws IOException {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      json.writeNull();
    } else if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      json.writeNumber((long) value);
    } else {
      json.writeNumber(rounded(value));
    }
  }

  /** A number for people, in the same four digits. */
  static String text(double value) {
    double digits = value == 0 || Double.isNaN(value) ? value : rounded(value);
    return digits == Math.rint(digits) && Math.abs(digits) < 1e15
        ? Long.toString((long) digits)
        : Double.toString(digits);
  }

  /** A pixel column shows four digits at best, and each further one is a byte of every reply. */
  static double rounded(double value) {
    int exponent = (int) Math.floor(Math.log10(Math.abs(value)));
    if (exponent >= 3) {
      return Math.rint(value);
    }
    double power = Math.pow(10, 3 - exponent);
    return Double.isInfinite(power) ? value : Math.rint(value * power) / power;
  }
}

package io.throughline.query.view;

import com.fasterxml.jackson.core.JsonGenerator;
import io.throughline.model.identity.Entity;
import java.io.IOException;
import java.util.List;

/** Writes maps as docs/api/view.md describes them. */
final class MapJson {
  private MapJson() {}

  static byte[] map(ServiceMap map, List<String> warnings) {
    return ViewJson.success(warnings, json -> {
      json.writeStartObject();
      json.writeNumberField("atMs", map.atMs());
      var focus = map.focus();
      if (focus == null) {
        json.writeNullField("focus");
      } else {
        json.writeStringField("focus", focus.id());
      }
      json.writeArrayFieldStart("items");
      for (var item : map.items()) {
        item(json, item);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("edges");
      for (var edge : map.edges()) {
        json.writeStartObject();
        json.writeStringField("from", edge.caller().id());
        json.writeStringField("to", edge.callee().id());
        json.writeStringField("kind", "calls");
        ViewJson.calls(json, edge);
        json.writeEndObject();
      }
      for (var place : map.places()) {
        json.writeStartObject();
        json.writeStringField("from", place.service().id());
        json.writeStringField("to", place.node().id());
        json.writeStringField("kind", "runs-on");
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeArrayFieldStart("folded");
      for (var folded : map.folded()) {
        json.writeStartObject();
        json.writeStringField("kind", folded.kind());
        json.writeNumberField("layer", folded.layer());
        json.writeNumberField("count", folded.count());
        json.writeFieldName("rate");
        ViewJson.number(json, folded.rate());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    });
  }

  private static void item(JsonGenerator json, ServiceMap.Item item) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", item.entity().id());
    json.writeStringField("name", item.name());
    json.writeStringField("kind", item.entity().kind() == Entity.Kind.NODE ? "node" : "service");
    json.writeNumberField("layer", item.layer());
    json.writeBooleanField("outside", item.outside());
    json.writeObjectFieldStart("signals");
    var row = item.row();
    if (row != null) {
      for (var signal : row.signals().entrySet()) {
        json.writeFieldName(signal.getKey());
        ViewJson.cell(json, signal.getValue(), -1);
      }
    }
    json.writeEndObject();
    json.writeEndObject();
  }
}

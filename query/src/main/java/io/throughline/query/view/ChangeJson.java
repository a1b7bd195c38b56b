package io.throughline.query.view;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes changes and suspects as docs/api/view.md describes them. */
final class ChangeJson {
  private ChangeJson() {}

  /** A change and the service or node it is told of. */
  record Told(String id, Change change) {}

  static byte[] changes(long startMs, long endMs, List<Told> changes, List<String> warnings) {
    return ViewJson.success(warnings, json -> {
      json.writeStartObject();
      json.writeNumberField("startMs", startMs);
      json.writeNumberField("endMs", endMs);
      json.writeArrayFieldStart("changes");
      for (var told : changes) {
        json.writeStartObject();
        json.writeStringField("id", told.id());
        fields(json, told.change());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    });
  }

  static void changeOrNull(JsonGenerator json, @Nullable Change change) throws IOException {
    if (change == null) {
      json.writeNull();
      return;
    }
    json.writeStartObject();
    fields(json, change);
    json.writeEndObject();
  }

  private static void fields(JsonGenerator json, Change change) throws IOException {
    json.writeNumberField("atMs", change.atMs());
    json.writeStringField("text", change.text());
    json.writeStringField("kind", change.kind());
    json.writeStringField("name", change.name());
    json.writeStringField("from", change.from());
    json.writeStringField("to", change.to());
    json.writeNumberField("count", change.count());
    json.writeStringField("entityKind", change.entity().kind().name().toLowerCase(Locale.ROOT));
    json.writeStringField("entity", change.entity().id());
    json.writeStringField("source", change.source());
  }

  static void suspectOrNull(JsonGenerator json, @Nullable Suspect suspect) throws IOException {
    if (suspect == null) {
      json.writeNull();
      return;
    }
    json.writeStartObject();
    json.writeStringField("text", suspect.text());
    json.writeStringField("kind", suspect.kind());
    json.writeStringField("resource", suspect.resource());
    json.writeFieldName("value");
    ViewJson.number(json, suspect.value());
    json.writeFieldName("before");
    ViewJson.number(json, suspect.before());
    json.writeStringField("symptom", suspect.symptom());
    json.writeFieldName("symptomValue");
    ViewJson.number(json, suspect.symptomValue());
    json.writeFieldName("symptomBefore");
    ViewJson.number(json, suspect.symptomBefore());
    json.writeEndObject();
  }
}

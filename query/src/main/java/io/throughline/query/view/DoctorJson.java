package io.throughline.query.view;

import com.fasterxml.jackson.core.JsonGenerator;
import io.throughline.model.Matcher;
import java.io.IOException;
import java.util.List;

/** Writes what the doctors of calls and of expressions found, as docs/api/view.md describes it. */
final class DoctorJson {
  private DoctorJson() {}

  static byte[] calls(CallDoctor.Diagnosis diagnosis, List<String> warnings) {
    return ViewJson.success(warnings, json -> {
      json.writeStartObject();
      json.writeStringField("service", diagnosis.service());
      json.writeStringField("key", diagnosis.key());
      json.writeNumberField("edges", diagnosis.edges());
      json.writeObjectFieldStart("sources");
      for (var source : diagnosis.sources().entrySet()) {
        json.writeNumberField(source.getKey(), source.getValue());
      }
      json.writeEndObject();
      CoverageJson.strings(json, "names", diagnosis.names());
      json.writeArrayFieldStart("strangers");
      for (var stranger : diagnosis.strangers()) {
        json.writeStartObject();
        json.writeStringField("name", stranger.name());
        json.writeNumberField("calls", stranger.calls());
        json.writeEndObject();
      }
      json.writeEndArray();
      CoverageJson.proposals(json, diagnosis.proposals());
      CoverageJson.strings(json, "missing", diagnosis.missing());
      json.writeEndObject();
    });
  }

  static byte[] matchers(List<MatcherDoctor.Selector> selectors, List<String> warnings) {
    return ViewJson.success(warnings, json -> {
      json.writeStartObject();
      json.writeArrayFieldStart("selectors");
      for (var selector : selectors) {
        json.writeStartObject();
        json.writeStringField("selector", selector.text());
        json.writeStringField("found", selector.found().word());
        json.writeArrayFieldStart("failed");
        for (var failed : selector.failed()) {
          failed(json, failed);
        }
        json.writeEndArray();
        CoverageJson.strings(json, "proposals", selector.proposals());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    });
  }

  private static void failed(JsonGenerator json, MatcherDoctor.Failed failed) throws IOException {
    json.writeStartObject();
    json.writeStringField("matcher", failed.matcher().toString());
    json.writeStringField("label", failed.matcher().label());
    json.writeStringField("value", failed.matcher().value());
    CoverageJson.strings(json, "beside", failed.beside().stream().map(Matcher::toString).toList());
    json.writeNumberField("count", failed.count());
    CoverageJson.strings(json, "values", failed.values());
    CoverageJson.strings(json, "labels", failed.labels());
    json.writeEndObject();
  }
}

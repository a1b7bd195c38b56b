package io.throughline.query.view;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Writes coverage and joins as docs/api/view.md describes them. */
final class CoverageJson {
  private static final int MOST_UNUSED = 200;

  private CoverageJson() {}

  static byte[] coverage(Coverage coverage, List<String> warnings) {
    return ViewJson.success(warnings, json -> {
      json.writeStartObject();
      json.writeObjectFieldStart("summary");
      json.writeNumberField("services", coverage.services().size());
      for (var join : Coverage.Join.values()) {
        json.writeNumberField(join.word(),
            coverage.services().stream().filter(service -> service.join() == join).count());
      }
      json.writeNumberField("nodes", coverage.nodes());
      json.writeNumberField("containers", coverage.containers());
      json.writeNumberField("containersOfNoService", coverage.containersOfNoService());
      json.writeEndObject();
      json.writeObjectFieldStart("sources");
      for (var source : coverage.sources().entrySet()) {
        json.writeNumberField(source.getKey(), source.getValue());
      }
      json.writeEndObject();
      json.writeArrayFieldStart("services");
      for (var service : coverage.services()) {
        service(json, service);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("missing");
      for (var missing : coverage.missing()) {
        missing(json, missing);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("unused");
      var unused = coverage.unused()
          .entrySet()
          .stream()
          .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
              .thenComparing(Map.Entry.comparingByKey()))
          .limit(MOST_UNUSED)
          .toList();
      for (var metric : unused) {
        json.writeStartObject();
        json.writeStringField("metric", metric.getKey());
        json.writeNumberField("series", metric.getValue());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    });
  }

  private static void missing(JsonGenerator json, Coverage.Missing missing) throws IOException {
    json.writeStartObject();
    json.writeStringField("signal", missing.signal());
    json.writeStringField("unlocks", missing.unlocks());
    json.writeNumberField("services", missing.services());
    strings(json, "metrics", missing.metrics());
    json.writeEndObject();
  }

  /** What the join doctor knows of a node. */
  static byte[] node(Coverage.Node node, List<String> warnings) {
    return ViewJson.success(warnings, json -> {
      json.writeStartObject();
      json.writeStringField("node", node.id());
      strings(json, "names", List.copyOf(node.names()));
      strings(json, "sources", List.copyOf(node.sources()));
      json.writeNumberField("services", node.services());
      json.writeArrayFieldStart("missing");
      for (var missing : node.missing()) {
        missing(json, missing);
      }
      json.writeEndArray();
      json.writeEndObject();
    });
  }

  private static void service(JsonGenerator json, Coverage.Service service) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", service.id());
    json.writeStringField("join", service.join().word());
    json.writeNumberField("instances", service.instances());
    json.writeNumberField("containers", service.containers());
    json.writeNumberField("processes", service.processes());
    json.writeNumberField("pods", service.pods());
    json.writeNumberField("nodes", service.nodes());
    strings(json, "sources", List.copyOf(service.sources()));
    strings(json, "has",
        service.lines()
            .entrySet()
            .stream()
            .filter(Map.Entry::getValue)
            .map(Map.Entry::getKey)
            .toList());
    strings(json, "lacks",
        service.lines()
            .entrySet()
            .stream()
            .filter(line -> !line.getValue())
            .map(Map.Entry::getKey)
            .toList());
    json.writeEndObject();
  }

  static byte[] diagnosis(JoinDoctor.Diagnosis diagnosis, List<JoinRule> rules,
      List<String> warnings) {
    return ViewJson.success(warnings, json -> {
      json.writeStartObject();
      json.writeStringField("service", diagnosis.service());
      json.writeBooleanField("joined", diagnosis.joined());
      json.writeStringField("key", diagnosis.key());
      json.writeNumberField("instances", diagnosis.instances());
      json.writeObjectFieldStart("left");
      for (var label : diagnosis.left().entrySet()) {
        strings(json, label.getKey(), label.getValue());
      }
      json.writeEndObject();
      json.writeObjectFieldStart("right");
      for (var kind : diagnosis.right().entrySet()) {
        json.writeObjectFieldStart(kind.getKey());
        json.writeNumberField("count", diagnosis.rightCount().getOrDefault(kind.getKey(), 0));
        strings(json, "examples", kind.getValue());
        json.writeEndObject();
      }
      json.writeEndObject();
      proposals(json, diagnosis.proposals());
      rules(json, rules);
      json.writeEndObject();
    });
  }

  static void proposals(JsonGenerator json, List<JoinDoctor.Proposal> proposals)
      throws IOException {
    json.writeArrayFieldStart("proposals");
    for (var proposal : proposals) {
      json.writeStartObject();
      rule(json, proposal.rule());
      json.writeStringField("why", proposal.why());
      json.writeStringField("certainty", proposal.certainty());
      json.writeNumberField("instances", proposal.instances());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  static byte[] rules(List<JoinRule> rules, List<String> warnings) {
    return ViewJson.success(warnings, json -> {
      json.writeStartObject();
      rules(json, rules);
      json.writeEndObject();
    });
  }

  private static void rules(JsonGenerator json, List<JoinRule> rules) throws IOException {
    json.writeArrayFieldStart("rules");
    for (var rule : rules) {
      json.writeStartObject();
      rule(json, rule);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void rule(JsonGenerator json, JoinRule rule) throws IOException {
    json.writeStringField("when", rule.when());
    json.writeStringField("is", rule.kind());
    json.writeStringField("id", rule.id().toString());
    json.writeStringField("yaml", JoinRules.yaml(rule));
  }

  static void strings(JsonGenerator json, String name, List<String> values) throws IOException {
    json.writeArrayFieldStart(name);
    for (var value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }
}

package io.throughline.query.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Holds {@code openapi.yaml} against what is served: routes, parameters, statuses, types of answers. */
class ApiDescriptionTest {

  private static final String PREFIX = "/api/v1";

  /** Answers that are right, so that one parameter at a time can be wrong. */
  private static final Map<String, String> GOOD = Map.of("query", "up", "start",
      "" + (ApiServer.NOW_MS / 1000 - 60), "end", "" + ApiServer.NOW_MS / 1000, "step", "15",
      "match[]", "up", "label", "job");

  /** What each parameter cannot be; of those that are left out here any text is one. */
  private static final Map<String, String> BAD = new HashMap<>();

  static {
    for (var name : List.of("time", "start", "end", "step", "timeout", "lookback_delta")) {
      BAD.put(name, "soon");
    }
    for (var name : List.of("limit", "limit_per_metric", "batch_size", "fuzz_threshold")) {
      BAD.put(name, "-1");
    }
    for (var name : List.of("case_sensitive", "include_score", "include_metadata", "sort_by",
        "sort_dir")) {
      BAD.put(name, "perhaps");
    }
    BAD.put("query", "sum(");
    BAD.put("match[]", "{");
    BAD.put("search[]", "x".repeat(1_000));
  }

  private static final List<String> ANY_TEXT = List.of("metric", "label", "stats");

  @TempDir
  private static Path folder;

  private static ApiServer server;
  private static Map<?, ?> description;

  @BeforeAll
  static void start() throws Exception {
    server = new ApiServer(folder.resolve("store"), ApiServer.settings(64, true));
    description = (Map<?, ?>) new Load(LoadSettings.builder().build())
        .loadFromString(server.body(PREFIX + "/openapi.yaml"));
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static Map<?, ?> map(Map<?, ?> from, Object key) {
    return from.get(key) instanceof Map<?, ?> found ? found : Map.of();
  }

  /** What is described of one route and method. */
  private record Operation(String method, String path, Map<?, ?> described) {

    /** Name of each parameter, and whether it must be there; of the address or of a form. */
    Map<String, Boolean> parameters() {
      var found = new TreeMap<String, Boolean>();
      if (described.get("parameters") instanceof List<?> all) {
        for (var one : all) {
          if (one instanceof Map<?, ?> each && String.valueOf(each.get("in")).equals("query")) {
            found.put(String.valueOf(each.get("name")),
                String.valueOf(each.get("required")).equals("true"));
          }
        }
      }
      var schema = map(
          map(map(map(described, "requestBody"), "content"), "application/x-www-form-urlencoded"),
          "schema");
      var required = schema.get("required") instanceof List<?> names ? names : List.of();
      map(schema, "properties")
          .forEach((name, _) -> found.put(String.valueOf(name), required.contains(name)));
      return found;
    }

    HttpResponse<byte[]> ask(Map<String, String> values) throws Exception {
      var form = String.join("&",
          values.entrySet()
              .stream()
              .map(each -> each.getKey() + "="
                  + URLEncoder.encode(each.getValue(), StandardCharsets.UTF_8))
              .toList());
      var address = (path.equals("/federate") ? "" : PREFIX) + path.replace("{name}", "job");
      boolean inAddress = method.equals("GET");
      var request = server.request(address + (inAddress && !form.isEmpty() ? "?" + form : ""));
      if (!inAddress) {
        request.header("Content-Type", "application/x-www-form-urlencoded")
            .method(method, HttpRequest.BodyPublishers.ofString(form));
      }
      return server.send(request.build());
    }

    /** Values for what must be there. */
    Map<String, String> needed() {
      var values = new TreeMap<String, String>();
      parameters().forEach((name, needed) -> {
        if (needed) {
          values.put(name, GOOD.getOrDefault(name, "?"));
        }
      });
      return values;
    }
  }

  /** Those that this room serves: what a neighbour does is {@code BadInputTest}'s to compare. */
  private static List<Operation> operations() {
    var ours = server.routes();
    var all = new ArrayList<Operation>();
    map(description, "paths").forEach((path, item) -> ((Map<?, ?>) item).forEach((key, value) -> {
      var method = String.valueOf(key).toUpperCase(Locale.ROOT);
      var operation = new Operation(method, String.valueOf(path),
          value instanceof Map<?, ?> found ? found : Map.of());
      if (ours.contains(method + " " + path)) {
        all.add(operation);
      }
    }));
    return all;
  }

  @Test
  void everyRouteIsDescribedOnceForEachMethod() {
    var described = new TreeSet<String>();
    operations().forEach(each -> described.add(each.method + " " + each.path));

    assertThat(described).isEqualTo(server.routes()).hasSizeGreaterThan(40);
  }

  @Test
  void everyParameterIsReadAndOneThatCannotBeIsNamed() throws Exception {
    int compared = 0;
    for (var operation : operations()) {
      for (var name : operation.parameters().keySet()) {
        if (ANY_TEXT.contains(name)) {
          continue;
        }
        var values = operation.needed();
        values.put(name, BAD.getOrDefault(name, "no bad value is known"));

        var reply = operation.ask(values);

        assertThat(reply.statusCode()).as("%s with %s", operation, values).isEqualTo(400);
        assertThat(ApiServer.json(reply).path("error").asText()).as("%s with %s", operation, values)
            .contains(name);
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(80);
  }

  @Test
  void whatMustBeThereIsMissed() throws Exception {
    int compared = 0;
    for (var operation : operations()) {
      for (var name : operation.needed().keySet()) {
        var values = operation.needed();
        values.remove(name);

        assertThat(operation.ask(values).statusCode()).as("%s without %s", operation, name)
            .isEqualTo(400);
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(15);
  }

  @Test
  void everyAnswerHasAStatusAndATypeThatAreDescribed() throws Exception {
    for (var operation : operations()) {
      if (operation.path.equals("/read")) {
        // Its body is no form; RemoteReadAgainstPrometheusTest compares its two types.
        continue;
      }
      var responses = map(operation.described, "responses");
      boolean served = responses.containsKey("200") || responses.containsKey("204");

      var reply = operation.ask(operation.needed());

      assertThat(reply.statusCode() < 300).as("%s", operation).isEqualTo(served);
      assertThat(responses.keySet().toString()).contains("" + reply.statusCode());
      var types = map(map(responses, "" + reply.statusCode()), "content").keySet();
      var type = reply.headers().firstValue("Content-Type").orElse("");
      if (served) {
        assertThat(types.contains(type)).as("%s answers %s", operation, type)
            .isEqualTo(!type.isEmpty());
      } else {
        assertThat(type).isEqualTo("application/json");
      }
    }
  }

  @Test
  void theRefusalsItNamesAreDescribedWithTheirForm() {
    var responses = map(map(description, "components"), "responses");

    assertThat(responses).hasSize(5)
        .allSatisfy((_, response) -> assertThat(
            map((Map<?, ?>) response, "content").containsKey("application/json")).isTrue());
    for (var operation : operations()) {
      map(operation.described, "responses").values()
          .forEach(response -> assertThat(String.valueOf(((Map<?, ?>) response).get("$ref"))
              .replace("#/components/responses/", "")).satisfies(
                  name -> assertThat(name.equals("null") || responses.containsKey(name)).isTrue()));
    }
  }
}

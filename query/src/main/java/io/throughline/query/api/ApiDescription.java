package io.throughline.query.api;

import io.throughline.query.api.ReplyStream.Success;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Locale;

/** {@code openapi.yaml}: the routes of this API with their parameters and answers, for tools that make clients of it. */
final class ApiDescription {

  /** What other rooms serve below the same prefixes: prefixes, path, method, parameters, status and type of an answer, what it is. */
  private static final String NEIGHBOURS = """
      both|rules|get|type rule_name[] rule_group[] file[] match[] exclude_alerts group_limit group_next_token|200 application/json|Rules and how they are
      both|alerts|get||200 application/json|Alerts that are pending, fire or are not known
      both|alertmanagers|get||200 application/json|Who is told of alerts
      first|write|post||204|Remote write 1.0 and 2.0
      first|push|post||204|Remote write under the path that Cortex and Mimir have
      first|otlp/v1/metrics|post||200 application/x-protobuf|OTLP metrics, protobuf or JSON
      first|otlp/v1/traces|post||200 application/x-protobuf|OTLP spans, of which metrics are made
      first|otlp/v1/logs|post||501|Refused: logs are not stored
      """;

  private static final String HEAD = """
      openapi: 3.1.0
      info:
        title: Throughline, Prometheus' HTTP API
        version: "1"
      servers:
        - url: /api/v1
        - url: /prometheus/api/v1
      components:
        parameters:
          tenant:
            name: X-Scope-OrgID
            in: header
            description: Whose series; the tenant default where it is absent
            schema: { type: string }
        schemas:
          Error:
            type: object
            required: [status, errorType, error]
            properties:
              status: { const: error }
              errorType: { type: string }
              error: { type: string }
        responses:
      """;

  /** Name, status, and what it means. */
  private static final String FAILURES = """
      mistake|400|A mistake in the request, named with its place
      unanswerable|422|An expression that these samples do not answer, or a limit
      tooMany|429|The tenant has as many queries running as query.max-concurrent allows
      defect|500|A defect of the server
      unavailable|503|Too busy, or out of time; Retry-After says when to ask again
      """;

  private ApiDescription() {}

  static String of(List<ApiRoute> routes, ApiRoute atTheRoot) {
    var text = new StringBuilder(HEAD);
    FAILURES.lines().map(line -> line.split("\\|", -1)).forEach(parts -> {
      text.append("    ").append(parts[0]).append(":\n      description: \"").append(parts[2]);
      text.append("\"\n      content:\n        application/json:\n");
      text.append("          schema: { $ref: '#/components/schemas/Error' }\n");
    });
    text.append("paths:\n");
    routes.forEach(route -> route(route, text));
    route(atTheRoot, text);
    text.append("    servers: [{ url: / }]\n");
    NEIGHBOURS.lines().forEach(line -> neighbour(line.split("\\|", -1), text));
    return text.toString();
  }

  private static void route(ApiRoute route, StringBuilder text) {
    path(route.path(), text);
    for (var method : route.methods()) {
      operation(route.path(), method, route.parameters(), route.summary(), text);
      text.append("      responses:\n");
      for (var status : route.successes().stream().map(Success::status).distinct().toList()) {
        text.append("        \"").append(status).append("\":\n");
        text.append("          description: What was asked for\n");
        content(route.successes().stream().map(Success::contentType).toList(), text);
      }
      FAILURES.lines()
          .map(line -> line.split("\\|", -1))
          .forEach(parts -> text.append("        \"")
              .append(parts[1])
              .append("\": { $ref: '#/components/responses/")
              .append(parts[0])
              .append("' }\n"));
    }
  }

  private static void neighbour(String[] parts, StringBuilder text) {
    path(parts[1], text);
    if (parts[0].equals("first")) {
      text.append("    servers: [{ url: /api/v1 }]\n");
    }
    operation(parts[1], HttpMethod.valueOf(parts[2].toUpperCase(Locale.ROOT)),
        ApiRoute.names(parts[3]), parts[5], text);
    var answer = parts[4].split(" ", -1);
    text.append("      responses:\n        \"").append(answer[0]).append("\":\n");
    text.append("          description: \"").append(parts[5]).append("\"\n");
    content(answer.length == 1 ? List.of("") : List.of(answer[1]), text);
    text.append("        default: { description: \"What went wrong, in the body\" }\n");
  }

  private static void path(String path, StringBuilder text) {
    text.append("  /").append(path).append(":\n");
    text.append("    parameters: [{ $ref: '#/components/parameters/tenant' }]\n");
  }

  private static void operation(String path, HttpMethod method, List<String> parameters,
      String summary, StringBuilder text) {
    var name = method.name().toLowerCase(Locale.ROOT);
    text.append("    ").append(name).append(":\n      operationId: ");
    text.append(name).append('_').append(path.replaceAll("[^a-z0-9]+", "_")).append('\n');
    text.append("      summary: \"").append(summary).append("\"\n");
    boolean inAddress = method.equals(HttpMethod.GET);
    if (path.contains("{name}") || inAddress && !parameters.isEmpty()) {
      text.append("      parameters:\n");
    }
    if (path.contains("{name}")) {
      parameter("name", "path", true, "{ type: string }", text);
    }
    if (inAddress) {
      parameters.forEach(each -> parameter(named(each), "query", each.endsWith("!"),
          schema(path, named(each)), text));
    } else {
      form(path, parameters, text);
    }
  }

  private static String named(String parameter) {
    return parameter.endsWith("!") ? parameter.substring(0, parameter.length() - 1) : parameter;
  }

  private static void parameter(String name, String place, boolean needed, String schema,
      StringBuilder text) {
    text.append("        - name: \"").append(name).append("\"\n          in: ").append(place);
    text.append("\n          required: ").append(needed).append("\n          schema: ");
    text.append(schema).append('\n');
  }

  /** The body of a request that is not a GET. Parameters may stand in its address as well. */
  private static void form(String path, List<String> parameters, StringBuilder text) {
    if (path.contains("admin/") && parameters.isEmpty()) {
      return;
    }
    text.append("      requestBody:\n        content:\n");
    if (parameters.isEmpty()) {
      text.append("          application/x-protobuf: {}\n");
      return;
    }
    text.append("          application/x-www-form-urlencoded:\n            schema:\n");
    text.append("              type: object\n              required: [");
    text.append(String.join(", ",
        parameters.stream()
            .filter(each -> each.endsWith("!"))
            .map(each -> "\"" + named(each) + "\"")
            .toList()));
    text.append("]\n              properties:\n");
    parameters.forEach(each -> text.append("                \"")
        .append(named(each))
        .append("\": ")
        .append(schema(path, named(each)))
        .append('\n'));
  }

  private static void content(List<String> types, StringBuilder text) {
    if (types.stream().allMatch(String::isEmpty)) {
      return;
    }
    text.append("          content:\n");
    types.forEach(type -> text.append("            \"").append(type).append("\": {}\n"));
  }

  private static String schema(String path, String name) {
    return switch (name) {
      case "time", "start", "end" ->
        "{ type: string, description: RFC 3339 or seconds since 1970 }";
      case "step", "timeout", "lookback_delta" ->
        "{ type: string, description: as 15s or in seconds }";
      case "limit" -> path.endsWith("tsdb")
          ? "{ type: integer, minimum: 1, maximum: 10000 }"
          : "{ type: integer, minimum: 0 }";
      case "limit_per_metric", "batch_size" -> "{ type: integer, minimum: 0 }";
      case "group_limit" -> "{ type: integer, minimum: 1 }";
      case "fuzz_threshold" -> "{ type: integer, minimum: 0, maximum: 100 }";
      case "case_sensitive", "include_score", "include_metadata", "exclude_alerts" ->
        "{ type: boolean }";
      case "sort_by" -> "{ enum: [alpha, score] }";
      case "sort_dir" -> "{ enum: [asc, dsc] }";
      case "type" -> "{ enum: [alert, record] }";
      default ->
        name.endsWith("[]") ? "{ type: array, items: { type: string } }" : "{ type: string }";
    };
  }
}

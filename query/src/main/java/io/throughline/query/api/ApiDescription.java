package io.throughline.query.api;

import java.util.Locale;

/** {@code openapi.yaml}: the routes of this API with their parameters, for tools that make clients of it. */
final class ApiDescription {

  /** Path, methods, parameters (those that must be there end in !), what it gives. */
  private static final String ROUTES = """
      query|get post|query! time timeout limit lookback_delta stats|An expression at one time
      query_range|get post|query! start! end! step! timeout limit lookback_delta stats|An expression at many times
      query_exemplars|get post|query! start end|Exemplars of the series an expression selects
      format_query|get post|query!|An expression, laid out
      parse_query|get post|query!|An expression as a tree
      series|get post|match[]! start end limit|Label sets
      labels|get post|match[] start end limit|Names of labels
      label/{name}/values|get|match[] start end limit|Values of a label
      metadata|get|metric limit limit_per_metric|Types, units and help texts of metrics
      search/metric_names|get post|search[] match[] start end limit batch_size case_sensitive fuzz_threshold sort_by sort_dir include_score include_metadata|Metric names that contain a word
      search/label_names|get post|search[] match[] start end limit batch_size case_sensitive fuzz_threshold sort_by sort_dir include_score|Label names that contain a word
      search/label_values|get post|label! search[] match[] start end limit batch_size case_sensitive fuzz_threshold sort_by sort_dir include_score|Label values that contain a word
      read|post||Remote read, samples or streamed chunks
      targets|get||Scraped targets: none
      targets/metadata|get||Metadata of scraped targets: none
      scrape_pools|get||Scrape pools: none
      notifications|get||Notices: none
      features|get||What of the language and the API is on
      status/buildinfo|get||The version whose API this is
      status/runtimeinfo|get||The process
      status/config|get||The scrape configuration: empty
      status/flags|get||Limits
      status/walreplay|get||Whether the log has been read
      status/tsdb|get|limit|What has most series
      admin/tsdb/delete_series|post put|match[]! start end|Deletes samples
      admin/tsdb/clean_tombstones|post put||Takes what was deleted out of the files
      admin/tsdb/snapshot|post put||Refused: throughline snapshot makes one
      openapi.yaml|get||This page
      """;

  private ApiDescription() {}

  static void write(Call call) {
    call.out().text(yaml());
  }

  static String yaml() {
    var text = new StringBuilder("""
        openapi: 3.1.0
        info:
          title: Throughline, Prometheus' HTTP API
          version: "1"
        servers:
          - url: /api/v1
          - url: /prometheus/api/v1
        paths:
        """);
    ROUTES.lines().forEach(line -> route(line.split("\\|", -1), text));
    return text.toString();
  }

  private static void route(String[] parts, StringBuilder text) {
    text.append("  /").append(parts[0]).append(":\n");
    for (var method : parts[1].split(" ")) {
      text.append("    ").append(method).append(":\n      operationId: ");
      text.append(method).append('_').append(parts[0].replaceAll("[^a-z]+", "_")).append('\n');
      text.append("      summary: \"").append(parts[3]).append("\"\n");
      parameters(parts[0], method, parts[2], text);
      text.append("""
                responses:
                  "200":
                    description: What was asked for
                  "400":
                    description: A mistake in the request, named with its place
                  "422":
                    description: An expression that these samples do not answer, or a limit
                  "503":
                    description: Too busy, or out of time
          """);
    }
  }

  private static void parameters(String path, String method, String names, StringBuilder text) {
    boolean inPath = path.contains("{name}");
    if (names.isEmpty() && !inPath) {
      return;
    }
    text.append("      parameters:\n");
    if (inPath) {
      parameter("name", "path", true, text);
    }
    for (var name : names.split(" ")) {
      boolean needed = name.endsWith("!");
      // A form may hold them instead, so only a request without a body must have them in its address.
      parameter(needed ? name.substring(0, name.length() - 1) : name, "query",
          needed && method.toLowerCase(Locale.ROOT).equals("get"), text);
    }
  }

  private static void parameter(String name, String place, boolean needed, StringBuilder text) {
    text.append("        - name: \"").append(name).append("\"\n          in: ").append(place);
    text.append("\n          required: ").append(needed).append("\n          schema: ");
    text.append(
        name.endsWith("[]") ? "{ type: array, items: { type: string } }\n" : "{ type: string }\n");
  }
}

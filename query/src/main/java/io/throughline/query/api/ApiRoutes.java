package io.throughline.query.api;

import static io.throughline.query.api.ApiRoute.both;
import static io.throughline.query.api.ApiRoute.change;
import static io.throughline.query.api.ApiRoute.get;

import io.throughline.query.Deletion;
import io.throughline.query.QuerySettings;
import io.throughline.query.api.ReplyStream.Success;
import io.throughline.query.source.ExemplarStore;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All routes of this API. */
final class ApiRoutes {

  private static final String RANGE = "start end limit";
  private static final String SEARCH = "search[] match[] " + RANGE
      + " batch_size case_sensitive fuzz_threshold sort_by sort_dir include_score";
  private static final String EVALUATION = "timeout limit lookback_delta stats";

  private ApiRoutes() {}

  /** Below no prefix. */
  static ApiRoute federation() {
    return get("federate", "match[]!", new Federation()::federate,
        "The newest sample of each series, as a scrape has them")
        .answering(Success.TEXT, Success.FAMILIES);
  }

  /** Below each prefix. */
  static List<ApiRoute> of(QuerySettings settings, @Nullable Deletion deletion,
      ExemplarStore exemplars) {
    var routes = new ArrayList<ApiRoute>();
    queries(exemplars, routes);
    series(routes);
    status(new StatusEndpoints(settings), routes);
    var admin = new AdminEndpoints(deletion);
    routes.add(change("admin/tsdb/delete_series", "match[]! start end", admin::deleteSeries,
        "Deletes samples"));
    routes.add(change("admin/tsdb/clean_tombstones", "", admin::cleanTombstones,
        "Takes what was deleted out of the files"));
    routes.add(change("admin/tsdb/snapshot", "", admin::snapshot,
        "Refused: throughline snapshot makes one").answering());
    routes.add(
        get("openapi.yaml", "", call -> call.out().text(ApiDescription.of(routes, federation())),
            "This page").answering(Success.YAML));
    return routes;
  }

  private static void queries(ExemplarStore exemplars, List<ApiRoute> routes) {
    var queries = new QueryEndpoints();
    routes.add(
        both("query", "query! time " + EVALUATION, queries::instant, "An expression at one time"));
    routes.add(both("query_range", "query! start! end! step! " + EVALUATION, queries::range,
        "An expression at many times"));
    routes.add(both("query_exemplars", "query! start end", new ExemplarEndpoint(exemplars)::query,
        "Exemplars of the series an expression selects"));
    routes.add(both("format_query", "query!", queries::format, "An expression, laid out"));
    routes.add(both("parse_query", "query!", queries::parse, "An expression as a tree"));
    routes.add(get("read", "", new RemoteRead()::read, "Remote read, samples or streamed chunks")
        .by(HttpMethod.POST)
        .answering(Success.SNAPPY, Success.CHUNKS));
  }

  private static void series(List<ApiRoute> routes) {
    var series = new SeriesEndpoints();
    routes.add(both("series", "match[]! " + RANGE, series::series, "Label sets"));
    routes.add(both("labels", "match[] " + RANGE, series::labels, "Names of labels"));
    routes.add(get("label/{name}/values", "match[] " + RANGE, series::values, "Values of a label"));
    routes.add(get("metadata", "metric limit limit_per_metric", series::metadata,
        "Types, units and help texts of metrics"));
    var search = new SearchEndpoints();
    routes.add(both("search/metric_names", SEARCH + " include_metadata", search::metricNames,
        "Metric names that contain a word").answering(Success.LINES));
    routes.add(
        both("search/label_names", SEARCH, search::labelNames, "Label names that contain a word")
            .answering(Success.LINES));
    routes.add(both("search/label_values", "label! " + SEARCH, search::labelValues,
        "Label values that contain a word").answering(Success.LINES));
  }

  private static void status(StatusEndpoints status, List<ApiRoute> routes) {
    routes.add(get("status/buildinfo", "", status::buildInfo, "The version whose API this is"));
    routes.add(get("status/runtimeinfo", "", status::runtimeInfo, "The process"));
    routes.add(get("status/config", "", status::config, "The scrape configuration: empty"));
    routes.add(get("status/flags", "", status::flags, "Limits"));
    routes.add(get("status/walreplay", "", status::walReplay, "Whether the log has been read"));
    routes.add(get("status/tsdb", "limit", status::tsdb, "What has most series"));
    routes.add(get("features", "", status::features, "What of the language and the API is on"));
    routes.add(get("notifications", "", status::nothing, "Notices: none"));
    routes.add(get("targets", "", status::targets, "Scraped targets: none"));
    routes.add(get("targets/metadata", "", status::nothing, "Metadata of scraped targets: none"));
    routes.add(get("scrape_pools", "", status::scrapePools, "Scrape pools: none"));
  }
}

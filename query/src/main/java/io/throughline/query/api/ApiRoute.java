package io.throughline.query.api;

import io.throughline.query.api.ReplyStream.Success;
import io.vertx.core.http.HttpMethod;
import java.util.List;

/**
 * A route of this API: what answers it, and what {@code openapi.yaml} says of it. The router and the description are both made
 * of these, so neither has what the other lacks.
 *
 * @param path without its prefix; a variable part in braces
 * @param parameters their names; of one that must be there with {@code !} after it
 * @param successes what an answer may say of itself; none where nobody is served
 */
record ApiRoute(String path, List<HttpMethod> methods, List<String> parameters,
    List<Success> successes, PrometheusApi.Endpoint endpoint, String summary) {

  private static final List<HttpMethod> GET = List.of(HttpMethod.GET);
  private static final List<HttpMethod> BOTH = List.of(HttpMethod.GET, HttpMethod.POST);
  private static final List<HttpMethod> CHANGES = List.of(HttpMethod.POST, HttpMethod.PUT);

  /** The path as the router has it. */
  String template() {
    return "/" + path.replaceAll("\\{(\\w+)}", ":$1");
  }

  /** What the answer says of itself unless the endpoint says otherwise. */
  Success usual() {
    return successes.isEmpty() ? Success.JSON : successes.getFirst();
  }

  static ApiRoute get(String path, String parameters, PrometheusApi.Endpoint endpoint,
      String summary) {
    return new ApiRoute(path, GET, names(parameters), List.of(Success.JSON), endpoint, summary);
  }

  /** Long expressions do not fit into an address, so these are also asked for with a form. */
  static ApiRoute both(String path, String parameters, PrometheusApi.Endpoint endpoint,
      String summary) {
    return new ApiRoute(path, BOTH, names(parameters), List.of(Success.JSON), endpoint, summary);
  }

  /** What changes something answers with nothing. */
  static ApiRoute change(String path, String parameters, PrometheusApi.Endpoint endpoint,
      String summary) {
    return new ApiRoute(path, CHANGES, names(parameters), List.of(Success.EMPTY), endpoint,
        summary);
  }

  ApiRoute answering(Success... others) {
    return new ApiRoute(path, methods, parameters, List.of(others), endpoint, summary);
  }

  ApiRoute by(HttpMethod other) {
    return new ApiRoute(path, List.of(other), parameters, successes, endpoint, summary);
  }

  static List<String> names(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(" ", -1));
  }
}

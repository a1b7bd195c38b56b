package io.throughline.query.api;

import com.google.re2j.Pattern;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** Lets web pages of other origins read answers, as the setting {@code query.cors-origin} allows; says so on every answer. */
final class CrossOrigin {

  private final Pattern allowed;
  private final boolean nobody;

  /** @param allowed a regular expression of whole origins, empty for none */
  CrossOrigin(String allowed) {
    this.allowed = Pattern.compile("(?:" + allowed + ")");
    this.nobody = allowed.isEmpty();
  }

  /** Adds the headers below a prefix, and the answer to a browser that asks before it sends. */
  void mount(Router router, String prefix) {
    router.route(prefix + "/*").handler(this::addOnLoop);
  }

  private void addOnLoop(RoutingContext context) {
    var headers = context.response().headers();
    // A cache must not give one page's answer to another, also where this one had no origin.
    headers.add(HttpHeaders.VARY, HttpHeaders.ORIGIN);
    var origin = context.request().getHeader(HttpHeaders.ORIGIN);
    if (!nobody && origin != null && allowed.matches(origin)) {
      headers.set(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin)
          .set(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS,
              "Accept, Accept-Encoding, Authorization, Content-Type, Origin, X-Scope-OrgID")
          .set(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS")
          .set(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, "Date");
    }
    if (context.request().method() == HttpMethod.OPTIONS && origin != null) {
      context.response().setStatusCode(204).end();
    } else {
      context.next();
    }
  }
}

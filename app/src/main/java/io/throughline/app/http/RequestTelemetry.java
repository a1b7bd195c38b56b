package io.throughline.app.http;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongUpDownCounter;
import io.opentelemetry.api.metrics.Meter;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Measures requests by route template, as OpenTelemetry's HTTP conventions say. Left out: health and metrics,
 * and what our own agents send, so that watching makes no traffic to watch.
 */
final class RequestTelemetry {
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
  private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
  private static final AttributeKey<Long> STATUS = AttributeKey
      .longKey("http.response.status_code");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
  private static final Set<String> METHODS = Set.of("GET", "POST", "PUT", "DELETE", "HEAD",
      "OPTIONS", "PATCH");
  private static final Pattern PARAMETER = Pattern.compile(":([A-Za-z_][A-Za-z0-9_]*)");
  private static final String OWN_AGENT = "throughline-agent";

  private final DoubleHistogram duration;
  private final LongUpDownCounter active;
  /** Bounded: templates are as many as routes. */
  private final ConcurrentHashMap<String, String> templates = new ConcurrentHashMap<>();

  RequestTelemetry(Meter meter) {
    duration = meter.histogramBuilder("http.server.request.duration")
        .setUnit("s")
        .setDescription("Duration of HTTP requests")
        .build();
    active = meter.upDownCounterBuilder("http.server.active_requests")
        .setUnit("{request}")
        .setDescription("HTTP requests being served")
        .build();
  }

  void onLoop(RoutingContext context) {
    if (isOwn(context.request())) {
      context.next();
      return;
    }
    long started = System.nanoTime();
    var name = context.request().method().name();
    var method = METHODS.contains(name) ? name : "_OTHER";
    var served = Attributes.of(METHOD, method);
    active.add(1, served);
    context.addEndHandler(ended -> {
      active.add(-1, served);
      int status = context.response().getStatusCode();
      var attributes = Attributes.builder()
          .put(METHOD, method)
          .put(ROUTE, template(context, status))
          .put(STATUS, (long) status);
      if (status >= 500) {
        attributes.put(ERROR, "" + status);
      }
      duration.record((System.nanoTime() - started) / 1e9, attributes.build());
    });
    context.next();
  }

  private static boolean isOwn(HttpServerRequest request) {
    var path = request.path();
    if (path == null || path.startsWith("/-/") || path.equals("/metrics")) {
      return true;
    }
    var agent = request.getHeader("User-Agent");
    return agent != null && agent.startsWith(OWN_AGENT);
  }

  private String template(RoutingContext context, int status) {
    var route = context.currentRoute();
    var path = route == null ? null : route.getPath();
    if (path == null || status == 404 || status == 405) {
      return "unknown";
    }
    return templates.computeIfAbsent(path, p -> PARAMETER.matcher(p).replaceAll("{$1}"));
  }
}

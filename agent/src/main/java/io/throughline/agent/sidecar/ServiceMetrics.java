package io.throughline.agent.sidecar;

import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.ExponentialHistogram;
import io.throughline.agent.otlp.Instrument;
import io.throughline.agent.otlp.OtlpWriter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What a sidecar counts for its service, since it began. On the event loop only: no locks.
 *
 * <p>Every attribute is bounded: methods to the known ones, routes by {@link Routes}, callers to
 * {@value #MOST_CALLERS}, error types are our own words. A request is reported once, when its last byte is
 * passed on or it failed.
 */
final class ServiceMetrics {

  static final String OTHER_METHOD = "_OTHER";
  static final int MOST_CALLERS = 64;
  private static final int MOST_SERIES = 2_000;
  private static final int LONGEST_CALLER = 128;
  private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "DELETE",
      "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY");

  private static final Instrument DURATION = Instrument.histogram("http.server.request.duration",
      "s");
  private static final Instrument ACTIVE = Instrument.gauge("http.server.active_requests",
      "{request}");
  private static final Instrument QUEUE_DURATION = Instrument
      .histogram("throughline.http.server.queue.duration", "s");
  private static final Instrument QUEUE_LENGTH = Instrument
      .gauge("throughline.http.server.queue.length", "{request}");
  private static final Instrument EDGES = Instrument.counter("throughline.edge.requests",
      "{request}");

  /** {@code status} 0 = none was sent; {@code error} "" = none. */
  private record Outcome(String method, String route, int status, String error) {

    Attributes attributes() {
      var attributes = new HashMap<String, Object>();
      attributes.put("http.request.method", method);
      attributes.put("http.route", route);
      if (status > 0) {
        attributes.put("http.response.status_code", status);
      }
      if (!error.isEmpty()) {
        attributes.put("error.type", error);
      }
      return Attributes.of(attributes);
    }
  }

  private record Timed(Attributes attributes, ExponentialHistogram histogram) {}

  private record Edge(String client, int status) {}

  private static final class Count {
    final Attributes attributes;
    long value;

    Count(Attributes attributes) {
      this.attributes = attributes;
    }
  }

  private final long startNanos;
  private final Routes routes = new Routes();
  private final Map<Outcome, Timed> durations = new LinkedHashMap<>();
  private final Map<String, Count> active = new LinkedHashMap<>();
  private final Map<Edge, Count> edges = new LinkedHashMap<>();
  private final Set<String> callers = new HashSet<>();
  private final ExponentialHistogram queueDuration = new ExponentialHistogram();
  private long queueLength;

  /** {@code startNanos} since 1970: when counting began. */
  ServiceMetrics(long startNanos) {
    this.startNanos = startNanos;
  }

  static String method(String method) {
    return METHODS.contains(method) ? method : OTHER_METHOD;
  }

  void accepted(String method) {
    active.computeIfAbsent(method, m -> new Count(Attributes.of("http.request.method", m))).value++;
    queueLength++;
  }

  /** The request has its upstream connection, or will never have one. */
  void leftQueue(long waitedNanos) {
    queueLength--;
    queueDuration.record(waitedNanos / 1e9);
  }

  void finished(String method, String target, int status, String error, String caller,
      long tookNanos) {
    Count inFlight = active.get(method);
    if (inFlight != null) {
      inFlight.value--;
    }
    var outcome = new Outcome(method, routes.of(target), status, error);
    Timed timed = durations.get(outcome);
    if (timed == null) {
      if (durations.size() >= MOST_SERIES) {
        outcome = new Outcome(OTHER_METHOD, Routes.OTHER, status / 100 * 100, error);
      }
      timed = durations.computeIfAbsent(outcome,
          o -> new Timed(o.attributes(), new ExponentialHistogram()));
    }
    timed.histogram().record(tookNanos / 1e9);
    edges.computeIfAbsent(new Edge(caller(caller), status), e -> new Count(edge(e))).value++;
  }

  void writeTo(OtlpWriter out, Attributes resource, long nowNanos) {
    out.beginResource(resource);
    out.begin(DURATION);
    for (Timed timed : durations.values()) {
      out.histogram(timed.attributes(), startNanos, nowNanos, timed.histogram());
    }
    out.end();
    out.begin(ACTIVE);
    for (Count count : active.values()) {
      out.point(count.attributes, 0, nowNanos, count.value);
    }
    out.end();
    out.begin(QUEUE_DURATION);
    out.histogram(Attributes.NONE, startNanos, nowNanos, queueDuration);
    out.end();
    out.single(QUEUE_LENGTH, 0, nowNanos, queueLength);
    out.begin(EDGES);
    for (Count count : edges.values()) {
      out.point(count.attributes, startNanos, nowNanos, count.value);
    }
    out.end();
    out.endResource();
  }

  private static Attributes edge(Edge edge) {
    return edge.status() == 0
        ? Attributes.of("throughline.client", edge.client())
        : Attributes.of("throughline.client", edge.client(), "http.response.status_code",
            edge.status());
  }

  /** Callers name themselves: what is no service's name is nobody's, and there are only so many. */
  private String caller(String named) {
    if (named.isEmpty() || named.length() > LONGEST_CALLER
        || !named.chars().allMatch(c -> c > ' ' && c < 127 && c != ',' && c != ';')) {
      return "unknown";
    }
    if (callers.contains(named)) {
      return named;
    }
    if (callers.size() >= MOST_CALLERS) {
      return Routes.OTHER;
    }
    callers.add(named);
    return named;
  }
}

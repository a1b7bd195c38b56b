package io.throughline.collector.spans;

import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.throughline.collector.spans.Attributes.Service;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The calls one request completed, by who called whom. */
final class Calls {
  /** @param kind {@code ""}, {@code database}, {@code messaging_system} or {@code virtual_node} */
  private record Edge(Service client, Service server, String kind) {
    List<KeyValue> labels() {
      var labels = new ArrayList<KeyValue>();
      labels.add(Attributes.of("client", client.name()));
      labels.add(Attributes.of("server", server.name()));
      labels.add(Attributes.of("connection_type", kind));
      labels.add(Attributes.of("client_service_namespace", client.namespace()));
      labels.add(Attributes.of("server_service_namespace", server.namespace()));
      return labels;
    }
  }

  private static final class Taken {
    long count;
    long failed;
    final Durations client = new Durations();
    final Durations server = new Durations();
  }

  private final Map<Edge, Taken> taken = new LinkedHashMap<>();
  private final Map<Edge, Long> unpaired = new LinkedHashMap<>();
  private long dropped;

  /** @param seconds as each side saw it; NaN where that side does not say */
  void add(Service client, Service server, String kind, double clientSeconds, double serverSeconds,
      boolean failed) {
    var edge = taken.computeIfAbsent(new Edge(client, server, kind), key -> new Taken());
    edge.count++;
    edge.failed += failed ? 1 : 0;
    if (!Double.isNaN(clientSeconds)) {
      edge.client.add(clientSeconds);
    }
    if (!Double.isNaN(serverSeconds)) {
      edge.server.add(serverSeconds);
    }
  }

  void unpaired(Service client, Service server) {
    unpaired.merge(new Edge(client, server, ""), 1L, Long::sum);
  }

  void dropped(int count) {
    dropped += count;
  }

  List<Metric> metrics(Interval interval) {
    var requests = interval.sum("traces.service.graph.request", "Calls between services");
    var failures = interval.sum("traces.service.graph.request.failed",
        "Calls between services that failed on either side");
    var clients = interval.histogram("traces.service.graph.request.client",
        "How long calls took as the caller saw it");
    var servers = interval.histogram("traces.service.graph.request.server",
        "How long calls took as the callee saw it");
    taken.forEach((edge, each) -> {
      var labels = edge.labels();
      requests.add(labels, each.count);
      // Also where none failed: a failure's series must have begun before the first failure.
      failures.add(labels, each.failed);
      if (each.client.count() > 0) {
        clients.add(labels, each.client);
      }
      if (each.server.count() > 0) {
        servers.add(labels, each.server);
      }
    });
    var alone = interval.sum("traces.service.graph.unpaired_spans",
        "Spans whose other side did not come in time");
    unpaired.forEach((edge, count) -> alone.add(edge.labels(), count));
    var lost = interval.sum("traces.service.graph.dropped_spans",
        "Spans given up because too many waited for their other side");
    if (dropped > 0) {
      lost.add(List.of(), dropped);
    }
    var metrics = new ArrayList<Metric>();
    for (var counter : List.of(requests, failures, alone, lost)) {
      if (!counter.isEmpty()) {
        metrics.add(counter.metric());
      }
    }
    for (var histogram : List.of(clients, servers)) {
      if (!histogram.isEmpty()) {
        metrics.add(histogram.metric());
      }
    }
    return metrics;
  }
}

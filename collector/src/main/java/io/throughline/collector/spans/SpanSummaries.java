package io.throughline.collector.spans;

import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.throughline.model.Tenant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Turns an export of spans into delta metrics: of each operation of a service how often it ran, how long and how
 * often in vain, and of each call between services the same. Named as others name them, so that what is derived
 * here and what a collector elsewhere derived is one thing:
 *
 * <pre>
 * traces.span.metrics.calls      {span.name, span.kind, status.code}   of the spans' resource
 * traces.span.metrics.duration   the same, s, exponential histogram
 * traces.service.graph.request                 {client, server, connection_type, …_service_namespace}
 * traces.service.graph.request.failed          the same
 * traces.service.graph.request.client, .server the same, s: as each side saw it, exponential histograms
 * traces.service.graph.unpaired_spans, .dropped_spans
 * </pre>
 *
 * <p>Counted are spans of kind server, client, producer and consumer, and internal ones without a parent, which are
 * jobs; other internal spans are parts of something that is counted. They are counted at their arrival, so that a late
 * span adds to now rather than being too old; one that ended more than {@value #OLDEST_MS} ms ago is refused.
 *
 * <p>Summaries are deltas that become cumulative behind Kafka: what was acknowledged is counted through any
 * restart. Of a delta the collector asks that no two have the same interval: the end is the clock, the start
 * differs by a millisecond from request to request. What a restart forgets are halves of calls ({@link Pairs}) and
 * which names were met ({@link Names}). Thread-safe.
 */
public final class SpanSummaries {
  static final long OLDEST_MS = 3_600_000;
  private static final int STARTS = 1024;

  /**
   * What came of an export.
   *
   * @param metrics the summaries, to be taken in like any metrics
   * @param refused spans that cannot be counted, with the first reason
   */
  public record Summary(ExportMetricsServiceRequest metrics, int spans, int refused,
      String reason) {}

  private record Operation(String name, Span.SpanKind kind, Status.StatusCode status) {}

  private final Pairs pairs = new Pairs();
  private final Names names = new Names();
  private final long startedMs;
  private final AtomicLong lastEndMs = new AtomicLong();
  private final AtomicLong requests = new AtomicLong();

  public SpanSummaries(long startedMs) {
    this.startedMs = startedMs;
  }

  /** One request's way through: its interval and what it found. */
  private final class Pass {
    final Tenant tenant;
    final Interval interval;
    final long nowMs;
    final ExportMetricsServiceRequest.Builder metrics = ExportMetricsServiceRequest.newBuilder();
    final Calls calls = new Calls();
    int spans;
    int refused;
    String reason = "";

    Pass(Tenant tenant, long nowMs) {
      this.tenant = tenant;
      this.nowMs = nowMs;
      // Never backwards: an interval that ended before the last 64 counts as repeated.
      long endMs = lastEndMs.accumulateAndGet(nowMs, Math::max);
      this.interval = new Interval(startedMs - requests.getAndIncrement() % STARTS, endMs);
    }

    void refuse(String why) {
      refused++;
      reason = reason.isEmpty() ? why : reason;
    }

    private boolean isCounted(Span span) {
      long endMs = Long.divideUnsigned(span.getEndTimeUnixNano(), 1_000_000);
      if (Long.compareUnsigned(span.getEndTimeUnixNano(), span.getStartTimeUnixNano()) < 0
          || span.getEndTimeUnixNano() == 0) {
        refuse("span '" + abbreviate(span.getName()) + "' ends before it begins");
        return false;
      }
      if (endMs < nowMs - OLDEST_MS || endMs > nowMs + OLDEST_MS) {
        refuse("span '" + abbreviate(span.getName()) + "' ended " + Math.abs(nowMs - endMs) / 1000
            + " s " + (endMs < nowMs ? "before" : "after")
            + " it came, and is counted where it comes: at most " + OLDEST_MS / 1000
            + " s are accepted; check the sender's clock");
        return false;
      }
      return switch (span.getKind()) {
        case SPAN_KIND_SERVER, SPAN_KIND_CLIENT, SPAN_KIND_PRODUCER, SPAN_KIND_CONSUMER -> true;
        case SPAN_KIND_INTERNAL, SPAN_KIND_UNSPECIFIED, UNRECOGNIZED ->
          span.getParentSpanId().isEmpty();
      };
    }

    void take(Resource resource, List<Span> of) {
      var operations = new LinkedHashMap<Operation, Durations>();
      var service = Attributes.service(resource);
      for (var span : of) {
        spans++;
        if (!isCounted(span)) {
          continue;
        }
        var name = names.bounded(tenant, service.id(), span.getName());
        operations
            .computeIfAbsent(new Operation(name, span.getKind(), span.getStatus().getCode()),
                key -> new Durations())
            .add(seconds(span));
        if (!service.name().isEmpty()) {
          pairs.meet(tenant, service, span, nowMs, calls);
        }
      }
      if (!operations.isEmpty()) {
        metrics.addResourceMetrics(ResourceMetrics.newBuilder()
            .setResource(resource)
            .addScopeMetrics(interval.scope(summaries(operations))));
      }
    }

    private List<Metric> summaries(Map<Operation, Durations> operations) {
      var calls = interval.sum("traces.span.metrics.calls", "Spans by operation, kind and status");
      var durations = interval.histogram("traces.span.metrics.duration",
          "How long spans took, by operation, kind and status");
      operations.forEach((operation, taken) -> {
        var labels = List.of(Attributes.of("span.name", operation.name()),
            Attributes.of("span.kind", operation.kind().name()),
            Attributes.of("status.code", operation.status().name()));
        calls.add(labels, taken.count());
        durations.add(labels, taken);
      });
      return List.of(calls.metric(), durations.metric());
    }
  }

  /** Summarises an export that came at this time. */
  public Summary summarize(Tenant tenant, ExportTraceServiceRequest export, long nowMs) {
    var pass = new Pass(tenant, nowMs);
    for (var resource : export.getResourceSpansList()) {
      for (var scope : resource.getScopeSpansList()) {
        pass.take(resource.getResource(), scope.getSpansList());
      }
    }
    pairs.expire(tenant, nowMs, pass.calls);
    var edges = pass.calls.metrics(pass.interval);
    if (!edges.isEmpty()) {
      pass.metrics.addResourceMetrics(
          ResourceMetrics.newBuilder().addScopeMetrics(pass.interval.scope(edges)));
    }
    return new Summary(pass.metrics.build(), pass.spans, pass.refused, pass.reason);
  }

  private static double seconds(Span span) {
    return (span.getEndTimeUnixNano() - span.getStartTimeUnixNano()) / 1e9;
  }

  private static String abbreviate(String text) {
    return text.length() <= 120 ? text : text.substring(0, 120) + "…";
  }
}

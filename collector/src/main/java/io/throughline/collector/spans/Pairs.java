package io.throughline.collector.spans;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.throughline.collector.spans.Attributes.Service;
import io.throughline.model.Tenant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Halves of calls that wait for their other side: a caller's span for the callee's that names it as parent, or the
 * other way round, in whichever order and requests they come.
 *
 * <p>A half waits {@value #PATIENCE_MS} ms. A caller's whose callee never speaks then counts as a call of what the span
 * names (the host it called); one that names nobody, and a callee's, count as unpaired. A database never speaks, so its
 * calls count at once. At most {@value #MOST} halves wait in all; beyond, the longest waiting of the same tenant is
 * given up, and where it has none the new one, both counted. Both sides must come to the same collector. Thread-safe.
 */
final class Pairs {
  static final long PATIENCE_MS = 10_000;
  static final int MOST = 50_000;
  private static final int TRACE_BYTES = 16;
  private static final int SPAN_BYTES = 8;
  /** Of what a service calls and nobody else describes: hosts come from outside and are as many as they like. */
  private final Names hosts = new Names();

  private record Key(ByteString trace, ByteString callersSpan) {}

  /** @param callee what a caller's span says it calls; null on a callee's own half */
  private record Half(Service service, @Nullable Service callee, boolean isCaller, String kind,
      double seconds, boolean failed, long untilMs) {}

  /** In the order they came, so the first waits longest. */
  private final Map<Tenant, LinkedHashMap<Key, Half>> waiting = new HashMap<>();
  private int count;

  /** Takes a span: completes a call with its other side, or waits for that. */
  synchronized void meet(Tenant tenant, Service service, Span span, long nowMs, Calls calls) {
    boolean isCaller = span.getKind() == Span.SpanKind.SPAN_KIND_CLIENT
        || span.getKind() == Span.SpanKind.SPAN_KIND_PRODUCER;
    if (!isCaller && span.getKind() != Span.SpanKind.SPAN_KIND_SERVER
        && span.getKind() != Span.SpanKind.SPAN_KIND_CONSUMER) {
      return;
    }
    var trace = id(span.getTraceId(), TRACE_BYTES);
    var callersSpan = id(isCaller ? span.getSpanId() : span.getParentSpanId(), SPAN_BYTES);
    if (trace.isEmpty() || callersSpan.isEmpty()) {
      return; // A callee without a caller's span is where a trace begins.
    }
    boolean failed = span.getStatus().getCode() == Status.StatusCode.STATUS_CODE_ERROR;
    double seconds = (span.getEndTimeUnixNano() - span.getStartTimeUnixNano()) / 1e9;
    boolean messaging = span.getKind() == Span.SpanKind.SPAN_KIND_PRODUCER
        || span.getKind() == Span.SpanKind.SPAN_KIND_CONSUMER;
    var database = isCaller
        ? Attributes.text(span.getAttributesList(), "db.system.name", "db.system")
        : "";
    var half = new Half(service, isCaller ? callee(tenant, service, span, database) : null,
        isCaller, messaging ? "messaging_system" : "", seconds, failed, nowMs + PATIENCE_MS);
    if (!database.isEmpty() && half.callee() != null) {
      calls.add(service, half.callee(), "database", seconds, Double.NaN, failed);
      return;
    }
    var own = waiting.computeIfAbsent(tenant, key -> new LinkedHashMap<>());
    var key = new Key(trace, callersSpan);
    var other = own.get(key);
    if (other != null && other.isCaller() != isCaller) {
      own.remove(key);
      count--;
      var caller = isCaller ? half : other;
      var callee = isCaller ? other : half;
      calls.add(caller.service(), callee.service(), caller.kind(), caller.seconds(),
          callee.seconds(), caller.failed() || callee.failed());
      return;
    }
    if (other == null) {
      makeRoom(own, calls);
      if (count < MOST) {
        own.put(key, half);
        count++;
      } else {
        calls.dropped(1);
      }
    }
  }

  /** An id of this many bytes, or an empty one: OTLP's JSON has ids as hexadecimal text where protobuf's has base64. */
  private static ByteString id(ByteString given, int bytes) {
    if (given.size() == bytes) {
      return given;
    }
    if (given.size() == bytes * 3 / 2) {
      var text = Base64.getEncoder().encodeToString(given.toByteArray());
      try {
        return ByteString.copyFrom(HexFormat.of().parseHex(text));
      } catch (IllegalArgumentException e) {
        return ByteString.EMPTY; // No id: its call has no other side.
      }
    }
    return ByteString.EMPTY;
  }

  private void makeRoom(LinkedHashMap<Key, Half> own, Calls calls) {
    if (count >= MOST && !own.isEmpty()) {
      own.pollFirstEntry();
      count--;
      calls.dropped(1);
    }
  }

  private @Nullable Service callee(Tenant tenant, Service caller, Span span, String database) {
    var attributes = span.getAttributesList();
    var named = Attributes.text(attributes, "peer.service", "service.peer.name", "server.address",
        "net.peer.name", "messaging.destination.name");
    var name = named.isEmpty() ? database : named;
    return name.isEmpty() ? null : new Service("", hosts.bounded(tenant, caller.id(), name));
  }

  /** Gives up halves of a tenant that waited long enough. */
  synchronized void expire(Tenant tenant, long nowMs, Calls calls) {
    var own = waiting.get(tenant);
    if (own == null) {
      return;
    }
    for (Iterator<Half> each = own.values().iterator(); each.hasNext();) {
      var half = each.next();
      if (half.untilMs() > nowMs) {
        break;
      }
      each.remove();
      count--;
      if (half.callee() != null) {
        calls.add(half.service(), half.callee(),
            half.kind().isEmpty() ? "virtual_node" : half.kind(), half.seconds(), Double.NaN,
            half.failed());
      } else if (half.isCaller()) {
        calls.unpaired(half.service(), new Service("", ""));
      } else {
        calls.unpaired(new Service("", ""), half.service());
      }
    }
    if (own.isEmpty()) {
      waiting.remove(tenant);
    }
  }

  synchronized int size() {
    return count;
  }
}

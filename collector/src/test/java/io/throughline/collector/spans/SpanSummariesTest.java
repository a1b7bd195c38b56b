package io.throughline.collector.spans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.throughline.collector.spans.SpanSummaries.Summary;
import io.throughline.model.Tenant;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SpanSummariesTest {
  private static final long NOW = 1_700_000_000_000L;

  private final SpanSummaries summaries = new SpanSummaries(NOW - 60_000);

  private static Span.Builder span(Span.SpanKind kind, String name, long trace, long id,
      long parent, double seconds) {
    return Span.newBuilder()
        .setKind(kind)
        .setName(name)
        .setTraceId(id(trace, 16))
        .setSpanId(id(id, 8))
        .setParentSpanId(parent == 0 ? ByteString.EMPTY : id(parent, 8))
        .setStartTimeUnixNano(NOW * 1_000_000 - (long) (seconds * 1e9))
        .setEndTimeUnixNano(NOW * 1_000_000);
  }

  private static ByteString id(long number, int bytes) {
    return ByteString.copyFrom(ByteBuffer.allocate(bytes).putLong(bytes - 8, number).array());
  }

  private static Span.Builder client(long trace, long id, double seconds, String... attributes) {
    var span = span(Span.SpanKind.SPAN_KIND_CLIENT, "GET", trace, id, 0, seconds);
    for (int i = 0; i < attributes.length; i += 2) {
      span.addAttributes(Attributes.of(attributes[i], attributes[i + 1]));
    }
    return span;
  }

  private static Span.Builder server(long trace, long parent, double seconds) {
    return span(Span.SpanKind.SPAN_KIND_SERVER, "GET /cart", trace, 1000 + parent, parent, seconds);
  }

  private static ExportTraceServiceRequest export(String service, Span.Builder... spans) {
    var scope = ScopeSpans.newBuilder();
    for (var span : spans) {
      scope.addSpans(span);
    }
    return ExportTraceServiceRequest.newBuilder()
        .addResourceSpans(ResourceSpans.newBuilder()
            .setResource(Resource.newBuilder()
                .addAttributes(Attributes.of("service.namespace", "shop"))
                .addAttributes(Attributes.of("service.name", service)))
            .addScopeSpans(scope))
        .build();
  }

  private Summary take(long nowMs, ExportTraceServiceRequest export) {
    return summaries.summarize(Tenant.DEFAULT, export, nowMs);
  }

  /** Counters by name and labels. */
  private static Map<String, Long> counts(Summary summary) {
    var counts = new TreeMap<String, Long>();
    for (var metric : metrics(summary)) {
      for (var point : metric.getSum().getDataPointsList()) {
        var labels = new TreeMap<String, String>();
        point.getAttributesList()
            .forEach(each -> labels.put(each.getKey(), each.getValue().getStringValue()));
        labels.values().removeIf(String::isEmpty);
        counts.put(metric.getName() + labels, point.getAsInt());
      }
    }
    return counts;
  }

  private static List<Metric> metrics(Summary summary) {
    var metrics = new ArrayList<Metric>();
    summary.metrics()
        .getResourceMetricsList()
        .forEach(resource -> resource.getScopeMetricsList()
            .forEach(scope -> metrics.addAll(scope.getMetricsList())));
    return metrics;
  }

  private static String edge(String name, String client, String server) {
    return "traces.service.graph." + name + "{client=" + client
        + ", client_service_namespace=shop, server=" + server + ", server_service_namespace=shop}";
  }

  @Test
  void eachOperationIsCountedByKindAndStatusWithItsDurations() {
    var failed = server(2, 9, 3)
        .setStatus(Status.newBuilder().setCode(Status.StatusCode.STATUS_CODE_ERROR));

    var summary = take(NOW, export("cart", server(1, 8, 0.5), server(3, 7, 0.5), failed));

    assertThat(counts(summary))
        .containsEntry("traces.span.metrics.calls{span.kind=SPAN_KIND_SERVER, span.name=GET /cart, "
            + "status.code=STATUS_CODE_UNSET}", 2L)
        .containsEntry("traces.span.metrics.calls{span.kind=SPAN_KIND_SERVER, span.name=GET /cart, "
            + "status.code=STATUS_CODE_ERROR}", 1L);
    var duration = metrics(summary).stream()
        .filter(metric -> metric.getName().equals("traces.span.metrics.duration"))
        .findFirst()
        .orElseThrow();
    var point = duration.getExponentialHistogram().getDataPoints(0);
    assertThat(point.getCount()).isEqualTo(2);
    assertThat(point.getSum()).isCloseTo(1, within(1e-9));
    double lower = Math.pow(2, point.getPositive().getOffset() / 8.0);
    assertThat(0.5).isGreaterThan(lower * 0.999)
        .isLessThanOrEqualTo(lower * Math.pow(2, 1 / 8.0) * 1.001);
  }

  @Test
  void aDurationLiesInItsBucketWhateverItIs() {
    var random = new Random(20_261_121);
    for (int i = 0; i < 10_000; i++) {
      double seconds = Math.pow(10, random.nextDouble() * 20 - 9);
      int index = Durations.index(seconds);
      assertThat(seconds).as("%s", seconds)
          .isGreaterThan(Math.pow(2, index / 8.0) * (1 - 1e-12))
          .isLessThanOrEqualTo(Math.pow(2, (index + 1) / 8.0) * (1 + 1e-12));
    }
    assertThat(Durations.index(1)).isEqualTo(-1);
    assertThat(Durations.index(2)).isEqualTo(7);
  }

  @Test
  void internalSpansAreCountedWhereTheyBeginATraceAlone() {
    var job = span(Span.SpanKind.SPAN_KIND_INTERNAL, "nightly", 1, 1, 0, 5);
    var part = span(Span.SpanKind.SPAN_KIND_INTERNAL, "part", 1, 2, 1, 1);

    assertThat(counts(take(NOW, export("jobs", job, part))).keySet())
        .allMatch(name -> name.contains("nightly"))
        .hasSize(1);
  }

  @Test
  void theTwoSidesOfACallMeetInWhicheverOrderAndRequestTheyCome() {
    assertThat(counts(take(NOW, export("web", client(1, 5, 0.3)))).keySet())
        .noneMatch(name -> name.contains("graph"));
    assertThat(counts(take(NOW + 900, export("cart", server(1, 5, 0.2)))))
        .containsEntry(edge("request", "web", "cart"), 1L)
        .containsEntry(edge("request.failed", "web", "cart"), 0L);

    take(NOW, export("cart", server(2, 6, 0.2)
        .setStatus(Status.newBuilder().setCode(Status.StatusCode.STATUS_CODE_ERROR))));
    assertThat(counts(take(NOW + 900, export("web", client(2, 6, 0.3)))))
        .containsEntry(edge("request", "web", "cart"), 1L)
        .containsEntry(edge("request.failed", "web", "cart"), 1L);
  }

  @Test
  void callsOfOtherTenantsDoNotMeet() {
    take(NOW, export("web", client(1, 5, 0.3)));

    var other = summaries.summarize(new Tenant("other"), export("cart", server(1, 5, 0.2)), NOW);

    assertThat(counts(other).keySet()).noneMatch(name -> name.contains("graph"));
  }

  @Test
  void aDatabaseNeverSpeaksSoItsCallsCountAtOnce() {
    var counts = counts(take(NOW, export("cart",
        client(1, 5, 0.3, "db.system.name", "postgresql", "server.address", "orders-db"))));

    assertThat(counts)
        .containsEntry("traces.service.graph.request{client=cart, client_service_namespace=shop, "
            + "connection_type=database, server=orders-db}", 1L);
  }

  @Test
  void aCalleeThatNeverSpeaksIsWhomTheCallerNamesAndOtherHalvesAreUnpaired() {
    take(NOW, export("cart", client(1, 5, 0.3, "server.address", "bank.example"), client(1, 6, 0.3),
        server(9, 7, 1)));

    var counts = counts(take(NOW + Pairs.PATIENCE_MS, export("cart")));

    assertThat(counts)
        .containsEntry("traces.service.graph.request{client=cart, client_service_namespace=shop, "
            + "connection_type=virtual_node, server=bank.example}", 1L)
        .containsEntry(
            "traces.service.graph.unpaired_spans{client=cart, client_service_namespace=shop}", 1L)
        .containsEntry(
            "traces.service.graph.unpaired_spans{server=cart, server_service_namespace=shop}", 1L);
  }

  @Test
  void idsOfJsonAreThoseOfProtobuf() {
    var hex = "00000000000000000000000000000001";
    var fromJson = client(1, 5, 0.3)
        .setTraceId(ByteString.copyFrom(Base64.getDecoder().decode(hex)))
        .setSpanId(ByteString.copyFrom(Base64.getDecoder().decode("0000000000000005")));
    take(NOW, export("web", fromJson));

    assertThat(counts(take(NOW, export("cart", server(1, 5, 0.2)))))
        .containsEntry(edge("request", "web", "cart"), 1L);
  }

  @Test
  void noTwoRequestsHaveTheSameIntervalEvenInOneMillisecond() {
    var intervals = new HashSet<String>();
    for (int i = 0; i < 1000; i++) {
      for (var metric : metrics(take(NOW, export("cart", server(i, 5, 0.2))))) {
        if (metric.getName().equals("traces.span.metrics.calls")) {
          var point = metric.getSum().getDataPoints(0);
          assertThat(point.getStartTimeUnixNano()).isLessThan(point.getTimeUnixNano());
          intervals.add(point.getStartTimeUnixNano() + " " + point.getTimeUnixNano());
        }
      }
    }

    assertThat(intervals).hasSize(1000);
  }

  @Test
  void namesAHostileSenderMakesUpBecomeOneOther() {
    var random = new Random(7);
    var names = new HashSet<String>();
    for (int i = 0; i < 1_000; i++) {
      var name = "GET /" + random.nextLong();
      counts(take(NOW,
          export("cart",
              span(Span.SpanKind.SPAN_KIND_SERVER, name.repeat(i % 40 + 1), 1, 2, 0, 1))))
          .keySet()
          .forEach(each -> names.add(each.replaceAll(".*span.name=(.*), status.*", "$1")));
    }

    assertThat(names).hasSize(Names.MOST_OF_ONE + 1).contains(Names.OTHER);
    assertThat(names).allMatch(name -> name.length() <= Names.LONGEST + 1);
  }

  @Test
  void waitingHalvesAreBoundedAndTheOldestGoesFirst() {
    for (int i = 0; i < Pairs.MOST + 100; i += 100) {
      var spans = new Span.Builder[100];
      for (int k = 0; k < 100; k++) {
        spans[k] = client(1 + i + k, 5, 0.3);
      }
      var counts = counts(take(NOW, export("web", spans)));
      assertThat(counts.getOrDefault("traces.service.graph.dropped_spans{}", 0L))
          .isEqualTo(i < Pairs.MOST ? 0 : 100);
    }

    assertThat(counts(take(NOW, export("cart", server(1, 5, 0.2)))).keySet())
        .noneMatch(name -> name.contains("request"));
    assertThat(counts(take(NOW, export("cart", server(Pairs.MOST, 5, 0.2)))))
        .containsEntry(edge("request", "web", "cart"), 1L);
  }

  @Test
  void aSpanThatCannotBeCountedIsRefusedWithItsReasonAndTheOthersCount() {
    var summary = take(NOW,
        export("cart", server(1, 8, 0.5),
            server(2, 8, 1).setStartTimeUnixNano((NOW + 5) * 1_000_000),
            server(3, 8, 1).setEndTimeUnixNano(0),
            server(4, 8, 0).setStartTimeUnixNano(1).setEndTimeUnixNano(2)));

    assertThat(summary.spans()).isEqualTo(4);
    assertThat(summary.refused()).isEqualTo(3);
    assertThat(summary.reason()).contains("GET /cart", "ends before it begins");
    assertThat(counts(summary)).hasSize(1);
  }
}

package io.throughline.app;

import com.google.protobuf.CodedOutputStream;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.xerial.snappy.Snappy;

/** The matrix of {@link BadInputTest}: for every route what is wrong with a request, and how it is answered. */
final class BadInputs {
  static final String GRPC = "opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
  static final String GRPC_TRACES = "opentelemetry.proto.collector.trace.v1.TraceService/Export";
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String V2 = PROTOBUF + ";proto=io.prometheus.write.v2.Request";
  private static final int MIB = 1 << 20;

  private final long nowMs;
  private final Map<String, List<Input>> matrix = new TreeMap<>();

  /**
   * One request and its answer.
   *
   * @param says part of the answer's body; for a good reason the whole is not compared
   */
  record Input(String what, String method, String path, Map<String, String> headers, byte[] body,
      int status, String says) {

    @Override
    public String toString() {
      return method + " " + (path.length() < 60 ? path : path.substring(0, 60) + "…") + " " + what;
    }
  }

  BadInputs(long nowMs) {
    this.nowMs = nowMs;
    house();
    for (var path : List.of("/api/v1/write", "/api/v1/push")) {
      remoteWrite(path);
    }
    for (var prefix : List.of("", "/api/v1/otlp")) {
      otlp(prefix + "/v1/metrics", "metrics", "{\"resourceMetrics\": [{").with("a far future", 200,
          "collector.max-future", Map.of("Content-Type", PROTOBUF),
          gauge(nowMs + 86_400_000, "future").toByteArray());
      otlp(prefix + "/v1/traces", "traces", "{\"resourceSpans\": [{")
          .with("a span of next year", 200, "check the sender's clock",
              Map.of("Content-Type", PROTOBUF), span(nowMs, nowMs + 31_536_000_000L))
          .with("a span that ends before it begins", 200, "ends before it begins",
              Map.of("Content-Type", PROTOBUF), span(nowMs, nowMs - 60_000));
    }
    for (var path : List.of("/v1/logs", "/api/v1/otlp/v1/logs")) {
      post(path).with("logs", 501, "stores metrics", Map.of("Content-Type", PROTOBUF), random(99));
    }
    for (var prefix : List.of("/api/v1", "/prometheus/api/v1")) {
      queries(prefix);
    }
    view();
    // Answered by BadInputTest in gRPC's own words.
    matrix.put(GRPC, List.of());
    matrix.put(GRPC_TRACES, List.of());
  }

  /** By route, as the front door names them. */
  Map<String, List<Input>> byRoute() {
    return matrix;
  }

  /** Adds inputs for one route. */
  private final class Route {
    private final String method;
    private final String path;
    private final List<Input> inputs;

    Route(String method, String template, String path) {
      this.method = method;
      this.path = path;
      this.inputs = matrix.computeIfAbsent(method + " " + template, key -> new ArrayList<>());
    }

    Route with(String what, int status, String says, Map<String, String> headers, byte[] body) {
      inputs.add(new Input(what, method, path, headers, body, status, says));
      return this;
    }

    /** With a query string, or with the same as a form. */
    Route asking(String what, String parameters, int status, String says) {
      if (method.equals("POST")) {
        return with(what, status, says, Map.of("Content-Type", "application/x-www-form-urlencoded"),
            text(parameters));
      }
      inputs.add(
          new Input(what, method, path + "?" + parameters, Map.of(), new byte[0], status, says));
      return this;
    }

    Route tenant() {
      return with("a tenant that is a path", 400, "enant", Map.of("X-Scope-OrgID", "../../etc"),
          new byte[0]);
    }

    Route at(String what, String other, int status, String says) {
      inputs.add(new Input(what, method, other, Map.of(), new byte[0], status, says));
      return this;
    }
  }

  private Route get(String path) {
    return new Route("GET", path, path);
  }

  private Route post(String path) {
    return new Route("POST", path, path);
  }

  private void house() {
    get("/-/healthy").with("a foreign host", 403, "Host", Map.of("Host", "evil.example"),
        new byte[0]);
    get("/-/ready").with("a foreign origin", 403, "Origin",
        Map.of("Origin", "https://evil.example"), new byte[0]);
    get("/metrics").with("a foreign host", 403, "Host", Map.of("Host", "evil.example"),
        new byte[0]);
    post("/-/reload").with("a foreign host", 403, "Host", Map.of("Host", "evil.example"),
        new byte[0]);
    post("/-/snapshot").with("a foreign host", 403, "Host", Map.of("Host", "evil.example"),
        new byte[0]);
    new Route("POST", "/-/flush", "/-/flush?merge=perhaps").with("a word", 400, "true or false",
        Map.of(), new byte[0]);
    new Route("GET", "/", "/").at("nothing is there", "/api/v1/nothing", 404, "nothing is at")
        .at("a path up", "/../../etc/passwd.txt", 404, "nothing is at")
        .at("an escaped path up", "/%2e%2e/%2e%2e/etc/passwd.txt", 404, "nothing is at")
        .at("half an escape", "/api/v1/%", 400, "begins no escape")
        .at("a line too long", "/" + "x".repeat(70_000), 414, "");
    matrix.put("ANY /", List.copyOf(matrix.getOrDefault("GET /", List.of())));
    matrix.remove("GET /");
  }

  private void remoteWrite(String path) {
    var snappy = Map.of("Content-Type", PROTOBUF, "Content-Encoding", "snappy");
    var v2 = Map.of("Content-Type", V2, "Content-Encoding", "snappy");
    post(path).tenant()
        .with("random bytes as protobuf", 400, "", snappy, snappy(random(10_000)))
        .with("random bytes as 2.0", 400, "", v2, snappy(random(10_000)))
        .with("a request cut short", 400, "", snappy, cut(series(nowMs, 1, good("cut"))))
        .with("no snappy", 400, "not valid snappy", snappy, random(1_000))
        .with("a header that promises 4 GiB", 400, "not valid snappy", snappy,
            new byte[] {-1, -1, -1, -1, 15, 0, 0})
        .with("a header that promises 1 GiB", 400, "not valid snappy", snappy,
            new byte[] {-128, -128, -128, -128, 4, 0, 0})
        .with("a bomb of 100 MB of zeros", 400, "max-decoded-bytes", snappy,
            snappy(new byte[100_000_000]))
        .with("17 MiB", 413, "max-body-bytes", snappy, new byte[17 * MIB])
        .with("JSON", 415, "want " + PROTOBUF, Map.of("Content-Type", "application/json"),
            text("{}"))
        .with("an unknown message", 415, "want " + PROTOBUF,
            Map.of("Content-Type", PROTOBUF + ";proto=io.prometheus.write.v9.Request"), text("{}"))
        .with("gzip", 415, "want snappy",
            Map.of("Content-Type", PROTOBUF, "Content-Encoding", "gzip"), gzip(random(10)))
        .with("a series of 10,000 labels", 400, "max-labels", snappy,
            snappy(series(nowMs, 1, many(10_000))))
        .with("a name of 10,000 bytes", 400, "max-label-name-bytes", snappy,
            snappy(series(nowMs, 1, Map.of("__name__", "bad", "n".repeat(10_000), "1"))))
        .with("a value of 100,000 bytes", 400, "max-label-value-bytes", snappy,
            snappy(series(nowMs, 1, Map.of("__name__", "bad", "v", "v".repeat(100_000)))))
        .with("no name", 400, "__name__", snappy, snappy(series(nowMs, 1, Map.of("job", "j"))))
        .with("a far future", 400, "collector.max-future", snappy,
            snappy(series(253_402_300_800_000L, 1, good("future"))))
        .with("the end of time", 400, "collector.max-future", snappy,
            snappy(series(Long.MAX_VALUE, 1, good("end"))))
        .with("before 1970", 400, "before 1970", snappy,
            snappy(series(Long.MIN_VALUE, 1, good("before"))))
        .with("ages ago", 400, "--retention", snappy, snappy(series(1, 1, good("ancient"))));
  }

  private Route otlp(String path, String what, String halfJson) {
    var protobuf = Map.of("Content-Type", PROTOBUF);
    var gzip = Map.of("Content-Type", PROTOBUF, "Content-Encoding", "gzip");
    var json = Map.of("Content-Type", "application/json");
    return post(path).tenant()
        .with("random bytes", 400, "not an OTLP " + what + " export", protobuf, random(10_000))
        .with("cut short", 400, "not an OTLP " + what + " export", protobuf,
            cut(what.equals("metrics") ? gauge(nowMs, "cut").toByteArray() : span(nowMs, nowMs)))
        .with("no JSON", 400, "not an OTLP " + what + " export", json, text(halfJson))
        .with("a list", 400, "not an OTLP " + what + " export", json, text("[1, 2]"))
        .with("JSON nested 100,000 deep", 400, "not an OTLP " + what + " export", json,
            text("[".repeat(100_000)))
        .with("no gzip", 400, "not valid gzip", gzip, random(1_000))
        .with("gzip cut short", 400, "not valid gzip", gzip, cut(gzip(random(1_000))))
        .with("a bomb of 100 MB of zeros", 400, "max-decoded-bytes", gzip,
            gzip(new byte[100_000_000]))
        .with("17 MiB", 413, "max-body-bytes", protobuf, new byte[17 * MIB])
        .with("text", 415, "want " + PROTOBUF, Map.of("Content-Type", "text/plain"), text("load 1"))
        .with("snappy", 415, "want gzip",
            Map.of("Content-Type", PROTOBUF, "Content-Encoding", "snappy"), snappy(random(10)));
  }

  private void queries(String prefix) {
    if (prefix.equals("/api/v1")) {
      get("/federate").tenant()
          .asking("no selector", "x=1", 400, "match")
          .asking("half a selector", "match%5B%5D=up%7B", 400, "");
    }
    var deep = "(".repeat(50_000) + "1" + ")".repeat(50_000);
    for (var method : List.of("GET", "POST")) {
      boolean form = method.equals("POST");
      asking(method, prefix + "/query").tenant()
          .asking("no query", "time=1", 400, "query")
          .asking("half an expression", "query=sum%28", 400, "parse error")
          .asking("an unknown function", "query=sums%28up%29", 400, "parse error")
          .asking("a time that is none", "query=up&time=noon", 400, "noon")
          .asking("a timeout that is none", "query=up&timeout=long", 400, "long")
          .asking("a regular expression that is none", "query=up%7Ba%3D~%22%28%22%7D", 400, "");
      if (form) {
        asking(method, prefix + "/query").asking("50,000 parentheses", "query=" + deep, 400, "")
            .asking("a form of 5 MiB", "query=" + "1".repeat(5 * MIB), 400, "body has more than");
      }
      asking(method, prefix + "/query_range").tenant()
          .asking("no start", "query=up&end=2&step=1", 400, "start")
          .asking("no end", "query=up&start=2&step=1", 400, "end")
          .asking("no step", "query=up&start=1&end=2", 400, "step")
          .asking("a step of nothing", "query=up&start=1&end=2&step=0", 400, "step")
          .asking("an end before its start", "query=up&start=2&end=1&step=1", 400, "end")
          .asking("a point a millisecond for a day", "query=up&start=0&end=86400&step=0.001", 400,
              "11,000");
      for (var path : List.of("/format_query", "/parse_query")) {
        asking(method, prefix + path).tenant()
            .asking("no query", "x=1", 400, "")
            .asking("half an expression", "query=sum%28", 400, "");
      }
      asking(method, prefix + "/query_exemplars").tenant()
          .asking("half an expression", "query=sum%28&start=1&end=2", 400, "")
          .asking("an end before its start", "query=up&start=2&end=1", 400, "end");
      asking(method, prefix + "/series").tenant()
          .asking("no selector", "start=1", 400, "match")
          .asking("half a selector", "match%5B%5D=up%7B", 400, "match")
          .asking("a start that is none", "match%5B%5D=up&start=x", 400, "start");
      for (var path : List.of("/search/metric_names", "/search/label_names")) {
        asking(method, prefix + path).tenant()
            .asking("half a selector", "match%5B%5D=up%7B", 400, "match")
            .asking("a word of 1,000 letters", "search%5B%5D=" + "x".repeat(1_000), 400, "search[]")
            .asking("an order that is none", "sort_by=luck", 400, "sort_by");
      }
      asking(method, prefix + "/search/label_values").tenant()
          .asking("no label", "search%5B%5D=x", 400, "label")
          .asking("a threshold that is none", "label=job&fuzz_threshold=900", 400,
              "fuzz_threshold");
      asking(method, prefix + "/labels").tenant()
          .asking("half a selector", "match%5B%5D=up%7B", 400, "match")
          .asking("an end that is none", "end=x", 400, "end");
    }
    new Route("GET", prefix + "/label/:name/values", prefix + "/label/job/values").tenant()
        .asking("half a selector", "match%5B%5D=up%7B", 400, "match")
        .asking("a limit that is none", "limit=few", 400, "limit");
    get(prefix + "/openapi.yaml").tenant();
    // What adds headers for other origins to every answer.
    new Route("ANY", prefix + "/", prefix + "/");
    get(prefix + "/metadata").tenant().asking("a limit that is none", "limit=few", 400, "limit");
    for (var status : List.of("buildinfo", "runtimeinfo", "config", "flags", "walreplay", "tsdb")) {
      get(prefix + "/status/" + status).tenant();
    }
    for (var path : List.of("/targets", "/targets/metadata", "/scrape_pools", "/alertmanagers",
        "/features", "/notifications", "/alerts")) {
      get(prefix + path).tenant();
    }
    get(prefix + "/rules").tenant()
        .asking("an unknown type", "type=x", 400, "type")
        .asking("half a selector", "match%5B%5D=up%7B", 400, "match");
    post(prefix + "/read").tenant()
        .with("no snappy", 400, "decoded", Map.of("Content-Type", PROTOBUF), random(1_000))
        .with("random bytes as protobuf", 400, "decoded", Map.of("Content-Type", PROTOBUF),
            snappy(random(1_000)))
        .with("a header that promises 1 GiB", 400, "decoded", Map.of("Content-Type", PROTOBUF),
            new byte[] {-128, -128, -128, -128, 4, 0, 0})
        .with("a bomb of 60 MB of zeros", 400, "", Map.of("Content-Type", PROTOBUF),
            snappy(new byte[60_000_000]))
        .with("5 MiB", 400, "body has more than", Map.of("Content-Type", PROTOBUF),
            new byte[5 * MIB]);
    for (var method : List.of("POST", "PUT")) {
      var admin = prefix + "/admin/tsdb";
      // As Prometheus answers where nobody has allowed it.
      asking(method, admin + "/delete_series").tenant()
          .with("what nobody allowed", 503, "query.admin-api", Map.of(), new byte[0]);
      asking(method, admin + "/clean_tombstones").tenant();
      asking(method, admin + "/snapshot").tenant();
    }
  }

  private Route asking(String method, String path) {
    return new Route(method, path, path);
  }

  private void view() {
    var prefix = "/api/view/v1";
    get(prefix + "/services").tenant()
        .asking("an unknown parameter", "windw=60", 400, "windw")
        .asking("a window that is none", "window=long", 400, "window")
        .asking("a window of 30,000 years", "window=999999999999", 400, "window")
        .asking("points without end", "points=1000000000", 400, "points");
    get(prefix + "/map").tenant()
        .asking("another route's parameter", "window=60", 400, "service, end");
    get(prefix + "/slos").tenant();
    get(prefix + "/alerts").tenant();
    get(prefix + "/alerts/history").tenant()
        .asking("an unknown parameter", "windw=60", 400, "windw")
        .asking("a start that is none", "start=noon", 400, "noon")
        .asking("half a selector", "match=up%7B", 400, "match")
        .asking("a state that is none", "to=burning", 400, "burning")
        .asking("too many", "limit=1000000", 400, "1 to 1000");
    get(prefix + "/silences").tenant().asking("a word", "expired=perhaps", 400, "true or false");
    get(prefix + "/sources").with("a foreign host", 403, "Host", Map.of("Host", "evil.example"),
        new byte[0]);
    for (var path : List.of("/coverage", "/joins")) {
      get(prefix + path).tenant().asking("an unknown parameter", "windw=60", 400, "windw");
    }
    get(prefix + "/calls").tenant()
        .asking("an unknown parameter", "windw=60", 400, "windw")
        .asking("nobody of that name", "service=nobody", 404, "nobody");
    get(prefix + "/matchers").tenant()
        .asking("no expression", "start=1000&end=2000", 400, "want query")
        .asking("an end before its start", "query=up&start=2000&end=1000", 400, "want query")
        .asking("a start that is none", "query=up&start=noon&end=2000", 400, "noon")
        .asking("half a selector", "query=up%7B&start=1000&end=2000", 400, "1:4")
        .asking("brackets without end", "query=" + "%28".repeat(2_000) + "&start=1000&end=2000",
            400, "");
    get(prefix + "/changes").tenant()
        .asking("a window that is none", "window=long", 400, "window")
        .asking("a start after its end", "start=2000&end=1000", 400, "is not before");
    var json = Map.of("Content-Type", "application/json");
    post(prefix + "/joins")
        .with("a tenant that is a path", 400, "enant",
            Map.of("Content-Type", "application/json", "X-Scope-OrgID", "../../etc"), text("{}"))
        .with("a form", 400, "want application/json", Map.of("Content-Type", "text/plain"),
            text("{}"))
        .with("half an object", 400, "a join is a JSON object", json, text("{\"when\":"))
        .with("an empty object", 400, "", json, text("{}"))
        .with("nested 100,000 deep", 400, "", json, text("[".repeat(100_000)))
        .with("5 MiB", 400, "at most", json, new byte[5 * MIB]);
    post(prefix + "/silences")
        .with("a form", 400, "want application/json", Map.of("Content-Type", "text/plain"),
            text("{}"))
        .with("half an object", 400, "a silence is a JSON object", json, text("{\"matchers\":"))
        .with("an empty object", 400, "matchers", json, text("{}"))
        .with("nested 10,000 deep", 400, "a silence is a JSON object", json,
            text("[".repeat(10_000)))
        .with("100 KiB", 400, "at most", json, new byte[100 << 10])
        .with("another tenant", 400, "rules.tenant",
            Map.of("Content-Type", "application/json", "X-Scope-OrgID", "other"), text("{}"));
    new Route("DELETE", prefix + "/silences/:id", prefix + "/silences/a").tenant()
        .at("an id that is none", prefix + "/silences/a%2e%2e", 400, "letters, digits");
    for (var kind : List.of("services", "nodes")) {
      new Route("GET", prefix + "/" + kind + "/:id", prefix + "/" + kind + "/nobody").tenant()
          .asking("nobody of that name", "window=60", 404, "nobody")
          .asking("an end that is none", "end=noon", 400, "end");
    }
  }

  // ---- bodies ----

  private static byte[] span(long startMs, long endMs) {
    var span = Span.newBuilder()
        .setName("GET /bad")
        .setKind(Span.SpanKind.SPAN_KIND_SERVER)
        .setStartTimeUnixNano(startMs * 1_000_000)
        .setEndTimeUnixNano(endMs * 1_000_000);
    return ExportTraceServiceRequest.newBuilder()
        .addResourceSpans(
            ResourceSpans.newBuilder().addScopeSpans(ScopeSpans.newBuilder().addSpans(span)))
        .build()
        .toByteArray();
  }

  static Map<String, String> good(String name) {
    return Map.of("__name__", "bad_input_" + name, "job", "bad-input", "instance", "i");
  }

  private static Map<String, String> many(int count) {
    var labels = new LinkedHashMap<String, String>();
    labels.put("__name__", "bad_input_many");
    for (int i = 0; i < count; i++) {
      labels.put("label" + i, "v");
    }
    return labels;
  }

  /** A remote write request, uncompressed; requests may be joined. */
  static byte[] series(long timeMs, double value, Map<String, String> labels) {
    return message(out -> out.writeByteArray(1, message(series -> {
      for (var label : new TreeMap<>(labels).entrySet()) {
        series.writeByteArray(1, message(pair -> {
          pair.writeString(1, label.getKey());
          pair.writeString(2, label.getValue());
        }));
      }
      series.writeByteArray(2, message(sample -> {
        sample.writeFixed64(1, Double.doubleToRawLongBits(value));
        sample.writeInt64(2, timeMs);
      }));
    })));
  }

  static ExportMetricsServiceRequest gauge(long timeMs, String name) {
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(ResourceMetrics.newBuilder()
            .setResource(Resource.newBuilder()
                .addAttributes(KeyValue.newBuilder()
                    .setKey("service.name")
                    .setValue(AnyValue.newBuilder().setStringValue("bad-input"))))
            .addScopeMetrics(ScopeMetrics.newBuilder()
                .addMetrics(Metric.newBuilder()
                    .setName("bad_input_" + name)
                    .setGauge(Gauge.newBuilder()
                        .addDataPoints(NumberDataPoint.newBuilder()
                            .setTimeUnixNano(timeMs * 1_000_000)
                            .setAsDouble(1))))))
        .build();
  }

  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  private static byte[] message(Fields fields) {
    try {
      var bytes = new ByteArrayOutputStream();
      var out = CodedOutputStream.newInstance(bytes);
      fields.write(out);
      out.flush();
      return bytes.toByteArray();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  static byte[] snappy(byte[] body) {
    try {
      return Snappy.compress(body);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  static byte[] gzip(byte[] body) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(bytes)) {
      out.write(body);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }

  /** Bytes that no message begins with: field 15 of a group that never ends. */
  static byte[] random(int size) {
    var bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    bytes[0] = 0x7f;
    return bytes;
  }

  private static byte[] cut(byte[] body) {
    return Arrays.copyOf(body, body.length - 3);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

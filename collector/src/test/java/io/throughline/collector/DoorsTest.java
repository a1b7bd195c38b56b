package io.throughline.collector;

import static io.throughline.collector.WriteBodies.message;
import static io.throughline.collector.WriteBodies.requestV1;
import static io.throughline.collector.WriteBodies.requestV2;
import static io.throughline.collector.WriteBodies.seriesV1;
import static io.throughline.collector.WriteBodies.snappy;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.View;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.throughline.model.Failure;
import io.throughline.model.MetricType;
import io.throughline.model.SampleValues;
import io.throughline.testkit.Await;
import io.throughline.testkit.SettableClock;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every door over a real HTTP server, with what comes in and what is answered; one server serves them all. */
class DoorsTest {

  private static final long NOW = 1_700_000_000_000L;
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String V2 = PROTOBUF + ";proto=io.prometheus.write.v2.Request";

  private final WrittenDownIntake intake = new WrittenDownIntake();
  private final List<String> exemplars = new CopyOnWriteArrayList<>();
  private final SettableClock clock = new SettableClock(Instant.ofEpochMilli(NOW));
  private final HttpClient client = HttpClient.newHttpClient();
  private Vertx vertx;
  private Router router;
  private HttpServer server;
  private HttpServer grpcServer;
  private CollectorRole role;

  @BeforeEach
  void start() throws Exception {
    vertx = Vertx.vertx();
    role = new CollectorRole(CollectorSettings.DEFAULTS, intake, clock, OpenTelemetry.noop()
        .getMeter("test"), (tenant, exemplar) -> {
          exemplars.add(tenant + "/" + exemplar.series() + " " + exemplar.labels() + " " + exemplar
              .timeMs() + " " + exemplar.value());
          return exemplar.value() >= 0;
        });
    router = Router.router(vertx);
    role.mount(router);
    server = vertx.createHttpServer()
        .requestHandler(router)
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
    grpcServer = vertx.createHttpServer()
        .requestHandler(role.grpc(vertx))
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() throws Exception {
    role.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    client.close();
  }

  private HttpResponse<byte[]> post(String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort()
        + path)).timeout(Duration.ofSeconds(30)).POST(HttpRequest.BodyPublishers.ofByteArray(body));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> write(byte[] uncompressed) throws Exception {
    return post("/api/v1/write", snappy(uncompressed), "Content-Type", PROTOBUF,
        "Content-Encoding", "snappy", "X-Scope-OrgID", "shop");
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  // ---- remote write ----

  @Test
  void remoteWriteStoresSamplesUnderTheTenantAndAnswersWithoutABody() throws Exception {
    var body = requestV1(seriesV1(NOW, 42, "__name__", "up", "job", "a"), seriesV1(NOW - 1,
        SampleValues.STALE_NAN, "__name__", "up", "job", "b"), seriesV1(NOW, Double.NaN,
            "__name__", "up", "job", "c"));

    var response = write(body);
    write(body);

    assertThat(response.statusCode()).isEqualTo(204);
    assertThat(response.body()).isEmpty();
    assertThat(intake.lines()).hasSize(6)
        .contains("shop/up{job=\"a\"} " + NOW + " 0 42",
            "shop/up{job=\"b\"} " + (NOW - 1) + " 0 NaN:7ff0000000000002", "shop/up{job=\"c\"} "
                + NOW
                + " 0 NaN:7ff8000000000000");
    assertThat(intake.seriesCount()).isEqualTo(3);
  }

  @Test
  void anUnsortedSeriesWithItsLabelsScatteredIsStoredAllTheSame() throws Exception {
    var name = message(label -> {
      label.writeString(1, "__name__");
      label.writeString(2, "up");
    });
    var job = message(label -> {
      label.writeString(1, "job");
      label.writeString(2, "a");
    });
    var series = message(out -> {
      out.writeByteArray(1, job);
      out.writeByteArray(2, WriteBodies.sample(NOW, 1));
      out.writeByteArray(1, name);
    });

    assertThat(write(requestV1(series, series)).statusCode()).isEqualTo(204);
    assertThat(intake.lines()).containsExactly("shop/up{job=\"a\"} " + NOW + " 0 1",
        "shop/up{job=\"a\"} " + NOW + " 0 1");
    assertThat(intake.seriesCount()).isEqualTo(1);
  }

  @Test
  void nativeHistogramsAndMetadataOfVersionOneAreTaken() throws Exception {
    var series = message(out -> {
      out.writeByteArray(1, message(label -> {
        label.writeString(1, "__name__");
        label.writeString(2, "latency");
      }));
      out.writeByteArray(4, WriteBodies.histogram(NOW, 0));
    });
    var body = message(out -> {
      out.writeByteArray(1, series);
      out.writeByteArray(3, message(metadata -> {
        metadata.writeEnum(1, 3);
        metadata.writeString(2, "latency");
        metadata.writeString(4, "how long");
        metadata.writeString(5, "seconds");
      }));
    });

    assertThat(write(body).statusCode()).isEqualTo(204);
    assertThat(intake.lines()).containsExactly("shop/latency " + NOW
        + " 0 {count:4.0, sum:7.5, schema:3, zero:1.0, positive:[-2, 2] [1.0, 2.0]}");
    assertThat(intake.metadata("shop/latency").type()).isEqualTo(MetricType.HISTOGRAM);
    assertThat(intake.metadata("shop/latency").unit()).isEqualTo("seconds");
  }

  @Test
  void exemplarsGoOnOnceTheirSamplesAreTakenAndTheHeaderSaysHowManyAreKept() throws Exception {
    var sample = message(out -> {
      out.writeFixed64(1, Double.doubleToRawLongBits(1.5));
      out.writeInt64(2, NOW);
    });
    var one = message(out -> {
      out.writeByteArray(1, message(series -> {
        for (var label : List.of("__name__", "wait_bucket", "le", "1")) {
          if (label.equals("__name__") || label.equals("le")) {
            series.writeByteArray(1, message(pair -> {
              pair.writeString(1, label);
              pair.writeString(2, label.equals("le") ? "1" : "wait_bucket");
            }));
          }
        }
        series.writeByteArray(2, sample);
        for (double value : new double[] {0.25, -1}) {
          series.writeByteArray(3, message(exemplar -> {
            exemplar.writeByteArray(1, message(pair -> {
              pair.writeString(1, "trace_id");
              pair.writeString(2, value < 0 ? "x".repeat(121) : "abc");
            }));
            exemplar.writeDouble(2, value);
            exemplar.writeInt64(3, NOW - 1);
          }));
        }
      }));
    });
    var two = message(out -> {
      for (var symbol : List.of("", "__name__", "wait_count", "trace_id", "abc")) {
        out.writeByteArray(4, symbol.getBytes(StandardCharsets.UTF_8));
      }
      out.writeByteArray(5, message(series -> {
        series.writeByteArray(1, new byte[] {1, 2});
        series.writeByteArray(2, sample);
        for (double value : new double[] {2, -2}) {
          series.writeByteArray(4, message(exemplar -> {
            exemplar.writeByteArray(1, new byte[] {3, 4});
            exemplar.writeDouble(2, value);
            exemplar.writeInt64(3, NOW);
          }));
        }
      }));
    });

    assertThat(write(one).statusCode()).isEqualTo(204);
    var response = post("/api/v1/write", snappy(two), "Content-Type", V2, "Content-Encoding",
        "snappy", "X-Scope-OrgID", "shop");

    // The labels of one were too long, and the sink refused another.
    assertThat(response.headers().firstValue("X-Prometheus-Remote-Write-Exemplars-Written"))
        .contains("1");
    assertThat(exemplars).containsExactly("shop/wait_bucket{le=\"1\"} {trace_id=\"abc\"} " + (NOW
        - 1) + " 0.25", "shop/wait_count {trace_id=\"abc\"} " + NOW + " 2.0",
        "shop/wait_count {trace_id=\"abc\"} " + NOW + " -2.0");
  }

  @Test
  void versionTwoKeepsStartTimesAndSaysHowMuchItWrote() throws Exception {
    var response = post("/api/v1/write", snappy(requestV2(NOW, NOW - 5000, "__name__", "up", "job",
        "a")), "Content-Type", V2, "Content-Encoding", "snappy", "X-Scope-OrgID", "shop");

    assertThat(response.statusCode()).isEqualTo(204);
    assertThat(response.headers().firstValue("X-Prometheus-Remote-Write-Samples-Written")).contains(
        "1");
    assertThat(response.headers().firstValue("X-Prometheus-Remote-Write-Histograms-Written"))
        .contains("1");
    assertThat(response.headers().firstValue("X-Prometheus-Remote-Write-Exemplars-Written"))
        .contains("0");
    assertThat(intake.lines().getFirst()).isEqualTo("shop/up{job=\"a\"} " + NOW + " " + (NOW - 5000)
        + " 1.5");
    assertThat(intake.metadata("shop/up{job=\"a\"}").type()).isEqualTo(MetricType.COUNTER);
    assertThat(intake.metadata("shop/up{job=\"a\"}").help()).isEqualTo("a help");
  }

  @Test
  void ofAPartlyBadRequestTheGoodSamplesAreStoredAndBothCountsAnswered() throws Exception {
    var response = write(requestV1(seriesV1(NOW, 1, "__name__", "good"), seriesV1(NOW
        + 3_600_000_000L, 1, "__name__", "future"), seriesV1(NOW, 1, "job", "nameless"), seriesV1(
            NOW, 1, "__name__", "twice", "a", "1", "a", "2")));

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(text(response)).startsWith("stored 1 samples, refused 3:")
        .contains(
            "ahead of the collector's clock")
        .contains("label __name__ is missing")
        .contains(
            "label a is given twice");
    assertThat(intake.lines()).containsExactly("shop/good " + NOW + " 0 1");
  }

  @ParameterizedTest
  @CsvSource({"false,400", "true,429"})
  void aSeriesLimitIs429OnlyWhereSendingAgainHelpsAndNamesItself(boolean passes, int status)
      throws Exception {
    intake.limit(1, passes);

    var response = write(requestV1(seriesV1(NOW, 1, "__name__", "a"), seriesV1(NOW, 1, "__name__",
        "b")));

    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(text(response)).contains("stored 1 samples, refused 1")
        .contains(
            "limit of 1 series");
  }

  @Test
  void whileKafkaIsAwayTheAnswerIs503WithRetryAfter() throws Exception {
    intake.failCommits(Failure.unavailable("Kafka is away"));

    var response = write(requestV1(seriesV1(NOW, 1, "__name__", "a")));
    var otlp = post("/v1/metrics", new byte[0], "Content-Type", PROTOBUF);

    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("Retry-After")).isPresent();
    assertThat(text(response)).contains("Kafka is away");
    assertThat(otlp.statusCode()).isEqualTo(503);
    assertThat(otlp.headers().firstValue("Retry-After")).isPresent();
  }

  // ---- bad input: each route against each way of being wrong ----

  /** Two megabytes that become forty. */
  private static final byte[] HUGE_SNAPPY = snappy(new byte[40 << 20]);

  @Test
  void everyDoorAnswersEveryKindOfBadInputClearlyAndLives() throws Exception {
    var untested = new TreeSet<String>();
    router.getRoutes().forEach(route -> untested.add(route.getPath()));
    for (var path : new String[] {"/api/v1/write", "/api/v1/push"}) {
      expect(400, "not valid snappy", path, "garbage".getBytes(StandardCharsets.UTF_8), PROTOBUF,
          "snappy");
      expect(400, "uncompressed, at most", path, HUGE_SNAPPY, PROTOBUF, "snappy");
      expect(400, "not a valid protobuf", path, snappy(new byte[] {10, 100, 1}), PROTOBUF,
          "snappy");
      expect(415, "content type 'text/html'", path, new byte[0], "text/html", "snappy");
      expect(415, "content encoding 'br'", path, new byte[0], PROTOBUF, "br");
      expect(413, "collector.max-body-bytes", path, new byte[20 << 20], PROTOBUF, "snappy");
      expect(400, "10000 labels", path, snappy(requestV1(seriesV1(NOW, 1, labels(10_000)))),
          PROTOBUF, "snappy");
      untested.remove(path);
    }
    for (var path : new String[] {"/v1/metrics", "/api/v1/otlp/v1/metrics"}) {
      expect(400, "not an OTLP metrics export", path, new byte[] {10, 100, 1}, PROTOBUF, "");
      expect(400, "not an OTLP metrics export", path, "{\"resourceMetrics\": [".getBytes(
          StandardCharsets.UTF_8), "application/json", "");
      expect(400, "not valid gzip", path, new byte[] {1, 2, 3}, PROTOBUF, "gzip");
      expect(400, "collector.max-decoded-bytes", path, gzip(new byte[40 << 20]), PROTOBUF, "gzip");
      expect(415, "content type ''", path, new byte[0], "", "");
      expect(415, "content encoding 'zstd'", path, new byte[0], PROTOBUF, "zstd");
      expect(413, "collector.max-body-bytes", path, new byte[20 << 20], PROTOBUF, "");
      untested.remove(path);
    }
    for (var path : new String[] {"/v1/traces", "/api/v1/otlp/v1/traces"}) {
      expect(400, "not an OTLP traces export", path, new byte[] {10, 100, 1}, PROTOBUF, "");
      expect(400, "not an OTLP traces export", path, "{\"resourceSpans\": 3}".getBytes(
          StandardCharsets.UTF_8), "application/json", "");
      expect(415, "content type ''", path, new byte[0], "", "");
      untested.remove(path);
    }
    for (var path : new String[] {"/v1/logs", "/api/v1/otlp/v1/logs"}) {
      expect(501, "logs are not stored", path, new byte[0], PROTOBUF, "");
      untested.remove(path);
    }
    var badTenant = post("/api/v1/write", new byte[0], "Content-Type", PROTOBUF, "X-Scope-OrgID",
        "../etc");

    assertThat(untested).as("routes without a row in this matrix").isEmpty();
    assertThat(badTenant.statusCode()).isEqualTo(400);
    assertThat(text(badTenant)).contains("tenant '../etc' is not valid");
    assertThat(write(requestV1(seriesV1(NOW, 1, "__name__", "alive"))).statusCode()).isEqualTo(204);
  }

  private void expect(int status, String message, String path, byte[] body, String type,
      String encoding) throws Exception {
    var headers = type.isEmpty()
        ? new String[0]
        : encoding.isEmpty()
            ? new String[] {"Content-Type", type}
            : new String[] {"Content-Type", type, "Content-Encoding", encoding};
    HttpResponse<byte[]> response = post(path, body, headers);
    assertThat(response.statusCode()).as(path + " " + type + " " + encoding + ": " + text(response))
        .isEqualTo(status);
    assertThat(text(response)).as(path).contains(message);
  }

  private static String[] labels(int count) {
    var labels = new String[2 * count];
    for (int i = 0; i < count; i++) {
      labels[2 * i] = i == 0 ? "__name__" : "l" + i;
      labels[2 * i + 1] = "v";
    }
    return labels;
  }

  private static byte[] gzip(byte[] body) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(body);
    }
    return out.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void mutatedRequestsAreAnsweredAndNeverMore(long seed) throws Exception {
    var random = new Random(seed);
    var v1 = requestV1(seriesV1(NOW, 1, "__name__", "a", "job", "b"), message(out -> {
      out.writeByteArray(1, message(label -> {
        label.writeString(1, "__name__");
        label.writeString(2, "h");
      }));
      out.writeByteArray(4, WriteBodies.histogram(NOW, 0));
    }));
    var v2 = requestV2(NOW, NOW - 1, "__name__", "up", "job", "a");
    var otlp = OtlpBodies.everyKind(NOW).toByteArray();
    for (int round = 0; round < 150; round++) {
      var base = switch (round % 3) {
        case 0 -> v1;
        case 1 -> v2;
        default -> otlp;
      };
      var body = Arrays.copyOf(base, random.nextInt(5) == 0
          ? random.nextInt(base.length)
          : base.length);
      for (int flips = 1 + random.nextInt(4); flips > 0 && body.length > 0; flips--) {
        body[random.nextInt(body.length)] = (byte) random.nextInt();
      }
      var response = switch (round % 3) {
        case 0 -> write(body);
        case 1 -> post("/api/v1/write", snappy(body), "Content-Type", V2, "Content-Encoding",
            "snappy");
        default -> post("/v1/metrics", body, "Content-Type", PROTOBUF);
      };
      assertThat(response.statusCode()).as(text(response)).isIn(200, 204, 400);
    }
  }

  // ---- OTLP ----

  @Test
  void everyKindOfMetricIsStoredUnderPrometheusNames() throws Exception {
    var response = post("/v1/metrics", OtlpBodies.everyKind(NOW).toByteArray(), "Content-Type",
        PROTOBUF);

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(ExportMetricsServiceResponse.parseFrom(response.body()).hasPartialSuccess())
        .isFalse();
    var id = "instance=\"i-1\", job=\"shop/checkout\"";
    long start = NOW - 60_000;
    assertThat(intake.lines()).containsExactlyInAnyOrder("default/system_memory_usage_bytes{" + id
        + ", system_memory_state=\"used\"} " + NOW + " " + start + " 5",
        "default/http_requests_total{" + id + "} " + NOW + " " + start + " 7",
        "default/jobs_done_total{" + id + "} " + NOW + " " + start + " +3",
        "default/request_size_bytes_bucket{" + id + ", le=\"10\"} " + NOW + " " + start + " 2",
        "default/request_size_bytes_bucket{" + id + ", le=\"+Inf\"} " + NOW + " " + start + " 3",
        "default/request_size_bytes_count{" + id + "} " + NOW + " " + start + " 3",
        "default/request_size_bytes_sum{" + id + "} " + NOW + " " + start + " 33.5",
        "default/http_server_request_duration_seconds{" + id + "} " + NOW + " " + start
            + " {count:6.0, sum:1.5, schema:8, zero:1.0, positive:[3, 2] [3.0, 2.0]}",
        "default/rpc_seconds{" + id + ", quantile=\"0.5\"} " + NOW + " " + start + " 0.25",
        "default/rpc_seconds_sum{" + id + "} " + NOW + " " + start + " 2",
        "default/rpc_seconds_count{" + id + "} " + NOW + " " + start + " 4",
        "default/absent{" + id + "} " + NOW + " " + start + " NaN:7ff0000000000002",
        "default/target_info{container_id=\"c-9\", host_id=\"h-7\", " + id + "} " + NOW + " 0 1");
  }

  @Test
  void jsonAndGzipAreTheSameExport() throws Exception {
    var json = com.google.protobuf.util.JsonFormat.printer()
        .print(OtlpBodies.everyKind(NOW))
        .getBytes(StandardCharsets.UTF_8);

    var response = post("/api/v1/otlp/v1/metrics", gzip(json), "Content-Type", "application/json",
        "Content-Encoding", "gzip");

    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    assertThat(text(response)).isEqualTo("{}");
    assertThat(intake.lines()).hasSize(13);
  }

  @Test
  void partlyBadExportsAnswerPartialSuccess() throws Exception {
    var response = post("/v1/metrics", OtlpBodies.everyKind(NOW + 7_200_000).toByteArray(),
        "Content-Type", PROTOBUF);

    var partial = ExportMetricsServiceResponse.parseFrom(response.body()).getPartialSuccess();
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(partial.getRejectedDataPoints()).isEqualTo(7);
    assertThat(partial.getErrorMessage()).contains("ahead of the collector's clock");
    assertThat(intake.lines()).isEmpty();
  }

  @Test
  void resourcesWithoutAServiceStayApart() throws Exception {
    var export = ExportMetricsServiceRequest.newBuilder();
    for (var host : new String[] {"h1", "h2"}) {
      for (var container : new String[] {"c1", "c2"}) {
        export.addResourceMetrics(OtlpBodies.gauge(NOW, Map.of("host.id", host, "container.id", host
            + container)));
      }
      for (var pid : new String[] {"10", "11"}) {
        export.addResourceMetrics(OtlpBodies.gauge(NOW, Map.of("host.id", host, "process.pid",
            pid)));
      }
      export.addResourceMetrics(OtlpBodies.gauge(NOW, Map.of("host.id", host, "host.name", "n"
          + host)));
    }

    post("/v1/metrics", export.build().toByteArray(), "Content-Type", PROTOBUF);

    assertThat(intake.lines().stream().filter(line -> line.startsWith("default/load{")).distinct())
        .hasSize(10)
        .contains("default/load{instance=\"h1c2\", job=\"container\"} " + NOW + " 0 1",
            "default/load{instance=\"h2/11\", job=\"process\"} " + NOW + " 0 1",
            "default/load{instance=\"h2\", job=\"host\"} " + NOW + " 0 1");
  }

  @Test
  void targetInfoIsRepeatedOnceAMinute() throws Exception {
    for (int second = 0; second <= 90; second += 10) {
      clock.set(Instant.ofEpochMilli(NOW + second * 1000L));
      post("/v1/metrics", OtlpBodies.everyKind(NOW + second * 1000L).toByteArray(), "Content-Type",
          PROTOBUF);
    }

    assertThat(intake.lines().stream().filter(line -> line.contains("target_info"))).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpc", "http"})
  void anOpenTelemetrySdkExports(String protocol) {
    clock.set(Instant.now());
    MetricExporter exporter = protocol.equals("grpc")
        ? OtlpGrpcMetricExporter.builder()
            .setEndpoint("http://127.0.0.1:" + grpcServer
                .actualPort())
            .build()
        : OtlpHttpMetricExporter.builder()
            .setEndpoint("http://127.0.0.1:" + server.actualPort()
                + "/v1/metrics")
            .build();
    try (var provider = SdkMeterProvider.builder()
        .setResource(Resource.create(Attributes.builder()
            .put("service.name", "sdk")
            .put("service.instance.id", "1")
            .build()))
        .registerView(
            InstrumentSelector.builder().setName("latency").build(), View.builder()
                .setAggregation(
                    Aggregation.base2ExponentialBucketHistogram())
                .build())
        .registerMetricReader(
            PeriodicMetricReader.builder(exporter).setInterval(Duration.ofHours(1)).build())
        .build()) {
      var meter = provider.get("test");
      meter.counterBuilder("orders").build().add(3);
      meter.histogramBuilder("latency").setUnit("s").build().record(0.25);

      assertThat(provider.forceFlush().join(30, TimeUnit.SECONDS).isSuccess()).isTrue();
    }

    Await.until("both metrics are there", () -> intake.lines()
        .stream()
        .anyMatch(line -> line
            .startsWith("default/orders_total{instance=\"1\", job=\"sdk\"}") && line.endsWith(" 3"))
        && intake.lines()
            .stream()
            .anyMatch(line -> line.startsWith("default/latency_seconds{")
                && line.contains("count:1.0")));
  }

  @Test
  void anSdkIsToldOverGrpcWhyAndWhenToComeBack() throws Exception {
    intake.failCommits(Failure.unavailable("Kafka is away"));
    var grpc = io.vertx.grpc.client.GrpcClient.client(vertx);
    var method = io.vertx.grpc.common.ServiceMethod.client(io.vertx.grpc.common.ServiceName.create(
        "opentelemetry.proto.collector.metrics.v1", "MetricsService"), "Export",
        io.vertx.grpc.common.GrpcMessageEncoder.<ExportMetricsServiceRequest>encoder(),
        io.vertx.grpc.common.GrpcMessageDecoder.decoder(ExportMetricsServiceResponse.newBuilder()));

    var response = grpc.request(io.vertx.core.net.SocketAddress.inetSocketAddress(grpcServer
        .actualPort(), "127.0.0.1"), method).compose(request -> {
          request.end(OtlpBodies.everyKind(NOW));
          return request.response();
        })
        .compose(answer -> answer.end().otherwiseEmpty().map(answer))
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);

    assertThat(response.status()).isEqualTo(io.vertx.grpc.common.GrpcStatus.UNAVAILABLE);
    assertThat(response.statusMessage()).contains("Kafka is away");
    // Without a message before it, the status travels in the head.
    assertThat(response.headers().get("grpc-status-details-bin")).isNotEmpty();
  }
}

package io.throughline.collector;

import static io.throughline.collector.WriteBodies.snappy;

import io.opentelemetry.api.OpenTelemetry;
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
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Every door over a real HTTP server, and what comes in behind them; one server serves them all. */
abstract class OpenDoors {

  static final long NOW = 1_700_000_000_000L;
  static final String PROTOBUF = "application/x-protobuf";
  static final String V2 = PROTOBUF + ";proto=io.prometheus.write.v2.Request";

  final WrittenDownIntake intake = new WrittenDownIntake();
  final List<String> exemplars = new CopyOnWriteArrayList<>();
  final SettableClock clock = new SettableClock(Instant.ofEpochMilli(NOW));
  final HttpClient client = HttpClient.newHttpClient();
  Vertx vertx;
  Router router;
  HttpServer server;
  HttpServer grpcServer;
  CollectorRole role;

  @BeforeEach
  void start() throws Exception {
    vertx = Vertx.vertx();
    role = new CollectorRole(CollectorSettings.DEFAULTS, intake, clock,
        OpenTelemetry.noop().getMeter("test"), (tenant, exemplar) -> {
          exemplars.add(tenant + "/" + exemplar.series() + " " + exemplar.labels() + " "
              + exemplar.timeMs() + " " + exemplar.value());
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

  HttpResponse<byte[]> post(String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    var request = HttpRequest
        .newBuilder(URI.create("http://127.0.0.1:" + server.actualPort() + path))
        .timeout(Duration.ofSeconds(30))
        .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> write(byte[] uncompressed) throws Exception {
    return post("/api/v1/write", snappy(uncompressed), "Content-Type", PROTOBUF, "Content-Encoding",
        "snappy", "X-Scope-OrgID", "shop");
  }

  static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  static byte[] gzip(byte[] body) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(body);
    }
    return out.toByteArray();
  }
}

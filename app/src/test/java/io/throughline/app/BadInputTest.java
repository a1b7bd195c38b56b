package io.throughline.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.app.settings.HttpSettings;
import io.throughline.app.settings.Settings;
import io.throughline.testkit.Await;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.HostAndPort;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What no sender should send, at every route of the front door: a clear answer of the 4xx kind, what was good
 * kept, and the process alive. A route that is not in {@link BadInputs} fails the build.
 */
class BadInputTest {
  private static final BadInputs INPUTS = new BadInputs(System.currentTimeMillis());
  private static final String SNAPPY = "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy";

  @TempDir
  private static Path folder;
  private static Installation installation;
  private static Vertx vertx;
  private static HttpClientAgent client;
  private static int port;
  private static int grpcPort;

  private record Answer(int status, String body, MultiMap headers, MultiMap trailers) {}

  @BeforeAll
  static void start() throws Exception {
    try (var first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var second = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = first.getLocalPort();
      grpcPort = second.getLocalPort();
    }
    installation = Installation.start(Settings.DEFAULTS.withData(folder.resolve("data"))
        .withHttp(HttpSettings.DEFAULTS.withListen("127.0.0.1:" + port)
            .withOtlpHttp("off")
            .withOtlpGrpc("127.0.0.1:" + grpcPort))
        .withSelf(Settings.DEFAULTS.self().withAgent(false)));
    vertx = Vertx.vertx();
    client = vertx.createHttpClient(new HttpClientOptions().setMaxInitialLineLength(1 << 17));
  }

  @AfterAll
  static void stop() throws Exception {
    Await.until("it is ready after all that",
        () -> ask("GET", "/-/ready", Map.of(), new byte[0]).status == 200);
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    installation.close();
  }

  static Stream<BadInputs.Input> inputs() {
    return INPUTS.byRoute().values().stream().flatMap(List::stream);
  }

  /** Methods no route has, at every route's path. */
  static Stream<String> paths() {
    return INPUTS.byRoute()
        .keySet()
        .stream()
        .filter(route -> !route.startsWith("ANY ") && !route.endsWith("Service/Export"))
        .map(route -> route.substring(route.indexOf(' ') + 1)
            .replace(":name", "job")
            .replace(":id", "x"))
        .distinct();
  }

  @Test
  void everyRouteIsInTheMatrix() {
    assertThat(new TreeSet<>(INPUTS.byRoute().keySet()))
        .isEqualTo(new TreeSet<>(installation.served()));
  }

  @Test
  void theDescriptionOfTheApiListsWhatIsServedBelowItAndNothingElse() throws Exception {
    var served = new TreeSet<String>();
    for (var route : installation.served()) {
      var path = route.substring(route.indexOf(' ') + 1);
      if (path.startsWith("/api/v1/") && !path.endsWith("/")) {
        served.add(route.replace("/api/v1", "").replaceAll(":(\\w+)", "{$1}"));
      }
    }
    served.add("GET /federate");
    var described = new TreeSet<String>();
    var path = "";
    for (var line : ask("GET", "/api/v1/openapi.yaml", Map.of(), new byte[0]).body.lines()
        .toList()) {
      if (line.matches("  /\\S+:")) {
        path = line.strip().replaceFirst(":$", "");
      } else if (line.matches("    (get|post|put|delete):")) {
        described.add(line.strip().replace(":", "").toUpperCase(Locale.ROOT) + " " + path);
      }
    }

    assertThat(described).isEqualTo(served).hasSizeGreaterThan(40);
  }

  @ParameterizedTest
  @MethodSource("inputs")
  void badInputGetsAClearAnswer(BadInputs.Input input) throws Exception {
    var answer = ask(input.method(), input.path(), input.headers(), input.body());

    assertThat(answer.status).as(answer.body).isEqualTo(input.status());
    assertThat(answer.body).contains(input.says());
    if (!input.says().isEmpty()) {
      assertThat(answer.body.length()).as("a message to read").isBetween(10, 2_000);
    }
    assertThatItIsAlive();
  }

  @ParameterizedTest
  @MethodSource("paths")
  void anotherMethodIsRefusedWithTheOnesThereAre(String path) throws Exception {
    var answer = ask("PATCH", path, Map.of(), new byte[0]);

    assertThat(answer.status).isEqualTo(405);
    assertThat(answer.headers.get("Allow"))
        .matches("(GET|POST|HEAD|DELETE|PUT)(, (GET|POST|HEAD|DELETE|PUT))*");
    assertThat(answer.body).contains("PATCH is not for");
  }

  @ParameterizedTest
  @MethodSource("paths")
  void aBodyThatSaysItHas100MegabytesIsNotRead(String path) throws Exception {
    assertThat(raw("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + SNAPPY
        + "\r\nContent-Length: 100000000\r\n\r\n", 0)).startsWith("HTTP/1.1 413 ")
        .contains("http.max-body-bytes");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/v1/write", "/api/v1/query", "/v1/metrics", "/v1/traces", "/-/flush",
      "/metrics", "/api/v1/nothing"})
  void aBodyOf100MegabytesThatDoesNotSaySoIsCutOff(String path) throws Exception {
    var answer = raw("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + SNAPPY
        + "\r\nTransfer-Encoding: chunked\r\n\r\n", 100_000_000);

    // Whoever still sends when the connection ends may lose the answer to the reset.
    assertThat(answer).matches("(?s)(HTTP/1.1 (4\\d\\d|501|200) .*)?");
    assertThatItIsAlive();
  }

  @Test
  void theGoodSamplesOfAPartlyBadRequestAreStored() throws Exception {
    long now = System.currentTimeMillis();
    var body = new ByteArrayOutputStream();
    body.writeBytes(BadInputs.series(now, 7, BadInputs.good("kept_first")));
    body.writeBytes(BadInputs.series(now + 86_400_000, 8, BadInputs.good("kept_future")));
    body.writeBytes(BadInputs.series(now, 9, Map.of("job", "nameless")));
    body.writeBytes(BadInputs.series(now, 10, BadInputs.good("kept_last")));

    var answer = write(body.toByteArray());

    assertThat(answer.status).isEqualTo(400);
    assertThat(answer.body).startsWith("stored 2 samples, refused 2: ");
    assertThat(value("bad_input_kept_first", now)).isEqualTo("7");
    assertThat(value("bad_input_kept_last", now)).isEqualTo("10");
    assertThat(value("bad_input_kept_future", now + 86_400_000)).isEqualTo("nothing");
  }

  @Test
  void numbersThatAreNoneAreValuesAndAStaleMarkerEndsItsSeries() throws Exception {
    long now = System.currentTimeMillis();
    var body = new ByteArrayOutputStream();
    body.writeBytes(BadInputs.series(now - 2_000, Double.NaN, BadInputs.good("nan")));
    body.writeBytes(BadInputs.series(now - 2_000, Double.POSITIVE_INFINITY, BadInputs.good("inf")));
    body.writeBytes(
        BadInputs.series(now - 2_000, Double.NEGATIVE_INFINITY, BadInputs.good("minus_inf")));
    body.writeBytes(BadInputs.series(now - 2_000, 1, BadInputs.good("stale")));
    body.writeBytes(BadInputs.series(now - 1_000, Double.longBitsToDouble(0x7ff0000000000002L),
        BadInputs.good("stale")));

    var answer = write(body.toByteArray());

    assertThat(answer.status).as(answer.body).isEqualTo(204);
    assertThat(value("bad_input_nan", now)).isEqualTo("NaN");
    assertThat(value("bad_input_inf", now)).isEqualTo("+Inf");
    assertThat(value("bad_input_minus_inf", now)).isEqualTo("-Inf");
    assertThat(value("bad_input_stale", now)).isEqualTo("nothing");
    assertThat(value("bad_input_stale", now - 1_500)).isEqualTo("1");
  }

  // ---- gRPC ----

  @Test
  void aGrpcMessageThatIsNoneIsRefused() throws Exception {
    assertThat(grpc(BadInputs.GRPC, frame(0, BadInputs.random(1_000)))).isEqualTo("3");
    assertThat(grpc(BadInputs.GRPC_TRACES, frame(0, BadInputs.random(1_000)))).isEqualTo("3");
    assertThat(grpc(BadInputs.GRPC, frame(1, BadInputs.random(1_000)))).isEqualTo("3");
    assertThat(grpc(BadInputs.GRPC, new byte[] {0, 0, 0})).isEqualTo("3");
    assertThatItIsAlive();
  }

  @Test
  void aGrpcMessageThatIsTooLargeIsRefused() throws Exception {
    // 33 MiB as they come, and 100 MB after decompression.
    assertThat(grpc(BadInputs.GRPC, frame(0, new byte[33 << 20]))).isEqualTo("8");
    assertThat(grpc(BadInputs.GRPC, frame(1, BadInputs.gzip(new byte[100_000_000]))))
        .isEqualTo("3");
    assertThatItIsAlive();
  }

  @Test
  void anUnknownGrpcServiceIsUnimplemented() throws Exception {
    assertThat(
        grpc("opentelemetry.proto.collector.logs.v1.LogsService/Export", frame(0, new byte[0])))
        .isEqualTo("12");
  }

  @Test
  void overGrpcTheGoodPointsAreStoredToo() throws Exception {
    long now = System.currentTimeMillis();
    var both = BadInputs.gauge(now, "grpc_kept")
        .toBuilder()
        .addAllResourceMetrics(
            BadInputs.gauge(now + 86_400_000, "grpc_future").getResourceMetricsList())
        .build();

    assertThat(grpc(BadInputs.GRPC, frame(0, both.toByteArray()))).isEqualTo("0");
    assertThat(value("bad_input_grpc_kept", now)).isEqualTo("1");
    assertThat(value("bad_input_grpc_future", now + 86_400_000)).isEqualTo("nothing");
  }

  // ---- how it is asked ----

  private static void assertThatItIsAlive() throws Exception {
    assertThat(ask("GET", "/-/healthy", Map.of(), new byte[0]).status).isEqualTo(200);
  }

  private static Answer write(byte[] body) throws Exception {
    return ask("POST", "/api/v1/write",
        Map.of("Content-Type", "application/x-protobuf", "Content-Encoding", "snappy"),
        BadInputs.snappy(body));
  }

  private static String value(String name, long timeMs) throws Exception {
    var answer = ask("GET", "/api/v1/query?time=" + timeMs / 1e3 + "&query="
        + URLEncoder.encode(name, StandardCharsets.UTF_8), Map.of(), new byte[0]);
    var result = new JsonObject(answer.body).getJsonObject("data").getJsonArray("result");
    return result.isEmpty()
        ? "nothing"
        : result.getJsonObject(0).getJsonArray("value").getString(1);
  }

  private static Answer ask(String method, String path, Map<String, String> headers, byte[] body)
      throws Exception {
    return client.request(HttpMethod.valueOf(method), port, "127.0.0.1", path).compose(request -> {
      headers.forEach((name, value) -> {
        if (name.equals("Host")) {
          request.authority(HostAndPort.create(value, port));
        } else {
          request.putHeader(name, value);
        }
      });
      // An answer that comes before the body is sent ends the connection; it counts all the same.
      var answer = request.response()
          .compose(response -> response.body()
              .map(read -> new Answer(response.statusCode(), read.toString(), response.headers(),
                  response.trailers())));
      var unused = request.end(Buffer.buffer(body));
      return answer;
    }).toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  /** Sends a head and, in chunks, so many bytes; what comes back until the connection ends, or "" where it is reset. */
  private static String raw(String head, int bodyBytes) throws IOException {
    try (var socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(30_000);
      var out = socket.getOutputStream();
      out.write(head.getBytes(StandardCharsets.US_ASCII));
      var chunk = ("10000\r\n" + "x".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
      try {
        for (int sent = 0; sent < bodyBytes; sent += 0x10000) {
          out.write(chunk);
        }
        socket.shutdownOutput();
      } catch (IOException ended) {
        // It did not want to read on: the answer may be there already.
        assertThat(bodyBytes).isPositive();
      }
      try {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException reset) {
        return "";
      }
    }
  }

  private static byte[] frame(int compressed, byte[] message) {
    return Buffer.buffer()
        .appendByte((byte) compressed)
        .appendInt(message.length)
        .appendBytes(message)
        .getBytes();
  }

  /** The call's grpc-status; "reset" where the stream was ended instead. */
  private static String grpc(String method, byte[] body) throws Exception {
    var http2 = vertx
        .createHttpClient(new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false));
    try {
      return http2.request(HttpMethod.POST, grpcPort, "127.0.0.1", "/" + method)
          .compose(request -> {
            request.putHeader("content-type", "application/grpc")
                .putHeader("te", "trailers")
                .putHeader("grpc-encoding", "gzip");
            var answer = request.response().compose(response -> response.body().map(read -> {
              var trailer = response.trailers().get("grpc-status");
              return trailer == null ? response.getHeader("grpc-status") : trailer;
            }));
            var unused = request.end(Buffer.buffer(body));
            return answer;
          })
          .otherwise(ended -> "reset")
          .toCompletionStage()
          .toCompletableFuture()
          .get(30, TimeUnit.SECONDS);
    } finally {
      http2.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
  }
}

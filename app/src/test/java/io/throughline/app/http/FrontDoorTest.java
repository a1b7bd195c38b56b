package io.throughline.app.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.common.Attributes;
import io.throughline.app.settings.Address;
import io.throughline.app.settings.HttpSettings;
import io.throughline.app.telemetry.SelfTelemetry;
import io.throughline.model.Failure;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrontDoorTest {
  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = HttpClient.newHttpClient();
  private final SelfTelemetry telemetry = new SelfTelemetry(Attributes.empty(), null,
      Duration.ofSeconds(1));
  private FrontDoor door;
  private int port;
  private volatile String notReady = "";
  private volatile String note = "";

  private final FrontDoor.House house = new FrontDoor.House() {
    @Override
    public CompletionStage<String> notReadyReason() {
      return CompletableFuture.completedFuture(notReady);
    }

    @Override
    public String note() {
      return note;
    }

    @Override
    public CompletionStage<Void> flush(boolean merge) {
      return merge
          ? CompletableFuture.failedFuture(Failure.unavailable("no disk"))
          : CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<String> snapshot() {
      return CompletableFuture.completedFuture("/there");
    }
  };

  @BeforeEach
  void listen() throws IOException {
    door = new FrontDoor(vertx, HttpSettings.DEFAULTS, 2, "https://wall\\.example");
    port = door.listen("--listen", new Address("127.0.0.1", 0));
  }

  @AfterEach
  void stop() {
    telemetry.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private void open() {
    door.open(List.of(router -> {
      router.get("/things/:id").handler(context -> {
        switch (String.valueOf(context.pathParam("id"))) {
          case "user" -> throw Failure.user("the thing is wrong");
          case "limit" -> throw Failure.limit("too many things");
          case "away" -> throw Failure.unavailable("things are away");
          case "corrupt" -> throw Failure.corrupt("the thing is damaged");
          case "bug" -> throw new IllegalStateException("secret");
          default -> context.response().end("thing");
        }
      });
      router.post("/things/takes").handler(context -> context.request().handler(piece -> {
        // Taken and forgotten, as somebody does who has had enough of it.
      }));
      router.post("/things/ignores").handler(context -> {
        // Never answers.
      });
      router.post("/things/answers").handler(context -> context.response().end("enough"));
    }), request -> request.response().end(), house, telemetry::prometheusText, telemetry.meter());
  }

  @Test
  void beforeItIsOpenedItIsAliveAndNotReady() throws Exception {
    assertThat(get("/-/healthy").statusCode()).isEqualTo(200);
    assertThat(get("/-/ready").statusCode()).isEqualTo(503);
    assertThat(get("/things/1").body()).contains("throughline is starting");
  }

  @Test
  void readinessSaysWhyItIsNot() throws Exception {
    open();
    assertThat(get("/-/ready").statusCode()).isEqualTo(200);

    notReady = "the disk is full";

    var answer = get("/-/ready");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).contains("the disk is full");
    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
  }

  @Test
  void whatSomebodyShouldLookAtIsSaidBesideBeingReady() throws Exception {
    open();
    note = "the node agent is away";

    var answer = get("/-/ready");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("ready\nthe node agent is away\n");
  }

  @Test
  void aFlushAnswersWhenItIsDoneOrHasFailed() throws Exception {
    open();

    assertThat(post("/-/snapshot").body())
        .isEqualTo("{\"status\":\"success\",\"folder\":\"/there\"}");
    assertThat(post("/-/flush").body()).isEqualTo("{\"status\":\"success\"}");
    assertThat(post("/-/flush?merge=true").statusCode()).isEqualTo(503);
    assertThat(post("/-/flush?merge=true").body()).contains("no disk");
  }

  @ParameterizedTest
  @CsvSource({"user,400,the thing is wrong", "limit,429,too many things",
      "away,503,things are away", "corrupt,500,the thing is damaged",
      "bug,500,a defect of ours: IllegalStateException"})
  void aFailuresCategoryIsItsStatus(String thing, int status, String message) throws Exception {
    open();

    var answer = get("/things/" + thing);

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body()).contains(message).doesNotContain("secret");
    assertThat(telemetry.prometheusText()).contains("throughline_http_failures_total");
  }

  @Test
  void anUnknownPathIs404AndAWrongMethod405() throws Exception {
    open();

    assertThat(get("/api/v1/nothing").statusCode()).isEqualTo(404);
    assertThat(post("/nothing.txt").statusCode()).isEqualTo(404);
    var wrong = post("/things/1");
    assertThat(wrong.statusCode()).isEqualTo(405);
    assertThat(wrong.headers().firstValue("Allow")).hasValue("GET");
  }

  @ParameterizedTest
  @ValueSource(strings = {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80",
      "metrics.local:7070"})
  void aForeignHostIsRefused(String host) throws Exception {
    open();

    assertThat(raw("GET /-/ready HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 403 ")
        .contains("is not a name of this server");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "localhost:7070", "LOCALHOST", "[::1]:7070", "10.1.2.3"})
  void ourOwnNamesAndAddressesAreLetIn(String host) throws Exception {
    open();

    assertThat(raw("GET /-/ready HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @CsvSource({"http://evil.example,403", "https://127.0.0.1:1,403", "null,403",
      "http://localhost:7070,200", "https://wall.example,200", "https://wallxexample,403",
      "https://wall.example.evil.example,403"})
  void pagesOfOtherSitesAreRefusedUnlessTheirOriginIsAllowed(String origin, int status)
      throws Exception {
    open();

    assertThat(raw("GET /-/ready HTTP/1.1\r\nHost: localhost:7070\r\nOrigin: " + origin
        + "\r\nConnection: close\r\n\r\n")).startsWith("HTTP/1.1 " + status + " ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"67108865", "99999999999999999999"})
  void aBodyThatSaysItIsTooLargeIsNotRead(String length) throws Exception {
    open();

    var answer = raw("POST /-/flush HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length
        + "\r\nConnection: close\r\n\r\n");

    assertThat(answer).matches("(?s)HTTP/1.1 4(13|00) .*");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/things/takes", "/things/ignores", "/things/answers"})
  void aBodyWithoutALengthThatNeverEndsIsEnded(String path) throws Exception {
    open();
    var chunk = ("10000\r\n" + "x".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.US_ASCII);

    long sent = 0;
    try (var socket = new Socket("127.0.0.1", port)) {
      var out = socket.getOutputStream();
      out.write(
          ("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      while (sent < 4L << 30) {
        out.write(chunk);
        sent += 0x10000;
      }
    } catch (IOException ended) {
      assertThat(ended).hasMessageMatching("(?i).*(reset|broken|closed|abort).*");
    }

    assertThat(sent).isBetween(HttpSettings.DEFAULTS.maxBodyBytes(), 2L << 30);
  }

  @Test
  void requestsAreMeasuredByRouteButNotHealthNorOurOwnAgents() throws Exception {
    open();
    get("/things/1");
    get("/things/2");
    get("/things/bug");
    get("/-/ready");
    client.send(HttpRequest.newBuilder(uri("/things/3"))
        .header("User-Agent", "throughline-agent/1")
        .build(), HttpResponse.BodyHandlers.discarding());

    var text = telemetry.prometheusText();

    assertThat(text).contains(
        "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_response_status_code=\"200\",http_route=\"/things/{id}\"} 2\n")
        .contains("error_type=\"500\"")
        .doesNotContain("/-/ready");
  }

  @Test
  void aTakenPortIsNamedWithItsOption() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var address = new Address("127.0.0.1", taken.getLocalPort());

      assertThatThrownBy(() -> door.listen("--otlp-http", address)).isInstanceOf(IOException.class)
          .hasMessage("cannot listen on " + address
              + " (--otlp-http): the address is in use by another process or not this machine's");
    }
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(HttpRequest.newBuilder(uri(path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri(path)).POST(HttpRequest.BodyPublishers.noBody()).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private String raw(String request) throws IOException {
    try (var socket = new Socket("127.0.0.1", port)) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}

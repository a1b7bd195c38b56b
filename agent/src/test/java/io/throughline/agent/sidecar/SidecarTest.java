package io.throughline.agent.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.agent.otlp.Destination;
import io.throughline.agent.sidecar.SidecarSettings.Address;
import io.throughline.testkit.OtlpReceiver;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

// HTTP messages are written with their line ends: a text block would hide them.
@SuppressWarnings("StringConcatToTextBlock")
class SidecarTest {

  private static final Vertx VERTX = Sidecar.vertx();
  private static final OtlpReceiver RECEIVER = new OtlpReceiver();
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeAll
  static void clear() {
    RECEIVER.clear();
  }

  @AfterAll
  static void end() {
    RECEIVER.close();
    VERTX.close().toCompletionStage().toCompletableFuture().join();
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
  }

  static Stream<Arguments> exchanges() {
    String ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    return Stream.of(
        Arguments.of("a plain GET", "GET /a/b?c=%20d&e HTTP/1.1\r\nHost: shop.example\r\n\r\n", ok),
        Arguments.of("odd but legal characters in the target",
            "GET /a//b/../c;x=1?q=[{\"]&%zz HTTP/1.1\r\nHost: shop.example:81\r\n\r\n", ok),
        Arguments.of("header case, repetition and empty values",
            "GET / HTTP/1.1\r\nHost: h\r\nX-LOUD: A\r\nx-twice: 1\r\nX-Twice: 2\r\nX-Empty:\r\n"
                + "Cookie: a=b; c=d\r\nAccept-Encoding: br, gzip\r\nTE: trailers\r\n\r\n",
            "HTTP/1.1 200 Fine by me\r\nContent-Length: 0\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\n"
                + "X-ODD: Y\r\nServer: own\r\n\r\n"),
        Arguments.of("a body of known length",
            "POST /p HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world",
            "HTTP/1.1 201 Created\r\nLocation: /p/1\r\nContent-Length: 2\r\n\r\nok"),
        Arguments.of("an empty POST", "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
            ok),
        Arguments.of("a chunked body both ways",
            "PUT /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
        Arguments.of("trailers of an answer", "GET /t HTTP/1.1\r\nHost: h\r\nTE: trailers\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: grpc-status\r\n\r\n3\r\nabc\r\n0\r\ngrpc-status: 0\r\n\r\n"),
        Arguments.of("HEAD with a length", "HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nContent-Type: text/html\r\n\r\n"),
        Arguments.of("no content", "DELETE /h/1 HTTP/1.1\r\nHost: h\r\n\r\n",
            "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"),
        Arguments.of("not modified", "GET /h HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"x\"\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"),
        Arguments.of("an unknown method", "FROB /h HTTP/1.1\r\nHost: h\r\n\r\n", ok),
        Arguments.of("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", ok),
        Arguments.of("dates, warnings and caching as they came",
            "GET /d HTTP/1.1\r\nHost: h\r\n\r\n",
            "HTTP/1.1 200 OK\r\nDate: not a date\r\nWarning: 199 - \"x\" \"y\"\r\nCache-Control: public, max-age=9\r\n"
                + "Expires: 0\r\nContent-Length: 1\r\n\r\nx"),
        Arguments.of("a server's error", "GET /e HTTP/1.1\r\nHost: h\r\n\r\n",
            "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 1\r\n\r\nx"),
        Arguments.of("expecting to be told to go on",
            "POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
            ok));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("exchanges")
  void whatPassesThroughIsWhatADirectCallWouldBe(String name, String request, String answer)
      throws Exception {
    RawHttp service = keep(new RawHttp(head -> answer));
    Sidecar sidecar = start(service.port());

    // The end of the connection is the end of the answer: no clock is asked.
    String once = request.replaceFirst("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    String direct = RawHttp.send(service.port(), once, 30_000);
    String through = RawHttp.send(sidecar.port(), once, 30_000);

    assertThat(shape(through)).as(name).isEqualTo(shape(direct));
    assertThat(shape(service.heads().get(1))).isEqualTo(shape(service.heads().get(0)));
    assertThat(service.bodies().get(1)).isEqualTo(service.bodies().get(0));
  }

  @Test
  void aLargeBodyStreamsThroughByteForByte() throws Exception {
    byte[] body = new byte[3_000_000];
    new Random(7).nextBytes(body);
    String text = new String(body, StandardCharsets.ISO_8859_1);
    RawHttp service = keep(new RawHttp(
        head -> "HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n" + text));
    Sidecar sidecar = start(service.port());

    String answer = RawHttp.send(sidecar.port(), "POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: "
        + body.length + "\r\nConnection: close\r\n\r\n" + text, 5_000);

    assertThat(service.bodies().getFirst()).isEqualTo(text);
    assertThat(answer.substring(answer.indexOf("\r\n\r\n") + 4)).isEqualTo(text);
  }

  @Test
  void anUpgradeBecomesATunnelBothWays() throws Exception {
    var server = keep(new ServerSocket(0, 5, InetAddress.getLoopbackAddress()));
    Thread.ofVirtual().start(() -> echoAfterUpgrade(server));
    Sidecar sidecar = start(server.getLocalPort());

    try (var socket = new Socket(InetAddress.getLoopbackAddress(), sidecar.port())) {
      socket.setSoTimeout(5_000);
      var out = socket.getOutputStream();
      out.write(("GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
          .getBytes(StandardCharsets.ISO_8859_1));
      var in = socket.getInputStream();
      var head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        head.append((char) in.read());
      }
      out.write("ping".getBytes(StandardCharsets.ISO_8859_1));

      assertThat(head.toString()).startsWith("HTTP/1.1 101").containsIgnoringCase("upgrade");
      assertThat(new String(in.readNBytes(4), StandardCharsets.ISO_8859_1)).isEqualTo("ping");
    }
  }

  @Test
  void aRequestIsMeasuredByRouteStatusAndCaller() throws Exception {
    RawHttp service = keep(
        new RawHttp(head -> "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
    start(service.port(), "shop/measured");
    Sidecar sidecar = start(service.port(), "shop/measured");

    RawHttp.send(sidecar.port(), "GET /orders/1234?x=1 HTTP/1.1\r\nHost: h\r\n"
        + "Throughline-Client: shop/web\r\nConnection: close\r\n\r\n", 2_000);

    var duration = RECEIVER.await("http.server.request.duration", 10,
        p -> p.attribute("service.name").equals("measured"));
    assertThat(duration.attributes()).containsEntry("http.route", "/orders/{id}")
        .containsEntry("http.request.method", "GET")
        .containsEntry("http.response.status_code", "404")
        .doesNotContainKey("error.type");
    assertThat(duration.unit()).isEqualTo("s");
    assertThat(duration.value()).isEqualTo(1);
    assertThat(duration.resource()).containsEntry("service.namespace", "shop")
        .containsEntry("process.pid", Long.toString(ProcessHandle.current().pid()))
        .containsKeys("host.id", "service.instance.id");
    var edge = RECEIVER.await("throughline.edge.requests", 10,
        p -> p.attribute("service.name").equals("measured"));
    assertThat(edge.attributes()).containsEntry("throughline.client", "shop/web")
        .containsEntry("http.response.status_code", "404");
  }

  @Test
  void aServiceThatIsNotThereIsA502WithItsReason() throws Exception {
    int nobody;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = socket.getLocalPort();
    }
    Sidecar sidecar = start(nobody, "gone");

    String answer = RawHttp.send(sidecar.port(),
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 5_000);

    assertThat(answer).startsWith("HTTP/1.1 502").contains("Throughline-Sidecar: upstream_refused");
    RECEIVER.await("http.server.request.duration", 10,
        p -> p.attribute("service.name").equals("gone")
            && p.attribute("error.type").equals("upstream_refused"));
  }

  @Test
  void aServiceThatDoesNotAnswerInTimeIsA504() throws Exception {
    var release = new CountDownLatch(1);
    RawHttp service = keep(new RawHttp(head -> {
      awaitQuietly(release);
      return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    }));
    Sidecar sidecar = start(
        SidecarSettings
            .of(new Address("127.0.0.1", 0), new Address("127.0.0.1", service.port()), "late",
                destination())
            .withAnswerTimeout(Duration.ofMillis(300)));

    String answer = RawHttp.send(sidecar.port(),
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 5_000);
    release.countDown();

    assertThat(answer).startsWith("HTTP/1.1 504").contains("Throughline-Sidecar: timeout");
  }

  @Test
  void aServiceThatDiesMidAnswerEndsTheClientsConnectionToo() throws Exception {
    RawHttp service = keep(
        new RawHttp(head -> "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf!"));
    Sidecar sidecar = start(service.port(), "dying");

    String answer = RawHttp.send(sidecar.port(), "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 5_000);

    assertThat(answer).contains("Content-Length: 100").endsWith("half");
    RECEIVER.await("http.server.request.duration", 10,
        p -> p.attribute("service.name").equals("dying")
            && p.attribute("error.type").equals("upstream_reset"));
  }

  @Test
  void requestsBeyondTheQueueAreRefusedAtOnceAndTheQueueIsMeasured() throws Exception {
    var release = new CountDownLatch(1);
    RawHttp service = keep(new RawHttp(head -> {
      awaitQuietly(release);
      return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    }));
    Sidecar sidecar = start(
        SidecarSettings
            .of(new Address("127.0.0.1", 0), new Address("127.0.0.1", service.port()), "full",
                destination())
            .withConnections(1, 1));
    String request = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

    var answers = new ArrayList<Future<String>>();
    var threads = Executors.newVirtualThreadPerTaskExecutor();
    for (int i = 0; i < 4; i++) {
      answers.add(threads.submit(() -> RawHttp.send(sidecar.port(), request, 10_000)));
    }
    RECEIVER.await("throughline.http.server.queue.length", 10,
        p -> p.attribute("service.name").equals("full") && p.value() == 1);
    release.countDown();
    var statuses = new ArrayList<String>();
    for (var answer : answers) {
      statuses.add(answer.get().substring(9, 12));
    }
    threads.close();

    assertThat(statuses).containsExactlyInAnyOrder("200", "200", "503", "503");
  }

  @Test
  void aHeadLargerThanTheBoundIsRefusedAndTheSidecarGoesOn() throws Exception {
    RawHttp service = keep(new RawHttp(head -> "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    Sidecar sidecar = start(service.port());

    String refused = RawHttp.send(sidecar.port(),
        "GET / HTTP/1.1\r\nHost: h\r\nX: " + "a".repeat(Sidecar.HEAD_BYTES + 10) + "\r\n\r\n",
        5_000);
    String after = RawHttp.send(sidecar.port(),
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 5_000);

    assertThat(refused).startsWith("HTTP/1.1 431");
    assertThat(after).startsWith("HTTP/1.1 200");
  }

  @Test
  void aClientThatWouldRatherSpeakHttp2IsServedByAServiceThatDoesNot() throws Exception {
    RawHttp service = keep(new RawHttp(head -> "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    Sidecar sidecar = start(service.port());

    try (var client = HttpClient.newHttpClient()) {
      var answer = client
          .send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + sidecar.port() + "/x"))
              .POST(HttpRequest.BodyPublishers.ofString("body"))
              .build(), HttpResponse.BodyHandlers.ofString());

      assertThat(answer.body()).isEqualTo("ok");
    }
    assertThat(service.bodies()).containsExactly("body");
  }

  @Test
  void aHeadThatIsDrippedInIsCutOff() throws Exception {
    RawHttp service = keep(new RawHttp(head -> "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    var settings = SidecarSettings.of(new Address("127.0.0.1", 0),
        new Address("127.0.0.1", service.port()), "dripped", destination());
    Sidecar sidecar = keep(Sidecar.start(VERTX, settings, 400, line -> {})
        .toCompletionStage()
        .toCompletableFuture()
        .join());

    try (var socket = new Socket(InetAddress.getLoopbackAddress(), sidecar.port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: h\r\nX-Slow".getBytes(StandardCharsets.ISO_8859_1));

      assertThat(socket.getInputStream().read()).as("the end of the connection").isEqualTo(-1);
    }
    assertThat(service.heads()).isEmpty();
  }

  @Test
  void optionsThatAreWrongSayWhatWouldBeRight() {
    assertThat(Assertions.catchThrowable(() -> SidecarSettings
        .parse(List.of("--listen", "x", "--upstream", "h:1", "--service", "s"), Map.of())))
        .hasMessage("--listen x: want HOST:PORT");
  }

  private Sidecar start(int upstream) {
    return start(upstream, "shop/test");
  }

  private Sidecar start(int upstream, String service) {
    return start(SidecarSettings.of(new Address("127.0.0.1", 0), new Address("127.0.0.1", upstream),
        service, destination()));
  }

  private Sidecar start(SidecarSettings settings) {
    return keep(Sidecar.start(VERTX, settings, line -> {})
        .toCompletionStage()
        .toCompletableFuture()
        .join());
  }

  private <T extends AutoCloseable> T keep(T one) {
    open.add(one);
    return one;
  }

  private static Destination destination() {
    return Destination.of(RECEIVER.endpoint());
  }

  /** A message with its header lines in order of name; chunks joined; hop-by-hop headers left out. */
  private static String shape(String message) {
    int end = message.indexOf("\r\n\r\n");
    if (message.startsWith("HTTP/1.1 100")) {
      return shape(message.substring(end + 4));
    }
    String[] lines = message.substring(0, end).split("\r\n");
    String headers = Arrays.stream(lines)
        .skip(1)
        .filter(line -> !line.toLowerCase(Locale.ROOT).startsWith("connection:"))
        .map(line -> line.substring(0, line.indexOf(':')) + ": "
            + line.substring(line.indexOf(':') + 1).strip())
        .map(line -> line.replaceAll("(?i)^transfer-encoding:.*", "transfer-encoding"))
        .sorted(Comparator
            .comparing(line -> line.substring(0, line.indexOf(':') + 1).toLowerCase(Locale.ROOT)))
        .collect(Collectors.joining("\n"));
    String body = message.substring(end + 4);
    boolean chunked = headers.contains("transfer-encoding");
    return lines[0] + "\n" + headers + "\n\n"
        + (chunked ? body.replaceAll("(^|\r\n)[0-9a-f]+\r\n", "") : body);
  }

  private static void echoAfterUpgrade(ServerSocket server) {
    try (Socket socket = server.accept()) {
      var in = socket.getInputStream();
      var head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        head.append((char) in.read());
      }
      socket.getOutputStream()
          .write(
              ("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                  + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
                  .getBytes(StandardCharsets.ISO_8859_1));
      in.transferTo(socket.getOutputStream());
    } catch (IOException e) {
      // The client is done.
      return;
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

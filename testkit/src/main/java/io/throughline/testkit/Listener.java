package io.throughline.testkit;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** An HTTP server on loopback that keeps what it is sent, as long as it answers with a 2xx. */
public final class Listener implements AutoCloseable {

  /** One request. */
  public record Request(String path, Map<String, List<String>> headers, byte[] body) {
    /** The body as UTF-8. */
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  public final List<Request> requests = new CopyOnWriteArrayList<>();
  public volatile int answer = 200;
  private final HttpServer server;

  public Listener() throws IOException {
    this(request -> {});
  }

  /** @param hearing told of each request that is kept, before it is answered */
  public Listener(Consumer<Request> hearing) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> {
      var body = exchange.getRequestBody().readAllBytes();
      int status = answer;
      if (status / 100 == 2) {
        var request = new Request(exchange.getRequestURI().toString(), exchange.getRequestHeaders(),
            body);
        requests.add(request);
        hearing.accept(request);
      }
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
    });
    server.start();
  }

  /** Without a slash at the end. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

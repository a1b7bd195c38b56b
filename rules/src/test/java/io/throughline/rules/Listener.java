package io.throughline.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** An HTTP server on loopback that keeps what it is sent. */
public final class Listener implements AutoCloseable {

  /** One request. */
  public record Request(String path, Map<String, List<String>> headers, byte[] body) {
    public JsonNode json() throws IOException {
      return new ObjectMapper().readTree(body);
    }
  }

  public final List<Request> requests = new CopyOnWriteArrayList<>();
  public volatile int answer = 200;
  private final HttpServer server;

  public Listener() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> {
      var body = exchange.getRequestBody().readAllBytes();
      int status = answer;
      if (status / 100 == 2) {
        requests.add(new Request(exchange.getRequestURI().toString(), exchange.getRequestHeaders(),
            body));
      }
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
    });
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

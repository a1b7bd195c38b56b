package io.throughline.app.demo;

import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.ExponentialHistogram;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/** The calls a service makes to others: over HTTP through their sidecars, measured as a client sees them. */
final class Calls {

  private static final int LONGEST_MS = 10_000;

  private final String self;
  private final Map<String, String> peers = new ConcurrentHashMap<>();
  // Guarded by itself; bounded by the shop's services and dependencies times a few statuses.
  private final Map<Attributes, ExponentialHistogram> durations = new LinkedHashMap<>();

  /** {@code self} is who calls, as {@code shop/web}. */
  Calls(String self) {
    this.self = self;
  }

  void peer(String service, String address) {
    peers.put(service, address);
  }

  /** Calls a service; the answer's status, or 502 where there was none. */
  int call(String service, String method, String path) {
    String address = peers.get(service);
    if (address == null) {
      return 503;
    }
    long startNanos = System.nanoTime();
    int status = exchange(self, method, URI.create("http://" + address + path));
    record(service, method, status, System.nanoTime() - startNanos);
    return status;
  }

  /** Notes a call to a party that the shop only imitates. */
  void record(String server, String method, int status, long tookNanos) {
    var attributes = Attributes.of("server.address", server, "http.request.method", method,
        "http.response.status_code", status);
    synchronized (durations) {
      durations.computeIfAbsent(attributes, a -> new ExponentialHistogram())
          .record(tookNanos / 1e9);
    }
  }

  void forEach(BiConsumer<Attributes, ExponentialHistogram> action) {
    synchronized (durations) {
      durations.forEach(action);
    }
  }

  /** One request without a body, its answer read to the end so that the connection is kept. */
  static int exchange(String caller, String method, URI uri) {
    try {
      var connection = (HttpURLConnection) uri.toURL().openConnection();
      connection.setRequestMethod(method);
      connection.setConnectTimeout(LONGEST_MS);
      connection.setReadTimeout(LONGEST_MS);
      connection.setRequestProperty("Throughline-Client", caller);
      int status = connection.getResponseCode();
      try (InputStream body = status >= 400
          ? connection.getErrorStream()
          : connection.getInputStream()) {
        if (body != null) {
          body.readAllBytes();
        }
      }
      return status;
    } catch (IOException e) {
      // Refused, reset or late: to the caller's own caller all are one bad gateway.
      return 502;
    }
  }
}

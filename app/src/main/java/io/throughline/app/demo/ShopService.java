package io.throughline.app.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.Destination;
import io.throughline.agent.otlp.OtlpWriter;
import io.throughline.agent.otlp.Outbox;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One service of the shop, in a process of its own.
 *
 * <p>Started as {@code ShopService NAME ENDPOINT}; it prints {@code port N} and then obeys lines on its
 * standard input, whose end is its own:
 * <pre>
 * peer NAME HOST:PORT   where another service's sidecar is
 * begin NAME=VALUE …    the resource to report under; telemetry starts
 * slow MS               its party outside of the shop takes so much longer
 * errors RATIO          so many of its answers are 500
 * workers N             the size of its pool
 * </pre>
 */
final class ShopService {

  private final Shop shop;
  private final WorkerPool pool = new WorkerPool(Shop.WORKERS);
  private final Calls calls;
  private final RuntimeMetrics runtime = new RuntimeMetrics();
  private final String endpoint;
  private volatile int slowMs;
  private volatile double errorRatio;
  // Written so that the work cannot be optimised away.
  @SuppressWarnings("UnusedVariable")
  private volatile long sink;

  private ShopService(Shop shop, String endpoint) {
    this.shop = shop;
    this.endpoint = endpoint;
    this.calls = new Calls(Shop.NAMESPACE + "/" + shop.service());
  }

  public static void main(String[] arguments) throws IOException {
    var service = new ShopService(Shop.of(arguments[0]), arguments[1]);
    service.serve();
    service.obey();
    // The parent is gone, or wants no more of us.
    Runtime.getRuntime().halt(0);
  }

  private void serve() throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
    server.setExecutor(pool);
    server.createContext("/", this::answer);
    server.start();
    System.out.println("port " + server.getAddress().getPort());
  }

  private void obey() throws IOException {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] words = line.split(" ", -1);
      switch (words[0]) {
        case "peer" -> calls.peer(words[1], words[2]);
        case "begin" -> report(line);
        case "slow" -> slowMs = Integer.parseInt(words[1]);
        case "errors" -> errorRatio = Double.parseDouble(words[1]);
        case "workers" -> pool.resize(Integer.parseInt(words[1]));
        default -> System.err.println("not understood: " + line);
      }
    }
  }

  private void report(String line) {
    Map<String, Object> attributes = new TreeMap<>();
    for (String pair : line.substring("begin ".length()).split(" ", -1)) {
      int equals = pair.indexOf('=');
      attributes.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    attributes.put("process.pid", ProcessHandle.current().pid());
    var resource = Attributes.of(attributes);
    var outbox = new Outbox(Destination.of(endpoint), System.err::println);
    var writer = new OtlpWriter("throughline.demo");
    Thread.ofPlatform().name("telemetry").daemon().start(() -> {
      while (true) {
        long now = System.currentTimeMillis() * 1_000_000L;
        writer.beginResource(resource);
        runtime.writeTo(writer, now, pool, calls);
        writer.endResource();
        outbox.offer(writer.take());
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
      }
    });
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      work();
      int status = status(exchange.getRequestURI().getPath());
      if (ThreadLocalRandom.current().nextDouble() < errorRatio) {
        status = 500;
      }
      byte[] body = ("{\"service\":\"" + shop.service() + "\",\"status\":" + status + "}\n")
          .getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private int status(String path) {
    String[] segments = path.split("/", -1);
    return switch (shop) {
      case WEB -> {
        askOutside();
        if (path.equals("/")) {
          yield 200;
        }
        yield segments[1].equals("products")
            ? calls.call("inventory", "GET", "/items/" + last(segments))
            : passOn(calls.call("checkout", "POST", "/orders"));
      }
      case CHECKOUT -> {
        askOutside();
        int item = ThreadLocalRandom.current().nextInt(10_000);
        int reserved = calls.call("inventory", "POST", "/items/" + item + "/reservations");
        yield reserved == 200 ? passOn(calls.call("payment", "POST", "/charges")) : 502;
      }
      case INVENTORY, PAYMENT -> {
        askOutside();
        yield 200;
      }
    };
  }

  private static String last(String[] segments) {
    return segments[segments.length - 1];
  }

  /** A failed order is the shop's failure; that of a part is a bad gateway. */
  private static int passOn(int status) {
    return status >= 500 ? 502 : status;
  }

  private void askOutside() {
    int knob = slowMs;
    int usual = shop.dependencyMs();
    if (knob + usual == 0) {
      return;
    }
    // Around its usual time, with a tail.
    double factor = 0.7 - 0.4 * Math.log(1 - ThreadLocalRandom.current().nextDouble());
    long startNanos = System.nanoTime();
    long untilNanos = startNanos + (long) ((usual * factor + knob) * 1e6);
    while (System.nanoTime() - untilNanos < 0) {
      LockSupport.parkNanos(untilNanos - System.nanoTime());
    }
    calls.record(shop.dependency(), "POST", 200, System.nanoTime() - startNanos);
  }

  /** A fixed amount of work, not of time: with less CPU it takes longer. */
  private void work() {
    long x = System.nanoTime() | 1;
    int rounds = (int) (shop.work() * (0.5 + ThreadLocalRandom.current().nextDouble()));
    for (int i = 0; i < rounds; i++) {
      x ^= x << 13;
      x ^= x >>> 7;
      x ^= x << 17;
    }
    sink = x;
  }
}

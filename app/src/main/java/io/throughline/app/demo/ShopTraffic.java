package io.throughline.app.demo;

import io.throughline.agent.otlp.Destination;
import io.throughline.agent.sidecar.Sidecar;
import io.throughline.agent.sidecar.SidecarSettings;
import io.throughline.agent.sidecar.SidecarSettings.Address;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The shop's sidecars and its visitors, in one process to be small: one sidecar would be a process per
 * service elsewhere.
 *
 * <p>Started as {@code ShopTraffic ENDPOINT RATE SERVICE=PORT=INSTANCE …}; it prints {@code sidecar SERVICE
 * PORT} for each, {@code ready}, and at the line {@code visit} on its standard input begins to send
 * RATE requests a second, an open model: they come whether or not earlier ones were answered. Each second of a
 * minute's swing ±30 %. The end of its standard input is its own.
 */
final class ShopTraffic {

  private static final int MOST_IN_FLIGHT = 400;
  private static final double SWING = 0.3;
  private static final double SWING_SECONDS = 120;

  private ShopTraffic() {}

  public static void main(String[] arguments) throws IOException {
    var destination = Destination.of(arguments[0]);
    double rate = Double.parseDouble(arguments[1]);
    var vertx = Sidecar.vertx();
    int web = 0;
    for (int i = 2; i < arguments.length; i++) {
      String[] parts = arguments[i].split("=", -1);
      var settings = SidecarSettings
          .of(new Address("127.0.0.1", 0), new Address("127.0.0.1", Integer.parseInt(parts[1])),
              Shop.NAMESPACE + "/" + parts[0], destination)
          .withInstance(parts[2]);
      Sidecar sidecar = Sidecar.start(vertx, settings, System.err::println)
          .toCompletionStage()
          .toCompletableFuture()
          .join();
      System.out.println("sidecar " + parts[0] + " " + sidecar.port());
      if (parts[0].equals(Shop.WEB.service())) {
        web = sidecar.port();
      }
    }
    System.out.println("ready");
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.equals("visit")) {
        int port = web;
        Thread.ofPlatform().name("visitors").daemon().start(() -> visit(port, rate));
      }
    }
    Runtime.getRuntime().halt(0);
  }

  private static void visit(int port, double rate) {
    var inFlight = new Semaphore(MOST_IN_FLIGHT);
    long begunNanos = System.nanoTime();
    long nextNanos = begunNanos;
    while (true) {
      double seconds = (nextNanos - begunNanos) / 1e9;
      double now = rate * (1 + SWING * Math.sin(2 * Math.PI * seconds / SWING_SECONDS));
      double gap = -Math.log(1 - ThreadLocalRandom.current().nextDouble()) / now;
      nextNanos += (long) (gap * TimeUnit.SECONDS.toNanos(1));
      while (nextNanos - System.nanoTime() > 0) {
        LockSupport.parkNanos(nextNanos - System.nanoTime());
      }
      // Past the bound visitors turn away at the door: the shop is beyond measuring by then.
      if (inFlight.tryAcquire()) {
        Thread.ofVirtual().start(() -> {
          try {
            visitOnce(port);
          } finally {
            inFlight.release();
          }
        });
      }
    }
  }

  private static void visitOnce(int port) {
    var random = ThreadLocalRandom.current();
    String base = "http://127.0.0.1:" + port;
    int kind = random.nextInt(10);
    if (kind < 3) {
      Calls.exchange("shop/visitors", "GET", URI.create(base + "/"));
    } else if (kind < 6) {
      Calls.exchange("shop/visitors", "GET",
          URI.create(base + "/products/" + random.nextInt(10_000)));
    } else {
      Calls.exchange("shop/visitors", "POST",
          URI.create(base + "/cart/" + random.nextInt(100_000) + "/checkout"));
    }
  }
}

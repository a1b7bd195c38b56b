package io.throughline.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An OTLP/HTTP collector for tests of what sends: keeps every point it was sent, decoded by
 * OpenTelemetry's own classes, and answers with the status it was told to.
 */
public final class OtlpReceiver implements AutoCloseable {

  /**
   * One point of any kind.
   *
   * @param value of a number; of a histogram its count
   * @param histogram null for numbers
   */
  public record Point(Map<String, String> resource, String name, String unit,
      Map<String, String> attributes, long startNanos, long timeNanos, double value,
      @Nullable ExponentialHistogramDataPoint histogram) {

    /** A resource's or the point's own attribute, "" where there is none. */
    public String attribute(String key) {
      return attributes.getOrDefault(key, resource.getOrDefault(key, ""));
    }
  }

  private final HttpServer server;
  private final List<Point> points = new ArrayList<>();
  private volatile int status = 200;
  private final AtomicInteger requests = new AtomicInteger();

  public OtlpReceiver() {
    this(0);
  }

  /** On a given port, to come back where another was. */
  public OtlpReceiver(int port) {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 64);
    } catch (IOException e) {
      throw new IllegalStateException("no loopback port for a receiver", e);
    }
    server.createContext("/v1/metrics", this::take);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  public String endpoint() {
    return "http://127.0.0.1:" + port();
  }

  /** From now on requests are answered so; only 200 keeps what they carry. */
  public void answer(int newStatus) {
    status = newStatus;
  }

  /** Requests answered so far. */
  public int requests() {
    return requests.get();
  }

  /** What was received so far, in order. */
  public List<Point> points() {
    synchronized (points) {
      return List.copyOf(points);
    }
  }

  public void clear() {
    synchronized (points) {
      points.clear();
    }
  }

  /** The points of one metric so far, in order. */
  public List<Point> points(String name) {
    synchronized (points) {
      return points.stream().filter(p -> p.name().equals(name)).toList();
    }
  }

  /** Waits for a point; fails after {@code seconds}, saying what came instead. */
  public Point await(String name, int seconds, Predicate<Point> wanted) {
    long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    int seen = 0;
    synchronized (points) {
      while (true) {
        for (seen = Math.min(seen, points.size()); seen < points.size(); seen++) {
          Point point = points.get(seen);
          if (point.name().equals(name) && wanted.test(point)) {
            return point;
          }
        }
        long leftMs = (untilNanos - System.nanoTime()) / 1_000_000;
        if (leftMs <= 0) {
          throw new AssertionError("no such point of " + name + " in " + seconds + " s; the last: "
              + points.stream().filter(p -> p.name().equals(name)).reduce((a, b) -> b));
        }
        try {
          points.wait(leftMs);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new AssertionError("interrupted", e);
        }
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      int now = status;
      if (now == 200) {
        add(ExportMetricsServiceRequest.parseFrom(body));
      }
      requests.incrementAndGet();
      exchange.sendResponseHeaders(now, -1);
    }
  }

  private void add(ExportMetricsServiceRequest request) {
    synchronized (points) {
      for (ResourceMetrics resource : request.getResourceMetricsList()) {
        Map<String, String> attributes = texts(resource.getResource().getAttributesList());
        resource.getScopeMetricsList().forEach(scope -> scope.getMetricsList().forEach(metric -> {
          metric.getGauge().getDataPointsList().forEach(p -> add(attributes, metric, p));
          metric.getSum().getDataPointsList().forEach(p -> add(attributes, metric, p));
          metric.getExponentialHistogram()
              .getDataPointsList()
              .forEach(p -> points.add(new Point(attributes, metric.getName(), metric.getUnit(),
                  texts(p.getAttributesList()), p.getStartTimeUnixNano(), p.getTimeUnixNano(),
                  p.getCount(), p)));
        }));
      }
      points.notifyAll();
    }
  }

  private void add(Map<String, String> resource, Metric metric, NumberDataPoint point) {
    points.add(new Point(resource, metric.getName(), metric.getUnit(),
        texts(point.getAttributesList()), point.getStartTimeUnixNano(), point.getTimeUnixNano(),
        point.hasAsInt() ? point.getAsInt() : point.getAsDouble(), null));
  }

  private static Map<String, String> texts(List<KeyValue> attributes) {
    var texts = new TreeMap<String, String>();
    for (KeyValue attribute : attributes) {
      AnyValue value = attribute.getValue();
      texts.put(attribute.getKey(),
          value.hasIntValue() ? Long.toString(value.getIntValue()) : value.getStringValue());
    }
    return texts;
  }
}

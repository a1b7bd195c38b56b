package io.throughline.query.view;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.opentelemetry.api.OpenTelemetry;
import io.throughline.query.ReadBarrier;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.store.Snapshot;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The view behind a real HTTP server, over a memory store, at a fixed moment. */
final class ViewServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** No strip is pending because this machine was busy. */
  static final ViewSettings PATIENT = new ViewSettings(Duration.ofSeconds(20), 2, 256, 1 << 20);

  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;
  private final ViewApi api;
  // HTTP/1.1: for HTTP/2 the JDK's client lowers header names by the machine's locale, and ours is Turkish.
  private final HttpClient client = HttpClient.newBuilder()
      .version(HttpClient.Version.HTTP_1_1)
      .build();

  ViewServer(MemoryStore store, long nowMs) throws Exception {
    this(store, nowMs, ReadBarrier.NONE, PATIENT);
  }

  ViewServer(MemoryStore store, long nowMs, ReadBarrier barrier, ViewSettings settings)
      throws Exception {
    this(store::snapshot, nowMs, barrier, settings);
  }

  /** With joins kept in a file. */
  ViewServer(MemoryStore store, long nowMs, Path joins) throws Exception {
    this(store::snapshot, nowMs, ReadBarrier.NONE, PATIENT, joins, null);
  }

  /** With a live board. */
  static ViewServer withBoard(MemoryStore store, long nowMs, Path boards) throws Exception {
    return new ViewServer(store::snapshot, nowMs, ReadBarrier.NONE, PATIENT, null, boards);
  }

  ViewServer(Supplier<Snapshot> snapshots, long nowMs, ReadBarrier barrier, ViewSettings settings)
      throws Exception {
    this(snapshots, nowMs, barrier, settings, null, null);
  }

  private ViewServer(Supplier<Snapshot> snapshots, long nowMs, ReadBarrier barrier,
      ViewSettings settings, @Nullable Path joins, @Nullable Path boards) throws Exception {
    api = new ViewApi(snapshots, barrier, () -> Instant.ofEpochMilli(nowMs), Catalogue.builtIn(),
        settings, OpenTelemetry.noop().getMeter("test"), joins, boards);
    var router = Router.router(vertx);
    api.mount(router);
    server = vertx.createHttpServer()
        .requestHandler(router)
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  ViewApi api() {
    return api;
  }

  HttpResponse<String> raw(String path, String... headers) throws Exception {
    var request = HttpRequest
        .newBuilder(URI.create("http://127.0.0.1:" + server.actualPort() + "/api/view/v1" + path))
        .timeout(Duration.ofSeconds(30));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String json, String... headers) throws Exception {
    var request = HttpRequest
        .newBuilder(URI.create("http://127.0.0.1:" + server.actualPort() + "/api/view/v1" + path))
        .timeout(Duration.ofSeconds(30))
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(json));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** The data of a successful reply. */
  JsonNode get(String path, String... headers) throws Exception {
    var reply = raw(path, headers);
    if (reply.statusCode() != 200) {
      throw new AssertionError(path + " answered " + reply.statusCode() + ": " + reply.body());
    }
    return JSON.readTree(reply.body()).get("data");
  }

  static JsonNode strip(JsonNode page, String id) {
    for (var strip : page.get("strips")) {
      if (strip.get("id").asText().equals(id)) {
        return strip;
      }
    }
    throw new AssertionError("no strip " + id);
  }

  static JsonNode series(JsonNode strip, String name) {
    for (var series : strip.get("series")) {
      if (series.get("name").asText().equals(name)) {
        return series;
      }
    }
    throw new AssertionError("no series " + name + " in " + strip);
  }

  @Override
  public void close() throws Exception {
    api.close();
    client.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}

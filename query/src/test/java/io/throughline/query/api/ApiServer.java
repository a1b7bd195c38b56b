package io.throughline.query.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.opentelemetry.api.OpenTelemetry;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.MetricType;
import io.throughline.model.NativeHistogram;
import io.throughline.model.NativeHistogram.ResetHint;
import io.throughline.model.SampleValues;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.query.Deletion;
import io.throughline.query.QuerySettings;
import io.throughline.query.ReadBarrier;
import io.throughline.query.source.ExemplarStore;
import io.throughline.store.LogPosition;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The API behind a real HTTP server, over a real store of one shard, at a fixed moment. */
final class ApiServer implements AutoCloseable {

  /** 2023-11-14T22:15:00Z. */
  static final long NOW_MS = 1_700_000_100_000L;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Vertx vertx = Vertx.vertx();
  private final long nowMs;
  private final Store store;
  final ExemplarStore exemplars = new ExemplarStore(3);
  private final PrometheusApi api;
  private final Router router;
  private final HttpServer server;
  // HTTP/1.1: for HTTP/2 the JDK's client lowers header names by the machine's locale, and ours is Turkish.
  private final HttpClient client = HttpClient.newBuilder()
      .version(HttpClient.Version.HTTP_1_1)
      .build();

  ApiServer(Path folder, QuerySettings settings) throws Exception {
    this(folder, settings, NOW_MS);
  }

  /** @param nowMs the moment at which it stands; its samples are of the ten minutes before */
  ApiServer(Path folder, QuerySettings settings, long nowMs) throws Exception {
    this.nowMs = nowMs;
    store = Store.open(folder, StoreSettings.DEFAULTS.withBackgroundMerges(false));
    fill();
    var deletion = new Deletion() {
      @Override
      public void delete(Tenant tenant, List<List<Matcher>> selectors, long minTimeMs,
          long maxTimeMs) {
        store.delete(tenant, selectors, minTimeMs, maxTimeMs);
      }

      @Override
      public void clean() {
        store.cleanDeleted();
      }
    };
    api = new PrometheusApi(settings, store::snapshot, ReadBarrier.NONE,
        () -> Instant.ofEpochMilli(nowMs), OpenTelemetry.noop().getMeter("test"), deletion,
        exemplars);
    router = Router.router(vertx);
    api.mount(router);
    server = vertx.createHttpServer()
        .requestHandler(router)
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  static QuerySettings settings(int maxConcurrent, boolean adminApi) {
    var s = QuerySettings.DEFAULT;
    return new QuerySettings(s.lookback(), s.timeout(), s.threads(), s.queueLength(), maxConcurrent,
        s.maxSeries(), s.maxSamples(), s.maxBytes(), adminApi, s.promqlFeatures(), s.maxExemplars(),
        "https://grafana\\.example");
  }

  /** All routes as {@code METHOD /path}, without their first prefix; those of the other are the same. */
  Set<String> routes() {
    return router.getRoutes()
        .stream()
        .filter(route -> route.getPath() != null && route.methods() != null
            && !route.getPath().startsWith("/prometheus/"))
        .flatMap(route -> route.methods()
            .stream()
            .map(method -> method.name() + " "
                + route.getPath().replaceFirst("^/api/v1", "").replaceAll(":(\\w+)", "{$1}")))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  int port() {
    return server.actualPort();
  }

  private void fill() {
    var writer = store.shard(0);
    for (int i = 0; i < 40; i++) {
      var instance = "host-" + i;
      var up = Labels.of("__name__", "up", "job", i < 20 ? "api" : "web", "instance", instance);
      long start = nowMs - 600_000;
      int id = id(up, new SeriesMetadata(MetricType.GAUGE, "", "Whether it answers"));
      for (int n = 0; n <= 40; n++) {
        writer.append(id, start + n * 15_000, 0, i + n / 100.0);
      }
    }
    int odd = id(Labels.of("__name__", "http.status", "code.class", "2xx", "text", "käse \"x\"\n"),
        SeriesMetadata.UNKNOWN);
    writer.append(odd, nowMs - 1_500, 0, Double.NaN);
    int infinite = id(Labels.of("__name__", "infinite"), SeriesMetadata.UNKNOWN);
    writer.append(infinite, nowMs - 1_000, 0, Double.NEGATIVE_INFINITY);
    int histogram = id(Labels.of("__name__", "sizes"), SeriesMetadata.UNKNOWN);
    writer.append(histogram, nowMs - 1_000, 0, new NativeHistogram(true, ResetHint.UNKNOWN, 0, 0.5,
        1, 4, 7.5, new int[] {1, 2}, new long[] {2, 1}, new int[0], new long[0], new double[0]));
    int ended = id(Labels.of("__name__", "ended"), SeriesMetadata.UNKNOWN);
    writer.append(ended, nowMs - 2_000, 0, 1);
    writer.append(ended, nowMs - 1_000, 0, SampleValues.STALE_NAN);
    writer.applied(new LogPosition("test", "topic", 0, 1));
  }

  private int id(Labels labels, SeriesMetadata metadata) {
    var bytes = labels.canonicalBytes();
    return store.shard(0).seriesId(Tenant.DEFAULT, bytes, 0, bytes.length, metadata);
  }

  private static String form(String... parameters) {
    var form = new StringBuilder();
    for (int i = 0; i < parameters.length; i += 2) {
      form.append(i == 0 ? "" : "&")
          .append(parameters[i])
          .append('=')
          .append(URLEncoder.encode(parameters[i + 1], StandardCharsets.UTF_8));
    }
    return form.toString();
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort() + path));
  }

  HttpResponse<byte[]> send(HttpRequest request) throws Exception {
    return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> get(String path, String... parameters) throws Exception {
    return send(request(path + (parameters.length == 0 ? "" : "?" + form(parameters))).build());
  }

  HttpResponse<byte[]> post(String path, String... parameters) throws Exception {
    return send(request(path).header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString(form(parameters)))
        .build());
  }

  /** The body of a successful reply as it is. */
  String body(String path, String... parameters) throws Exception {
    var reply = get(path, parameters);
    var text = new String(reply.body(), StandardCharsets.UTF_8);
    if (reply.statusCode() != 200) {
      throw new AssertionError(path + " answered " + reply.statusCode() + ": " + text);
    }
    return text;
  }

  JsonNode data(String path, String... parameters) throws Exception {
    return JSON.readTree(body(path, parameters)).path("data");
  }

  static JsonNode json(HttpResponse<byte[]> reply) throws Exception {
    return JSON.readTree(reply.body());
  }

  @Override
  public void close() throws Exception {
    client.close();
    api.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    store.close();
  }
}

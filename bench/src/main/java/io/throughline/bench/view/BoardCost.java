package io.throughline.bench.view;

import io.opentelemetry.api.OpenTelemetry;
import io.throughline.model.Labels;
import io.throughline.model.MetricType;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.query.ReadBarrier;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.query.view.ViewApi;
import io.throughline.query.view.ViewSettings;
import io.throughline.store.LogPosition;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.Utils;

/**
 * The live board while somebody looks: for each reply that is newer than the one before, the CPU time meanwhile of the
 * thread that keeps the board and of those that make replies, and how old it is. Services have a latency histogram of eleven buckets with two statuses, CPU and memory, 20 series in all,
 * each 15 s; a quarter of an hour is stored and time goes on.
 *
 * <p>Arguments: the number of services, default 5,000, and of refreshes, default 12.
 */
public final class BoardCost {
  private static final long INTERVAL_MS = 15_000;
  private static final int SHARDS = 4;
  private static final List<String> BOUNDS = List.of("0.005", "0.01", "0.025", "0.05", "0.1",
      "0.25", "0.5", "1", "2.5", "5", "+Inf");

  private final Store store;
  private final List<long[]> series = new ArrayList<>();
  private long scrapes;

  private BoardCost(Store store) {
    this.store = store;
  }

  public static void main(String[] arguments) throws Exception {
    int services = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5_000;
    int refreshes = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 12;
    var folder = Files.createTempDirectory("board-cost");
    var vertx = Vertx.vertx();
    try (
        var store = Store.open(folder.resolve("store"),
            StoreSettings.DEFAULTS.withBackgroundMerges(false));
        var view = new ViewApi(store::snapshot, ReadBarrier.NONE, InstantSource.system(),
            Catalogue.builtIn(), new ViewSettings(Duration.ofSeconds(60), 2, 64, 64 << 20),
            OpenTelemetry.noop().getMeter("bench"), null, folder.resolve("board"))) {
      var fleet = new BoardCost(store);
      fleet.define(services);
      long now = System.currentTimeMillis();
      for (long atMs = now - 900_000; atMs <= now; atMs += INTERVAL_MS) {
        fleet.scrape(atMs);
      }
      System.out.println(services + " services, " + fleet.series.size() + " series, "
          + fleet.scrapes * fleet.series.size() + " samples");
      var router = Router.router(vertx);
      view.mount(router);
      var server = vertx.createHttpServer()
          .requestHandler(router)
          .listen(0, "127.0.0.1")
          .toCompletionStage()
          .toCompletableFuture()
          .get(20, TimeUnit.SECONDS);
      fleet.watch(server.actualPort(), refreshes);
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
      Utils.delete(folder.toFile());
    }
  }

  private void define(int services) {
    for (int i = 0; i < services; i++) {
      var target = Map.of("job", "team-" + i % 40 + "/service-" + i, "instance",
          "service-" + i + "-1", "url_scheme", "http");
      int shard = i % SHARDS;
      for (var status : List.of("200", "500")) {
        for (var bound : status.equals("200") ? BOUNDS : List.of("1", "+Inf")) {
          add(shard, target, "http_server_request_duration_seconds_bucket",
              "http_response_status_code", status, "le", bound);
        }
        add(shard, target, "http_server_request_duration_seconds_count",
            "http_response_status_code", status);
        add(shard, target, "http_server_request_duration_seconds_sum", "http_response_status_code",
            status);
      }
      add(shard, target, "process_cpu_time_seconds_total", "cpu_mode", "user");
      add(shard, target, "process_memory_usage_bytes");
      add(shard, target, "http_server_active_requests");
    }
  }

  private void add(int shard, Map<String, String> target, String metric, String... labels) {
    var all = new TreeMap<>(target);
    all.put("__name__", metric);
    for (int i = 0; i < labels.length; i += 2) {
      all.put(labels[i], labels[i + 1]);
    }
    var made = new Labels.Builder();
    all.forEach(made::set);
    var bytes = made.build().canonicalBytes();
    boolean gauge = metric.endsWith("bytes") || metric.endsWith("requests");
    long id = store.shard(shard)
        .seriesId(Tenant.DEFAULT, bytes, 0, bytes.length,
            new SeriesMetadata(gauge ? MetricType.GAUGE : MetricType.COUNTER, "", ""));
    series.add(new long[] {shard, id, gauge ? 1 : 0});
  }

  private void scrape(long atMs) {
    scrapes++;
    for (int i = 0; i < series.size(); i++) {
      var of = series.get(i);
      double value = of[2] == 1 ? 1000 + (i * 7 + scrapes * 13) % 97 : scrapes * (1 + i % 29);
      store.shard((int) of[0]).append((int) of[1], atMs, 0, value);
    }
    for (int shard = 0; shard < SHARDS; shard++) {
      store.shard(shard).applied(new LogPosition("bench", "topic", shard, scrapes));
    }
  }

  /** Asks each second, as a browser does, and writes a scrape where one is due. */
  private void watch(int port, int refreshes) throws Exception {
    var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    var request = HttpRequest
        .newBuilder(URI.create(
            "http://127.0.0.1:" + port + "/api/view/v1/services?layout=columns&first=0&count=30"))
        .build();
    var threads = ManagementFactory.getThreadMXBean();
    String last = "";
    long lastKeeper = 0;
    long lastPages = 0;
    long lastScrapeMs = System.currentTimeMillis();
    long startNanos = System.nanoTime();
    int seen = -2;
    System.out.println("reply | CPU ms of the keeper | of page threads | after s | age ms | bytes");
    while (seen < refreshes) {
      var reply = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
      int from = reply.indexOf("\"atMs\":");
      var atMs = reply.substring(from, reply.indexOf(',', from));
      if (!atMs.equals(last)) {
        long keeper = 0;
        long pages = 0;
        for (var info : threads.dumpAllThreads(false, false)) {
          long nanos = Math.max(0, threads.getThreadCpuTime(info.getThreadId()));
          keeper += info.getThreadName().equals("view-follower") ? nanos : 0;
          pages += info.getThreadName().startsWith("view-page") ? nanos : 0;
        }
        // The first two: the whole window is read, code is cold.
        System.out.println(++seen + " | " + (keeper - lastKeeper) / 1_000_000 + " | "
            + (pages - lastPages) / 1_000_000 + " | "
            + (System.nanoTime() - startNanos) / 1_000_000_000 + " | "
            + (System.currentTimeMillis() - Long.parseLong(atMs.substring(7))) + " | "
            + reply.length());
        last = atMs;
        lastKeeper = keeper;
        lastPages = pages;
      }
      long now = System.currentTimeMillis();
      if (now - lastScrapeMs >= INTERVAL_MS) {
        lastScrapeMs += INTERVAL_MS;
        scrape(lastScrapeMs);
      }
      TimeUnit.SECONDS.sleep(1);
    }
  }
}

package io.throughline.query.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.model.Labels;
import io.throughline.model.Tenant;
import io.throughline.query.catalogue.Catalogue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** What a page may weigh and what a live one may cost. Sizes and samples are asserted, times are printed. */
class BudgetTest {
  private static final long END_MS = Shop.END_MS;
  private static final int INSTANCES = 20;
  private static final long STEP_MS = 15_000;
  private static final String PAGE = "/services/shop%2Fcart";

  /** Six hours of twenty copies whose load wavers, each in a container of its own. */
  private static MemoryStore copies(long durationMs) {
    var store = new MemoryStore();
    var random = new Random(20_261_121);
    for (int copy = 0; copy < INSTANCES; copy++) {
      var id = "c" + copy;
      var ok = new Histograms(3);
      var failed = new Histograms(3);
      double cpu = 0;
      double throttled = 0;
      for (long time = END_MS - durationMs; time <= END_MS; time += STEP_MS) {
        int calls = 50 + random.nextInt(30);
        for (int i = 0; i < 4; i++) {
          ok.observe(0.01 * Math.exp(random.nextGaussian()), calls / 4);
        }
        failed.observe(0.5 + random.nextDouble(), random.nextInt(3));
        cpu += 3 + random.nextDouble();
        throttled += random.nextDouble();
        store.add(
            own(copy, "http_server_request_duration_seconds", "http_response_status_code", "200"),
            time, END_MS - durationMs, ok.snapshot());
        store.add(
            own(copy, "http_server_request_duration_seconds", "http_response_status_code", "503"),
            time, END_MS - durationMs, failed.snapshot());
        store.add(own(copy, "http_server_active_requests"), time, 0, random.nextInt(9));
        store.add(own(copy, "target_info", "container_id", id, "host_id", "n" + copy % 4), time, 0,
            1);
        store.add(
            Shop.labels("container_cpu_time_seconds_total", "container", id, "cpu_mode", "user"),
            time, 0, cpu);
        store.add(
            Shop.labels("throughline_container_cpu_throttled_time_seconds_total", "container", id),
            time, 0, throttled);
        store.add(Shop.labels("container_memory_working_set_bytes", "container", id), time, 0,
            1e8 + random.nextInt(10_000_000));
      }
    }
    return store;
  }

  private static Labels own(int copy, String metric, String... more) {
    return Shop.labels(metric, "shop/cart", "cart-" + copy, more);
  }

  private static int zipped(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new GZIPOutputStream(bytes)) {
      zip.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.size();
  }

  @Test
  void aPageOfSixHoursAndTwentyCopiesIsLightAndALivePollCostsWhatIsNewWhateverTheWindow()
      throws Exception {
    long sixHours = 21_600_000;
    try (var view = new ViewServer(copies(sixHours), END_MS)) {
      var whole = view.raw(PAGE + "?points=1200&start=" + (END_MS - sixHours) + "&end=" + END_MS);
      int bytes = zipped(whole.body());
      System.out.println("service page, 6 h at 1,200 columns, 20 copies: " + bytes / 1000
          + " KB compressed, " + whole.body().length() / 1000 + " KB before");
      assertThat(whole.statusCode()).isEqualTo(200);
      assertThat(bytes).isLessThanOrEqualTo(150_000);

      long since = END_MS - 2 * STEP_MS;
      var costs = new long[2];
      var windows = new int[] {900, 21_600};
      for (int i = 0; i < windows.length; i++) {
        long before = view.api().samplesRead();
        // The same number of columns a second, so that only the window differs.
        var poll = view
            .raw(PAGE + "?points=" + windows[i] / 15 + "&window=" + windows[i] + "&since=" + since);
        costs[i] = view.api().samplesRead() - before;
        System.out.println("live poll, window " + windows[i] + " s: " + costs[i] + " samples, "
            + zipped(poll.body()) + " bytes compressed");
        assertThat(zipped(poll.body())).isLessThanOrEqualTo(5_000);
      }
      assertThat(costs[1]).isLessThanOrEqualTo(costs[0] + costs[0] / 4);
      // All series together have so few samples near the end, whatever lies before.
      assertThat(costs[1]).isLessThan(7L * INSTANCES * 30);
    }
  }

  @Test
  void factsOfOneServiceAmongFiveThousandAreFoundWithoutLookingAtTheOthers() {
    int services = 5_000;
    var store = new MemoryStore();
    for (int service = 0; service < services; service++) {
      var job = "ns" + service % 50 + "/s" + service;
      for (int series = 0; series < 18; series++) {
        store.add(Shop.labels("http_server_request_duration_seconds", job, "i" + series % 3,
            "http_response_status_code", "" + (200 + series)), END_MS, 0, 1);
      }
      store.add(Shop.labels("target_info", job, "i0", "container_id", "c" + service, "host_id",
          "n" + service % 100), END_MS, 0, 1);
      store.add(Shop.labels("container_cpu_time_seconds_total", "container", "c" + service), END_MS,
          0, 1);
    }
    var follower = new RegistryFollower(Catalogue.builtIn());
    var threads = ManagementFactory.getThreadMXBean();
    var micros = new long[1_000];
    try (var snapshot = store.snapshot()) {
      assertThat(snapshot.seriesCount(0)).isEqualTo(100_000);
      follower.follow(snapshot);
      for (int i = 0; i < micros.length; i++) {
        var id = "ns" + i % 50 + "/s" + i;
        long began = threads.getCurrentThreadCpuTime();
        var scope = follower.read(Tenant.DEFAULT, graph -> Scope.ofService(graph, id, ""));
        micros[i] = (threads.getCurrentThreadCpuTime() - began) / 1000;
        assertThat(scope == null ? 0 : scope.containers().size()).isEqualTo(1);
      }
    }
    Arrays.sort(micros);
    System.out.println("facts of one service among 5,000 services and 100,000 series: p50 "
        + micros[500] + " us, p99 " + micros[990] + " us of CPU");
  }
}

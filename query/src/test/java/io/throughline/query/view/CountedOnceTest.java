package io.throughline.query.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A service that its sidecar and its own SDK both measure. In each test a copy answers 10 requests a second. */
class CountedOnceTest {
  private static final String METRIC = "http_server_request_duration_seconds";

  private static void sidecar(MemoryStore store, String instance, String... resource) {
    var histogram = new Histograms(3);
    for (long s = 0; s <= 600; s++) {
      long time = Shop.START_MS + s * 1000;
      histogram.observe(0.02, 10);
      store.add(Shop.labels(METRIC, "shop/cart", instance, "http_response_status_code", "200"),
          time, Shop.START_MS - 1000, histogram.snapshot());
      store.add(Shop.labels("http_server_active_requests", "shop/cart", instance), time, 0, 3);
    }
    describe(store, instance, resource);
  }

  private static void sdk(MemoryStore store, String instance, String... resource) {
    for (long s = 0; s <= 600; s += 15) {
      long time = Shop.START_MS + s * 1000;
      for (var le : new String[] {"0.01", "0.025", "+Inf"}) {
        store.add(
            Shop.labels(METRIC + "_bucket", "shop/cart", instance, "url_scheme", "http",
                "http_response_status_code", "200", "le", le),
            time, Shop.START_MS - 1000, le.equals("0.01") ? 0 : s * 10.0);
      }
      store.add(Shop.labels(METRIC + "_count", "shop/cart", instance, "url_scheme", "http",
          "http_response_status_code", "200"), time, Shop.START_MS - 1000, s * 10.0);
      store.add(
          Shop.labels("http_server_active_requests", "shop/cart", instance, "url_scheme", "http"),
          time, 0, 3);
    }
    describe(store, instance, resource);
  }

  private static void describe(MemoryStore store, String instance, String... resource) {
    if (resource.length > 0) {
      for (long s = 0; s <= 600; s += 60) {
        store.add(Shop.labels("target_info", "shop/cart", instance, resource),
            Shop.START_MS + s * 1000, 0, 1);
      }
    }
  }

  private static JsonNode row(MemoryStore store) throws Exception {
    try (var view = new ViewServer(store, Shop.END_MS)) {
      return view.get("/services").at("/services/0");
    }
  }

  private static void assertRate(MemoryStore store, double rate, int copies) throws Exception {
    var row = row(store);
    assertThat(row.at("/signals/rate/value").asDouble()).isCloseTo(rate, within(rate / 50));
    assertThat(row.get("instanceCount").asInt()).isEqualTo(copies);
  }

  @Test
  void aCopyThatItsSidecarMeasuresUnderTheSameInstanceIsCountedOnce() throws Exception {
    var store = new MemoryStore();
    sidecar(store, "cart-1", "container_id", "c1");
    sdk(store, "cart-1");

    assertRate(store, 10, 1);
  }

  @Test
  void aCopyWhoseSidecarHasAnotherNameIsFoundByItsContainerAndCountedOnce() throws Exception {
    var store = new MemoryStore();
    sidecar(store, "worker-3:8080", "container_id", "c1");
    sdk(store, "2f6b", "container_id", "c1");

    assertRate(store, 10, 1);
    try (var view = new ViewServer(store, Shop.END_MS)) {
      var page = view.get("/services/shop%2Fcart");
      assertThat(page.at("/instances/0/id").asText()).isEqualTo("2f6b");
      assertThat(
          ViewApiTest.last(ViewServer.series(ViewServer.strip(page, "inflight"), "in flight")))
          .isEqualTo(3);
      var ofOne = view.get("/services/shop%2Fcart?instance=2f6b");
      assertThat(ViewApiTest.last(ViewServer.series(ViewServer.strip(ofOne, "requests"), "2xx")))
          .isCloseTo(10, within(0.2));
    }
  }

  @Test
  void copiesWithoutASidecarAreAddedToThoseWithOne() throws Exception {
    var store = new MemoryStore();
    sidecar(store, "worker-3:8080", "host_id", "h", "process_pid", "7");
    sdk(store, "a", "host_id", "h", "process_pid", "7");
    sdk(store, "b", "host_id", "h", "process_pid", "8");
    sdk(store, "c", "k8s_namespace_name", "shop", "k8s_pod_name", "cart-9");

    assertRate(store, 30, 3);
  }

  @Test
  void aCopyThatSaysNowhereItRunsIsTakenToBeBehindTheSidecar() throws Exception {
    var store = new MemoryStore();
    sidecar(store, "worker-3:8080", "container_id", "c1");
    sdk(store, "2f6b");

    assertThat(row(store).at("/signals/rate/value").asDouble()).isCloseTo(10, within(0.2));
  }

  @Test
  void withoutASidecarAnSdkIsMeasuredByItself() throws Exception {
    var store = new MemoryStore();
    sdk(store, "a", "container_id", "c1");
    sdk(store, "b", "container_id", "c2");

    assertRate(store, 20, 2);
  }

  @Test
  void aServiceInNoContainerIsToldThatItHasNoLimitRatherThanThatItsJoinFailed() throws Exception {
    var store = Shop.store().without("target_info");
    for (long s = 0; s <= 600; s += 10) {
      long time = Shop.START_MS + s * 1000;
      store.add(Shop.checkout("target_info", "host_id", Shop.HOST, "process_pid", "42"), time, 0,
          1);
      store.add(Shop.labels("process_cpu_time_seconds_total", "process", Shop.HOST + "/42",
          "cpu_mode", "user"), time, 0, s * 0.5);
    }

    var cpu = row(store).at("/signals/cpu");
    assertThat(cpu.get("value").asDouble()).isCloseTo(0.5, within(0.01));
    assertThat(cpu.get("limit").isNull()).isTrue();
    assertThat(cpu.get("limitReason").asText()).startsWith("none set")
        .contains("no container", "/42")
        .doesNotContain("target_info");
    try (var view = new ViewServer(store, Shop.END_MS)) {
      var strip = ViewServer.strip(view.get("/services/shop%2Fcheckout"), "cpu");
      assertThat(ViewServer.series(strip, "throttled").get("reason").asText())
          .contains("process", "no container")
          .doesNotContain("target_info");
    }
  }

  @Test
  void anOverviewByColumnsHoldsWhatTheRowsHold() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      var rows = view.get("/services?window=600&points=40");
      var columns = view.get("/services?window=600&points=40&layout=columns&spark=rate");

      var texts = new ArrayList<String>();
      columns.get("texts").forEach(text -> texts.add(text.asText()));
      for (var kind : List.of("services", "nodes")) {
        for (int i = 0; i < rows.get(kind).size(); i++) {
          var row = rows.get(kind).get(i);
          var all = columns.get(kind);
          assertThat(all.get("id").get(i)).isEqualTo(row.get("id"));
          for (var signal : row.get("signals").properties()) {
            var column = all.get("signals").get(signal.getKey());
            var cell = signal.getValue();
            assertThat(column.get("unit")).isEqualTo(cell.get("unit"));
            if (cell.has("value")) {
              assertThat(column.get("value").get(i)).isEqualTo(cell.get("value"));
            } else {
              assertThat(column.get("value").get(i).isNull()).isTrue();
            }
            assertThat(texts.get(column.get("reason").get(i).asInt()))
                .isEqualTo(cell.path("reason").asText());
            if (cell.has("limit")) {
              assertThat(column.get("limit").get(i)).isEqualTo(cell.get("limit"));
              assertThat(texts.get(column.get("limitReason").get(i).asInt()))
                  .isEqualTo(cell.path("limitReason").asText());
            }
            assertThat(column.has("spark")).isEqualTo(signal.getKey().equals("rate"));
          }
        }
      }
      assertThat(columns.at("/services/signals/rate/spark/0"))
          .isEqualTo(rows.at("/services/0/signals/rate/spark"));
    }
  }

  @Test
  void sparklinesComeForTheRowsSignalsAndColumnsThatAreAskedFor() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      var whole = view.get("/services?window=600&points=40");
      long step = whole.get("stepMs").asLong();
      long since = whole.get("startMs").asLong() + 10 * step;
      var some = view.get("/services?window=600&points=40&spark=p99&since=" + since);

      assertThat(some.get("startMs").asLong()).isEqualTo(since);
      assertThat(some.get("points").asInt()).isEqualTo(whole.get("points").asInt() - 10);
      assertThat(some.at("/services/0/signals/rate/spark")).isEmpty();
      assertThat(some.at("/services/0/signals/p99/spark/0"))
          .isEqualTo(whole.at("/services/0/signals/p99/spark/10"));
      assertThat(view.get("/services?count=0").at("/services/0/signals/p99/spark")).isEmpty();
      assertThat(view.raw("/services?layout=cards").body()).contains("want rows or columns");
    }
  }

  @Test
  void fiveThousandServicesByColumnsAreATenthOfTheirRows() throws Exception {
    var store = new MemoryStore();
    for (int i = 0; i < 5_000; i++) {
      for (long s = 540; s <= 600; s += 15) {
        store.add(Shop.labels(METRIC + "_count", "shop/service-" + i, "i", "url_scheme", "http",
            "http_response_status_code", "200"), Shop.START_MS + s * 1000, 0, s * i);
      }
    }
    try (var view = new ViewServer(store, Shop.END_MS)) {
      int rows = view.raw("/services").body().length();
      int columns = view.raw("/services?layout=columns&spark=rate&count=60").body().length();

      assertThat(columns).isLessThan(rows / 8).isLessThan(900_000);
    }
  }
}

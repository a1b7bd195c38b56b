package io.throughline.query.view;

import static io.throughline.query.view.Scraped.END_MS;
import static io.throughline.query.view.Scraped.page;
import static io.throughline.query.view.Scraped.scrape;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.throughline.model.Labels;
import org.junit.jupiter.api.Test;

/** Services of which only spans speak, as our own collector and others derive metrics from them. */
class SpanSourceTest {

  private static MemoryStore own() {
    var store = new MemoryStore();
    var ok = new Histograms(3);
    var failed = new Histograms(3);
    for (long s = 0; s <= 600; s++) {
      long time = END_MS - 600_000 + s * 1000;
      ok.observe(0.02, 9);
      failed.observe(0.5, 1);
      store.add(duration("STATUS_CODE_UNSET", "SPAN_KIND_SERVER"), time, END_MS - 601_000,
          ok.snapshot());
      store.add(duration("STATUS_CODE_ERROR", "SPAN_KIND_SERVER"), time, END_MS - 601_000,
          failed.snapshot());
      store.add(duration("STATUS_CODE_UNSET", "SPAN_KIND_CLIENT"), time, END_MS - 601_000,
          ok.snapshot());
    }
    return scrape(store, "",
        """
            traces_service_graph_request_total{client="web",client_service_namespace="shop",server="cart",server_service_namespace="shop"} +10
            traces_service_graph_request_failed_total{client="web",client_service_namespace="shop",server="cart",server_service_namespace="shop"} +1
            traces_service_graph_request_total{client="cart",client_service_namespace="shop",server="orders.shop.svc",connection_type="database"} +4
            """);
  }

  private static Labels duration(String status, String kind) {
    return Shop.labels("traces_span_metrics_duration_seconds", "shop/cart", "cart-1", "span_name",
        "GET /cart", "span_kind", kind, "status_code", status);
  }

  @Test
  void aServiceThatSendsSpansAloneHasRateErrorsAndLatency() throws Exception {
    try (var view = new ViewServer(own(), END_MS)) {
      var row = view.get("/services?window=300").get("services").get(0);

      assertThat(row.get("id").asText()).isEqualTo("shop/cart");
      assertThat(row.at("/signals/rate/value").asDouble()).isCloseTo(10, within(0.1));
      assertThat(row.at("/signals/errors/value").asDouble()).isCloseTo(0.1, within(0.001));
      assertThat(row.at("/signals/p99/lower").asDouble()).isLessThanOrEqualTo(0.5);
      assertThat(row.at("/signals/p99/upper").asDouble()).isGreaterThanOrEqualTo(0.5);
    }
  }

  @Test
  void callsBetweenServicesAndToADatabaseAreEdgesAndFailuresCountOnce() throws Exception {
    try (var view = new ViewServer(own(), END_MS)) {
      var cart = page(view, "shop/cart");

      assertThat(cart.at("/callers/0/id").asText()).isEqualTo("shop/web");
      assertThat(cart.at("/callers/0/rate").asDouble()).isCloseTo(10, within(0.1));
      assertThat(cart.at("/callers/0/errors").asDouble()).isCloseTo(0.1, within(0.001));
      assertThat(cart.get("callees")).hasSize(1);
      assertThat(cart.at("/callees/0/id").asText()).isEqualTo("shop/orders");
    }
  }

  @Test
  void whatAServiceMeasuresItselfCountsBeforeItsSpans() throws Exception {
    var store = scrape(own(), "job=\"shop/cart\",instance=\"cart-1\"",
        "http_server_request_duration_seconds_count{url_scheme=\"http\",http_response_status_code=\"200\"} +50");

    try (var view = new ViewServer(store, END_MS)) {
      assertThat(view.get("/services").at("/services/0/signals/rate/value").asDouble())
          .isCloseTo(50, within(0.5));
    }
  }
}

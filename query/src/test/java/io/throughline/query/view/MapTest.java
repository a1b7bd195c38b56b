package io.throughline.query.view;

import static io.throughline.query.view.Scraped.END_MS;
import static io.throughline.query.view.Scraped.scrape;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MapTest {

  private static void calls(MemoryStore store, String from, String to, double rate) {
    scrape(store, "job=\"" + to + "\",instance=\"i\"",
        "throughline_edge_requests_total{throughline_client=\"" + from
            + "\",http_response_status_code=\"200\"} +" + rate + "\n"
            + "http_server_request_duration_seconds_count{http_response_status_code=\"200\"} +"
            + rate);
  }

  private static Map<String, Integer> layers(JsonNode map) {
    var layers = new HashMap<String, Integer>();
    map.get("items")
        .forEach(item -> layers.put(item.get("id").asText(), item.get("layer").asInt()));
    return layers;
  }

  @Test
  void aServiceStandsBetweenItsCallersAndCalleesAndAboveItsNodes() throws Exception {
    var store = Shop.store();
    for (long s = 0; s <= 600; s += 5) {
      store.add(
          Shop.labels("throughline_edge_requests_total", "shop/stock", "s", "throughline_client",
              "shop/checkout", "http_response_status_code", "500"),
          Shop.START_MS + s * 1000, 0, s * 2.0);
    }

    try (var view = new ViewServer(store, Shop.END_MS)) {
      var map = view.get("/map?service=shop%2Fcheckout");

      assertThat(map.get("focus").asText()).isEqualTo("shop/checkout");
      assertThat(layers(map))
          .isEqualTo(Map.of("shop/web", -1, "shop/checkout", 0, "shop/stock", 1, Shop.HOST, 2));
      var edges = map.get("edges");
      assertThat(edges.findValuesAsText("kind")).containsExactlyInAnyOrder("calls", "calls",
          "runs-on");
      for (var edge : edges) {
        switch (edge.get("to").asText()) {
          case "shop/checkout" ->
            assertThat(edge.get("rate").asDouble()).isCloseTo(20, within(0.2));
          case "shop/stock" -> assertThat(edge.get("errors").asDouble()).isEqualTo(1);
          default -> assertThat(edge.get("to").asText()).isEqualTo(Shop.HOST);
        }
      }
      assertThat(map.at("/items/1/signals/p99/value").asDouble()).isGreaterThan(0.4);
      assertThat(view.raw("/map?service=nobody").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void ofManyCallersTheBusiestAreDrawnAndTheRestIsCounted() throws Exception {
    var store = new MemoryStore();
    for (int i = 1; i <= 60; i++) {
      calls(store, "shop/client-" + i, "shop/cart", i);
    }
    calls(store, "shop/cart", "shop/stock", 5);

    try (var view = new ViewServer(store, END_MS)) {
      var map = view.get("/map?service=shop%2Fcart");

      assertThat(map.get("items")).hasSize(40);
      assertThat(layers(map)).containsEntry("shop/client-60", -1)
          .containsEntry("shop/stock", 1)
          .doesNotContainKey("shop/client-22");
      assertThat(map.at("/folded/0/count").asInt()).isEqualTo(22);
      assertThat(map.at("/folded/0/rate").asDouble()).isCloseTo(22 * 23 / 2.0, within(3.0));
    }
  }

  @Test
  void theMapOfAllHasCalleesRightOfTheirCallersEvenInACircle() throws Exception {
    var store = new MemoryStore();
    calls(store, "shop/web", "shop/cart", 5);
    calls(store, "shop/cart", "shop/stock", 4);
    calls(store, "shop/web", "shop/stock", 1);
    calls(store, "shop/stock", "shop/cart", 1);

    try (var view = new ViewServer(store, END_MS)) {
      var map = view.get("/map");

      assertThat(map.get("focus").isNull()).isTrue();
      var layers = layers(map);
      assertThat(layers.get("shop/web")).isZero();
      assertThat(layers.get("shop/cart")).isEqualTo(1);
      assertThat(layers.get("shop/stock")).isEqualTo(2);
      assertThat(map.get("edges")).hasSize(4);
    }
  }
}

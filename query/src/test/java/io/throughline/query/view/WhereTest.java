package io.throughline.query.view;

import static io.throughline.query.view.Scraped.END_MS;
import static io.throughline.query.view.Scraped.page;
import static io.throughline.query.view.Scraped.scrape;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Clusters and sites: which service and node is part of which, and a view of one of them. */
class WhereTest {
  private static final String REQUESTS = """
      http_server_request_duration_seconds_count{http_response_status_code="200",url_scheme="http"} +5
      http_server_request_duration_seconds_bucket{http_response_status_code="200",url_scheme="http",le="+Inf"} +5
      """;

  private static String app(String service) {
    return "job=\"shop/" + service + "\",instance=\"" + service + "-1\"";
  }

  /** Cart by its resource in east, bank by what its scrape says in west, mail nowhere; cart calls bank. */
  private static MemoryStore world() {
    var store = new MemoryStore();
    for (var service : List.of("cart", "bank", "mail")) {
      scrape(store, app(service), REQUESTS);
    }
    scrape(store, app("cart"), """
        target_info{k8s_cluster_name="east",cloud_region="north",host_id="n1"} 1
        """);
    scrape(store, app("bank"), "up{cluster=\"west\",datacenter=\"south\",node=\"n2\"} 1");
    scrape(store, "job=\"host\",instance=\"n1\"", "system_cpu_logical_count 4");
    scrape(store, "job=\"kube-state-metrics\",instance=\"k\"",
        "kube_node_info{node=\"n2\",cluster=\"west\"} 1");
    scrape(store, "job=\"node-exporter\",instance=\"n2\"", "node_memory_MemTotal_bytes 8");
    scrape(store, app("cart"),
        """
            http_client_request_duration_seconds_count{server_address="bank",url_scheme="http"} +2
            http_client_request_duration_seconds_bucket{server_address="bank",url_scheme="http",le="+Inf"} +2
            """);
    return store;
  }

  private static List<String> texts(JsonNode list) {
    var texts = new ArrayList<String>();
    list.forEach(each -> texts.add(each.isTextual() ? each.asText() : each.get("id").asText()));
    return texts;
  }

  @Test
  void aServiceIsWhereItsResourceOrItsScrapeSaysAndOtherwiseNowhere() throws Exception {
    try (var view = new ViewServer(world(), END_MS)) {
      var cart = page(view, "shop/cart");
      assertThat(texts(cart.get("clusters"))).containsExactly("east");
      assertThat(texts(cart.get("sites"))).containsExactly("north");
      assertThat(texts(page(view, "shop/bank").get("clusters"))).containsExactly("west");
      assertThat(page(view, "shop/mail").has("clusters")).isFalse();
      assertThat(texts(view.get("/nodes/n2").get("clusters"))).containsExactly("west");
    }
  }

  @Test
  void anOverviewOfOneClusterOrSiteHoldsItsServicesAndStillNamesTheOthers() throws Exception {
    try (var view = new ViewServer(world(), END_MS)) {
      var all = view.get("/services");
      var east = view.get("/services?cluster=east");
      var south = view.get("/services?site=south");
      var columns = view.get("/services?layout=columns&cluster=west");

      assertThat(texts(all.get("services"))).contains("shop/cart", "shop/bank", "shop/mail");
      assertThat(texts(all.get("clusters"))).containsExactly("east", "west");
      assertThat(texts(all.get("sites"))).containsExactly("north", "south");
      assertThat(texts(east.get("services"))).containsExactly("shop/cart");
      assertThat(texts(east.get("clusters"))).containsExactly("east", "west");
      assertThat(texts(south.get("services"))).containsExactly("shop/bank");
      assertThat(texts(columns.at("/services/id"))).containsExactly("shop/bank");
      assertThat(texts(columns.get("sites"))).containsExactly("north", "south");
      assertThat(view.get("/services?cluster=east&site=south").get("services")).isEmpty();
    }
  }

  @Test
  void aMapOfOneClusterHasTheCallsFromAndToIt() throws Exception {
    var store = world();
    scrape(store, app("mail"),
        """
            http_client_request_duration_seconds_count{server_address="smtp.example",url_scheme="http"} +2
            http_client_request_duration_seconds_bucket{server_address="smtp.example",url_scheme="http",le="+Inf"} +2
            """);
    try (var view = new ViewServer(store, END_MS)) {
      assertThat(view.get("/map").get("edges")).hasSize(2);
      var west = view.get("/map?cluster=west").get("edges");

      assertThat(west).hasSize(1);
      assertThat(west.at("/0/from").asText()).isEqualTo("shop/cart");
      assertThat(west.at("/0/to").asText()).isEqualTo("shop/bank");
    }
  }
}

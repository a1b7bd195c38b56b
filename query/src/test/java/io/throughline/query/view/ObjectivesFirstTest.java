package io.throughline.query.view;

import static io.throughline.query.view.Scraped.END_MS;
import static io.throughline.query.view.Scraped.scrape;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** Who burns an error budget stands before who merely fails: the order is the server's. */
class ObjectivesFirstTest {

  private static void service(MemoryStore store, String name, int failed) {
    scrape(store, "job=\"shop/" + name + "\",instance=\"i\"",
        """
            http_server_request_duration_seconds_count{http_response_status_code="200",url_scheme="http"} +10
            http_server_request_duration_seconds_bucket{http_response_status_code="200",url_scheme="http",le="+Inf"} +10
            http_server_request_duration_seconds_count{http_response_status_code="500",url_scheme="http"} +%1$d
            http_server_request_duration_seconds_bucket{http_response_status_code="500",url_scheme="http",le="+Inf"} +%1$d
            """
            .formatted(failed));
  }

  private static void objective(MemoryStore store, String service, String name, double left,
      String severity) {
    var labels = "slo_service=\"shop/" + service + "\",slo_name=\"" + name + "\"";
    scrape(store, "job=\"shop/" + service + "\"",
        "slo:error_budget:remaining{" + labels + "} " + left);
    if (!severity.isEmpty()) {
      scrape(store, "job=\"shop/" + service + "\"",
          "ALERTS{" + labels + ",alertstate=\"firing\",severity=\"" + severity + "\"} 1");
    }
  }

  @Test
  void aPageComesBeforeATicketBeforeASpentBudgetBeforeErrors() throws Exception {
    var store = new MemoryStore();
    service(store, "fails", 10);
    service(store, "pages", 0);
    service(store, "tickets", 0);
    service(store, "spent", 1);
    service(store, "kept", 0);
    objective(store, "pages", "fast", 0.6, "page");
    objective(store, "pages", "answers", 0.9, "");
    objective(store, "tickets", "fast", 0.2, "ticket");
    objective(store, "spent", "fast", -0.5, "");
    objective(store, "kept", "fast", 0.99, "");

    try (var view = new ViewServer(store, END_MS)) {
      var services = view.get("/services").get("services");
      var order = new ArrayList<String>();
      services.forEach(each -> order.add(each.get("name").asText()));

      assertThat(order).containsExactly("pages", "tickets", "spent", "fails", "kept");
      var first = services.at("/0/signals/budget");
      assertThat(first.get("value").asDouble()).isEqualTo(0.6);
      assertThat(first.get("resource").asText()).isEqualTo("page");
      assertThat(services.at("/3/signals").has("budget")).isFalse();
      assertThat(services.at("/4/signals/budget").has("resource")).isFalse();
    }
  }

  @Test
  void aServiceOfWhichOnlyItsObjectiveIsStillRecordedIsNotOnTheBoard() throws Exception {
    var store = new MemoryStore();
    service(store, "here", 0);
    objective(store, "gone", "fast", 0.5, "");

    try (var view = new ViewServer(store, END_MS)) {
      assertThat(view.get("/services").get("services")).hasSize(1);
    }
  }
}

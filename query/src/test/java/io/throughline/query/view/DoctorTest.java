package io.throughline.query.view;

import static io.throughline.query.view.Scraped.END_MS;
import static io.throughline.query.view.Scraped.scrape;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Why an expression or a map is empty: what failed, both sides of it, and what would do. */
class DoctorTest {

  private static MemoryStore stored() {
    var store = scrape(new MemoryStore(), "job=\"shop/checkout\",instance=\"c\"", """
        http_server_request_duration_seconds_count{http_response_status_code="200"} +5
        http_server_active_requests 3
        """);
    return scrape(store, "job=\"shop/web\",instance=\"w\",zone=\"north\"", """
        http_server_request_duration_seconds_count{http_response_status_code="500"} +1
        """);
  }

  private static JsonNode matchers(ViewServer view, String query, long startMs, long endMs)
      throws Exception {
    return view
        .get("/matchers?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8) + "&start="
            + startMs + "&end=" + endMs)
        .get("selectors");
  }

  private static JsonNode matchers(ViewServer view, String query) throws Exception {
    return matchers(view, query, END_MS - 600_000, END_MS);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(delimiter = '|', quoteCharacter = '\0',
      textBlock = """
          rate(http_server_request_duration_second_count[1m])           | __name__="http_server_request_duration_second_count" | rate(http_server_request_duration_seconds_count[1m])
          {"http.server.active_requests"} offset 1m                     | __name__="http.server.active_requests"  | http_server_active_requests offset 1m
          sum(rate(http_server_active_requests{job="shop/chekout"}[5m] offset 1m)) / 2 | job="shop/chekout" | sum(rate(http_server_active_requests{job="shop/checkout"}[5m] offset 1m)) / 2
          http_server_active_request{job="shop/chekout"}                | __name__="http_server_active_request"   | http_server_active_requests{job="shop/checkout"}
          http_server_active_requests{service="shop/checkout"}          | service="shop/checkout"                 | http_server_active_requests{job="shop/checkout"}
          """)
  void theMatcherThatFindsNothingIsNamedAndTheExpressionIsProposedAsItWouldFindSomething(
      String query, String failed, String proposed) throws Exception {
    try (var view = new ViewServer(stored(), END_MS)) {
      var selector = matchers(view, query).get(0);

      assertThat(selector.get("found").asText()).isEqualTo("never");
      assertThat(selector.at("/failed/0/matcher").asText()).isEqualTo(failed);
      assertThat(selector.at("/failed/0/beside")).isEmpty();
      assertThat(selector.at("/proposals/0").asText()).isEqualTo(proposed);
      assertThat(matchers(view, proposed).at("/0/found").asText()).isEqualTo("here");
    }
  }

  @Test
  void matchersThatFindSomethingAloneAndNothingTogetherAreShownBesideEachOther() throws Exception {
    try (var view = new ViewServer(stored(), END_MS)) {
      var failed = matchers(view, "http_server_active_requests{job=\"shop/web\"}").at("/0/failed");

      assertThat(failed).hasSize(2);
      assertThat(failed.at("/0/matcher").asText()).isEqualTo("job=\"shop/web\"");
      assertThat(failed.at("/0/beside/0").asText())
          .isEqualTo("__name__=\"http_server_active_requests\"");
      assertThat(failed.at("/0/values").toString()).isEqualTo("[\"shop/checkout\"]");
      assertThat(failed.at("/1/values").toString())
          .isEqualTo("[\"http_server_request_duration_seconds_count\"]");
    }
  }

  @Test
  void aLabelThatTheSeriesLackIsSaidWithThoseTheyHave() throws Exception {
    try (var view = new ViewServer(stored(), END_MS)) {
      var selector = matchers(view, "http_server_active_requests{zone=~\"no.*\"}").get(0);
      var failed = selector.at("/failed/0");

      assertThat(failed.get("count").asInt()).isZero();
      assertThat(failed.get("labels").toString()).isEqualTo("[\"instance\",\"job\"]");
      assertThat(selector.get("proposals")).isEmpty();
    }
  }

  @Test
  void seriesOfAnotherTimeAreNotCalledMissing() throws Exception {
    try (var view = new ViewServer(stored(), END_MS)) {
      var day = 86_400_000L;
      var later = matchers(view, "http_server_active_requests", END_MS + day, END_MS + 2 * day);
      assertThat(later.at("/0/found").asText()).isEqualTo("at another time");
      assertThat(later.at("/0/failed")).isEmpty();
      // What looks back far enough looks at them.
      var back = matchers(view,
          "max_over_time(http_server_active_requests[2d]) + nothing offset 1d", END_MS + day,
          END_MS + 2 * day);
      assertThat(back.at("/0/found").asText()).isEqualTo("here");
      assertThat(back.at("/1/selector").asText()).isEqualTo("nothing offset 1d");
    }
  }

  @Test
  void whatIsNoExpressionIsRefusedWithItsPlace() throws Exception {
    try (var view = new ViewServer(stored(), END_MS)) {
      var reply = view.raw("/matchers?query=sum(x&start=1&end=2");
      assertThat(reply.statusCode()).isEqualTo(400);
      assertThat(reply.body()).contains("parse error");
      assertThat(view.raw("/matchers?query=x").statusCode()).isEqualTo(400);
    }
  }

  @Test
  void aMapWithoutCallsSaysWhichLabelWouldNameTheOtherSide() throws Exception {
    var store = scrape(stored(), "job=\"shop/web\",instance=\"w\"",
        "http_client_request_duration_seconds_count{http_request_method=\"GET\"} +2");
    try (var view = new ViewServer(store, END_MS)) {
      var all = view.get("/calls");

      assertThat(all.get("edges").asInt()).isZero();
      assertThat(all.get("key").asText())
          .contains("http_client_request_duration_seconds (1 series)", "server_address");
      assertThat(all.get("missing").toString()).contains("throughline_edge_requests_total");
    }
    try (var view = new ViewServer(stored(), END_MS)) {
      assertThat(view.get("/calls").get("key").asText()).contains("nobody tells of calls");
      assertThat(view.raw("/calls?service=nobody").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void aNameThatIsNobodysBecomesAServicesByTheProposalAndItsCallsAreOnTheMap() throws Exception {
    var store = scrape(stored(), "job=\"shop/web\",instance=\"w\"",
        "http_client_request_duration_seconds_count{server_address=\"checkout-svc\"} +2");
    try (var view = new ViewServer(store, END_MS)) {
      var before = view.get("/calls?service=shop%2Fcheckout");
      assertThat(before.get("edges").asInt()).isZero();
      assertThat(before.get("key").asText()).contains("no call names shop/checkout");
      assertThat(before.at("/strangers/0/name").asText()).isEqualTo("checkout-svc");
      var proposal = before.at("/proposals/0");
      assertThat(proposal.get("is").asText()).isEqualTo("alias");
      assertThat(proposal.get("certainty").asText()).isEqualTo("spelling");

      assertThat(view.post("/joins", proposal.toString()).statusCode()).isEqualTo(200);

      var map = view.get("/map?service=shop%2Fcheckout");
      assertThat(map.at("/focus").asText()).isEqualTo("shop/checkout");
      assertThat(map.at("/edges/0/from").asText()).isEqualTo("shop/web");
      assertThat(map.at("/edges/0/to").asText()).isEqualTo("shop/checkout");
      assertThat(map.at("/edges/0/rate").asDouble()).isGreaterThan(1.9);
      var after = view.get("/calls?service=shop%2Fcheckout");
      assertThat(after.get("names").toString()).isEqualTo("[\"shop/checkout\",\"checkout-svc\"]");
      assertThat(after.get("strangers")).isEmpty();
      assertThat(after.get("key").asText()).isEmpty();
    }
  }
}

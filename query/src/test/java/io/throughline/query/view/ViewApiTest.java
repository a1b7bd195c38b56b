package io.throughline.query.view;

import static io.throughline.query.view.ViewServer.series;
import static io.throughline.query.view.ViewServer.strip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.throughline.query.ReadBarrier;
import io.throughline.testkit.Await;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ViewApiTest {
  private static final String CHECKOUT = "/services/shop%2Fcheckout";

  @Test
  void theOverviewShowsAServiceWithTheResourcesItsInstancesRunOn() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      var overview = view.get("/services?window=600&points=40");

      var service = overview.get("services").get(0);
      assertThat(service.get("id").asText()).isEqualTo("shop/checkout");
      assertThat(service.get("instanceCount").asInt()).isEqualTo(1);
      var signals = service.get("signals");
      assertThat(signals.at("/rate/value").asDouble()).isCloseTo(20, within(0.1));
      assertThat(signals.at("/errors/value").asDouble()).isCloseTo(0.05, within(0.001));
      assertThat(signals.at("/p50/value").asDouble()).isCloseTo(0.02, within(0.002));
      assertThat(signals.at("/p99/lower").asDouble()).isLessThanOrEqualTo(1.9);
      assertThat(signals.at("/p99/upper").asDouble()).isGreaterThanOrEqualTo(1.9);
      assertThat(signals.at("/cpu/value").asDouble()).isCloseTo(0.45, within(0.001));
      assertThat(signals.at("/cpu/limit").asDouble()).isEqualTo(0.5);
      assertThat(signals.at("/memory/value").asDouble()).isEqualTo(2e8);
      assertThat(signals.at("/saturation/resource").asText()).isEqualTo("cpu");
      assertThat(signals.at("/saturation/value").asDouble()).isCloseTo(0.9, within(0.01));
      assertThat(signals.at("/rate/spark").size()).isEqualTo(overview.get("points").asInt());
      assertThat(overview.get("nodes").get(0).get("name").asText()).isEqualTo("worker-3");
      assertThat(overview.at("/nodes/0/signals/cpu/value").asDouble()).isCloseTo(1.1, within(0.01));
    }
  }

  @Test
  void aServicePageHasAllStripsInTheirOrderAndTheJoinedResources() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      var page = view.get(CHECKOUT + "?points=60");

      assertThat(page.get("strips").findValuesAsText("id")).containsSubsequence("latency",
          "requests", "inflight", "cpu", "memory", "disk", "network", "pressure", "runtime");
      assertThat(page.at("/instances/0/host").asText()).isEqualTo("worker-3");
      assertThat(page.at("/instances/0/container").asText()).isEqualTo(Shop.CONTAINER);
      assertThat(page.at("/callers/0/id").asText()).isEqualTo("shop/web");
      assertThat(page.at("/callers/0/rate").asDouble()).isCloseTo(20, within(0.1));
      assertThat(last(series(strip(page, "cpu"), "used"))).isCloseTo(0.45, within(0.001));
      assertThat(last(series(strip(page, "cpu"), "limit"))).isEqualTo(0.5);
      assertThat(last(series(strip(page, "memory"), "working set"))).isEqualTo(2e8);
      assertThat(last(series(strip(page, "disk"), "write"))).isCloseTo(2e6, within(1.0));
      assertThat(last(series(strip(page, "disk"), "busiest disk of the node"))).isCloseTo(0.2,
          within(0.001));
      assertThat(last(series(strip(page, "network"), "receive"))).isCloseTo(5e5, within(1.0));
      assertThat(last(series(strip(page, "pressure"), "cpu"))).isCloseTo(0.4, within(0.001));
      assertThat(last(series(strip(page, "runtime"), "heap of its limit"))).isEqualTo(0.75);
    }
  }

  @Test
  void throttledTimeIsASumOverCpusAndMayExceedWallTime() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      var throttled = series(strip(view.get(CHECKOUT), "cpu"), "throttled");

      assertThat(last(throttled)).isCloseTo(1.7, within(0.001));
      assertThat(throttled.get("role").asText()).isEqualTo("wait");
    }
  }

  @Test
  void theHeatmapHoldsEveryRequestOfAColumnAndItsQuantilesLieInTheirBuckets() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      var latency = strip(view.get(CHECKOUT + "?points=60"), "latency");

      long step = latency.get("stepMs").asLong();
      var columns = latency.at("/heatmap/columns");
      var full = columns.get(columns.size() / 2 + 1);
      double count = 0;
      for (int i = 1; i < full.size(); i += 2) {
        count += full.get(i).asDouble();
      }
      assertThat(count).isCloseTo(20.0 * step / 1000, within(0.5));
      var p99 = series(latency, "p99");
      int at = columns.size() / 2 + 1;
      assertThat(p99.get("values").get(at).asDouble())
          .isBetween(p99.get("lower").get(at).asDouble(), p99.get("upper").get(at).asDouble());
      assertThat(p99.get("upper").get(at).asDouble() / p99.get("lower").get(at).asDouble())
          .isCloseTo(Math.pow(2, 1.0 / 8), within(0.01));
    }
  }

  @Test
  void aGaugeKeepsItsExtremesInAColumnOfManySamples() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      var inFlight = series(strip(view.get(CHECKOUT + "?points=30"), "inflight"), "in flight");

      int middle = inFlight.get("min").size() / 2;
      assertThat(inFlight.get("min").get(middle).asDouble()).isEqualTo(0);
      assertThat(inFlight.get("max").get(middle).asDouble()).isEqualTo(4);
    }
  }

  @Test
  void aMeasuredZeroIsZeroAndMeasured() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      var page = view.get(CHECKOUT);

      assertThat(last(series(strip(page, "cpu"), "run queue"))).isZero();
      assertThat(last(series(strip(page, "inflight"), "queued"))).isZero();
    }
  }

  @Test
  void aNodePageShowsItsOwnStripsAndWhatRunsThere() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      var page = view.get("/nodes/worker-3");

      assertThat(page.get("id").asText()).isEqualTo(Shop.HOST);
      assertThat(page.get("name").asText()).isEqualTo("worker-3");
      assertThat(page.at("/services/0/id").asText()).isEqualTo("shop/checkout");
      assertThat(last(series(strip(page, "cpu"), "used"))).isCloseTo(1.1, within(0.001));
      assertThat(strip(page, "cpu").has("notes")).as("shared with whom, on the node's own page")
          .isFalse();
      assertThat(last(series(strip(page, "memory"), "used"))).isEqualTo(2e9);
      assertThat(last(series(strip(page, "filesystem"), "/"))).isEqualTo(0.75);
      var runQueue = series(strip(page, "cpu"), "run queue");
      assertThat(runQueue.get("state").asText()).isEqualTo("not-measured");
      assertThat(runQueue.get("reason").asText()).isEqualTo("/proc/schedstat is not readable");
    }
  }

  @Test
  void aSilentSignalIsNotMeasuredAndSaysSinceWhen() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS + 120_000)) {
      var rate = view.get("/services").at("/services/0/signals/rate");

      assertThat(rate.get("state").asText()).isEqualTo("not-measured");
      assertThat(rate.has("value")).isFalse();
      assertThat(rate.get("reason").asText()).isEqualTo("last seen 118 s ago");
    }
  }

  @Test
  void aServiceWithoutRequestsIsOnTheBoardAndSaysSo() throws Exception {
    var store = new MemoryStore();
    for (long s = 0; s < 600; s += 5) {
      store.add(Shop.labels("jvm_memory_used_bytes", "shop/batch", "b1", "jvm_memory_type", "heap"),
          Shop.START_MS + s * 1000, 0, 5);
    }
    try (var view = new ViewServer(store, Shop.END_MS)) {
      var service = view.get("/services").at("/services/0");

      assertThat(service.get("id").asText()).isEqualTo("shop/batch");
      assertThat(service.at("/signals/rate/state").asText()).isEqualTo("not-measured");
      assertThat(service.at("/signals/rate/reason").asText()).contains("service batch",
          "http_server_request_duration_seconds");
    }
  }

  @Test
  void pollingReadsTheNewestColumnsAloneWhateverTheWindow() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      view.get(CHECKOUT + "?points=60");
      long before = view.api().samplesRead();
      var page = view.get(CHECKOUT + "?points=60&since=" + (Shop.END_MS - 20_000));
      long polled = view.api().samplesRead() - before;
      before = view.api().samplesRead();
      view.get(CHECKOUT + "?points=61");
      long whole = view.api().samplesRead() - before;

      assertThat(polled).isLessThan(whole / 8);
      assertThat(strip(page, "cpu").get("startMs").asLong())
          .isLessThanOrEqualTo(Shop.END_MS - 20_000);
      var used = series(strip(page, "cpu"), "used");
      assertThat((used.has("max") ? used.get("max") : used.get("values")).size()).isLessThan(4);
    }
  }

  @Test
  void whatARuleRecordsOfAServiceEachMinuteHoldsItsStripsBackByNothing() throws Exception {
    var store = Shop.store();
    for (long time = Shop.START_MS; time <= Shop.END_MS; time += 60_000) {
      store.add(Shop.checkout("slo:burn:rate1h"), time, 0, 0.5);
    }
    try (var view = new ViewServer(store, Shop.END_MS)) {
      var page = view.get(CHECKOUT + "?window=30&points=30");

      assertThat(Shop.END_MS - page.get("rightEdgeMs").asLong()).isLessThanOrEqualTo(2_000);
      assertThat(last(series(strip(page, "cpu"), "used"))).isCloseTo(0.45, within(0.001));
    }
  }

  @Test
  void everyoneInTheSameSecondSharesOneReply() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      var first = view.raw(CHECKOUT).body();
      long read = view.api().samplesRead();
      var second = view.raw(CHECKOUT).body();

      assertThat(second).isEqualTo(first);
      assertThat(view.api().samplesRead()).isEqualTo(read);
    }
  }

  @Test
  void aStripThatTakesTooLongIsPendingAndTheRestIsThere() throws Exception {
    var slow = new ViewSettings(Duration.ofNanos(1), 1, 16, 1 << 20);
    try (var view = new ViewServer(Shop.store(), Shop.END_MS, ReadBarrier.NONE, slow)) {
      var reply = view.raw(CHECKOUT);

      assertThat(reply.statusCode()).isEqualTo(200);
      assertThat(reply.body()).contains("\"pending\"", "not ready in time");
    }
  }

  @Test
  void whatIsNotYetAppliedIsSaid() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS, () -> 7, ViewServer.PATIENT)) {
      assertThat(view.raw("/services").body()).contains("behind by 7 records");
    }
  }

  @Test
  void snapshotsAreClosedAfterEachPage() throws Exception {
    var store = Shop.store();
    try (var view = new ViewServer(store, Shop.END_MS)) {
      view.get(CHECKOUT);
      view.get("/services");
      view.raw("/services/nobody");

      Await.until("every snapshot is closed", () -> store.open() == 0);
    }
  }

  @Test
  void oneTenantNeverSeesAnothersServices() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      assertThat(view.get("/services", "X-Scope-OrgID", "other").get("services")).isEmpty();
      assertThat(view.raw(CHECKOUT, "X-Scope-OrgID", "other").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void badRequestsAreToldWhatWouldBeRight() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      assertThat(view.raw("/services?windw=5").body()).contains("unknown parameter 'windw'");
      assertThat(view.raw("/services?points=0").statusCode()).isEqualTo(400);
      assertThat(view.raw("/services?window=x").body()).contains("bad_data", "whole number");
      assertThat(view.raw(CHECKOUT + "?start=20&end=10").statusCode()).isEqualTo(400);
      assertThat(view.raw(CHECKOUT + "?points=1e99").statusCode()).isEqualTo(400);
      assertThat(view.raw("/services", "X-Scope-OrgID", "../x").statusCode()).isEqualTo(400);
      assertThat(view.raw("/nodes/nobody").statusCode()).isEqualTo(404);
    }
  }

  static double last(JsonNode series) {
    var values = series.has("values") ? series.get("values") : series.get("max");
    if (values == null) {
      throw new AssertionError("no values: " + series);
    }
    for (int i = values.size() - 1; i >= 0; i--) {
      if (!values.get(i).isNull()) {
        return values.get(i).asDouble();
      }
    }
    throw new AssertionError("only nulls: " + series);
  }

  @Test
  void aParameterThatARouteDoesNotKnowIsRefusedWithThoseItKnows() throws Exception {
    try (var view = new ViewServer(Shop.store(), Shop.END_MS)) {
      assertThat(view.raw("/map?window=60").statusCode()).isEqualTo(400);
      assertThat(view.raw("/map?window=60").body()).contains("'window'", "service, end");
      assertThat(view.raw("/coverage?service=x").body()).contains("none is known here");
      assertThat(view.raw("/services?instance=x").statusCode()).isEqualTo(400);
      assertThat(view.raw(CHECKOUT + "?layout=rows").statusCode()).isEqualTo(400);
    }
  }

  @Test
  void aSenderWhoseClockIsAheadIsNamedWithByHowMuch() throws Exception {
    var store = Shop.store();
    try (var view = new ViewServer(store, Shop.END_MS - 45_000)) {
      var page = view.get(CHECKOUT);
      assertThat(page.get("skewMs").asLong()).isEqualTo(45_000);
      assertThat(page.get("skewInstance").asText()).isEqualTo("checkout-1");
      assertThat(view.get("/nodes/" + Shop.HOST).get("skewMs").asLong()).isEqualTo(45_000);
    }
    try (var view = new ViewServer(store, Shop.END_MS + 1_000)) {
      var page = view.get(CHECKOUT);
      assertThat(page.get("skewMs").isNull()).isTrue();
      assertThat(page.get("skewReason").asText()).contains("behind");
    }
  }

  @Test
  void failuresUnderAStatusThatSaysOtherwiseHaveANameOfTheirOwn() throws Exception {
    var store = Scraped.scrape(new MemoryStore(), "job=\"shop/web\",instance=\"w\"", """
        http_server_requests_seconds_count{outcome="SUCCESS",status="200"} +5
        http_server_requests_seconds_count{outcome="SERVER_ERROR",status="200"} +2
        http_server_requests_seconds_count{outcome="SERVER_ERROR",status="503"} +1
        """);
    try (var view = new ViewServer(store, Scraped.END_MS)) {
      var requests = strip(view.get("/services/shop%2Fweb"), "requests");
      assertThat(requests.get("series").findValuesAsText("name")).containsExactlyInAnyOrder("2xx",
          "2xx failed", "5xx");
    }
  }
}

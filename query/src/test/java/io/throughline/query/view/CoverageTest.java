package io.throughline.query.view;

import static io.throughline.query.view.Scraped.END_MS;
import static io.throughline.query.view.Scraped.page;
import static io.throughline.query.view.Scraped.scrape;
import static io.throughline.query.view.ViewServer.series;
import static io.throughline.query.view.ViewServer.strip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What joined, what did not, and the way from an empty strip to a full one. */
class CoverageTest {

  /** A service whose pod's name stands in a label that nobody knows, and the container it runs in. */
  private static MemoryStore renamedLabel() {
    var store = scrape(new MemoryStore(),
        "job=\"shop/cart\",instance=\"10.1.0.7:8080\",kubernetes_ns=\"shop\","
            + "kubernetes_pod_name=\"cart-7\"",
        """
            http_server_requests_seconds_count{outcome="SUCCESS",status="200"} +5
            my_own_total{x="1"} +5
            my_own_total{x="2"} +5
            """);
    return scrape(store, "job=\"kubelet\",instance=\"10.0.0.5:10250\"",
        """
            container_cpu_usage_seconds_total{namespace="shop",pod="cart-7",container="app",id="/x"} +0.25
            container_memory_working_set_bytes{namespace="shop",pod="cart-7",container="app"} 77
            """);
  }

  private static JsonNode service(JsonNode coverage, String id) {
    for (var service : coverage.get("services")) {
      if (service.get("id").asText().equals(id)) {
        return service;
      }
    }
    throw new AssertionError(id + " is not among " + coverage);
  }

  @Test
  void ofANodeTheDoctorTellsItsNamesItsSendersAndWhatWouldFillEachStrip() throws Exception {
    var store = scrape(new MemoryStore(), "job=\"host\",instance=\"n1\"", """
        target_info{host_name="worker-3"} 1
        system_cpu_logical_count 4
        """);

    try (var view = new ViewServer(store, END_MS)) {
      var told = view.get("/joins?node=n1");

      assertThat(told.get("names").toString()).isEqualTo("[\"n1\",\"worker-3\"]");
      assertThat(told.get("sources").toString()).isEqualTo("[\"throughline\"]");
      var missing = told.get("missing").toString();
      assertThat(missing).contains("disk: read", "system_disk_io_bytes_total (throughline)")
          .doesNotContain("cpu: limit");
      assertThat(view.raw("/joins?node=nobody").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void coverageTellsWhatJoinedWhatIsMissingAndWhatEachMissingMetricWouldBring() throws Exception {
    var store = renamedLabel();
    scrape(store,
        "job=\"shop/web\",instance=\"w\",namespace=\"shop\",pod=\"cart-7\",container=\"app\"",
        "http_server_requests_seconds_count{outcome=\"SUCCESS\",status=\"200\"} +5");

    try (var view = new ViewServer(store, END_MS)) {
      var coverage = view.get("/coverage");

      assertThat(service(coverage, "shop/cart").get("join").asText()).isEqualTo("alone");
      var web = service(coverage, "shop/web");
      assertThat(web.get("join").asText()).isEqualTo("joined");
      assertThat(web.get("sources").toString()).contains("micrometer", "cadvisor");
      assertThat(web.get("has").toString()).contains("cpu: used").doesNotContain("cpu: throttled");
      assertThat(coverage.at("/summary/joined").asInt()).isEqualTo(1);
      assertThat(coverage.at("/summary/containersOfNoService").asInt()).isZero();
      JsonNode throttled = null;
      for (var missing : coverage.get("missing")) {
        if (missing.get("unlocks").asText().equals("cpu: throttled")) {
          throttled = missing;
        }
      }
      assertThat(throttled).isNotNull();
      if (throttled != null) {
        assertThat(throttled.get("services").asInt()).isEqualTo(2);
        // Of a source that is there already, before those that would have to be set up.
        assertThat(throttled.at("/metrics/0").asText())
            .isEqualTo("container_cpu_cfs_throttled_seconds_total (cadvisor)");
      }
      assertThat(coverage.at("/unused/0/metric").asText()).isEqualTo("my_own_total");
      assertThat(coverage.at("/unused/0/series").asInt()).isEqualTo(2);
    }
  }

  @Test
  void theDoctorShowsBothSidesAndItsProposalFillsTheEmptyStrip(@TempDir Path folder)
      throws Exception {
    var file = folder.resolve("joins.yaml");
    try (var view = new ViewServer(renamedLabel(), END_MS, file)) {
      assertThat(strip(page(view, "shop/cart"), "cpu").get("state").asText())
          .isEqualTo("not-measured");
      var diagnosis = view.get("/joins?service=shop%2Fcart");
      assertThat(diagnosis.get("joined").asBoolean()).isFalse();
      assertThat(diagnosis.get("key").asText()).contains("namespace with pod");
      assertThat(diagnosis.at("/left/kubernetes_pod_name/0").asText()).isEqualTo("cart-7");
      assertThat(diagnosis.at("/right/container/examples/0").asText()).isEqualTo("shop/cart-7/app");
      var proposal = diagnosis.at("/proposals/0");
      assertThat(proposal.get("is").asText()).isEqualTo("pod");
      assertThat(proposal.get("id").asText()).isEqualTo("{kubernetes_ns}/{kubernetes_pod_name}");
      assertThat(proposal.get("why").asText()).contains("kubernetes_pod_name", "shop/cart-7");

      assertThat(view.post("/joins", proposal.toString()).statusCode()).isEqualTo(200);

      var cpu = strip(page(view, "shop/cart"), "cpu");
      assertThat(ViewApiTest.last(series(cpu, "used"))).isCloseTo(0.25, within(1e-6));
      assertThat(view.get("/joins?service=shop%2Fcart").get("joined").asBoolean()).isTrue();
      assertThat(Files.readString(file)).contains("when: 'job=\"shop/cart\"'", "is: pod");
    }
    try (var again = new ViewServer(renamedLabel(), END_MS, file)) {
      assertThat(strip(page(again, "shop/cart"), "cpu").get("state").asText())
          .isEqualTo("measured");
    }
  }

  @Test
  void aServiceUnderTwoNamesIsProposedToBeOneAndThenIs() throws Exception {
    var store = scrape(new MemoryStore(), "job=\"Checkout-Service\",instance=\"i\"",
        "http_server_requests_seconds_count{outcome=\"SUCCESS\",status=\"200\"} +5");
    scrape(store, "job=\"shop/checkout\",instance=\"c\"", """
        jvm_gc_pause_seconds_sum{action="end"} +0.03
        target_info{container_id="c0ffee"} 1
        """);
    scrape(store, "job=\"container\",instance=\"c0ffee\"",
        "container_cpu_time_seconds_total{cpu_mode=\"user\"} +0.5");

    try (var view = new ViewServer(store, END_MS)) {
      var proposal = view.get("/joins?service=Checkout-Service").at("/proposals/0");
      assertThat(proposal.get("certainty").asText()).isEqualTo("spelling");
      assertThat(view.post("/joins", proposal.toString()).statusCode()).isEqualTo(200);

      var services = view.get("/services").get("services");
      assertThat(services).hasSize(1);
      assertThat(services.at("/0/signals/cpu/value").asDouble()).isCloseTo(0.5, within(1e-6));
      assertThat(services.at("/0/signals/rate/value").asDouble()).isCloseTo(5, within(0.05));
    }
  }

  @Test
  void aJoinOfOneTenantIsNoneOfAnother() throws Exception {
    var store = renamedLabel();
    try (var view = new ViewServer(store, END_MS)) {
      view.post("/joins", "{\"when\":\"job=\\\"shop/cart\\\"\",\"is\":\"pod\","
          + "\"id\":\"shop/{kubernetes_pod_name}\"}", "X-Scope-OrgID", "other");

      assertThat(view.get("/joins?service=shop%2Fcart").get("joined").asBoolean()).isFalse();
      assertThat(view.get("/joins").get("rules")).isEmpty();
      assertThat(view.get("/joins", "X-Scope-OrgID", "other").get("rules")).hasSize(1);
    }
  }

  @Test
  void aBadJoinIsToldWhatWouldBeRight() throws Exception {
    try (var view = new ViewServer(renamedLabel(), END_MS)) {
      assertThat(view.post("/joins", "nonsense").body()).contains("bad_data", "JSON object");
      assertThat(
          view.post("/joins", "{\"when\":\"job=\\\"a\\\"\",\"is\":\"pot\",\"id\":\"{x}\"}").body())
          .contains("want pod, container");
      assertThat(view.post("/joins", "{\"when\":\"\",\"is\":\"pod\",\"id\":\"{x}\"}").body())
          .contains("would join everything");
      assertThat(view
          .post("/joins",
              "{\"when\":\"job=\\\"a\\\"\",\"is\":\"pod\",\"id\":\"" + "x".repeat(20_000) + "\"}")
          .statusCode()).isEqualTo(400);
      assertThat(view.raw("/joins?service=nobody").statusCode()).isEqualTo(404);
    }
  }
}

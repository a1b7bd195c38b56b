package io.throughline.query.view;

import static io.throughline.query.view.Scraped.END_MS;
import static io.throughline.query.view.Scraped.page;
import static io.throughline.query.view.Scraped.scrape;
import static io.throughline.query.view.ViewServer.series;
import static io.throughline.query.view.ViewServer.strip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Targets whose labels name no pod and no node. */
class AddressTest {
  private static final String CPU = "container_cpu_usage_seconds_total{namespace=\"a\",pod=\"%\","
      + "container=\"app\",id=\"/x\"} +0.25";

  private static MemoryStore store() {
    var store = scrape(new MemoryStore(), "job=\"gate\",instance=\"10.1.0.7:9113\"",
        "nginx_http_requests_total +5");
    return scrape(store, "job=\"kubelet\",instance=\"10.0.0.5:10250\",node=\"n1\"",
        CPU.replace("%", "gate-1"));
  }

  private static String pod(String name, String address, String more) {
    return "kube_pod_info{exported_namespace=\"a\",exported_pod=\"" + name + "\",pod_ip=\""
        + address + "\",node=\"n1\"" + more + "} 1";
  }

  @Test
  void aTargetKnownByItsAddressAloneIsThePodThatHasTheAddress() throws Exception {
    var store = scrape(store(), "job=\"objects\",instance=\"o\",namespace=\"o\",pod=\"o\"",
        pod("gate-1", "10.1.0.7", ",host_network=\"false\""));

    try (var view = new ViewServer(store, END_MS)) {
      var used = series(strip(page(view, "gate"), "cpu"), "used");
      assertThat(ViewApiTest.last(used)).isCloseTo(0.25, within(1e-6));
      assertThat(view.get("/nodes/n1").get("services").findValuesAsText("id")).contains("gate");
    }
  }

  @Test
  void anAddressThatTwoPodsHadStandsForNeither() throws Exception {
    var store = scrape(store(), "job=\"objects\",instance=\"o\"",
        pod("gate-1", "10.1.0.7", "") + "\n" + pod("other-1", "10.1.0.7", ""));

    try (var view = new ViewServer(store, END_MS)) {
      assertThat(strip(page(view, "gate"), "cpu").get("state").asText()).isEqualTo("not-measured");
    }
  }

  @Test
  void aPodOnItsHostsNetworkHasNoAddressOfItsOwnAndTheTargetIsOnTheNode() throws Exception {
    var store = scrape(store(), "job=\"objects\",instance=\"o\"",
        pod("other-1", "10.1.0.7", ",host_network=\"true\"")
            + "\nkube_node_info{node=\"n1\",internal_ip=\"10.1.0.7\"} 1");
    scrape(store, "job=\"node\",instance=\"10.1.0.7:9100\"",
        "node_disk_io_time_seconds_total{device=\"sda\"} +0.5");

    try (var view = new ViewServer(store, END_MS)) {
      var gate = page(view, "gate");
      assertThat(strip(gate, "cpu").get("state").asText()).isEqualTo("not-measured");
      assertThat(ViewApiTest.last(series(strip(gate, "disk"), "busiest disk of the node")))
          .isCloseTo(0.5, within(1e-6));
      assertThat(view.get("/nodes/n1").get("services").findValuesAsText("id")).contains("gate");
    }
  }
}

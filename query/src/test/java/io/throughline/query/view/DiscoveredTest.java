package io.throughline.query.view;

import static io.throughline.query.view.Scraped.END_MS;
import static io.throughline.query.view.Scraped.page;
import static io.throughline.query.view.Scraped.scrape;
import static io.throughline.query.view.ViewServer.series;
import static io.throughline.query.view.ViewServer.strip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.throughline.model.Labels;
import org.junit.jupiter.api.Test;

/** What orchestrators say, as the collector's discovery writes it, and where it ends up. */
class DiscoveredTest {
  private static final String ID = "a1".repeat(32);

  private static MemoryStore cluster() {
    var store = scrape(new MemoryStore(), "job=\"kubernetes\"",
        """
            throughline_kube_node_info{node="n1",internal_ip="10.0.0.5"} 1
            throughline_kube_pod_info{namespace="shop",pod="cart-7c9-x1",pod_ip="10.1.0.7",node="n1",host_network="false"} 1
            throughline_kube_pod_owner{namespace="shop",pod="cart-7c9-x1",owner_kind="ReplicaSet",owner_name="cart-7c9"} 1
            throughline_kube_replicaset_owner{namespace="shop",replicaset="cart-7c9",owner_kind="Deployment",owner_name="cart"} 1
            throughline_kube_pod_container_info{namespace="shop",pod="cart-7c9-x1",container="app",container_id="containerd://%ID",image_spec="cart:3"} 1
            throughline_kube_pod_container_resource_limits{namespace="shop",pod="cart-7c9-x1",container="app",resource="cpu"} 0.5
            throughline_kube_pod_container_resource_limits{namespace="shop",pod="cart-7c9-x1",container="app",resource="memory"} 1000
            throughline_kube_deployment_spec_replicas{namespace="shop",deployment="cart"} 2
            throughline_kube_deployment_status_replicas_available{namespace="shop",deployment="cart"} 1
            throughline_kube_service_workload_info{namespace="shop",service="basket",workload="cart"} 1
            throughline_kube_persistentvolumeclaim_info{namespace="shop",persistentvolumeclaim="data-cart",volumename="pv-7"} 1
            throughline_kube_pod_spec_volumes_persistentvolumeclaims_info{namespace="shop",pod="cart-7c9-x1",persistentvolumeclaim="data-cart"} 1
            """
            .replace("%ID", ID));
    return scrape(store, "job=\"container\",instance=\"" + ID + "\"", """
        container_cpu_time_seconds_total{cpu_mode="user"} +0.25
        container_memory_working_set_bytes 500
        """);
  }

  @Test
  void aServiceOfTheClusterIsListedWithTheResourcesOfWhatItsSelectorPicks() throws Exception {
    try (var view = new ViewServer(cluster(), END_MS)) {
      var row = view.get("/services").get("services").get(0);
      assertThat(row.get("id").asText()).isEqualTo("shop/basket");
      assertThat(row.at("/signals/cpu/value").asDouble()).isCloseTo(0.25, within(1e-6));
      assertThat(row.at("/signals/cpu/limit").asDouble()).isEqualTo(0.5);
      assertThat(row.at("/signals/rate/state").asText()).isEqualTo("not-measured");
      assertThat(row.at("/signals/rate/reason").asText()).isNotBlank();

      var page = page(view, "shop/basket");
      assertThat(ViewApiTest.last(series(strip(page, "runtime"), "replicas wanted"))).isEqualTo(2);
      assertThat(ViewApiTest.last(series(strip(page, "runtime"), "replicas available")))
          .isEqualTo(1);
    }
  }

  @Test
  void limitsThatBothSayCountOnce() throws Exception {
    var store = scrape(cluster(), "job=\"kube-state-metrics\",instance=\"k\"",
        "kube_pod_container_resource_limits{namespace=\"shop\",pod=\"cart-7c9-x1\",container=\"app\",resource=\"cpu\"} 0.5");
    try (var view = new ViewServer(store, END_MS)) {
      assertThat(view.get("/services").at("/services/0/signals/cpu/limit").asDouble())
          .isEqualTo(0.5);
    }
  }

  @Test
  void aLimitThatIsTurnedInTheClusterIsAChange() throws Exception {
    var store = cluster();
    var limit = Labels.of("__name__", "throughline_kube_pod_container_resource_limits", "job",
        "kubernetes", "namespace", "shop", "pod", "cart-7c9-x1", "container", "app", "resource",
        "cpu");
    var request = Labels.of("__name__", "throughline_kube_pod_container_resource_requests", "job",
        "kubernetes", "namespace", "shop", "pod", "cart-7c9-x1", "container", "app", "resource",
        "cpu");
    for (long s = 0; s <= 1800; s += 15) {
      store.add(limit, END_MS - 1_800_000 + s * 1000, 0, s < 900 ? 2 : 0.5);
      store.add(request, END_MS - 1_800_000 + s * 1000, 0, s < 1200 ? 0.25 : 0.125);
    }
    try (var view = new ViewServer(store, END_MS)) {
      assertThat(view.get("/changes?service=shop%2Fbasket&window=1700")
          .get("changes")
          .findValuesAsText("text"))
          .contains("CPU limit 2 cores → 0.5 cores", "CPU request 0.25 cores → 0.125 cores");
    }
  }

  @Test
  void aContainerOfAnEngineIsThatOfTheServiceItsLabelsName() throws Exception {
    var store = scrape(new MemoryStore(), "job=\"docker\"",
        """
            throughline_docker_container_info{container_id="%ID",image="web:3",name="shop-web-1",node="worker-3",service="shop/web"} 1
            throughline_docker_container_cpu_limit_cores{container_id="%ID"} 1.5
            throughline_docker_service_replicas{service="shop/web"} 3
            """
            .replace("%ID", ID));
    scrape(store, "job=\"container\",instance=\"" + ID + "\"",
        "container_cpu_time_seconds_total{cpu_mode=\"user\"} +0.75");
    try (var view = new ViewServer(store, END_MS)) {
      var row = view.get("/services").get("services").get(0);
      assertThat(row.get("id").asText()).isEqualTo("shop/web");
      assertThat(row.at("/signals/cpu/value").asDouble()).isCloseTo(0.75, within(1e-6));
      assertThat(row.at("/signals/cpu/limit").asDouble()).isEqualTo(1.5);
      assertThat(
          ViewApiTest.last(series(strip(page(view, "shop/web"), "runtime"), "replicas wanted")))
          .isEqualTo(3);
    }
  }

  @Test
  void aVolumeIsOnTheDiskStripOfTheServiceWhoseClaimItIs() throws Exception {
    var store = scrape(cluster(), "job=\"portworx\",instance=\"p\"", """
        px_volume_readthroughput{volumename="pv-7",node="n9"} 1000
        px_volume_vol_write_latency_seconds{volumename="pv-7",node="n9"} 0.014
        px_volume_depth_io{volumename="pv-7",node="n9"} 7
        px_volume_readthroughput{volumename="pv-8",node="n9"} 5000
        """);
    scrape(store, "job=\"kubelet\",instance=\"10.0.0.5:10250\"", """
        kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="data-cart"} 60
        kubelet_volume_stats_capacity_bytes{namespace="shop",persistentvolumeclaim="data-cart"} 80
        kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="data-other"} 79
        """);
    try (var view = new ViewServer(store, END_MS)) {
      var disk = strip(page(view, "shop/basket"), "disk");
      assertThat(ViewApiTest.last(series(disk, "volume read"))).isEqualTo(1000);
      assertThat(ViewApiTest.last(series(disk, "slowest volume's write"))).isEqualTo(0.014);
      assertThat(ViewApiTest.last(series(disk, "waiting at volumes"))).isEqualTo(7);
      assertThat(ViewApiTest.last(series(disk, "volumes used"))).isEqualTo(0.75);
      assertThat(series(disk, "volume write").get("reason").asText())
          .contains("px_volume_writethroughput");
    }
  }
}

package io.throughline.query.view;

import static io.throughline.query.view.Scraped.END_MS;
import static io.throughline.query.view.Scraped.assertGolden;
import static io.throughline.query.view.Scraped.scrape;
import static io.throughline.query.view.ViewServer.series;
import static io.throughline.query.view.ViewServer.strip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Golden signals and resources from sources we did not write; {@link Scraped} says how to read the texts. */
class SourcesTest {
  @Test
  void istioIsCountedOnTheCalleesSideAloneInSeconds() throws Exception {
    var who = "source_canonical_service=\"web\",source_workload_namespace=\"shop\","
        + "destination_service_name=\"cart\",destination_service_namespace=\"shop\",";

    assertGolden("shop/cart", 10, 0.1, 0.1, 0.25, "job=\"istio\",instance=\"10.0.0.1:15020\"", """
        istio_requests_total{%1$sreporter="destination",response_code="200"} +9
        istio_requests_total{%1$sreporter="destination",response_code="503"} +1
        istio_requests_total{%1$sreporter="source",response_code="200"} +9
        istio_requests_total{%1$sreporter="source",response_code="0"} +2
        istio_request_duration_milliseconds_bucket{%1$sreporter="destination",le="100"} +9.5
        istio_request_duration_milliseconds_bucket{%1$sreporter="destination",le="250"} +10
        istio_request_duration_milliseconds_bucket{%1$sreporter="destination",le="+Inf"} +10
        istio_request_duration_milliseconds_count{%1$sreporter="destination"} +10
        """.formatted(who));
  }

  @Test
  void aCalleeWithoutAProxyIsSeenFromItsCallers() throws Exception {
    assertGolden("shop/legacy", 4, 0.5, Double.NaN, Double.NaN, "job=\"istio\",instance=\"i\"",
        """
            istio_requests_total{destination_service_name="legacy",destination_service_namespace="shop",reporter="source",response_code="200"} +2
            istio_requests_total{destination_service_name="legacy",destination_service_namespace="shop",reporter="source",response_code="0",response_flags="UF"} +2
            """);
  }

  @Test
  void linkerdKnowsFailureByClassificationAndItsOwnPortIsNoService() throws Exception {
    assertGolden("emojivoto/voting", 5, 0.2, 0.01, 0.02,
        "job=\"voting\",namespace=\"emojivoto\",pod=\"voting-1\",instance=\"i\"",
        """
            response_total{direction="inbound",target_port="8080",status_code="200",classification="success"} +4
            response_total{direction="inbound",target_port="8080",status_code="200",classification="failure"} +1
            response_total{direction="inbound",target_port="4191",status_code="200",classification="success"} +70
            response_total{direction="outbound",dst_deployment="emoji",classification="success"} +3
            response_latency_ms_bucket{direction="inbound",target_port="8080",le="10"} +4
            response_latency_ms_bucket{direction="inbound",target_port="8080",le="20"} +5
            response_latency_ms_bucket{direction="inbound",target_port="8080",le="+Inf"} +5
            """);
  }

  @Test
  void envoyTellsStatusClassesByOneDigit() throws Exception {
    assertGolden("gateway", 8, 0.25, 1, 2.5, "job=\"gateway\",instance=\"i\"",
        """
            envoy_http_downstream_rq_xx{envoy_http_conn_manager_prefix="ingress",envoy_response_code_class="2"} +6
            envoy_http_downstream_rq_xx{envoy_http_conn_manager_prefix="ingress",envoy_response_code_class="5"} +2
            envoy_http_downstream_rq_xx{envoy_http_conn_manager_prefix="admin",envoy_response_code_class="2"} +50
            envoy_http_downstream_rq_time_bucket{envoy_http_conn_manager_prefix="ingress",le="1000"} +7
            envoy_http_downstream_rq_time_bucket{envoy_http_conn_manager_prefix="ingress",le="2500"} +8
            envoy_http_downstream_rq_time_bucket{envoy_http_conn_manager_prefix="ingress",le="+Inf"} +8
            """);
  }

  @Test
  void anIngressControllersRequestsBelongToTheServiceBehindIt() throws Exception {
    assertGolden("shop/front", 3, 1.0 / 3, 0.1, 0.25,
        "job=\"ingress\",namespace=\"ingress-nginx\",instance=\"i\"",
        """
            nginx_ingress_controller_requests{exported_namespace="shop",exported_service="front",status="200"} +2
            nginx_ingress_controller_requests{exported_namespace="shop",exported_service="front",status="502"} +1
            nginx_ingress_controller_request_duration_seconds_bucket{exported_namespace="shop",exported_service="front",status="200",le="0.1"} +1
            nginx_ingress_controller_request_duration_seconds_bucket{exported_namespace="shop",exported_service="front",status="200",le="0.25"} +3
            nginx_ingress_controller_request_duration_seconds_bucket{exported_namespace="shop",exported_service="front",status="200",le="+Inf"} +3
            """);
  }

  @Test
  void traefiksServicesLoseTheirProviderAndItsEntrypointsAreNotCountedAgain() throws Exception {
    assertGolden("shop", 4, 0.25, 1.2, 5, "job=\"traefik\",instance=\"i\"",
        """
            traefik_service_requests_total{service="shop@docker",code="200"} +3
            traefik_service_requests_total{service="shop@docker",code="500"} +1
            traefik_entrypoint_requests_total{entrypoint="web",code="200"} +3
            traefik_service_request_duration_seconds_bucket{service="shop@docker",code="200",le="1.2"} +3
            traefik_service_request_duration_seconds_bucket{service="shop@docker",code="200",le="5"} +4
            traefik_service_request_duration_seconds_bucket{service="shop@docker",code="200",le="+Inf"} +4
            """);
  }

  @Test
  void springTellsErrorsByOutcome() throws Exception {
    assertGolden("petclinic", 2, 0.5, 0.05, 0.1, "job=\"petclinic\",instance=\"i\"",
        """
            http_server_requests_seconds_count{outcome="SUCCESS",status="200",uri="/owners/{id}"} +1
            http_server_requests_seconds_count{outcome="SERVER_ERROR",status="500",uri="/visits"} +1
            http_server_requests_seconds_bucket{outcome="SUCCESS",status="200",uri="/owners/{id}",le="0.05"} +0.5
            http_server_requests_seconds_bucket{outcome="SUCCESS",status="200",uri="/owners/{id}",le="0.1"} +1
            http_server_requests_seconds_bucket{outcome="SUCCESS",status="200",uri="/owners/{id}",le="+Inf"} +1
            """);
  }

  @Test
  void serverSpansMakeAServiceAndClientSpansDoNot() throws Exception {
    assertGolden("shipping", 6, 0.5, 0.008, 0.01, "job=\"spans\",instance=\"collector\"",
        """
            calls_total{service_name="shipping",span_kind="SPAN_KIND_SERVER",status_code="STATUS_CODE_UNSET"} +3
            calls_total{service_name="shipping",span_kind="SPAN_KIND_SERVER",status_code="STATUS_CODE_ERROR"} +3
            calls_total{service_name="shipping",span_kind="SPAN_KIND_CLIENT",status_code="STATUS_CODE_UNSET"} +9
            duration_milliseconds_bucket{service_name="shipping",span_kind="SPAN_KIND_SERVER",le="8"} +3
            duration_milliseconds_bucket{service_name="shipping",span_kind="SPAN_KIND_SERVER",le="10"} +6
            duration_milliseconds_bucket{service_name="shipping",span_kind="SPAN_KIND_SERVER",le="+Inf"} +6
            """);
  }

  @Test
  void nginxsStubStatusTellsNeitherErrorsNorLatency() throws Exception {
    assertGolden("static", 7, Double.NaN, Double.NaN, Double.NaN, "job=\"static\",instance=\"i\"",
        """
            nginx_http_requests_total +7
            nginx_connections_active 3
            """);
  }

  @Test
  void haproxysMeanIsShownAsAMeanAndNeverAsAPercentile() throws Exception {
    var text = """
        haproxy_backend_http_responses_total{proxy="app",code="2xx"} +9
        haproxy_backend_http_responses_total{proxy="app",code="5xx"} +1
        haproxy_backend_response_time_average_seconds{proxy="app"} 0.25
        haproxy_backend_current_queue{proxy="app"} 4
        """;
    assertGolden("app", 10, 0.1, Double.NaN, Double.NaN, "job=\"haproxy\",instance=\"i\"", text);
    try (
        var view = new ViewServer(scrape(new MemoryStore(), "job=\"haproxy\",instance=\"i\"", text),
            END_MS)) {
      var page = view.get("/services/app");

      assertThat(ViewApiTest.last(series(strip(page, "latency"), "mean"))).isEqualTo(0.25);
      assertThat(series(strip(page, "latency"), "p99").get("reason").asText()).contains("mean");
      assertThat(ViewApiTest.last(series(strip(page, "inflight"), "queued"))).isEqualTo(4);
    }
  }

  @Test
  void aScrapedClusterJoinsServicePodContainerAndNode() throws Exception {
    var store = new MemoryStore();
    scrape(store, "job=\"cart\",namespace=\"shop\",pod=\"cart-7\",container=\"app\","
        + "instance=\"10.1.0.7:8080\"", """
            http_server_requests_seconds_count{outcome="SUCCESS",status="200"} +5
            """);
    scrape(store, "job=\"kubelet\",instance=\"10.0.0.5:10250\",node=\"worker-1\"",
        """
            container_cpu_usage_seconds_total{namespace="shop",pod="cart-7",container="app",cpu="total",id="/kubepods/pod1/4f"} +0.25
            container_cpu_usage_seconds_total{namespace="shop",pod="cart-7",cpu="total",id="/kubepods/pod1"} +0.26
            container_cpu_cfs_throttled_seconds_total{namespace="shop",pod="cart-7",container="app"} +0.1
            container_memory_working_set_bytes{namespace="shop",pod="cart-7",container="app"} 1000000
            container_network_receive_bytes_total{namespace="shop",pod="cart-7",interface="eth0"} +500
            """);
    scrape(store, "job=\"ksm\",namespace=\"monitoring\",pod=\"ksm-0\",instance=\"10.1.0.9:8080\"",
        """
            kube_pod_info{exported_namespace="shop",exported_pod="cart-7",node="worker-1",uid="u-1"} 1
            kube_node_info{node="worker-1",internal_ip="10.0.0.5"} 1
            kube_pod_container_resource_limits{exported_namespace="shop",exported_pod="cart-7",exported_container="app",resource="cpu",unit="core"} 0.5
            kube_pod_container_resource_limits{exported_namespace="shop",exported_pod="cart-7",exported_container="app",resource="memory",unit="byte"} 4000000
            """);
    scrape(store, "job=\"node\",instance=\"10.0.0.5:9100\"", """
        node_cpu_seconds_total{cpu="0",mode="user"} +0.4
        node_cpu_seconds_total{cpu="0",mode="idle"} +0.6
        node_cpu_seconds_total{cpu="1",mode="idle"} +1
        node_disk_io_time_seconds_total{device="sda"} +0.3
        node_disk_io_time_seconds_total{device="dm-0"} +0.9
        node_memory_MemTotal_bytes 100
        node_memory_MemAvailable_bytes 40
        """);

    try (var view = new ViewServer(store, END_MS)) {
      var page = view.get("/services/" + URLEncoder.encode("shop/cart", StandardCharsets.UTF_8));
      var cpu = strip(page, "cpu");
      assertThat(ViewApiTest.last(series(cpu, "used"))).isCloseTo(0.25, within(1e-6));
      assertThat(ViewApiTest.last(series(cpu, "limit"))).isEqualTo(0.5);
      assertThat(ViewApiTest.last(series(cpu, "throttled"))).isCloseTo(0.1, within(1e-6));
      assertThat(series(cpu, "run queue").get("reason").asText()).contains("shop/cart-7/app");
      assertThat(ViewApiTest.last(series(strip(page, "memory"), "limit"))).isEqualTo(4e6);
      assertThat(ViewApiTest.last(series(strip(page, "network"), "receive"))).isCloseTo(500,
          within(0.1));
      assertThat(ViewApiTest.last(series(strip(page, "disk"), "busiest disk of the node")))
          .isCloseTo(0.3, within(1e-6));
      assertThat(page.at("/nodes/0/name").asText()).isEqualTo("worker-1");

      var node = view.get("/nodes/worker-1");
      assertThat(ViewApiTest.last(series(strip(node, "cpu"), "limit"))).isCloseTo(2, within(1e-6));
      assertThat(ViewApiTest.last(series(strip(node, "memory"), "used"))).isEqualTo(60);
      assertThat(node.at("/services/0/id").asText()).isEqualTo("shop/cart");
      assertThat(view.get("/services").get("services").findValuesAsText("id"))
          .containsExactly("shop/cart");
    }
  }
}

package io.throughline.query.view;

import static io.throughline.query.view.Scraped.END_MS;
import static io.throughline.query.view.Scraped.assertGolden;
import static io.throughline.query.view.Scraped.page;
import static io.throughline.query.view.Scraped.scrape;
import static io.throughline.query.view.ViewServer.series;
import static io.throughline.query.view.ViewServer.strip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

/** Meshes: who is the service, who called it, and which side counts. */
class MeshSourcesTest {
  private static final double NONE = Double.NaN;

  private static void assertEdge(MemoryStore store, String from, String to, double rate,
      double errors) throws Exception {
    try (var view = new ViewServer(store, END_MS)) {
      var edges = view.get("/map").get("edges");
      JsonNode found = null;
      for (var edge : edges) {
        if (edge.get("from").asText().equals(from) && edge.get("to").asText().equals(to)) {
          found = edge;
        }
      }
      assertThat(found).as("edges are " + edges).isNotNull();
      if (found == null) {
        return;
      }
      assertThat(found.get("rate").asDouble()).isCloseTo(rate, within(rate / 100 + 0.001));
      if (Double.isNaN(errors)) {
        assertThat(found.get("errors").isNull()).isTrue();
      } else {
        assertThat(found.get("errors").asDouble()).isCloseTo(errors, within(0.001));
      }
    }
  }

  @Test
  void anIstioEdgeIsWhatTheCallerSawAndItsServiceWhatTheCalleeSaw() throws Exception {
    var who = "source_canonical_service=\"web\",source_workload_namespace=\"shop\","
        + "destination_service_name=\"cart\",destination_service_namespace=\"shop\",";
    var text = """
        istio_requests_total{%1$sreporter="destination",response_code="200"} +9
        istio_requests_total{%1$sreporter="source",response_code="200"} +9
        istio_requests_total{%1$sreporter="source",response_code="0",response_flags="UF"} +3
        istio_request_duration_milliseconds_bucket{%1$sreporter="source",le="50"} +8
        istio_request_duration_milliseconds_bucket{%1$sreporter="source",le="100"} +12
        istio_request_duration_milliseconds_bucket{%1$sreporter="source",le="+Inf"} +12
        """.formatted(who);
    var target = "job=\"istio\",instance=\"10.0.0.1:15020\"";

    // Its latency is only told by the caller here, so that counts.
    assertGolden("shop/cart", 9, 0, 0.05, 0.1, target, text);
    assertEdge(scrape(new MemoryStore(), target, text), "shop/web", "shop/cart", 12, 0.25);
  }

  @Test
  void anAmbientMeshWithoutAWaypointKnowsConnectionsAndSaysThatItKnowsNoRequests()
      throws Exception {
    var who = "source_workload=\"web\",source_workload_namespace=\"shop\","
        + "destination_service_name=\"cart\",destination_service_namespace=\"shop\",";
    var store = scrape(new MemoryStore(), "job=\"ztunnel\",instance=\"i\"", """
        istio_tcp_connections_opened_total{%1$sreporter="source"} +5
        istio_tcp_connections_opened_total{%1$sreporter="destination"} +5
        """.formatted(who));

    try (var view = new ViewServer(store, END_MS)) {
      var edge = view.get("/map").at("/edges/0");
      assertThat(edge.get("to").asText()).isEqualTo("shop/cart");
      assertThat(edge.get("rate").isNull()).isTrue();
      assertThat(edge.get("reason").asText()).contains("istio_requests_total");
    }
  }

  @Test
  void aWaypointReportsRequestsOfAnAmbientMesh() throws Exception {
    assertGolden("shop/cart", 4, 0.25, NONE, NONE, "job=\"waypoint\",instance=\"i\"",
        """
            istio_requests_total{destination_service_name="cart",destination_service_namespace="shop",reporter="waypoint",response_code="200"} +3
            istio_requests_total{destination_service_name="cart",destination_service_namespace="shop",reporter="waypoint",response_code="500"} +1
            """);
  }

  @Test
  void linkerdsWorkloadIsNamedByTheLabelsOfItsScrapeRatherThanByTheProxysJob() throws Exception {
    var text = """
        response_total{direction="inbound",target_port="8080",classification="success",status_code="200"} +8
        response_total{direction="inbound",target_port="8080",classification="failure",status_code="200"} +2
        response_latency_ms_bucket{direction="inbound",target_port="8080",le="30"} +5
        response_latency_ms_bucket{direction="inbound",target_port="8080",le="40"} +10
        response_latency_ms_bucket{direction="inbound",target_port="8080",le="+Inf"} +10
        response_total{direction="outbound",dst_namespace="emojivoto",dst_deployment="voting",classification="success"} +6
        response_total{direction="outbound",dst_namespace="emojivoto",dst_deployment="voting",classification="failure"} +2
        """;
    var target = "job=\"linkerd-proxy\",namespace=\"emojivoto\",deployment=\"web\","
        + "pod=\"web-1\",instance=\"10.1.0.3:4191\"";

    assertGolden("emojivoto/web", 10, 0.2, 0.03, 0.04, target, text);
    assertEdge(scrape(new MemoryStore(), target, text), "emojivoto/web", "emojivoto/voting", 8,
        0.25);
  }

  @Test
  void aKumaDataPlaneIsTheServiceOfItsTagsAndItsClustersAreItsCallees() throws Exception {
    var text = """
        envoy_cluster_upstream_rq_xx{envoy_cluster_name="localhost_3000",envoy_response_code_class="2"} +9
        envoy_cluster_upstream_rq_xx{envoy_cluster_name="localhost_3000",envoy_response_code_class="5"} +3
        envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="localhost_3000",le="25"} +6
        envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="localhost_3000",le="50"} +12
        envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="localhost_3000",le="+Inf"} +12
        envoy_cluster_upstream_rq_active{envoy_cluster_name="localhost_3000"} 2
        envoy_cluster_upstream_rq_xx{envoy_cluster_name="backend_kuma-demo_svc_3001-0382aaf295add2eb",envoy_response_code_class="2"} +3
        envoy_cluster_upstream_rq_xx{envoy_cluster_name="backend_kuma-demo_svc_3001-94bcdea309bceaff",envoy_response_code_class="5"} +1
        envoy_cluster_upstream_rq_xx{envoy_cluster_name="kuma_envoy_admin",envoy_response_code_class="2"} +70
        """;
    var target = "job=\"kuma-dataplanes\",instance=\"i\",mesh=\"default\","
        + "kuma_io_service=\"front_kuma-demo_svc_8080\"";

    assertGolden("kuma-demo/front", 12, 0.25, 0.025, 0.05, target, text);
    assertEdge(scrape(new MemoryStore(), target, text), "kuma-demo/front", "kuma-demo/backend", 4,
        0.25);
    try (var view = new ViewServer(scrape(new MemoryStore(), target, text), END_MS)) {
      var page = page(view, "kuma-demo/front");
      assertThat(ViewApiTest.last(series(strip(page, "inflight"), "in flight"))).isEqualTo(2);
    }
  }

  @Test
  void aKongMeshWorkloadIsNamedByNamespaceAndWorkload() throws Exception {
    assertGolden("shop/cart", 5, 0, NONE, NONE,
        "job=\"kuma-dataplanes\",instance=\"i\",mesh=\"default\",k8s_kuma_io_namespace=\"shop\","
            + "kuma_workload=\"cart\"",
        """
            envoy_cluster_upstream_rq_xx{envoy_cluster_name="localhost_8080",envoy_response_code_class="2"} +5
            """);
  }

  @Test
  void openServiceMeshTellsTheCallersSideForServiceAndEdge() throws Exception {
    var who = "source_namespace=\"bookbuyer\",source_name=\"bookbuyer\","
        + "destination_namespace=\"bookstore\",destination_name=\"bookstore\"";
    var text = """
        osm_request_total{%1$s,response_code="200"} +7
        osm_request_total{%1$s,response_code="503"} +3
        osm_request_duration_ms_bucket{%1$s,le="5"} +2
        osm_request_duration_ms_bucket{%1$s,le="10"} +11
        osm_request_duration_ms_bucket{%1$s,le="+Inf"} +11
        """.formatted(who);
    var target = "job=\"osm\",instance=\"i\"";

    assertGolden("bookstore/bookstore", 10, 0.3, 0.005, 0.01, target, text);
    assertEdge(scrape(new MemoryStore(), target, text), "bookbuyer/bookbuyer",
        "bookstore/bookstore", 10, 0.3);
  }

  @Test
  void anAppMeshNodeAnswersAtItsListenerAndCallsThroughItsEgressClusters() throws Exception {
    var text = """
        envoy_http_downstream_rq_xx{appmesh_mesh="shop-mesh",appmesh_virtual_node="checkout-vn",envoy_http_conn_manager_prefix="ingress",envoy_response_code_class="2"} +4
        envoy_http_downstream_rq_xx{appmesh_mesh="shop-mesh",appmesh_virtual_node="checkout-vn",envoy_http_conn_manager_prefix="ingress",envoy_response_code_class="5"} +1
        envoy_cluster_upstream_rq_time_bucket{appmesh_mesh="shop-mesh",appmesh_virtual_node="checkout-vn",envoy_cluster_name="cds_ingress_shop-mesh_checkout-vn_http_8080",le="10"} +2
        envoy_cluster_upstream_rq_time_bucket{appmesh_mesh="shop-mesh",appmesh_virtual_node="checkout-vn",envoy_cluster_name="cds_ingress_shop-mesh_checkout-vn_http_8080",le="25"} +5
        envoy_cluster_upstream_rq_time_bucket{appmesh_mesh="shop-mesh",appmesh_virtual_node="checkout-vn",envoy_cluster_name="cds_ingress_shop-mesh_checkout-vn_http_8080",le="+Inf"} +5
        envoy_cluster_upstream_rq_time_count{appmesh_mesh="shop-mesh",appmesh_virtual_node="checkout-vn",envoy_cluster_name="cds_egress_shop-mesh_payments-vn_http_8080"} +6
        """;
    var target = "job=\"appmesh\",instance=\"i\"";

    assertGolden("shop-mesh/checkout-vn", 5, 0.2, 0.01, 0.025, target, text);
    assertEdge(scrape(new MemoryStore(), target, text), "shop-mesh/checkout-vn",
        "shop-mesh/payments-vn", 6, NONE);
  }

  @Test
  void theServiceMeshInterfaceTellsRatesAndReadyMadeQuantiles() throws Exception {
    var store = scrape(new MemoryStore(), "job=\"smi\",instance=\"i\"", """
        smi_traffic_request_rate{namespace="shop",name="cart",classification="success"} 8
        smi_traffic_request_rate{namespace="shop",name="cart",classification="failure"} 2
        smi_traffic_response_latency_seconds{namespace="shop",name="cart",quantile="0.5"} 0.15
        smi_traffic_response_latency_seconds{namespace="shop",name="cart",quantile="0.99"} 0.294
        """);

    try (var view = new ViewServer(store, END_MS)) {
      var signals = view.get("/services").at("/services/0/signals");
      assertThat(signals.at("/rate/value").asDouble()).isEqualTo(10);
      assertThat(signals.at("/errors/value").asDouble()).isEqualTo(0.2);
      assertThat(signals.at("/p99/value").asDouble()).isEqualTo(0.294);
      assertThat(signals.at("/p99").has("lower")).isFalse();
      var latency = strip(page(view, "shop/cart"), "latency");
      assertThat(ViewApiTest.last(series(latency, "p50"))).isEqualTo(0.15);
      assertThat(latency.at("/notes/0").asText()).contains("cannot be merged");
    }
  }

  @Test
  void anEdgeOfTheServiceMeshInterfaceHasItsRateErrorsAndQuantiles() throws Exception {
    var call = "namespace=\"shop\",name=\"cart\",client_namespace=\"shop\",client_name=\"web\"";
    var store = scrape(new MemoryStore(), "job=\"kubernetes\"",
        """
            smi_traffic_request_rate{namespace="shop",name="web",kind="Deployment",classification="success"} 8
            smi_traffic_edge_request_rate{%1$s,classification="success"} 3
            smi_traffic_edge_request_rate{%1$s,classification="failure"} 1
            smi_traffic_edge_response_latency_seconds{%1$s,quantile="0.5"} 0.15
            smi_traffic_edge_response_latency_seconds{%1$s,quantile="0.99"} 0.294
            """
            .formatted(call));

    assertEdge(store, "shop/web", "shop/cart", 4, 0.25);
    try (var view = new ViewServer(store, END_MS)) {
      var edge = view.get("/map").at("/edges/0");
      assertThat(edge.at("/p50").toString()).contains("0.15");
      assertThat(edge.at("/p99").toString()).contains("0.294");
    }
  }

  @Test
  void aServiceGraphOfSpansMakesEdgesWithTheirFailures() throws Exception {
    var store = scrape(new MemoryStore(), "job=\"tempo\",instance=\"i\"",
        """
            traces_service_graph_request_total{client="app",server="db",connection_type="database"} +20
            traces_service_graph_request_failed_total{client="app",server="db",connection_type="database"} +5
            traces_service_graph_request_client_seconds_bucket{client="app",server="db",le="0.1"} +10
            traces_service_graph_request_client_seconds_bucket{client="app",server="db",le="0.2"} +20
            traces_service_graph_request_client_seconds_bucket{client="app",server="db",le="+Inf"} +20
            traces_service_graph_request_total{client="user",server="app",connection_type="virtual_node"} +3
            traces_service_graph_request_total{client="app",server="unknown",connection_type="virtual_node"} +3
            """);

    assertEdge(store, "app", "db", 20, 0.25);
    try (var view = new ViewServer(store, END_MS)) {
      var edges = view.get("/map").get("edges");
      assertThat(edges.findValuesAsText("to")).doesNotContain("unknown");
      for (var edge : edges) {
        if (edge.get("to").asText().equals("db")) {
          assertThat(edge.get("p99Lower").asDouble()).isEqualTo(0.1);
          assertThat(edge.get("p99Upper").asDouble()).isEqualTo(0.2);
        }
      }
    }
  }
}

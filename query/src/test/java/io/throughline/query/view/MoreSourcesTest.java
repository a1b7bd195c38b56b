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

/** Applications and resources whose sources tell less, or tell it in other words. */
class MoreSourcesTest {
  private static final double NONE = Double.NaN;
  private static final String ID = "4f1c".repeat(16);

  private static double last(JsonNode page, String strip, String series) {
    return ViewApiTest.last(series(strip(page, strip), series));
  }

  @Test
  void anOpenTelemetrySdkTellsSecondsByTheStableConventions() throws Exception {
    assertGolden("shop/cart", 10, 0.1, 0.1, 0.25, "job=\"shop/cart\",instance=\"i\"",
        """
            http_server_request_duration_seconds_count{url_scheme="http",http_response_status_code="200"} +9
            http_server_request_duration_seconds_count{url_scheme="http",http_response_status_code="500"} +1
            http_server_request_duration_seconds_bucket{url_scheme="http",http_response_status_code="200",le="0.1"} +9
            http_server_request_duration_seconds_bucket{url_scheme="http",http_response_status_code="200",le="+Inf"} +9
            http_server_request_duration_seconds_bucket{url_scheme="http",http_response_status_code="500",le="0.1"} +0
            http_server_request_duration_seconds_bucket{url_scheme="http",http_response_status_code="500",le="0.25"} +1
            http_server_request_duration_seconds_bucket{url_scheme="http",http_response_status_code="500",le="+Inf"} +1
            """);
  }

  @Test
  void anOldJavaAgentTellsMillisecondsAndItsClientsCallsAreEdges() throws Exception {
    var text = """
        http_server_duration_milliseconds_count{http_status_code="200"} +3
        http_server_duration_milliseconds_count{http_status_code="502"} +1
        http_server_duration_milliseconds_bucket{http_status_code="200",le="50"} +0
        http_server_duration_milliseconds_bucket{http_status_code="200",le="75"} +3
        http_server_duration_milliseconds_bucket{http_status_code="200",le="+Inf"} +3
        http_server_duration_milliseconds_bucket{http_status_code="502",le="50"} +0
        http_server_duration_milliseconds_bucket{http_status_code="502",le="75"} +1
        http_server_duration_milliseconds_bucket{http_status_code="502",le="+Inf"} +1
        http_client_duration_milliseconds_count{net_peer_name="cart.shop.svc.cluster.local",http_status_code="200"} +2
        http_client_duration_milliseconds_count{net_peer_name="bank.example",http_status_code="503"} +1
        """;
    assertGolden("shop/web", 4, 0.25, 0.05, 0.075, "job=\"shop/web\",instance=\"i\"", text);
    try (var view = new ViewServer(
        scrape(new MemoryStore(), "job=\"shop/web\",instance=\"i\"", text), END_MS)) {
      var callees = page(view, "shop/web").get("callees");
      assertThat(callees.findValuesAsText("id")).containsExactly("shop/cart", "bank.example");
      assertThat(callees.at("/1/outside").asBoolean()).isTrue();
      assertThat(callees.at("/1/errors").asDouble()).isEqualTo(1);
    }
  }

  @Test
  void aBareHostIsTheServiceOfThatNameBesideItsCaller() throws Exception {
    var store = scrape(new MemoryStore(), "job=\"shop/web\",instance=\"i\"",
        """
            http_client_request_duration_seconds_count{server_address="cart",http_response_status_code="200"} +2
            http_client_request_duration_seconds_count{server_address="localhost",http_response_status_code="200"} +7
            """);
    scrape(store, "job=\"shop/cart\",instance=\"i\"",
        """
            http_server_request_duration_seconds_count{url_scheme="http",http_response_status_code="200"} +2
            """);
    scrape(store, "job=\"test/cart\",instance=\"i\"",
        """
            http_server_request_duration_seconds_count{url_scheme="http",http_response_status_code="200"} +2
            """);

    try (var view = new ViewServer(store, END_MS)) {
      assertThat(page(view, "shop/web").get("callees").findValuesAsText("id"))
          .containsExactly("shop/cart");
      assertThat(page(view, "shop/cart").at("/callers/0/rate").asDouble()).isCloseTo(2,
          within(0.05));
      assertThat(page(view, "test/cart").get("callers")).isEmpty();
    }
  }

  @Test
  void aSummaryWithoutQuantilesTellsAMeanAndWhatItDoesNotTell() throws Exception {
    var text = """
        http_server_requests_seconds_count{outcome="SUCCESS",status="200"} +10
        http_server_requests_seconds_sum{outcome="SUCCESS",status="200"} +0.5
        """;
    assertGolden("petclinic", 10, 0, NONE, NONE, "job=\"petclinic\",instance=\"i\"", text);
    try (var view = new ViewServer(
        scrape(new MemoryStore(), "job=\"petclinic\",instance=\"i\"", text), END_MS)) {
      assertThat(last(page(view, "petclinic"), "latency", "mean")).isCloseTo(0.05, within(1e-6));
      assertThat(view.get("/services").at("/services/0/signals/p99/reason").asText())
          .contains("mean alone", "the mean is 0.05 s");
    }
  }

  @Test
  void quantilesOfASummaryAreShownAsTheyAreAndTheLargestOfTheCopies() throws Exception {
    var store = scrape(new MemoryStore(), "job=\"petclinic\",instance=\"a\"", """
        http_server_requests_seconds_count{status="200"} +10
        http_server_requests_seconds{status="200",quantile="0.5"} 0.02
        http_server_requests_seconds{status="200",quantile="0.99"} 0.2
        """);
    scrape(store, "job=\"petclinic\",instance=\"b\"", """
        http_server_requests_seconds_count{status="200"} +10
        http_server_requests_seconds{status="200",quantile="0.99"} 0.7
        """);

    try (var view = new ViewServer(store, END_MS)) {
      var signals = view.get("/services").at("/services/0/signals");
      assertThat(signals.at("/rate/value").asDouble()).isCloseTo(20, within(0.1));
      assertThat(signals.at("/p99/value").asDouble()).isEqualTo(0.7);
      assertThat(signals.at("/p50/value").asDouble()).isEqualTo(0.02);
      var page = page(view, "petclinic");
      assertThat(last(page, "latency", "p99")).isEqualTo(0.7);
      assertThat(strip(page, "latency").at("/notes/0").asText()).contains("cannot be merged");
    }
  }

  @Test
  void springsPoolsQueuesAndHeapAreThoseOfItsService() throws Exception {
    var store = scrape(new MemoryStore(), "job=\"petclinic\",instance=\"i\"", """
        http_server_requests_seconds_count{outcome="SUCCESS",status="200"} +1
        http_server_requests_active_seconds_gcount{outcome="SUCCESS"} 3
        tomcat_threads_busy_threads{name="http"} 150
        tomcat_threads_config_max_threads{name="http"} 200
        hikaricp_connections_pending{pool="p"} 4
        jvm_memory_used_bytes{area="heap",id="eden"} 100
        jvm_memory_used_bytes{area="heap",id="old"} 200
        jvm_memory_max_bytes{area="heap",id="eden"} -1
        jvm_memory_max_bytes{area="heap",id="old"} 400
        jvm_gc_pause_seconds_count{action="end"} +1
        jvm_gc_pause_seconds_sum{action="end"} +0.03
        process_cpu_time_ns_total +500000000
        """);

    try (var view = new ViewServer(store, END_MS)) {
      var page = page(view, "petclinic");
      assertThat(last(page, "inflight", "in flight")).isEqualTo(3);
      assertThat(last(page, "inflight", "waiting for a pool")).isEqualTo(4);
      assertThat(last(page, "runtime", "pool in use")).isEqualTo(0.75);
      assertThat(last(page, "runtime", "heap of its limit")).isEqualTo(0.75);
      assertThat(last(page, "runtime", "garbage collection")).isCloseTo(0.03, within(1e-6));
      assertThat(last(page, "cpu", "used")).isCloseTo(0.5, within(1e-6));
    }
  }

  @Test
  void aLaggingConsumersLagIsInRecordsAndInSecondsAndMinusOneIsNoLag() throws Exception {
    var store = scrape(new MemoryStore(), "job=\"kafka\",instance=\"i\"", """
        kafka_consumergroup_lag{consumergroup="billing",topic="orders",partition="0"} 60
        kafka_consumergroup_lag{consumergroup="billing",topic="orders",partition="1"} 40
        kafka_consumergroup_lag{consumergroup="billing",topic="orders",partition="2"} -1
        kafka_consumergroup_current_offset{consumergroup="billing",topic="orders",partition="0"} +12
        kafka_consumergroup_current_offset{consumergroup="billing",topic="orders",partition="1"} +8
        """);

    try (var view = new ViewServer(store, END_MS)) {
      var page = page(view, "billing");
      assertThat(last(page, "inflight", "consumer lag")).isEqualTo(100);
      assertThat(last(page, "inflight", "consumer lag in time")).isCloseTo(5, within(0.01));
    }
  }

  @Test
  void aDatabaseIsAServiceOfTransactionsAndConnections() throws Exception {
    var store = scrape(new MemoryStore(), "job=\"orders-db\",instance=\"i\"", """
        pg_stat_database_xact_commit{datname="orders"} +30
        pg_stat_database_xact_rollback{datname="orders"} +2
        pg_stat_database_xact_commit{datname="template0"} +9
        pg_stat_activity_count{datname="orders",state="active"} 5
        pg_stat_activity_count{datname="orders",state="idle"} 20
        pg_settings_max_connections 100
        """);

    try (var view = new ViewServer(store, END_MS)) {
      var signals = view.get("/services").at("/services/0/signals");
      assertThat(signals.at("/rate/value").asDouble()).isCloseTo(32, within(0.1));
      assertThat(signals.at("/errors/state").asText()).isEqualTo("not-measured");
      var page = page(view, "orders-db");
      assertThat(last(page, "inflight", "in flight")).isEqualTo(5);
      assertThat(last(page, "runtime", "pool in use")).isEqualTo(0.25);
    }
  }

  @Test
  void cAdvisorsQuotaOverItsPeriodIsTheLimitOfEachContainerAndZeroIsNoLimit() throws Exception {
    var store = scrape(new MemoryStore(), "job=\"shop/cart\",instance=\"i\"", """
        http_server_request_duration_seconds_count{url_scheme="http"} +1
        target_info{container_id="%s"} 1
        """.formatted(ID));
    scrape(store, "job=\"cadvisor\",instance=\"10.0.0.5:8080\"", """
        container_cpu_usage_seconds_total{id="/docker/%1$s",cpu="cpu00",name="cart"} +0.2
        container_cpu_usage_seconds_total{id="/docker/%1$s",cpu="cpu01",name="cart"} +0.1
        container_cpu_usage_seconds_total{id="/docker",cpu="cpu01"} +7
        container_spec_cpu_quota{id="/docker/%1$s",name="cart"} 40000
        container_spec_cpu_period{id="/docker/%1$s",name="cart"} 50000
        container_cpu_cfs_throttled_seconds_total{id="/docker/%1$s",name="cart"} +0.4
        container_memory_working_set_bytes{id="/docker/%1$s",name="cart"} 1000
        container_spec_memory_limit_bytes{id="/docker/%1$s",name="cart"} 0
        """.formatted(ID));

    try (var view = new ViewServer(store, END_MS)) {
      var page = page(view, "shop/cart");
      assertThat(last(page, "cpu", "used")).isCloseTo(0.3, within(1e-6));
      assertThat(last(page, "cpu", "limit")).isCloseTo(0.8, within(1e-9));
      assertThat(last(page, "cpu", "throttled")).isCloseTo(0.4, within(1e-6));
      assertThat(last(page, "memory", "working set")).isEqualTo(1000);
      assertThat(series(strip(page, "memory"), "limit").get("state").asText())
          .isEqualTo("not-measured");
      assertThat(view.get("/services").at("/services/0/signals/cpu/limit").asDouble())
          .isEqualTo(0.8);
    }
  }

  @Test
  void anOldKubeletSaysPodNameAndContainerName() throws Exception {
    var store = scrape(new MemoryStore(),
        "job=\"cart\",namespace=\"shop\",pod=\"cart-7\",instance=\"i\"", """
            http_server_requests_seconds_count{outcome="SUCCESS",status="200"} +5
            """);
    scrape(store, "job=\"kubelet\",instance=\"10.0.0.5:10250\"",
        """
            container_cpu_usage_seconds_total{namespace="shop",pod_name="cart-7",container_name="app",cpu="cpu00",id="/kubepods/pod1/x"} +0.25
            container_cpu_usage_seconds_total{namespace="shop",pod_name="cart-7",container_name="POD",cpu="cpu00",id="/kubepods/pod1/y"} +0.5
            container_memory_working_set_bytes{namespace="shop",pod_name="cart-7",container_name="app"} 77
            """);

    try (var view = new ViewServer(store, END_MS)) {
      var page = page(view, "shop/cart");
      assertThat(last(page, "cpu", "used")).isCloseTo(0.25, within(1e-6));
      assertThat(last(page, "memory", "working set")).isEqualTo(77);
    }
  }

  @Test
  void freeBsdsNodeExporterTellsTheSameInOtherWords() throws Exception {
    var store = scrape(new MemoryStore(), "job=\"node\",instance=\"10.0.0.9:9100\"", """
        node_cpu_seconds_total{cpu="0",mode="user"} +0.4
        node_cpu_seconds_total{cpu="0",mode="interrupt"} +0.1
        node_cpu_seconds_total{cpu="0",mode="idle"} +0.5
        node_memory_size_bytes 100
        node_memory_free_bytes 10
        node_memory_inactive_bytes 30
        node_devstat_bytes_total{device="ada0",type="read"} +500
        node_devstat_busy_time_seconds_total{device="ada0"} +0.2
        node_network_receive_bytes_total{device="em0"} +70
        """);

    try (var view = new ViewServer(store, END_MS)) {
      var page = view.get("/nodes/10.0.0.9");
      assertThat(last(page, "cpu", "used")).isCloseTo(0.5, within(1e-6));
      assertThat(last(page, "memory", "used")).isEqualTo(60);
      assertThat(last(page, "disk", "read")).isCloseTo(500, within(0.1));
      assertThat(last(page, "disk", "busiest disk")).isCloseTo(0.2, within(1e-6));
      assertThat(strip(page, "pressure").get("state").asText()).isEqualTo("not-measured");
      assertThat(strip(page, "pressure").get("reason").asText()).contains("node 10.0.0.9");
    }
  }

  @Test
  void aVolumeOfPortworxLandsOnTheDiskStripOfTheServiceThatMountsIt() throws Exception {
    var store = scrape(new MemoryStore(),
        "job=\"orders\",namespace=\"shop\",pod=\"orders-0\",instance=\"i\"", """
            http_server_requests_seconds_count{outcome="SUCCESS",status="200"} +5
            """);
    scrape(store, "job=\"ksm\",instance=\"k\"",
        """
            kube_pod_spec_volumes_persistentvolumeclaims_info{exported_namespace="shop",exported_pod="orders-0",persistentvolumeclaim="data-orders-0"} 1
            kube_persistentvolumeclaim_info{exported_namespace="shop",persistentvolumeclaim="data-orders-0",volumename="pvc-1"} 1
            """);
    scrape(store, "job=\"portworx\",instance=\"p\"", """
        px_volume_readthroughput{volumename="pvc-1"} 1000
        px_volume_writethroughput{volumename="pvc-1"} 2000
        px_volume_vol_read_latency_seconds{volumename="pvc-1"} 0.004
        px_volume_depth_io{volumename="pvc-1"} 7
        px_volume_usage_bytes{volumename="pvc-1"} 30
        px_volume_capacity_bytes{volumename="pvc-1"} 40
        """);

    try (var view = new ViewServer(store, END_MS)) {
      var page = page(view, "shop/orders");
      assertThat(last(page, "disk", "volume read")).isEqualTo(1000);
      assertThat(last(page, "disk", "slowest volume's read")).isEqualTo(0.004);
      assertThat(last(page, "disk", "waiting at volumes")).isEqualTo(7);
      assertThat(last(page, "disk", "volumes used")).isEqualTo(0.75);
    }
  }

  @Test
  void aMesosAgentsContainerIsThatOfTheServiceThatNamesIt() throws Exception {
    var store = scrape(new MemoryStore(), "job=\"shop/cart\",instance=\"i\"", """
        http_server_request_duration_seconds_count{url_scheme="http"} +1
        target_info{container_id="6b1c"} 1
        """);
    scrape(store, "job=\"dcos\",instance=\"m\"", """
        cpus_user_time_secs{container_id="6b1c",executor_id="cart"} +0.3
        cpus_system_time_secs{container_id="6b1c",executor_id="cart"} +0.1
        cpus_limit{container_id="6b1c",executor_id="cart"} 1.1
        cpus_throttled_time_secs{container_id="6b1c",executor_id="cart"} +0.2
        mem_rss_bytes{container_id="6b1c",executor_id="cart"} 50
        mem_limit_bytes{container_id="6b1c",executor_id="cart"} 100
        """);

    try (var view = new ViewServer(store, END_MS)) {
      var page = page(view, "shop/cart");
      assertThat(last(page, "cpu", "used")).isCloseTo(0.4, within(1e-6));
      assertThat(last(page, "cpu", "limit")).isEqualTo(1.1);
      assertThat(last(page, "cpu", "throttled")).isCloseTo(0.2, within(1e-6));
      assertThat(last(page, "memory", "limit")).isEqualTo(100);
    }
  }
}

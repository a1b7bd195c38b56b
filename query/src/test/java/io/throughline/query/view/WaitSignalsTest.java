package io.throughline.query.view;

import static io.throughline.query.view.Scraped.END_MS;
import static io.throughline.query.view.Scraped.page;
import static io.throughline.query.view.Scraped.scrape;
import static io.throughline.query.view.ViewServer.series;
import static io.throughline.query.view.ViewServer.strip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Queues and waits come first: each from our own agents and from the exporters that tell it. */
class WaitSignalsTest {
  private static final String ID = "c0ffee";
  private static final String APP = "job=\"shop/cart\",instance=\"c\",namespace=\"shop\",pod=\"cart-1\",container=\"app\"";

  @ParameterizedTest(name = "{1} from {2}")
  @CsvSource(delimiter = '|',
      textBlock = """
          inflight | in flight               | app  | http_server_active_requests                                                              | 7
          inflight | in flight               | app  | http_server_active_requests{url_scheme="http"}                                           | 7
          inflight | in flight               | app  | http_server_requests_active_seconds_gcount                                               | 7
          inflight | in flight               | app  | envoy_http_downstream_rq_active{envoy_http_conn_manager_prefix="ingress"}                | 7
          inflight | queued                  | app  | throughline_http_server_queue_length                                                     | 7
          inflight | queued                  | app  | envoy_cluster_upstream_rq_pending_active{envoy_cluster_name="localhost_80"}              | 7
          inflight | time in queue           | app  | throughline_http_server_queue_duration_seconds_sum                                       | +7
          inflight | waiting for a pool      | app  | throughline_pool_queue_length                                                            | 7
          inflight | waiting for a pool      | app  | hikaricp_connections_pending{pool="a"}                                                   | 7
          inflight | waiting for a pool      | app  | executor_queued_tasks{name="a"}                                                          | 7
          inflight | waiting for a pool      | app  | db_client_connection_pending_requests{db_client_connection_pool_name="a"}                | 7
          inflight | time waiting for a pool | app  | throughline_pool_wait_duration_seconds_sum                                               | +7
          inflight | time waiting for a pool | app  | hikaricp_connections_acquire_seconds_sum{pool="a"}                                       | +7
          inflight | time waiting for a pool | app  | db_client_connection_wait_time_seconds_sum{db_client_connection_pool_name="a"}           | +7
          cpu      | throttled               | own  | throughline_container_cpu_throttled_time_seconds_total                                   | +7
          cpu      | throttled               | cad  | container_cpu_cfs_throttled_seconds_total                                                | +7
          cpu      | run queue               | own  | throughline_container_cpu_run_queue_time_seconds_total                                   | +7
          cpu      | run queue               | cad  | container_cpu_schedstat_runqueue_seconds_total                                           | +7
          pressure | cpu                     | own  | throughline_container_pressure_time_seconds_total{throughline_pressure_resource="cpu",throughline_pressure_kind="some"} | +0.7
          pressure | cpu                     | cad  | container_pressure_cpu_waiting_seconds_total                                             | +0.7
          pressure | memory                  | cad  | container_pressure_memory_waiting_seconds_total                                          | +0.7
          pressure | io                      | node | node_pressure_io_waiting_seconds_total                                                   | +0.7
          disk     | busiest disk of the node | node | node_disk_io_time_seconds_total{device="sda"}                                           | +0.7
          network  | retransmits of the node | node | node_netstat_Tcp_RetransSegs                                                             | +7
          network  | accept overflows of the node | node | node_netstat_TcpExt_ListenOverflows                                                 | +7
          network  | accept overflows of the node | host | throughline_system_network_tcp_listen_overflows_total                               | +7
          network  | to be accepted on the node | host | throughline_system_network_tcp_accept_backlog                               | 7
          """)
  void aWaitIsOnTheServicesPageWhoeverTellsIt(String strip, String line, String who, String metric,
      String value) throws Exception {
    var store = scrape(new MemoryStore(), APP, "jvm_gc_pause_seconds_sum +0.01");
    scrape(store, "job=\"shop/cart\",instance=\"c\"",
        "target_info{container_id=\"" + ID + "\",host_id=\"n1\"} 1");
    scrape(store, "job=\"kubelet\",instance=\"k\",node=\"n1\"",
        "container_cpu_usage_seconds_total{namespace=\"shop\",pod=\"cart-1\",container=\"app\",id=\"/x\"} +0.1");
    scrape(store, "job=\"kube-state-metrics\",instance=\"s\"",
        "kube_node_info{node=\"n1\",internal_ip=\"10.0.0.5\"} 1");
    var target = switch (who) {
      case "app" -> APP;
      case "own" -> "job=\"container\",instance=\"" + ID + "\"";
      case "cad" -> "job=\"kubelet\",instance=\"k\",node=\"n1\",namespace=\"shop\",pod=\"cart-1\","
          + "container=\"app\",id=\"/x\"";
      case "node" -> "job=\"node\",instance=\"10.0.0.5:9100\"";
      case "host" -> "job=\"host\",instance=\"n1\"";
      default -> throw new AssertionError(who);
    };

    try (var view = new ViewServer(scrape(store, target, metric + " " + value), END_MS)) {
      var told = series(strip(page(view, "shop/cart"), strip), line);

      assertThat(told.get("role").asText()).isEqualTo(line.equals("in flight") ? "usage" : "wait");
      assertThat(ViewApiTest.last(told)).isCloseTo(Double.parseDouble(value), within(0.01));
    }
  }

  @Test
  void aShareOfACounterThatStandsSaysSoRatherThanWhenItWasSeen() throws Exception {
    var store = scrape(new MemoryStore(), "job=\"shop/cart\",instance=\"c\"",
        "target_info{container_id=\"" + ID + "\"} 1\nhttp_server_active_requests 1");
    scrape(store, "job=\"container\",instance=\"" + ID + "\"", """
        container_cpu_time_seconds_total{cpu_mode="user"} +0
        throughline_container_cpu_throttled_periods_total +0
        throughline_container_cpu_periods_total +0
        """);

    try (var view = new ViewServer(store, END_MS)) {
      var told = series(strip(page(view, "shop/cart"), "cpu"), "periods throttled");

      assertThat(told.get("state").asText()).isEqualTo("not-measured");
      assertThat(told.get("reason").asText()).contains("share of",
          "throughline_container_cpu_periods_total", "did not grow");
    }
  }
}

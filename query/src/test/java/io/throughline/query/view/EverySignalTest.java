package io.throughline.query.view;

import static io.throughline.query.view.Scraped.END_MS;
import static io.throughline.query.view.Scraped.page;
import static io.throughline.query.view.Scraped.scrape;
import static io.throughline.query.view.ViewServer.series;
import static io.throughline.query.view.ViewServer.strip;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every signal that predicts slow users, in three states: measured, then with its source taken away, then with the
 * source's own word on why it cannot read it. Where it is not measured no number is told, not even 0, and the reason
 * names the sender and its metric, or the file.
 */
class EverySignalTest {
  private static final String ID = "c0ffee";

  /**
   * @param sender {@code app}, {@code container} or {@code host}
   * @param metric without which the line cannot be; the first one names it
   * @param signal as a sender that cannot read it calls it
   */
  record Row(String what, String strip, String line, String sender, String signal,
      String... metric) {
    @Override
    public String toString() {
      return what;
    }
  }

  /** What is shown, its strip and line there; who sends it; the signal and a scrape of it. */
  private static final String ROWS = """
      request latency     | latency       |                                          | app | http.server.request.duration | http_server_request_duration_seconds_bucket{url_scheme="http",le="0.1"} +5; http_server_request_duration_seconds_bucket{url_scheme="http",le="+Inf"} +6
      in flight           | inflight      | in flight                                | app | http.server.active_requests | http_server_active_requests{url_scheme="http"} 3
      queue               | inflight      | queued                                   | app | throughline.http.server.queue.length | throughline_http_server_queue_length 3
      container CPU       | cpu           | used                                     | container | container.cpu.time | container_cpu_time_seconds_total{cpu_mode="user"} +0.3
      CPU limit           | cpu           | limit                                    | container | throughline.container.cpu.limit | throughline_container_cpu_limit 0.5
      throttled share     | cpu           | periods throttled                        | container | throughline.container.cpu.throttled.periods | throughline_container_cpu_throttled_periods_total +6
      throttled time      | cpu           | throttled                                | container | throughline.container.cpu.throttled.time | throughline_container_cpu_throttled_time_seconds_total +1.7
      burst used          | cpu           | used beyond its quota                    | container | throughline.container.cpu.burst.time | throughline_container_cpu_burst_time_seconds_total +0.3
      accept backlog      | inflight      | to be accepted                           | container | throughline.container.network.tcp.accept_backlog | throughline_container_network_tcp_accept_backlog 4
      node accept backlog | node network  | to be accepted                           | host | throughline.system.network.tcp.accept_backlog | throughline_system_network_tcp_accept_backlog 4
      run-queue wait      | cpu           | run queue                                | container | throughline.container.cpu.run_queue.time | throughline_container_cpu_run_queue_time_seconds_total +0.2
      CPU pressure        | pressure      | cpu                                      | container | throughline.container.pressure.time | throughline_container_pressure_time_seconds_total{throughline_pressure_resource="cpu",throughline_pressure_kind="some"} +0.2
      memory              | memory        | working set                              | container | container.memory.working_set | container_memory_working_set_bytes 1000
      memory limit        | memory        | limit                                    | container | throughline.container.memory.limit | throughline_container_memory_limit_bytes 5000
      thrash              | memory        | read back from disk                      | container | container.paging.faults | container_paging_faults_total{system_paging_fault_type="major"} +2
      memory limit events | memory        | met its limit                            | container | throughline.container.memory.events | throughline_container_memory_events_total{throughline_memory_event="high"} +2
      container I/O       | disk          | read                                     | container | container.disk.io | container_disk_io_bytes_total{disk_io_direction="read"} +20
      disk await          | disk          | mean wait for a disk of the node         | host | system.disk.operation_time | system_disk_operation_time_seconds_total +0.2
      disk busy           | disk          | busiest disk of the node                 | host | system.disk.io_time | system_disk_io_time_seconds_total{system_device="sda"} +0.2
      TCP retransmits     | network       | retransmits of the node                  | host | throughline.system.network.tcp.retransmits | throughline_system_network_tcp_retransmits_total +2
      SYN retransmits     | network       | connection attempts repeated by the node | host | throughline.system.network.tcp.syn_retransmits | throughline_system_network_tcp_syn_retransmits_total +2
      accept overflow     | network       | accept overflows of the node             | host | throughline.system.network.tcp.listen_overflows | throughline_system_network_tcp_listen_overflows_total +2
      NIC drops           | network       | packets dropped by the node              | host | system.network.packet.dropped | system_network_packet_dropped_total{network_interface_name="eth0"} +2
      DNS                 | network       | looking up names                         | app | dns.lookup.duration | dns_lookup_duration_seconds_sum +0.1
      garbage collection  | runtime       | garbage collection                       | app | jvm.gc.duration | jvm_gc_duration_seconds_sum +0.1
      threads             | runtime       | threads                                  | app | jvm.thread.count | jvm_thread_count 30
      connection pool     | runtime       | pool in use                              | app | throughline.pool.busy | throughline_pool_busy 3
      pool wait           | inflight      | time waiting for a pool                  | app | throughline.pool.wait.duration | throughline_pool_wait_duration_seconds_sum +0.1
      executor queue      | inflight      | waiting for a pool                       | app | throughline.pool.queue.length | throughline_pool_queue_length 3
      event loop          | runtime       | event loop late                          | app | nodejs.eventloop.delay.p99 | nodejs_eventloop_delay_p99_seconds 0.01
      steal               | node cpu      | steal                                    | host | throughline.system.cpu.steal | system_cpu_time_seconds_total{cpu_mode="steal"} +0.1
      node run queue      | node cpu      | run queue                                | host | throughline.system.cpu.run_queue.time | throughline_system_cpu_run_queue_time_seconds_total +0.1
      disk queue          | node disk     | longest queue                            | host | throughline.system.disk.queue.time | throughline_system_disk_queue_time_seconds_total{system_device="sda"} +0.1
      node pressure       | node pressure | io                                       | host | throughline.system.pressure.time | throughline_system_pressure_time_seconds_total{throughline_pressure_resource="io",throughline_pressure_kind="some"} +0.1
      """;

  static List<Row> rows() {
    return ROWS.lines().map(line -> {
      var columns = line.split(" *\\| ", -1);
      return new Row(columns[0], columns[1], columns[2], columns[3], columns[4],
          columns[5].split("; "));
    }).toList();
  }

  private static String target(String sender) {
    return switch (sender) {
      case "app" -> "job=\"shop/cart\",instance=\"c\"";
      case "container" -> "job=\"container\",instance=\"" + ID + "\"";
      case "host" -> "job=\"host\",instance=\"n1\"";
      default -> throw new AssertionError(sender);
    };
  }

  /** Everything but this row's own metrics. */
  private static MemoryStore around(Row row) {
    var store = scrape(new MemoryStore(), target("app"), """
        target_info{container_id="%ID",host_id="n1"} 1
        throughline_pool_size 10
        service_started 1
        """.replace("%ID", ID));
    scrape(store, target("app"), "jvm_memory_used_bytes{jvm_memory_type=\"heap\"} 10");
    scrape(store, target("container"), "throughline_container_cpu_periods_total +10");
    scrape(store, target("host"), "system_disk_operations_total +10\nsystem_cpu_logical_count 4");
    for (var other : rows()) {
      if (!other.what().equals(row.what())) {
        scrape(store, target(other.sender()), String.join("\n", other.metric()));
      }
    }
    return store;
  }

  private static JsonNode told(MemoryStore store, Row row) throws Exception {
    try (var view = new ViewServer(store, END_MS)) {
      boolean node = row.strip().startsWith("node ");
      var strip = strip(node ? view.get("/nodes/n1") : page(view, "shop/cart"),
          row.strip().replace("node ", ""));
      // A strip without any line says once for all why.
      return row.line().isEmpty() || strip.get("series").isEmpty()
          ? strip
          : series(strip, row.line());
    }
  }

  private static boolean isMeasured(JsonNode told) {
    return !told.path("state").asText("measured").equals("not-measured");
  }

  @ParameterizedTest
  @MethodSource("rows")
  void withoutItsSourceASignalSaysWhoWouldTellItAndNoNumber(Row row) throws Exception {
    assertThat(isMeasured(
        told(scrape(around(row), target(row.sender()), String.join("\n", row.metric())), row)))
        .as("with its source")
        .isTrue();

    var without = told(around(row), row);

    assertNoNumber(without);
    var metric = row.metric()[0].replaceAll("[{ ].*", "").replaceAll("_(bucket|sum)$", "");
    var reason = without.get("reason").asText();
    boolean told = reason.contains(metric + " (") || reason.equals(Reasons.NONE_SET);
    assertThat(told).as(reason).isTrue();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void aSenderThatCannotReadASignalIsQuotedWithTheFileItNames(Row row) throws Exception {
    var word = "/proc/x is not readable: run as root";
    var store = scrape(around(row), target(row.sender()), EntityGraph.NOT_MEASURED_METRIC
        + "{throughline_signal=\"" + row.signal() + "\",throughline_reason=\"" + word + "\"} 1");

    var told = told(store, row);

    assertNoNumber(told);
    assertThat(told.get("reason").asText()).isEqualTo(word);
  }

  private static void assertNoNumber(JsonNode told) {
    assertThat(isMeasured(told)).isFalse();
    assertThat(told.get("reason").asText()).isNotBlank();
    var numbers = new ArrayList<String>();
    for (var field : List.of("value", "values", "min", "max", "lower", "upper")) {
      if (told.has(field)) {
        numbers.add(field);
      }
    }
    assertThat(numbers).isEmpty();
    assertThat(told.path("series")).isEmpty();
  }
}

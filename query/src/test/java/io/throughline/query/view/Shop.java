package io.throughline.query.view;

import io.throughline.model.Labels;
import java.util.ArrayList;
import java.util.List;

/**
 * Ten minutes of a shop, as our agents would have sent them each second: a service in a container on a
 * host, called by another, and the host itself. All figures are constant, so columns can be computed by
 * hand.
 */
final class Shop {
  static final long END_MS = 1_800_000_000_000L;
  static final long START_MS = END_MS - 600_000;
  static final String HOST = "9f86d081884c7d659a2feaa0c55ad015";
  static final String CONTAINER = "c0ffee";

  private Shop() {}

  static Labels checkout(String metric, String... more) {
    return labels(metric, "shop/checkout", "checkout-1", more);
  }

  static Labels container(String metric, String... more) {
    return labels(metric, "container", CONTAINER, more);
  }

  static Labels host(String metric, String... more) {
    return labels(metric, "host", HOST, more);
  }

  static Labels labels(String metric, String job, String instance, String... more) {
    var pairs = new ArrayList<>(List.of("__name__", metric, "job", job, "instance", instance));
    pairs.addAll(List.of(more));
    return Labels.of(pairs.toArray(String[]::new));
  }

  static MemoryStore store() {
    var store = new MemoryStore();
    var ok = new Histograms(3);
    var failed = new Histograms(3);
    for (long second = 0; second <= 600; second++) {
      long time = START_MS + second * 1000;
      double s = second;
      if (second % 10 == 0) {
        store.add(checkout("target_info", "container_id", CONTAINER, "host_id", HOST, "process_pid",
            "42"), time, 0, 1);
        store.add(container("target_info", "host_id", HOST, "host_name", "worker-3"), time, 0, 1);
        store.add(host("target_info", "host_name", "worker-3"), time, 0, 1);
        store.add(host(EntityGraph.NOT_MEASURED_METRIC, "throughline_signal",
            "throughline.system.cpu.run_queue.time", "throughline_reason",
            "/proc/schedstat is not readable"), time, 0, 1);
      }
      ok.observe(0.02, 18).observe(0.5, 1);
      failed.observe(1.9, 1);
      store.add(
          checkout("http_server_request_duration_seconds", "http_response_status_code", "200"),
          time, START_MS - 1000, ok.snapshot());
      store.add(
          checkout("http_server_request_duration_seconds", "http_response_status_code", "503"),
          time, START_MS - 1000, failed.snapshot());
      store.add(checkout("http_server_active_requests"), time, 0, second % 5);
      store.add(checkout("throughline_http_server_queue_length"), time, 0, 0);
      store.add(checkout("throughline_edge_requests_total", "throughline_client", "shop/web",
          "http_response_status_code", "200"), time, START_MS - 1000, s * 20);
      store.add(checkout("jvm_memory_used_bytes", "jvm_memory_type", "heap"), time, 0, 3e8);
      store.add(checkout("jvm_memory_limit_bytes", "jvm_memory_type", "heap"), time, 0, 4e8);
      store.add(container("container_cpu_time_seconds_total", "cpu_mode", "user"), time, 0,
          s * 0.3);
      store.add(container("container_cpu_time_seconds_total", "cpu_mode", "system"), time, 0,
          s * 0.15);
      store.add(container("throughline_container_cpu_limit"), time, 0, 0.5);
      store.add(container("throughline_container_cpu_throttled_time_seconds_total"), time, 0,
          s * 1.7);
      store.add(container("throughline_container_cpu_periods_total"), time, 0, s * 10);
      store.add(container("throughline_container_cpu_throttled_periods_total"), time, 0, s * 6);
      store.add(container("throughline_container_cpu_run_queue_time_seconds_total"), time, 0, 0);
      store.add(container("container_memory_working_set_bytes"), time, 0, 2e8);
      store.add(container("throughline_container_memory_limit_bytes"), time, 0, 5e8);
      store.add(container("container_disk_io_bytes_total", "disk_io_direction", "read"), time, 0,
          s * 1e6);
      store.add(container("container_disk_io_bytes_total", "disk_io_direction", "write"), time, 0,
          s * 2e6);
      for (var resource : List.of("cpu", "memory", "io")) {
        store.add(
            container("throughline_container_pressure_time_seconds_total",
                "throughline_pressure_resource", resource, "throughline_pressure_kind", "some"),
            time, 0, resource.equals("cpu") ? s * 0.4 : 0);
        store
            .add(
                host("throughline_system_pressure_time_seconds_total",
                    "throughline_pressure_resource", resource, "throughline_pressure_kind", "some"),
                time, 0, 0);
      }
      store.add(host("system_cpu_time_seconds_total", "cpu_mode", "user"), time, 0, s * 1.1);
      store.add(host("system_cpu_time_seconds_total", "cpu_mode", "idle"), time, 0, s * 2.9);
      store.add(host("system_cpu_time_seconds_total", "cpu_mode", "steal"), time, 0, 0);
      store.add(host("system_cpu_logical_count"), time, 0, 4);
      store.add(host("throughline_system_memory_available_bytes"), time, 0, 6e9);
      store.add(host("system_memory_limit_bytes"), time, 0, 8e9);
      store.add(
          host("system_disk_io_bytes_total", "disk_io_direction", "read", "system_device", "sda"),
          time, 0, s * 3e6);
      store.add(
          host("system_disk_io_bytes_total", "disk_io_direction", "write", "system_device", "sda"),
          time, 0, s * 4e6);
      store.add(host("system_disk_io_time_seconds_total", "system_device", "sda"), time, 0,
          s * 0.2);
      store.add(host("system_disk_io_time_seconds_total", "system_device", "sdb"), time, 0,
          s * 0.1);
      store.add(host("throughline_system_disk_queue_time_seconds_total", "system_device", "sda"),
          time, 0, s * 0.5);
      store.add(host("system_filesystem_usage_bytes", "system_filesystem_mountpoint", "/",
          "system_filesystem_state", "used"), time, 0, 30e9);
      store.add(host("system_filesystem_limit_bytes", "system_filesystem_mountpoint", "/"), time, 0,
          40e9);
      store.add(host("system_network_io_bytes_total", "network_interface_name", "eth0",
          "network_io_direction", "receive"), time, 0, s * 5e5);
      store.add(host("system_network_io_bytes_total", "network_interface_name", "eth0",
          "network_io_direction", "transmit"), time, 0, s * 6e5);
      store.add(host("throughline_system_network_tcp_retransmits_total"), time, 0, s * 2);
      store.add(host("throughline_system_network_tcp_listen_overflows_total"), time, 0, 0);
    }
    return store;
  }
}

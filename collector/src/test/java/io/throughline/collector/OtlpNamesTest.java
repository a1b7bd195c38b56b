package io.throughline.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.model.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OtlpNamesTest {

  /** What our own agents send, and what the rules say about the odd ones. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"system.cpu.time|s|counter|system_cpu_time_seconds_total",
      "system.cpu.logical.count|{cpu}|gauge|system_cpu_logical_count",
      "system.cpu.load_average.1m|{thread}|gauge|system_cpu_load_average_1m",
      "system.memory.usage|By|gauge|system_memory_usage_bytes",
      "system.disk.operations|{operation}|counter|system_disk_operations_total",
      "http.server.request.duration|s|histogram|http_server_request_duration_seconds",
      "throughline.not_measured|1|gauge|throughline_not_measured_ratio",
      "throughline.container.cpu.limit|{cpu}|gauge|throughline_container_cpu_limit",
      "requests_total|1|counter|requests_total", "total.requests|1|counter|requests_total",
      "ratio.of.hits|1|gauge|of_hits_ratio", "duration_seconds|s|histogram|duration_seconds",
      "net.io|By/s|gauge|net_io_bytes_per_second", "speed|m/min|gauge|speed_meters_per_min",
      "2xx|{response}|counter|_2xx_total", "a..b__c|%|gauge|a_b_c_percent", "x|foo|gauge|x_foo"})
  void metricsAreNamedByThePrometheusRules(String name, String unit, String kind, String stored) {
    assertThat(OtlpNames.metric(name, unit, kind.equals("counter"), kind.equals("gauge")))
        .isEqualTo(stored);
  }

  @Test
  void aNameOfWhichNothingIsLeftIsRefused() {
    assertThatThrownBy(() -> OtlpNames.metric("…", "s", false, false).isEmpty())
        .isInstanceOf(Failure.class);
  }

  @ParameterizedTest
  @CsvSource({"http.route,http_route", "1st,key_1st", "_private,key_private", "__two,__two",
      "a__b,a__b", "größe,gr__e"})
  void attributesAreNamedByThePrometheusRules(String name, String stored) {
    assertThat(OtlpNames.label(name)).isEqualTo(stored);
  }
}

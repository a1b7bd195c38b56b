package io.throughline.query.view;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AbsentSignalTest {
  private static final MemoryStore SHOP = Shop.store();
  private static final List<String> PATHS = List.of("/services", "/services/shop%2Fcheckout",
      "/nodes/" + Shop.HOST);

  /** Metrics that are no line of their own: they only take part in saturation. */
  private static final List<String> PARTS_OF_SATURATION = List.of(
      "throughline_container_cpu_periods_total",
      "throughline_container_cpu_throttled_periods_total");

  static Stream<String> signals() {
    return SHOP.metrics()
        .stream()
        .filter(metric -> !metric.equals("target_info")
            && !metric.equals(EntityGraph.NOT_MEASURED_METRIC)
            && !PARTS_OF_SATURATION.contains(metric));
  }

  @ParameterizedTest
  @MethodSource("signals")
  void aSignalWhoseSourceIsGoneSaysWhyAndIsNeverZero(String metric) throws Exception {
    var whole = readings(SHOP);
    var rest = readings(SHOP.without(metric));

    var lost = new ArrayList<String>();
    whole.forEach((signal, reading) -> {
      var now = rest.get(signal);
      if (reading.measured() && (now == null || !now.measured())) {
        lost.add(signal);
        if (now != null) {
          assertThat(now.text()).as(signal).isNotBlank();
        }
      } else if (now != null && reading.measured() && !signal.contains("saturation")
          && !signal.contains("callers") && !hasFallback(signal)) {
        assertThat(now.text()).as(signal).isEqualTo(reading.text());
      }
    });
    if (!metric.equals("throughline_edge_requests_total") && !hasFallback(metric)) {
      assertThat(lost).isNotEmpty();
    }
    rest.forEach(
        (signal, reading) -> assertThat(reading.hasValueBesidesReason()).as(signal).isFalse());
  }

  /** Container pressure falls back to the node's, and says so in a note. */
  private static boolean hasFallback(String signal) {
    return signal.contains("pressure");
  }

  @Test
  void aServiceThatJoinsNothingIsToldWhichKeysAreMissing() throws Exception {
    try (var view = new ViewServer(SHOP.without("target_info"), Shop.END_MS)) {
      var cpu = ViewServer.strip(view.get("/services/shop%2Fcheckout"), "cpu");

      assertThat(cpu.get("state").asText()).isEqualTo("not-measured");
      assertThat(cpu.get("reason").asText()).contains("checkout-1", "container_id", "host_id");
    }
  }

  @Test
  void aContainerWithoutALimitHasNoneSet() throws Exception {
    try (var view = new ViewServer(SHOP.without("throughline_container_cpu_limit"), Shop.END_MS)) {
      var cpu = view.get("/services").at("/services/0/signals/cpu");

      assertThat(cpu.get("limit").isNull()).isTrue();
      assertThat(cpu.get("limitReason").asText()).isEqualTo("none set");
    }
  }

  @Test
  void aContainerNobodyReportsIsNamedWithTheMetricsThatWouldDo() throws Exception {
    try (var view = new ViewServer(SHOP.without("container_memory_working_set_bytes"),
        Shop.END_MS)) {
      var memory = ViewServer.strip(view.get("/services/shop%2Fcheckout"), "memory");

      assertThat(ViewServer.series(memory, "working set").get("reason").asText()).contains(
          "container " + Shop.CONTAINER, "container_memory_working_set_bytes (throughline)");
    }
  }

  private record Reading(boolean measured, String text, boolean hasValueBesidesReason) {}

  /** Every signal of every page: its values where it is measured, else its reason. */
  private static Map<String, Reading> readings(MemoryStore store) throws Exception {
    var readings = new LinkedHashMap<String, Reading>();
    try (var view = new ViewServer(store, Shop.END_MS)) {
      for (var path : PATHS) {
        var reply = view.raw(path);
        if (reply.statusCode() == 404) {
          continue;
        }
        collect(path, view.get(path), readings);
      }
    }
    return readings;
  }

  private static void collect(String path, JsonNode page, Map<String, Reading> readings) {
    for (var kind : List.of("services", "nodes")) {
      for (var row : page.path(kind)) {
        row.path("signals")
            .properties()
            .forEach(signal -> add(path + " " + row.get("id").asText() + " " + signal.getKey(),
                signal.getValue(), readings));
      }
    }
    for (var strip : page.path("strips")) {
      var id = path + " " + strip.get("id").asText();
      add(id, strip, readings);
      for (var series : strip.get("series")) {
        add(id + " " + series.get("name").asText(), series, readings);
      }
    }
  }

  private static void add(String name, JsonNode node, Map<String, Reading> readings) {
    boolean measured = !"not-measured".equals(node.path("state").asText("measured"));
    boolean strip = node.has("series");
    boolean values = node.has("value") || node.has("values") || node.has("min")
        || node.path("series").size() > 0;
    readings.put(name,
        new Reading(measured,
            measured
                ? strip ? "" : "" + node.get("value") + node.get("values") + node.get("min")
                : node.path("reason").asText(),
            !measured && values));
  }
}

package io.throughline.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Quantity;
import io.throughline.collector.discover.Source.Told;
import io.throughline.model.Labels;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Traffic metrics of the Service Mesh Interface as series. The counts of an answer are those of its window, so they
 * become rates; quantiles are ready-made.
 *
 * <pre>
 * smi_traffic_request_rate            {namespace, name, kind, classification = success, failure}   1/s
 * smi_traffic_response_latency_seconds{namespace, name, kind, quantile = 0.5, 0.9, 0.99}           s
 * smi_traffic_edge_request_rate, smi_traffic_edge_response_latency_seconds
 *     as above, with client_namespace and client_name: what that client's calls were
 * </pre>
 *
 * One call is told by both its ends; the answering end counts.
 */
final class TrafficFacts {
  private static final String JOB = "kubernetes";
  private static final String LATENCY = "_response_latency";

  /** An end of a call: a workload by its namespace and name. */
  private record End(String namespace, String name) {
    static End of(JsonNode resource) {
      return new End(resource.path("namespace").asText(""), resource.path("name").asText(""));
    }

    boolean isNamed() {
      return !namespace.isEmpty() && !name.isEmpty();
    }
  }

  private record Call(End client, End server) {}

  private final List<Told> told = new ArrayList<>();
  private final Map<Call, List<Told>> answered = new LinkedHashMap<>();
  private final Map<Call, List<Told>> asked = new LinkedHashMap<>();

  /** Everything told of workloads, then of calls, each call once. */
  List<Told> told() {
    var all = new ArrayList<>(told);
    asked.keySet().removeAll(answered.keySet());
    answered.values().forEach(all::addAll);
    asked.values().forEach(all::addAll);
    return all;
  }

  /** Takes an answer about one workload: of all it answered, or of one edge. What names nobody says nothing. */
  void add(JsonNode metrics) {
    var self = End.of(metrics.path("resource"));
    double windowSeconds = seconds(metrics.path("window").asText(""));
    if (!self.isNamed() || !(windowSeconds > 0)) {
      return;
    }
    var kind = metrics.path("resource").path("kind").asText("");
    var edge = metrics.path("edge");
    boolean from = !edge.path("direction").asText("from").equals("to");
    var peer = End.of(edge.path("resource"));
    if (peer.isNamed()) {
      var call = from ? new Call(peer, self) : new Call(self, peer);
      // Of the other end the answer names only what the edge names: its kind may be another.
      var series = new ArrayList<Told>();
      values(metrics, windowSeconds, "smi_traffic_edge",
          new Labels.Builder().set("namespace", call.server().namespace())
              .set("name", call.server().name())
              .set("client_namespace", call.client().namespace())
              .set("client_name", call.client().name()),
          series);
      (from ? answered : asked).put(call, series);
    } else if (from && edge.path("resource").path("kind").asText("").isEmpty()) {
      values(metrics, windowSeconds, "smi_traffic",
          new Labels.Builder().set("namespace", self.namespace())
              .set("name", self.name())
              .set("kind", kind),
          told);
    }
  }

  private static void values(JsonNode metrics, double windowSeconds, String prefix,
      Labels.Builder labels, List<Told> into) {
    var base = labels.set("job", JOB).build();
    for (var metric : metrics.path("metrics")) {
      var name = metric.path("name").asText("");
      double value = number(metric.path("value").asText(""));
      if (Double.isNaN(value)) {
        continue;
      }
      switch (name) {
        case "success_count", "failure_count" ->
          into.add(new Told(with(base, prefix + "_request_rate", "classification",
              name.substring(0, name.indexOf('_'))), value / windowSeconds));
        default -> {
          var quantile = quantile(name);
          if (!quantile.isEmpty()) {
            into.add(
                new Told(with(base, prefix + "_response_latency_seconds", "quantile", quantile),
                    value * secondsIn(metric.path("unit").asText(""))));
          }
        }
      }
    }
  }

  private static Labels with(Labels base, String metric, String label, String value) {
    var labels = new Labels.Builder();
    base.toMap().forEach(labels::set);
    return labels.set(Labels.NAME, metric).set(label, value).build();
  }

  /** {@code p99_response_latency} is 0.99; "" where the name is no quantile's. */
  private static String quantile(String name) {
    if (!name.startsWith("p") || !name.endsWith(LATENCY)) {
      return "";
    }
    var digits = name.substring(1, name.length() - LATENCY.length());
    if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return "";
    }
    return digits.equals("50") ? "0.5" : digits.equals("90") ? "0.9" : "0." + digits;
  }

  private static double secondsIn(String unit) {
    return switch (unit) {
      case "us", "microseconds" -> 1e-6;
      case "s", "seconds" -> 1;
      default -> 1e-3; // What every implementation says, where it says anything.
    };
  }

  private static double number(String quantity) {
    try {
      return quantity.isEmpty()
          ? Double.NaN
          : Quantity.parse(quantity).getNumericalAmount().doubleValue();
    } catch (IllegalArgumentException e) {
      return Double.NaN; // No quantity: not measured, and certainly not 0.
    }
  }

  /** A duration as Go writes it, {@code 1m30s}; 0 where it is none. */
  private static double seconds(String window) {
    try {
      return Duration.parse("PT" + window.toUpperCase(Locale.ROOT)).toMillis() / 1000.0;
    } catch (DateTimeParseException e) {
      return 0;
    }
  }
}

package io.throughline.query.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.throughline.model.Tenant;
import io.throughline.model.identity.Entity;
import io.throughline.query.catalogue.Catalogue;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Recorded expositions of the systems themselves, where they are at hand. Each is scraped for five minutes
 * with counters that grow from their recorded value by a twelve-hundredth a second, so the rate of any
 * selection is its sum over 1200, which is computed here without the catalogue.
 */
class PublicDataTest {
  private static final long END_MS = Scraped.END_MS;
  private static final double GROWTH_S = Expositions.GROWTH_S;

  private static String text(Expositions.Sample sample, String label) {
    return sample.labels().getOrEmpty(label);
  }

  /** What a source's requests are, by the service that answered them; null for a sample that is none. */
  private static @Nullable String service(String file, Expositions.Sample sample) {
    var name = sample.labels().metricName();
    return switch (file) {
      case "istio-sidecar-both-reporters.prom",
          "istio-gateway.prom" ->
        name.equals("istio_requests_total")
            ? text(sample, "destination_service_namespace") + "/"
                + text(sample, "destination_service_name")
            : null;
      case "osm-relabelled.prom" -> name.equals("osm_request_total")
          ? text(sample, "destination_namespace") + "/" + text(sample, "destination_name")
          : null;
      case "aws-appmesh-envoy.prom" -> name.equals("envoy_http_downstream_rq_xx")
          && text(sample, "envoy_http_conn_manager_prefix").startsWith("ingress")
          && !text(sample, "appmesh_virtual_node").isEmpty()
              ? text(sample, "appmesh_mesh") + "/" + text(sample, "appmesh_virtual_node")
              : null;
      case "envoy-admin.prom" -> name.equals("envoy_http_downstream_rq_xx")
          && !text(sample, "envoy_http_conn_manager_prefix").equals("admin") ? "test/app" : null;
      case "haproxy-native.prom" ->
        name.equals("haproxy_backend_http_responses_total") ? text(sample, "proxy") : null;
      case "traefik-v3.prom" -> name.equals("traefik_service_requests_total")
          ? text(sample, "service").replaceAll("@.*", "")
          : null;
      case "nginx-exporter.prom" -> name.equals("nginx_http_requests_total") ? "test/app" : null;
      case "spring-boot-actuator.prom" ->
        name.equals("http_server_requests_seconds_count") ? "test/app" : null;
      case "traces-span-metrics.prom" -> name.equals("calls_total")
          && text(sample, "span_kind").matches("SPAN_KIND_(SERVER|CONSUMER)")
              ? text(sample, "service_name")
              : null;
      case "postgres_exporter.prom" -> name.matches("pg_stat_database_xact_(commit|rollback)")
          && !text(sample, "datname").startsWith("template") ? "test/app" : null;
      default -> throw new AssertionError(file);
    };
  }

  private static Map<String, Double> expected(String file, List<Expositions.Sample> samples) {
    var sums = new TreeMap<String, Double>();
    var calleeTold = new HashSet<String>();
    for (var sample : samples) {
      var service = service(file, sample);
      if (service != null && text(sample, "reporter").equals("destination")) {
        calleeTold.add(service);
      }
    }
    for (var sample : samples) {
      var service = service(file, sample);
      // Where the callee's proxy reports, the caller's word would count a call twice.
      boolean twice = text(sample, "reporter").equals("source") && calleeTold.contains(service);
      if (service != null && !twice) {
        sums.merge(service, sample.value() / GROWTH_S, Double::sum);
      }
    }
    return sums;
  }

  @ParameterizedTest
  @ValueSource(strings = {"istio-sidecar-both-reporters.prom", "istio-gateway.prom",
      "osm-relabelled.prom", "aws-appmesh-envoy.prom", "envoy-admin.prom", "haproxy-native.prom",
      "traefik-v3.prom", "nginx-exporter.prom", "spring-boot-actuator.prom",
      "traces-span-metrics.prom", "postgres_exporter.prom"})
  void theRateOfEachServiceOfARecordedExpositionIsThatOfItsOwnCounter(String file)
      throws Exception {
    var samples = Expositions.read(Expositions.folder().resolve(file), true, "job", "test/app",
        "instance", "10.0.0.1:1");
    var expected = expected(file, samples);
    assertThat(expected).isNotEmpty();
    try (var view = new ViewServer(Expositions.store(samples), END_MS)) {
      var rows = view.get("/services?window=240").get("services");
      var rates = new TreeMap<String, Double>();
      for (var row : rows) {
        var signals = row.get("signals");
        if (signals.at("/rate/state").asText().equals("measured")) {
          rates.put(row.get("id").asText(), signals.at("/rate/value").asDouble());
        }
        if (signals.at("/p99/state").asText().equals("measured")) {
          assertThat(signals.at("/p99/value").asDouble()).as(row.get("id").asText())
              .isBetween(0.0, 3600.0);
        } else {
          assertThat(signals.at("/p99/reason").asText()).isNotBlank();
        }
      }
      assertThat(rates.keySet()).isEqualTo(expected.keySet());
      expected.forEach((service, rate) -> assertThat(rates.get(service)).as(service)
          .isCloseTo(rate, within(rate * 0.01 + 1e-6)));
    }
    sayWhatIsLeftOut(file, samples);
  }

  @ParameterizedTest
  @ValueSource(strings = {"kubelet-cadvisor.prom", "kubelet-cadvisor-old-labels.prom"})
  void everyContainerOfARecordedKubeletIsFoundOnceAndNoSliceIsOne(String file) throws Exception {
    var samples = Expositions.read(Expositions.folder().resolve(file), true, "job", "kubelet",
        "instance", "10.0.0.1:10250");
    Function<Expositions.Sample, String> container = sample -> {
      var pod = text(sample, "pod") + text(sample, "pod_name");
      var name = text(sample, "container") + text(sample, "container_name");
      var id = text(sample, "id").replaceAll(".*([0-9a-f]{64}).*", "$1");
      if (!pod.isEmpty()) {
        return name.isEmpty() || name.equals("POD")
            ? ""
            : text(sample, "namespace") + "/" + pod + "/" + name;
      }
      return name.isEmpty() && id.length() == 64 ? id : "";
    };
    var wanted = new TreeSet<String>();
    for (var sample : samples) {
      if (sample.labels().metricName().equals("container_cpu_usage_seconds_total")) {
        wanted.add(container.apply(sample));
      }
    }
    wanted.remove("");
    assertThat(wanted).isNotEmpty();
    var follower = new RegistryFollower(Catalogue.builtIn());
    try (var snapshot = Expositions.store(samples).snapshot()) {
      follower.follow(snapshot);
      var found = new TreeSet<String>();
      follower.read(Tenant.DEFAULT, graph -> {
        for (var record : graph.all(Entity.Kind.CONTAINER)) {
          if (!record.series("container.cpu.time").isEmpty()) {
            record.names()
                .stream()
                .map(Entity::id)
                .filter(wanted::contains)
                .findFirst()
                .ifPresentOrElse(found::add, () -> found.add("not wanted: " + record));
          }
        }
        return found;
      });
      assertThat(found).isEqualTo(wanted);
    }
    sayWhatIsLeftOut(file, samples);
  }

  @ParameterizedTest
  @ValueSource(strings = "node_exporter-linux.prom")
  void aRecordedNodeUsesTheCpuTimeThatIsNeitherIdleNorWaiting(String file) throws Exception {
    var samples = Expositions.read(Expositions.folder().resolve(file), true, "job", "node",
        "instance", "10.0.0.1:9100");
    double busy = 0;
    for (var sample : samples) {
      if (sample.labels().metricName().equals("node_cpu_seconds_total")
          && !text(sample, "mode").matches("idle|iowait")) {
        busy += sample.value() / GROWTH_S;
      }
    }
    try (var view = new ViewServer(Expositions.store(samples), END_MS)) {
      var page = view.get("/nodes/10.0.0.1?window=240");
      assertThat(ViewApiTest.last(ViewServer.series(ViewServer.strip(page, "cpu"), "used")))
          .isCloseTo(busy, within(busy * 0.01));
    }
    sayWhatIsLeftOut(file, samples);
  }

  /** Names no signal is made of: for the eyes of whoever extends the catalogue. */
  private static void sayWhatIsLeftOut(String file, List<Expositions.Sample> samples) {
    var catalogue = Catalogue.builtIn();
    var unused = new TreeSet<String>();
    var used = new TreeSet<String>();
    for (var sample : samples) {
      var name = sample.labels().metricName();
      (catalogue.knows(name) ? used : unused).add(name);
    }
    System.out.println(file + ": " + used.size() + " metrics are signals, " + unused.size()
        + " are not: " + unused);
  }
}

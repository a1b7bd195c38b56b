package io.throughline.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NamespaceListBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.throughline.model.Failure;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A mesh of two workloads behind a real HTTP server that answers as an aggregated API of Kubernetes does. */
class TrafficSourceTest {
  private static final String API = "/apis/metrics.smi-spec.io/v1alpha1";

  private KubernetesMockServer server;
  private TrafficSource source;

  @BeforeEach
  void start() {
    server = new KubernetesMockServer(false);
    server.init();
    source = new TrafficSource(server::createClient);
  }

  @AfterEach
  void stop() {
    source.close();
    server.destroy();
  }

  private void answer(String path, Object body) {
    server.expect().get().withPath(path).andReturn(200, body).always();
  }

  private void serveKinds(String... kinds) {
    var resources = new StringBuilder();
    for (var kind : kinds) {
      resources.append(resources.isEmpty() ? "" : ",")
          .append("{\"name\":\"")
          .append(kind)
          .append(
              "\",\"namespaced\":true,\"kind\":\"TrafficMetrics\",\"verbs\":[\"get\",\"list\"]}");
    }
    answer(API, "{\"kind\":\"APIResourceList\",\"resources\":[" + resources + "]}");
    answer("/api/v1/namespaces",
        new NamespaceListBuilder()
            .addToItems(
                new NamespaceBuilder().withNewMetadata().withName("shop").endMetadata().build())
            .build());
  }

  private static String list(String... items) {
    return "{\"kind\":\"TrafficMetricsList\",\"items\":[" + String.join(",", items) + "]}";
  }

  /** @param peer the other end's name, or "" for all traffic together */
  private static String metrics(String name, String direction, String peer, String window,
      String p99, String unit, String success, String failure) {
    var other = peer.isEmpty()
        ? "null"
        : "{\"kind\":\"Deployment\",\"namespace\":\"shop\",\"name\":\"" + peer + "\"}";
    return """
        {"kind": "TrafficMetrics", "window": "%s", "timestamp": "2026-01-01T00:00:00Z",
         "resource": {"kind": "Deployment", "namespace": "shop", "name": "%s"},
         "edge": {"direction": "%s", "resource": %s},
         "metrics": [{"name": "p99_response_latency", "unit": "%s", "value": "%s"},
                     {"name": "success_count", "value": "%s"}, {"name": "failure_count", "value": "%s"}]}
        """
        .formatted(window, name, direction, other, unit, p99, success, failure);
  }

  /** The values told, by metric and labels without the job. */
  private TreeMap<String, Double> told() {
    var values = new TreeMap<String, Double>();
    source.read().forEach(each -> {
      var labels = new TreeMap<>(each.labels().toMap());
      var name = labels.remove("__name__");
      assertThat(labels.remove("job")).isEqualTo("kubernetes");
      values.put((name + labels).replace("smi_traffic_", ""), each.value());
    });
    return values;
  }

  private static String lines(Map<String, Double> told) {
    var lines = new StringBuilder();
    told.forEach((name, value) -> lines.append(name).append(' ').append(value).append('\n'));
    return lines.toString();
  }

  @Test
  void countsOfAWindowBecomeRatesAndQuantilesSeconds() {
    serveKinds("namespaces", "deployments");
    answer(API + "/namespaces/shop/deployments",
        list(metrics("cart", "from", "", "30s", "296875m", "ms", "240", "60"),
            metrics("web", "from", "", "1m30s", "2", "seconds", "180", "0")));

    assertThat(lines(told())).isEqualTo("""
        request_rate{classification=failure, kind=Deployment, name=cart, namespace=shop} 2.0
        request_rate{classification=failure, kind=Deployment, name=web, namespace=shop} 0.0
        request_rate{classification=success, kind=Deployment, name=cart, namespace=shop} 8.0
        request_rate{classification=success, kind=Deployment, name=web, namespace=shop} 2.0
        response_latency_seconds{kind=Deployment, name=cart, namespace=shop, quantile=0.99} 0.296875
        response_latency_seconds{kind=Deployment, name=web, namespace=shop, quantile=0.99} 2.0
        """);
  }

  @Test
  void aCallThatBothItsEndsTellIsCountedOnceAsTheAnsweringEndSawIt() {
    serveKinds("deployments");
    answer(API + "/namespaces/shop/deployments",
        list(metrics("cart", "from", "", "10s", "1", "ms", "30", "0"),
            metrics("web", "from", "", "10s", "1", "ms", "20", "0")));
    answer(API + "/namespaces/shop/deployments/cart/edges",
        list(metrics("cart", "from", "web", "10s", "5", "ms", "20", "10"),
            metrics("cart", "to", "bank", "10s", "7", "ms", "10", "0")));
    answer(API + "/namespaces/shop/deployments/web/edges",
        list(metrics("web", "to", "cart", "10s", "9", "ms", "19", "13")));

    var edges = told();
    edges.keySet().removeIf(name -> !name.startsWith("edge_"));

    assertThat(lines(edges).replace(", client_namespace=shop", "").replace(", namespace=shop", ""))
        .isEqualTo("""
            edge_request_rate{classification=failure, client_name=cart, name=bank} 0.0
            edge_request_rate{classification=failure, client_name=web, name=cart} 1.0
            edge_request_rate{classification=success, client_name=cart, name=bank} 1.0
            edge_request_rate{classification=success, client_name=web, name=cart} 2.0
            edge_response_latency_seconds{client_name=cart, name=bank, quantile=0.99} 0.007
            edge_response_latency_seconds{client_name=web, name=cart, quantile=0.99} 0.005
            """);
  }

  @Test
  void whatIsNoNumberOrHasNoWindowIsLeftOutAndNotZero() {
    serveKinds("deployments");
    answer(API + "/namespaces/shop/deployments",
        list(metrics("cart", "from", "", "30s", "NaN", "ms", "30", ""),
            metrics("web", "from", "", "soon", "1", "ms", "1", "1")));

    assertThat(told()).containsOnlyKeys(
        "request_rate{classification=success, kind=Deployment, name=cart, namespace=shop}");
  }

  @Test
  void aClusterWithoutAMeshTellsNothingAndDoesNotFail() {
    assertThat(source.read()).isEmpty();
  }

  @Test
  void aRightThatIsMissingIsNamed() {
    serveKinds("deployments");
    server.expect()
        .get()
        .withPath(API + "/namespaces/shop/deployments")
        .andReturn(403, new StatusBuilder().withCode(403).withMessage("forbidden").build())
        .always();

    assertThatThrownBy(() -> source.read()).isInstanceOf(Failure.class)
        .hasMessageContaining("403")
        .hasMessageContaining("needs a role that may list namespaces")
        .hasMessageContaining("metrics.smi-spec.io");
  }
}

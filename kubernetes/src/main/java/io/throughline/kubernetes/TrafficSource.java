package io.throughline.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.throughline.collector.discover.Source;
import io.throughline.model.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks a mesh for its traffic metrics where the cluster serves them (API group metrics.smi-spec.io, v1alpha1): of
 * each deployment, stateful set and daemon set of each namespace what it answered, and who called whom. They cannot be
 * watched, so each reading asks again: once for each namespace and kind, once for each workload that has traffic.
 *
 * <p>Needs to list namespaces, and to get and list of metrics.smi-spec.io deployments, statefulsets, daemonsets and
 * their edges. A cluster without that API is no failure: nothing is told.
 */
final class TrafficSource implements Source {
  private static final String API = "/apis/metrics.smi-spec.io/v1alpha1";
  private static final List<String> KINDS = List.of("deployments", "statefulsets", "daemonsets");

  /** Workloads whose edges one reading asks for; those beyond it have rates and no edges. */
  static final int MOST_WORKLOADS = 500;

  private final Supplier<KubernetesClient> clients;
  private @Nullable KubernetesClient client;

  TrafficSource(Supplier<KubernetesClient> clients) {
    this.clients = clients;
  }

  @Override
  public String name() {
    return "smi";
  }

  @Override
  public List<Told> read() {
    var made = client == null ? clients.get() : client;
    client = made;
    var served = kinds(made);
    if (served.isEmpty()) {
      return List.of();
    }
    var facts = new TrafficFacts();
    var edges = new ArrayList<String>();
    for (var namespace : namespaces(made)) {
      for (var kind : served) {
        var path = API + "/namespaces/" + namespace + "/" + kind;
        for (var item : items(made, path)) {
          facts.add(item);
          edges.add(path + "/" + item.path("resource").path("name").asText("") + "/edges");
        }
      }
    }
    for (var path : edges.subList(0, Math.min(MOST_WORKLOADS, edges.size()))) {
      items(made, path).forEach(facts::add);
    }
    return facts.told();
  }

  private static List<String> namespaces(KubernetesClient client) {
    try {
      return client.namespaces()
          .list()
          .getItems()
          .stream()
          .map(each -> each.getMetadata().getName())
          .toList();
    } catch (KubernetesClientException e) {
      throw refused("namespaces", e);
    }
  }

  /** The kinds of workload the mesh tells of; none where there is no such API. */
  private static List<String> kinds(KubernetesClient client) {
    var resources = get(client, API);
    if (resources == null) {
      return List.of();
    }
    var served = new ArrayList<String>();
    for (var each : resources.path("resources")) {
      var name = each.path("name").asText("");
      if (KINDS.contains(name)) {
        served.add(name);
      }
    }
    return served;
  }

  private static List<JsonNode> items(KubernetesClient client, String path) {
    var list = get(client, path);
    var items = new ArrayList<JsonNode>();
    if (list != null) {
      list.path("items").forEach(items::add);
    }
    return items;
  }

  /** What the API answers, or null where there is no such thing. */
  private static @Nullable JsonNode get(KubernetesClient client, String path) {
    try {
      var text = client.raw(path);
      return text == null
          ? null
          : client.getKubernetesSerialization().unmarshal(text, JsonNode.class);
    } catch (KubernetesClientException e) {
      if (e.getCode() == 404) {
        return null;
      }
      throw refused(path, e);
    }
  }

  private static Failure refused(String what, KubernetesClientException e) {
    return Failure.unavailable(e.getCode() == 403 || e.getCode() == 401
        ? "the API answers " + e.getCode() + " to " + what
            + "; the service account needs a role that may list namespaces, and get and list"
            + " deployments, statefulsets, daemonsets and their edges of metrics.smi-spec.io"
        : what + " cannot be read: " + e.getMessage());
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
  }
}

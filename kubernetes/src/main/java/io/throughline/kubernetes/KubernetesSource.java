package io.throughline.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.throughline.collector.discover.Source;
import io.throughline.model.Failure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the objects of a cluster current by watching them (a list once, then what changes; the client reconnects with
 * growing pauses) and tells what they are now. Needs to list and watch pods, nodes, services, persistentvolumeclaims,
 * and of apps deployments, replicasets, statefulsets, daemonsets: what is forbidden is named.
 */
final class KubernetesSource implements Source {
  private final Supplier<KubernetesClient> clients;
  private @Nullable KubernetesClient client;
  private final Map<String, Watched<?>> watched = new LinkedHashMap<>();

  /** One kind of object; the last failure until it is in step again. */
  private static final class Watched<T extends HasMetadata> {
    private final SharedIndexInformer<T> informer;
    private volatile @Nullable Throwable failure;

    Watched(Informable<T> of) {
      informer = of.runnableInformer(0);
      informer.exceptionHandler((started, failed) -> {
        failure = failed;
        return true; // Always again: the pauses between grow by themselves.
      });
      // The stage tells the first list's failure, which the handler has been told.
      informer.start().exceptionally(failed -> null);
    }

    List<T> objects(String kind) {
      var failed = failure;
      if (informer.hasSynced() && informer.isWatching()) {
        failure = null;
        return informer.getStore().list();
      }
      throw Failure.unavailable(failed == null
          ? "still listing " + kind
          : kind + " cannot be watched: " + reason(kind, failed));
    }

    private static String reason(String kind, Throwable failed) {
      for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
        if (cause instanceof KubernetesClientException refused && refused.getCode() > 0) {
          return refused.getCode() == 403 || refused.getCode() == 401
              ? "the API answers " + refused.getCode()
                  + "; the service account needs a role that may list and watch " + kind
              : "the API answers " + refused.getCode() + " " + refused.getMessage();
        }
      }
      var text = failed.getMessage();
      return text == null ? failed.toString() : text;
    }
  }

  KubernetesSource(Supplier<KubernetesClient> clients) {
    this.clients = clients;
  }

  @Override
  public String name() {
    return "kubernetes";
  }

  @Override
  public List<Told> read() {
    start();
    var facts = new Facts();
    // First, although told late: where rights are missing, it is this one that is named.
    var pods = list("pods", Pod.class);
    list("nodes", Node.class).forEach(facts::node);
    list("replicasets", ReplicaSet.class).forEach(facts::replicaSet);
    list("deployments", Deployment.class).forEach(facts::deployment);
    list("statefulsets", StatefulSet.class).forEach(facts::statefulSet);
    list("daemonsets", DaemonSet.class).forEach(facts::daemonSet);
    list("persistentvolumeclaims", PersistentVolumeClaim.class).forEach(facts::claim);
    pods.forEach(facts::pod);
    list("services", Service.class).forEach(facts::service);
    return facts.told();
  }

  private void start() {
    if (client != null) {
      return;
    }
    var made = clients.get();
    client = made;
    watch("pods", made.pods().inAnyNamespace());
    watch("nodes", made.nodes());
    watch("replicasets", made.apps().replicaSets().inAnyNamespace());
    watch("deployments", made.apps().deployments().inAnyNamespace());
    watch("statefulsets", made.apps().statefulSets().inAnyNamespace());
    watch("daemonsets", made.apps().daemonSets().inAnyNamespace());
    watch("persistentvolumeclaims", made.persistentVolumeClaims().inAnyNamespace());
    watch("services", made.services().inAnyNamespace());
  }

  private <T extends HasMetadata> void watch(String kind, Informable<T> of) {
    watched.put(kind, new Watched<>(of));
  }

  private <T extends HasMetadata> List<T> list(String kind, Class<T> type) {
    var of = watched.get(kind);
    var typed = new ArrayList<T>();
    if (of != null) {
      of.objects(kind).forEach(object -> typed.add(type.cast(object)));
    }
    return typed;
  }

  @Override
  public void close() {
    watched.values().forEach(each -> each.informer.close());
    if (client != null) {
      client.close();
    }
  }
}

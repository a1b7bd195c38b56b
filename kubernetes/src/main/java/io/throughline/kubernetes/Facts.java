package io.throughline.kubernetes;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.throughline.collector.discover.Source.Told;
import io.throughline.model.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Objects as series: those of kube-state-metrics' that the join and the changes are made of, under the same names and
 * labels with {@code throughline_} in front, so that both may be there and one counts.
 *
 * <pre>
 * throughline_kube_node_info {region}, _pod_info, _pod_owner, _replicaset_owner, _pod_container_info,
 *   _persistentvolumeclaim_info, _pod_spec_volumes_persistentvolumeclaims_info        1
 * throughline_kube_pod_container_resource_limits, _requests {resource = cpu, memory}  cores, bytes
 * throughline_kube_pod_container_status_restarts_total
 * throughline_kube_deployment_spec_replicas, _status_replicas_available, and the like of sets
 * throughline_kube_service_workload_info {namespace, service, workload}               1, by the service's selector
 * </pre>
 *
 * Replica sets come before pods, pods before services: an owner's owner has to be known.
 */
final class Facts {
  private static final String JOB = "kubernetes";

  private final List<Told> told = new ArrayList<>();
  /** By namespace, so that a service looks at the pods it may pick alone. */
  private final Map<String, List<Pod>> pods = new HashMap<>();
  /** By namespace and name of a replica set: its owner. */
  private final Map<String, String> ownerOfSet = new HashMap<>();

  List<Told> told() {
    return told;
  }

  private void info(String metric, String... pairs) {
    value(metric, 1, pairs);
  }

  private void value(String metric, double value, String... pairs) {
    var labels = new Labels.Builder().set(Labels.NAME, "throughline_kube_" + metric)
        .set("job", JOB);
    for (int i = 0; i < pairs.length; i += 2) {
      if (!pairs[i + 1].isEmpty()) {
        labels.set(pairs[i], pairs[i + 1]);
      }
    }
    told.add(new Told(labels.build(), value));
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static String namespace(HasMetadata of) {
    return text(of.getMetadata().getNamespace());
  }

  private static String name(HasMetadata of) {
    return text(of.getMetadata().getName());
  }

  private static @Nullable OwnerReference owner(HasMetadata of) {
    for (var each : of.getMetadata().getOwnerReferences()) {
      if (Boolean.TRUE.equals(each.getController())) {
        return each;
      }
    }
    return null;
  }

  void node(Node node) {
    var address = "";
    var kernel = "";
    if (node.getStatus() != null) {
      for (var each : node.getStatus().getAddresses()) {
        address = text(each.getType()).equals("InternalIP") ? text(each.getAddress()) : address;
      }
      var system = node.getStatus().getNodeInfo();
      kernel = system == null ? "" : text(system.getKernelVersion());
    }
    var labels = node.getMetadata().getLabels();
    info("node_info", "node", name(node), "internal_ip", address, "kernel_version", kernel,
        "region", labels == null ? "" : text(labels.get("topology.kubernetes.io/region")));
  }

  void replicaSet(ReplicaSet set) {
    var owner = owner(set);
    if (owner != null) {
      ownerOfSet.put(namespace(set) + "/" + name(set), text(owner.getName()));
      info("replicaset_owner", "namespace", namespace(set), "replicaset", name(set), "owner_kind",
          text(owner.getKind()), "owner_name", text(owner.getName()));
    }
  }

  void deployment(Deployment of) {
    replicas("deployment", of, "deployment_spec_replicas",
        of.getSpec() == null ? null : of.getSpec().getReplicas(),
        "deployment_status_replicas_available",
        of.getStatus() == null ? null : of.getStatus().getAvailableReplicas());
  }

  void statefulSet(StatefulSet of) {
    replicas("statefulset", of, "statefulset_replicas",
        of.getSpec() == null ? null : of.getSpec().getReplicas(),
        "statefulset_status_replicas_ready",
        of.getStatus() == null ? null : of.getStatus().getReadyReplicas());
  }

  void daemonSet(DaemonSet of) {
    var status = of.getStatus();
    replicas("daemonset", of, "daemonset_status_desired_number_scheduled",
        status == null ? null : status.getDesiredNumberScheduled(),
        "daemonset_status_number_available", status == null ? null : status.getNumberAvailable());
  }

  /** The API leaves out a number of none ready. */
  private void replicas(String kind, HasMetadata of, String wanted, @Nullable Integer wantedCount,
      String available, @Nullable Integer availableCount) {
    if (wantedCount != null) {
      value(wanted, wantedCount, "namespace", namespace(of), kind, name(of));
      value(available, availableCount == null ? 0 : availableCount, "namespace", namespace(of),
          kind, name(of));
    }
  }

  void claim(PersistentVolumeClaim claim) {
    var spec = claim.getSpec();
    info("persistentvolumeclaim_info", "namespace", namespace(claim), "persistentvolumeclaim",
        name(claim), "volumename", spec == null ? "" : text(spec.getVolumeName()), "storageclass",
        spec == null ? "" : text(spec.getStorageClassName()));
  }

  void pod(Pod pod) {
    pods.computeIfAbsent(namespace(pod), key -> new ArrayList<>()).add(pod);
    var spec = pod.getSpec();
    var status = pod.getStatus();
    if (spec == null || status == null || text(status.getPhase()).equals("Succeeded")
        || text(status.getPhase()).equals("Failed")) {
      return; // It runs nowhere any more.
    }
    var namespace = namespace(pod);
    var name = name(pod);
    info("pod_info", "namespace", namespace, "pod", name, "uid", text(pod.getMetadata().getUid()),
        "pod_ip", text(status.getPodIP()), "node", text(spec.getNodeName()), "host_network",
        "" + Boolean.TRUE.equals(spec.getHostNetwork()));
    var owner = owner(pod);
    if (owner != null) {
      info("pod_owner", "namespace", namespace, "pod", name, "owner_kind", text(owner.getKind()),
          "owner_name", text(owner.getName()));
    }
    for (var volume : spec.getVolumes()) {
      if (volume.getPersistentVolumeClaim() != null) {
        info("pod_spec_volumes_persistentvolumeclaims_info", "namespace", namespace, "pod", name,
            "persistentvolumeclaim", text(volume.getPersistentVolumeClaim().getClaimName()));
      }
    }
    var statuses = new HashMap<String, ContainerStatus>();
    status.getContainerStatuses().forEach(each -> statuses.put(each.getName(), each));
    for (var container : spec.getContainers()) {
      container(namespace, name, container, statuses.get(container.getName()));
    }
  }

  private void container(String namespace, String pod, Container container,
      @Nullable ContainerStatus status) {
    var name = text(container.getName());
    info("pod_container_info", "namespace", namespace, "pod", pod, "container", name, "image_spec",
        text(container.getImage()), "container_id",
        status == null ? "" : text(status.getContainerID()));
    if (status != null) {
      value("pod_container_status_restarts_total",
          status.getRestartCount() == null ? 0 : status.getRestartCount(), "namespace", namespace,
          "pod", pod, "container", name);
    }
    var resources = container.getResources();
    if (resources != null) {
      quantities("pod_container_resource_limits", resources.getLimits(), namespace, pod, name);
      quantities("pod_container_resource_requests", resources.getRequests(), namespace, pod, name);
    }
  }

  private void quantities(String metric, @Nullable Map<String, Quantity> of, String namespace,
      String pod, String container) {
    for (var resource : List.of("cpu", "memory")) {
      var quantity = of == null ? null : of.get(resource);
      if (quantity != null) {
        value(metric, quantity.getNumericalAmount().doubleValue(), "namespace", namespace, "pod",
            pod, "container", container, "resource", resource);
      }
    }
  }

  /** A service is served by whatever owns the pods its selector picks; without a selector by nobody we know. */
  void service(Service service) {
    var selector = service.getSpec() == null ? null : service.getSpec().getSelector();
    if (selector == null || selector.isEmpty()) {
      return;
    }
    var workloads = new LinkedHashSet<String>();
    for (var pod : pods.getOrDefault(namespace(service), List.of())) {
      var labels = pod.getMetadata().getLabels();
      if (labels != null && labels.entrySet().containsAll(selector.entrySet())) {
        var workload = topOwner(pod);
        if (!workload.isEmpty()) {
          workloads.add(workload);
        }
      }
    }
    for (var workload : workloads) {
      info("service_workload_info", "namespace", namespace(service), "service", name(service),
          "workload", workload);
    }
  }

  private String topOwner(Pod pod) {
    var owner = owner(pod);
    if (owner == null || text(owner.getKind()).equals("Node")) {
      return "";
    }
    return ownerOfSet.getOrDefault(namespace(pod) + "/" + owner.getName(), text(owner.getName()));
  }
}

package io.throughline.model.identity;

import io.throughline.model.Labels;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a label set says about entities. Two kinds of series speak: <em>info</em> series exist to describe
 * ({@code target_info}, {@code kube_*_info} …), and a service's own series carry the labels of the
 * target they were read from.
 *
 * <p>A scrape adds labels of the exporter; where the exposition had them itself they arrive as {@code
 * exported_…}, and those name the subject. All lookups here prefer them for series that describe
 * others.
 */
public final class EntityFacts {

  /** The values of {@code job} that stand for a kind of resource instead of a service. */
  private static final String HOST_JOB = "host";
  private static final String CONTAINER_JOB = "container";
  private static final String PROCESS_JOB = "process";

  private static final String OWN_PREFIX = "throughline_";
  private static final String OWN_KUBERNETES = OWN_PREFIX + "kube_";

  private EntityFacts() {}

  /** Whether this {@code job} names resources of one kind, sent by the node agent, not a service. */
  public static boolean isResourceJob(String job) {
    return job.equals(HOST_JOB) || job.equals(CONTAINER_JOB) || job.equals(PROCESS_JOB);
  }

  /** What scrapes call a target's namespace and pod, the usual name first. */
  private static final String[] NAMESPACE = {"namespace", "kubernetes_namespace"};
  private static final String[] POD = {"pod", "kubernetes_pod_name"};

  /** What external labels and resource attributes call a cluster and where it stands, the usual name first. */
  private static final String[] CLUSTER = {"cluster", "k8s_cluster_name", "cluster_name"};
  private static final String[] SITE = {"site", "datacenter", "region", "cloud_region"};

  /**
   * The id of the service a target belongs to: its job, with the namespace in front where the scrape knew
   * one and the job does not say; null where there is no job or the job stands for resources.
   */
  public static @Nullable String serviceOfTarget(Labels labels) {
    var job = labels.get("job");
    if (job == null || isResourceJob(job)) {
      return null;
    }
    return Entity.service(firstLabel(labels, NAMESPACE), job).id();
  }

  /** The instance of a target, or null where its labels lack one. */
  public static @Nullable Entity instanceOfTarget(Labels labels) {
    var service = serviceOfTarget(labels);
    var name = nameOfInstance(labels);
    return service == null || name.isEmpty() ? null : Entity.instance(service, name);
  }

  /** What a target's copy is called: its instance, else its pod, else "". */
  public static String nameOfInstance(Labels labels) {
    var instance = labels.getOrEmpty("instance");
    return instance.isEmpty() ? firstLabel(labels, POD) : instance;
  }

  /** Whether the target's labels say in which pod or container it is, so that its address need not. */
  public static boolean saysWhereItRuns(Labels labels) {
    return !firstLabel(labels, POD).isEmpty();
  }

  private static String firstLabel(Labels labels, String[] names) {
    for (var name : names) {
      var value = labels.getOrEmpty(name);
      if (!value.isEmpty()) {
        return value;
      }
    }
    return "";
  }

  /** The label's value, or that of its twin which a scrape renamed. */
  public static String subject(Labels labels, String name) {
    var exported = labels.get("exported_" + name);
    return exported != null ? exported : labels.getOrEmpty(name);
  }

  /** Facts from the labels that a scrape or a door put on a service's own series. */
  public static void ofTarget(Labels labels, Consumer<Fact> facts) {
    var service = serviceOfTarget(labels);
    if (service != null) {
      ofTarget(labels, Entity.service(service), facts);
    }
  }

  /** The same where other labels than {@code job} name the target's service. */
  public static void ofTarget(Labels labels, Entity service, Consumer<Fact> facts) {
    var name = nameOfInstance(labels);
    if (name.isEmpty()) {
      return;
    }
    var instance = Entity.instance(service.id(), name);
    facts.accept(new Fact(service, Relation.HAS_INSTANCE, instance, "job, instance"));
    var namespace = firstLabel(labels, NAMESPACE);
    var pod = firstLabel(labels, POD);
    if (!namespace.isEmpty() && !pod.isEmpty()) {
      placeInPod(instance, namespace, pod, labels.getOrEmpty("container"), "namespace, pod", facts);
    }
    var node = labels.get("node");
    if (node != null) {
      facts.accept(new Fact(instance, Relation.RUNS_ON, Entity.node(node), "node"));
    }
  }

  /** Facts from series that exist to describe; nothing for any other series. */
  public static void ofInfo(Labels labels, Consumer<Fact> facts) {
    var metric = labels.metricName();
    // What we read from Kubernetes' API ourselves says the same under names of its own.
    switch (metric.startsWith(OWN_KUBERNETES) ? metric.substring(OWN_PREFIX.length()) : metric) {
      case "kube_service_workload_info" -> kubeService(labels, facts);
      case "throughline_docker_container_info" -> dockerContainer(labels, facts);
      case "target_info" -> targetInfo(labels, facts);
      // Of each scrape's own series: what is said of the target alone, by nobody inside it.
      case "up" -> {
        var instance = instanceOfTarget(labels);
        if (instance != null) {
          partOf(instance, labels, "up", facts);
        }
      }
      case "node_uname_info" -> nodeName(labels, facts);
      case "kube_node_info" -> kubeNode(labels, facts);
      case "kube_pod_info" -> kubePod(labels, facts);
      case "kube_pod_container_info" -> kubeContainer(labels, facts);
      case "kube_pod_owner" -> kubeOwner(labels, "pod", facts);
      case "kube_replicaset_owner" -> kubeOwner(labels, "replicaset", facts);
      case "container_cpu_usage_seconds_total", "container_last_seen" -> cadvisor(labels, facts);
      case "kube_pod_spec_volumes_persistentvolumeclaims_info" -> kubeVolume(labels, facts);
      case "kube_persistentvolumeclaim_info" -> kubeClaim(labels, facts);
      case "throughline_edge_requests_total" -> edge(labels, facts);
      case "istio_requests_total" -> istio(labels, facts);
      case "request_total" -> linkerd(labels, facts);
      case "osm_request_total" -> openServiceMesh(labels, facts);
      case "smi_traffic_request_rate" -> meshInterface(labels, facts);
      default -> {
      }
    }
  }

  private static void targetInfo(Labels labels, Consumer<Fact> facts) {
    var job = labels.getOrEmpty("job");
    var id = labels.getOrEmpty("instance");
    if (id.isEmpty()) {
      return;
    }
    Entity subject;
    switch (job) {
      case HOST_JOB -> {
        subject = Entity.node(id);
        partOf(subject, labels, "target_info", facts);
        same(subject, Entity.Kind.NODE, labels.getOrEmpty("host_name"), "target_info.host_name",
            facts);
        return;
      }
      case CONTAINER_JOB -> subject = Entity.container(id);
      case PROCESS_JOB -> subject = Entity.process(id);
      default -> {
        var service = serviceOfTarget(labels);
        if (service == null) {
          return;
        }
        subject = Entity.instance(service, id);
        facts.accept(
            new Fact(Entity.service(service), Relation.HAS_INSTANCE, subject, "target_info"));
      }
    }
    partOf(subject, labels, "target_info", facts);
    place(subject, labels, facts);
  }

  private static void partOf(Entity subject, Labels labels, String source, Consumer<Fact> facts) {
    var cluster = firstLabel(labels, CLUSTER);
    var site = firstLabel(labels, SITE);
    if (!cluster.isEmpty()) {
      facts.accept(
          new Fact(subject, Relation.PART_OF, Entity.cluster(cluster), source + ".cluster"));
    }
    if (!site.isEmpty()) {
      facts.accept(new Fact(cluster.isEmpty() ? subject : Entity.cluster(cluster), Relation.PART_OF,
          Entity.site(site), source + ".site"));
    }
  }

  private static void place(Entity subject, Labels labels, Consumer<Fact> facts) {
    var host = labels.getOrEmpty("host_id");
    var container = labels.getOrEmpty("container_id");
    var pid = labels.getOrEmpty("process_pid");
    var namespace = labels.getOrEmpty("k8s_namespace_name");
    var pod = labels.getOrEmpty("k8s_pod_name");
    if (subject.kind() == Entity.Kind.INSTANCE) {
      if (!container.isEmpty()) {
        facts.accept(new Fact(subject, Relation.RUNS_IN, Entity.container(container),
            "target_info.container_id"));
      }
      if (!host.isEmpty() && !pid.isEmpty()) {
        facts.accept(new Fact(subject, Relation.RUNS_IN, Entity.process(host + "/" + pid),
            "target_info.host_id, process_pid"));
      }
    }
    if (!namespace.isEmpty() && !pod.isEmpty()) {
      var name = labels.getOrEmpty("k8s_container_name");
      placeInPod(subject, namespace, pod, name, "target_info.k8s_pod_name", facts);
      if (subject.kind() == Entity.Kind.CONTAINER && !name.isEmpty()) {
        facts.accept(new Fact(Entity.container(namespace, pod, name), Relation.SAME_AS, subject,
            "target_info.k8s_container_name"));
      }
    }
    var node = firstPresent(host, labels.getOrEmpty("k8s_node_name"),
        labels.getOrEmpty("host_name"));
    if (!node.isEmpty()) {
      facts.accept(new Fact(subject, Relation.RUNS_ON, Entity.node(node),
          host.isEmpty() ? "target_info.host_name" : "target_info.host_id"));
    }
  }

  private static void placeInPod(Entity subject, String namespace, String pod, String container,
      String source, Consumer<Fact> facts) {
    var podEntity = Entity.pod(namespace, pod);
    if (subject.kind() == Entity.Kind.INSTANCE && !container.isEmpty()) {
      var inPod = Entity.container(namespace, pod, container);
      facts.accept(new Fact(subject, Relation.RUNS_IN, inPod, source + ", container"));
      facts.accept(new Fact(inPod, Relation.RUNS_IN, podEntity, source));
    }
    facts.accept(new Fact(subject, Relation.RUNS_IN, podEntity, source));
  }

  private static void nodeName(Labels labels, Consumer<Fact> facts) {
    var address = withoutPort(labels.getOrEmpty("instance"));
    if (!address.isEmpty()) {
      partOf(Entity.node(address), labels, "node_uname_info", facts);
      same(Entity.node(address), Entity.Kind.NODE, labels.getOrEmpty("nodename"),
          "node_uname_info.nodename", facts);
    }
  }

  private static void kubeNode(Labels labels, Consumer<Fact> facts) {
    var name = subject(labels, "node");
    if (!name.isEmpty()) {
      partOf(Entity.node(name), labels, "kube_node_info", facts);
      same(Entity.node(name), Entity.Kind.NODE, labels.getOrEmpty("internal_ip"),
          "kube_node_info.internal_ip", facts);
    }
  }

  private static void kubePod(Labels labels, Consumer<Fact> facts) {
    var namespace = subject(labels, "namespace");
    var name = subject(labels, "pod");
    if (namespace.isEmpty() || name.isEmpty()) {
      return;
    }
    var pod = Entity.pod(namespace, name);
    var node = subject(labels, "node");
    if (!node.isEmpty()) {
      facts.accept(new Fact(pod, Relation.RUNS_ON, Entity.node(node), "kube_pod_info.node"));
    }
    partOf(pod, labels, "kube_pod_info", facts);
    same(pod, Entity.Kind.POD, subject(labels, "uid"), "kube_pod_info.uid", facts);
  }

  private static void kubeContainer(Labels labels, Consumer<Fact> facts) {
    var namespace = subject(labels, "namespace");
    var pod = subject(labels, "pod");
    var name = subject(labels, "container");
    if (namespace.isEmpty() || pod.isEmpty() || name.isEmpty()) {
      return;
    }
    var container = Entity.container(namespace, pod, name);
    facts.accept(new Fact(container, Relation.RUNS_IN, Entity.pod(namespace, pod),
        "kube_pod_container_info.pod"));
    // "containerd://4f1c…": the scheme names the runtime.
    var id = labels.getOrEmpty("container_id");
    same(container, Entity.Kind.CONTAINER,
        id.substring(id.indexOf("://") < 0 ? 0 : id.indexOf("://") + 3),
        "kube_pod_container_info.container_id", facts);
  }

  private static void kubeOwner(Labels labels, String owned, Consumer<Fact> facts) {
    var namespace = subject(labels, "namespace");
    var name = subject(labels, owned);
    var owner = labels.getOrEmpty("owner_name");
    // A node owns its static pods, and is no workload.
    if (namespace.isEmpty() || name.isEmpty() || owner.isEmpty() || owner.equals("<none>")
        || labels.getOrEmpty("owner_kind").equals("Node")) {
      return;
    }
    var child = owned.equals("pod")
        ? Entity.pod(namespace, name)
        : Entity.workload(namespace, name);
    facts.accept(new Fact(Entity.workload(namespace, owner), Relation.RUNS_IN, child,
        "kube_" + owned + "_owner.owner_name"));
  }

  /** Slices of the cgroup tree appear too; only rows of one container speak here. */
  private static void cadvisor(Labels labels, Consumer<Fact> facts) {
    var namespace = firstPresent(subject(labels, "namespace"),
        labels.getOrEmpty("container_label_io_kubernetes_pod_namespace"));
    var pod = firstPresent(subject(labels, "pod"), labels.getOrEmpty("pod_name"));
    var name = firstPresent(subject(labels, "container"), labels.getOrEmpty("container_name"));
    if (namespace.isEmpty() || pod.isEmpty() || name.isEmpty() || name.equals("POD")) {
      return;
    }
    var container = Entity.container(namespace, pod, name);
    facts.accept(new Fact(container, Relation.RUNS_IN, Entity.pod(namespace, pod), "cadvisor.pod"));
    same(container, Entity.Kind.CONTAINER, runtimeId(labels.getOrEmpty("id")), "cadvisor.id",
        facts);
    var node = firstPresent(labels.getOrEmpty("node"), labels.getOrEmpty("kubernetes_io_hostname"));
    if (!node.isEmpty()) {
      facts.accept(new Fact(container, Relation.RUNS_ON, Entity.node(node), "cadvisor.node"));
    }
  }

  /**
   * The container's id at the end of a cgroup path: its last run of 64 hexadecimal digits, or "" where
   * there is none.
   */
  public static String runtimeId(String cgroupPath) {
    int run = 0;
    for (int i = cgroupPath.length() - 1; i >= 0; i--) {
      char c = cgroupPath.charAt(i);
      boolean hex = c >= '0' && c <= '9' || c >= 'a' && c <= 'f';
      run = hex ? run + 1 : 0;
      if (run == 64) {
        return cgroupPath.substring(i, i + 64);
      }
    }
    return "";
  }

  private static void kubeService(Labels labels, Consumer<Fact> facts) {
    var namespace = labels.getOrEmpty("namespace");
    var service = labels.getOrEmpty("service");
    var workload = labels.getOrEmpty("workload");
    if (!namespace.isEmpty() && !service.isEmpty() && !workload.isEmpty()) {
      facts.accept(new Fact(Entity.service(namespace, service), Relation.SERVED_BY,
          Entity.workload(namespace, workload), "the service's selector"));
    }
  }

  private static void dockerContainer(Labels labels, Consumer<Fact> facts) {
    var id = labels.getOrEmpty("container_id");
    var name = labels.getOrEmpty("service");
    if (id.isEmpty() || name.isEmpty()) {
      return;
    }
    var container = Entity.container(id);
    // Through its workload: an instance by the container's name would stand beside the one that the service itself names.
    var workload = new Entity(Entity.Kind.WORKLOAD, name);
    facts.accept(new Fact(Entity.service(name), Relation.SERVED_BY, workload,
        "throughline_docker_container_info.service"));
    facts.accept(new Fact(workload, Relation.RUNS_IN, container,
        "throughline_docker_container_info.container_id"));
    var node = labels.getOrEmpty("node");
    if (!node.isEmpty()) {
      facts.accept(new Fact(container, Relation.RUNS_ON, Entity.node(node),
          "throughline_docker_container_info.node"));
    }
  }

  private static void kubeVolume(Labels labels, Consumer<Fact> facts) {
    var namespace = subject(labels, "namespace");
    var pod = subject(labels, "pod");
    var claim = subject(labels, "persistentvolumeclaim");
    if (!namespace.isEmpty() && !pod.isEmpty() && !claim.isEmpty()) {
      facts.accept(new Fact(Entity.pod(namespace, pod), Relation.MOUNTS,
          Entity.volume(namespace + "/" + claim),
          "kube_pod_spec_volumes_persistentvolumeclaims_info.persistentvolumeclaim"));
    }
  }

  private static void kubeClaim(Labels labels, Consumer<Fact> facts) {
    var namespace = subject(labels, "namespace");
    var claim = subject(labels, "persistentvolumeclaim");
    if (!namespace.isEmpty() && !claim.isEmpty()) {
      same(Entity.volume(namespace + "/" + claim), Entity.Kind.VOLUME,
          labels.getOrEmpty("volumename"), "kube_persistentvolumeclaim_info.volumename", facts);
    }
  }

  private static void edge(Labels labels, Consumer<Fact> facts) {
    var service = serviceOfTarget(labels);
    if (service != null) {
      calls(labels.getOrEmpty("throughline_client"), service,
          "throughline_edge_requests_total.throughline_client", facts);
    }
  }

  private static void istio(Labels labels, Consumer<Fact> facts) {
    var server = firstPresent(labels.getOrEmpty("destination_service_name"),
        labels.getOrEmpty("destination_canonical_service"),
        labels.getOrEmpty("destination_workload"));
    if (server.isEmpty() || isUnknown(server) || server.equals("PassthroughCluster")) {
      return;
    }
    var namespace = firstPresent(labels.getOrEmpty("destination_service_namespace"),
        labels.getOrEmpty("destination_workload_namespace"));
    var service = Entity.service(isUnknown(namespace) ? "" : namespace, server);
    var workload = labels.getOrEmpty("destination_workload");
    var workloadNamespace = labels.getOrEmpty("destination_workload_namespace");
    if (!workload.isEmpty() && !isUnknown(workload) && !workloadNamespace.isEmpty()
        && !isUnknown(workloadNamespace)) {
      facts.accept(
          new Fact(service, Relation.SERVED_BY, Entity.workload(workloadNamespace, workload),
              "istio_requests_total.destination_workload"));
    }
    var client = firstPresent(labels.getOrEmpty("source_canonical_service"),
        labels.getOrEmpty("source_app"), labels.getOrEmpty("source_workload"));
    if (!client.isEmpty() && !isUnknown(client)) {
      var clientNamespace = labels.getOrEmpty("source_workload_namespace");
      calls(Entity.service(isUnknown(clientNamespace) ? "" : clientNamespace, client).id(),
          service.id(), "istio_requests_total.source_workload", facts);
    }
  }

  private static void openServiceMesh(Labels labels, Consumer<Fact> facts) {
    var namespace = labels.getOrEmpty("destination_namespace");
    var name = labels.getOrEmpty("destination_name");
    if (!namespace.isEmpty() && !name.isEmpty() && !isUnknown(name)
        && !labels.getOrEmpty("destination_kind").isEmpty()) {
      facts.accept(new Fact(Entity.service(namespace, name), Relation.SERVED_BY,
          Entity.workload(namespace, name),
          "osm_request_total.destination_kind, destination_name"));
    }
  }

  /** What is told there is a workload, which stands for the service of its name. */
  private static void meshInterface(Labels labels, Consumer<Fact> facts) {
    var namespace = labels.getOrEmpty("namespace");
    var name = labels.getOrEmpty("name");
    if (!namespace.isEmpty() && !name.isEmpty() && !labels.getOrEmpty("kind").isEmpty()) {
      facts.accept(new Fact(Entity.service(namespace, name), Relation.SERVED_BY,
          Entity.workload(namespace, name), "smi_traffic_request_rate.kind, name"));
    }
  }

  private static void linkerd(Labels labels, Consumer<Fact> facts) {
    // The proxy's job is the same for all proxies: the workload it sits beside names the caller.
    var workload = firstPresent(labels.getOrEmpty("deployment"), labels.getOrEmpty("statefulset"),
        labels.getOrEmpty("daemonset"));
    var service = workload.isEmpty()
        ? serviceOfTarget(labels)
        : Entity.service(firstLabel(labels, NAMESPACE), workload).id();
    var callee = firstPresent(labels.getOrEmpty("dst_deployment"),
        labels.getOrEmpty("dst_service"));
    if (service != null && labels.getOrEmpty("direction").equals("outbound") && !callee.isEmpty()) {
      calls(service, Entity.service(labels.getOrEmpty("dst_namespace"), callee).id(),
          "request_total.dst_deployment", facts);
    }
  }

  private static void calls(String client, String server, String source, Consumer<Fact> facts) {
    if (!client.isEmpty() && !isUnknown(client) && !client.equals("user") && !isUnknown(server)
        && !client.equals(server)) {
      facts
          .accept(new Fact(Entity.service(client), Relation.CALLS, Entity.service(server), source));
    }
  }

  private static boolean isUnknown(String name) {
    return name.equals("unknown");
  }

  private static void same(Entity entity, Entity.Kind kind, String otherId, String source,
      Consumer<Fact> facts) {
    if (!otherId.isEmpty() && !otherId.equals(entity.id())) {
      facts.accept(new Fact(entity, Relation.SAME_AS, new Entity(kind, otherId), source));
    }
  }

  /** An address without its port: {@code 10.0.0.7:9100}, {@code [::1]:9100}, {@code db-1}. */
  public static String withoutPort(String address) {
    if (address.startsWith("[")) {
      int close = address.indexOf(']');
      return close < 0 ? address : address.substring(1, close);
    }
    int colon = address.indexOf(':');
    // More than one colon without brackets is a bare IPv6 address.
    return colon < 0 || address.indexOf(':', colon + 1) >= 0
        ? address
        : address.substring(0, colon);
  }

  private static String firstPresent(String... values) {
    for (var value : values) {
      if (!value.isEmpty()) {
        return value;
      }
    }
    return "";
  }
}

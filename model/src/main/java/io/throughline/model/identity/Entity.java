package io.throughline.model.identity;

/**
 * Something telemetry is about. One thing in the world can have several entities (a node by its host id,
 * its name and its address): a {@link Relation#SAME_AS} fact says so.
 *
 * @param id unique within the kind and the tenant; see the factories for its shapes
 */
public record Entity(Kind kind, String id) {

  public enum Kind {
    SERVICE,
    INSTANCE,
    WORKLOAD,
    POD,
    CONTAINER,
    PROCESS,
    NODE,
    VOLUME,
    CLUSTER,
    SITE
  }

  /** Between a service and its instance in an instance's id; neither holds it in practice. */
  private static final char INSTANCE_SEPARATOR = '@';

  public Entity {
    if (id.isEmpty()) {
      throw new IllegalArgumentException("a " + kind + " needs an id");
    }
  }

  /** A service: {@code namespace/name}, or its name alone. */
  public static Entity service(String id) {
    return new Entity(Kind.SERVICE, id);
  }

  /** A service by namespace, which may be "", and name. */
  public static Entity service(String namespace, String name) {
    return service(namespace.isEmpty() || name.indexOf('/') >= 0 ? name : namespace + "/" + name);
  }

  /** One running copy of a service. */
  public static Entity instance(String service, String instance) {
    return new Entity(Kind.INSTANCE, service + INSTANCE_SEPARATOR + instance);
  }

  /** A deployment, stateful set or the like. */
  public static Entity workload(String namespace, String name) {
    return new Entity(Kind.WORKLOAD, namespace + "/" + name);
  }

  public static Entity pod(String namespace, String name) {
    return new Entity(Kind.POD, namespace + "/" + name);
  }

  /** A container by its place in Kubernetes. */
  public static Entity container(String namespace, String pod, String container) {
    return new Entity(Kind.CONTAINER, namespace + "/" + pod + "/" + container);
  }

  /** A container by the runtime's id, or the path of its cgroup where it has none. */
  public static Entity container(String id) {
    return new Entity(Kind.CONTAINER, id);
  }

  /** A process: {@code host id/pid}. */
  public static Entity process(String id) {
    return new Entity(Kind.PROCESS, id);
  }

  /** A node by its host id, name or address. */
  public static Entity node(String id) {
    return new Entity(Kind.NODE, id);
  }

  /** A volume by the name of its persistent volume, or {@code namespace/claim}. */
  public static Entity volume(String id) {
    return new Entity(Kind.VOLUME, id);
  }

  /** Nodes that one orchestrator runs, by the name its senders give it. */
  public static Entity cluster(String name) {
    return new Entity(Kind.CLUSTER, name);
  }

  /** Where clusters and nodes stand: a data center or a region. */
  public static Entity site(String name) {
    return new Entity(Kind.SITE, name);
  }

  /** What people call it: an instance without its service, a service without its namespace. */
  public String name() {
    return switch (kind) {
      case INSTANCE -> id.substring(id.indexOf(INSTANCE_SEPARATOR) + 1);
      case SERVICE, WORKLOAD, POD -> id.substring(id.indexOf('/') + 1);
      case CONTAINER, PROCESS, NODE, VOLUME, CLUSTER, SITE -> id;
    };
  }

  /** The namespace of a service, workload or pod, or "". */
  public String namespace() {
    return switch (kind) {
      case SERVICE, WORKLOAD, POD -> id.substring(0, Math.max(0, id.indexOf('/')));
      case INSTANCE, CONTAINER, PROCESS, NODE, VOLUME, CLUSTER, SITE -> "";
    };
  }

  @Override
  public String toString() {
    return kind + " " + id;
  }
}

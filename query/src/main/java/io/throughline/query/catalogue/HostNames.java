package io.throughline.query.catalogue;

import io.throughline.model.identity.EntityFacts;
import java.util.regex.Pattern;

/** Which service an address stands for, as far as the address itself says. */
final class HostNames {
  /** {@code name.namespace.svc} and what a cluster's domain adds. */
  private static final Pattern KUBERNETES = Pattern.compile("([^.]+)\\.([^.]+)\\.svc(?:\\..*)?");

  /** Kuma: {@code name_namespace_svc_port}, with a hash for each part of a split. */
  private static final Pattern KUMA = Pattern.compile("([^_]+)_([^_]+)_svc_\\d+(?:-[0-9a-f]{16})?");

  /** AWS App Mesh: {@code cds_egress_mesh_node_protocol_port}. */
  private static final Pattern APP_MESH = Pattern.compile("cds_egress_([^_]+)_(.+)_[^_]+_\\d+");

  private HostNames() {}

  /**
   * The service behind a host name with or without port: {@code namespace/name} for a name of Kubernetes'
   * DNS, else the host itself; "" for this machine, which is nobody's name.
   */
  static String service(String authority) {
    var host = EntityFacts.withoutPort(authority);
    if (host.equals("localhost") || host.startsWith("127.") || host.equals("::1")
        || host.equals("0.0.0.0")) {
      return "";
    }
    var kubernetes = KUBERNETES.matcher(host);
    return kubernetes.matches() ? kubernetes.group(2) + "/" + kubernetes.group(1) : host;
  }

  /**
   * The service behind an Envoy cluster, as Istio, Kuma, Kong Mesh and App Mesh name them; "" for a
   * cluster that stands for the proxied service itself, for the mesh's own housekeeping, or says nothing.
   */
  static String serviceOfCluster(String cluster) {
    if (cluster.startsWith("outbound|")) {
      return service(cluster.substring(cluster.lastIndexOf('|') + 1));
    }
    var kuma = KUMA.matcher(cluster);
    if (kuma.matches()) {
      return kuma.group(2) + "/" + kuma.group(1);
    }
    var appMesh = APP_MESH.matcher(cluster);
    return appMesh.matches() ? appMesh.group(1) + "/" + appMesh.group(2) : "";
  }
}

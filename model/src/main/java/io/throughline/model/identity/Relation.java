package io.throughline.model.identity;

/** How one entity stands to another. The codes of a future stored form are the names. */
public enum Relation {
  /** A service has an instance. */
  HAS_INSTANCE,
  /** A service's work is done by a workload's pods. */
  SERVED_BY,
  /** An instance, workload or container is in a pod, a container or a process. */
  RUNS_IN,
  /** An instance, pod, container or process is on a node. */
  RUNS_ON,
  /** A pod uses a volume. */
  MOUNTS,
  /** An instance, pod or node is part of a cluster, and all of these of a site. */
  PART_OF,
  /** A service calls a service. */
  CALLS,
  /** Two names of one thing. */
  SAME_AS
}

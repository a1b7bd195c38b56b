package io.throughline.query.view;

import io.throughline.model.identity.Entity;
import io.throughline.model.identity.Relation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The entities one page is about. Of a service: its instances and what they run in and on. Of a node: the
 * node, and the services that run there.
 *
 * @param self the service or the node
 * @param services of a node: what runs there
 * @param where the clusters and sites it is part of
 */
record Scope(Part self, List<Instance> instances, List<Part> containers, List<Part> processes,
    List<Part> pods, List<Part> workloads, List<Part> volumes, List<Part> nodes,
    List<Entity> services, Where where) {

  /** Clusters and sites by name, in order; both empty where nobody says. */
  record Where(List<String> clusters, List<String> sites) {
    static final Where UNKNOWN = new Where(List.of(), List.of());

    Where {
      clusters = List.copyOf(clusters);
      sites = List.copyOf(sites);
    }

    /** Whether a part of it is in this cluster and on this site; "" stands for any. */
    boolean isIn(String cluster, String site) {
      return (cluster.isEmpty() || clusters.contains(cluster))
          && (site.isEmpty() || sites.contains(site));
    }

    static Where of(Iterable<EntityRecord> members) {
      var clusters = new TreeSet<String>();
      var sites = new TreeSet<String>();
      for (var member : members) {
        for (var whole : member.to(Relation.PART_OF)) {
          if (whole.entity().kind() == Entity.Kind.CLUSTER) {
            clusters.add(whole.entity().name());
            whole.to(Relation.PART_OF).forEach(site -> sites.add(site.entity().name()));
          } else {
            sites.add(whole.entity().name());
          }
        }
      }
      return clusters.isEmpty() && sites.isEmpty()
          ? UNKNOWN
          : new Where(List.copyOf(clusters), List.copyOf(sites));
    }
  }

  /**
   * One running copy and where it runs, by display name, or "" where that is unknown.
   *
   * @param names under which it sends: its own and, where it has one, its proxy's
   */
  record Instance(String id, Set<String> names, String host, String container) {}

  /** Instances beyond this are not looked into; the page says so. */
  static final int MOST_INSTANCES = 500;

  boolean isNode() {
    return self.entity().kind() == Entity.Kind.NODE;
  }

  /** Collects the scope of a service, or of one instance of it; null where the service is unknown. */
  static @Nullable Scope ofService(EntityGraph graph, String id, String instance) {
    var record = graph.find(Entity.service(id));
    return record == null ? null : ofService(record, instance);
  }

  /** Of every service that sends or is told anything. */
  static List<Scope> ofServices(EntityGraph graph) {
    return graph.all(Entity.Kind.SERVICE)
        .stream()
        .filter(record -> !record.series().isEmpty())
        .map(record -> Scope.ofService(record, ""))
        .toList();
  }

  static Scope ofService(EntityRecord service, String instance) {
    var instances = new ArrayList<Instance>();
    var containers = new LinkedHashSet<EntityRecord>();
    var processes = new LinkedHashSet<EntityRecord>();
    var pods = new LinkedHashSet<EntityRecord>();
    var nodes = new LinkedHashSet<EntityRecord>();
    var copies = Copies.of(service);
    var records = new LinkedHashMap<String, List<EntityRecord>>();
    for (var each : service.to(Relation.HAS_INSTANCE)) {
      records.computeIfAbsent(copies.copy(each.entity().name()), key -> new ArrayList<>(1))
          .add(each);
    }
    for (var copy : records.entrySet()) {
      var names = new LinkedHashSet<String>();
      copy.getValue().forEach(each -> names.add(each.entity().name()));
      if (!instance.isEmpty() && !names.contains(instance)) {
        continue;
      }
      if (instances.size() == MOST_INSTANCES) {
        break;
      }
      var ownContainers = new LinkedHashSet<EntityRecord>();
      var ownNodes = new LinkedHashSet<EntityRecord>();
      for (var each : copy.getValue()) {
        ownNodes.addAll(each.places(Relation.RUNS_ON));
        for (var place : each.places(Relation.RUNS_IN)) {
          switch (place.entity().kind()) {
            case CONTAINER -> ownContainers.add(place);
            case PROCESS -> processes.add(place);
            case POD -> pods.add(place);
            case SERVICE, INSTANCE, WORKLOAD, NODE, VOLUME, CLUSTER, SITE -> {
            }
          }
          ownNodes.addAll(place.to(Relation.RUNS_ON));
        }
      }
      if (ownContainers.isEmpty()) {
        copy.getValue().forEach(each -> addContainersOfPods(each, ownContainers));
      }
      containers.addAll(ownContainers);
      nodes.addAll(ownNodes);
      instances.add(
          new Instance(copy.getKey(), names, displayName(ownNodes), displayName(ownContainers)));
    }
    var workloads = new LinkedHashSet<EntityRecord>();
    if (instance.isEmpty()) {
      for (var workload : service.to(Relation.SERVED_BY)) {
        workloads.add(workload);
        addPods(workload, pods, containers, 0);
      }
    }
    for (var pod : pods) {
      addOwners(pod, workloads, 0);
    }
    for (var pod : List.copyOf(pods)) {
      nodes.addAll(pod.to(Relation.RUNS_ON));
      if (containers.isEmpty() || instances.isEmpty()) {
        for (var record : pod.from(Relation.RUNS_IN)) {
          if (record.entity().kind() == Entity.Kind.CONTAINER) {
            containers.add(record);
          }
        }
      }
    }
    var volumes = new LinkedHashSet<EntityRecord>();
    for (var pod : pods) {
      volumes.addAll(pod.to(Relation.MOUNTS));
    }
    for (var container : containers) {
      nodes.addAll(container.to(Relation.RUNS_ON));
    }
    var members = new LinkedHashSet<EntityRecord>(nodes);
    members.addAll(pods);
    members.addAll(containers);
    records.forEach((copy, each) -> {
      if (instance.isEmpty() || copy.equals(instance)) {
        members.addAll(each);
      }
    });
    var self = copies.once(Part.of(service));
    return new Scope(instance.isEmpty() ? self : self.ofInstances(namesOf(instances)), instances,
        parts(containers), parts(processes), parts(pods), parts(workloads), parts(volumes),
        parts(nodes), List.of(), Where.of(members));
  }

  private static Set<String> namesOf(List<Instance> instances) {
    var names = new LinkedHashSet<String>();
    instances.forEach(each -> names.addAll(each.names()));
    return names;
  }

  private static void addContainersOfPods(EntityRecord instance, Set<EntityRecord> containers) {
    for (var place : instance.places(Relation.RUNS_IN)) {
      if (place.entity().kind() == Entity.Kind.POD) {
        for (var inside : place.from(Relation.RUNS_IN)) {
          if (inside.entity().kind() == Entity.Kind.CONTAINER) {
            containers.add(inside);
          }
        }
      }
    }
  }

  private static void addPods(EntityRecord workload, Set<EntityRecord> pods,
      Set<EntityRecord> containers, int depth) {
    // Deployment, replica set, pod: deeper chains do not occur, a circle must not hang us.
    if (depth > 3) {
      return;
    }
    for (var child : workload.to(Relation.RUNS_IN)) {
      if (child.entity().kind() == Entity.Kind.POD) {
        pods.add(child);
      } else if (child.entity().kind() == Entity.Kind.CONTAINER) {
        containers.add(child); // Of an orchestrator without pods.
      } else if (child.entity().kind() == Entity.Kind.WORKLOAD) {
        addPods(child, pods, containers, depth + 1);
      }
    }
  }

  private static void addOwners(EntityRecord owned, Set<EntityRecord> workloads, int depth) {
    if (depth > 3) {
      return;
    }
    for (var owner : owned.from(Relation.RUNS_IN)) {
      if (owner.entity().kind() == Entity.Kind.WORKLOAD && workloads.add(owner)) {
        addOwners(owner, workloads, depth + 1);
      }
    }
  }

  /** Collects the scope of a node under any of its names; null where it is unknown. */
  static @Nullable Scope ofNode(EntityGraph graph, String id) {
    var record = graph.find(Entity.node(id));
    return record == null ? null : ofNode(record);
  }

  static Scope ofNode(EntityRecord node) {
    var services = new LinkedHashMap<String, Entity>();
    for (var on : node.inhabitants(Relation.RUNS_ON)) {
      var instances = new LinkedHashSet<EntityRecord>();
      if (on.entity().kind() == Entity.Kind.INSTANCE) {
        instances.add(on);
      } else {
        for (var inside : on.inhabitants(Relation.RUNS_IN)) {
          if (inside.entity().kind() == Entity.Kind.INSTANCE) {
            instances.add(inside);
          }
        }
      }
      for (var instance : instances) {
        for (var service : instance.from(Relation.HAS_INSTANCE)) {
          services.putIfAbsent(service.entity().id(), service.entity());
        }
      }
    }
    var self = Part.of(node);
    return new Scope(self, List.of(), List.of(), List.of(), List.of(), List.of(), List.of(),
        List.of(self), List.copyOf(services.values()), Where.of(List.of(node)));
  }

  private static String displayName(Set<EntityRecord> records) {
    return records.isEmpty() ? "" : Part.of(records.iterator().next()).displayName();
  }

  private static List<Part> parts(Set<EntityRecord> records) {
    return records.stream().map(Part::of).toList();
  }

  /** Every series of every part, for probing. */
  List<SeriesRef> allSeries() {
    var parts = new ArrayList<Part>();
    if (!isNode()) {
      parts.add(self);
    }
    parts.addAll(containers);
    parts.addAll(processes);
    parts.addAll(pods);
    parts.addAll(workloads);
    parts.addAll(volumes);
    parts.addAll(nodes);
    return Part.allSeries(parts);
  }
}

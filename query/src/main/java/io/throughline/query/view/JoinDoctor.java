package io.throughline.query.view;

import io.throughline.model.Labels;
import io.throughline.model.Tenant;
import io.throughline.model.identity.Entity;
import io.throughline.model.identity.EntityFacts;
import io.throughline.model.identity.Relation;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Says why a service has no resources: which key failed, what its own series carry, what the resources are
 * known by, and which rule would bring the two together.
 *
 * <p>A proposal is made where a label's value <em>is</em> the name of a reported pod, container, process or
 * node, never where two names are merely alike; between services a differing namespace or spelling is
 * proposed too, marked as such. Whether it is right is for the user to say.
 */
final class JoinDoctor {
  /** Label sets of a service that are looked at. */
  private static final int MOST_SERIES = 300;
  private static final int MOST_EXAMPLES = 8;

  /** Labels that name no place. */
  private static final Set<String> NO_PLACE = Set.of("__name__", "job", "le", "quantile",
      "http_response_status_code", "http_request_method", "http_route", "url_scheme", "method",
      "status", "outcome", "uri", "exception", "error");

  /**
   * One rule that would join.
   *
   * @param instances how many instances of the service it finds a place for
   * @param certainty {@code value} where a label's value is the other side's name, {@code spelling} where
   *     two services' names differ by namespace or spelling alone
   */
  record Proposal(JoinRule rule, String why, int instances, String certainty) {}

  /**
   * What is wrong.
   *
   * @param key the key that failed, "" where none did
   * @param left labels of the service's own series with some of their values
   * @param right what is reported and joined to no service, by kind, with examples
   */
  record Diagnosis(String service, boolean joined, String key, Map<String, List<String>> left,
      Map<String, List<String>> right, Map<String, Integer> rightCount, int instances,
      List<Proposal> proposals) {}

  private record Hit(String label, Entity entity, String template) {}

  private JoinDoctor() {}

  static Diagnosis examine(Tenant tenant, EntityGraph graph, EntityRecord service,
      Snapshot snapshot) {
    var scope = Scope.ofService(service, "");
    boolean joined = !scope.containers().isEmpty() || !scope.processes().isEmpty();
    var labelSets = labelSets(service, snapshot);
    var left = new LinkedHashMap<String, List<String>>();
    for (var labels : labelSets) {
      labels.forEach((name, value) -> {
        var values = left.computeIfAbsent(name, key -> new ArrayList<>());
        if (values.size() < MOST_EXAMPLES && !values.contains(value)) {
          values.add(value);
        }
      });
    }
    left.remove("__name__");
    left.remove("le");
    var right = new LinkedHashMap<String, List<String>>();
    var counts = new LinkedHashMap<String, Integer>();
    var places = new HashMap<String, List<Entity>>();
    for (var kind : List.of(Entity.Kind.CONTAINER, Entity.Kind.POD, Entity.Kind.PROCESS,
        Entity.Kind.NODE)) {
      collect(graph, kind, right, counts, places);
    }
    var proposals = joined ? new ArrayList<Proposal>() : places(tenant, service, labelSets, places);
    if (!joined) {
      proposals.addAll(namesakes(tenant, graph, service));
    }
    proposals.sort(Comparator.comparing((Proposal each) -> each.certainty().equals("value") ? 0 : 1)
        .thenComparing(each -> -each.instances()));
    return new Diagnosis(service.entity().id(), joined, joined ? "" : key(scope, counts), left,
        right, counts, scope.instances().size(), proposals);
  }

  private static String key(Scope scope, Map<String, Integer> counts) {
    if (scope.instances().isEmpty()) {
      return "instance: no series of the service says which copy it is of";
    }
    if (counts.values().stream().mapToInt(Integer::intValue).sum() == 0) {
      return "nobody reports a container, pod, process or node: start a node agent, or send"
          + " cAdvisor's or node_exporter's metrics";
    }
    return scope.pods().isEmpty()
        ? "container_id, host_id with process_pid, or namespace with pod: none of them is on"
            + " target_info or on the service's series"
        : "pod " + scope.pods().getFirst().entity().id()
            + ": the service names it, and nobody reports a container in it";
  }

  private static List<Labels> labelSets(EntityRecord service, Snapshot snapshot) {
    var sets = new LinkedHashSet<Labels>();
    for (var refs : service.series().values()) {
      for (var ref : refs) {
        // Of a mesh's series the labels are the proxy's, not the service's.
        if (ref.mapping.ofTarget() && sets.size() < MOST_SERIES) {
          sets.add(snapshot.series(ref.partition, ref.seriesId).labels());
        }
      }
    }
    return List.copyOf(sets);
  }

  private static void collect(EntityGraph graph, Entity.Kind kind, Map<String, List<String>> right,
      Map<String, Integer> counts, Map<String, List<Entity>> places) {
    var word = kind.name().toLowerCase(Locale.ROOT);
    var examples = new ArrayList<String>();
    int count = 0;
    for (var record : graph.all(kind)) {
      // A pod is reported where a container in it is; anything else where it has series of its own.
      boolean reported = !record.series().isEmpty()
          || kind == Entity.Kind.POD && record.from(Relation.RUNS_IN)
              .stream()
              .anyMatch(inside -> inside.entity().kind() == Entity.Kind.CONTAINER
                  && !inside.series().isEmpty());
      if (!reported) {
        continue;
      }
      count++;
      if (examples.size() < MOST_EXAMPLES) {
        examples.add(record.entity().id());
      }
      for (var name : record.names()) {
        places.computeIfAbsent(name.id(), key -> new ArrayList<>(1)).add(name);
        if (kind == Entity.Kind.POD) {
          places.computeIfAbsent(name.name(), key -> new ArrayList<>(1)).add(name);
        }
      }
    }
    right.put(word, examples);
    counts.put(word, count);
  }

  private static List<Proposal> places(Tenant tenant, EntityRecord service, List<Labels> sets,
      Map<String, List<Entity>> places) {
    var found = new LinkedHashMap<String, Set<String>>();
    var first = new HashMap<String, Hit>();
    for (var labels : sets) {
      labels.forEach((name, value) -> {
        if (NO_PLACE.contains(name) || value.isEmpty()) {
          return;
        }
        for (var hit : hits(labels, name, value, places)) {
          var key = hit.entity().kind() + " " + hit.template();
          found.computeIfAbsent(key, each -> new LinkedHashSet<>())
              .add(labels.getOrEmpty("instance"));
          first.putIfAbsent(key, hit);
        }
      });
    }
    var proposals = new ArrayList<Proposal>();
    found.forEach((key, instances) -> {
      var hit = first.get(key);
      if (hit != null) {
        var job = sets.getFirst().getOrEmpty("job");
        var rule = JoinRule.of(tenant, "job=\"" + job + "\"",
            hit.entity().kind().name().toLowerCase(Locale.ROOT), hit.template());
        proposals
            .add(
                new Proposal(
                    rule, "label " + hit.label() + " of " + service.entity().name()
                        + " is the name of " + rule.kind() + " " + hit.entity().id(),
                    instances.size(), "value"));
      }
    });
    return proposals;
  }

  private static List<Hit> hits(Labels labels, String name, String value,
      Map<String, List<Entity>> places) {
    var hits = new ArrayList<Hit>();
    for (var entity : places.getOrDefault(value, List.of())) {
      if (entity.kind() == Entity.Kind.POD && !entity.id().equals(value)) {
        hits.add(new Hit(name, entity, namespace(labels, entity) + "/{" + name + "}"));
      } else {
        hits.add(new Hit(name, entity, "{" + name + "}"));
      }
    }
    var runtime = EntityFacts.runtimeId(value);
    if (!runtime.isEmpty() && !runtime.equals(value)) {
      places.getOrDefault(runtime, List.of())
          .forEach(entity -> hits.add(new Hit(name, entity, "{cgroup:" + name + "}")));
    }
    var host = EntityFacts.withoutPort(value);
    if (!host.equals(value)) {
      places.getOrDefault(host, List.of())
          .stream()
          .filter(entity -> entity.kind() == Entity.Kind.NODE)
          .forEach(entity -> hits.add(new Hit(name, entity, "{host:" + name + "}")));
    }
    return hits;
  }

  /** The label that holds the pod's namespace, or the namespace itself. */
  private static String namespace(Labels labels, Entity pod) {
    for (var entry : labels.toMap().entrySet()) {
      if (entry.getValue().equals(pod.namespace())) {
        return "{" + entry.getKey() + "}";
      }
    }
    return pod.namespace();
  }

  /** Services of which one has what the other lacks, and whose names differ by namespace or spelling. */
  private static List<Proposal> namesakes(Tenant tenant, EntityGraph graph, EntityRecord service) {
    var proposals = new ArrayList<Proposal>();
    var own = spelling(service.entity());
    for (var other : graph.all(Entity.Kind.SERVICE)) {
      if (other == service || other.series().isEmpty() || !spelling(other.entity()).equals(own)) {
        continue;
      }
      var scope = Scope.ofService(other, "");
      if (scope.containers().isEmpty() && scope.processes().isEmpty()) {
        continue;
      }
      var id = service.entity().id();
      proposals.add(
          new Proposal(JoinRule.of(tenant, "job=\"" + id + "\"", "service", other.entity().id()),
              other.entity().id() + " has resources, and its name differs by namespace or"
                  + " spelling alone",
              scope.instances().size(), "spelling"));
    }
    return proposals;
  }

  /** A service's name without what spelling and custom add to it. */
  static String spelling(Entity service) {
    return service.name()
        .toLowerCase(Locale.ROOT)
        .replaceAll("[-_. ]", "")
        .replaceAll("(service|svc|app)$", "");
  }
}

package io.throughline.query.view;

import io.throughline.model.Tenant;
import io.throughline.model.identity.Entity;
import io.throughline.query.catalogue.Catalogue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Says why a map is empty, or why a service is not on it: who tells of calls, which names those carry that are
 * nobody's, which label would name the other side, and the rule by which a name becomes a service's.
 */
final class CallDoctor {
  private static final int MOST_STRANGERS = 40;
  private static final int MOST_PROPOSALS = 8;

  /** Every signal that tells of calls. */
  private static final Set<String> SIGNALS = signals();

  /**
   * A name in calls that no service goes by.
   *
   * @param calls with how many services calls are told under it
   */
  record Stranger(String name, int calls) {}

  /**
   * What is wrong.
   *
   * @param service whose calls are asked for; "" for all
   * @param key what failed, in words; "" where calls are known
   * @param edges how many calls are known, of the service or of all
   * @param sources who tells of calls, and by how many series
   * @param names all that the service goes by
   * @param missing what would tell of calls
   */
  record Diagnosis(String service, String key, int edges, Map<String, Integer> sources,
      List<String> names, List<Stranger> strangers, List<JoinDoctor.Proposal> proposals,
      List<String> missing) {}

  private CallDoctor() {}

  private static Set<String> signals() {
    var signals = new LinkedHashSet<>(Edges.IS_CALLEE);
    signals.add(Edges.CLIENT_DURATION);
    signals.add(Edges.CLIENT_REQUESTS);
    return signals;
  }

  /** @param service null for all */
  static Diagnosis examine(Tenant tenant, EntityGraph graph, @Nullable EntityRecord service,
      Catalogue catalogue) {
    var sources = new TreeMap<String, Integer>();
    var calls = new LinkedHashMap<EntityRecord, Set<EntityRecord>>();
    int all = 0;
    for (var record : graph.all(Entity.Kind.SERVICE)) {
      for (var signal : SIGNALS) {
        record.series(signal).forEach(ref -> sources.merge(ref.mapping.source(), 1, Integer::sum));
      }
      for (var edge : Edges.calleesOf(graph, record)) {
        all++;
        stranger(graph, edge.caller(), edge.callee(), calls);
        stranger(graph, edge.callee(), edge.caller(), calls);
      }
    }
    int edges = service == null
        ? all
        : Edges.callersOf(graph, service).size() + Edges.calleesOf(graph, service).size();
    var strangers = new ArrayList<Stranger>();
    calls.forEach(
        (record, sides) -> strangers.add(new Stranger(record.entity().id(), sides.size())));
    strangers.sort((a, b) -> Integer.compare(b.calls(), a.calls()));
    var proposals = new ArrayList<JoinDoctor.Proposal>();
    for (var known : service == null ? graph.all(Entity.Kind.SERVICE) : List.of(service)) {
      if (!Edges.isNameAlone(known)) {
        calls.forEach((record, sides) -> propose(tenant, known, record, sides.size(), proposals));
      }
    }
    var names = new ArrayList<String>();
    if (service != null) {
      service.names().forEach(name -> names.add(name.id()));
    }
    return new Diagnosis(service == null ? "" : service.entity().id(),
        edges > 0 ? "" : key(graph, sources, all, names), edges, sources, names,
        strangers.subList(0, Math.min(MOST_STRANGERS, strangers.size())), proposals,
        Coverage.metrics(catalogue, Edges.REQUESTS, sources.keySet()));
  }

  private static void stranger(EntityGraph graph, Entity side, Entity other,
      Map<EntityRecord, Set<EntityRecord>> calls) {
    var record = graph.find(side);
    var peer = graph.find(other);
    if (record != null && peer != null && Edges.isNameAlone(record)) {
      calls.computeIfAbsent(record, key -> new LinkedHashSet<>()).add(peer);
    }
  }

  private static void propose(Tenant tenant, EntityRecord known, EntityRecord stranger, int calls,
      List<JoinDoctor.Proposal> into) {
    var service = known.entity();
    var name = stranger.entity();
    if (into.size() < MOST_PROPOSALS
        && JoinDoctor.spelling(service).equals(JoinDoctor.spelling(name))) {
      into.add(new JoinDoctor.Proposal(
          JoinRule.of(tenant, "job=\"" + service.id() + "\"", "alias", name.id()),
          "calls name " + name.id() + ", which differs from " + service.id()
              + " by namespace or spelling alone",
          calls, "spelling"));
    }
  }

  private static String key(EntityGraph graph, Map<String, Integer> sources, int all,
      List<String> names) {
    if (all > 0) {
      return "no call names " + String.join(" or ", names) + ", on either side, of the " + all
          + " that are known";
    }
    var nameless = new ArrayList<String>();
    graph.namelessCalls()
        .forEach((metric, each) -> nameless.add(metric + " (" + each.series()
            + " series) names nobody on the other side: want " + each.want()));
    if (!nameless.isEmpty()) {
      return String.join("; ", nameless);
    }
    return sources.isEmpty()
        ? "nobody tells of calls: no sidecar, mesh, span or client metric was stored"
        : "calls are told of, and each is of a service with itself";
  }
}

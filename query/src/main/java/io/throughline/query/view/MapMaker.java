package io.throughline.query.view;

import io.throughline.model.Tenant;
import io.throughline.model.identity.Entity;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Draws up maps: the callers, callees and nodes of one service, or who calls whom of all. More than
 * {@value #MOST_ITEMS} things cannot be read, so the ones with the least traffic are folded into a count.
 */
final class MapMaker {
  static final int MOST_ITEMS = 40;

  /** Of the items around a service, at most so many are nodes. */
  private static final int MOST_NODES = 10;

  /** Edges of a map of all that are measured; beyond them a map needs a focus. */
  private static final int MOST_EDGES = 2_000;

  private final RegistryFollower follower;
  private final ComputedBoard board;

  MapMaker(RegistryFollower follower, ComputedBoard board) {
    this.follower = follower;
    this.board = board;
  }

  private record Around(Scope scope, List<Edges.Found> callers, List<Edges.Found> callees) {}

  /** The map around one service. */
  ServiceMap around(Tenant tenant, Entity service, Snapshot snapshot, long endMs) {
    var around = follower.read(tenant, graph -> {
      var record = graph.find(service);
      return record == null
          ? null
          : new Around(Scope.ofService(record, ""), Edges.callersOf(graph, record),
              Edges.calleesOf(graph, record));
    });
    if (around == null) {
      throw new PageMaker.NotFound(
          "service '" + service.id() + "' is not known to tenant " + tenant);
    }
    var evaluator = new Evaluator(snapshot);
    var callers = measured(around.callers(), evaluator, endMs);
    var callees = measured(around.callees(), evaluator, endMs);
    var nodes = around.scope().nodes();
    int shownNodes = Math.min(MOST_NODES, nodes.size());
    int room = MOST_ITEMS - 1 - shownNodes;
    int shownCallers = Math.min(callers.size(), Math.max(room / 2, room - callees.size()));
    int shownCallees = Math.min(callees.size(), room - shownCallers);
    var edges = new ArrayList<>(callers.subList(0, shownCallers));
    edges.addAll(callees.subList(0, shownCallees));
    var layers = new LinkedHashMap<Entity, Integer>();
    var focus = around.scope().self().entity();
    callers.subList(0, shownCallers).forEach(edge -> layers.put(edge.caller(), -1));
    layers.put(focus, 0);
    // Who calls and is called stands on the left, where its calls come from.
    callees.subList(0, shownCallees).forEach(edge -> layers.putIfAbsent(edge.callee(), 1));
    var folded = new ArrayList<ServiceMap.Folded>();
    fold("service", -1, callers.subList(shownCallers, callers.size()), folded);
    fold("service", 1, callees.subList(shownCallees, callees.size()), folded);
    if (nodes.size() > shownNodes) {
      folded.add(new ServiceMap.Folded("node", 2, nodes.size() - shownNodes, Double.NaN));
    }
    var places = new ArrayList<ServiceMap.Place>();
    nodes.subList(0, shownNodes)
        .forEach(node -> places.add(new ServiceMap.Place(focus, node.entity())));
    var items = items(tenant, layers, outside(edges), nodes.subList(0, shownNodes), snapshot,
        endMs);
    return new ServiceMap(endMs, focus, items, edges, places, folded);
  }

  /** The map of everything that calls or is called; of a cluster and site, of the calls from or to it. */
  ServiceMap all(Tenant tenant, String cluster, String site, Snapshot snapshot, long endMs) {
    var found = follower.read(tenant, graph -> {
      var all = new ArrayList<Edges.Found>();
      boolean any = cluster.isEmpty() && site.isEmpty();
      for (var record : graph.all(Entity.Kind.SERVICE)) {
        if (all.size() < MOST_EDGES) {
          for (var edge : Edges.calleesOf(graph, record)) {
            if (any || isIn(graph, edge.caller(), cluster, site)
                || isIn(graph, edge.callee(), cluster, site)) {
              all.add(edge);
            }
          }
        }
      }
      return all;
    });
    var edges = measured(found, new Evaluator(snapshot), endMs);
    var traffic = new LinkedHashMap<Entity, Double>();
    for (var edge : edges) {
      double rate = Double.isNaN(edge.rate()) ? 0 : edge.rate();
      traffic.merge(edge.caller(), rate, Double::sum);
      traffic.merge(edge.callee(), rate, Double::sum);
    }
    var busiest = new ArrayList<>(traffic.keySet());
    busiest.sort(Comparator.comparingDouble((Entity entity) -> -traffic.getOrDefault(entity, 0.0))
        .thenComparing(Entity::id));
    var shown = new LinkedHashSet<>(busiest.subList(0, Math.min(MOST_ITEMS, busiest.size())));
    var drawn = edges.stream()
        .filter(edge -> shown.contains(edge.caller()) && shown.contains(edge.callee()))
        .toList();
    var folded = new ArrayList<ServiceMap.Folded>();
    if (busiest.size() > shown.size()) {
      double rate = 0;
      for (var edge : edges) {
        boolean isDrawn = shown.contains(edge.caller()) && shown.contains(edge.callee());
        rate += isDrawn || Double.isNaN(edge.rate()) ? 0 : edge.rate();
      }
      folded.add(new ServiceMap.Folded("service", 0, busiest.size() - shown.size(), rate));
    }
    var items = items(tenant, layers(shown, drawn), outside(drawn), List.of(), snapshot, endMs);
    return new ServiceMap(endMs, null, items, drawn, List.of(), folded);
  }

  private static boolean isIn(EntityGraph graph, Entity service, String cluster, String site) {
    var record = graph.find(service);
    return record != null && Scope.ofService(record, "").where().isIn(cluster, site);
  }

  private static List<Edges.Edge> measured(List<Edges.Found> found, Evaluator evaluator,
      long endMs) {
    var edges = new ArrayList<Edges.Edge>();
    for (var each : found) {
      edges.add(Edges.measured(each, evaluator, endMs));
    }
    return Edges.busiestFirst(edges);
  }

  private static Set<Entity> outside(List<Edges.Edge> edges) {
    var outside = new LinkedHashSet<Entity>();
    for (var edge : edges) {
      if (edge.outside()) {
        outside.add(edge.callee());
      }
    }
    return outside;
  }

  private static void fold(String kind, int layer, List<Edges.Edge> edges,
      List<ServiceMap.Folded> folded) {
    if (!edges.isEmpty()) {
      double rate = Double.NaN;
      for (var edge : edges) {
        rate = Double.isNaN(edge.rate()) ? rate : (Double.isNaN(rate) ? 0 : rate) + edge.rate();
      }
      folded.add(new ServiceMap.Folded(kind, layer, edges.size(), rate));
    }
  }

  private List<ServiceMap.Item> items(Tenant tenant, Map<Entity, Integer> layers,
      Set<Entity> outside, List<Part> nodes, Snapshot snapshot, long endMs) {
    var services = new ArrayList<Scope>();
    var nodeScopes = new ArrayList<Scope>();
    follower.read(tenant, graph -> {
      for (var entity : layers.keySet()) {
        var record = graph.find(entity);
        if (record != null && !outside.contains(entity)) {
          services.add(Scope.ofService(record, ""));
        }
      }
      for (var node : nodes) {
        var record = graph.find(node.entity());
        if (record != null) {
          nodeScopes.add(Scope.ofNode(record));
        }
      }
      return services;
    });
    var grid = Grid.covering(endMs - 5 * Edges.MINUTE_MS, endMs, Edges.MINUTE_MS / 4);
    var state = board.overview(services, nodeScopes, snapshot, endMs, grid, grid.startMs());
    var rows = new HashMap<String, Overview.Row>();
    state.services().forEach(row -> rows.put("service " + row.id(), row));
    state.nodes().forEach(row -> rows.put("node " + row.id(), row));
    var items = new ArrayList<ServiceMap.Item>();
    layers.forEach((entity, layer) -> items.add(new ServiceMap.Item(entity, entity.name(), layer,
        outside.contains(entity), rows.get("service " + entity.id()))));
    for (var node : nodes) {
      items.add(new ServiceMap.Item(node.entity(), node.displayName(), 2, false,
          rows.get("node " + node.entity().id())));
    }
    return items;
  }

  /** Callees stand right of their callers; a call that closes a circle moves nobody. */
  private static Map<Entity, Integer> layers(Collection<Entity> shown, List<Edges.Edge> edges) {
    var callees = new LinkedHashMap<Entity, List<Entity>>();
    var called = new LinkedHashSet<Entity>();
    for (var edge : edges) {
      callees.computeIfAbsent(edge.caller(), key -> new ArrayList<>()).add(edge.callee());
      called.add(edge.callee());
    }
    var layers = new LinkedHashMap<Entity, Integer>();
    var starts = new ArrayList<>(
        shown.stream().filter(entity -> !called.contains(entity)).toList());
    starts.addAll(shown);
    for (var start : starts) {
      if (!layers.containsKey(start)) {
        place(start, 0, callees, layers, new LinkedHashSet<>());
      }
    }
    return layers;
  }

  private static void place(Entity entity, int layer, Map<Entity, List<Entity>> callees,
      Map<Entity, Integer> layers, Set<Entity> path) {
    var before = layers.get(entity);
    if (before != null && before >= layer || !path.add(entity)) {
      return;
    }
    layers.put(entity, layer);
    for (var callee : callees.getOrDefault(entity, List.of())) {
      place(callee, layer + 1, callees, layers, path);
    }
    path.remove(entity);
  }
}

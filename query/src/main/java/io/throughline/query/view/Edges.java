package io.throughline.query.view;

import io.throughline.model.identity.Entity;
import io.throughline.model.identity.Relation;
import io.throughline.query.catalogue.Signal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who calls whom, and how those calls went in the last minute.
 *
 * <p>A call is told by the callee's side, by the caller's, or by both. Told about the callee it counts
 * first; what a caller says about a host or a cluster counts where nobody tells it about the callee. A host
 * without a namespace is the service of that name beside the caller, or the only one of that name; where
 * there is none it is outside of what is measured, and still an edge.
 */
final class Edges {
  static final String REQUESTS = "throughline.edge.requests";
  static final String FAILURES = "throughline.edge.failures";
  static final String DURATION = "throughline.edge.duration";
  static final String RATE = "throughline.edge.rate";
  static final String P50 = "throughline.edge.duration.p50";
  static final String P99 = "throughline.edge.duration.p99";
  static final String CONNECTIONS = "throughline.edge.connections.opened";
  static final String CLIENT_DURATION = "throughline.edge.client.duration";
  static final String CLIENT_REQUESTS = "throughline.edge.client.requests";

  /** Signals that are about the callee and name the caller; of the others it is the other way round. */
  static final Set<String> IS_CALLEE = Set.of(REQUESTS, FAILURES, DURATION, RATE, P50, P99,
      CONNECTIONS);

  static final long MINUTE_MS = 60_000;

  /**
   * One edge with its series, copied out of the graph.
   *
   * @param outside whether the callee sends nothing and describes nothing: it is a name alone
   * @param made what a source divided and ranked itself; counts where nobody tells requests one by one
   */
  record Found(Entity caller, Entity callee, boolean outside, List<SeriesRef> requests,
      List<SeriesRef> failures, List<SeriesRef> durations, Made made) {
    boolean tellsNoRequest() {
      return requests.isEmpty() && made.rates().isEmpty();
    }
  }

  /** Rates and quantiles as a source computed them. */
  record Made(List<SeriesRef> rates, List<SeriesRef> p50, List<SeriesRef> p99) {}

  /**
   * One edge as it was in the last minute; NaN where not measured.
   *
   * @param reason why the rate is not measured; "" where it is
   * @param source who tells it, or ""
   */
  record Edge(Entity caller, Entity callee, boolean outside, double rate, double errors,
      Quantile p50, Quantile p99, String source, String reason) {}

  private Edges() {}

  /** The edges that end at a service. */
  static List<Found> callersOf(EntityGraph graph, EntityRecord service) {
    var found = new LinkedHashMap<EntityRecord, Found>();
    for (var callee : namesake(graph, service)) {
      for (var caller : callee.from(Relation.CALLS)) {
        if (caller != service && resolve(graph, caller, callee) == service) {
          found.computeIfAbsent(caller, key -> found(caller, service, callee));
        }
      }
    }
    return List.copyOf(found.values());
  }

  /** The edges that begin at a service. */
  static List<Found> calleesOf(EntityGraph graph, EntityRecord service) {
    var found = new LinkedHashMap<EntityRecord, Found>();
    for (var named : service.to(Relation.CALLS)) {
      var callee = resolve(graph, service, named);
      if (callee != service) {
        found.merge(callee, found(service, callee, named),
            (one, other) -> one.tellsNoRequest() ? other : one);
      }
    }
    return List.copyOf(found.values());
  }

  /** A record that is a name alone: it sends nothing and nothing runs for it. */
  static boolean isNameAlone(EntityRecord record) {
    for (var signal : record.series().keySet()) {
      if (!IS_CALLEE.contains(signal)) {
        return false;
      }
    }
    return record.to(Relation.HAS_INSTANCE).isEmpty() && record.to(Relation.SERVED_BY).isEmpty();
  }

  private static EntityRecord resolve(EntityGraph graph, EntityRecord caller, EntityRecord named) {
    var entity = named.entity();
    if (!entity.namespace().isEmpty() || !isNameAlone(named)) {
      return named;
    }
    var beside = graph.find(Entity.service(caller.entity().namespace(), entity.name()));
    if (beside != null && !isNameAlone(beside)) {
      return beside;
    }
    EntityRecord only = null;
    for (var candidate : graph.servicesNamed(entity.name())) {
      if (!isNameAlone(candidate)) {
        if (only != null) {
          return named; // Two of that name: whichever were picked could be the wrong one.
        }
        only = candidate;
      }
    }
    return only == null ? named : only;
  }

  /** The record itself and the bare names that may stand for it. */
  private static Set<EntityRecord> namesake(EntityGraph graph, EntityRecord service) {
    var records = new LinkedHashSet<EntityRecord>();
    records.add(service);
    var bare = graph.find(Entity.service(service.entity().name()));
    if (bare != null && isNameAlone(bare)) {
      records.add(bare);
    }
    return records;
  }

  private static Found found(EntityRecord caller, EntityRecord callee, EntityRecord named) {
    var callerIds = ids(caller);
    var calleeIds = ids(callee);
    calleeIds.addAll(ids(named));
    var requests = new ArrayList<SeriesRef>();
    var durations = new ArrayList<SeriesRef>();
    var failures = new ArrayList<SeriesRef>();
    var made = new Made(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (var record : callee == named ? List.of(callee) : List.of(callee, named)) {
      requests.addAll(of(record.series(REQUESTS), callerIds));
      durations.addAll(of(record.series(DURATION), callerIds));
      failures.addAll(of(record.series(FAILURES), callerIds));
      made.rates().addAll(of(record.series(RATE), callerIds));
      made.p50().addAll(of(record.series(P50), callerIds));
      made.p99().addAll(of(record.series(P99), callerIds));
    }
    if (requests.isEmpty()) {
      requests.addAll(of(caller.series(CLIENT_REQUESTS), calleeIds));
    }
    if (requests.isEmpty()) {
      requests.addAll(of(caller.series(CLIENT_DURATION), calleeIds));
    }
    if (durations.isEmpty()) {
      durations.addAll(of(caller.series(CLIENT_DURATION), calleeIds));
    }
    return new Found(caller.entity(), callee.entity(), isNameAlone(callee), requests, failures,
        durations, made);
  }

  private static Set<String> ids(EntityRecord record) {
    var ids = new LinkedHashSet<String>();
    record.names().forEach(name -> ids.add(name.id()));
    return ids;
  }

  private static List<SeriesRef> of(List<SeriesRef> refs, Set<String> categories) {
    return refs.stream().filter(ref -> categories.contains(ref.category)).toList();
  }

  /** How the calls went in the minute before {@code endMs}. */
  static Edge measured(Found found, Evaluator evaluator, long endMs) {
    var grid = Grid.covering(endMs - MINUTE_MS, endMs, MINUTE_MS / 4);
    double rate = Double.NaN;
    double failed = 0;
    var lines = evaluator.countsByCategory(found.requests(), grid);
    boolean counted = !lines.isEmpty();
    if (!counted) {
      lines = evaluator.levelsByCategory(found.made().rates(), grid);
    }
    for (var line : lines.entrySet()) {
      double value = line.getValue().recent(MINUTE_MS);
      if (!Double.isNaN(value)) {
        rate = (Double.isNaN(rate) ? 0 : rate) + value;
        failed += line.getKey().startsWith("!") ? value : 0;
      }
    }
    if (!found.failures().isEmpty()) {
      double apart = evaluator
          .line(found.failures(), Signal.Kind.COUNTER, grid, ColumnFolder.Fold.SUM)
          .recent(MINUTE_MS);
      failed += Double.isNaN(apart) ? 0 : apart;
    }
    var histogram = evaluator.histogram(found.durations(), grid);
    var told = counted || found.made().rates().isEmpty() ? found.requests() : found.made().rates();
    var source = source(told.isEmpty() ? found.durations() : told);
    boolean tellsErrors = !found.failures().isEmpty()
        || told.stream().anyMatch(ref -> !ref.mapping.errors().isEmpty());
    return new Edge(found.caller(), found.callee(), found.outside(), rate,
        rate > 0 && tellsErrors ? failed / rate : Double.NaN,
        quantile(0.5, histogram, found.made().p50(), evaluator),
        quantile(0.99, histogram, found.made().p99(), evaluator), source == null ? "" : source,
        reason(found, rate));
  }

  /** A quantile of what was seen; where nobody tells that, the one a source computed itself. */
  private static Quantile quantile(double q, HistogramColumns histogram, List<SeriesRef> made,
      Evaluator evaluator) {
    var grid = histogram.grid();
    var seen = histogram.quantile(q, 0, grid.columns());
    double value = Double.isNaN(seen.value())
        ? evaluator.line(made, Signal.Kind.GAUGE, grid, ColumnFolder.Fold.MAX).recent(MINUTE_MS)
        : Double.NaN;
    return Double.isNaN(value) ? seen : new Quantile(value, Double.NaN, Double.NaN);
  }

  private static @Nullable String source(List<SeriesRef> refs) {
    return refs.isEmpty()
        ? null
        : refs.stream()
            .min((a, b) -> Integer.compare(a.rank, b.rank))
            .map(ref -> ref.mapping.source())
            .orElse(null);
  }

  private static String reason(Found found, double rate) {
    if (!Double.isNaN(rate)) {
      return "";
    }
    return found.tellsNoRequest()
        ? "only that they are connected is known: want throughline_edge_requests_total,"
            + " istio_requests_total or traces_service_graph_request_total between them"
        : "no call was counted in the last minute";
  }

  /** Edges by how much goes over them, the busiest first; those not measured last, by name. */
  static List<Edge> busiestFirst(List<Edge> edges) {
    var sorted = new ArrayList<>(edges);
    sorted.sort((a, b) -> {
      int order = Double.compare(Double.isNaN(b.rate()) ? -1 : b.rate(),
          Double.isNaN(a.rate()) ? -1 : a.rate());
      return order != 0
          ? order
          : (a.caller().id() + " " + a.callee().id())
              .compareTo(b.caller().id() + " " + b.callee().id());
    });
    return sorted;
  }
}

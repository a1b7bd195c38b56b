package io.throughline.query.view;

import io.throughline.model.identity.Entity;
import io.throughline.query.catalogue.Catalogue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What of a tenant's services is measured, by whom, what joined, and what each missing metric would bring.
 * Told by which series exist, not by samples: cheap, and true of signals that are silent just now.
 */
record Coverage(List<Service> services, Map<String, Integer> sources, List<Missing> missing,
    Map<String, Integer> unused, int nodes, int containers, int containersOfNoService) {

  /** How far a service's join goes. */
  enum Join {
    /** Its containers or processes are known and reported. */
    JOINED("joined"),
    /** Only the node it runs on, or what it says of itself, is. */
    PARTIAL("partial"),
    /** Nothing but the service itself. */
    ALONE("alone");

    private final String word;

    Join(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  /** @param lines by strip and line whether there is a series for it */
  record Service(String id, Join join, int instances, int containers, int processes, int pods,
      int nodes, Set<String> sources, Map<String, Boolean> lines) {}

  /**
   * A metric nobody sends.
   *
   * @param metrics what would do, the sources that already send something first
   * @param unlocks strip and line
   * @param services how many services would gain
   */
  record Missing(String signal, List<String> metrics, String unlocks, int services) {}

  static Coverage of(EntityGraph graph, Catalogue catalogue) {
    var services = new ArrayList<Service>();
    var sources = new TreeMap<String, Integer>();
    var lacking = new LinkedHashMap<String, Integer>();
    var signalOf = new LinkedHashMap<String, String>();
    var joinedContainers = new LinkedHashSet<Entity>();
    for (var record : graph.all(Entity.Kind.SERVICE)) {
      if (record.series().isEmpty()) {
        continue;
      }
      var scope = Scope.ofService(record, "");
      var service = service(scope, lacking, signalOf);
      service.sources().forEach(source -> sources.merge(source, 1, Integer::sum));
      scope.containers().forEach(container -> joinedContainers.add(container.entity()));
      services.add(service);
    }
    services.sort(Comparator.comparing(Service::join).reversed().thenComparing(Service::id));
    int containers = 0;
    int ofNoService = 0;
    for (var record : graph.all(Entity.Kind.CONTAINER)) {
      if (!record.series().isEmpty()) {
        containers++;
        ofNoService += joinedContainers.contains(record.entity()) ? 0 : 1;
        sourcesOf(record.series()).forEach(source -> sources.merge(source, 0, Integer::sum));
      }
    }
    int nodes = 0;
    for (var record : graph.all(Entity.Kind.NODE)) {
      nodes += record.series().isEmpty() ? 0 : 1;
      sourcesOf(record.series()).forEach(source -> sources.merge(source, 0, Integer::sum));
    }
    var missing = new ArrayList<Missing>();
    lacking.forEach((line, count) -> {
      var signal = signalOf.getOrDefault(line, "");
      missing.add(new Missing(signal, metrics(catalogue, signal, sources.keySet()), line, count));
    });
    missing.sort(Comparator.comparingInt((Missing each) -> -each.services()));
    return new Coverage(services, sources, missing, Map.copyOf(graph.unused()), nodes, containers,
        ofNoService);
  }

  /**
   * What is known about a node, for who asks why a strip of its is empty.
   *
   * @param names all it goes by: a sender that uses another describes another node
   * @param sources who tells something of it
   * @param services how many run there
   */
  record Node(String id, Set<String> names, Set<String> sources, int services,
      List<Missing> missing) {}

  static Node ofNode(EntityRecord record, Catalogue catalogue) {
    var scope = Scope.ofNode(record);
    var names = new LinkedHashSet<String>();
    record.names().forEach(name -> names.add(name.id()));
    var sources = sourcesOf(record.series());
    var missing = new ArrayList<Missing>();
    for (var plan : Strips.ofNode(scope)) {
      for (var line : plan.lines()) {
        if (line.places().stream().allMatch(place -> place.series().isEmpty())) {
          var signal = line.places().getFirst().signal();
          missing.add(new Missing(signal, metrics(catalogue, signal, sources),
              plan.id() + ": " + line.name(), 0));
        }
      }
    }
    return new Node(record.entity().id(), names, sources, scope.services().size(), missing);
  }

  private static Service service(Scope scope, Map<String, Integer> lacking,
      Map<String, String> signalOf) {
    var lines = new LinkedHashMap<String, Boolean>();
    var self = scope.self();
    tell("latency: quantiles", Strips.LATENCY, !self.series(Strips.LATENCY).isEmpty(), lines,
        lacking, signalOf);
    tell("requests: rate and errors", Strips.REQUESTS,
        !Strips.requestSeries(scope).isEmpty() || !self.series(Strips.RATE).isEmpty(), lines,
        lacking, signalOf);
    for (var plan : Strips.ofService(scope)) {
      for (var line : plan.lines()) {
        boolean has = line.places().stream().anyMatch(place -> !place.series().isEmpty());
        tell(plan.id() + ": " + line.name(), line.places().getFirst().signal(), has, lines, lacking,
            signalOf);
      }
    }
    var sources = new LinkedHashSet<String>();
    for (var part : List.of(List.of(self), scope.containers(), scope.processes(), scope.pods(),
        scope.nodes())) {
      part.forEach(each -> sources.addAll(sourcesOf(each.series())));
    }
    boolean resources = reported(scope.containers()) || reported(scope.processes());
    boolean some = reported(scope.nodes()) || reported(scope.pods())
        || !self.series("throughline.service.cpu.time").isEmpty();
    return new Service(self.entity().id(),
        resources ? Join.JOINED : some ? Join.PARTIAL : Join.ALONE, scope.instances().size(),
        scope.containers().size(), scope.processes().size(), scope.pods().size(),
        scope.nodes().size(), sources, lines);
  }

  private static void tell(String line, String signal, boolean has, Map<String, Boolean> lines,
      Map<String, Integer> lacking, Map<String, String> signalOf) {
    lines.put(line, has);
    if (!has) {
      lacking.merge(line, 1, Integer::sum);
      signalOf.putIfAbsent(line, signal);
    }
  }

  private static boolean reported(List<Part> parts) {
    return parts.stream().anyMatch(part -> !part.series().isEmpty());
  }

  private static Set<String> sourcesOf(Map<String, List<SeriesRef>> series) {
    var sources = new LinkedHashSet<String>();
    series.values().forEach(refs -> refs.forEach(ref -> sources.add(ref.mapping.source())));
    return sources;
  }

  /** What would do for a signal, at most four: those of sources that are there already first. */
  static List<String> metrics(Catalogue catalogue, String signal, Set<String> present) {
    var known = catalogue.signal(signal);
    var metrics = new LinkedHashSet<String>();
    if (known != null) {
      for (boolean first : new boolean[] {true, false}) {
        for (var mapping : known.sources()) {
          if (present.contains(mapping.source()) == first && metrics.size() < 4) {
            metrics.add(mapping.metric() + " (" + mapping.source() + ")");
          }
        }
      }
    }
    return List.copyOf(metrics);
  }
}

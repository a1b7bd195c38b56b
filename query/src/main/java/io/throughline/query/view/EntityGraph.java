package io.throughline.query.view;

import io.throughline.model.Fingerprint;
import io.throughline.model.Labels;
import io.throughline.model.Tenant;
import io.throughline.model.identity.Entity;
import io.throughline.model.identity.EntityFacts;
import io.throughline.model.identity.Fact;
import io.throughline.model.identity.Relation;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.query.catalogue.Mapping;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One tenant's entities, their relations and their series: a function of the label sets it was shown and
 * of the catalogue. Not thread-safe: {@link RegistryFollower} guards it.
 */
final class EntityGraph {
  /** The metric by which a sender says what it cannot read. */
  static final String NOT_MEASURED_METRIC = "throughline_not_measured_ratio";

  private static final int MOST_UNUSED = 5_000;

  /**
   * Series of a metric that tells of calls, and not with whom.
   *
   * @param want which labels would name the other side, as the catalogue writes it
   */
  record Nameless(String want, int series) {}

  private final Catalogue catalogue;
  private final List<JoinRule> rules;
  private final Map<String, Integer> unused = new HashMap<>();
  private final Map<String, Nameless> namelessCalls = new LinkedHashMap<>();
  private final EnumMap<Entity.Kind, LinkedHashMap<String, EntityRecord>> records = new EnumMap<>(
      Entity.Kind.class);
  private final Map<String, List<EntityRecord>> servicesByName = new HashMap<>();
  private final Map<String, String> strings = new HashMap<>();
  private final Map<String, Address> addresses = new HashMap<>();

  EntityGraph(Catalogue catalogue, List<JoinRule> rules) {
    this.catalogue = catalogue;
    this.rules = List.copyOf(rules);
    for (var kind : Entity.Kind.values()) {
      records.put(kind, new LinkedHashMap<>());
    }
  }

  /** Learns from one new series. */
  void add(int partition, int seriesId, Labels labels) {
    EntityFacts.ofInfo(labels, this::add);
    var metric = labels.metricName();
    if (metric.endsWith("kube_pod_info")) {
      addPodAddress(labels);
    }
    if (catalogue.knows(metric)) {
      catalogue.match(labels,
          (mapping, part) -> addSeries(partition, seriesId, labels, mapping, part));
    } else if (metric.equals(NOT_MEASURED_METRIC)) {
      addNotMeasured(partition, seriesId, labels);
    } else if (unused.size() < MOST_UNUSED || unused.containsKey(metric)) {
      unused.merge(metric, 1, Integer::sum);
    }
    for (var rule : rules) {
      rule.facts(labels, this::add);
    }
  }

  /** Metrics no signal is made of, with their series; at most {@value #MOST_UNUSED} of them. */
  Map<String, Integer> unused() {
    return unused;
  }

  /** Metrics of calls by name, with those of their series that name nobody on the other side. */
  Map<String, Nameless> namelessCalls() {
    return namelessCalls;
  }

  private void addSeries(int partition, int seriesId, Labels labels, Mapping mapping,
      Mapping.Part part) {
    var entity = mapping.entityOf(labels);
    if (entity == null) {
      return;
    }
    double bound = Double.NaN;
    long group = 0;
    if (part == Mapping.Part.BUCKET) {
      bound = parseBound(labels.getOrEmpty("le")) * mapping.scale();
      if (Double.isNaN(bound)) {
        return;
      }
      var rest = labels.without("le");
      group = Fingerprint.of(Tenant.DEFAULT, rest).high();
    }
    if (mapping.ofTarget() && entity.kind() == Entity.Kind.SERVICE) {
      EntityFacts.ofTarget(labels, entity, this::add);
      addInstanceAddress(entity, labels);
    }
    var category = shared(mapping.classOf(labels));
    if (mapping.peer() != null) {
      if (category.isEmpty()) {
        namelessCalls.merge(mapping.metric(), new Nameless(mapping.peer().toString(), 1),
            (one, more) -> new Nameless(one.want(), one.series() + 1));
        return;
      }
      if (category.equals(entity.id())) {
        return; // A service calls itself: no edge.
      }
      var peer = Entity.service(category);
      boolean fromPeer = Edges.IS_CALLEE.contains(mapping.signal());
      add(new Fact(fromPeer ? peer : entity, Relation.CALLS, fromPeer ? entity : peer,
          mapping.metric()));
    }
    var instance = labels.get("instance");
    if (instance == null) {
      instance = labels.getOrEmpty("pod");
    }
    record(entity).add(new SeriesRef(partition, seriesId, mapping, part, category,
        mapping.isError(labels), shared(instance), bound, group));
  }

  private Address address(String host) {
    return addresses.computeIfAbsent(host, key -> new Address());
  }

  private void addPodAddress(Labels labels) {
    var namespace = EntityFacts.subject(labels, "namespace");
    var pod = EntityFacts.subject(labels, "pod");
    var address = labels.getOrEmpty("pod_ip");
    // A pod on its host's network has the node's address, as others there may have.
    if (!namespace.isEmpty() && !pod.isEmpty() && !address.isEmpty()
        && !labels.getOrEmpty("host_network").equals("true")) {
      address(address).ofPod(record(Entity.pod(namespace, pod)));
    }
  }

  private void addInstanceAddress(Entity service, Labels labels) {
    var name = EntityFacts.nameOfInstance(labels);
    if (!name.isEmpty() && !EntityFacts.saysWhereItRuns(labels)) {
      var host = EntityFacts.withoutPort(name);
      if (!host.equals(name)) {
        address(host).ofInstance(record(Entity.instance(service.id(), name)));
      }
    }
  }

  private static double parseBound(String text) {
    if (text.equals("+Inf")) {
      return Double.POSITIVE_INFINITY;
    }
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return Double.NaN; // Not a bucket that anyone can place.
    }
  }

  private void addNotMeasured(int partition, int seriesId, Labels labels) {
    var signal = labels.getOrEmpty("throughline_signal");
    var reason = labels.getOrEmpty("throughline_reason");
    var instance = labels.getOrEmpty("instance");
    if (signal.isEmpty() || reason.isEmpty() || instance.isEmpty()) {
      return;
    }
    var job = labels.getOrEmpty("job");
    Entity entity = switch (job) {
      case "host" -> Entity.node(instance);
      case "container" -> Entity.container(instance);
      case "process" -> Entity.process(instance);
      default -> {
        var service = EntityFacts.serviceOfTarget(labels);
        yield service == null ? null : Entity.service(service);
      }
    };
    if (entity == null) {
      return;
    }
    var mapping = new Mapping(signal, entity.kind(), "throughline", 0, NOT_MEASURED_METRIC,
        List.of(), null, 1, List.of(), null, Double.NEGATIVE_INFINITY, List.of());
    record(entity)
        .add(new EntityRecord.NotMeasured(shared(signal), shared(reason), new SeriesRef(partition,
            seriesId, mapping, Mapping.Part.VALUE, "", false, instance, Double.NaN, 0)));
  }

  private void add(Fact fact) {
    var from = record(fact.from());
    var to = record(fact.to());
    if (fact.relation() == Relation.SAME_AS) {
      if (from != to) {
        from.absorb(to);
        for (var name : to.names()) {
          index(name).put(name.id(), from);
        }
      }
    } else if (from != to) {
      from.relate(fact.relation(), to, shared(fact.source()));
    }
  }

  private LinkedHashMap<String, EntityRecord> index(Entity entity) {
    return records.getOrDefault(entity.kind(), new LinkedHashMap<>());
  }

  private EntityRecord record(Entity entity) {
    return index(entity).computeIfAbsent(entity.id(), id -> {
      var made = new EntityRecord(entity);
      if (entity.kind() == Entity.Kind.NODE) {
        address(id).ofNode(made);
      }
      if (entity.kind() == Entity.Kind.SERVICE) {
        servicesByName.computeIfAbsent(entity.name(), name -> new ArrayList<>(1)).add(made);
      }
      return made;
    }).current();
  }

  /** The services of a name, whatever their namespace. */
  Collection<EntityRecord> servicesNamed(String name) {
    var services = new LinkedHashSet<EntityRecord>();
    servicesByName.getOrDefault(name, List.of()).forEach(each -> services.add(each.current()));
    return services;
  }

  /** Equal strings become one: thousands of series share a status class and an instance. */
  private String shared(String text) {
    var known = strings.putIfAbsent(text, text);
    return known == null ? text : known;
  }

  /** The record under any of its names, or null. */
  @Nullable
  EntityRecord find(Entity entity) {
    var record = index(entity).get(entity.id());
    return record == null ? null : record.current();
  }

  /** Every record of a kind once. */
  Collection<EntityRecord> all(Entity.Kind kind) {
    var distinct = new LinkedHashSet<EntityRecord>();
    for (var record : records.getOrDefault(kind, new LinkedHashMap<>()).values()) {
      distinct.add(record.current());
    }
    return distinct;
  }
}

package io.throughline.query.view;

import io.throughline.model.identity.Entity;
import io.throughline.model.identity.Relation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one thing, under all its names: relations to others and the series that describe it.
 * Guarded by its graph's lock.
 */
final class EntityRecord {

  /** A sender's word that it cannot read a signal; holds while its series is alive. */
  record NotMeasured(String signal, String reason, SeriesRef series) {}

  private final LinkedHashSet<Entity> names = new LinkedHashSet<>();
  private final EnumMap<Relation, LinkedHashMap<EntityRecord, String>> out = new EnumMap<>(
      Relation.class);
  private final EnumMap<Relation, LinkedHashMap<EntityRecord, String>> in = new EnumMap<>(
      Relation.class);
  private final Map<String, List<SeriesRef>> series = new LinkedHashMap<>();
  private final List<NotMeasured> notMeasured = new ArrayList<>();
  private final List<Address> addresses = new ArrayList<>(0);
  private @Nullable EntityRecord mergedInto;

  EntityRecord(Entity entity) {
    names.add(entity);
  }

  /** The record that now holds everything this one held. */
  EntityRecord current() {
    var record = this;
    while (record.mergedInto != null) {
      record = record.mergedInto;
    }
    return record;
  }

  /** The name this thing goes by: that of the first who described it. */
  Entity entity() {
    return names.getFirst();
  }

  Collection<Entity> names() {
    return names;
  }

  void relate(Relation relation, EntityRecord to, String source) {
    out.computeIfAbsent(relation, key -> new LinkedHashMap<>()).putIfAbsent(to, source);
    to.in.computeIfAbsent(relation, key -> new LinkedHashMap<>()).putIfAbsent(this, source);
  }

  void add(SeriesRef ref) {
    series.computeIfAbsent(ref.mapping.signal(), key -> new ArrayList<>(2)).add(ref);
  }

  void add(NotMeasured reason) {
    notMeasured.add(reason);
  }

  /** Notes an address of this pod or node, or the one this copy was scraped at. */
  void reachedAt(Address address) {
    if (!addresses.contains(address)) {
      addresses.add(address);
    }
  }

  /** Where a copy runs: what relations say, else whose address it has. */
  LinkedHashSet<EntityRecord> places(Relation relation) {
    var places = to(relation);
    if (!places.isEmpty() || !to(Relation.RUNS_IN).isEmpty()) {
      return places;
    }
    for (var address : addresses) {
      var place = relation == Relation.RUNS_IN ? address.pod() : address.node();
      if (place != null) {
        places.add(place);
      }
    }
    return places;
  }

  /** What runs here: what relations say, and copies that have this one's address. */
  LinkedHashSet<EntityRecord> inhabitants(Relation relation) {
    var inhabitants = from(relation);
    for (var address : addresses) {
      for (var instance : address.instances()) {
        if (instance.places(relation).contains(this)) {
          inhabitants.add(instance);
        }
      }
    }
    return inhabitants;
  }

  /** Takes over everything of a record that turned out to be the same thing. */
  void absorb(EntityRecord other) {
    if (other == this) {
      return;
    }
    names.addAll(other.names);
    other.out.forEach((relation,
        targets) -> out.computeIfAbsent(relation, key -> new LinkedHashMap<>()).putAll(targets));
    other.in.forEach((relation,
        targets) -> in.computeIfAbsent(relation, key -> new LinkedHashMap<>()).putAll(targets));
    other.series.forEach(
        (signal, refs) -> series.computeIfAbsent(signal, key -> new ArrayList<>()).addAll(refs));
    notMeasured.addAll(other.notMeasured);
    other.addresses.forEach(this::reachedAt);
    other.mergedInto = this;
  }

  /** The records this one stands in the relation to. */
  LinkedHashSet<EntityRecord> to(Relation relation) {
    return currentOf(out.get(relation));
  }

  /** The records that stand in the relation to this one. */
  LinkedHashSet<EntityRecord> from(Relation relation) {
    return currentOf(in.get(relation));
  }

  private static LinkedHashSet<EntityRecord> currentOf(
      @Nullable LinkedHashMap<EntityRecord, String> records) {
    var current = new LinkedHashSet<EntityRecord>();
    if (records != null) {
      for (var record : records.keySet()) {
        current.add(record.current());
      }
    }
    return current;
  }

  List<SeriesRef> series(String signal) {
    return series.getOrDefault(signal, List.of());
  }

  Map<String, List<SeriesRef>> series() {
    return series;
  }

  List<NotMeasured> notMeasured() {
    return notMeasured;
  }

  @Override
  public String toString() {
    return names.toString();
  }
}

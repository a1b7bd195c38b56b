package io.throughline.query.view;

import io.throughline.model.identity.Entity;
import io.throughline.model.identity.Relation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which instances of a service are one running copy under two names, and whose word about its requests
 * counts: a service whose proxy and whose own SDK both report is one copy, measured by the proxy alone.
 *
 * <p>Two instances are one copy where they run in the same container, process or pod and one of them is a
 * proxy's. An SDK that does not say where it runs is taken to sit behind one of the proxies; one that runs
 * where no proxy does is a copy of its own, and its requests are added to theirs.
 */
final class Copies {
  /** The source whose series a proxy of ours sends. */
  private static final String PROXY = "throughline";

  /** The sources by which a service speaks for itself. */
  private static final Set<String> OWN = Set.of("opentelemetry", "micrometer");

  /** Signals of which proxy and service both speak, about the same requests. */
  private static final Set<String> TOLD_BY_BOTH = Set.of(Strips.LATENCY,
      "http.server.active_requests");

  private final Map<String, String> copyOf = new LinkedHashMap<>();
  private final Set<String> behindProxy = new HashSet<>();
  private final Map<String, Integer> bestOwnRank = new HashMap<>();
  private int proxyRank = Integer.MAX_VALUE;

  private Copies() {}

  static Copies of(EntityRecord service) {
    var copies = new Copies();
    var proxies = new HashSet<String>();
    var others = new HashSet<String>();
    for (var ref : service.series(Strips.LATENCY)) {
      if (ref.mapping.source().equals(PROXY)) {
        proxies.add(ref.instance);
        copies.proxyRank = ref.rank;
      }
    }
    for (var signal : TOLD_BY_BOTH) {
      for (var ref : service.series(signal)) {
        if (isOwn(ref)) {
          others.add(ref.instance);
          copies.bestOwnRank.merge(ref.instance, ref.rank, Math::min);
        }
      }
    }
    if (!proxies.isEmpty() && !others.isEmpty()) {
      copies.match(service, proxies, others);
    }
    return copies;
  }

  private void match(EntityRecord service, Set<String> proxies, Set<String> others) {
    var proxyAt = new LinkedHashMap<EntityRecord, String>();
    var placesOf = new LinkedHashMap<String, LinkedHashSet<EntityRecord>>();
    for (var instance : service.to(Relation.HAS_INSTANCE)) {
      var name = instance.entity().name();
      var places = new LinkedHashSet<EntityRecord>();
      for (var place : instance.places(Relation.RUNS_IN)) {
        if (place.entity().kind() != Entity.Kind.SERVICE) {
          places.add(place);
        }
      }
      placesOf.put(name, places);
      if (proxies.contains(name)) {
        places.forEach(place -> proxyAt.putIfAbsent(place, name));
      }
    }
    for (var other : others) {
      if (proxies.contains(other)) {
        behindProxy.add(other);
        continue;
      }
      var places = placesOf.getOrDefault(other, new LinkedHashSet<>());
      String proxy = null;
      for (var place : places) {
        proxy = proxy == null ? proxyAt.get(place) : proxy;
      }
      if (proxy != null) {
        copyOf.put(proxy, other);
        behindProxy.add(other);
      } else if (places.isEmpty()) {
        behindProxy.add(other);
      }
    }
  }

  /** The name of the copy that an instance is: the service's own where it and its proxy have two. */
  String copy(String instance) {
    return copyOf.getOrDefault(instance, instance);
  }

  /** The part with each request counted once. */
  Part once(Part self) {
    if (proxyRank == Integer.MAX_VALUE) {
      return self;
    }
    var series = new LinkedHashMap<String, List<SeriesRef>>();
    self.series()
        .forEach((signal, refs) -> series.put(signal,
            TOLD_BY_BOTH.contains(signal) ? once(refs) : refs));
    return new Part(self.entity(), self.names(), series, self.notMeasured());
  }

  private List<SeriesRef> once(List<SeriesRef> refs) {
    var kept = new ArrayList<SeriesRef>(refs.size());
    for (var ref : refs) {
      if (!isOwn(ref)) {
        kept.add(ref);
      } else if (!behindProxy.contains(ref.instance)
          && ref.rank == bestOwnRank.getOrDefault(ref.instance, -1)) {
        kept.add(ref.rankedAs(proxyRank));
      }
    }
    return kept;
  }

  private static boolean isOwn(SeriesRef ref) {
    return OWN.contains(ref.mapping.source()) && ref.mapping.ofTarget();
  }
}

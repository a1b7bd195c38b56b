package io.throughline.query.view;

import io.throughline.model.identity.Entity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One entity of a page with its series, copied out of the graph so that evaluation needs no lock.
 *
 * @param series by canonical signal
 */
record Part(Entity entity, List<Entity> names, Map<String, List<SeriesRef>> series,
    List<EntityRecord.NotMeasured> notMeasured) {

  static Part of(EntityRecord record) {
    var series = new LinkedHashMap<String, List<SeriesRef>>();
    record.series().forEach((signal, refs) -> series.put(signal, List.copyOf(refs)));
    return new Part(record.entity(), List.copyOf(record.names()), series,
        List.copyOf(record.notMeasured()));
  }

  List<SeriesRef> series(String signal) {
    return series.getOrDefault(signal, List.of());
  }

  /** This part with the series of some instances alone. */
  Part ofInstances(Set<String> instances) {
    var kept = new LinkedHashMap<String, List<SeriesRef>>();
    series.forEach((signal, refs) -> {
      var own = refs.stream().filter(ref -> instances.contains(ref.instance)).toList();
      if (!own.isEmpty()) {
        kept.put(signal, own);
      }
    });
    return new Part(entity, names, kept, notMeasured);
  }

  /** The name people know: of a node its host name rather than its id or address. */
  String displayName() {
    if (entity.kind() != Entity.Kind.NODE) {
      return entity.name();
    }
    for (var name : names) {
      if (!isOpaque(name.id())) {
        return name.id();
      }
    }
    return entity.name();
  }

  private static boolean isOpaque(String id) {
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      boolean hex = c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c == '-' || c == '.'
          || c == ':';
      if (!hex) {
        return false;
      }
    }
    return true;
  }

  static List<SeriesRef> allSeries(Iterable<Part> parts) {
    var all = new ArrayList<SeriesRef>();
    for (var part : parts) {
      part.series().values().forEach(all::addAll);
    }
    return all;
  }
}

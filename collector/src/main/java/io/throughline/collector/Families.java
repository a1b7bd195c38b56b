package io.throughline.collector;

import io.throughline.model.MetricType;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What senders of remote write 1.0 said about metric families, in messages apart from the series they are about. At most
 * {@value #MOST}; further ones are left out, and their series have no metadata. Thread-safe: all decoders share one.
 */
final class Families {
  private static final int MOST = 20_000;
  private static final List<String> SUFFIXES = List.of("_total", "_bucket", "_sum", "_count");

  private final Map<Family, SeriesMetadata> known = new ConcurrentHashMap<>();

  private record Family(Tenant tenant, String name) {}

  /** Takes the {@code MetricMetadata} that a cursor is bounded to. */
  void read(Tenant tenant, ProtoCursor in) {
    int type = 0;
    var name = "";
    var help = "";
    var unit = "";
    while (in.hasMore()) {
      int tag = in.tag();
      switch (tag) {
        case 1 << 3 -> type = (int) in.varint();
        case 2 << 3 | ProtoCursor.BYTES -> name = in.text();
        case 4 << 3 | ProtoCursor.BYTES -> help = in.text();
        case 5 << 3 | ProtoCursor.BYTES -> unit = in.text();
        default -> in.skip(tag & 7);
      }
    }
    var family = new Family(tenant, name);
    if (!name.isEmpty() && (known.size() < MOST || known.containsKey(family))) {
      known.put(family,
          new SeriesMetadata(MetricType.ofCode(type), unit, Admission.abbreviate(help)));
    }
  }

  /** Of the family that a series' metric belongs to. */
  SeriesMetadata of(Tenant tenant, String metric) {
    var found = known.get(new Family(tenant, metric));
    for (var suffix : SUFFIXES) {
      if (found == null && metric.endsWith(suffix)) {
        found = known
            .get(new Family(tenant, metric.substring(0, metric.length() - suffix.length())));
      }
    }
    return found == null ? SeriesMetadata.UNKNOWN : found;
  }
}

package io.throughline.collector.spans;

import io.throughline.model.Tenant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Keeps the names spans bring from becoming series without end: of each service the first {@value #MOST_OF_ONE}
 * names count as themselves, the rest as {@value #OTHER}; so does every name that is new once {@value #MOST} are
 * known in all. Forgotten at a restart, when the first names to come are the ones. Thread-safe.
 */
final class Names {
  static final int MOST_OF_ONE = 200;
  static final int MOST = 200_000;
  static final int LONGEST = 200;
  static final String OTHER = "<other>";

  private record Owner(Tenant tenant, String id) {}

  private final Map<Owner, Set<String>> known = new HashMap<>();
  private int count;

  synchronized String bounded(Tenant tenant, String owner, String name) {
    var cut = name.length() <= LONGEST ? name : name.substring(0, LONGEST) + "…";
    var key = new Owner(tenant, owner.length() <= LONGEST ? owner : owner.substring(0, LONGEST));
    var names = known.get(key);
    if (names != null && names.contains(cut)) {
      return cut;
    }
    if (count >= MOST || names != null && names.size() >= MOST_OF_ONE) {
      return OTHER;
    }
    if (names == null) {
      names = new HashSet<>();
      known.put(key, names);
    }
    names.add(cut);
    count++;
    return cut;
  }
}

package io.throughline.store;

import io.throughline.model.Matcher;
import io.throughline.model.Tenant;
import io.throughline.store.series.Registry;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;

/**
 * The label names and values on a tenant's series of one shard that may have samples in a time range.
 *
 * <p>Of each value the first and the newest series are asked; almost always one of them is there. Where
 * neither is, as with a value that is gone or one whose first and newest series lie on both sides of the
 * range, its series are asked one by one, and where there are many such values, all series.
 */
final class LabelSearch {
  /** Looking for the series of one value costs as much as looking at the labels of so many. */
  private static final int SCANNED_PER_SEARCH = 400;

  /** So many values of a name are asked before all series are. */
  private static final int VALUES_PER_NAME = 64;

  private final Shard shard;
  private final Shard.View view;
  private final Tenant tenant;
  private final Registry registry;
  private final Presence presence;

  LabelSearch(Shard shard, Shard.View view, Tenant tenant, long minTimeMs, long maxTimeMs) {
    this.shard = shard;
    this.view = view;
    this.tenant = tenant;
    registry = shard.registry();
    presence = new Presence(view, minTimeMs, maxTimeMs);
  }

  void names(Collection<String> into) {
    var open = new BitSet();
    for (int name : registry.nameIds(tenant)) {
      if (isThere(registry.witnesses(tenant, name, VALUES_PER_NAME))) {
        into.add(registry.name(name));
      } else {
        open.set(name);
      }
    }
    if (!open.isEmpty()) {
      var found = new BitSet();
      registry.collectNames(tenant, presence.all(), found);
      found.and(open);
      found.stream().forEach(name -> into.add(registry.name(name)));
    }
  }

  private boolean isThere(int[] witnesses) {
    for (int i = 0; i < witnesses.length; i += 3) {
      if (presence.test(witnesses[i + 2]) || presence.test(witnesses[i + 1])) {
        return true;
      }
    }
    return false;
  }

  void values(String name, Collection<String> into) {
    int nameId = registry.nameIdOf(name);
    var witnesses = registry.witnesses(tenant, nameId, Integer.MAX_VALUE);
    var open = new BitSet();
    for (int i = 0; i < witnesses.length; i += 3) {
      if (presence.test(witnesses[i + 2]) || presence.test(witnesses[i + 1])) {
        into.add(registry.pairValue(witnesses[i]));
      } else {
        open.set(witnesses[i]);
      }
    }
    if ((long) open.cardinality() * SCANNED_PER_SEARCH > view.seriesCount()) {
      var found = new BitSet();
      registry.collectPairs(tenant, nameId, presence.all(), found);
      found.and(open);
      found.stream().forEach(pair -> into.add(registry.pairValue(pair)));
      return;
    }
    open.stream()
        .mapToObj(registry::pairValue)
        .filter(value -> hasSeries(name, value))
        .forEach(into::add);
  }

  private boolean hasSeries(String name, String value) {
    for (int id : shard.select(tenant, List.of(Matcher.equal(name, value)), view)) {
      if (presence.test(id)) {
        return true;
      }
    }
    return false;
  }
}

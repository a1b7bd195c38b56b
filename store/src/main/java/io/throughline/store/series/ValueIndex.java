package io.throughline.store.series;

import java.util.Arrays;

/**
 * The label names each tenant has, the values of each, and of each value two <em>witnesses</em>: the first
 * and the newest series that has it. Whether a value is there in a time range is almost always told by one
 * of the two, so a look-up of names or values costs what they are many, not what the series are.
 *
 * <p>About 24 bytes of heap for each value of each tenant. One thread adds. Readers take no lock: the heads
 * of the lists are written last, with release order, and read first, with acquire order; what was added
 * after a reader's view may be found too, with witnesses the view does not know.
 */
final class ValueIndex {
  /** Per tenant: 1 + its newest name, 0 for none. */
  private final IntPages tenantNames = new IntPages();

  // Per name of a tenant: the registry's number of the name, 1 + the tenant's name before, 1 + its newest value.
  private final IntPages nameIds = new IntPages();
  private final IntPages namesBefore = new IntPages();
  private final IntPages nameValues = new IntPages();
  private int nameCount;

  // Per value of a name of a tenant.
  private final IntPages valuePairs = new IntPages();
  private final IntPages valuesBefore = new IntPages();
  private final IntPages firstSeries = new IntPages();
  private final IntPages newestSeries = new IntPages();
  private final IntPages valueTenants = new IntPages();
  private int valueCount;
  private int[] table = new int[1 << 10];

  /** Is told the values of a name, as long as it wants more. */
  interface Visitor {
    boolean value(int pair, int firstSeries, int newestSeries);
  }

  // ---- writing, by one thread ----

  /** Notes that a tenant's series, the newest of all, has a pair whose name has this number. */
  void add(int tenant, int nameId, int pair, int series) {
    int mask = table.length - 1;
    int cell = hash(tenant, pair) & mask;
    for (int value = table[cell] - 1; value >= 0; value = table[cell] - 1) {
      if (valuePairs.get(value) == pair && valueTenants.get(value) == tenant) {
        newestSeries.set(value, series);
        return;
      }
      cell = cell + 1 & mask;
    }
    int value = valueCount++;
    int name = name(tenant, nameId);
    valueTenants.set(value, tenant);
    valuePairs.set(value, pair);
    firstSeries.set(value, series);
    newestSeries.set(value, series);
    valuesBefore.set(value, nameValues.get(name));
    nameValues.setRelease(name, value + 1);
    table[cell] = value + 1;
    if (valueCount * 5L > table.length * 3L) {
      grow();
    }
  }

  private static int hash(int tenant, int pair) {
    long mixed = ((long) tenant << 32 | pair) * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 32);
  }

  private void grow() {
    var grown = new int[table.length * 2];
    int mask = grown.length - 1;
    for (int value = 0; value < valueCount; value++) {
      int cell = hash(valueTenants.get(value), valuePairs.get(value)) & mask;
      while (grown[cell] != 0) {
        cell = cell + 1 & mask;
      }
      grown[cell] = value + 1;
    }
    table = grown;
  }

  /** A tenant's name, made at its first use. Walks the tenant's names, once for each new value. */
  private int name(int tenant, int nameId) {
    int newest = tenantNames.getAcquireOrZero(tenant);
    int known = find(newest, nameId);
    if (known >= 0) {
      return known;
    }
    int name = nameCount++;
    nameIds.set(name, nameId);
    namesBefore.set(name, newest);
    nameValues.set(name, 0);
    tenantNames.setRelease(tenant, name + 1);
    return name;
  }

  private int find(int newestName, int nameId) {
    int name = newestName - 1;
    while (name >= 0 && nameIds.get(name) != nameId) {
      name = namesBefore.get(name) - 1;
    }
    return name;
  }

  long bytes() {
    return tenantNames.bytes() + nameIds.bytes() + namesBefore.bytes() + nameValues.bytes()
        + valuePairs.bytes() + valuesBefore.bytes() + firstSeries.bytes() + newestSeries.bytes()
        + valueTenants.bytes() + 4L * table.length;
  }

  // ---- reading, by any thread ----

  /** The numbers of the names of a tenant, in no order. */
  int[] names(int tenant) {
    var found = new int[64];
    int size = 0;
    for (int name = tenantNames.getAcquireOrZero(tenant) - 1; name >= 0; name = namesBefore
        .get(name) - 1) {
      if (size == found.length) {
        found = Arrays.copyOf(found, size * 2);
      }
      found[size++] = nameIds.get(name);
    }
    return Arrays.copyOf(found, size);
  }

  /** Tells a visitor the values of a name of a tenant, newest first. */
  void values(int tenant, int nameId, Visitor visitor) {
    int name = find(tenantNames.getAcquireOrZero(tenant), nameId);
    if (name < 0) {
      return;
    }
    int value = nameValues.getAcquireOrZero(name) - 1;
    while (value >= 0
        && visitor.value(valuePairs.get(value), firstSeries.get(value), newestSeries.get(value))) {
      value = valuesBefore.get(value) - 1;
    }
  }
}

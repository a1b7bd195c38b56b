package io.throughline.collector.produce;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All series this collector knows, by 128-bit hash: an open-addressing table in stripes. Lookups take no
 * lock and allocate nothing; additions and removals lock one stripe.
 *
 * <p>Why lookups need no lock: a slot goes from empty to an entry and never changes again within its array;
 * growth and removal fill a new array and publish it at once. A lookup that still reads the old array may
 * miss an entry just added: the caller then registers the series again under the tenant's lock, and finds it.
 */
final class SeriesTable {
  private static final int STRIPE_BITS = 6;
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(SeriesEntry[].class);

  private final Stripe[] stripes = new Stripe[1 << STRIPE_BITS];

  SeriesTable() {
    for (int i = 0; i < stripes.length; i++) {
      stripes[i] = new Stripe();
    }
  }

  /** Hot path: once per series of a request. */
  @Nullable
  SeriesEntry find(long hashHigh, long hashLow) {
    return stripe(hashHigh).find(hashHigh, hashLow);
  }

  /** Adds an entry, unless one of the same hash is there. */
  void add(SeriesEntry entry) {
    stripe(entry.hashHigh).add(entry);
  }

  /** Passes every entry that is there throughout the call. */
  void forEach(Consumer<SeriesEntry> action) {
    for (var stripe : stripes) {
      for (var entry : stripe.slots) {
        if (entry != null) {
          action.accept(entry);
        }
      }
    }
  }

  /** Removes all entries for which the test is true; returns how many. */
  int removeIf(Predicate<SeriesEntry> test) {
    int removed = 0;
    for (var stripe : stripes) {
      removed += stripe.removeIf(test);
    }
    return removed;
  }

  int size() {
    int size = 0;
    for (var stripe : stripes) {
      size += stripe.count;
    }
    return size;
  }

  private Stripe stripe(long hashHigh) {
    return stripes[(int) (hashHigh >>> 64 - STRIPE_BITS)];
  }

  private static final class Stripe {
    private volatile @Nullable SeriesEntry[] slots = new @Nullable SeriesEntry[16];
    private volatile int count;

    @Nullable
    SeriesEntry find(long hashHigh, long hashLow) {
      var now = slots;
      int mask = now.length - 1;
      for (int at = (int) hashLow & mask;; at = at + 1 & mask) {
        var entry = (SeriesEntry) SLOT.getAcquire(now, at);
        if (entry == null || entry.hashLow == hashLow && entry.hashHigh == hashHigh) {
          return entry;
        }
      }
    }

    synchronized void add(SeriesEntry entry) {
      if (find(entry.hashHigh, entry.hashLow) != null) {
        return;
      }
      // At most five eighths full: probes stay short, and there is always an empty slot to end at.
      if ((count + 1) * 8 > slots.length * 5) {
        grow();
      }
      insert(slots, entry);
      count = count + 1;
    }

    synchronized int removeIf(Predicate<SeriesEntry> test) {
      // Each entry is asked once: what the test reads may change meanwhile.
      var keep = new ArrayList<SeriesEntry>(count);
      for (var entry : slots) {
        if (entry != null && !test.test(entry)) {
          keep.add(entry);
        }
      }
      int removed = count - keep.size();
      if (removed > 0) {
        int capacity = 16;
        while (keep.size() * 8 > capacity * 4) {
          capacity *= 2;
        }
        var next = new @Nullable SeriesEntry[capacity];
        keep.forEach(entry -> insert(next, entry));
        slots = next;
        count = keep.size();
      }
      return removed;
    }

    private void grow() {
      var next = new @Nullable SeriesEntry[slots.length * 2];
      for (var entry : slots) {
        if (entry != null) {
          insert(next, entry);
        }
      }
      slots = next;
    }

    private static void insert(@Nullable SeriesEntry[] into, SeriesEntry entry) {
      int mask = into.length - 1;
      int at = (int) entry.hashLow & mask;
      while (into[at] != null) {
        at = at + 1 & mask;
      }
      SLOT.setRelease(into, at, entry);
    }
  }
}

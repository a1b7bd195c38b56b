package io.throughline.query.view;

import io.throughline.model.Tenant;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.store.Snapshot;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Keeps every tenant's entity graph level with the store's registry: each series passes the rules once,
 * in the order of the dense ids, so the pass after a snapshot costs only what is new in it.
 *
 * <p>Readers and the pass exclude each other by one lock; readers take what they need (references, no
 * samples) and let go.
 */
final class RegistryFollower {
  private final Catalogue catalogue;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final Map<Integer, Integer> seen = new HashMap<>();
  private final Map<Tenant, EntityGraph> graphs = new HashMap<>();
  private final EntityGraph empty;

  RegistryFollower(Catalogue catalogue) {
    this.catalogue = catalogue;
    this.empty = new EntityGraph(catalogue);
  }

  /** Applies the rules to every series that this snapshot knows and no pass before knew. */
  void follow(Snapshot snapshot) {
    if (!isBehind(snapshot)) {
      return;
    }
    lock.writeLock().lock();
    try {
      for (int partition : snapshot.nextOffsets().keySet()) {
        int next = seen.getOrDefault(partition, 0);
        int end = snapshot.seriesCount(partition);
        for (; next < end; next++) {
          var entry = snapshot.series(partition, next);
          graphs.computeIfAbsent(entry.tenant(), tenant -> new EntityGraph(catalogue))
              .add(partition,
                  next, entry.labels());
        }
        seen.merge(partition, end, Math::max);
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private boolean isBehind(Snapshot snapshot) {
    lock.readLock().lock();
    try {
      for (int partition : snapshot.nextOffsets().keySet()) {
        if (snapshot.seriesCount(partition) > seen.getOrDefault(partition, 0)) {
          return true;
        }
      }
      return false;
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Reads the tenant's graph under the lock; what is returned must not be the graph itself. */
  <T extends @Nullable Object> T read(Tenant tenant, Function<EntityGraph, T> reader) {
    lock.readLock().lock();
    try {
      return reader.apply(graphs.getOrDefault(tenant, empty));
    } finally {
      lock.readLock().unlock();
    }
  }
}

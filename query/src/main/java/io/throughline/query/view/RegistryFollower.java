package io.throughline.query.view;

import io.throughline.model.Tenant;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.store.Snapshot;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Keeps every tenant's entity graph level with the store's registry: each series passes the rules once,
 * in the order of the dense ids, so the pass after a snapshot costs only what is new in it.
 *
 * <p>Readers and the pass exclude each other by one lock, which the pass gives up every {@value #AT_ONCE}
 * series: a page waits for a few milliseconds of a long pass, never for all of it. Readers take what they
 * need (references, no samples) and let go.
 */
final class RegistryFollower {
  private static final int AT_ONCE = 2_000;

  private final Catalogue catalogue;
  private final JoinRules rules;
  private final ReentrantLock pass = new ReentrantLock();
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock(true);
  private final Map<Integer, Integer> seen = new HashMap<>();
  private final Map<Tenant, EntityGraph> graphs = new HashMap<>();
  private final EntityGraph empty;

  RegistryFollower(Catalogue catalogue) {
    this(catalogue, new JoinRules(null));
  }

  RegistryFollower(Catalogue catalogue, JoinRules rules) {
    this.catalogue = catalogue;
    this.rules = rules;
    this.empty = new EntityGraph(catalogue, List.of());
  }

  /** Forgets all and begins anew, for rules that changed; what follows next costs a whole pass. */
  void startAgain() {
    pass.lock();
    lock.writeLock().lock();
    try {
      seen.clear();
      graphs.clear();
    } finally {
      lock.writeLock().unlock();
      pass.unlock();
    }
  }

  /** Applies the rules to every series that this snapshot knows and no pass before knew. */
  void follow(Snapshot snapshot) {
    follow(snapshot, Long.MAX_VALUE);
  }

  /**
   * The same for at most so long.
   *
   * @return how many series of the snapshot have not passed yet: what a page made now cannot show
   */
  long follow(Snapshot snapshot, long patienceNanos) {
    if (behind(snapshot) == 0) {
      return 0;
    }
    long started = System.nanoTime();
    boolean mine = false;
    try {
      mine = pass.tryLock(patienceNanos, TimeUnit.NANOSECONDS);
      while (mine && System.nanoTime() - started < patienceNanos) {
        if (!followSome(snapshot)) {
          return 0;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (mine) {
        pass.unlock();
      }
    }
    return behind(snapshot);
  }

  /** One hold of the lock; false where nothing was left to do. */
  private boolean followSome(Snapshot snapshot) {
    lock.writeLock().lock();
    try {
      int left = AT_ONCE;
      for (int partition : snapshot.nextOffsets().keySet()) {
        int next = seen.getOrDefault(partition, 0);
        int end = snapshot.seriesCount(partition);
        for (; next < end && left > 0; left--) {
          var entry = snapshot.series(partition, next);
          graphs
              .computeIfAbsent(entry.tenant(),
                  tenant -> new EntityGraph(catalogue, rules.of(tenant)))
              .add(partition, next, entry.labels());
          next++;
          seen.put(partition, next);
        }
      }
      return left == 0;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private long behind(Snapshot snapshot) {
    lock.readLock().lock();
    try {
      long behind = 0;
      for (int partition : snapshot.nextOffsets().keySet()) {
        behind += Math.max(0, snapshot.seriesCount(partition) - seen.getOrDefault(partition, 0));
      }
      return behind;
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

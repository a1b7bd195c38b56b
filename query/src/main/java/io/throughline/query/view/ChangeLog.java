package io.throughline.query.view;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.throughline.model.Tenant;
import io.throughline.model.identity.Entity;
import io.throughline.store.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What changed, by service and node, remembered so that it is looked up once. At most 20,000 services are
 * remembered; one that nobody asked for during an hour is forgotten and looked up again.
 */
final class ChangeLog {
  /** How far back the last change of a service is looked for. */
  static final long LOOKED_BACK_MS = 6 * 3_600_000L;

  private record Key(Tenant tenant, Entity entity) {}

  private final Cache<Key, ChangeTracker> trackers = Caffeine.newBuilder()
      .maximumSize(20_000)
      .expireAfterAccess(Duration.ofHours(1))
      .build();
  private final AtomicLong samplesRead = new AtomicLong();

  long samplesRead() {
    return samplesRead.get();
  }

  private ChangeTracker tracker(Tenant tenant, Entity entity) {
    return trackers.get(new Key(tenant, entity), key -> new ChangeTracker());
  }

  /** The changes of a page in {@code [startMs, endMs]}, ascending. */
  List<Change> between(Tenant tenant, Scope scope, Snapshot snapshot, long startMs, long endMs) {
    var tracker = tracker(tenant, scope.self().entity());
    // A window that moves on must not begin anew at each poll.
    var changes = tracker.between(scope, snapshot, startMs, endMs);
    samplesRead.addAndGet(tracker.takeSamplesRead());
    return changes;
  }

  /** The newest change known of an entity, however old the look is; null where none is known. */
  @Nullable
  Change last(Tenant tenant, Entity entity) {
    var tracker = trackers.getIfPresent(new Key(tenant, entity));
    return tracker == null ? null : tracker.last();
  }

  /** Looks at those services again that were looked at longest ago, at most so many. */
  void keepUp(Tenant tenant, List<Scope> services, Snapshot snapshot, long endMs, int most) {
    record Due(Scope scope, long toMs) {}
    var due = new ArrayList<Due>(services.size());
    for (var scope : services) {
      due.add(new Due(scope, tracker(tenant, scope.self().entity()).toMs()));
    }
    due.sort(Comparator.comparingLong(Due::toMs));
    for (var each : due.subList(0, Math.min(most, due.size()))) {
      between(tenant, each.scope(), snapshot, endMs - LOOKED_BACK_MS, endMs);
    }
  }
}

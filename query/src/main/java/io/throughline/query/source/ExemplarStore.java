package io.throughline.query.source;

import io.throughline.model.Exemplar;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.Tenant;
import io.throughline.query.promql.Matchers;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The newest exemplars of each tenant, in memory: at a tenant's bound its oldest goes, as in Prometheus. What was held is
 * gone when the process ends. Thread-safe.
 */
public final class ExemplarStore {

  /** So many bounds full at once; at it, who has something to forget makes room, others are refused. */
  private static final int FULL_TENANTS = 10;

  private final int mostPerTenant;
  private final AtomicLong held = new AtomicLong();
  private final ConcurrentHashMap<Tenant, Held> tenants = new ConcurrentHashMap<>();

  /** Exemplars of one series in a reply, ascending by time. */
  public record Found(Labels series, List<Exemplar> exemplars) {}

  /** One tenant's: by series, and all in the order they came. */
  private static final class Held {
    final Map<Labels, ArrayDeque<Exemplar>> bySeries = new HashMap<>();
    final ArrayDeque<Exemplar> inOrder = new ArrayDeque<>();
  }

  /** @param mostPerTenant 0 to keep none */
  public ExemplarStore(int mostPerTenant) {
    if (mostPerTenant < 0) {
      throw new IllegalArgumentException(
          "most exemplars must not be negative, got " + mostPerTenant);
    }
    this.mostPerTenant = mostPerTenant;
  }

  /** Takes an exemplar that is newer than its series' last; false if it is not, or there is no room for it. */
  public boolean add(Tenant tenant, Exemplar exemplar) {
    if (mostPerTenant == 0) {
      return false;
    }
    var mine = tenants.computeIfAbsent(tenant, _ -> new Held());
    synchronized (mine) {
      var known = mine.bySeries.get(exemplar.series());
      if (known != null && known.getLast().timeMs() >= exemplar.timeMs()) {
        return false;
      }
      boolean full = mine.inOrder.size() >= mostPerTenant
          || held.get() >= (long) FULL_TENANTS * mostPerTenant;
      if (full && !forgetOldest(mine)) {
        return false;
      }
      // What was forgotten may have been the series' only one.
      mine.bySeries.computeIfAbsent(exemplar.series(), _ -> new ArrayDeque<>(2)).add(exemplar);
      mine.inOrder.add(exemplar);
      held.incrementAndGet();
      return true;
    }
  }

  private boolean forgetOldest(Held mine) {
    var oldest = mine.inOrder.poll();
    if (oldest == null) {
      return false;
    }
    var ofSeries = mine.bySeries.get(oldest.series());
    if (ofSeries != null) {
      ofSeries.poll();
      if (ofSeries.isEmpty()) {
        mine.bySeries.remove(oldest.series());
      }
    }
    held.decrementAndGet();
    return true;
  }

  /** The exemplars in a range, both ends included, of series that one of the selectors finds; ascending by labels. */
  public List<Found> select(Tenant tenant, List<List<Matcher>> selectors, long minTimeMs,
      long maxTimeMs) {
    var mine = tenants.get(tenant);
    var found = new ArrayList<Found>();
    if (mine == null) {
      return found;
    }
    synchronized (mine) {
      mine.bySeries.forEach((series, exemplars) -> {
        boolean wanted = false;
        for (var matchers : selectors) {
          wanted = wanted || Matchers.matches(matchers, series);
        }
        var inRange = new ArrayList<Exemplar>();
        for (var exemplar : exemplars) {
          if (wanted && exemplar.timeMs() >= minTimeMs && exemplar.timeMs() <= maxTimeMs) {
            inRange.add(exemplar);
          }
        }
        if (!inRange.isEmpty()) {
          found.add(new Found(series, inRange));
        }
      });
    }
    found.sort((a, b) -> a.series().compareTo(b.series()));
    return found;
  }
}

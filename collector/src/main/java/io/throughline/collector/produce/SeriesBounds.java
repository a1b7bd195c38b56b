package io.throughline.collector.produce;

import io.throughline.model.Fingerprint;
import io.throughline.model.Tenant;
import io.throughline.model.wire.SeriesFilter;
import io.throughline.model.wire.ShardLoad;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What shards have said they hold, and so which new series may still come. Shards speak about once a second; what was
 * admitted since is added here, so that a burst between two words of theirs does not pass unseen.
 *
 * <p>A series that its shard knows is always taken, whether or not this collector has met it: after a restart it has
 * met none.
 */
final class SeriesBounds {
  /** Within {@value #SLICES} of these a shard has said that it holds what was admitted. */
  private static final long SLICE_NANOS = 250_000_000L;
  private static final int SLICES = 8;

  private final double tenantRatio;
  private final Map<Integer, Shard> shards = new HashMap<>();
  private final Map<Long, Node> nodes = new HashMap<>();
  private boolean readToEnd;

  private static final class Shard {
    private ShardLoad load;
    private @Nullable SeriesFilter filter;

    Shard(ShardLoad load) {
      this.load = load;
    }
  }

  /** What the shards of one process hold together. */
  private static final class Node {
    private final Count all = new Count();
    private final Map<Tenant, Count> tenants = new HashMap<>();
    private long budget;
  }

  /** Series that shards said they hold, and those admitted since, by slices of time. */
  private static final class Count {
    private long known;
    private long pending;
    private final int[] admitted = new int[SLICES];
    private long slice = Long.MIN_VALUE;

    long total() {
      return known + pending;
    }

    void admit(long nowNanos) {
      turn(nowNanos);
      admitted[Math.floorMod(slice, SLICES)]++;
      pending++;
    }

    void turn(long nowNanos) {
      long now = Math.floorDiv(nowNanos, SLICE_NANOS);
      for (long next = Math.max(slice + 1, now - SLICES + 1); next <= now; next++) {
        int turned = Math.floorMod(next, SLICES);
        pending -= admitted[turned];
        admitted[turned] = 0;
        slice = next;
      }
    }

    /** How many there are, for a message. */
    String said() {
      return known + (pending == 0 ? "" : " (and " + pending + " about to come)") + " series";
    }
  }

  /** @param tenantRatio of what a node may hold, what one tenant may */
  SeriesBounds(double tenantRatio) {
    this.tenantRatio = tenantRatio;
  }

  /**
   * Whether everything that was said before is known. Until then nothing is refused: on the way there one shard is
   * already full and another's filter has not been read.
   */
  synchronized void readToEnd(boolean known) {
    readToEnd = known;
  }

  synchronized void take(ShardLoad load) {
    var shard = shards.computeIfAbsent(load.partition(), _ -> new Shard(load));
    shard.load = load;
    if (load.filterPieces() == 0) {
      shard.filter = null;
    } else if (shard.filter == null || shard.filter.pieceCount() != load.filterPieces()) {
      // Until its pieces have come: better one series too many than one of those that are there.
      shard.filter = SeriesFilter.ofAll(load.filterPieces());
    }
    count();
  }

  private void count() {
    nodes.values().forEach(node -> {
      node.all.known = 0;
      node.tenants.values().forEach(count -> count.known = 0);
    });
    shards.values().forEach(shard -> {
      var node = nodes.computeIfAbsent(shard.load.node(), _ -> new Node());
      node.budget = shard.load.budget();
      shard.load.series().forEach((tenant, series) -> {
        node.all.known += series;
        node.tenants.computeIfAbsent(tenant, _ -> new Count()).known += series;
      });
    });
    nodes.keySet()
        .removeIf(node -> shards.values().stream().noneMatch(shard -> shard.load.node() == node));
  }

  synchronized void takePiece(int partition, int piece, byte[] bytes) {
    var shard = shards.get(partition);
    if (shard != null && shard.filter != null && piece < shard.filter.pieceCount()) {
      shard.filter.put(piece, bytes);
    }
  }

  /** Whether half of what a tenant may hold is there. */
  synchronized boolean isNear(Tenant tenant, int partition) {
    var node = node(partition);
    if (node == null || node.budget == 0) {
      return false;
    }
    var own = node.tenants.get(tenant);
    return node.all.total() * 2 >= node.budget
        || own != null && own.total() * 2 >= node.budget * tenantRatio;
  }

  private @Nullable Node node(int partition) {
    var shard = shards.get(partition);
    return shard == null ? null : nodes.get(shard.load.node());
  }

  /**
   * Why a series that this collector has not met is not taken, or null, and then it is counted.
   *
   * @param labels canonical
   */
  synchronized @Nullable Refusal refusal(TenantSeries tenant, int partition, byte[] labels,
      long nowNanos) {
    var node = node(partition);
    if (!readToEnd || node == null || node.budget == 0) {
      return null;
    }
    var shard = shards.get(partition);
    if (shard != null && shard.filter != null
        && shard.filter.contains(Fingerprint.of(tenant.hashSeed, labels, 0, labels.length))) {
      return null;
    }
    if (shard != null && shard.filter == null && node.all.known * 2 >= node.budget) {
      // Half of the bound is there, perhaps in other shards: this one says within a second which series it holds.
      return null;
    }
    node.all.turn(nowNanos);
    if (node.all.total() >= node.budget) {
      return new Refusal("memory", "the shards hold " + node.all.said() + " of all tenants, "
          + "memory is set aside for " + node.budget
          + " (ingest.series-memory-ratio; give the process more memory, or drop what is not needed)",
          false);
    }
    var own = node.tenants.computeIfAbsent(tenant.tenant, _ -> new Count());
    own.turn(nowNanos);
    long most = (long) (node.budget * tenantRatio);
    if (own.total() >= most) {
      return new Refusal("tenant_memory",
          "the shards hold " + own.said() + " of tenant '" + tenant.tenant
              + "', of the memory set aside it may take that of " + most
              + " (collector.intake.tenant-memory-ratio)",
          false);
    }
    node.all.admit(nowNanos);
    own.admit(nowNanos);
    return null;
  }
}

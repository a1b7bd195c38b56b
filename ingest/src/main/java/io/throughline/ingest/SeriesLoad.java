package io.throughline.ingest;

import io.throughline.model.Fingerprint;
import io.throughline.model.Tenant;
import io.throughline.model.wire.SeriesFilter;
import io.throughline.model.wire.ShardLoad;
import io.throughline.store.ShardWriter;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How many series a shard holds, by tenant, and near the node's bound which ones: what collectors are told. A series is
 * looked at once; far from the bound that is one read of its tenant. Used by the shard's worker.
 */
final class SeriesLoad {
  /** Of a filter, sent at once: what is left comes a second later. */
  private static final int PIECES_AT_ONCE = 16;

  private final int partition;
  private final Node node;
  private final Map<Tenant, Long> counts = new HashMap<>();
  private final Map<Tenant, Integer> seeds = new HashMap<>();
  private int counted;
  private int filtered;
  private @Nullable SeriesFilter filter;
  private boolean told;

  /**
   * The shards of one process together.
   *
   * @param id drawn at the start
   * @param budget series they may hold together, 0 = no bound
   * @param series they hold
   */
  record Node(long id, long budget, int shards, AtomicLong series) {

    boolean isNear() {
      return budget > 0 && series.get() * 2 >= budget;
    }
  }

  /** Takes records for the topic {@code admission}. */
  interface Teller {
    void tell(byte[] key, byte[] value);
  }

  SeriesLoad(int partition, Node node) {
    this.partition = partition;
    this.node = node;
  }

  /** Everything is told again, because something of it may not have arrived. */
  void tellAgain() {
    told = false;
    if (filter != null) {
      filter.changeAll();
    }
  }

  /** Looks at the series made since the last call and tells what is new. */
  void look(ShardWriter writer, Teller teller) {
    int count = writer.seriesCount();
    boolean news = count > counted || !told;
    for (int id = counted; id < count; id++) {
      counts.merge(writer.tenant(id), 1L, Long::sum);
    }
    node.series().addAndGet(count - counted);
    counted = count;
    if (node.isNear()) {
      news |= filter == null;
      filter(writer, count);
    }
    if (news) {
      var pieces = filter == null ? 0 : filter.pieceCount();
      teller.tell(ShardLoad.key(partition),
          new ShardLoad(partition, node.id(), node.budget(), pieces, counts).value());
      told = true;
    }
    if (filter != null) {
      int left = PIECES_AT_ONCE;
      for (int piece = filter.takeChanged(); piece >= 0; piece = --left > 0
          ? filter.takeChanged()
          : -1) {
        teller.tell(ShardLoad.pieceKey(partition, piece),
            ShardLoad.pieceValue(filter.piece(piece)));
      }
    }
  }

  private void filter(ShardWriter writer, int count) {
    var all = filter;
    if (all == null) {
      // Twice an equal share: targets are not spread evenly.
      all = new SeriesFilter(SeriesFilter.piecesFor(2 * node.budget() / node.shards()));
      filter = all;
    }
    for (; filtered < count; filtered++) {
      var tenant = writer.tenant(filtered);
      var labels = writer.labels(filtered).canonicalBytes();
      all.add(Fingerprint.of(seeds.computeIfAbsent(tenant, Fingerprint::seed), labels, 0,
          labels.length));
    }
  }
}

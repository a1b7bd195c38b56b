package io.throughline.store.series;

import io.throughline.model.Matcher;
import io.throughline.model.Tenant;
import java.io.IOException;
import java.util.List;
import org.apache.lucene.store.Directory;
import org.jspecify.annotations.Nullable;

/**
 * The {@link SeriesIndex} of a shard, opened at the first catch-up rather than with the shard: loading Lucene
 * takes a process that has just started longer than reading all series. Until then the registry is scanned,
 * some 50 ns a series.
 */
public final class DeferredIndex implements AutoCloseable {
  private final Opener opener;
  private final Registry registry;
  private final int knownSeries;
  private volatile @Nullable SeriesIndex index;
  private boolean closed;

  /** Opens the folder of the index. */
  public interface Opener {
    Directory open() throws IOException;
  }

  /** For a registry that was just read. */
  public DeferredIndex(Opener opener, Registry registry) {
    this.opener = opener;
    this.registry = registry;
    knownSeries = registry.seriesCount();
  }

  /** See {@link SeriesIndex#catchUp}. */
  public synchronized void catchUp(int published, int flushed) throws IOException {
    if (closed) {
      return;
    }
    var opened = index;
    if (opened == null) {
      opened = SeriesIndex.open(opener.open(), registry, knownSeries);
      index = opened;
    }
    opened.catchUp(published, flushed);
  }

  /** The ids below {@code count} that all matchers accept, ascending. */
  public int[] select(Tenant tenant, List<Matcher> matchers, int count) {
    var opened = index;
    return opened == null
        ? registry.select(tenant, matchers, 0, count)
        : opened.select(tenant, matchers, count);
  }

  /** See {@link SeriesIndex#keptBytes}. */
  public long keptBytes() {
    var opened = index;
    return opened == null ? 0 : opened.keptBytes();
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    var opened = index;
    if (opened != null) {
      opened.close();
    }
  }
}

package io.throughline.store;

import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.MetricType;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All shards of a store as they were at one moment. Taken without locks, readable by any thread until
 * closed; files of parts that were merged away meanwhile stay until then.
 *
 * <p>Time ranges include both ends. A limit that is passed ends the call with a {@code LIMIT} failure
 * that names the number reached.
 */
public interface Snapshot extends AutoCloseable {

  /** The first offset not seen by this snapshot, for each partition that the store holds. */
  Map<Integer, Long> nextOffsets();

  /**
   * The series that match and may have samples in the range, ascending by labels. Regular expressions
   * are RE2, anchored.
   *
   * @param matchers may be empty: then every series of the tenant
   */
  List<Series> select(Tenant tenant, List<Matcher> matchers, long minTimeMs, long maxTimeMs,
      int maxSeries);

  /**
   * As {@link #select}, in an order of the store's own: the same each time, and without comparing labels,
   * which costs more than reading a few samples of each series.
   */
  default List<Series> selectUnsorted(Tenant tenant, List<Matcher> matchers, long minTimeMs,
      long maxTimeMs, int maxSeries) {
    return select(tenant, matchers, minTimeMs, maxTimeMs, maxSeries);
  }

  /** Names of the labels on series that {@link #select} would find, ascending. */
  List<String> labelNames(Tenant tenant, List<Matcher> matchers, long minTimeMs, long maxTimeMs);

  /** Values of one label on series that {@link #select} would find, ascending. */
  List<String> labelValues(Tenant tenant, String name, List<Matcher> matchers, long minTimeMs,
      long maxTimeMs);

  /** The distinct metadata of each metric name, newest first. */
  Map<String, Set<SeriesMetadata>> metadata(Tenant tenant);

  /** The number of series a shard has ever known; ids run from 0 to this number, excluded. */
  int seriesCount(int partition);

  /** One series by its id, whatever its tenant; for indexes that follow the registry. */
  SeriesEntry series(int partition, int seriesId);

  /**
   * One series by its id, whatever its tenant, without a look-up by labels: an index that follows the
   * registry has checked the tenant. It may have no samples at all. Costs nothing until it is read.
   */
  Series open(int partition, int seriesId);

  /** Stretches of the log that were lost before they could be applied. */
  default List<Gap> gaps() {
    return List.of();
  }

  /** What is missing from this snapshot because files are damaged, for people to read. */
  default List<String> warnings() {
    return List.of();
  }

  @Override
  void close();

  /** A series as the registry knows it. */
  record SeriesEntry(Tenant tenant, Labels labels, SeriesMetadata metadata) {}

  /** One selected series. Valid until its snapshot is closed; not thread-safe. */
  interface Series {
    Labels labels();

    MetricType type();

    /** The shard and the id in it, which together name the series within this store. */
    int partition();

    int seriesId();

    /**
     * Replaces the buffer's content by this series' samples in the range: ascending, one per
     * timestamp, stale markers included.
     */
    void read(long minTimeMs, long maxTimeMs, SampleBuffer into);

    /**
     * Before this time the series may be thinned: of each interval of its retention class first, last,
     * lowest and highest sample are left. {@link Long#MIN_VALUE} where it is not.
     */
    default long thinnedBeforeMs() {
      return Long.MIN_VALUE;
    }

    /**
     * As {@link #read}, but the store may leave out what is not needed, so that whole chunks need not be
     * decoded: worth it where the range is longer than a chunk, {@code max_over_time(x[7d])} at one time.
     * {@link Need} says what then stands in the buffer, {@link SampleBuffer#leftOut} how many samples do
     * not. What is answered from the buffer has the same bits as if it held everything.
     */
    default void readNeeded(Need need, long minTimeMs, long maxTimeMs, SampleBuffer into) {
      read(minTimeMs, maxTimeMs, into);
    }
  }
}

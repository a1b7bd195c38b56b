package io.throughline.store;

import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.MetricType;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The views of all shards, held from one moment on until closed. */
final class StoreSnapshot implements Snapshot {
  private final List<Shard> shards;
  private final List<RetentionClass> classes;
  private final long nowMs;
  private final Shard.View[] views;
  private final Queue<SeriesReader> spares;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param nowMs when it was taken; says how old samples are
   * @param spares readers that nobody uses; those of this snapshot are offered to it at its end
   */
  StoreSnapshot(List<Shard> shards, List<RetentionClass> classes, long nowMs,
      Queue<SeriesReader> spares) {
    this.spares = spares;
    this.shards = shards;
    this.classes = classes;
    this.nowMs = nowMs;
    views = new Shard.View[shards.size()];
    for (int i = 0; i < views.length; i++) {
      views[i] = shards.get(i).acquire();
    }
  }

  @Override
  public Map<Integer, Long> nextOffsets() {
    var offsets = new TreeMap<Integer, Long>();
    for (int i = 0; i < views.length; i++) {
      offsets.put(shards.get(i).partition(), views[i].position().nextOffset());
    }
    return offsets;
  }

  @Override
  public List<Gap> gaps() {
    var all = new ArrayList<Gap>();
    for (var view : views) {
      all.addAll(view.gaps());
    }
    return all;
  }

  @Override
  public List<String> warnings() {
    var all = new ArrayList<String>();
    shards.forEach(shard -> all.addAll(shard.warnings()));
    return all;
  }

  /** The ids in one shard that match and may have samples in the range. */
  private int[] ids(int shard, Tenant tenant, List<Matcher> matchers, long minTimeMs,
      long maxTimeMs) {
    checkOpen();
    var view = views[shard];
    var ids = shards.get(shard).select(tenant, matchers, view);
    var presence = new Presence(view, minTimeMs, maxTimeMs);
    presence.expect(ids.length);
    int kept = 0;
    for (int id : ids) {
      if (presence.test(id)) {
        ids[kept++] = id;
      }
    }
    return Arrays.copyOf(ids, kept);
  }

  @Override
  public List<Series> select(Tenant tenant, List<Matcher> matchers, long minTimeMs, long maxTimeMs,
      int maxSeries) {
    var found = selectUnsorted(tenant, matchers, minTimeMs, maxTimeMs, maxSeries);
    found.sort(Comparator.comparing(Series::labels));
    return found;
  }

  @Override
  public List<Series> selectUnsorted(Tenant tenant, List<Matcher> matchers, long minTimeMs,
      long maxTimeMs, int maxSeries) {
    var found = new ArrayList<Series>();
    for (int i = 0; i < views.length; i++) {
      var ids = ids(i, tenant, matchers, minTimeMs, maxTimeMs);
      if (found.size() + (long) ids.length > maxSeries) {
        throw Failure.limit("the selector " + matchers + " finds " + (found.size() + ids.length)
            + " series or more, the limit is " + maxSeries + "; narrow it with another label");
      }
      for (int id : ids) {
        found.add(new StoredSeries(i, id));
      }
    }
    return found;
  }

  @Override
  public List<String> labelNames(Tenant tenant, List<Matcher> matchers, long minTimeMs,
      long maxTimeMs) {
    checkOpen();
    var found = new ArrayList<String>();
    for (int i = 0; i < views.length; i++) {
      var registry = shards.get(i).registry();
      if (matchers.isEmpty()) {
        new LabelSearch(shards.get(i), views[i], tenant, minTimeMs, maxTimeMs).names(found);
      } else {
        var names = new BitSet();
        registry.collectNames(tenant, bits(ids(i, tenant, matchers, minTimeMs, maxTimeMs)), names);
        names.stream().forEach(name -> found.add(registry.name(name)));
      }
    }
    return distinct(found);
  }

  @Override
  public List<String> labelValues(Tenant tenant, String name, List<Matcher> matchers,
      long minTimeMs, long maxTimeMs) {
    checkOpen();
    var found = new ArrayList<String>();
    for (int i = 0; i < views.length; i++) {
      var registry = shards.get(i).registry();
      if (matchers.isEmpty()) {
        new LabelSearch(shards.get(i), views[i], tenant, minTimeMs, maxTimeMs).values(name, found);
      } else {
        var pairs = new BitSet();
        registry.collectPairs(tenant, registry.nameIdOf(name),
            bits(ids(i, tenant, matchers, minTimeMs, maxTimeMs)), pairs);
        pairs.stream().forEach(pair -> found.add(registry.pairValue(pair)));
      }
    }
    return distinct(found);
  }

  private static BitSet bits(int[] ids) {
    var bits = new BitSet();
    for (int id : ids) {
      bits.set(id);
    }
    return bits;
  }

  /** Sorted, each once: a label of several shards comes from each. */
  private static List<String> distinct(List<String> found) {
    found.sort(Labels::compareUtf8);
    var distinct = new ArrayList<String>(found.size());
    for (var one : found) {
      if (distinct.isEmpty() || !distinct.getLast().equals(one)) {
        distinct.add(one);
      }
    }
    return List.copyOf(distinct);
  }

  @Override
  public Map<String, Set<SeriesMetadata>> metadata(Tenant tenant) {
    checkOpen();
    var all = new TreeMap<String, Set<SeriesMetadata>>();
    for (int i = 0; i < views.length; i++) {
      shards.get(i)
          .registry()
          .metadata(tenant, views[i].seriesCount())
          .forEach((name, described) -> all.computeIfAbsent(name, key -> new LinkedHashSet<>())
              .addAll(described));
    }
    return all;
  }

  private int indexOf(int partition) {
    for (int i = 0; i < views.length; i++) {
      if (shards.get(i).partition() == partition) {
        return i;
      }
    }
    throw new IllegalArgumentException("partition " + partition + " is not in this store");
  }

  @Override
  public int seriesCount(int partition) {
    return views[indexOf(partition)].seriesCount();
  }

  @Override
  public SeriesEntry series(int partition, int seriesId) {
    int shard = indexOf(partition);
    if (seriesId < 0 || seriesId >= views[shard].seriesCount()) {
      throw new IllegalArgumentException("series " + seriesId + " of partition " + partition
          + " is not known, ids run to " + views[shard].seriesCount());
    }
    var registry = shards.get(shard).registry();
    return new SeriesEntry(registry.tenant(seriesId), registry.labels(seriesId),
        registry.metadata(seriesId));
  }

  @Override
  public Series open(int partition, int seriesId) {
    int shard = indexOf(partition);
    if (seriesId < 0 || seriesId >= views[shard].seriesCount()) {
      throw new IllegalArgumentException("series " + seriesId + " of partition " + partition
          + " is not known, ids run to " + views[shard].seriesCount());
    }
    return new StoredSeries(shard, seriesId);
  }

  private void checkOpen() {
    if (closed.get()) {
      throw new IllegalStateException("the snapshot is closed");
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      for (var view : views) {
        view.contents().release();
      }
      for (var reader = readers.poll(); reader != null; reader = readers.poll()) {
        if (reader.isSmall()) {
          // Where there are enough of them it goes.
          spares.offer(reader);
        }
      }
    }
  }

  private final ConcurrentLinkedQueue<SeriesReader> readers = new ConcurrentLinkedQueue<>();

  private final class StoredSeries implements Series {
    private final int shard;
    private final int id;
    private @Nullable Labels labels;

    StoredSeries(int shard, int id) {
      this.shard = shard;
      this.id = id;
    }

    @Override
    public Labels labels() {
      var known = labels;
      if (known == null) {
        known = shards.get(shard).registry().labels(id);
        labels = known;
      }
      return known;
    }

    @Override
    public MetricType type() {
      return shards.get(shard).registry().metadata(id).type();
    }

    @Override
    public int partition() {
      return shards.get(shard).partition();
    }

    @Override
    public int seriesId() {
      return id;
    }

    @Override
    public long thinnedBeforeMs() {
      int one = shards.get(shard).classes().of(id);
      return one == 0 ? Long.MIN_VALUE : Keeping.wholeFromMs(classes.get(one - 1), nowMs);
    }

    @Override
    public void read(long minTimeMs, long maxTimeMs, SampleBuffer into) {
      readNeeded(Need.ALL, minTimeMs, maxTimeMs, into);
    }

    @Override
    public void readNeeded(Need need, long minTimeMs, long maxTimeMs, SampleBuffer into) {
      checkOpen();
      var reader = readers.poll();
      if (reader == null) {
        reader = spares.poll();
      }
      if (reader == null) {
        reader = new SeriesReader();
      }
      reader.readNeeded(shards.get(shard), views[shard], id, need, minTimeMs, maxTimeMs, into);
      readers.add(reader);
    }
  }
}

package io.throughline.ingest;

import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.model.wire.RecordWriter;
import io.throughline.model.wire.SetReader;
import io.throughline.store.ShardWriter;
import java.util.Arrays;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the ordinals of records mean: the series sets of one partition.
 *
 * <p>Additions are kept as they came, front-coded, and decoded when a record first uses one of their
 * series: a start reads the sets of collectors long gone too. A series gets its id in the shard at its first
 * sample, so ids are given in the order of the log of samples, however far the sets have been read.
 *
 * <p>Additions may come in any order and more than once: collectors announce them again, and compaction
 * removes the earlier copies one by one. A set is dropped once the topic no longer holds any announcement of
 * it, which is long after the last record that could use it.
 */
final class SetTable {
  private static final int UNRESOLVED = -1;
  private static final int[] NO_IDS = {};
  private static final @Nullable Addition[] NO_ADDITIONS = {};

  private final HashMap<Key, SeriesSet> sets = new HashMap<>();
  private final SetReader reader = new SetReader();

  private record Key(long collectorId, long setNumber) {}

  /**
   * Takes a record of the topic of series sets.
   *
   * @throws io.throughline.model.Failure CORRUPT where it is none; the table is unchanged then
   */
  void add(byte[] value, long offset) {
    reader.read(value);
    var set = sets.computeIfAbsent(new Key(reader.collectorId(), reader.setNumber()),
        ignored -> new SeriesSet(reader.tenant()));
    if (set.tenant.equals(reader.tenant())) {
      set.add(reader.firstOrdinal(), reader.count(), value);
      set.lastOffset = Math.max(set.lastOffset, offset);
    }
  }

  @Nullable
  SeriesSet find(long collectorId, long setNumber) {
    return sets.get(new Key(collectorId, setNumber));
  }

  /** Drops the sets of which the topic holds nothing at or above its first offset. */
  void dropBelow(long firstOffset) {
    sets.values().removeIf(set -> set.lastOffset < firstOffset);
  }

  int size() {
    return sets.size();
  }

  /** One series set as far as it is known. */
  final class SeriesSet {
    private final Tenant tenant;
    private long lastOffset;

    /** By ordinal; {@link #UNRESOLVED} until the first sample. */
    private int[] seriesIds = NO_IDS;

    /** By ordinal, where the series is known but not resolved: what holds its labels. */
    private @Nullable Addition[] additions = NO_ADDITIONS;
    private int unresolved;

    SeriesSet(Tenant tenant) {
      this.tenant = tenant;
    }

    Tenant tenant() {
      return tenant;
    }

    private void add(int firstOrdinal, int count, byte[] encoded) {
      int end = firstOrdinal + count;
      if (end > seriesIds.length) {
        int known = seriesIds.length;
        int capacity = Math.min(RecordWriter.MAX_SERIES_PER_SET, Math.max(end, known + known / 2));
        seriesIds = Arrays.copyOf(seriesIds, capacity);
        Arrays.fill(seriesIds, known, capacity, UNRESOLVED);
      }
      Addition addition = null;
      for (int ordinal = firstOrdinal; ordinal < end; ordinal++) {
        if (!knows(ordinal)) {
          if (addition == null) {
            addition = new Addition(firstOrdinal, encoded);
          }
          if (additions.length < seriesIds.length) {
            additions = Arrays.copyOf(additions, seriesIds.length);
          }
          additions[ordinal] = addition;
          unresolved++;
        }
      }
    }

    /** Whether a record may use the ordinal. */
    boolean knows(int ordinal) {
      return ordinal < seriesIds.length && (seriesIds[ordinal] != UNRESOLVED
          || ordinal < additions.length && additions[ordinal] != null);
    }

    /** The series' id in the shard, made there where this is its first sample. Hot path. */
    int seriesId(int ordinal, ShardWriter writer) {
      int id = seriesIds[ordinal];
      return id == UNRESOLVED ? resolve(ordinal, writer) : id;
    }

    private int resolve(int ordinal, ShardWriter writer) {
      var addition = additions[ordinal];
      if (addition == null) {
        throw new IllegalStateException("ordinal " + ordinal + " was not checked");
      }
      var decoded = addition.decoded(reader);
      int index = ordinal - addition.firstOrdinal;
      var labels = decoded.labels[index];
      int id = writer.seriesId(tenant, labels, 0, labels.length, decoded.metadata[index]);
      seriesIds[ordinal] = id;
      additions[ordinal] = null;
      if (--unresolved == 0) {
        additions = NO_ADDITIONS;
      }
      return id;
    }
  }

  /** One addition, let go when all its series are resolved. */
  private static final class Addition {
    private final int firstOrdinal;
    private byte[] encoded;
    private @Nullable Decoded decoded;

    Addition(int firstOrdinal, byte[] encoded) {
      this.firstOrdinal = firstOrdinal;
      this.encoded = encoded;
    }

    Decoded decoded(SetReader reader) {
      var now = decoded;
      if (now == null) {
        reader.read(encoded);
        now = new Decoded(new byte[reader.count()][], new SeriesMetadata[reader.count()]);
        for (int i = 0; i < reader.count(); i++) {
          now.labels[i] = reader.labels(i);
          now.metadata[i] = reader.metadata(i);
        }
        decoded = now;
        encoded = new byte[0];
      }
      return now;
    }
  }

  private static final class Decoded {
    private final byte[][] labels;
    private final SeriesMetadata[] metadata;

    Decoded(byte[][] labels, SeriesMetadata[] metadata) {
      this.labels = labels;
      this.metadata = metadata;
    }
  }
}

package io.throughline.ingest;

import io.throughline.model.Failure;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.model.wire.SetReader;
import io.throughline.store.ShardWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the ordinals of records mean: the series sets of one partition.
 *
 * <p>Additions are kept as they came, front-coded, and decoded when a record first uses one of their
 * series: a start reads the sets of collectors long gone too. A series gets its id in the shard at its first
 * sample, so ids are given in the order of the log of samples, however far the sets have been read.
 */
final class SetTable {
  private static final int UNRESOLVED = -1;

  private final HashMap<Key, SeriesSet> sets = new HashMap<>();
  private final SetReader reader = new SetReader();

  private record Key(long collectorId, long setNumber) {}

  /** Takes a record of the topic of series sets. */
  void add(byte[] value) {
    reader.read(value);
    var key = new Key(reader.collectorId(), reader.setNumber());
    sets.computeIfAbsent(key, ignored -> new SeriesSet(reader.tenant()))
        .add(reader.firstOrdinal(), reader.count(), value);
  }

  @Nullable
  SeriesSet find(long collectorId, long setNumber) {
    return sets.get(new Key(collectorId, setNumber));
  }

  int size() {
    return sets.size();
  }

  /** One series set as far as it is known. */
  final class SeriesSet {
    private final Tenant tenant;
    private final ArrayList<Block> blocks = new ArrayList<>();
    private int[] seriesIds = new int[0];

    SeriesSet(Tenant tenant) {
      this.tenant = tenant;
    }

    Tenant tenant() {
      return tenant;
    }

    void add(int firstOrdinal, int count, byte[] encoded) {
      int end = firstOrdinal + count;
      if (end <= seriesIds.length) {
        // Announced again: an ordinal never changes its series.
        return;
      }
      int known = seriesIds.length;
      seriesIds = Arrays.copyOf(seriesIds, end);
      Arrays.fill(seriesIds, known, end, UNRESOLVED);
      blocks.add(new Block(firstOrdinal, end, encoded));
    }

    /** Whether a record may use the ordinal. */
    boolean knows(int ordinal) {
      return ordinal < seriesIds.length && (seriesIds[ordinal] != UNRESOLVED || block(
          ordinal) != null);
    }

    /** The series' id in the shard, made there where this is its first sample. Hot path. */
    int seriesId(int ordinal, ShardWriter writer) {
      int id = seriesIds[ordinal];
      return id == UNRESOLVED ? resolve(ordinal, writer) : id;
    }

    private int resolve(int ordinal, ShardWriter writer) {
      var block = block(ordinal);
      if (block == null) {
        throw new IllegalStateException("ordinal " + ordinal + " was not checked");
      }
      if (block.labels == null) {
        block.decode(reader);
      }
      var labels = block.labels(ordinal);
      int id = writer.seriesId(tenant, labels, 0, labels.length, block.metadata(ordinal));
      seriesIds[ordinal] = id;
      if (--block.unresolved == 0) {
        blocks.remove(block);
      }
      return id;
    }

    private @Nullable Block block(int ordinal) {
      // Newest first: where two blocks hold an ordinal, both say the same.
      for (int i = blocks.size() - 1; i >= 0; i--) {
        var block = blocks.get(i);
        if (ordinal >= block.firstOrdinal && ordinal < block.endOrdinal) {
          return block;
        }
      }
      return null;
    }
  }

  /** One addition; what of it is resolved is let go when all of it is. */
  private static final class Block {
    final int firstOrdinal;
    final int endOrdinal;
    final byte[] encoded;
    int unresolved;
    byte @Nullable [][] labels;
    SeriesMetadata @Nullable [] metadata;

    Block(int firstOrdinal, int endOrdinal, byte[] encoded) {
      this.firstOrdinal = firstOrdinal;
      this.endOrdinal = endOrdinal;
      this.encoded = encoded;
      this.unresolved = endOrdinal - firstOrdinal;
    }

    void decode(SetReader reader) {
      reader.read(encoded);
      var someLabels = new byte[reader.count()][];
      var someMetadata = new SeriesMetadata[reader.count()];
      for (int i = 0; i < reader.count(); i++) {
        someLabels[i] = reader.labels(i);
        someMetadata[i] = reader.metadata(i);
      }
      labels = someLabels;
      metadata = someMetadata;
    }

    byte[] labels(int ordinal) {
      var decoded = labels;
      if (decoded == null) {
        throw Failure.corrupt("series set block was not decoded");
      }
      return decoded[ordinal - firstOrdinal];
    }

    SeriesMetadata metadata(int ordinal) {
      var decoded = metadata;
      return decoded == null ? SeriesMetadata.UNKNOWN : decoded[ordinal - firstOrdinal];
    }
  }
}

package io.throughline.collector.produce;

import io.throughline.model.Tenant;
import io.throughline.model.wire.RecordWriter;
import io.throughline.model.wire.SampleColumns;
import io.throughline.model.wire.SampleKind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Makes records of one tenant's batches for one partition: batches of the same set and kind become one group,
 * in the order of their commits, and a record ends before {@value #RECORD_BYTES} bytes. Used by the sender's
 * thread alone.
 */
final class RecordPacker {
  /**
   * A broker's default limit is a mebibyte for a batch with its framing; a record that does not compress has
   * to stay below.
   */
  static final int RECORD_BYTES = 960 << 10;

  /** A histogram that could need more is refused at the door: it would fill a record alone. */
  static final int HISTOGRAM_BYTES = RECORD_BYTES / 2;

  /** Takes a finished record and the requests that wait for it. */
  interface Output {
    void record(byte[] bytes, Set<Pending> owners);
  }

  private record GroupKey(SeriesSet set, SampleKind kind) {}

  private final long collectorId;
  private final RecordWriter writer = new RecordWriter();
  private final SampleColumns merged = new SampleColumns();

  RecordPacker(long collectorId) {
    this.collectorId = collectorId;
  }

  void pack(Tenant tenant, List<Batch> batches, Output output) {
    var groups = new LinkedHashMap<GroupKey, List<Batch>>();
    for (var batch : batches) {
      groups.computeIfAbsent(new GroupKey(batch.set, batch.kind), k -> new ArrayList<>(4))
          .add(batch);
    }
    writer.begin(tenant, collectorId);
    int empty = writer.sizeBytes();
    Set<Pending> owners = new LinkedHashSet<>();
    for (var group : groups.entrySet()) {
      var key = group.getKey();
      var members = group.getValue();
      var columns = columnsOf(members);
      int from = 0;
      while (from < columns.size()) {
        int to = fitting(columns, from);
        if (to == from && writer.sizeBytes() > empty) {
          output.record(writer.finish(), owners);
          writer.begin(tenant, collectorId);
          owners = new LinkedHashSet<>();
          to = fitting(columns, from);
        }
        to = Math.max(to, from + 1);
        writer.group(key.set().number, key.kind(), columns, from, to);
        // Where requests share a group that is split, each waits for all of its records.
        for (var member : members) {
          owners.add(member.owner);
        }
        from = to;
      }
    }
    if (writer.sizeBytes() > empty) {
      output.record(writer.finish(), owners);
    }
  }

  private SampleColumns columnsOf(List<Batch> members) {
    if (members.size() == 1) {
      return members.getFirst().columns;
    }
    merged.clear();
    for (var member : members) {
      merged.addAll(member.columns, 0, member.columns.size());
    }
    return merged;
  }

  /** The end of the longest range from {@code from} that surely fits into the record; {@code from} where none does. */
  private int fitting(SampleColumns columns, int from) {
    int size = Math.min(columns.size(), from + RecordWriter.MAX_SAMPLES);
    int room = RECORD_BYTES - writer.sizeBytes() - RecordWriter.GROUP_BOUND_BYTES;
    if (columns.boundBytes(from, size) <= room) {
      return size;
    }
    int low = from;
    int high = size;
    while (low < high) {
      int middle = low + high + 1 >>> 1;
      if (columns.boundBytes(from, middle) <= room) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}

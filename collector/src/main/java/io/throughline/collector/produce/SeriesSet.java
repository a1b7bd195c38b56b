package io.throughline.collector.produce;

import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.model.wire.RecordWriter;
import io.throughline.model.wire.SetWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * A growing list of one tenant's series in one partition; a series' ordinal is its place in it. Additions
 * wait here until the topic of series sets has acknowledged them; only then may a record use them.
 *
 * <p>Doors add under the set's lock, the sender announces. What was announced is kept in its encoded,
 * front-coded form, so that it can be announced again before the topic forgets it.
 */
final class SeriesSet {
  final Tenant tenant;
  final int partition;
  final long number;

  private final ArrayList<byte[]> labels = new ArrayList<>();
  private final ArrayList<SeriesMetadata> metadata = new ArrayList<>();
  private final ArrayList<Announcement> announced = new ArrayList<>();
  private int size;
  private int announcedCount;
  private boolean retired;

  /** One record for the topic of series sets: its key, its value and the ordinal after its last series. */
  record Announcement(byte[] key, byte[] value, int endOrdinal) {}

  SeriesSet(Tenant tenant, int partition, long number) {
    this.tenant = tenant;
    this.partition = partition;
    this.number = number;
  }

  /** The ordinal of a series appended now, or -1 where the set is full or retired. */
  synchronized int add(byte[] canonicalLabels, SeriesMetadata about) {
    if (retired || size == RecordWriter.MAX_SERIES_PER_SET) {
      return -1;
    }
    labels.add(canonicalLabels);
    metadata.add(about);
    return size++;
  }

  synchronized int size() {
    return size;
  }

  /** No series is added from now on. */
  synchronized void retire() {
    retired = true;
  }

  synchronized boolean isRetired() {
    return retired;
  }

  /** Records for the additions that are not acknowledged yet, in order. */
  synchronized List<Announcement> pending(SetWriter writer, long collectorId) {
    var records = new ArrayList<Announcement>();
    int next = announcedCount;
    while (next < size) {
      int first = next;
      writer.begin();
      while (next < size
          && writer.add(labels.get(next - announcedCount), metadata.get(next - announcedCount))) {
        next++;
      }
      records.add(new Announcement(SetWriter.key(collectorId, number, first),
          writer.finish(tenant, collectorId, number, first), next));
    }
    return records;
  }

  /** Notes that the topic holds a record of {@link #pending}; records are acknowledged in order. */
  synchronized void acknowledged(Announcement record) {
    int count = record.endOrdinal() - announcedCount;
    if (count <= 0) {
      return;
    }
    labels.subList(0, count).clear();
    metadata.subList(0, count).clear();
    announcedCount = record.endOrdinal();
    announced.add(record);
  }

  /** Whether every series was acknowledged. */
  synchronized boolean isAnnounced() {
    return announcedCount == size;
  }

  synchronized List<Announcement> announced() {
    return List.copyOf(announced);
  }
}

package io.throughline.store.part;

/**
 * The byte layout of a part file, little-endian; {@link PartWriter} and {@link Part} share it.
 *
 * <pre>
 * offset        field
 * 0             int magic, int version
 * 8             data: time lists and chunks, in the order they were written
 * listTable     {@link PackedTable} of time lists: byte offset, count, first time, last - first
 * chunkTable    PackedTable of chunks, ascending by series and time: series id, time list, byte offset,
 *               bytes, kind (1 has start timestamps, 2 histograms, 4 begins with a summary)
 * pageChecks    int crc32c of each {@value #PAGE} bytes of the file before listTable
 * end - {@value #FOOTER_BYTES}
 *    +0  8 listTable    +8  8 chunkTable   +16 8 pageChecks
 *   +24  8 firstOffset  first log offset in it, +32 8 endOffset, excluded
 *   +40  8 minTimeMs    +48 8 maxTimeMs, both included
 *   +56  8 sampleCount  +64 4 partition    +68 4 seriesCount
 *   +72  4 crc32c       of listTable up to here
 *   +76  4 magic
 * a time list:  {@link io.throughline.store.column.LongColumn}
 * a chunk:      {@link ChunkSummary} if it has one, {@link io.throughline.store.column.ValueColumn} or {@link
 *               io.throughline.store.column.HistogramColumn}, then a LongColumn of the start
 *               timestamps if it has any
 * </pre>
 */
final class PartLayout {
  static final int MAGIC = 0x31504C54; // "TLP1"
  /**
   * 2: columns of longs have anchors. 3: chunks may begin with summaries. 4: no column is entropy coded. A reader of
   * 4 reads all.
   */
  static final int VERSION = 4;
  static final int OLDEST_VERSION = 1;
  static final int HEADER_BYTES = 8;
  static final int FOOTER_BYTES = 80;
  static final int PAGE = 1 << 16;

  static final int LIST_OFFSET = 0;
  static final int LIST_COUNT = 1;
  static final int LIST_FIRST = 2;
  static final int LIST_SPAN = 3;
  static final int LIST_COLUMNS = 4;

  static final int CHUNK_SERIES = 0;
  static final int CHUNK_LIST = 1;
  static final int CHUNK_OFFSET = 2;
  static final int CHUNK_BYTES = 3;
  static final int CHUNK_KIND = 4;
  static final int CHUNK_COLUMNS = 5;

  static final int KIND_STARTS = 1;
  static final int KIND_HISTOGRAM = 2;
  static final int KIND_SUMMARY = 4;

  /** The largest number of samples in a chunk. */
  static final int MAX_CHUNK = 8192;

  private PartLayout() {}
}

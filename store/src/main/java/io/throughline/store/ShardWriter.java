package io.throughline.store;

import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;

/**
 * The only way samples get into a shard. One thread writes; it applies log records in offset order
 * and reads no clock, so the same log always makes the same shard.
 *
 * <p>Per record: any number of {@code append…} calls, then one {@link #applied}, which makes them
 * visible to readers at once. Samples may come in any time order and any age; at the same series and
 * timestamp the later append wins. What was applied after the last {@link #flush} is lost with the
 * process and read from the log again.
 */
public interface ShardWriter {

  /** Where the log is to be read from: what the last flush made durable. */
  LogPosition flushedPosition();

  /** Where the log has been applied up to, flushed or not. */
  LogPosition appliedPosition();

  /**
   * The id of a series in this shard, made at its first use; dense, and stable for the shard's life.
   *
   * @param labels canonical label bytes, see {@link io.throughline.model.Labels}
   */
  int seriesId(Tenant tenant, byte[] labels, int offset, int length, SeriesMetadata metadata);

  /** The number of series the shard knows; their ids begin at 0. */
  int seriesCount();

  /** Whose a series is. */
  Tenant tenant(int seriesId);

  Labels labels(int seriesId);

  /**
   * Appends a float sample.
   *
   * @param startMs when the source began to count, or 0 where it does not say
   */
  void append(int seriesId, long timeMs, long startMs, double value);

  /** Appends a histogram sample; the store keeps the reference. */
  void append(int seriesId, long timeMs, long startMs, NativeHistogram histogram);

  /**
   * Adds what was counted in (startMs, endMs] to the cumulative series. An interval already applied
   * is counted and ignored; a gap before it starts a new start timestamp.
   */
  void appendDelta(int seriesId, long startMs, long endMs, double increase);

  /** As {@link #appendDelta(int, long, long, double)}, for histograms. */
  void appendDelta(int seriesId, long startMs, long endMs, NativeHistogram increase);

  /** Ends a record: everything appended so far is visible to snapshots taken from now on. */
  void applied(LogPosition position);

  /**
   * Notes that the log from {@code fromOffset} (included) to {@code toOffset} (excluded) was lost before it
   * could be applied; readers see it as <em>not measured: log lost</em>.
   */
  void recordGap(long fromOffset, long toOffset, long noticedMs);

  /** Writes the head as a part and moves {@link #flushedPosition} up. Returns when it is durable. */
  void flush();

  /** Bytes of heap and direct memory the unflushed head holds, approximately. */
  long headBytes();

  /** The number of samples in the unflushed head. */
  long headSamples();
}

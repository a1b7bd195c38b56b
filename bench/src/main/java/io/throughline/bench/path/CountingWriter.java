package io.throughline.bench.path;

import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.LogPosition;
import io.throughline.store.ShardWriter;

/** A shard that keeps nothing, so that only the way to it is measured. */
final class CountingWriter implements ShardWriter {
  private int series;
  private long samples;
  private long checksum;
  private LogPosition applied = LogPosition.START;

  long checksum() {
    return checksum;
  }

  @Override
  public LogPosition flushedPosition() {
    return applied;
  }

  @Override
  public LogPosition appliedPosition() {
    return applied;
  }

  @Override
  public int seriesId(Tenant tenant, byte[] labels, int offset, int length,
      SeriesMetadata metadata) {
    return series++;
  }

  @Override
  public int seriesCount() {
    return series;
  }

  @Override
  public Tenant tenant(int seriesId) {
    return Tenant.DEFAULT;
  }

  @Override
  public Labels labels(int seriesId) {
    return Labels.EMPTY;
  }

  @Override
  public void append(int seriesId, long timeMs, long startMs, double value) {
    samples++;
    checksum += seriesId ^ timeMs ^ Double.doubleToRawLongBits(value);
  }

  @Override
  public void append(int seriesId, long timeMs, long startMs, NativeHistogram histogram) {
    samples++;
    checksum += seriesId ^ timeMs ^ histogram.countBits();
  }

  @Override
  public void appendDelta(int seriesId, long startMs, long endMs, double increase) {
    append(seriesId, endMs, startMs, increase);
  }

  @Override
  public void appendDelta(int seriesId, long startMs, long endMs, NativeHistogram increase) {
    append(seriesId, endMs, startMs, increase);
  }

  @Override
  public void applied(LogPosition position) {
    applied = position;
  }

  @Override
  public void recordGap(long fromOffset, long toOffset, long noticedMs) {
    throw new IllegalStateException("the log lost " + fromOffset + " to " + toOffset);
  }

  @Override
  public void flush() {
    samples = 0;
  }

  @Override
  public long headBytes() {
    return 0;
  }

  @Override
  public long headSamples() {
    return samples;
  }
}

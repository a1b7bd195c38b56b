package io.throughline.ingest;

import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.store.LogPosition;
import io.throughline.store.ShardWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A shard that writes down what it is told, and forgets what was not flushed when it "dies". */
final class RecordingWriter implements ShardWriter {
  private final Map<String, Integer> ids = new LinkedHashMap<>();
  private final List<String> names = new ArrayList<>();
  private final List<Labels> labels = new ArrayList<>();
  private final List<String> calls = new ArrayList<>();
  private final List<String> gaps = new ArrayList<>();
  private LogPosition applied = LogPosition.START;
  private LogPosition flushed = LogPosition.START;
  private int flushedCalls;
  private int flushedIds;
  private long headSamples;
  private int failFlushes;

  /** Every append that was applied, in order: {@code tenant/series time start value}. */
  synchronized List<String> calls() {
    return List.copyOf(calls);
  }

  synchronized List<String> gaps() {
    return List.copyOf(gaps);
  }

  synchronized void failNextFlushes(int count) {
    failFlushes = count;
  }

  @Override
  public synchronized int seriesCount() {
    return names.size();
  }

  @Override
  public synchronized Tenant tenant(int seriesId) {
    var name = names.get(seriesId);
    return new Tenant(name.substring(0, name.indexOf('/')));
  }

  @Override
  public synchronized Labels labels(int seriesId) {
    return labels.get(seriesId);
  }

  /** What a kill leaves: the state of the last flush. */
  synchronized void dieAndOpenAgain() {
    calls.subList(flushedCalls, calls.size()).clear();
    while (names.size() > flushedIds) {
      ids.remove(names.removeLast());
      labels.removeLast();
    }
    applied = flushed;
    headSamples = 0;
  }

  @Override
  public synchronized LogPosition flushedPosition() {
    return flushed;
  }

  @Override
  public synchronized LogPosition appliedPosition() {
    return applied;
  }

  @Override
  public synchronized int seriesId(Tenant tenant, byte[] canonical, int offset, int length,
      SeriesMetadata metadata) {
    var decoded = Labels.fromCanonicalBytes(canonical, offset, length);
    var name = tenant + "/" + decoded;
    return ids.computeIfAbsent(name, ignored -> {
      names.add(name);
      labels.add(decoded);
      return names.size() - 1;
    });
  }

  @Override
  public synchronized void append(int seriesId, long timeMs, long startMs, double value) {
    record(seriesId, timeMs, startMs, "" + value);
  }

  @Override
  public synchronized void append(int seriesId, long timeMs, long startMs,
      NativeHistogram histogram) {
    record(seriesId, timeMs, startMs, "" + histogram);
  }

  @Override
  public synchronized void appendDelta(int seriesId, long startMs, long endMs, double increase) {
    record(seriesId, endMs, startMs, "+" + increase);
  }

  @Override
  public synchronized void appendDelta(int seriesId, long startMs, long endMs,
      NativeHistogram increase) {
    record(seriesId, endMs, startMs, "+" + increase);
  }

  private void record(int seriesId, long timeMs, long startMs, String value) {
    calls.add(seriesId + "=" + names.get(seriesId) + " " + timeMs + " " + startMs + " " + value);
    headSamples++;
  }

  @Override
  public synchronized void applied(LogPosition position) {
    applied = position;
  }

  @Override
  public synchronized void recordGap(long fromOffset, long toOffset, long noticedMs) {
    gaps.add(fromOffset + ".." + toOffset);
  }

  @Override
  public synchronized void flush() {
    if (failFlushes > 0) {
      failFlushes--;
      throw new IllegalStateException("no space left on device");
    }
    flushed = applied;
    flushedCalls = calls.size();
    flushedIds = names.size();
    headSamples = 0;
  }

  @Override
  public synchronized long headBytes() {
    return headSamples * 16;
  }

  @Override
  public synchronized long headSamples() {
    return headSamples;
  }
}

package io.throughline.store.head;

import io.throughline.model.Failure;
import io.throughline.model.NativeHistogram;
import io.throughline.store.column.ByteSink;
import io.throughline.store.column.ByteSource;
import io.throughline.store.column.HistogramColumn;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes deltas cumulative, in log order: one running total per series, with the intervals it was made
 * of. Used by the shard's writer alone. Persisted with each flush, so that replay continues it exactly.
 *
 * <p>Of each series the last {@value #MAX_INTERVALS} intervals are known. One that is applied already is
 * ignored, and so is one that ended before all known ones began once older ones were forgotten: whoever
 * sends that late repeats himself. Another late interval raises the total at the last end. One that
 * starts after the last end begins a new total with its own start.
 */
public final class DeltaTable {
  private static final int MAX_INTERVALS = 64;

  private final Map<Integer, State> states = new HashMap<>();
  private long ignored;
  private boolean dirty;

  /** Where a delta's cumulative sample goes. */
  public interface Target {
    void sample(int seriesId, long timeMs, long startMs, double total,
        @Nullable NativeHistogram histogram);
  }

  private static final class State {
    private double total;
    private @Nullable NativeHistogram histogram;
    private long startMs;
    private long lastEndMs;
    private long forgottenUntilMs = Long.MIN_VALUE;
    private int intervals;
    private int next;
    private long[] starts = new long[4];
    private long[] ends = new long[4];

    boolean applied(long start, long end) {
      for (int i = 0; i < intervals; i++) {
        if (ends[i] == end && starts[i] == start) {
          return true;
        }
      }
      return end <= forgottenUntilMs;
    }

    void remember(long start, long end) {
      if (intervals == starts.length && intervals < MAX_INTERVALS) {
        starts = Arrays.copyOf(starts, intervals * 2);
        ends = Arrays.copyOf(ends, intervals * 2);
      }
      if (intervals < starts.length) {
        starts[intervals] = start;
        ends[intervals] = end;
        intervals++;
        return;
      }
      forgottenUntilMs = Math.max(forgottenUntilMs, ends[next]);
      starts[next] = start;
      ends[next] = end;
      next = (next + 1) % MAX_INTERVALS;
    }
  }

  /** The number of intervals that were ignored because they had been applied. */
  public long ignored() {
    return ignored;
  }

  public int size() {
    return states.size();
  }

  public boolean isDirty() {
    return dirty;
  }

  public void markFlushed() {
    dirty = false;
  }

  /** Applies one interval; exactly one of value and histogram counts. */
  public void apply(int seriesId, long startMs, long endMs, double value,
      @Nullable NativeHistogram histogram, Target target) {
    if (histogram == null ? Double.isNaN(value) : histogram.isStale()) {
      // A marker counts nothing: it goes through as it is.
      var state = states.get(seriesId);
      target.sample(seriesId, endMs, state == null ? startMs : state.startMs, value, histogram);
      return;
    }
    dirty = true;
    var state = states.get(seriesId);
    if (state == null) {
      state = new State();
      states.put(seriesId, state);
      begin(state, startMs, endMs, value, histogram);
    } else if (state.applied(startMs, endMs)) {
      ignored++;
      return;
    } else if (startMs != 0 && startMs > state.lastEndMs) {
      begin(state, startMs, endMs, value, histogram);
    } else {
      add(state, startMs, endMs, value, histogram);
    }
    state.remember(startMs, endMs);
    target.sample(seriesId, state.lastEndMs, state.startMs, state.total, state.histogram);
  }

  private static void begin(State state, long startMs, long endMs, double value,
      @Nullable NativeHistogram histogram) {
    state.startMs = startMs;
    state.lastEndMs = endMs;
    state.total = value;
    state.histogram = histogram;
  }

  private static void add(State state, long startMs, long endMs, double value,
      @Nullable NativeHistogram histogram) {
    if (histogram == null) {
      state.total = (state.histogram == null ? state.total : 0) + value;
      state.histogram = null;
    } else {
      var sum = state.histogram == null ? null : HistogramSum.add(state.histogram, histogram);
      if (sum == null) {
        // Buckets that do not fit together cannot be added: the count starts anew.
        begin(state, startMs, Math.max(endMs, state.lastEndMs), 0, histogram);
        return;
      }
      state.histogram = sum;
    }
    state.lastEndMs = Math.max(endMs, state.lastEndMs);
  }

  /** The table as bytes: what {@link #restore} reads. */
  public ByteSink content() {
    var out = new ByteSink(states.size() * 64 + 16);
    out.putVarint(states.size());
    for (var entry : new TreeMap<>(states).entrySet()) {
      var state = entry.getValue();
      out.putVarint(entry.getKey());
      out.putLong(Double.doubleToRawLongBits(state.total));
      out.putZigzag(state.startMs);
      out.putZigzag(state.lastEndMs);
      out.putZigzag(state.forgottenUntilMs);
      out.putVarint(state.next);
      out.putVarint(state.intervals);
      long before = state.startMs;
      for (int i = 0; i < state.intervals; i++) {
        out.putZigzag(state.starts[i] - before);
        out.putZigzag(state.ends[i] - state.starts[i]);
        before = state.ends[i];
      }
      out.putByte(state.histogram == null ? 0 : 1);
      if (state.histogram != null) {
        HistogramColumn.encode(new NativeHistogram[] {state.histogram}, 0, 1, out);
      }
    }
    return out;
  }

  /** Reads what {@link #content} wrote into an empty table. */
  public void restore(byte[] content) {
    if (!states.isEmpty()) {
      throw new Failure(Failure.Category.BUG, "the delta table is not empty");
    }
    var in = new ByteSource(MemorySegment.ofArray(content));
    for (int i = in.getCount(content.length); i > 0; i--) {
      int id = in.getCount(Integer.MAX_VALUE);
      var state = new State();
      state.total = Double.longBitsToDouble(in.getLong());
      state.startMs = in.getZigzag();
      state.lastEndMs = in.getZigzag();
      state.forgottenUntilMs = in.getZigzag();
      state.next = in.getCount(MAX_INTERVALS);
      state.intervals = in.getCount(MAX_INTERVALS);
      int capacity = Math.max(4, Integer.highestOneBit(Math.max(1, state.intervals * 2 - 1)));
      state.starts = new long[Math.min(MAX_INTERVALS, capacity)];
      state.ends = new long[Math.min(MAX_INTERVALS, capacity)];
      long before = state.startMs;
      for (int k = 0; k < state.intervals; k++) {
        state.starts[k] = before + in.getZigzag();
        state.ends[k] = state.starts[k] + in.getZigzag();
        before = state.ends[k];
      }
      if (in.getByte() == 1) {
        state.histogram = HistogramColumn.decode(in, 1)[0];
      }
      states.put(id, state);
    }
  }
}

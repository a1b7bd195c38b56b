package io.throughline.collector.produce;

import io.throughline.collector.Intake;
import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.wire.SampleColumns;
import io.throughline.model.wire.SampleKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One request being taken in, reused from request to request. Hot path: a sample of a known series costs
 * a table look-up and a few array writes.
 */
final class IntakeRequest implements Intake.Request {
  private static final int KEPT_CAPACITY = 16_384;

  private final KafkaIntake intake;
  private @Nullable TenantSeries tenant;
  private @Nullable SeriesEntry[] handles = new @Nullable SeriesEntry[256];
  private int handleCount;
  private int size;
  private String refusal = "";

  /** Where samples of a set and kind go; a request meets few of them, mostly in runs. */
  private final ArrayList<Slot> slots = new ArrayList<>();
  private @Nullable Slot last;

  private static final class Slot {
    final SeriesSet set;
    final SampleKind kind;
    final SampleColumns columns;

    Slot(SeriesSet set, SampleKind kind, SampleColumns columns) {
      this.set = set;
      this.kind = kind;
      this.columns = columns;
    }
  }

  IntakeRequest(KafkaIntake intake) {
    this.intake = intake;
  }

  void begin(TenantSeries of) {
    tenant = of;
    handleCount = 0;
    size = 0;
    refusal = "";
    slots.clear();
    last = null;
  }

  private TenantSeries tenant() {
    var of = tenant;
    if (of == null) {
      throw new IllegalStateException("the request was committed");
    }
    return of;
  }

  @Override
  public int find(long hashHigh, long hashLow) {
    var entry = intake.find(tenant(), hashHigh, hashLow);
    return entry == null ? UNKNOWN : handle(entry);
  }

  @Override
  public int define(long hashHigh, long hashLow, Labels labels, SeriesMetadata metadata) {
    var result = intake.define(tenant(), hashHigh, hashLow, labels, metadata);
    if (result.entry() == null) {
      refusal = result.refusal();
      return REFUSED;
    }
    return handle(result.entry());
  }

  private int handle(SeriesEntry entry) {
    if (handleCount == handles.length) {
      handles = Arrays.copyOf(handles, handleCount * 2);
    }
    handles[handleCount] = entry;
    return handleCount++;
  }

  @Override
  public String refusal() {
    return refusal;
  }

  @Override
  public void sample(int handle, long timeMs, long startMs, double value) {
    var entry = entry(handle);
    slot(entry.set, SampleKind.FLOAT).columns.add(entry.ordinal, timeMs, startMs, value);
    size++;
  }

  @Override
  public void histogram(int handle, long timeMs, long startMs, NativeHistogram histogram) {
    var entry = entry(handle);
    slot(entry.set, SampleKind.HISTOGRAM).columns.add(entry.ordinal, timeMs, startMs, histogram);
    size++;
  }

  @Override
  public void delta(int handle, long startMs, long endMs, double increase) {
    var entry = entry(handle);
    slot(entry.set, SampleKind.DELTA).columns.add(entry.ordinal, endMs, startMs, increase);
    size++;
  }

  @Override
  public void delta(int handle, long startMs, long endMs, NativeHistogram increase) {
    var entry = entry(handle);
    slot(entry.set, SampleKind.DELTA_HISTOGRAM).columns.add(entry.ordinal, endMs, startMs,
        increase);
    size++;
  }

  private SeriesEntry entry(int handle) {
    var entry = handle < handleCount ? handles[handle] : null;
    if (entry == null) {
      throw new IllegalArgumentException("handle " + handle + " is not of this request");
    }
    return entry;
  }

  private Slot slot(SeriesSet set, SampleKind kind) {
    var now = last;
    if (now != null && now.set == set && now.kind == kind) {
      return now;
    }
    for (int i = 0; i < slots.size(); i++) {
      var slot = slots.get(i);
      if (slot.set == set && slot.kind == kind) {
        last = slot;
        return slot;
      }
    }
    var made = new Slot(set, kind, intake.borrowColumns());
    slots.add(made);
    last = made;
    return made;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public CompletionStage<Void> commit() {
    tenant();
    var pending = new Pending();
    List<Batch> batches = new ArrayList<>(slots.size());
    long bytes = 0;
    for (var slot : slots) {
      batches.add(new Batch(slot.set, slot.kind, slot.columns, pending));
      bytes += slot.columns.heapBytes();
    }
    slots.clear();
    last = null;
    tenant = null;
    if (handles.length > KEPT_CAPACITY) {
      handles = new @Nullable SeriesEntry[256];
    } else {
      Arrays.fill(handles, 0, handleCount, null);
    }
    var done = intake.submit(batches, pending, bytes, size);
    intake.giveBack(this);
    return done;
  }
}

package io.throughline.collector.produce;

import io.throughline.collector.Intake;
import io.throughline.model.Failure;
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
 * One request being taken in. Hot path: a sample of a known series costs a table look-up and a few array
 * writes. The arrays are borrowed until the commit; the request itself is not reused, so a door may hold on to
 * it.
 */
final class IntakeRequest implements Intake.Request {
  private static final int KEPT_CAPACITY = 16_384;
  private static final Scratch COMMITTED = new Scratch(0);

  private final KafkaIntake intake;
  private final TenantSeries tenant;
  private final int minute;
  private final boolean reserved;
  private final int rulesEpoch;
  private Scratch scratch;
  private int size;
  private String refusal = "";
  private boolean refusalPasses;
  private @Nullable Slot last;
  private int expected = -1;
  private int matchedBytes;
  private int matches;
  private int lookUps;

  /** What one request after the other uses. */
  static final class Scratch {
    private @Nullable SeriesEntry[] handles;
    private int handleCount;

    /** Where samples of a set and kind go; a request meets few of them, mostly in runs. */
    private final ArrayList<Slot> slots = new ArrayList<>();

    private final ArrivalOrder.Run arrived = new ArrivalOrder.Run();

    Scratch(int capacity) {
      handles = new @Nullable SeriesEntry[capacity];
    }

    private void clear() {
      slots.clear();
      arrived.clear();
      if (handles.length > KEPT_CAPACITY) {
        handles = new @Nullable SeriesEntry[256];
      } else {
        Arrays.fill(handles, 0, handleCount, null);
      }
      handleCount = 0;
    }
  }

  private record Slot(SeriesSet set, SampleKind kind, SampleColumns columns) {}

  IntakeRequest(KafkaIntake intake, TenantSeries tenant, Scratch scratch, int minute,
      boolean reserved, int rulesEpoch) {
    this.intake = intake;
    this.rulesEpoch = rulesEpoch;
    this.tenant = tenant;
    this.scratch = scratch;
    this.minute = minute;
    this.reserved = reserved;
  }

  private void checkOpen() {
    if (scratch == COMMITTED) {
      throw new IllegalStateException("the request was committed");
    }
  }

  @Override
  public int findNext(byte[] bytes, int from, int to) {
    checkOpen();
    var entry = intake.arrivalOrder().match(expected, bytes, from, to);
    if (entry == null || entry.gone || !isOwn(entry.set)) {
      return UNKNOWN;
    }
    if (entry.lastUsedMinute != minute) {
      entry.lastUsedMinute = minute;
    }
    expected++;
    matches++;
    matchedBytes = entry.arrivedLength;
    return handle(entry);
  }

  private boolean isOwn(SeriesSet set) {
    // Nearly always the same object, and a record's equals is a call that is not always inlined.
    return set.tenant == tenant.tenant || set.tenant.equals(tenant.tenant);
  }

  @Override
  public int matchedBytes() {
    return matchedBytes;
  }

  @Override
  public void arrivedAs(int handle, byte[] bytes, int from, int to) {
    var entry = entry(handle);
    int place = intake.arrivalOrder().placeOf(entry);
    if (place >= 0) {
      expected = place + 1;
    } else {
      expected = -1;
      scratch.arrived.add(entry, bytes, from, to);
    }
  }

  @Override
  public int find(long hashHigh, long hashLow) {
    checkOpen();
    lookUps++;
    var entry = intake.find(tenant, hashHigh, hashLow, minute);
    if (entry == null) {
      return UNKNOWN;
    }
    // A dropped series has no place in a set: its entry holds the rule.
    return entry.ordinal >= 0 ? handle(entry) : DROPPED + 1 + entry.ordinal;
  }

  @Override
  public int define(long hashHigh, long hashLow, Labels labels, SeriesMetadata metadata) {
    checkOpen();
    var result = intake.define(tenant, hashHigh, hashLow, labels, metadata, reserved, rulesEpoch);
    if (result.entry() == null) {
      refusal = result.refusal();
      refusalPasses = result.passes();
      return REFUSED;
    }
    return handle(result.entry());
  }

  @Override
  public int drop(long hashHigh, long hashLow, int rule) {
    checkOpen();
    intake.drop(tenant, hashHigh, hashLow, rule, rulesEpoch);
    return DROPPED - rule;
  }

  private int handle(SeriesEntry entry) {
    var own = scratch;
    if (own.handleCount == own.handles.length) {
      own.handles = Arrays.copyOf(own.handles, own.handleCount * 2);
    }
    own.handles[own.handleCount] = entry;
    return own.handleCount++;
  }

  @Override
  public String refusal() {
    return refusal;
  }

  @Override
  public boolean refusalPasses() {
    return refusalPasses;
  }

  @Override
  public void sample(int handle, long timeMs, long startMs, double value) {
    var entry = entry(handle);
    slot(entry.set, SampleKind.FLOAT).columns.add(entry.ordinal, timeMs, startMs, value);
    size++;
  }

  @Override
  public void histogram(int handle, long timeMs, long startMs, NativeHistogram histogram) {
    checkSize(histogram);
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
    checkSize(increase);
    var entry = entry(handle);
    slot(entry.set, SampleKind.DELTA_HISTOGRAM).columns.add(entry.ordinal, endMs, startMs,
        increase);
    size++;
  }

  private static void checkSize(NativeHistogram histogram) {
    long bytes = SampleColumns.boundBytes(histogram);
    if (bytes > RecordPacker.HISTOGRAM_BYTES) {
      throw Failure.user("a histogram of " + histogram.positiveCountBits().length + " positive and "
          + histogram.negativeCountBits().length + " negative buckets may take " + bytes
          + " bytes, want at most " + RecordPacker.HISTOGRAM_BYTES);
    }
  }

  private SeriesEntry entry(int handle) {
    var own = scratch;
    var entry = handle >= 0 && handle < own.handleCount ? own.handles[handle] : null;
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
    var slots = scratch.slots;
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
    checkOpen();
    var own = scratch;
    var pending = new Pending();
    List<Batch> batches = new ArrayList<>(own.slots.size());
    long bytes = 0;
    for (var slot : own.slots) {
      batches.add(new Batch(slot.set, slot.kind, slot.columns, pending));
      bytes += slot.columns.heapBytes();
    }
    scratch = COMMITTED;
    last = null;
    intake.arrivalOrder().add(own.arrived);
    own.clear();
    intake.giveBack(own);
    intake.counted(matches, lookUps);
    return intake.submit(batches, pending, bytes, size, reserved);
  }
}

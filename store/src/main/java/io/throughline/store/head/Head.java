package io.throughline.store.head;

import io.throughline.model.NativeHistogram;
import io.throughline.store.SampleBuffer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Samples of one shard that no part holds yet. One thread appends, any number read; readers take no
 * lock.
 *
 * <p><b>Stamps.</b> A sample is 12 bytes in a slot: the bits of its value and a <em>stamp</em>, an index
 * into the table of times. Each record makes its own stamps, one per distinct time, in the order they
 * are met. So a stamp says both when a sample was measured and whether a reader may see it: what was
 * appended before a given moment has stamps below the number made until then. A snapshot is that number.
 *
 * <p><b>Slots.</b> A series owns a chain of blocks of slots, each twice as long as the one before up to
 * {@value #MAX_BLOCK}. The first slot of a block holds the start timestamp of the samples in it (bits)
 * and the first slot of the next block (stamp, 0 for none); a block that is left early, because the
 * start changed, ends with {@link #END}. Slot 0 belongs to nobody.
 *
 * <p><b>Series state</b> is four ints: first block's slot, next free slot, end and length of the last block.
 * The next free slot is written last, with release order, and read first, with acquire order: slots
 * before it are complete.
 *
 * <p>Hot path: appending a float in time order allocates nothing once the pages exist.
 */
public final class Head {
  private static final int FIRST_BLOCK = 8;
  private static final int MAX_BLOCK = 128;
  private static final int END = -1;

  /** Set in a stamp whose value bits are an index into the histograms. */
  private static final int HISTOGRAM = 0x4000_0000;
  private static final int STAMP_MASK = HISTOGRAM - 1;

  private static final int STATE_BITS = 10;
  private static final int STATE_SERIES = 1 << STATE_BITS;
  private static final int FIRST = 0;
  private static final int NEXT_FREE = 1;
  private static final int BLOCK_END = 2;
  private static final int BLOCK_LENGTH = 3;

  private static final int TIME_BITS = 12;
  private static final int TIME_PAGE = 1 << TIME_BITS;

  /** How many distinct times of one record are found again without making a new stamp. */
  private static final int RECENT = 64;

  private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);

  private final PagePool pool;
  private final long estimatedFixedBytes;

  // Grown by copying, so that a reader that holds an older array sees all it may see.
  private PagePool.@Nullable Page[] pages = new PagePool.@Nullable Page[16];
  private int pageCount;
  private int freeSlot;
  private int[] @Nullable [] states = new int[16] @Nullable [];
  private long[] @Nullable [] times = new long[16] @Nullable [];
  private @Nullable NativeHistogram[] @Nullable [] histograms = new @Nullable NativeHistogram[4] @Nullable [];

  private int stampCount;
  private int recordFirstStamp;
  private long lastTimeMs;
  private int lastStamp = -1;
  private final int[] recentStamps = new int[RECENT];
  private int histogramCount;
  private long histogramBytes;
  private long sampleCount;
  private int statePages;
  private long minTimeMs = Long.MAX_VALUE;
  private long maxTimeMs = Long.MIN_VALUE;

  public Head(PagePool pool) {
    this.pool = pool;
    Arrays.fill(recentStamps, -1);
    estimatedFixedBytes = 4096;
    newPage();
    freeSlot = 1;
  }

  // ---- writing, by one thread ----

  /** Appends a float. */
  public void append(int seriesId, long timeMs, long startMs, double value) {
    put(seriesId, timeMs, startMs, Double.doubleToRawLongBits(value), 0);
  }

  public void append(int seriesId, long timeMs, long startMs, NativeHistogram histogram) {
    int index = histogramCount;
    int page = index >>> STATE_BITS;
    if (page == histograms.length) {
      histograms = Arrays.copyOf(histograms, page * 2);
    }
    var column = histograms[page];
    if (column == null) {
      column = new @Nullable NativeHistogram[STATE_SERIES];
      histograms[page] = column;
    }
    column[index & STATE_SERIES - 1] = histogram;
    histogramCount++;
    histogramBytes += 136
        + 8L * (histogram.positiveCountBits().length + histogram.negativeCountBits().length
            + histogram.customBounds().length)
        + 4L * (histogram.positiveSpans().length + histogram.negativeSpans().length);
    put(seriesId, timeMs, startMs, index, HISTOGRAM);
  }

  private void put(int seriesId, long timeMs, long startMs, long bits, int kind) {
    int stamp = timeMs == lastTimeMs && lastStamp >= recordFirstStamp ? lastStamp : stamp(timeMs);
    var state = state(seriesId);
    int at = (seriesId & STATE_SERIES - 1) << 2;
    int slot = state[at + NEXT_FREE];
    if (slot == 0) {
      slot = firstBlock(state, at, startMs);
    } else {
      if (slot == state[at + BLOCK_END] || startOf(state, at) != startMs) {
        slot = nextBlock(state, at, slot, startMs);
      }
    }
    var page = page(slot);
    page.bits[slot & PagePool.PAGE_SLOTS - 1] = bits;
    page.stamps[slot & PagePool.PAGE_SLOTS - 1] = stamp | kind;
    INTS.setRelease(state, at + NEXT_FREE, slot + 1);
    sampleCount++;
  }

  private PagePool.Page page(int slot) {
    var page = pages[slot >>> PagePool.PAGE_BITS];
    if (page == null) {
      throw new IllegalStateException("slot " + slot + " has no page");
    }
    return page;
  }

  private int[] stamps(int slot) {
    return page(slot).stamps;
  }

  private long startOf(int[] state, int at) {
    int header = state[at + BLOCK_END] - state[at + BLOCK_LENGTH];
    return page(header).bits[header & PagePool.PAGE_SLOTS - 1];
  }

  private int firstBlock(int[] state, int at, long startMs) {
    int header = allocate(FIRST_BLOCK, startMs);
    state[at + BLOCK_END] = header + FIRST_BLOCK;
    state[at + BLOCK_LENGTH] = FIRST_BLOCK;
    state[at + FIRST] = header;
    return header + 1;
  }

  private int nextBlock(int[] state, int at, int slot, long startMs) {
    int size = state[at + BLOCK_LENGTH];
    int oldHeader = state[at + BLOCK_END] - size;
    int length = Math.min(MAX_BLOCK, size * 2);
    if (slot < state[at + BLOCK_END]) {
      stamps(slot)[slot & PagePool.PAGE_SLOTS - 1] = END;
      // A start that changes with every sample must not take a long block each time.
      length = FIRST_BLOCK;
    }
    int header = allocate(length, startMs);
    state[at + BLOCK_END] = header + length;
    state[at + BLOCK_LENGTH] = length;
    INTS.setRelease(stamps(oldHeader), oldHeader & PagePool.PAGE_SLOTS - 1, header);
    return header + 1;
  }

  private int allocate(int length, long startMs) {
    if ((freeSlot & PagePool.PAGE_SLOTS - 1) + length > PagePool.PAGE_SLOTS
        || freeSlot >>> PagePool.PAGE_BITS >= pageCount) {
      freeSlot = pageCount << PagePool.PAGE_BITS;
      newPage();
    }
    int header = freeSlot;
    freeSlot += length;
    var page = page(header);
    page.bits[header & PagePool.PAGE_SLOTS - 1] = startMs;
    page.stamps[header & PagePool.PAGE_SLOTS - 1] = 0;
    return header;
  }

  private void newPage() {
    if (pageCount == pages.length) {
      pages = Arrays.copyOf(pages, pageCount * 2);
    }
    if (pageCount >= 1 << 31 - PagePool.PAGE_BITS) {
      throw new IllegalStateException(
          "the head is full: flush it before " + sampleCount + " samples");
    }
    pages[pageCount++] = pool.take();
  }

  private int[] state(int seriesId) {
    int page = seriesId >>> STATE_BITS;
    if (page >= states.length) {
      states = Arrays.copyOf(states, Math.max(page + 1, states.length * 2));
    }
    var state = states[page];
    if (state == null) {
      state = new int[STATE_SERIES * 4];
      states[page] = state;
      statePages++;
    }
    return state;
  }

  private int stamp(long timeMs) {
    int cell = (int) (timeMs * 0x9E3779B97F4A7C15L >>> 58);
    int known = recentStamps[cell];
    if (known >= recordFirstStamp && time(known) == timeMs) {
      lastTimeMs = timeMs;
      lastStamp = known;
      return known;
    }
    int stamp = stampCount;
    if (stamp == STAMP_MASK) {
      throw new IllegalStateException("the head is full: flush it before " + stamp + " times");
    }
    int page = stamp >>> TIME_BITS;
    if (page == times.length) {
      times = Arrays.copyOf(times, page * 2);
    }
    var column = times[page];
    if (column == null) {
      column = new long[TIME_PAGE];
      times[page] = column;
    }
    column[stamp & TIME_PAGE - 1] = timeMs;
    stampCount++;
    recentStamps[cell] = stamp;
    lastTimeMs = timeMs;
    lastStamp = stamp;
    minTimeMs = Math.min(minTimeMs, timeMs);
    maxTimeMs = Math.max(maxTimeMs, timeMs);
    return stamp;
  }

  private long time(int stamp) {
    var column = times[stamp >>> TIME_BITS];
    return column == null ? 0 : column[stamp & TIME_PAGE - 1];
  }

  /** Ends a record. What was appended until now is visible to readers that are given the result. */
  public int publish() {
    recordFirstStamp = stampCount;
    return stampCount;
  }

  /** The number of stamps made until the last {@link #publish}. */
  public int published() {
    return recordFirstStamp;
  }

  public long sampleCount() {
    return sampleCount;
  }

  /** Bytes held, about. */
  public long bytes() {
    return estimatedFixedBytes + (long) pageCount * PagePool.Page.BYTES
        + (long) statePages * STATE_SERIES * 16 + (stampCount + TIME_PAGE) * 8L + histogramBytes
        + histogramCount * 8L;
  }

  /** Epoch milliseconds of the oldest sample, {@link Long#MAX_VALUE} where there is none. */
  public long minTimeMs() {
    return minTimeMs;
  }

  public long maxTimeMs() {
    return maxTimeMs;
  }

  /** One more than the largest series id that may have samples. */
  public int seriesLimit() {
    return states.length << STATE_BITS;
  }

  /** Gives the pages back. Nobody may read afterwards. */
  public void recycle() {
    pool.give(pages, pageCount);
    pages = new PagePool.@Nullable Page[0];
    pageCount = 0;
  }

  // ---- reading, by any thread ----

  private int @Nullable [] stateOrNull(int seriesId) {
    int page = seriesId >>> STATE_BITS;
    var current = states;
    return page < current.length ? current[page] : null;
  }

  /** Whether the series has a sample with a stamp below {@code visible} in [minTimeMs, maxTimeMs]. */
  public boolean overlaps(int seriesId, int visible, long minTime, long maxTime) {
    // The ends of the whole were written before what is visible was published, and only grow apart.
    if (maxTimeMs < minTime || minTimeMs > maxTime) {
      return false;
    }
    if (minTime <= minTimeMs && maxTime >= maxTimeMs) {
      return contains(seriesId, visible);
    }
    return walk(seriesId, visible, minTime, maxTime, null, null) == Walk.FOUND;
  }

  /** Whether the series has a sample with a stamp below {@code visible}. */
  public boolean contains(int seriesId, int visible) {
    var state = stateOrNull(seriesId);
    if (state == null) {
      return false;
    }
    int at = (seriesId & STATE_SERIES - 1) << 2;
    if ((int) INTS.getAcquire(state, at + NEXT_FREE) == 0) {
      return false;
    }
    int first = state[at + FIRST] + 1;
    return (stamps(first)[first & PagePool.PAGE_SLOTS - 1] & STAMP_MASK) < visible;
  }

  /**
   * Appends the series' visible samples in [minTimeMs, maxTimeMs] to the buffer, in the order they
   * came.
   *
   * @param hidden what is deleted: triples of a stamp, a first and a last time, where samples with lower
   *     stamps and a time in that range are left out; or null
   * @return whether their times ascend strictly
   */
  public boolean read(int seriesId, int visible, long minTime, long maxTime,
      long @Nullable [] hidden, SampleBuffer into) {
    return walk(seriesId, visible, minTime, maxTime, hidden, into) == Walk.ASCENDING;
  }

  /** How a walk over a series ended: at the first sample where none were wanted, or at the last. */
  private enum Walk {
    FOUND,
    ASCENDING,
    UNORDERED;

    static Walk end(boolean ascending) {
      return ascending ? ASCENDING : UNORDERED;
    }
  }

  /** @param into where samples go; null to end at the first */
  private Walk walk(int seriesId, int visible, long minTime, long maxTime, long @Nullable [] hidden,
      @Nullable SampleBuffer into) {
    var state = stateOrNull(seriesId);
    if (state == null) {
      return Walk.ASCENDING;
    }
    int at = (seriesId & STATE_SERIES - 1) << 2;
    int nextFree = (int) INTS.getAcquire(state, at + NEXT_FREE);
    if (nextFree == 0) {
      return Walk.ASCENDING;
    }
    // Slots before nextFree are complete; the walk must not pass it, because pages are used again and
    // hold old stamps. Stamps of `visible` and above end it sooner.
    int header = state[at + FIRST];
    int length = FIRST_BLOCK;
    long previous = Long.MIN_VALUE;
    boolean ascending = true;
    while (header != 0) {
      var page = page(header);
      int offset = header & PagePool.PAGE_SLOTS - 1;
      long startMs = page.bits[offset];
      int next = (int) INTS.getAcquire(page.stamps, offset);
      boolean last = nextFree > header && nextFree <= header + length;
      int stop = last ? nextFree - header : length;
      boolean early = false;
      for (int i = 1; i < stop; i++) {
        int stamp = page.stamps[offset + i];
        if (stamp == END) {
          early = true;
          break;
        }
        if ((stamp & STAMP_MASK) >= visible) {
          return Walk.end(ascending);
        }
        long timeMs = time(stamp & STAMP_MASK);
        if (timeMs < minTime || timeMs > maxTime
            || hidden != null && isHidden(hidden, stamp & STAMP_MASK, timeMs)) {
          continue;
        }
        if (into == null) {
          return Walk.FOUND;
        }
        ascending &= timeMs > previous;
        previous = timeMs;
        long bits = page.bits[offset + i];
        if ((stamp & HISTOGRAM) != 0) {
          into.add(timeMs, startMs, histogram((int) bits));
        } else {
          into.add(timeMs, startMs, Double.longBitsToDouble(bits));
        }
      }
      if (last) {
        return Walk.end(ascending);
      }
      header = next;
      length = early ? FIRST_BLOCK : Math.min(MAX_BLOCK, length * 2);
    }
    return Walk.end(ascending);
  }

  private static boolean isHidden(long[] hidden, int stamp, long timeMs) {
    for (int i = 0; i < hidden.length; i += 3) {
      if (stamp < hidden[i] && timeMs >= hidden[i + 1] && timeMs <= hidden[i + 2]) {
        return true;
      }
    }
    return false;
  }

  private NativeHistogram histogram(int index) {
    var column = histograms[index >>> STATE_BITS];
    var histogram = column == null ? null : column[index & STATE_SERIES - 1];
    if (histogram == null) {
      throw new IllegalStateException(
          "histogram " + index + " of " + histogramCount + " is missing");
    }
    return histogram;
  }
}

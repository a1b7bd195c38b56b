package io.throughline.collector.produce;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The bytes series arrived in, one behind the other in the order they were first met. Senders repeat
 * themselves: after a series mostly comes the one that came after it before. So a door compares the bytes at
 * hand with those of the expected series and needs neither to hash them nor to look them up, and memory is read
 * from front to back. What is new of a request is added as one {@link Run}: several senders that begin at once
 * would otherwise stand shuffled for ever, and each series after one of another sender.
 *
 * <p>Bounded in bytes; what is beyond goes the way of the hash. Readers take no lock: arrays are filled before
 * {@code size} tells of them, and growth publishes copies.
 */
final class ArrivalOrder {
  private static final byte[] NONE = {};

  private final long maxBytes;
  private volatile Pages pages = new Pages(new byte[1024], new int[17],
      new @Nullable SeriesEntry[16]);
  private volatile int size;

  /** Series i arrived as {@code bytes[starts[i] .. starts[i + 1])}. */
  private record Pages(byte[] bytes, int[] starts, @Nullable SeriesEntry[] entries) {}

  ArrivalOrder(long maxBytes) {
    this.maxBytes = Math.min(maxBytes, 1 << 30);
  }

  /** Hot path: the series at a place, if its {@link SeriesEntry#arrivedLength} bytes stand at {@code from}. */
  @Nullable
  SeriesEntry match(int place, byte[] arrived, int from, int to) {
    if (place < 0 || place >= size) {
      return null;
    }
    var now = pages;
    if (place >= now.entries.length) {
      // Emptied meanwhile.
      return null;
    }
    int start = now.starts[place];
    int end = now.starts[place + 1];
    int length = end - start;
    if (length <= 0 || to - from < length
        || !Arrays.equals(arrived, from, from + length, now.bytes, start, end)) {
      return null;
    }
    return now.entries[place];
  }

  /** Where an entry stands, or -1. */
  int placeOf(SeriesEntry entry) {
    int place = entry.place;
    if (place < 0 || place >= size) {
      return -1;
    }
    var entries = pages.entries;
    return place < entries.length && entries[place] == entry ? place : -1;
  }

  /** Series that arrived one after the other in one request and have no place yet. For one thread. */
  static final class Run {
    private @Nullable SeriesEntry[] entries = new @Nullable SeriesEntry[64];
    private int[] spans = new int[128];
    private byte[] bytes = NONE;
    private int size;

    /** Bytes are all of one array, until {@link #clear}. */
    void add(SeriesEntry entry, byte[] arrived, int from, int to) {
      if (size == entries.length) {
        entries = Arrays.copyOf(entries, 2 * size);
        spans = Arrays.copyOf(spans, 4 * size);
      }
      bytes = arrived;
      entries[size] = entry;
      spans[2 * size] = from;
      spans[2 * size + 1] = to;
      size++;
    }

    void clear() {
      Arrays.fill(entries, 0, size, null);
      bytes = NONE;
      size = 0;
    }
  }

  /** Puts the entries of a run behind all others, next to each other, as far as there is room. */
  void add(Run run) {
    if (run.size == 0) {
      return;
    }
    synchronized (this) {
      for (int i = 0; i < run.size; i++) {
        var entry = run.entries[i];
        if (entry != null) {
          add(entry, run.bytes, run.spans[2 * i], run.spans[2 * i + 1]);
        }
      }
    }
  }

  /** Puts an entry behind all others, or nowhere where there is no room; returns its place or -1. */
  synchronized int add(SeriesEntry entry, byte[] arrived, int from, int to) {
    int known = placeOf(entry);
    if (known >= 0) {
      return known;
    }
    int place = size;
    var now = pages;
    int used = now.starts[place];
    int length = to - from;
    if (length <= 0 || (long) used + length > maxBytes) {
      return -1;
    }
    if (used + length > now.bytes.length) {
      int capacity = (int) Math.min(maxBytes, Math.max(2L * now.bytes.length, used + length));
      now = new Pages(Arrays.copyOf(now.bytes, capacity), now.starts, now.entries);
    }
    if (place == now.entries.length) {
      now = new Pages(now.bytes, Arrays.copyOf(now.starts, 2 * place + 1),
          Arrays.copyOf(now.entries, 2 * place));
    }
    pages = now;
    System.arraycopy(arrived, from, now.bytes, used, length);
    now.starts[place + 1] = used + length;
    now.entries[place] = entry;
    entry.arrivedLength = length;
    entry.place = place;
    size = place + 1;
    return place;
  }

  /** Begins anew: what senders send now comes in. */
  synchronized void clear() {
    size = 0;
    pages = new Pages(new byte[1024], new int[17], new @Nullable SeriesEntry[16]);
  }

  long bytes() {
    var now = pages;
    int count = Math.min(size, now.entries.length);
    return now.starts[count];
  }

  /** Whether hardly anything more fits in. */
  boolean isFull() {
    return bytes() > maxBytes - maxBytes / 16;
  }
}

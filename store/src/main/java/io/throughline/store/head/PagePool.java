package io.throughline.store.head;

import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Pages of heads that were flushed, kept for the next head, so that steady appending allocates nothing.
 * Thread-safe. Holds at most the given number of pages, and those weakly: a collection of the whole heap takes what no
 * head has come back for, so that a process whose load has passed does not keep the memory of its peak.
 */
public final class PagePool {
  static final int PAGE_BITS = 14;
  static final int PAGE_SLOTS = 1 << PAGE_BITS;

  private final int maxPages;
  private final ArrayDeque<WeakReference<Page>> free = new ArrayDeque<>();

  public PagePool(int maxPages) {
    this.maxPages = maxPages;
  }

  synchronized Page take() {
    for (var next = free.poll(); next != null; next = free.poll()) {
      var page = next.get();
      if (page != null) {
        return page;
      }
    }
    return new Page();
  }

  synchronized void give(@Nullable Page[] pages, int count) {
    for (int i = 0; i < count && free.size() < maxPages; i++) {
      var page = pages[i];
      if (page != null) {
        free.push(page.self);
      }
    }
  }

  /** Slots of one page: the bits of a value, and the stamp that says when. */
  static final class Page {
    static final int BYTES = PAGE_SLOTS * 12;

    final long[] bits = new long[PAGE_SLOTS];
    final int[] stamps = new int[PAGE_SLOTS];
    private final WeakReference<Page> self = new WeakReference<>(this);
  }
}

package io.throughline.store.head;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Pages of heads that were flushed, kept for the next head, so that steady appending allocates nothing.
 * Thread-safe. Holds at most the given number of pages; more are left to the garbage collector.
 */
public final class PagePool {
  static final int PAGE_BITS = 14;
  static final int PAGE_SLOTS = 1 << PAGE_BITS;

  private final int maxPages;
  private final ArrayDeque<Page> free = new ArrayDeque<>();

  public PagePool(int maxPages) {
    this.maxPages = maxPages;
  }

  synchronized Page take() {
    var page = free.poll();
    return page == null ? new Page() : page;
  }

  synchronized void give(@Nullable Page[] pages, int count) {
    for (int i = 0; i < count && free.size() < maxPages; i++) {
      var page = pages[i];
      if (page != null) {
        free.push(page);
      }
    }
  }

  /** Slots of one page: the bits of a value, and the stamp that says when. */
  static final class Page {
    static final int BYTES = PAGE_SLOTS * 12;

    final long[] bits = new long[PAGE_SLOTS];
    final int[] stamps = new int[PAGE_SLOTS];
  }
}

package io.throughline.store.series;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/** A growing array of ints, with the visibility rule of {@link Slab}. */
final class IntPages {
  private static final int PAGE_BITS = 12;
  private static final int PAGE = 1 << PAGE_BITS;
  private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);

  private int[][] pages = new int[4][];
  private int pageCount;

  int get(int index) {
    return pages[index >>> PAGE_BITS][index & PAGE - 1];
  }

  /** What {@link #setRelease} wrote, and with it all that was written before; 0 if it was never set. */
  int getAcquireOrZero(int index) {
    // Not by the count of pages: a reader may see the count before it sees the page, which is null then.
    int page = index >>> PAGE_BITS;
    var seen = pages;
    var column = page < seen.length ? seen[page] : null;
    return column == null ? 0 : (int) INTS.getAcquire(column, index & PAGE - 1);
  }

  void set(int index, int value) {
    ensure(index);
    pages[index >>> PAGE_BITS][index & PAGE - 1] = value;
  }

  void setRelease(int index, int value) {
    ensure(index);
    INTS.setRelease(pages[index >>> PAGE_BITS], index & PAGE - 1, value);
  }

  private void ensure(int index) {
    int page = index >>> PAGE_BITS;
    while (page >= pageCount) {
      if (pageCount == pages.length) {
        pages = Arrays.copyOf(pages, pageCount * 2);
      }
      pages[pageCount] = new int[PAGE];
      pageCount++;
    }
  }

  long bytes() {
    return 4L * PAGE * pageCount;
  }
}

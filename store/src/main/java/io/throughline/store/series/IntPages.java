package io.throughline.store.series;

import java.util.Arrays;

/** A growing array of ints, with the visibility rule of {@link Slab}. */
final class IntPages {
  private static final int PAGE_BITS = 12;
  private static final int PAGE = 1 << PAGE_BITS;

  private int[][] pages = new int[4][];
  private int pageCount;

  int get(int index) {
    return pages[index >>> PAGE_BITS][index & PAGE - 1];
  }

  void set(int index, int value) {
    int page = index >>> PAGE_BITS;
    while (page >= pageCount) {
      if (pageCount == pages.length) {
        pages = Arrays.copyOf(pages, pageCount * 2);
      }
      pages[pageCount++] = new int[PAGE];
    }
    pages[page][index & PAGE - 1] = value;
  }

  long bytes() {
    return 4L * PAGE * pageCount;
  }
}

package io.throughline.store.series;

import java.util.Arrays;

/**
 * Byte strings one after the other in pages, each found by an int address. One thread adds; a reader may
 * read every string whose address it got through a volatile read that follows the adding.
 */
final class Slab {
  private static final int PAGE_BITS = 16;
  private static final int PAGE_BYTES = 1 << PAGE_BITS;

  private byte[][] pages = new byte[4][];
  private int pageCount;
  private int free = PAGE_BYTES;
  private long bytes;

  /** Copies the bytes in; the address counts pages in its upper half. */
  int add(byte[] source, int offset, int length) {
    if (pageCount == 0 || length > PAGE_BYTES - free) {
      if (pageCount == pages.length) {
        pages = Arrays.copyOf(pages, pageCount * 2);
      }
      if (pageCount == PAGE_BYTES) {
        throw new IllegalStateException("a registry holds at most 4 GiB of labels");
      }
      // A string longer than a page gets a page of its own.
      pages[pageCount++] = new byte[Math.max(PAGE_BYTES, length)];
      bytes += Math.max(PAGE_BYTES, length);
      free = 0;
    }
    System.arraycopy(source, offset, pages[pageCount - 1], free, length);
    int address = pageCount - 1 << PAGE_BITS | free;
    free = Math.min(PAGE_BYTES, free + length);
    return address;
  }

  byte[] page(int address) {
    return pages[address >>> PAGE_BITS];
  }

  static int offset(int address) {
    return address & PAGE_BYTES - 1;
  }

  long bytes() {
    return bytes;
  }
}

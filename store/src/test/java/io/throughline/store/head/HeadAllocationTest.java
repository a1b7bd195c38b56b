package io.throughline.store.head;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** Appending takes pages that a flush gave back, and nothing from the heap. */
final class HeadAllocationTest {
  private static final int SERIES = 2000;
  private static final int RECORDS = 100;

  private static long allocatedBytes() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }

  /** Appends a record of all series at a time; returns the bytes that allocated. */
  private static long fill(Head head) {
    // The first record of a head makes room for the states of its series, once.
    record(head, 0);
    long before = allocatedBytes();
    for (int i = 1; i <= RECORDS; i++) {
      record(head, i);
    }
    return allocatedBytes() - before;
  }

  private static void record(Head head, int number) {
    for (int id = 0; id < SERIES; id++) {
      head.append(id, 1_700_000_000_000L + number * 1000L, 0, number * 31 + id);
    }
    head.publish();
  }

  @Test
  void appendingToPagesThatExistAllocatesNothing() {
    var pool = new PagePool(512);
    long bytes = Long.MAX_VALUE;
    for (int i = 0; i < 20; i++) {
      var head = new Head(pool);
      bytes = Math.min(bytes, fill(head));
      head.recycle();
    }

    // What grows are three arrays of references to pages, by doubling.
    assertThat(bytes / (double) (SERIES * RECORDS)).isLessThan(0.01);
  }
}

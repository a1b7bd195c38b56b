package io.throughline.store.series;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a matcher says of the series of one reader: ids that it accepts, or ids that it does not accept, as few of them as
 * there are labels to look at. Sorted ids or, where that takes less, a bit for each series of the reader. Immutable.
 */
final class Postings {
  private final int size;
  private final boolean accepted;
  private final boolean exact;
  private final int @Nullable [] ids;
  private final long @Nullable [] bits;

  private Postings(int size, boolean accepted, boolean exact, int @Nullable [] ids,
      long @Nullable [] bits) {
    this.size = size;
    this.accepted = accepted;
    this.exact = exact;
    this.ids = ids;
    this.bits = bits;
  }

  /**
   * Of a bit for each series; takes the array over.
   *
   * @param accepted whether the matcher accepts these, and not all others
   * @param exact whether all others are judged the other way; where not, what is left has to be looked at
   */
  static Postings of(long[] bits, boolean accepted, boolean exact) {
    int size = 0;
    for (long word : bits) {
      size += Long.bitCount(word);
    }
    if (size > 2 * bits.length) {
      return new Postings(size, accepted, exact, null, bits);
    }
    var ids = new int[size];
    int at = 0;
    for (int word = 0; word < bits.length; word++) {
      for (long rest = bits[word]; rest != 0; rest &= rest - 1) {
        ids[at++] = word << 6 | Long.numberOfTrailingZeros(rest);
      }
    }
    return new Postings(size, accepted, exact, ids, null);
  }

  int size() {
    return size;
  }

  boolean accepted() {
    return accepted;
  }

  boolean exact() {
    return exact;
  }

  long bytes() {
    return ids != null ? 4L * ids.length : bits != null ? 8L * bits.length : 0;
  }

  /** The ids below a limit, in an array of the caller's. */
  int[] below(int limit) {
    if (ids != null) {
      return Arrays.copyOf(ids, seek(ids, 0, limit));
    }
    var found = new int[size];
    int at = 0;
    for (int word = 0; bits != null && word < bits.length; word++) {
      for (long rest = bits[word]; rest != 0; rest &= rest - 1) {
        int id = word << 6 | Long.numberOfTrailingZeros(rest);
        if (id >= limit) {
          return Arrays.copyOf(found, at);
        }
        found[at++] = id;
      }
    }
    return found;
  }

  /** Moves those of the first {@code count} ids that the matcher accepts to the front; answers how many they are. */
  int retain(int[] candidates, int count) {
    int kept = 0;
    int at = 0;
    for (int i = 0; i < count; i++) {
      int id = candidates[i];
      boolean here;
      if (ids != null) {
        at = seek(ids, at, id);
        here = at < ids.length && ids[at] == id;
      } else {
        here = bits != null && (bits[id >> 6] & 1L << id) != 0;
      }
      if (here == accepted) {
        candidates[kept++] = id;
      }
    }
    return kept;
  }

  /** The first index from {@code from} on whose id is not below the wanted one; near ones are found sooner. */
  private static int seek(int[] ids, int from, int wanted) {
    int step = 1;
    int low = from;
    int high = from;
    while (high < ids.length && ids[high] < wanted) {
      low = high + 1;
      high += step;
      step *= 2;
    }
    int at = Arrays.binarySearch(ids, low, Math.min(high, ids.length), wanted);
    return at < 0 ? -at - 1 : at;
  }
}

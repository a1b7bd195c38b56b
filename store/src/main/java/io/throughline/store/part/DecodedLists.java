package io.throughline.store.part;

import java.lang.ref.SoftReference;
import org.jspecify.annotations.Nullable;

/**
 * Lists of times of a part that were decoded last: one series after the other uses the same ones. Let go when
 * memory is short. Thread-safe; two threads may decode the same list, which is harmless.
 */
final class DecodedLists {
  /** About what the lists of a part may take. */
  private static final int MOST_BYTES = 1 << 20;
  private static final int FEWEST = 16;
  private static final int MOST = 1 << 10;

  private final int places;
  private volatile SoftReference<@Nullable Kept[]> kept = new SoftReference<>(null);

  private record Kept(int list, long[] times) {}

  /** @param samplesOfChunk about how many samples a chunk has, and so a list */
  DecodedLists(int lists, long samplesOfChunk) {
    long fit = MOST_BYTES / (8 * Math.max(1, samplesOfChunk));
    long wanted = Math.min(fit, 2L * lists - 1);
    places = Integer.highestOneBit((int) Math.clamp(wanted, FEWEST, MOST));
  }

  /** The times of a list, to be read only; null where they have to be decoded. */
  long @Nullable [] find(int list) {
    var known = kept.get();
    var one = known == null ? null : known[list & places - 1];
    return one != null && one.list == list ? one.times : null;
  }

  void keep(int list, long[] times) {
    var known = kept.get();
    if (known == null) {
      known = new @Nullable Kept[places];
      kept = new SoftReference<>(known);
    }
    known[list & places - 1] = new Kept(list, times);
  }
}

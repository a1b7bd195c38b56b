package io.throughline.store;

import io.throughline.store.compact.Keep;
import io.throughline.store.compact.Thinning;
import io.throughline.store.part.Part;
import java.util.Arrays;

/**
 * From which times on the samples of each class are kept at all, and whole, at one look. Class 0 is what no
 * class accepts.
 */
final class Keeping {
  /** A part is written anew once one in this many of its samples would go. */
  private static final int SHARE = 4;

  private final long[] fromMs;
  private final long[] wholeFromMs;
  private final long[] intervalMs;

  private Keeping(int classes) {
    fromMs = new long[classes];
    wholeFromMs = new long[classes];
    intervalMs = new long[classes];
    Arrays.fill(wholeFromMs, Long.MIN_VALUE);
  }

  /** @param leastMs before this time nothing is kept, whatever its class */
  static Keeping of(StoreSettings settings, long nowMs, long leastMs) {
    var classes = settings.classes();
    var keeping = new Keeping(classes.size() + 1);
    keeping.fromMs[0] = Math.max(leastMs, before(nowMs, settings.retention().toMillis()));
    for (int i = 1; i <= classes.size(); i++) {
      var one = classes.get(i - 1);
      boolean thins = !one.interval().isZero();
      keeping.fromMs[i] = Math.max(leastMs,
          before(nowMs, (thins ? one.thinned() : one.whole()).toMillis()));
      if (thins) {
        keeping.intervalMs[i] = one.interval().toMillis();
        keeping.wholeFromMs[i] = wholeFromMs(one, nowMs);
      }
    }
    return keeping;
  }

  /** The time before which a class that is thinned may be, a multiple of its interval. */
  static long wholeFromMs(RetentionClass one, long nowMs) {
    if (one.interval().isZero()) {
      return Long.MIN_VALUE;
    }
    long intervalMs = one.interval().toMillis();
    return Math.floorDiv(nowMs - one.whole().toMillis(), intervalMs) * intervalMs;
  }

  private static long before(long nowMs, long retentionMs) {
    return retentionMs == 0 ? Long.MIN_VALUE : nowMs - retentionMs;
  }

  boolean hasClasses() {
    return fromMs.length > 1;
  }

  /** Before this time nothing of any class is kept. */
  long earliestMs() {
    return Arrays.stream(fromMs).min().orElse(Long.MIN_VALUE);
  }

  /** What is kept of a shard's series. */
  Keep of(SeriesClasses classes) {
    var thinning = new Thinning();
    return new Keep() {
      @Override
      public long fromMs(int seriesId) {
        return fromMs[classes.of(seriesId)];
      }

      @Override
      public void thin(int seriesId, SampleBuffer samples) {
        int one = classes.of(seriesId);
        if (intervalMs[one] > 0) {
          thinning.thin(samples, wholeFromMs[one], intervalMs[one]);
        }
      }
    };
  }

  /**
   * Whether a part is worth writing anew: a quarter of its samples would go, or all that it holds of some
   * class is past its time.
   */
  boolean isDue(Part part, SeriesClasses classes) {
    long latest = Long.MIN_VALUE;
    for (int i = 0; i < fromMs.length; i++) {
      latest = Math.max(latest, Math.max(fromMs[i], wholeFromMs[i]));
    }
    if (part.info().minTimeMs() >= latest) {
      return false;
    }
    var look = new Look(part.info().maxTimeMs(), classes);
    part.forEachChunk(look);
    return look.classPast || look.going >= Math.max(1, part.info().sampleCount() / SHARE);
  }

  private final class Look implements Part.ChunkVisitor {
    private final long partEndMs;
    private final SeriesClasses classes;
    private double going;
    private boolean classPast;

    Look(long partEndMs, SeriesClasses classes) {
      this.partEndMs = partEndMs;
      this.classes = classes;
    }

    @Override
    public void chunk(int seriesId, long firstMs, long spanMs, long count) {
      int one = classes.of(seriesId);
      going += shareBefore(fromMs[one], firstMs, spanMs) * count;
      // A class that is kept for another time than the part's other samples never makes a quarter of them.
      classPast |= hasClasses() && partEndMs < fromMs[one];
      if (intervalMs[one] > 0 && count > Thinning.KEPT * (spanMs / intervalMs[one] + 2)) {
        going += shareBefore(wholeFromMs[one], firstMs, spanMs) * count / 2;
        classPast |= partEndMs < wholeFromMs[one];
      }
    }
  }

  /** Which share of a chunk's samples lies before a time, if they are spread evenly. */
  private static double shareBefore(long timeMs, long firstMs, long spanMs) {
    if (firstMs >= timeMs) {
      return 0;
    }
    return firstMs + spanMs < timeMs ? 1 : (timeMs - firstMs) / (spanMs + 1.0);
  }
}

package io.throughline.query.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where the samples of each window lie, at indexes from {@link #lo} to {@link #hi}, excluded: one pass over the samples, as
 * both ends of a window move forward only. The series of a target are measured at the same times, so what was found for one
 * series mostly is right for the next, and what follows from times alone need not be made anew ({@link #version}).
 */
final class WindowIndex {

  private @Nullable Windows windows;
  private long[] times = new long[0];
  private int size;
  private int leftOut;
  private int[] first = new int[0];
  private int[] behind = new int[0];
  private int version;

  /** Looks for the windows' samples in these. */
  void set(Samples samples, Windows wanted) {
    if (wanted.equals(windows) && samples.size == size && samples.leftOut == leftOut
        && Arrays.equals(times, 0, size, samples.times, 0, size)) {
      return;
    }
    version++;
    windows = wanted;
    size = samples.size;
    leftOut = samples.leftOut;
    if (times.length < size) {
      times = new long[size + size / 2];
    }
    System.arraycopy(samples.times, 0, times, 0, size);
    if (first.length < wanted.count()) {
      first = new int[wanted.count()];
      behind = new int[wanted.count()];
    }
    find(wanted);
  }

  private void find(Windows wanted) {
    int lo = 0;
    int hi = 0;
    for (int k = 0; k < wanted.count(); k++) {
      long end = wanted.endMs(k);
      long start = end - wanted.rangeMs();
      while (hi < size && times[hi] <= end) {
        hi++;
      }
      while (lo < hi && times[lo] <= start) {
        lo++;
      }
      first[k] = lo;
      behind[k] = hi;
    }
  }

  /** Another number as soon as anything is elsewhere than before. */
  int version() {
    return version;
  }

  int lo(int step) {
    return first[step];
  }

  int hi(int step) {
    return behind[step];
  }

  boolean any(int step) {
    return first[step] < behind[step];
  }
}

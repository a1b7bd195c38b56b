package io.throughline.query.engine;

/**
 * The samples of each window in turn: at indexes from {@link #lo} to {@link #hi}, excluded. Both ends move forward only, so
 * that going through all windows costs one pass over the samples.
 */
final class WindowCursor {

  private final long[] times;
  private final int size;
  private final Windows windows;
  long startMs;
  long endMs;
  int lo;
  int hi;

  WindowCursor(Samples samples, Windows windows) {
    this.times = samples.times;
    this.size = samples.size;
    this.windows = windows;
  }

  /** Moves on to a step that is not before the last one; true if its window holds samples. */
  boolean moveTo(int step) {
    long end = windows.endMs(step);
    long start = end - windows.rangeMs();
    int behind = hi;
    while (behind < size && times[behind] <= end) {
      behind++;
    }
    int first = lo;
    while (first < behind && times[first] <= start) {
      first++;
    }
    endMs = end;
    startMs = start;
    hi = behind;
    lo = first;
    return first < behind;
  }
}

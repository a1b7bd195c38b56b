package io.throughline.query.view;

/**
 * Columns of equal width. Boundaries are whole multiples of the step since the epoch, so a window that
 * moves on keeps the columns it had. Column i covers {@code [startMs + i·stepMs, startMs + (i+1)·stepMs)}.
 */
record Grid(long startMs, long stepMs, int columns) {

  /** Steps that people read easily, in seconds. */
  private static final int[] NICE_STEPS_S = {1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800,
      3600, 7200, 14400, 21600, 43200, 86400};

  /** The columns that cover {@code [startMs, endMs)} with a step of at least {@code leastStepMs}. */
  static Grid covering(long startMs, long endMs, long leastStepMs) {
    long step = niceStepMs(leastStepMs);
    long first = Math.floorDiv(startMs, step) * step;
    long columns = Math.max(1, Math.ceilDiv(endMs - first, step));
    return new Grid(first, step, Math.toIntExact(columns));
  }

  static long niceStepMs(long leastMs) {
    for (int seconds : NICE_STEPS_S) {
      if (seconds * 1000L >= leastMs) {
        return seconds * 1000L;
      }
    }
    return Math.ceilDiv(leastMs, 86_400_000L) * 86_400_000L;
  }

  long endMs() {
    return startMs + stepMs * columns;
  }

  /** The same columns, each cut into {@code parts}. */
  Grid cut(int parts) {
    return new Grid(startMs, stepMs / parts, columns * parts);
  }
}

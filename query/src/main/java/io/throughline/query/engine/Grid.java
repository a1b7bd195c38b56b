package io.throughline.query.engine;

/**
 * The times a query is evaluated at: {@code startMs + k · stepMs} for k from 0 to {@code count}, excluded.
 *
 * @param stepMs at least 1; meaningless where {@code count} is 1
 */
record Grid(long startMs, long stepMs, int count) {

  static Grid instant(long timeMs) {
    return new Grid(timeMs, 1, 1);
  }

  long timeMs(int step) {
    return startMs + step * stepMs;
  }

  long endMs() {
    return timeMs(count - 1);
  }
}

package io.throughline.query.engine;

/**
 * The ranges that a range vector looks at, one per step, open at their start: {@code (end − range, end]}.
 *
 * @param firstEndMs the end of the first
 * @param stepMs how far each end lies after the one before; 0 where {@code @} fixes it
 */
record Windows(long firstEndMs, long stepMs, int count, long rangeMs) {

  long endMs(int step) {
    return firstEndMs + step * stepMs;
  }

  /** Whether ranges overlap so much that sliding is mostly cheaper than looking at each anew. */
  boolean overlapMuch() {
    return overlap(4);
  }

  /** Whether each time is in so many ranges. */
  boolean overlap(int ranges) {
    return count > 1 && rangeMs / Math.max(1, stepMs) >= ranges;
  }
}

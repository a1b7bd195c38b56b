package io.throughline.query.engine;

/**
 * How many samples each step looked at, as Prometheus counts them: of an instant vector each value, of a range vector each
 * sample in the range. A sample that two steps look at counts twice; what is read within a subquery does not count, its
 * points do.
 */
final class StepCounts {

  private final long[] counts;
  private final WindowIndex index = new WindowIndex();

  StepCounts(int steps) {
    counts = new long[steps];
  }

  long[] counts() {
    return counts;
  }

  void addValues(SeriesColumn column) {
    for (int k = 0; k < counts.length; k++) {
      counts[k] += column.has(k) ? 1 : 0;
    }
  }

  void addWindows(Samples samples, Windows windows) {
    index.set(samples, windows);
    for (int k = 0; k < counts.length; k++) {
      counts[k] += index.hi(k) - index.lo(k);
    }
  }

  /** Adds to every step what was counted at the only one of another. */
  void addToAll(StepCounts once) {
    for (int k = 0; k < counts.length; k++) {
      counts[k] += once.counts[0];
    }
  }

  long total() {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    return total;
  }
}

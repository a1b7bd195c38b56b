package io.throughline.query.view;

import java.util.Arrays;
import java.util.Set;

/**
 * Which sparklines of an overview are wanted: they are nine tenths of it.
 *
 * @param signals whose; empty stands for all of them
 * @param first the first row that has some, in the reply's order
 * @param count how many rows have some
 * @param sinceMs only columns that begin at or after it; -1 for all
 */
record Sparks(Set<String> signals, int first, int count, long sinceMs) {
  static final Sparks ALL = new Sparks("", 0, Integer.MAX_VALUE, -1);

  /** @param names separated by commas; "" for all, {@code none} for none */
  Sparks(String names, int first, int count, long sinceMs) {
    this(names.isEmpty() ? Set.of() : Set.copyOf(Arrays.asList(names.split(","))), first, count,
        sinceMs);
  }

  boolean wanted(int row, String signal) {
    return row >= first && row - first < count && (signals.isEmpty() || signals.contains(signal));
  }

  /** How many columns of the grid lie before what is wanted. */
  int skipped(Grid grid) {
    return sinceMs < 0
        ? 0
        : Math.clamp(Math.ceilDiv(sinceMs - grid.startMs(), grid.stepMs()), 0, grid.columns());
  }

  static double[] from(double[] spark, int skipped) {
    return skipped == 0
        ? spark
        : Arrays.copyOfRange(spark, Math.min(skipped, spark.length), spark.length);
  }
}

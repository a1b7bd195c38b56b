package io.throughline.query.engine;

/** Where an operator puts each finished series. */
@FunctionalInterface
interface Sink {

  /**
   * Takes a column, which it may change.
   *
   * @return true if it keeps the column: the caller then makes a new one for the next series
   */
  boolean accept(SeriesColumn column);
}

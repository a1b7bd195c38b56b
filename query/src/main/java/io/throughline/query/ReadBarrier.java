package io.throughline.query;

/**
 * Lets a reader see what was acknowledged before it arrived. Wired by the process: beside an ingest it
 * waits for the applied offsets, elsewhere there is nothing to wait for.
 */
@FunctionalInterface
public interface ReadBarrier {

  /** Where nothing is written in this process. */
  ReadBarrier NONE = () -> 0;

  /**
   * Blocks, for at most a quarter of a second, until a snapshot taken afterwards holds everything that was
   * acknowledged before the call. Call it from a thread that may wait.
   *
   * @return how many acknowledged records such a snapshot would still lack
   */
  long await();
}

package io.throughline.query.engine;

/** Threads that may lend a query a hand. */
@FunctionalInterface
public interface Helpers {

  /** Nobody helps. */
  Helpers NONE = _ -> false;

  /**
   * Has an idle thread run a task, soon or never; false if none is idle. What the task throws is the task's business.
   */
  boolean offer(Runnable task);
}

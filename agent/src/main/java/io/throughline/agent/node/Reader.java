package io.throughline.agent.node;

/** Reads one thing of one resource, each round, into {@link Reading#out}. */
interface Reader {

  void read(Reading reading);

  /** Closes the kernel files it holds open. */
  default void close() {}
}

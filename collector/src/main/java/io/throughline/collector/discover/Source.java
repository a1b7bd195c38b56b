package io.throughline.collector.discover;

import io.throughline.model.Labels;
import java.util.List;

/** One orchestrator that is asked what runs. Used by one thread. */
public interface Source extends AutoCloseable {

  /** A series and its present value; an information has the value 1. */
  record Told(Labels labels, double value) {}

  /** For people: {@code kubernetes}, {@code docker}. */
  String name();

  /**
   * Everything that is so now.
   *
   * @throws Exception where it cannot be known; the message names the file, privilege or address and what would help
   */
  List<Told> read() throws Exception;

  @Override
  void close();
}

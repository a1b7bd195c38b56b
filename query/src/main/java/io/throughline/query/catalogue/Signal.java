package io.throughline.query.catalogue;

import io.throughline.model.identity.Entity;
import java.util.List;

/**
 * One thing worth knowing about an entity, whatever its source calls it.
 *
 * @param name after OpenTelemetry's semantic conventions where one exists, {@code throughline.*} otherwise
 * @param unit of the values after each source's scale: {@code s}, {@code bytes}, {@code ratio}, {@code
 *     cores}, {@code requests} …; of a counter, the unit of what it counts
 * @param about one sentence for people
 * @param sources best first
 */
public record Signal(String name, String unit, Kind kind, Bad bad, Entity.Kind entity, String about,
    List<Mapping> sources) {

  /** How values become columns. */
  public enum Kind {
    /** Grows, is reset to 0; a column is its increase per second. */
    COUNTER,
    /** A level; a column has its least and largest value. */
    GAUGE,
    /** A distribution, native, classic or as a count and a sum; a column is what came in. */
    HISTOGRAM
  }

  /** In which direction it hurts. */
  public enum Bad {
    UP,
    DOWN,
    NONE
  }

  public Signal {
    sources = List.copyOf(sources);
  }
}

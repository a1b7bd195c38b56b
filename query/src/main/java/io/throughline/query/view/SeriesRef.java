package io.throughline.query.view;

import io.throughline.query.catalogue.Mapping;

/**
 * A stored series that describes an entity, found once when it was registered. What is learnt by reading
 * it (its interval, its newest sample) is kept here for the next reader; a race between readers loses
 * nothing but freshness.
 */
final class SeriesRef {
  /** An interval not yet known. */
  static final long UNKNOWN_INTERVAL = 0;

  final int partition;
  final int seriesId;
  final Mapping mapping;
  final Mapping.Part part;
  /** {@code 2xx}, {@code user}, {@code read} …, or "". */
  final String category;
  final boolean error;
  /** The instance that sent it, or "". */
  final String instance;
  /** Of a bucket: its upper bound in the signal's unit. */
  final double bound;
  /** Equal for the buckets of one histogram. */
  final long group;
  volatile long intervalMs = UNKNOWN_INTERVAL;
  volatile long lastMs;

  SeriesRef(int partition, int seriesId, Mapping mapping, Mapping.Part part, String category,
      boolean error, String instance, double bound, long group) {
    this.partition = partition;
    this.seriesId = seriesId;
    this.mapping = mapping;
    this.part = part;
    this.category = category;
    this.error = error;
    this.instance = instance;
    this.bound = bound;
    this.group = group;
  }
}

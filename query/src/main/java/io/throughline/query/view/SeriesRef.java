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
  /** The rank of its source, unless a page ranks it as another's. */
  final int rank;
  /** What is learnt is kept here; the same series under another rank shares it. */
  private final SeriesRef learner;
  private volatile long intervalMs = UNKNOWN_INTERVAL;
  private volatile long lastMs;

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
    this.rank = mapping.rank();
    this.learner = this;
  }

  private SeriesRef(SeriesRef of, int rank) {
    this.partition = of.partition;
    this.seriesId = of.seriesId;
    this.mapping = of.mapping;
    this.part = of.part;
    this.category = of.category;
    this.error = of.error;
    this.instance = of.instance;
    this.bound = of.bound;
    this.group = of.group;
    this.rank = rank;
    this.learner = of.learner;
  }

  /** The same series, to be evaluated together with those of another source. */
  SeriesRef rankedAs(int newRank) {
    return new SeriesRef(this, newRank);
  }

  long intervalMs() {
    return learner.intervalMs;
  }

  void learnIntervalMs(long newIntervalMs) {
    learner.intervalMs = newIntervalMs;
  }

  long lastMs() {
    return learner.lastMs;
  }

  void learnLastMs(long timeMs) {
    if (timeMs > learner.lastMs) {
      learner.lastMs = timeMs;
    }
  }
}

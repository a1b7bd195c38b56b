package io.throughline.query.source;

import io.throughline.model.Matcher;
import io.throughline.store.Snapshot;
import java.util.List;

/** Series of one tenant, as they were at one moment. Both ends of a time range are included. */
public interface SampleSource {

  /**
   * The series that match and may have samples in the range, ascending by labels.
   *
   * @param maxSeries more than these end the call with a {@code LIMIT} failure
   */
  List<Snapshot.Series> select(List<Matcher> matchers, long minTimeMs, long maxTimeMs,
      int maxSeries);

  /** As {@link #select}, in any order that is the same each time. */
  default List<Snapshot.Series> selectUnsorted(List<Matcher> matchers, long minTimeMs,
      long maxTimeMs, int maxSeries) {
    return select(matchers, minTimeMs, maxTimeMs, maxSeries);
  }
}

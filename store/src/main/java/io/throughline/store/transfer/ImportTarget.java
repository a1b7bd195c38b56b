package io.throughline.store.transfer;

import io.throughline.model.Labels;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SeriesMetadata;

/** Where imported samples go. Called by one thread. */
public interface ImportTarget {

  /** A number of the caller's own for the series; asked once a series and source, or more often. */
  int series(Labels labels, SeriesMetadata metadata);

  /** A float sample of a series that was asked for. */
  void sample(int series, long timeMs, double value);

  /** A native histogram of a series that was asked for; the target owns it. */
  void histogram(int series, long timeMs, NativeHistogram histogram);

  /** How far the import is; called now and then, and once at the end. */
  default void progress(ImportProgress progress) {}
}

package io.throughline.store;

/**
 * What of a time range a reader needs. Where less than all will do, a chunk that lies wholly in the range
 * and has a summary is not decoded: in the buffer stand for it only the samples named here, with the bits
 * they have, and {@link SampleBuffer#leftOut} counts the others. Stale markers, NaN, infinities and
 * histograms are never left out. Start timestamps of samples that stand for others are not told.
 *
 * <p>Sums are not offered: the engine adds in one fixed order, and sums of chunks would give other bits.
 */
public enum Need {
  /** Every sample. */
  ALL,
  /** The last: for the last sample, for whether there is one, and with what was left out for their number. */
  LAST,
  /** The last of the lowest. Its value alone counts, its time is some time within its chunk. */
  LOWEST,
  /** The last of the highest, as {@link #LOWEST}. */
  HIGHEST,
  /** First and last, and all around where a value falls below the one before: for rates and resets of counters. */
  CHANGE
}

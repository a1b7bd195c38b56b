package io.throughline.collector.produce;

/**
 * A series as a door's arrival bytes name it: where it stands. Several entries may stand for one series, one
 * for each form its bytes arrive in. One that rules drop is in no set that is ever announced, and its ordinal is the
 * rule's number, from 0, subtracted from -1.
 */
final class SeriesEntry {
  final long hashHigh;
  final long hashLow;
  final SeriesSet set;
  final int ordinal;

  /**
   * Minutes of the intake's clock. Written without a lock by whoever looks the entry up: losing one of two
   * equal writes loses nothing.
   */
  int lastUsedMinute;

  /** Where it stands in the {@link ArrivalOrder}, which alone knows whether it still does; -1 = nowhere yet. */
  int place = -1;

  /** The number of bytes the series arrives in, once it has a place. */
  int arrivedLength;

  /** The table has let go of it: whoever still refers to it looks the series up again. */
  boolean gone;

  SeriesEntry(long hashHigh, long hashLow, SeriesSet set, int ordinal, int minute) {
    this.hashHigh = hashHigh;
    this.hashLow = hashLow;
    this.set = set;
    this.ordinal = ordinal;
    this.lastUsedMinute = minute;
  }
}

package io.throughline.collector.produce;

/**
 * A series as a door's arrival bytes name it: where it stands. Several entries may stand for one series, one
 * for each form its bytes arrive in.
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

  SeriesEntry(long hashHigh, long hashLow, SeriesSet set, int ordinal, int minute) {
    this.hashHigh = hashHigh;
    this.hashLow = hashLow;
    this.set = set;
    this.ordinal = ordinal;
    this.lastUsedMinute = minute;
  }
}

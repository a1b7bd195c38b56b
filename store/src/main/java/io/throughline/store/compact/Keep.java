package io.throughline.store.compact;

import io.throughline.store.SampleBuffer;

/** What of each series stays when parts are written anew. For one thread. */
public interface Keep {
  /** All samples of all series from one time on. */
  static Keep from(long keepFromMs) {
    return new Keep() {
      @Override
      public long fromMs(int seriesId) {
        return keepFromMs;
      }

      @Override
      public void thin(int seriesId, SampleBuffer samples) {}
    };
  }

  /** The first time that is kept, epoch milliseconds. */
  long fromMs(int seriesId);

  /** Takes out what goes of the samples of a series from that time on. */
  void thin(int seriesId, SampleBuffer samples);
}

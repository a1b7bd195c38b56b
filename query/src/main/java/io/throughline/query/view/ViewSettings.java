package io.throughline.query.view;

import java.time.Duration;

/**
 * Settings of the view.
 *
 * @param stripTime how long a page waits for a strip before it calls it pending
 * @param threads platform threads that evaluate
 * @param queueLength pages and strips that may wait for a thread; beyond it requests are refused with 503
 * @param cachedBytes replies kept for other browsers that ask for the same within a second
 */
public record ViewSettings(Duration stripTime, int threads, int queueLength, long cachedBytes) {

  public static final ViewSettings DEFAULT = new ViewSettings(Duration.ofMillis(400), 2, 256,
      32L << 20);

  public ViewSettings {
    if (stripTime.isNegative() || stripTime.isZero()) {
      throw new IllegalArgumentException("view strip-time is " + stripTime + ", want above 0");
    }
    if (threads < 1 || queueLength < 16 || cachedBytes < 0) {
      throw new IllegalArgumentException("view wants threads >= 1, queue-length >= 16 and"
          + " cached-bytes >= 0, got " + threads + ", " + queueLength + ", " + cachedBytes);
    }
  }
}

package io.throughline.store.compact;

import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Keeps background work to a share of one core: after each slice of work it rests so long that the share
 * is met. For one thread. Beside other load a slice takes longer, and so does the rest after it.
 */
public final class Pace {
  private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long LONGEST_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final double share;
  private final BooleanSupplier stopped;
  private long sliceBegan = System.nanoTime();

  /**
   * @param share of one core, above 0; 1 is never to rest
   * @param stopped asked after each slice; once it says so the work ends with a {@link
   *     CancellationException}
   */
  public Pace(double share, BooleanSupplier stopped) {
    this.share = share;
    this.stopped = stopped;
  }

  /** Work without rest. */
  public static Pace full() {
    return new Pace(1, () -> false);
  }

  /** To be called often, between small pieces of work. */
  public void afterWork() {
    long worked = System.nanoTime() - sliceBegan;
    if (worked < SLICE_NANOS) {
      return;
    }
    if (stopped.getAsBoolean()) {
      throw new CancellationException("the store is being closed");
    }
    if (share < 1) {
      LockSupport.parkNanos(this,
          (long) Math.min(LONGEST_REST_NANOS, worked * (1 - share) / share));
    }
    sliceBegan = System.nanoTime();
  }
}

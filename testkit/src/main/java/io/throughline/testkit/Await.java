package io.throughline.testkit;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waiting for a condition, never for a time: tests end as soon as it holds, and say what did not. */
public final class Await {

  /** Long enough for a busy machine; reached only by a test that fails. */
  public static final Duration PATIENCE = Duration.ofSeconds(60);

  private Await() {}

  /** Returns once the condition holds; an exception it throws counts as "not yet". */
  public static void until(String what, Callable<Boolean> condition) {
    until(what, PATIENCE, condition);
  }

  public static void until(String what, Duration patience, Callable<Boolean> condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    Exception last = null;
    while (true) {
      try {
        if (condition.call()) {
          return;
        }
        last = null;
      } catch (Exception notYet) {
        last = notYet;
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("waited " + patience.toSeconds() + " s in vain until " + what,
            last);
      }
      LockSupport.parkNanos(2_000_000);
    }
  }
}

package io.throughline.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  private static final long BUSY_NANOS = TimeUnit.MILLISECONDS.toNanos(400);
  private final AtomicInteger looks = new AtomicInteger();
  private final AtomicLong cpu = new AtomicLong();

  @Test
  void queriesAreRehearsedOnceTheProcessIsIdleAndNoLongerThanItsShareOfCpu() {
    // Two looks a second: busy for five seconds, idle for three, then a third of the share a look.
    var warmUp = new WarmUp(new IdleProcess(new CountDownLatch(1), () -> {
      int look = looks.incrementAndGet();
      return look <= 10
          ? cpu.addAndGet(BUSY_NANOS)
          : look <= 17 ? cpu.get() : cpu.addAndGet(WarmUp.MOST_CPU_NANOS / 3);
    }, 1));

    assertThat(warmUp.run()).as("rounds").isBetween(1, 3);
    assertThat(looks.get()).as("looks until it was idle, and after").isGreaterThan(16);
  }

  @Test
  void anEndWhileItWaitsIsNoReasonToRehearse() {
    var stop = new CountDownLatch(1);
    var warmUp = new WarmUp(new IdleProcess(stop, () -> {
      if (looks.incrementAndGet() == 5) {
        stop.countDown();
      }
      return cpu.addAndGet(BUSY_NANOS);
    }, 1));

    assertThat(warmUp.run()).isZero();
  }
}

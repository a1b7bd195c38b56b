package io.throughline.app;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Tells when the process has had nothing to do for {@value #SECONDS} s: the time for what may wait. */
final class IdleProcess {
  private static final int SECONDS = 3;
  /** Of one core in a second: an installation nobody uses takes half of it. */
  private static final long CPU_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

  private final CountDownLatch stop;
  private final LongSupplier processCpuNanos;
  private final long secondMs;

  /** @param secondMs how long a second takes */
  IdleProcess(CountDownLatch stop, LongSupplier processCpuNanos, long secondMs) {
    this.stop = stop;
    this.processCpuNanos = processCpuNanos;
    this.secondMs = secondMs;
  }

  /** This process, until the latch is at zero. */
  static IdleProcess until(CountDownLatch stop) {
    var process = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return new IdleProcess(stop, process::getProcessCpuTime, 1_000);
  }

  long cpuNanos() {
    return processCpuNanos.getAsLong();
  }

  /** Returns whether the process ends within the given time. */
  boolean endsWithin(long ms) throws InterruptedException {
    return stop.await(ms, TimeUnit.MILLISECONDS);
  }

  /** Waits for a moment to come when it has been idle; false if it ends before. */
  boolean await() throws InterruptedException {
    int idle = 0;
    while (idle < SECONDS) {
      long before = cpuNanos();
      if (endsWithin(secondMs)) {
        return false;
      }
      idle = cpuNanos() - before < CPU_NANOS ? idle + 1 : 0;
    }
    return true;
  }
}

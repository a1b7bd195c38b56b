package io.throughline.app;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryNotificationInfo;
import java.lang.management.MemoryPoolMXBean;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.management.NotificationEmitter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the old generation collected once it has grown by a part of what lives, not only at the heap's limit.
 *
 * <p>The serial collector leaves its old generation alone until the limit has no room for what the next young collection
 * may promote. So a process becomes as large as its limit, however little lives in it, and gives nothing back after a
 * peak. Here the JVM compares the old generation with a bound after each young collection, and says on its own thread for
 * notices that it was passed; that thread has everything collected and sets the next bound. What is free afterwards the
 * JVM gives back, as its flags say. A collection costs a pause of about a millisecond a MiB that lives; growth in
 * proportion keeps the cost of a heap that only grows in proportion too. And once the process is idle, so is what a peak
 * has left, although it is below its bound. Decision 0012 has the figures.
 *
 * <p>Other collectors decide for themselves and are left alone.
 */
final class HeapKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(HeapKeeper.class);
  private static final String SERIAL_OLD = "Tenured Gen";
  static final long LEAST_GROWTH_BYTES = 32L << 20;
  /** Of what lives. */
  private static final double GROWTH_RATIO = 0.5;

  /** By how much the old generation of an idle process has to have grown since the last collection, or ... */
  static final long WORTH_BYTES = 16L << 20;
  /** ... how much the process has to have worked: pages of heads are given back without growth. */
  static final long WORTH_CPU_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final MemoryPoolMXBean old;
  private volatile long foundAliveBytes;

  private HeapKeeper(MemoryPoolMXBean old) {
    this.old = old;
  }

  /** Watches until the latch is at zero. Returns whether this collector needs it. */
  static boolean start(CountDownLatch stop) {
    for (var pool : ManagementFactory.getMemoryPoolMXBeans()) {
      if (pool.getName().equals(SERIAL_OLD)
          && ManagementFactory.getMemoryMXBean() instanceof NotificationEmitter notices) {
        var keeper = new HeapKeeper(pool);
        notices.addNotificationListener((notice, none) -> keeper.collect(),
            notice -> notice.getType().equals(MemoryNotificationInfo.MEMORY_THRESHOLD_EXCEEDED),
            null);
        keeper.setBound();
        Thread.ofPlatform()
            .daemon()
            .name("heap-keeper")
            .start(() -> keeper.collectWhenIdle(IdleProcess.until(stop)));
        return true;
      }
    }
    return false;
  }

  private void collectWhenIdle(IdleProcess process) {
    try {
      long collectedAtCpu = 0;
      while (process.await()) {
        if (isWorth(old.getUsage().getUsed() - foundAliveBytes,
            process.cpuNanos() - collectedAtCpu)) {
          collect();
          collectedAtCpu = process.cpuNanos();
        }
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether an idle process is collected, that has grown and used so much since the last time. */
  static boolean isWorth(long grownBytes, long cpuNanos) {
    return grownBytes >= WORTH_BYTES || cpuNanos >= WORTH_CPU_NANOS;
  }

  private synchronized void collect() {
    long before = old.getUsage().getUsed();
    System.gc();
    setBound();
    LOG.debug("the old generation was collected before_mib={} after_mib={}", before >> 20,
        foundAliveBytes >> 20);
  }

  private void setBound() {
    var usage = old.getUsage();
    foundAliveBytes = usage.getUsed();
    // 0 is no bound: the limit comes before it, and there the JVM collects unasked.
    long bound = boundBytes(foundAliveBytes);
    old.setUsageThreshold(bound < usage.getMax() ? bound : 0);
  }

  /** At what use the old generation is collected next. */
  static long boundBytes(long aliveBytes) {
    return aliveBytes + Math.max(LEAST_GROWTH_BYTES, (long) (GROWTH_RATIO * aliveBytes));
  }
}

package io.throughline.agent.node;

import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.Instrument;

/** What is reported of a container, the same for both cgroup versions. */
final class ContainerMetrics {

  static final Instrument CPU_TIME = Instrument.counter("container.cpu.time", "s");
  static final Instrument CPU_LIMIT = Instrument.gauge("throughline.container.cpu.limit", "{cpu}");
  static final Instrument THROTTLED_TIME = Instrument
      .counter("throughline.container.cpu.throttled.time", "s");
  static final Instrument PERIODS = Instrument.counter("throughline.container.cpu.periods",
      "{period}");
  static final Instrument THROTTLED_PERIODS = Instrument
      .counter("throughline.container.cpu.throttled.periods", "{period}");
  static final Instrument BURSTS = Instrument.counter("throughline.container.cpu.bursts",
      "{period}");
  static final Instrument BURST_TIME = Instrument.counter("throughline.container.cpu.burst.time",
      "s");
  static final Instrument ACCEPT_BACKLOG = Instrument
      .gauge("throughline.container.network.tcp.accept_backlog", "{connection}");
  static final Instrument RUN_QUEUE = Instrument.counter("throughline.container.cpu.run_queue.time",
      "s");
  static final Instrument MEMORY_USAGE = Instrument.gauge("container.memory.usage", "By");
  static final Instrument WORKING_SET = Instrument.gauge("container.memory.working_set", "By");
  static final Instrument MEMORY_LIMIT = Instrument.gauge("throughline.container.memory.limit",
      "By");
  static final Instrument MEMORY_EVENTS = Instrument.counter("throughline.container.memory.events",
      "{event}");
  static final Instrument FAULTS = Instrument.counter("container.paging.faults", "{fault}");
  static final Instrument DISK_IO = Instrument.counter("container.disk.io", "By");
  static final Instrument DISK_OPERATIONS = Instrument
      .counter("throughline.container.disk.operations", "{operation}");

  static final Attributes USER = Attributes.of("cpu.mode", "user");
  static final Attributes SYSTEM = Attributes.of("cpu.mode", "system");
  static final Attributes HIGH = Attributes.of("throughline.memory.event", "high");
  static final Attributes MAX = Attributes.of("throughline.memory.event", "max");
  static final Attributes OOM_KILL = Attributes.of("throughline.memory.event", "oom_kill");
  static final Attributes MAJOR = Attributes.of("system.paging.fault.type", "major");
  static final Attributes READ = Attributes.of("disk.io.direction", "read");
  static final Attributes WRITE = Attributes.of("disk.io.direction", "write");

  private ContainerMetrics() {}

  static void cpuTime(Reading reading, long startNanos, double userSeconds, double systemSeconds) {
    reading.out.begin(CPU_TIME);
    reading.out.point(USER, startNanos, reading.timeNanos, userSeconds);
    reading.out.point(SYSTEM, startNanos, reading.timeNanos, systemSeconds);
    reading.out.end();
  }

  static void throttling(Reading reading, long startNanos, long periods, long throttled,
      double throttledSeconds) {
    reading.out.single(PERIODS, startNanos, reading.timeNanos, periods);
    reading.out.single(THROTTLED_PERIODS, startNanos, reading.timeNanos, throttled);
    reading.out.single(THROTTLED_TIME, startNanos, reading.timeNanos, throttledSeconds);
  }

  /**
   * Time beyond the quota, saved up in periods before.
   *
   * @param bursts negative where the kernel does not tell
   */
  static void bursts(Reading reading, long startNanos, long bursts, double burstSeconds) {
    if (bursts < 0) {
      reading.missing("the group's cpu.stat has no nr_bursts: Linux 5.14 or newer tells it", BURSTS,
          BURST_TIME);
      return;
    }
    reading.out.single(BURSTS, startNanos, reading.timeNanos, bursts);
    reading.out.single(BURST_TIME, startNanos, reading.timeNanos, burstSeconds);
  }

  /** A container that nothing limits has no limit's point: it is measured, and there is none. */
  static void limit(Reading reading, Instrument instrument, double limit) {
    if (limit != Double.POSITIVE_INFINITY) {
      reading.out.single(instrument, 0, reading.timeNanos, limit);
    }
  }

  static void memory(Reading reading, long usage, long inactiveFile) {
    reading.out.single(MEMORY_USAGE, 0, reading.timeNanos, usage);
    reading.out.single(WORKING_SET, 0, reading.timeNanos, Math.max(0, usage - inactiveFile));
  }

  static void disk(Reading reading, Instrument instrument, long startNanos, long read,
      long written) {
    reading.out.begin(instrument);
    reading.out.point(READ, startNanos, reading.timeNanos, read);
    reading.out.point(WRITE, startNanos, reading.timeNanos, written);
    reading.out.end();
  }
}

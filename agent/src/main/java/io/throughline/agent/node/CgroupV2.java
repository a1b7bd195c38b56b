package io.throughline.agent.node;

import java.nio.file.Path;

/** Readers of one container's cgroup version 2 files. Times in µs. */
final class CgroupV2 {

  private CgroupV2() {}

  /** Time used, throttling and limit, from {@code cpu.stat} and {@code cpu.max}. */
  static final class Cpu implements Reader {
    private final KernelFile stat;
    private final String path;
    private final Limits limits;
    private final boolean usage;
    private final boolean throttling;
    private final long startNanos;

    /** {@code usage} or {@code throttling} is false where version 1 has the better figure. */
    Cpu(Path folder, String path, Limits limits, boolean usage, boolean throttling,
        long startNanos) {
      this.stat = new KernelFile(folder.resolve("cpu.stat"));
      this.path = path;
      this.limits = limits;
      this.usage = usage;
      this.throttling = throttling;
      this.startNanos = startNanos;
    }

    @Override
    public void read(Reading reading) {
      ProcText text = reading.text;
      if (!stat.read(text)) {
        if (usage) {
          reading.missing(stat.problem(), ContainerMetrics.CPU_TIME);
        }
        if (throttling) {
          reading.missing(stat.problem(), ContainerMetrics.PERIODS,
              ContainerMetrics.THROTTLED_PERIODS, ContainerMetrics.THROTTLED_TIME,
              ContainerMetrics.CPU_LIMIT, ContainerMetrics.BURSTS, ContainerMetrics.BURST_TIME);
        }
        return;
      }
      long userMicros = 0;
      long systemMicros = 0;
      long periods = -1;
      long throttled = 0;
      long throttledMicros = 0;
      long bursts = -1;
      long burstMicros = 0;
      while (text.nextLine() && text.nextWord()) {
        if (text.is("user_usec")) {
          userMicros = text.nextNumber();
        } else if (text.is("system_usec")) {
          systemMicros = text.nextNumber();
        } else if (text.is("nr_periods")) {
          periods = text.nextNumber();
        } else if (text.is("nr_throttled")) {
          throttled = text.nextNumber();
        } else if (text.is("throttled_usec")) {
          throttledMicros = text.nextNumber();
        } else if (text.is("nr_bursts")) {
          bursts = text.nextNumber();
        } else if (text.is("burst_usec")) {
          burstMicros = text.nextNumber();
        }
      }
      if (usage) {
        ContainerMetrics.cpuTime(reading, startNanos, userMicros / 1e6, systemMicros / 1e6);
      }
      if (throttling && periods >= 0) {
        ContainerMetrics.throttling(reading, startNanos, periods, throttled, throttledMicros / 1e6);
        ContainerMetrics.bursts(reading, startNanos, bursts, burstMicros / 1e6);
        ContainerMetrics.limit(reading, ContainerMetrics.CPU_LIMIT, limits.least(path, reading));
      } else if (throttling) {
        reading.missing("the cpu controller is not enabled for cgroup " + path,
            ContainerMetrics.PERIODS, ContainerMetrics.THROTTLED_PERIODS,
            ContainerMetrics.THROTTLED_TIME, ContainerMetrics.BURSTS, ContainerMetrics.BURST_TIME);
        ContainerMetrics.limit(reading, ContainerMetrics.CPU_LIMIT, limits.least(path, reading));
      }
    }

    @Override
    public void close() {
      stat.close();
    }
  }

  /** Usage, limit and events, from {@code memory.*}. */
  static final class Memory implements Reader {
    private final KernelFile usage;
    private final KernelFile stat;
    private final KernelFile events;
    private final String path;
    private final Limits limits;
    private final long startNanos;

    Memory(Path folder, String path, Limits limits, long startNanos) {
      this.usage = new KernelFile(folder.resolve("memory.current"));
      this.stat = new KernelFile(folder.resolve("memory.stat"));
      this.events = new KernelFile(folder.resolve("memory.events"));
      this.path = path;
      this.limits = limits;
      this.startNanos = startNanos;
    }

    @Override
    public void read(Reading reading) {
      ProcText text = reading.text;
      if (!usage.read(text) || !text.nextLine()) {
        reading.missing(usage.problem(), ContainerMetrics.MEMORY_USAGE,
            ContainerMetrics.WORKING_SET, ContainerMetrics.MEMORY_LIMIT,
            ContainerMetrics.MEMORY_EVENTS);
        return;
      }
      long bytes = text.nextNumber();
      readStat(reading, bytes);
      ContainerMetrics.limit(reading, ContainerMetrics.MEMORY_LIMIT, limits.least(path, reading));
      readEvents(reading);
    }

    private void readStat(Reading reading, long bytes) {
      ProcText text = reading.text;
      if (!stat.read(text)) {
        reading.out.single(ContainerMetrics.MEMORY_USAGE, 0, reading.timeNanos, bytes);
        reading.missing(stat.problem(), ContainerMetrics.WORKING_SET, ContainerMetrics.FAULTS);
        return;
      }
      long inactiveFile = 0;
      long major = 0;
      while (text.nextLine() && text.nextWord()) {
        if (text.is("inactive_file")) {
          inactiveFile = text.nextNumber();
        } else if (text.is("pgmajfault")) {
          major = text.nextNumber();
        }
      }
      ContainerMetrics.memory(reading, bytes, inactiveFile);
      reading.out.begin(ContainerMetrics.FAULTS);
      reading.out.point(ContainerMetrics.MAJOR, startNanos, reading.timeNanos, major);
      reading.out.end();
    }

    private void readEvents(Reading reading) {
      ProcText text = reading.text;
      if (!events.read(text)) {
        reading.missing(events.problem(), ContainerMetrics.MEMORY_EVENTS);
        return;
      }
      reading.out.begin(ContainerMetrics.MEMORY_EVENTS);
      while (text.nextLine() && text.nextWord()) {
        if (text.is("high")) {
          reading.out.point(ContainerMetrics.HIGH, startNanos, reading.timeNanos,
              text.nextNumber());
        } else if (text.is("max")) {
          reading.out.point(ContainerMetrics.MAX, startNanos, reading.timeNanos, text.nextNumber());
        } else if (text.is("oom_kill")) {
          reading.out.point(ContainerMetrics.OOM_KILL, startNanos, reading.timeNanos,
              text.nextNumber());
        }
      }
      reading.out.end();
    }

    @Override
    public void close() {
      usage.close();
      stat.close();
      events.close();
    }
  }

  /** Bytes and operations over all devices, from {@code io.stat}. */
  static final class Io implements Reader {
    private final KernelFile stat;
    private final long startNanos;

    Io(Path folder, long startNanos) {
      this.stat = new KernelFile(folder.resolve("io.stat"));
      this.startNanos = startNanos;
    }

    @Override
    public void read(Reading reading) {
      ProcText text = reading.text;
      if (!stat.read(text)) {
        reading.missing(stat.problem(), ContainerMetrics.DISK_IO, ContainerMetrics.DISK_OPERATIONS);
        return;
      }
      long readBytes = 0;
      long writtenBytes = 0;
      long reads = 0;
      long writes = 0;
      while (text.nextLine()) {
        while (text.nextWord()) {
          if (text.startsWith("rbytes=")) {
            readBytes += text.numberAfterEquals();
          } else if (text.startsWith("wbytes=")) {
            writtenBytes += text.numberAfterEquals();
          } else if (text.startsWith("rios=")) {
            reads += text.numberAfterEquals();
          } else if (text.startsWith("wios=")) {
            writes += text.numberAfterEquals();
          }
        }
      }
      ContainerMetrics.disk(reading, ContainerMetrics.DISK_IO, startNanos, readBytes, writtenBytes);
      ContainerMetrics.disk(reading, ContainerMetrics.DISK_OPERATIONS, startNanos, reads, writes);
    }

    @Override
    public void close() {
      stat.close();
    }
  }
}

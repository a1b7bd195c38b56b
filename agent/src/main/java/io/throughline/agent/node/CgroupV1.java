package io.throughline.agent.node;

import io.throughline.agent.otlp.Instrument;
import java.nio.file.Files;
import java.nio.file.Path;

/** Readers of one container's cgroup version 1 files. Times in ns, but for {@code cpuacct.stat}. */
final class CgroupV1 {

  // "No limit" is the largest multiple of the page size.
  private static final long NO_LIMIT = 1L << 60;

  private CgroupV1() {}

  /** Time used, from {@code cpuacct}. */
  static final class CpuUsage implements Reader {
    private final KernelFile user;
    private final KernelFile system;
    private final KernelFile ticks;
    private final long startNanos;

    CpuUsage(Path folder, long startNanos) {
      this.user = new KernelFile(folder.resolve("cpuacct.usage_user"));
      this.system = new KernelFile(folder.resolve("cpuacct.usage_sys"));
      this.ticks = new KernelFile(folder.resolve("cpuacct.stat"));
      this.startNanos = startNanos;
    }

    @Override
    public void read(Reading reading) {
      ProcText text = reading.text;
      if (user.read(text) && text.nextLine()) {
        long userNanos = text.nextNumber();
        if (system.read(text) && text.nextLine()) {
          ContainerMetrics.cpuTime(reading, startNanos, userNanos / 1e9, text.nextNumber() / 1e9);
          return;
        }
      }
      if (!ticks.read(text)) {
        reading.missing(ticks.problem(), ContainerMetrics.CPU_TIME);
        return;
      }
      long userTicks = 0;
      long systemTicks = 0;
      while (text.nextLine() && text.nextWord()) {
        if (text.is("user")) {
          userTicks = text.nextNumber();
        } else if (text.is("system")) {
          systemTicks = text.nextNumber();
        }
      }
      ContainerMetrics.cpuTime(reading, startNanos, userTicks / CpuReader.TICKS_PER_SECOND,
          systemTicks / CpuReader.TICKS_PER_SECOND);
    }

    @Override
    public void close() {
      user.close();
      system.close();
      ticks.close();
    }
  }

  /** Throttling and the limit, from {@code cpu}. */
  static final class Cpu implements Reader {
    private final KernelFile stat;
    private final String path;
    private final Limits limits;
    private final long startNanos;

    Cpu(Path folder, String path, Limits limits, long startNanos) {
      this.stat = new KernelFile(folder.resolve("cpu.stat"));
      this.path = path;
      this.limits = limits;
      this.startNanos = startNanos;
    }

    @Override
    public void read(Reading reading) {
      ProcText text = reading.text;
      if (!stat.read(text)) {
        reading.missing(stat.problem(), ContainerMetrics.PERIODS,
            ContainerMetrics.THROTTLED_PERIODS, ContainerMetrics.THROTTLED_TIME,
            ContainerMetrics.CPU_LIMIT, ContainerMetrics.BURSTS, ContainerMetrics.BURST_TIME);
        return;
      }
      long periods = 0;
      long throttled = 0;
      long throttledNanos = 0;
      long bursts = -1;
      long burstNanos = 0;
      while (text.nextLine() && text.nextWord()) {
        if (text.is("nr_periods")) {
          periods = text.nextNumber();
        } else if (text.is("nr_throttled")) {
          throttled = text.nextNumber();
        } else if (text.is("throttled_time")) {
          throttledNanos = text.nextNumber();
        } else if (text.is("nr_bursts")) {
          bursts = text.nextNumber();
        } else if (text.is("burst_time")) {
          burstNanos = text.nextNumber();
        }
      }
      ContainerMetrics.throttling(reading, startNanos, periods, throttled, throttledNanos / 1e9);
      ContainerMetrics.bursts(reading, startNanos, bursts, burstNanos / 1e9);
      ContainerMetrics.limit(reading, ContainerMetrics.CPU_LIMIT, limits.least(path, reading));
    }

    @Override
    public void close() {
      stat.close();
    }
  }

  /** Usage, limit and events, from {@code memory}. */
  static final class Memory implements Reader {
    private final KernelFile usage;
    private final KernelFile stat;
    private final KernelFile failures;
    private final KernelFile oom;
    private final long startNanos;

    Memory(Path folder, long startNanos) {
      this.usage = new KernelFile(folder.resolve("memory.usage_in_bytes"));
      this.stat = new KernelFile(folder.resolve("memory.stat"));
      this.failures = new KernelFile(folder.resolve("memory.failcnt"));
      this.oom = new KernelFile(folder.resolve("memory.oom_control"));
      this.startNanos = startNanos;
    }

    @Override
    public void read(Reading reading) {
      readUsage(reading);
      readEvents(reading);
    }

    private void readUsage(Reading reading) {
      ProcText text = reading.text;
      if (!usage.read(text) || !text.nextLine()) {
        reading.missing(usage.problem(), ContainerMetrics.MEMORY_USAGE,
            ContainerMetrics.WORKING_SET);
        return;
      }
      long bytes = text.nextNumber();
      if (!stat.read(text)) {
        reading.out.single(ContainerMetrics.MEMORY_USAGE, 0, reading.timeNanos, bytes);
        reading.missing(stat.problem(), ContainerMetrics.WORKING_SET, ContainerMetrics.MEMORY_LIMIT,
            ContainerMetrics.FAULTS);
        return;
      }
      long inactiveFile = 0;
      long major = 0;
      long limit = Long.MAX_VALUE;
      while (text.nextLine() && text.nextWord()) {
        if (text.is("total_inactive_file")) {
          inactiveFile = text.nextNumber();
        } else if (text.is("total_pgmajfault")) {
          major = text.nextNumber();
        } else if (text.is("hierarchical_memory_limit")) {
          limit = text.nextNumber();
        }
      }
      ContainerMetrics.memory(reading, bytes, inactiveFile);
      ContainerMetrics.limit(reading, ContainerMetrics.MEMORY_LIMIT,
          limit >= NO_LIMIT ? Double.POSITIVE_INFINITY : limit);
      reading.out.begin(ContainerMetrics.FAULTS);
      reading.out.point(ContainerMetrics.MAJOR, startNanos, reading.timeNanos, major);
      reading.out.end();
    }

    private void readEvents(Reading reading) {
      ProcText text = reading.text;
      reading.out.begin(ContainerMetrics.MEMORY_EVENTS);
      if (failures.read(text) && text.nextLine()) {
        reading.out.point(ContainerMetrics.MAX, startNanos, reading.timeNanos, text.nextNumber());
      } else {
        reading.missing(failures.problem(), ContainerMetrics.MEMORY_EVENTS);
      }
      if (oom.read(text)) {
        while (text.nextLine() && text.nextWord()) {
          if (text.is("oom_kill")) {
            reading.out.point(ContainerMetrics.OOM_KILL, startNanos, reading.timeNanos,
                text.nextNumber());
          }
        }
      }
      reading.out.end();
    }

    @Override
    public void close() {
      usage.close();
      stat.close();
      failures.close();
      oom.close();
    }
  }

  /** Bytes and operations, from {@code blkio}'s throttling layer, which sees all but cached writes. */
  static final class Io implements Reader {
    private final KernelFile bytes;
    private final KernelFile operations;
    private final long startNanos;

    Io(Path folder, long startNanos) {
      String suffix = Files.exists(folder.resolve("blkio.throttle.io_service_bytes_recursive"))
          ? "_recursive"
          : "";
      this.bytes = new KernelFile(folder.resolve("blkio.throttle.io_service_bytes" + suffix));
      this.operations = new KernelFile(folder.resolve("blkio.throttle.io_serviced" + suffix));
      this.startNanos = startNanos;
    }

    @Override
    public void read(Reading reading) {
      sum(reading, bytes, ContainerMetrics.DISK_IO);
      sum(reading, operations, ContainerMetrics.DISK_OPERATIONS);
    }

    private void sum(Reading reading, KernelFile file, Instrument to) {
      ProcText text = reading.text;
      if (!file.read(text)) {
        reading.missing(file.problem(), to);
        return;
      }
      long read = 0;
      long written = 0;
      while (text.nextLine()) {
        // "253:0 Read 4096"; the last line is "Total 4096".
        if (text.skipWords(2)) {
          if (text.is("Read")) {
            read += text.nextNumber();
          } else if (text.is("Write")) {
            written += text.nextNumber();
          }
        }
      }
      ContainerMetrics.disk(reading, to, startNanos, read, written);
    }

    @Override
    public void close() {
      bytes.close();
      operations.close();
    }
  }

  /** A container that is not in one controller's tree: what is lost, and why. */
  static final class Nowhere implements Reader {
    private final String reason;
    private final Instrument[] signals;

    Nowhere(String reason, Instrument... signals) {
      this.reason = reason;
      this.signals = signals;
    }

    @Override
    public void read(Reading reading) {
      reading.missing(reason, signals);
    }
  }
}

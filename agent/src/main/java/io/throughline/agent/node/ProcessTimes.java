package io.throughline.agent.node;

import java.nio.file.Path;

/** When processes began, and the host: the kernel counts ticks from its own start. */
final class ProcessTimes {

  private static final long NANOS_PER_TICK = 10_000_000;
  private final Path proc;
  private final long bootNanos;

  ProcessTimes(Path proc) {
    this.proc = proc;
    this.bootNanos = boot(proc);
  }

  /** When the host began, nanoseconds since 1970; 0 where it does not say. */
  long bootNanos() {
    return bootNanos;
  }

  /** When a process began, or -1 where it is not there. */
  long startNanos(String pid) {
    var text = new ProcText();
    var stat = new KernelFile(proc.resolve(pid).resolve("stat"));
    try {
      // Behind the name in brackets: state, then eighteen more, then the start in ticks.
      boolean found = stat.read(text) && text.nextLine() && text.skipPastLast(')')
          && text.skipWords(19);
      return found ? bootNanos + text.nextNumber() * NANOS_PER_TICK : -1;
    } finally {
      stat.close();
    }
  }

  /**
   * When the oldest process of a cgroup began: its counters were not running before. The same after a
   * restart of the agent, which the time of the first look would not be. {@code otherwise} where it has
   * no process.
   */
  long oldestStartNanos(Path cgroup, long otherwise) {
    long oldest = Long.MAX_VALUE;
    for (String pid : KernelFile.once(cgroup.resolve("cgroup.procs")).split("\\s+", -1)) {
      long start = pid.isEmpty() ? -1 : startNanos(pid);
      if (start > 0) {
        oldest = Math.min(oldest, start);
      }
    }
    return oldest == Long.MAX_VALUE ? otherwise : oldest;
  }

  private static long boot(Path proc) {
    var text = new ProcText();
    var stat = new KernelFile(proc.resolve("stat"));
    try {
      if (stat.read(text)) {
        while (text.nextLine()) {
          if (text.nextWord() && text.is("btime")) {
            return text.nextNumber() * 1_000_000_000L;
          }
        }
      }
      return 0;
    } finally {
      stat.close();
    }
  }
}

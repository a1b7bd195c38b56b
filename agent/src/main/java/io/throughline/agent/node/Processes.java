package io.throughline.agent.node;

import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.Instrument;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The processes a user named, by pid or by command line, at most {@value #MOST_PROCESSES}; each a
 * resource of its own. Command lines are looked at once a process.
 */
final class Processes implements AutoCloseable {

  static final int MOST_PROCESSES = 64;
  static final Instrument CPU_TIME = Instrument.counter("process.cpu.time", "s");
  static final Instrument MEMORY = Instrument.gauge("process.memory.usage", "By");
  static final Instrument FAULTS = Instrument.counter("process.paging.faults", "{fault}");
  static final Instrument RUN_QUEUE = Instrument.counter("throughline.process.cpu.run_queue.time",
      "s");
  private static final int ROUNDS_BETWEEN_SCANS = 5;
  private static final int MOST_SEEN = 32_768;
  private static final Attributes MAJOR = Attributes.of("system.paging.fault.type", "major");
  private static final Attributes MINOR = Attributes.of("system.paging.fault.type", "minor");

  private record Watched(Attributes resource, KernelFile stat, KernelFile status, long startNanos,
      RunQueueReader runQueue) {}

  private final Path proc;
  private final HostIdentity host;
  private final List<Pattern> patterns;
  private final List<Long> pids;
  private final ProcessTimes times;
  private final RunQueueReader.Budget threads;
  private final Map<String, Watched> watched = new LinkedHashMap<>();
  // Whether a process that is not watched matched, by pid and start.
  private final HashMap<String, Long> passedOver = new HashMap<>();

  Processes(NodeSettings settings, HostIdentity host, ProcessTimes times,
      RunQueueReader.Budget threads) {
    this.proc = settings.roots().proc();
    this.host = host;
    this.patterns = settings.processes();
    this.pids = settings.pids();
    this.times = times;
    this.threads = threads;
  }

  void read(Reading reading) {
    if (reading.round % ROUNDS_BETWEEN_SCANS == 0) {
      scan();
    }
    watched.entrySet().removeIf(entry -> !read(reading, entry.getValue()));
  }

  @Override
  public void close() {
    watched.values().forEach(Processes::close);
    watched.clear();
  }

  private void scan() {
    for (long pid : pids) {
      watch(Long.toString(pid));
    }
    if (patterns.isEmpty()) {
      return;
    }
    String[] entries = proc.toFile().list((folder, name) -> isNumber(name));
    if (entries == null) {
      return;
    }
    if (passedOver.size() > MOST_SEEN) {
      passedOver.clear();
    }
    for (String pid : entries) {
      if (watched.containsKey(pid)) {
        continue;
      }
      long start = times.startNanos(pid);
      if (start < 0 || Long.valueOf(start).equals(passedOver.get(pid))) {
        continue;
      }
      String commandLine = KernelFile.once(proc.resolve(pid).resolve("cmdline")).replace('\0', ' ');
      if (patterns.stream().anyMatch(pattern -> pattern.matcher(commandLine).find())) {
        watch(pid);
      } else {
        passedOver.put(pid, start);
      }
    }
  }

  private void watch(String pid) {
    if (watched.containsKey(pid) || watched.size() >= MOST_PROCESSES) {
      return;
    }
    long start = times.startNanos(pid);
    if (start < 0) {
      return;
    }
    Path folder = proc.resolve(pid);
    var attributes = new HashMap<String, Object>();
    attributes.put("process.pid", Long.parseLong(pid));
    attributes.put("process.executable.name", KernelFile.once(folder.resolve("comm")));
    attributes.put("host.id", host.id());
    attributes.put("host.name", host.name());
    watched.put(pid,
        new Watched(Attributes.of(attributes), new KernelFile(folder.resolve("stat")),
            new KernelFile(folder.resolve("status")), start,
            new RunQueueReader(RUN_QUEUE, proc, () -> List.of(pid), threads, start)));
  }

  /** False once the process has ended. */
  private static boolean read(Reading reading, Watched process) {
    ProcText text = reading.text;
    if (!process.stat().read(text) || !text.nextLine() || !text.skipPastLast(')')) {
      close(process);
      return false;
    }
    // Behind the name: state, six ids, flags, then minor and major faults, then ticks of user and system.
    text.skipWords(7);
    long minor = text.nextNumber();
    text.nextWord();
    long major = text.nextNumber();
    text.nextWord();
    long userTicks = text.nextNumber();
    long systemTicks = text.nextNumber();
    long start = process.startNanos();
    long now = reading.timeNanos;
    reading.beginResource(process.resource());
    reading.out.begin(CPU_TIME);
    reading.out.point(ContainerMetrics.USER, start, now, userTicks / CpuReader.TICKS_PER_SECOND);
    reading.out.point(ContainerMetrics.SYSTEM, start, now,
        systemTicks / CpuReader.TICKS_PER_SECOND);
    reading.out.end();
    reading.out.begin(FAULTS);
    reading.out.point(MAJOR, start, now, major);
    reading.out.point(MINOR, start, now, minor);
    reading.out.end();
    memory(reading, process);
    process.runQueue().read(reading);
    reading.endResource();
    return true;
  }

  private static void memory(Reading reading, Watched process) {
    ProcText text = reading.text;
    if (!process.status().read(text)) {
      reading.missing(process.status().problem(), MEMORY);
      return;
    }
    while (text.nextLine()) {
      if (text.nextWord() && text.is("VmRSS:")) {
        reading.out.single(MEMORY, 0, reading.timeNanos, 1024 * text.nextNumber());
        return;
      }
    }
    reading.missing(process.status().path() + " has no line VmRSS", MEMORY);
  }

  private static void close(Watched process) {
    process.stat().close();
    process.status().close();
  }

  private static boolean isNumber(String name) {
    return !name.isEmpty() && name.chars().allMatch(c -> c >= '0' && c <= '9');
  }
}

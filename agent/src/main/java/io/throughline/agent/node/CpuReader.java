package io.throughline.agent.node;

import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.Instrument;
import java.nio.file.Path;

/** The host's processors: time per mode, number, load, and time spent waiting to run. */
final class CpuReader implements Reader {

  /** Times in /proc are in ticks of 10 ms: USER_HZ is 100 on every architecture Java 25 runs on. */
  static final double TICKS_PER_SECOND = 100;
  static final Instrument TIME = Instrument.counter("system.cpu.time", "s");
  static final Instrument COUNT = Instrument.gauge("system.cpu.logical.count", "{cpu}");
  static final Instrument RUN_QUEUE = Instrument.counter("throughline.system.cpu.run_queue.time",
      "s");
  private static final Instrument[] LOAD = {
      Instrument.gauge("system.cpu.load_average.1m", "{thread}"),
      Instrument.gauge("system.cpu.load_average.5m", "{thread}"),
      Instrument.gauge("system.cpu.load_average.15m", "{thread}")};
  // In the order of /proc/stat's columns. Guest time is in user already.
  private static final Attributes[] MODES = modes("user", "nice", "system", "idle", "iowait",
      "interrupt", "softirq", "steal");

  private final KernelFile stat;
  private final KernelFile load;
  private final KernelFile schedstat;
  private final long startNanos;

  CpuReader(Path proc, long startNanos) {
    this.stat = new KernelFile(proc.resolve("stat"));
    this.load = new KernelFile(proc.resolve("loadavg"));
    this.schedstat = new KernelFile(proc.resolve("schedstat"));
    this.startNanos = startNanos;
  }

  @Override
  public void read(Reading reading) {
    readTimes(reading);
    readLoad(reading);
    readRunQueue(reading);
  }

  private void readTimes(Reading reading) {
    ProcText text = reading.text;
    if (!stat.read(text)) {
      reading.missing(stat.problem(), TIME, COUNT);
      return;
    }
    int processors = 0;
    while (text.nextLine() && text.nextWord() && text.startsWith("cpu")) {
      if (!text.is("cpu")) {
        processors++;
        continue;
      }
      reading.out.begin(TIME);
      for (int i = 0; i < MODES.length; i++) {
        long ticks = text.nextNumber();
        if (ticks >= 0) {
          reading.out.point(MODES[i], startNanos, reading.timeNanos, ticks / TICKS_PER_SECOND);
        }
      }
      reading.out.end();
    }
    reading.out.single(COUNT, 0, reading.timeNanos, (long) processors);
  }

  private void readLoad(Reading reading) {
    ProcText text = reading.text;
    if (!load.read(text) || !text.nextLine()) {
      reading.missing(load.problem(), LOAD);
      return;
    }
    for (Instrument window : LOAD) {
      text.nextWord();
      reading.out.single(window, 0, reading.timeNanos, text.decimal());
    }
  }

  /** Lines {@code cpuN} hold, from the second word: seven counts, ns run, ns waited, slices. */
  private void readRunQueue(Reading reading) {
    ProcText text = reading.text;
    if (!schedstat.read(text)) {
      reading.missing(schedstat.problem(), RUN_QUEUE);
      return;
    }
    long waitedNanos = 0;
    while (text.nextLine()) {
      if (text.nextWord() && text.startsWith("cpu") && text.skipWords(7)) {
        waitedNanos += Math.max(0, text.nextNumber());
      }
    }
    reading.out.single(RUN_QUEUE, startNanos, reading.timeNanos, waitedNanos / 1e9);
  }

  @Override
  public void close() {
    stat.close();
    load.close();
    schedstat.close();
  }

  private static Attributes[] modes(String... names) {
    var modes = new Attributes[names.length];
    for (int i = 0; i < names.length; i++) {
      modes[i] = Attributes.of("cpu.mode", names[i]);
    }
    return modes;
  }
}

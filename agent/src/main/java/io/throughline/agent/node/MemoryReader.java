package io.throughline.agent.node;

import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.Instrument;
import java.nio.file.Path;

/** The host's memory by state, and its paging. */
final class MemoryReader implements Reader {

  static final Instrument USAGE = Instrument.gauge("system.memory.usage", "By");
  static final Instrument LIMIT = Instrument.gauge("system.memory.limit", "By");
  static final Instrument AVAILABLE = Instrument.gauge("throughline.system.memory.available", "By");
  static final Instrument FAULTS = Instrument.counter("system.paging.faults", "{fault}");
  static final Instrument OPERATIONS = Instrument.counter("system.paging.operations",
      "{operation}");
  private static final Attributes USED = Attributes.of("system.memory.state", "used");
  private static final Attributes FREE = Attributes.of("system.memory.state", "free");
  private static final Attributes CACHED = Attributes.of("system.memory.state", "cached");
  private static final Attributes BUFFERS = Attributes.of("system.memory.state", "buffers");
  private static final Attributes MAJOR = Attributes.of("system.paging.fault.type", "major");
  private static final Attributes MINOR = Attributes.of("system.paging.fault.type", "minor");
  private static final Attributes IN = Attributes.of("system.paging.direction", "in");
  private static final Attributes OUT = Attributes.of("system.paging.direction", "out");

  private final KernelFile meminfo;
  private final KernelFile vmstat;
  private final long startNanos;

  MemoryReader(Path proc, long startNanos) {
    this.meminfo = new KernelFile(proc.resolve("meminfo"));
    this.vmstat = new KernelFile(proc.resolve("vmstat"));
    this.startNanos = startNanos;
  }

  @Override
  public void read(Reading reading) {
    readUsage(reading);
    readPaging(reading);
  }

  private void readUsage(Reading reading) {
    ProcText text = reading.text;
    if (!meminfo.read(text)) {
      reading.missing(meminfo.problem(), USAGE, LIMIT, AVAILABLE);
      return;
    }
    long total = 0;
    long free = 0;
    long available = -1;
    long buffers = 0;
    long cached = 0;
    while (text.nextLine() && text.nextWord()) {
      if (text.is("MemTotal:")) {
        total = text.nextNumber();
      } else if (text.is("MemFree:")) {
        free = text.nextNumber();
      } else if (text.is("MemAvailable:")) {
        available = text.nextNumber();
      } else if (text.is("Buffers:")) {
        buffers = text.nextNumber();
      } else if (text.is("Cached:") || text.is("SReclaimable:")) {
        cached += text.nextNumber();
      }
    }
    long now = reading.timeNanos;
    reading.out.begin(USAGE);
    reading.out.point(USED, 0, now, 1024 * Math.max(0, total - free - buffers - cached));
    reading.out.point(FREE, 0, now, 1024 * free);
    reading.out.point(CACHED, 0, now, 1024 * cached);
    reading.out.point(BUFFERS, 0, now, 1024 * buffers);
    reading.out.end();
    reading.out.single(LIMIT, 0, now, 1024 * total);
    if (available >= 0) {
      reading.out.single(AVAILABLE, 0, now, 1024 * available);
    } else {
      reading.missing(meminfo.path() + " has no line MemAvailable", AVAILABLE);
    }
  }

  private void readPaging(Reading reading) {
    ProcText text = reading.text;
    if (!vmstat.read(text)) {
      reading.missing(vmstat.problem(), FAULTS, OPERATIONS);
      return;
    }
    long faults = 0;
    long major = 0;
    long swappedIn = 0;
    long swappedOut = 0;
    while (text.nextLine() && text.nextWord()) {
      if (text.is("pgfault")) {
        faults = text.nextNumber();
      } else if (text.is("pgmajfault")) {
        major = text.nextNumber();
      } else if (text.is("pswpin")) {
        swappedIn = text.nextNumber();
      } else if (text.is("pswpout")) {
        swappedOut = text.nextNumber();
      }
    }
    long now = reading.timeNanos;
    reading.out.begin(FAULTS);
    reading.out.point(MAJOR, startNanos, now, major);
    reading.out.point(MINOR, startNanos, now, Math.max(0, faults - major));
    reading.out.end();
    reading.out.begin(OPERATIONS);
    reading.out.point(IN, startNanos, now, swappedIn);
    reading.out.point(OUT, startNanos, now, swappedOut);
    reading.out.end();
  }

  @Override
  public void close() {
    meminfo.close();
    vmstat.close();
  }
}

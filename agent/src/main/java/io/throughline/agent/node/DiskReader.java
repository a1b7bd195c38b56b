package io.throughline.agent.node;

import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.Instrument;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/** The host's block devices: whole disks that have been used, at most {@value #MOST_DEVICES}. */
final class DiskReader implements Reader {

  static final int MOST_DEVICES = 64;
  static final Instrument IO = Instrument.counter("system.disk.io", "By");
  static final Instrument OPERATIONS = Instrument.counter("system.disk.operations", "{operation}");
  static final Instrument OPERATION_TIME = Instrument.counter("system.disk.operation_time", "s");
  static final Instrument IO_TIME = Instrument.counter("system.disk.io_time", "s");
  static final Instrument QUEUE_TIME = Instrument.counter("throughline.system.disk.queue.time",
      "s");
  // Sectors in /proc/diskstats are of 512 bytes, whatever the device's are.
  private static final int SECTOR_BYTES = 512;

  private static final class Device {
    final Attributes alone;
    final Attributes read;
    final Attributes write;
    final boolean skipped;
    final long[] counts = new long[11];

    Device(String name) {
      alone = Attributes.of("system.device", name);
      read = alone.with("disk.io.direction", "read");
      write = alone.with("disk.io.direction", "write");
      skipped = name.startsWith("loop") || name.startsWith("ram") || name.startsWith("zram")
          || isPartition(name);
    }

    /** sda1, vda2, nvme0n1p3, mmcblk0p1, but neither dm-0 nor md0 nor nvme0n1. */
    private static boolean isPartition(String name) {
      return name
          .matches("(sd|hd|vd|xvd)[a-z]+[0-9]+|(nvme[0-9]+n[0-9]+|mmcblk[0-9]+|nbd[0-9]+)p[0-9]+");
    }
  }

  private final KernelFile diskstats;
  private final long startNanos;
  private final HashMap<Long, Device> known = new HashMap<>();
  private final List<Device> present = new ArrayList<>();

  DiskReader(Path proc, long startNanos) {
    this.diskstats = new KernelFile(proc.resolve("diskstats"));
    this.startNanos = startNanos;
  }

  @Override
  public void read(Reading reading) {
    if (!diskstats.read(reading.text)) {
      reading.missing(diskstats.problem(), IO, OPERATIONS, OPERATION_TIME, IO_TIME, QUEUE_TIME);
      return;
    }
    parse(reading.text);
    pairs(reading, IO, 2, 6, SECTOR_BYTES, 1);
    pairs(reading, OPERATIONS, 0, 4, 1, 1);
    pairs(reading, OPERATION_TIME, 3, 7, 1, 1_000);
    alone(reading, IO_TIME, 9);
    alone(reading, QUEUE_TIME, 10);
  }

  /** A line: major, minor, name, then reads, merged, sectors, ms; the same of writes; now, ms busy, ms queued. */
  private void parse(ProcText text) {
    present.clear();
    while (text.nextLine() && present.size() < MOST_DEVICES) {
      if (!text.skipWords(3)) {
        continue;
      }
      Device device = known.get(text.hash());
      if (device == null) {
        if (known.size() >= 1_024) {
          known.clear();
        }
        device = new Device(text.text());
        known.put(text.hash(), device);
      }
      if (device.skipped) {
        continue;
      }
      for (int i = 0; i < device.counts.length; i++) {
        device.counts[i] = Math.max(0, text.nextNumber());
      }
      if (device.counts[0] + device.counts[4] > 0) {
        present.add(device);
      }
    }
  }

  private void pairs(Reading reading, Instrument instrument, int readField, int writeField,
      long factor, double divisor) {
    reading.out.begin(instrument);
    for (int i = 0; i < present.size(); i++) {
      Device device = present.get(i);
      reading.out.point(device.read, startNanos, reading.timeNanos,
          device.counts[readField] * factor / divisor);
      reading.out.point(device.write, startNanos, reading.timeNanos,
          device.counts[writeField] * factor / divisor);
    }
    reading.out.end();
  }

  private void alone(Reading reading, Instrument instrument, int field) {
    reading.out.begin(instrument);
    for (int i = 0; i < present.size(); i++) {
      Device device = present.get(i);
      reading.out.point(device.alone, startNanos, reading.timeNanos, device.counts[field] / 1e3);
    }
    reading.out.end();
  }

  @Override
  public void close() {
    diskstats.close();
  }
}

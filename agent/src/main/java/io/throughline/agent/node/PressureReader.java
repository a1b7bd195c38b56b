package io.throughline.agent.node;

import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.Instrument;
import java.nio.file.Path;

/**
 * Pressure stall information of the host or of one cgroup: the time in which some, or all, tasks
 * waited for a resource (kernel docs, accounting/psi). Its {@code total} is read, never its averages.
 */
final class PressureReader implements Reader {

  static final Instrument HOST = Instrument.counter("throughline.system.pressure.time", "s");
  static final Instrument CONTAINER = Instrument.counter("throughline.container.pressure.time",
      "s");
  private static final String[] RESOURCES = {"cpu", "memory", "io"};
  private static final Attributes[] SOME = attributes("some");
  private static final Attributes[] FULL = attributes("full");

  private final Instrument instrument;
  private final KernelFile[] files = new KernelFile[RESOURCES.length];
  private final long startNanos;

  private PressureReader(Instrument instrument, Path folder, String suffix, long startNanos) {
    this.instrument = instrument;
    for (int i = 0; i < files.length; i++) {
      files[i] = new KernelFile(folder.resolve(RESOURCES[i] + suffix));
    }
    this.startNanos = startNanos;
  }

  static PressureReader ofHost(Path proc, long startNanos) {
    return new PressureReader(HOST, proc.resolve("pressure"), "", startNanos);
  }

  static PressureReader ofContainer(Path cgroup, long startNanos) {
    return new PressureReader(CONTAINER, cgroup, ".pressure", startNanos);
  }

  @Override
  public void read(Reading reading) {
    ProcText text = reading.text;
    reading.out.begin(instrument);
    for (int i = 0; i < files.length; i++) {
      if (!files[i].read(text)) {
        reading.missing(instrument.name(), files[i].problem());
        continue;
      }
      while (text.nextLine() && text.nextWord()) {
        Attributes attributes = text.is("some") ? SOME[i] : FULL[i];
        while (text.nextWord()) {
          if (text.startsWith("total=")) {
            reading.out.point(attributes, startNanos, reading.timeNanos,
                text.numberAfterEquals() / 1e6);
          }
        }
      }
    }
    reading.out.end();
  }

  @Override
  public void close() {
    for (KernelFile file : files) {
      file.close();
    }
  }

  private static Attributes[] attributes(String kind) {
    var attributes = new Attributes[RESOURCES.length];
    for (int i = 0; i < RESOURCES.length; i++) {
      attributes[i] = Attributes.of("throughline.pressure.resource", RESOURCES[i],
          "throughline.pressure.kind", kind);
    }
    return attributes;
  }
}

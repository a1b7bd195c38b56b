package io.throughline.query.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that is set and stays, until somebody or something sets it otherwise.
 *
 * @param kind the change's kind
 * @param name in words
 * @param usage the signal that goes on where the knob's ends: then nothing limits any more; null where the
 *     end of a series tells nothing
 */
record Knob(String signal, String kind, String name, Form form, String unit,
    @Nullable String usage) {

  enum Form {
    /** The value is the setting. */
    LEVEL,
    /** The series exists, and its category is the setting. */
    TEXT,
    /** Each step up is something that happened. */
    EVENTS
  }

  private static final String CPU = "container.cpu.time";

  static final List<Knob> OF_SERVICE = List.of(
      new Knob("service.version", "version", "version", Form.TEXT, "", null),
      new Knob("throughline.pool.size", "size", "pool size", Form.LEVEL, "", null),
      new Knob("jvm.memory.limit", "limit", "heap limit", Form.LEVEL, "bytes", null));

  static final List<Knob> OF_CONTAINER = List.of(
      new Knob("container.image.name", "image", "image", Form.TEXT, "", null),
      new Knob("throughline.container.cpu.limit", "limit", "CPU limit", Form.LEVEL, "cores", CPU),
      new Knob("throughline.container.cpu.quota", "limit", "CPU quota", Form.LEVEL, "us", CPU),
      new Knob("throughline.container.memory.limit", "limit", "memory limit", Form.LEVEL, "bytes",
          CPU),
      new Knob("throughline.container.cpu.request", "request", "CPU request", Form.LEVEL, "cores",
          CPU),
      new Knob("throughline.container.memory.request", "request", "memory request", Form.LEVEL,
          "bytes", CPU),
      new Knob("k8s.container.restart.count", "restart", "restarts", Form.EVENTS, "", null),
      new Knob("throughline.container.memory.events", "out-of-memory", "killed for want of memory",
          Form.EVENTS, "", null));

  static final List<Knob> OF_WORKLOAD = List.of(
      new Knob("throughline.workload.replicas", "replicas", "replicas", Form.LEVEL, "", null),
      new Knob("throughline.workload.replicas.most", "replicas", "most replicas", Form.LEVEL, "",
          null));

  static final List<Knob> OF_NODE = List.of(
      new Knob("system.cpu.logical.count", "machine", "CPUs", Form.LEVEL, "", null),
      new Knob("system.memory.limit", "machine", "memory", Form.LEVEL, "bytes", null),
      new Knob("os.version", "machine", "kernel", Form.TEXT, "", null));

  String words(double value) {
    return switch (unit) {
      case "bytes" -> bytes(value);
      case "cores" -> ViewJson.text(value) + " cores";
      case "us" -> ViewJson.text(value / 1000) + " ms";
      default -> ViewJson.text(value);
    };
  }

  private static String bytes(double value) {
    var units = List.of("B", "KiB", "MiB", "GiB", "TiB");
    int unit = 0;
    double scaled = value;
    while (Math.abs(scaled) >= 1024 && unit + 1 < units.size()) {
      scaled /= 1024;
      unit++;
    }
    return ViewJson.text(scaled) + " " + units.get(unit);
  }
}

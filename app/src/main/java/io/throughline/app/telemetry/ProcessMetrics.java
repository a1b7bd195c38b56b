package io.throughline.app.telemetry;

import com.sun.management.GarbageCollectionNotificationInfo;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.ToLongFunction;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process and its JVM, under OpenTelemetry's names. What Linux alone can say (resident memory, CPU time
 * by mode) is absent elsewhere, never zero.
 */
final class ProcessMetrics {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessMetrics.class);
  private static final Path STAT = Path.of("/proc/self/stat");
  private static final int PAGE_BYTES = 4_096;
  /** The kernel's USER_HZ, 100 on every architecture Java runs on. */
  private static final double TICKS_PER_SECOND = 100;
  private static final int STIME = 12;
  private static final int UTIME = 11;
  private static final int RSS = 21;

  private static final Attributes USER = Attributes.of(AttributeKey.stringKey("cpu.mode"), "user");
  private static final Attributes SYSTEM = Attributes.of(AttributeKey.stringKey("cpu.mode"),
      "system");

  private ProcessMetrics() {}

  static void register(Meter meter) {
    if (Files.isReadable(STAT)) {
      meter.counterBuilder("process.cpu.time")
          .ofDoubles()
          .setUnit("s")
          .setDescription("CPU time of this process")
          .buildWithCallback(counter -> {
            var fields = stat();
            if (fields.length > RSS) {
              counter.record(Long.parseLong(fields[UTIME]) / TICKS_PER_SECOND, USER);
              counter.record(Long.parseLong(fields[STIME]) / TICKS_PER_SECOND, SYSTEM);
            }
          });
      meter.gaugeBuilder("process.memory.usage")
          .ofLongs()
          .setUnit("By")
          .setDescription("Resident memory of this process")
          .buildWithCallback(gauge -> {
            var fields = stat();
            if (fields.length > RSS) {
              gauge.record(Long.parseLong(fields[RSS]) * PAGE_BYTES);
            }
          });
    }
    pools(meter, "jvm.memory.used", "Memory in use, by pool", MemoryUsage::getUsed);
    pools(meter, "jvm.memory.limit", "The most memory a pool may hold", MemoryUsage::getMax);
    meter.gaugeBuilder("jvm.thread.count")
        .ofLongs()
        .setUnit("{thread}")
        .setDescription("Live platform threads")
        .buildWithCallback(
            gauge -> gauge.record(ManagementFactory.getThreadMXBean().getThreadCount()));
    garbageCollections(meter);
  }

  private static void pools(Meter meter, String name, String about,
      ToLongFunction<MemoryUsage> read) {
    meter.gaugeBuilder(name)
        .ofLongs()
        .setUnit("By")
        .setDescription(about)
        .buildWithCallback(gauge -> {
          for (var pool : ManagementFactory.getMemoryPoolMXBeans()) {
            var usage = pool.getUsage();
            long value = usage == null ? -1 : read.applyAsLong(usage);
            if (value >= 0) {
              gauge.record(value,
                  Attributes.of(AttributeKey.stringKey("jvm.memory.pool.name"), pool.getName(),
                      AttributeKey.stringKey("jvm.memory.type"),
                      pool.getType() == MemoryType.HEAP ? "heap" : "non_heap"));
            }
          }
        });
  }

  private static void garbageCollections(Meter meter) {
    var duration = meter.histogramBuilder("jvm.gc.duration")
        .setUnit("s")
        .setDescription("Garbage collections")
        .build();
    for (var collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      if (collector instanceof NotificationEmitter emitter) {
        emitter.addNotificationListener((notification, handback) -> {
          if (notification.getType()
              .equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)) {
            var info = GarbageCollectionNotificationInfo
                .from((CompositeData) notification.getUserData());
            duration.record(info.getGcInfo().getDuration() / 1e3,
                Attributes.of(AttributeKey.stringKey("jvm.gc.name"), info.getGcName(),
                    AttributeKey.stringKey("jvm.gc.action"),
                    info.getGcAction().toLowerCase(Locale.ROOT)));
          }
        }, null, null);
      }
    }
  }

  /** The fields after the command's name, which may hold spaces: field 14 of the manual is index 11. */
  private static String[] stat() {
    try {
      var text = Files.readString(STAT, StandardCharsets.ISO_8859_1);
      return text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
    } catch (IOException gone) {
      LOG.debug("cannot read {}", STAT, gone);
      return new String[0];
    }
  }
}

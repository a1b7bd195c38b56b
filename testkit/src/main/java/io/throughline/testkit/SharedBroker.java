package io.throughline.testkit;

import io.throughline.broker.EmbeddedBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One real Kafka broker for all tests of a Maven module, started by the first that asks. Tests stay
 * apart by a topic prefix of their own.
 */
public final class SharedBroker {
  private static @Nullable EmbeddedBroker broker;
  private static final AtomicInteger PREFIXES = new AtomicInteger();

  private SharedBroker() {}

  public static synchronized EmbeddedBroker get() {
    var running = broker;
    if (running == null) {
      try {
        var folder = Files.createTempDirectory("throughline-broker");
        running = EmbeddedBroker.start(folder, false);
        var started = running;
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
          started.close();
          delete(folder);
        }));
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
      broker = running;
    }
    return running;
  }

  /** A topic prefix no other test has. */
  public static String uniquePrefix() {
    return "t" + PREFIXES.incrementAndGet() + "-";
  }

  private static void delete(Path folder) {
    try (var files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException gone) {
      // The folder is the system's temporary one: what is left goes with it.
      return;
    }
  }
}

package io.throughline.app;

import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node agent as a child process. One that ends is started again, after pauses that double from the first
 * to {@value #LONGEST_PAUSE_MS} ms; one that has run for longer than that begins with the first pause again.
 */
final class AgentChild implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentChild.class);
  private static final long LONGEST_PAUSE_MS = 60_000;
  private static final long STOP_MS = 500;

  private final List<String> command;
  private final long firstPauseMs;
  private final LongCounter restarts;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread watcher = Thread.ofPlatform()
      .name("agent-watch")
      .daemon()
      .unstarted(this::watch);
  private volatile Process process;
  private volatile String trouble = "";

  /** @throws IOException if it cannot be started at all */
  AgentChild(List<String> command, Duration firstPause, Meter meter) throws IOException {
    this.command = List.copyOf(command);
    this.firstPauseMs = firstPause.toMillis();
    this.process = launch();
    this.restarts = meter.counterBuilder("throughline.agent.restarts")
        .setUnit("{restart}")
        .setDescription("Times the node agent had ended and was started again")
        .build();
    meter.gaugeBuilder("throughline.agent.up")
        .ofLongs()
        .setUnit("1")
        .setDescription("Whether the node agent runs")
        .buildWithCallback(gauge -> gauge.record(process.isAlive() ? 1 : 0));
    watcher.start();
  }

  /** Why this machine is not measured although it should be, or "". */
  String trouble() {
    return trouble;
  }

  private Process launch() throws IOException {
    return new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private void watch() {
    long pauseMs = firstPauseMs;
    try {
      while (closing.getCount() > 0) {
        long startedNanos = System.nanoTime();
        var ended = "with exit code " + process.waitFor();
        if (closing.getCount() == 0) {
          return;
        }
        if (TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos) > LONGEST_PAUSE_MS) {
          pauseMs = firstPauseMs;
        }
        while (!process.isAlive()) {
          trouble = "the node agent ended " + ended + " and is started again within " + pauseMs
              + " ms; until then this machine is not measured";
          if (closing.await(pauseMs, TimeUnit.MILLISECONDS)) {
            return;
          }
          LOG.warn("the node agent is started again counter=throughline.agent.restarts pauseMs={} "
              + "reason=ended {}", pauseMs, ended);
          pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
          restarts.add(1);
          ended = relaunch();
        }
        trouble = "";
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Starts it anew; why it could not, or "". */
  private synchronized String relaunch() {
    if (closing.getCount() == 0) {
      return "for good";
    }
    try {
      process = launch();
      return "";
    } catch (IOException failed) {
      return "and cannot be started: " + failed.getMessage();
    }
  }

  @Override
  public synchronized void close() {
    closing.countDown();
    process.destroy();
    try {
      if (!process.waitFor(STOP_MS, TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

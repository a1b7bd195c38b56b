package io.throughline.agent.node;

import io.throughline.agent.otlp.Instrument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Connections that are made and that nobody has accepted yet, over all listening sockets of one network namespace:
 * {@code rx_queue} of the rows of {@code net/tcp} and {@code net/tcp6} in state 0A.
 *
 * <p>The kernel lists listening sockets first, so the beginning of the file is enough whatever the number of
 * connections. A container on its host's network has no backlog of its own: the host's holds it.
 */
final class BacklogReader implements Reader {
  static final Instrument OF_HOST = Instrument
      .gauge("throughline.system.network.tcp.accept_backlog", "{connection}");

  /** Some 400 listening sockets. */
  private static final int LONGEST_BYTES = 64 << 10;
  private static final String LISTENING = "0A";

  /** Rounds after which a container's process may be another, and a namespace is looked at again. */
  private static final int ROUNDS_BETWEEN_PROBES = 30;

  private final Instrument instrument;
  private final Path proc;
  private final @Nullable Supplier<String> pid;
  private long nextProbe;
  private String of = "";
  private String problem = "";
  private @Nullable KernelFile tcp;
  private @Nullable KernelFile tcp6;

  /** Of one container; {@code pid} names a process of it, or "" where there is none. */
  BacklogReader(Instrument instrument, Path proc, Supplier<String> pid) {
    this.instrument = instrument;
    this.proc = proc;
    this.pid = pid;
  }

  private BacklogReader(Path proc) {
    this.instrument = OF_HOST;
    this.proc = proc;
    this.pid = null;
  }

  static BacklogReader ofHost(Path proc) {
    return new BacklogReader(proc);
  }

  @Override
  public void read(Reading reading) {
    if (reading.round >= nextProbe) {
      probe();
      nextProbe = reading.round + ROUNDS_BETWEEN_PROBES;
    }
    var four = tcp;
    var six = tcp6;
    if (four == null || six == null) {
      reading.missing(problem, instrument);
      return;
    }
    boolean any = false;
    long waiting = 0;
    if (four.read(reading.text)) {
      any = true;
      waiting += waiting(reading.text);
    }
    // A kernel without IPv6 has no such file: what listens is in the other then.
    if (six.read(reading.text)) {
      any = true;
      waiting += waiting(reading.text);
    }
    if (any) {
      reading.out.single(instrument, 0, reading.timeNanos, waiting);
    } else {
      reading.missing(four.problem(), instrument);
      nextProbe = reading.round; // Its process may have ended.
    }
  }

  private void probe() {
    String now;
    if (pid == null) {
      now = Files.isReadable(proc.resolve("1/net/tcp")) ? "1" : "self";
    } else {
      now = pid.get();
      problem = now.isEmpty() ? "it has no process now" : whyNotItsOwn(now);
      now = problem.isEmpty() ? now : "";
    }
    if (!now.equals(of)) {
      close();
      of = now;
      if (!now.isEmpty()) {
        tcp = new KernelFile(proc.resolve(now).resolve("net/tcp"), LONGEST_BYTES);
        tcp6 = new KernelFile(proc.resolve(now).resolve("net/tcp6"), LONGEST_BYTES);
      }
    }
  }

  /** "" where a process has a network of its own. */
  private String whyNotItsOwn(String process) {
    var own = proc.resolve(process).resolve("ns/net");
    try {
      return Files.readSymbolicLink(own).equals(Files.readSymbolicLink(proc.resolve("1/ns/net")))
          ? "it is on its host's network, whose backlog holds its own"
          : "";
    } catch (IOException e) {
      return KernelFile.describe(own, e);
    }
  }

  private static long waiting(ProcText text) {
    long waiting = 0;
    text.nextLine(); // The heading.
    while (text.nextLine() && text.skipWords(4) && text.is(LISTENING)) {
      waiting += text.nextWord() ? Math.max(0, text.hexAfterColon()) : 0;
    }
    return waiting;
  }

  @Override
  public void close() {
    if (tcp != null) {
      tcp.close();
      tcp = null;
    }
    if (tcp6 != null) {
      tcp6.close();
      tcp6 = null;
    }
    of = "";
  }
}

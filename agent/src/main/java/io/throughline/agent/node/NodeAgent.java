package io.throughline.agent.node;

import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.Outbox;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The node agent: each interval it reads the host, its containers and the named processes, and offers
 * one OTLP request to an {@link Outbox}.
 *
 * <p>One thread reads, one sends. An interval that a slow machine misses is skipped, not made up for:
 * counters lose nothing by it.
 */
public final class NodeAgent implements AutoCloseable {

  private static final int MEMORY_BYTES = 4 << 20;

  private final NodeSettings settings;
  private final Outbox outbox;
  private final InstantSource clock;
  private final Attributes host;
  private final List<Reader> hostReaders;
  private final Containers containers;
  private final Processes processes;
  private final Reading reading = new Reading();
  private final CountDownLatch stopped = new CountDownLatch(1);

  /** {@code log} takes lines for the operator; the agent itself writes nowhere else. */
  public NodeAgent(NodeSettings settings, InstantSource clock, Consumer<String> log) {
    this.settings = settings;
    this.clock = clock;
    this.outbox = new Outbox(settings.destination(), MEMORY_BYTES, settings.spool(),
        settings.spoolBytes(), log);
    NodeSettings.Roots roots = settings.roots();
    var identity = HostIdentity.read(roots);
    this.host = Attributes.of("host.id", identity.id(), "host.name", identity.name());
    var times = new ProcessTimes(roots.proc());
    long boot = times.bootNanos();
    var threads = new RunQueueReader.Budget();
    this.hostReaders = List.of(new CpuReader(roots.proc(), boot),
        new MemoryReader(roots.proc(), boot), new DiskReader(roots.proc(), boot),
        new FileSystemReader(roots), new NetworkReader(roots.proc(), boot),
        BacklogReader.ofHost(roots.proc()), PressureReader.ofHost(roots.proc(), boot));
    this.containers = new Containers(settings, identity, times, threads);
    this.processes = new Processes(settings, identity, times, threads);
  }

  /** The entry of {@code agent node} as its own process; exit code 2 for bad options. */
  public static void main(String[] arguments) throws InterruptedException {
    NodeSettings settings;
    try {
      settings = NodeSettings.parse(List.of(arguments));
    } catch (IllegalArgumentException e) {
      System.err.println("agent node: " + e.getMessage() + "\n" + NodeSettings.USAGE);
      System.exit(2);
      return;
    }
    try (var agent = new NodeAgent(settings, InstantSource.system(),
        line -> System.err.println("agent node: " + line))) {
      Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(agent::close));
      agent.run();
    }
  }

  /**
   * The command that runs this agent as a small process of its own.
   *
   * @param java the {@code java} to start
   * @param classPath where this module's classes are; nothing else is needed
   */
  public static List<String> command(Path java, String classPath, NodeSettings settings) {
    var command = new ArrayList<>(List.of(java.toString(), "-XX:+UseSerialGC", "-Xms4m", "-Xmx16m",
        "-Xss256k", "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=12m",
        "-XX:MaxMetaspaceSize=32m", "-XX:+UseCompactObjectHeaders", "-XX:-UsePerfData",
        "-Xshare:auto", "-cp", classPath, NodeAgent.class.getName()));
    command.addAll(settings.toArguments());
    return command;
  }

  /** Reads until {@link #close}, or until the parent process ends. */
  public void run() throws InterruptedException {
    ProcessHandle parent = settings.parentPid() == 0
        ? null
        : ProcessHandle.of(settings.parentPid()).orElse(null);
    if (settings.parentPid() != 0 && parent == null) {
      return;
    }
    long intervalMs = settings.interval().toMillis();
    long waitMs = 0;
    try {
      while (!stopped.await(waitMs, TimeUnit.MILLISECONDS)) {
        if (parent != null && !parent.isAlive()) {
          return;
        }
        readOnce();
        waitMs = intervalMs - Math.floorMod(clock.millis(), intervalMs);
      }
    } finally {
      hostReaders.forEach(Reader::close);
      containers.close();
      processes.close();
    }
  }

  @Override
  public void close() {
    if (stopped.getCount() > 0) {
      stopped.countDown();
      outbox.close();
    }
  }

  /** One round of reading, offered to the outbox. */
  void readOnce() {
    reading.beginRound(clock.millis() * 1_000_000L);
    reading.beginResource(host);
    for (int i = 0; i < hostReaders.size(); i++) {
      hostReaders.get(i).read(reading);
    }
    containers.scan(reading);
    reading.endResource();
    containers.read(reading);
    processes.read(reading);
    outbox.offer(reading.out.take());
  }
}

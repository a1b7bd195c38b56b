package io.throughline.broker;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import kafka.server.KafkaConfig;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Kafka broker and controller (KRaft) in this JVM, its log in one folder.
 *
 * <p>It listens on two random loopback ports, the same for its whole life, and lets in only clients
 * with a secret that is made at start and kept in {@code SECRET} (mode 0600). A broker that wants to end
 * (Kafka exits or halts the process when its disk fails) is <em>down</em> and the process is not:
 * {@link #downReason} says why, and a supervisor thread starts the broker anew, with pauses from {@value
 * #FIRST_PAUSE_MS} ms doubling to {@value #LONGEST_PAUSE_MS} ms, or as soon as its disk has room again. Clients reconnect
 * by themselves.
 *
 * <p>What an acknowledgement survives: the end of the process at any instant, because the bytes are in
 * the kernel's page cache by then; with {@code fsync} also the end of the machine.
 */
public final class EmbeddedBroker implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedBroker.class);
  private static final int NODE_ID = 1;
  private static final String USER = "throughline";
  private static final String SECRET = "client-secret";
  private static final long FIRST_PAUSE_MS = 250;
  private static final long LONGEST_PAUSE_MS = 10_000;
  /** How often a pause looks whether the disk has room again, and how much more that is. */
  private static final long LOOK_MS = 250;
  private static final long ROOM_BYTES = 1 << 20;
  private static final long STOP_WAIT_MS = 4_000;
  /** Before a new life over the same files the former one should be over. */
  private static final long RESTART_WAIT_MS = 30_000;

  /** Exit procedures are the JVM's, so they ask for the broker that runs now. */
  private static final AtomicReference<@Nullable EmbeddedBroker> RUNNING = new AtomicReference<>();

  private final Path folder;
  private final boolean fsync;
  private final Map<String, String> others;
  private final String secret;
  private final int brokerPort;
  private final int controllerPort;
  private final String clusterId;
  private final Thread supervisor;

  private volatile String downReason = "starting";
  private volatile boolean closing;
  private volatile int lives;
  private @Nullable KafkaNode node;

  /** Kafka asked the process to end; unwinds the thread that asked. */
  private static final class BrokerEnded extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BrokerEnded(String message) {
      super(message);
    }
  }

  private EmbeddedBroker(Path folder, boolean fsync, Map<String, String> others)
      throws IOException {
    this.folder = folder;
    this.fsync = fsync;
    this.others = others;
    Files.createDirectories(folder);
    this.secret = writeSecret();
    try (var first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var second = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      brokerPort = first.getLocalPort();
      controllerPort = second.getLocalPort();
    }
    this.clusterId = clusterIdOf(folder);
    this.supervisor = Thread.ofPlatform()
        .name("broker-supervisor")
        .daemon()
        .unstarted(this::supervise);
  }

  /**
   * Starts a broker over the log in {@code folder}, made if it is absent. Returns when it is up.
   *
   * @param fsync whether each write is on disk before it is acknowledged
   * @throws IOException if it cannot start; the message says why
   */
  public static EmbeddedBroker start(Path folder, boolean fsync) throws IOException {
    return start(folder, fsync, Map.of());
  }

  /** @param others properties of Kafka that win over ours: a test need not wait for what a start puts off */
  static EmbeddedBroker start(Path folder, boolean fsync, Map<String, String> others)
      throws IOException {
    var broker = new EmbeddedBroker(folder.toAbsolutePath(), fsync, others);
    if (!RUNNING.compareAndSet(null, broker)) {
      throw new IOException("an embedded broker already runs in this process");
    }
    Exit.setExitProcedure((status, message) -> broker.ended("exit", message));
    Exit.setHaltProcedure((status, message) -> broker.ended("halt", message));
    try {
      broker.startServer();
    } catch (Exception failed) {
      RUNNING.set(null);
      throw new IOException(
          "the embedded Kafka broker over " + folder + " did not start: " + rootMessage(failed),
          failed);
    }
    broker.supervisor.start();
    return broker;
  }

  /** Runs a broker as a process of its own: {@code EmbeddedBroker FOLDER [fsync]}; prints one line with how to reach it. */
  public static void main(String[] arguments) throws Exception {
    var broker = start(Path.of(arguments[0]), arguments.length > 1 && arguments[1].equals("fsync"));
    var clientFile = broker.folder.resolve("client.properties");
    var properties = new Properties();
    broker.clientProperties()
        .forEach((key, value) -> properties.setProperty(key, value.toString()));
    ownerOnly(clientFile);
    try (var out = Files.newOutputStream(clientFile)) {
      properties.store(out, null);
    }
    var stdout = new PrintStream(new FileOutputStream(FileDescriptor.out), true,
        StandardCharsets.UTF_8);
    stdout.println("127.0.0.1:" + broker.brokerPort + " " + clientFile);
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(broker::close));
    // Ends with its parent: stdin is a pipe that closes then.
    while (System.in.read() >= 0) {
      LockSupport.parkNanos(1);
    }
    broker.close();
    Runtime.getRuntime().halt(0);
  }

  /** What a client needs to connect: bootstrap server and credentials. */
  public Map<String, Object> clientProperties() {
    return Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:" + brokerPort,
        CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, "SASL_PLAINTEXT", SaslConfigs.SASL_MECHANISM,
        "PLAIN", SaslConfigs.SASL_JAAS_CONFIG, jaas(""));
  }

  /** Why the broker is down, or "" while it is up. */
  public String downReason() {
    return downReason;
  }

  public String clusterId() {
    return clusterId;
  }

  /** Ends the broker as a failing disk would: it is down, and comes back by itself. For tests and drills. */
  public void crash(String reason) {
    markDown(reason);
  }

  @Override
  public void close() {
    closing = true;
    LockSupport.unpark(supervisor);
    try {
      supervisor.join(STOP_WAIT_MS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    stopServer(STOP_WAIT_MS);
    RUNNING.compareAndSet(this, null);
  }

  private void ended(String how, @Nullable String message) {
    var reason = "Kafka asked to " + how + (message == null ? "" : ": " + message);
    markDown(reason);
    throw new BrokerEnded(reason);
  }

  private void markDown(String reason) {
    if (!closing && downReason.isEmpty()) {
      downReason = reason;
      LOG.warn("the embedded Kafka broker is down and will be started anew reason={}", reason);
      LockSupport.unpark(supervisor);
    }
  }

  private void supervise() {
    long pauseMs = FIRST_PAUSE_MS;
    while (!closing) {
      if (downReason.isEmpty()) {
        LockSupport.park(this);
        continue;
      }
      pause(pauseMs);
      if (closing) {
        return;
      }
      stopServer(RESTART_WAIT_MS);
      try {
        startServer();
        pauseMs = FIRST_PAUSE_MS;
        LOG.info("the embedded Kafka broker is up again");
      } catch (Exception | InternalError failed) {
        // An InternalError is how the JVM says that a mapped index file has no room on the disk.
        downReason = rootMessage(failed);
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
        LOG.warn("the embedded Kafka broker did not start nextTryMs={} reason={}", pauseMs,
            downReason);
      }
    }
  }

  /** Most brokers that do not start have no room on their disk: then nobody waits longer than until there is. */
  private void pause(long pauseMs) {
    long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(pauseMs);
    long before = folder.toFile().getUsableSpace();
    long leftNanos = endNanos - System.nanoTime();
    while (!closing && leftNanos > 0 && folder.toFile().getUsableSpace() < before + ROOM_BYTES) {
      LockSupport.parkNanos(Math.min(leftNanos, TimeUnit.MILLISECONDS.toNanos(LOOK_MS)));
      leftNanos = endNanos - System.nanoTime();
    }
  }

  private synchronized void startServer() throws Exception {
    var properties = serverProperties();
    var formatter = new Formatter().setClusterId(clusterId)
        .setNodeId(NODE_ID)
        .setDirectories(List.of(folder.toString()))
        .setMetadataLogDirectory(folder.toString())
        .setControllerListenerName("CONTROLLER")
        .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
        .setHasDynamicQuorum(false)
        .setIgnoreFormatted(true)
        .setPrintStream(
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
    if (!Files.exists(folder.resolve("meta.properties"))) {
      formatter.run();
    }
    var config = new KafkaConfig(properties, false);
    var life = ++lives;
    var starting = new KafkaNode(config,
        Map.of(NODE_ID, new InetSocketAddress(InetAddress.getLoopbackAddress(), controllerPort)),
        reason -> {
          // What a former life still has to say is not about this one.
          if (life == lives) {
            markDown(reason);
          }
        });
    node = starting;
    starting.start();
    downReason = "";
  }

  /** Stops what runs, in bounded time: a broker whose disk is gone may never finish. */
  private synchronized void stopServer(long waitMs) {
    var stopping = node;
    node = null;
    if (stopping == null) {
      return;
    }
    var thread = Thread.ofPlatform().name("broker-stop").daemon().start(() -> {
      try {
        stopping.stop();
      } catch (RuntimeException failed) {
        LOG.info("the embedded Kafka broker did not stop cleanly reason={}", rootMessage(failed));
      }
    });
    try {
      if (!thread.join(Duration.ofMillis(waitMs))) {
        LOG.warn(
            "the embedded Kafka broker did not stop within {} ms; its log recovers at the next start",
            waitMs);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      stopping.release();
    }
  }

  private Properties serverProperties() {
    var p = new Properties();
    p.setProperty("process.roles", "broker,controller");
    p.setProperty("node.id", "" + NODE_ID);
    p.setProperty("controller.quorum.voters", NODE_ID + "@127.0.0.1:" + controllerPort);
    p.setProperty("listeners",
        "BROKER://127.0.0.1:" + brokerPort + ",CONTROLLER://127.0.0.1:" + controllerPort);
    p.setProperty("advertised.listeners", "BROKER://127.0.0.1:" + brokerPort);
    p.setProperty("listener.security.protocol.map",
        "BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT");
    p.setProperty("controller.listener.names", "CONTROLLER");
    p.setProperty("inter.broker.listener.name", "BROKER");
    p.setProperty("sasl.enabled.mechanisms", "PLAIN");
    p.setProperty("sasl.mechanism.inter.broker.protocol", "PLAIN");
    p.setProperty("sasl.mechanism.controller.protocol", "PLAIN");
    for (var listener : List.of("broker", "controller")) {
      p.setProperty("listener.name." + listener + ".plain.sasl.jaas.config",
          jaas(" user_" + USER + "=\"" + secret + "\""));
    }
    p.setProperty("log.dirs", folder.toString());
    p.setProperty("auto.create.topics.enable", "false");
    p.setProperty("offsets.topic.num.partitions", "1");
    p.setProperty("offsets.topic.replication.factor", "1");
    p.setProperty("transaction.state.log.num.partitions", "1");
    p.setProperty("transaction.state.log.replication.factor", "1");
    p.setProperty("transaction.state.log.min.isr", "1");
    p.setProperty("group.initial.rebalance.delay.ms", "0");
    // A laptop's footprint: few threads, small buffers.
    p.setProperty("num.network.threads", "1");
    p.setProperty("num.io.threads", "2");
    p.setProperty("background.threads", "2");
    p.setProperty("num.recovery.threads.per.data.dir", "1");
    p.setProperty("log.cleaner.dedupe.buffer.size", "" + (4 << 20));
    p.setProperty("log.cleaner.io.buffer.size", "" + (64 << 10));
    p.setProperty("log.segment.bytes", "" + (16 << 20));
    p.setProperty("log.index.size.max.bytes", "" + (1 << 20));
    p.setProperty("metadata.log.segment.bytes", "" + (8 << 20));
    p.setProperty("queued.max.requests", "64");
    p.setProperty("socket.request.max.bytes", "" + (16 << 20));
    p.setProperty("message.max.bytes", "" + (4 << 20));
    // A start asks its controller for a lead with its first heartbeats. The session may be long: with one node
    // there is nobody to hand over to, and a machine that stalls for seconds does not lose its partitions.
    p.setProperty("broker.heartbeat.interval.ms", "500");
    p.setProperty("broker.session.timeout.ms", "9000");
    // Deleted records free their disk space soon. The first look comes after a start has read the series sets.
    p.setProperty("log.initial.task.delay.ms", "15000");
    p.setProperty("log.retention.check.interval.ms", "2000");
    p.setProperty("log.segment.delete.delay.ms", "1000");
    if (fsync) {
      p.setProperty("log.flush.interval.messages", "1");
    }
    p.putAll(others);
    return p;
  }

  private String jaas(String users) {
    return "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + USER
        + "\" password=\"" + secret + "\"" + users + ";";
  }

  private String writeSecret() throws IOException {
    var random = new byte[24];
    new SecureRandom().nextBytes(random);
    var text = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    var file = folder.resolve(SECRET);
    ownerOnly(file);
    Files.writeString(file, text);
    return text;
  }

  /** Makes a new file that nobody else may read. */
  private static void ownerOnly(Path file) throws IOException {
    Files.deleteIfExists(file);
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createFile(file,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } else {
      Files.createFile(file);
    }
  }

  private static String clusterIdOf(Path folder) throws IOException {
    var meta = folder.resolve("meta.properties");
    if (Files.exists(meta)) {
      var properties = new Properties();
      try (var in = Files.newInputStream(meta)) {
        properties.load(in);
      }
      var id = properties.getProperty("cluster.id");
      if (id == null) {
        throw new IOException(meta + " has no cluster.id: it is not the folder of a Kafka broker");
      }
      return id;
    }
    return Uuid.randomUuid().toString();
  }

  static String rootMessage(Throwable failed) {
    var root = failed;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    if (root instanceof UncheckedIOException io) {
      return String.valueOf(io.getMessage());
    }
    return root.getClass().getSimpleName() + ": " + root.getMessage();
  }
}

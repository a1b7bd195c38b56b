package io.throughline.broker;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import kafka.server.BrokerServer;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.SharedServer;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.controller.ControllerRequestContext;
import org.apache.kafka.server.ServerSocketFactory;
import org.apache.kafka.server.fault.FaultHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of Kafka's controller and broker in this JVM, put together from the parts that Kafka's own
 * {@code KafkaRaftServer} is made of.
 *
 * <p>That class ends with its process. Its broker waits minutes for a controller that has already died, its
 * sockets stay bound meanwhile, and a fatal fault ends the JVM. Here a stop is bounded, every listening socket
 * is closed whatever else hangs, and a fault is told to the owner.
 */
final class KafkaNode {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaNode.class);

  /** How long a broker waits for its controller's leave to stop; with one node there is nobody to hand over to. */
  private static final Duration CONTROLLED_SHUTDOWN = Duration.ofMillis(1_500);

  /** What Kafka leaves in a folder of logs when it stops in an orderly way. */
  private static final String CLEAN_SHUTDOWN = ".kafka_cleanshutdown";

  /** How long the controller may take to become active; beyond, the former self's session runs out by itself. */
  private static final long FORGET_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final KafkaConfig config;
  private final Collection<ServerSocketChannel> listening = new ConcurrentLinkedQueue<>();
  private final Metrics metrics = new Metrics();
  private final ControllerServer controller;
  private final BrokerServer broker;

  /** A broker whose failed start, too, is cleaned up in bounded time: Kafka itself calls {@code shutdown()} then. */
  private static final class BoundedBroker extends BrokerServer {
    BoundedBroker(SharedServer shared) {
      super(shared);
    }

    @Override
    public void shutdown() {
      shutdown(CONTROLLED_SHUTDOWN);
    }
  }

  /**
   * @param voters address of each controller by node id
   * @param failed told why, when a part of Kafka cannot go on; may be called more than once, from any thread
   */
  KafkaNode(KafkaConfig config, Map<Integer, InetSocketAddress> voters, Consumer<String> failed) {
    this.config = config;
    var folders = KafkaRaftServer.initializeLogDirs(config, LOG, "");
    var shared = new SharedServer(config, folders._1(), Time.SYSTEM, metrics,
        CompletableFuture.completedFuture(voters), List.of(),
        (name, fatal, action) -> faultHandler(name, fatal, action, failed), recording());
    controller = new ControllerServer(shared, KafkaRaftServer.configSchema(), folders._2());
    broker = new BoundedBroker(shared);
  }

  void start() {
    boolean killed = config.logDirs()
        .stream()
        .noneMatch(folder -> Files.exists(Path.of(folder, CLEAN_SHUTDOWN)));
    controller.startup();
    if (killed) {
      forgetFormerSelf();
    }
    broker.startup();
  }

  /**
   * Takes the broker that was killed off the controller's books. The controller would refuse the new one until
   * the session of the former has run out, for it cannot know that they are of one process: only one can have
   * the lock of the folder, so here it is certain that the former is gone.
   */
  private void forgetFormerSelf() {
    long deadline = System.nanoTime() + FORGET_NANOS;
    while (!controller.controller().isActive() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(this, LOOK_AGAIN_NANOS);
    }
    try {
      controller.controller()
          .unregisterBroker(new ControllerRequestContext(new RequestHeaderData(),
              KafkaPrincipal.ANONYMOUS, OptionalLong.empty()), config.nodeId())
          .get(FORGET_NANOS, TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException refused) {
      // At a first start there is nobody to forget.
      if (!(refused.getCause() instanceof BrokerIdNotRegisteredException)) {
        LOG.info("the killed broker's session is waited for reason={}",
            EmbeddedBroker.rootMessage(refused));
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns when both parts have ended; may take seconds. Callers bound it and then call {@link #release}. */
  void stop() {
    try {
      broker.shutdown();
      broker.awaitShutdown();
    } finally {
      controller.shutdown();
      controller.awaitShutdown();
      metrics.close();
    }
  }

  /** Closes the listening sockets, also those of parts that did not end. */
  void release() {
    for (var channel : listening) {
      try {
        channel.close();
      } catch (IOException failed) {
        LOG.debug("a listening socket of Kafka was not closed cleanly", failed);
      }
    }
  }

  private ServerSocketFactory recording() {
    return (String listener, InetSocketAddress address, int backlog, int receiveBuffer) -> {
      var channel = ServerSocketFactory.INSTANCE.openServerSocket(listener, address, backlog,
          receiveBuffer);
      listening.add(channel);
      return channel;
    };
  }

  private static FaultHandler faultHandler(String name, boolean fatal, Runnable action,
      Consumer<String> failed) {
    return (message, cause) -> {
      LOG.warn("a fault in the embedded Kafka broker part={} fatal={} reason={}", name, fatal,
          message, cause);
      action.run();
      if (fatal) {
        failed.accept(cause == null ? message : message + ": " + EmbeddedBroker.rootMessage(cause));
      }
      return new IllegalStateException(message, cause);
    };
  }
}

package io.throughline.agent.sidecar;

import io.throughline.agent.node.HostIdentity;
import io.throughline.agent.otlp.Attributes;
import io.throughline.agent.otlp.OtlpWriter;
import io.throughline.agent.otlp.Outbox;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A reverse proxy before one service, and what it measures, sent once a second.
 *
 * <p>Bounds: {@value #MOST_CONNECTIONS} client connections, heads of {@value #HEAD_BYTES} bytes,
 * request lines of {@value #LINE_BYTES}; a connection on which no request is being answered is closed {@value
 * #IDLE_MS} ms after the last one, so that a request's head cannot be dripped in for ever. All handling is on one
 * event loop; finding the service's process is not.
 */
public final class Sidecar implements AutoCloseable {

  static final int MOST_CONNECTIONS = 10_000;
  static final int HEAD_BYTES = 64 * 1024;
  static final int LINE_BYTES = 16 * 1024;
  private static final int IDLE_MS = 30_000;
  private static final int EXPORT_MS = 1_000;
  private static final int LOOK_MS = 5_000;
  private static final Path PROC = Path.of("/proc");

  /** Of one client connection. */
  private static final class Client {
    int active;
    long idleSinceNanos = System.nanoTime();
  }

  private final Vertx vertx;
  private final SidecarSettings settings;
  private final ServiceMetrics metrics;
  private final OtlpWriter writer = new OtlpWriter("throughline.sidecar");
  private final Outbox outbox;
  private final HttpClient clientV1;
  private final HttpClient clientV2;
  private final HostIdentity host = HostIdentity.local();
  private final Map<HttpConnection, Client> clients = new HashMap<>();
  private final int idleMs;
  private long outstanding;
  private @Nullable HttpServer server;
  private @Nullable UpstreamProcess process;
  private @Nullable Attributes resource;

  private Sidecar(Vertx vertx, SidecarSettings settings, int idleMs, Consumer<String> log) {
    this.vertx = vertx;
    this.settings = settings;
    this.idleMs = idleMs;
    this.metrics = new ServiceMetrics(System.currentTimeMillis() * 1_000_000L);
    this.outbox = new Outbox(settings.destination(), log);
    // The pool counts requests that wait for a connection still being made as waiting; the bound is ours.
    var pool = new PoolOptions().setHttp1MaxSize(settings.connections())
        .setHttp2MaxSize(8)
        .setMaxWaitQueueSize(-1)
        .setEventLoopSize(1);
    this.clientV1 = vertx.createHttpClient(clientOptions(), pool);
    this.clientV2 = vertx.createHttpClient(
        clientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false),
        pool);
  }

  /** Starts listening. Several sidecars may share {@code vertx}; closing one leaves it running. */
  public static Future<Sidecar> start(Vertx vertx, SidecarSettings settings, Consumer<String> log) {
    return start(vertx, settings, IDLE_MS, log);
  }

  static Future<Sidecar> start(Vertx vertx, SidecarSettings settings, int idleMs,
      Consumer<String> log) {
    var sidecar = new Sidecar(vertx, settings, idleMs, log);
    return sidecar.listen().map(server -> sidecar).onFailure(cause -> sidecar.outbox.close());
  }

  /** A Vert.x for sidecars: one event loop, few threads. */
  public static Vertx vertx() {
    return Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1)
        .setWorkerPoolSize(2)
        .setInternalBlockingPoolSize(2)
        .setPreferNativeTransport(true));
  }

  /** The entry of {@code agent sidecar} as its own process; exit code 2 for bad options, 1 for a taken port. */
  public static void main(String[] arguments) throws InterruptedException {
    SidecarSettings settings;
    try {
      settings = SidecarSettings.parse(List.of(arguments), System.getenv());
    } catch (IllegalArgumentException e) {
      System.err.println("agent sidecar: " + e.getMessage() + "\n" + SidecarSettings.USAGE);
      System.exit(2);
      return;
    }
    run(settings);
  }

  /** Runs one sidecar until the process is ended or its parent is gone. */
  public static void run(SidecarSettings settings) throws InterruptedException {
    var vertx = vertx();
    var ended = new CountDownLatch(1);
    Sidecar sidecar;
    try {
      sidecar = start(vertx, settings, line -> System.err.println("agent sidecar: " + line))
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    } catch (CompletionException e) {
      System.err.println("agent sidecar: cannot listen on " + settings.listen() + ": "
          + (e.getCause() == null ? e : e.getCause()).getMessage());
      System.exit(1);
      return;
    }
    System.err.println("agent sidecar: " + settings.service() + " at " + settings.listen().host()
        + ":" + sidecar.port() + " passes on to " + settings.upstream());
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
      sidecar.close();
      ended.countDown();
    }));
    ProcessHandle parent = settings.parentPid() == 0
        ? null
        : ProcessHandle.of(settings.parentPid()).orElse(null);
    boolean orphan = settings.parentPid() != 0 && parent == null;
    while (!orphan && !ended.await(1, TimeUnit.SECONDS)) {
      orphan = parent != null && !parent.isAlive();
    }
    System.exit(0);
  }

  /** The port it listens on. */
  public int port() {
    if (server == null) {
      throw new IllegalStateException("not listening");
    }
    return server.actualPort();
  }

  /** Stops listening and sends what was measured last. Blocks for up to some seconds. */
  @Override
  public void close() {
    var exported = new CountDownLatch(1);
    vertx.runOnContext(go -> {
      if (server != null) {
        server.close();
      }
      clientV1.close();
      clientV2.close();
      exportOnLoop();
      exported.countDown();
    });
    try {
      exported.await(2, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    outbox.close();
  }

  SidecarSettings.Address upstream() {
    return settings.upstream();
  }

  private static HttpClientOptions clientOptions() {
    return new HttpClientOptions().setConnectTimeout(5_000)
        .setKeepAliveTimeout(15)
        .setMaxHeaderSize(HEAD_BYTES)
        .setMaxInitialLineLength(LINE_BYTES)
        .setDecompressionSupported(false)
        .setTcpNoDelay(true);
  }

  private Future<HttpServer> listen() {
    var options = new HttpServerOptions().setMaxHeaderSize(HEAD_BYTES)
        .setMaxInitialLineLength(LINE_BYTES)
        .setTcpNoDelay(true)
        .setCompressionSupported(false)
        // Else a client that prefers HTTP/2 would speak it to a service that does not. And where the protocol
        // is still being found out, a connection is not known to the sweep before its first request.
        .setHttp2ClearTextEnabled(settings.http2());
    var next = vertx.createHttpServer(options)
        .connectionHandler(this::connectedOnLoop)
        .requestHandler(this::requestOnLoop);
    server = next;
    return lookForProcess()
        .compose(found -> next.listen(
            SocketAddress.inetSocketAddress(settings.listen().port(), settings.listen().host())))
        .onSuccess(listening -> {
          vertx.setPeriodic(EXPORT_MS, id -> exportOnLoop());
          vertx.setPeriodic(LOOK_MS, id -> lookForProcess());
          vertx.setPeriodic(Math.max(100, idleMs / 4), id -> sweepOnLoop());
        });
  }

  private void connectedOnLoop(HttpConnection connection) {
    if (clients.size() >= MOST_CONNECTIONS) {
      connection.close();
      return;
    }
    clients.put(connection, new Client());
    connection.closeHandler(closed -> clients.remove(connection));
  }

  private void requestOnLoop(HttpServerRequest request) {
    Client client = clients.get(request.connection());
    if (client != null) {
      client.active++;
    }
    var upstream = new RequestOptions().setMethod(request.method())
        .setURI(request.uri())
        .setHost(settings.upstream().host())
        .setPort(settings.upstream().port());
    boolean room = outstanding < (long) settings.connections() + settings.waiting();
    outstanding++;
    new Exchange(this, vertx, metrics, request, settings.answer().toMillis(), () -> {
      outstanding--;
      if (client != null) {
        client.active--;
        client.idleSinceNanos = System.nanoTime();
      }
    }).beginOnLoop(request.version() == HttpVersion.HTTP_2 ? clientV2 : clientV1, upstream, room);
  }

  /** Closes connections on which nothing is being answered: idle ones, and those that drip a head. */
  private void sweepOnLoop() {
    long oldestNanos = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(idleMs);
    for (Map.Entry<HttpConnection, Client> entry : List.copyOf(clients.entrySet())) {
      Client client = entry.getValue();
      if (client.active == 0 && client.idleSinceNanos - oldestNanos < 0) {
        entry.getKey().close();
      }
    }
  }

  private void exportOnLoop() {
    Attributes who = resource;
    if (who != null) {
      metrics.writeTo(writer, who, System.currentTimeMillis() * 1_000_000L);
      outbox.offer(writer.take());
    }
  }

  /** Finds who listens upstream, where that may be found out and is not known already. */
  private Future<?> lookForProcess() {
    UpstreamProcess known = process;
    return vertx.executeBlocking(() -> {
      if (known != null && known.isAlive(PROC)) {
        return known;
      }
      return isLocal(settings.upstream().host())
          ? UpstreamProcess.find(PROC, settings.upstream().port())
          : null;
    }).onComplete(looked -> {
      UpstreamProcess found = looked.result();
      if (resource == null || (found != null && !found.equals(process))) {
        process = found;
        resource = resource(found);
      }
    });
  }

  private static boolean isLocal(String name) {
    try {
      return InetAddress.getByName(name).isLoopbackAddress();
    } catch (UnknownHostException e) {
      // A name that does not resolve now is not this host's own.
      return false;
    }
  }

  private Attributes resource(@Nullable UpstreamProcess found) {
    var attributes = new HashMap<String, Object>(settings.resource());
    attributes.put("service.name", settings.service());
    if (!settings.namespace().isEmpty()) {
      attributes.put("service.namespace", settings.namespace());
    }
    attributes.put("service.instance.id",
        settings.instance().isEmpty()
            ? host.name() + ":" + settings.upstream().port()
            : settings.instance());
    if (isLocal(settings.upstream().host())) {
      attributes.putIfAbsent("host.id", host.id());
      attributes.putIfAbsent("host.name", host.name());
    }
    if (found != null) {
      attributes.put("process.pid", found.pid());
      if (!found.containerId().isEmpty()) {
        attributes.put("container.id", found.containerId());
      }
    }
    return Attributes.of(attributes);
  }
}

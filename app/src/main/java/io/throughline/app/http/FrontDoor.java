package io.throughline.app.http;

import io.opentelemetry.api.metrics.Meter;
import io.throughline.app.settings.Address;
import io.throughline.app.settings.HttpSettings;
import io.throughline.model.Failure;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The HTTP servers of this process. They are bound first of all, so that a taken port is found before
 * anything is touched, and answer 503 until {@link #open}. They end with their {@code Vertx}.
 *
 * <p>Routes are the same on all servers that {@link #listen} opens. Each server runs on every event loop.
 */
public final class FrontDoor implements AutoCloseable {
  private static final int LONGEST_LINE = 64 << 10;
  private static final int IDLE_SECONDS = 180;
  private static final long LOOK_MS = 50;
  private static final long LINGER_MS = 500;
  private static final Pattern BROKEN_ESCAPE = Pattern.compile("%(?![0-9a-fA-F]{2})");
  private static final long WAIT_SECONDS = 10;

  private final Vertx vertx;
  private final HttpSettings settings;
  private final HostGuard guard;
  private final int loops;
  private final Routes routes = new Routes();
  private volatile List<String> mounted = List.of();

  /** What the servers answer with; replaced once. */
  private static final class Routes {
    volatile Handler<HttpServerRequest> http = Routes::starting;
    volatile Handler<HttpServerRequest> grpc = Routes::starting;

    private static void starting(HttpServerRequest request) {
      unready(request, "throughline is starting");
    }

    private static void ending(HttpServerRequest request) {
      unready(request, "throughline is stopping");
    }

    private static void unready(HttpServerRequest request, String reason) {
      if ("/-/healthy".equals(request.path())) {
        request.response().end("alive\n");
      } else {
        Problems.answer(request.response(), 503, "unavailable", reason);
      }
    }
  }

  /** What the front door itself has to know of the installation. */
  public interface House {
    /** Finds out why a write would be refused or a query not answered; "" if neither. Never fails. */
    CompletionStage<String> notReadyReason();

    /** What somebody should look at although the house is ready, or "". */
    String note();

    /** Writes heads to parts, and merges them if asked; completes when done. */
    CompletionStage<Void> flush(boolean merge);

    /** Writes everything that was acknowledged to a folder of its own; completes with the folder's path. */
    CompletionStage<String> snapshot();
  }

  /**
   * @param loops servers are spread over this many event loops
   * @param origins of other sites whose pages may ask, as a regular expression; "" for none
   */
  public FrontDoor(Vertx vertx, HttpSettings settings, int loops, String origins) {
    this.vertx = vertx;
    this.settings = settings;
    this.loops = loops;
    this.guard = new HostGuard(settings.allowedHosts(), List.of(Address.parse(settings.listen())),
        origins);
  }

  /**
   * Opens a server for the routes.
   *
   * @param option whose address it is, for the message
   * @return the port, which differs from the address's where that is 0
   * @throws IOException if it cannot listen there; the message is for the user
   */
  public int listen(String option, Address address) throws IOException {
    return bind(option, address, request -> routes.http.handle(request));
  }

  /** Opens a server for gRPC alone; see {@link #listen}. */
  public int listenGrpc(String option, Address address) throws IOException {
    return bind(option, address, request -> routes.grpc.handle(request));
  }

  private int bind(String option, Address address, Handler<HttpServerRequest> handler)
      throws IOException {
    var options = new HttpServerOptions().setMaxInitialLineLength(LONGEST_LINE)
        .setMaxHeaderSize(32 << 10)
        .setMaxFormAttributeSize(1 << 20)
        .setMaxFormBufferedBytes(64 << 10)
        .setIdleTimeout(IDLE_SECONDS)
        .setIdleTimeoutUnit(TimeUnit.SECONDS)
        .setCompressionSupported(true)
        .setCompressionLevel(3)
        .setTcpNoDelay(true);
    int port = address.port() == 0 ? freePort(address.host()) : address.port();
    // One server a loop, all on the one port: Vert.x spreads connections over them.
    Supplier<Deployable> server = () -> context -> {
      var one = context.owner()
          .createHttpServer(options)
          .requestHandler(request -> admit(request, handler));
      return one.listen(port, address.host());
    };
    try {
      vertx.deployVerticle(server, new DeploymentOptions().setInstances(loops))
          .toCompletionStage()
          .toCompletableFuture()
          .get(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      var cause = failed.getCause() == null ? failed : failed.getCause();
      throw new IOException("cannot listen on " + address + " (" + option + "): " + said(cause),
          failed);
    } catch (TimeoutException slow) {
      throw new IOException("cannot listen on " + address + " (" + option + "): no answer within "
          + WAIT_SECONDS + " s", slow);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while binding " + address, interrupted);
    }
    return port;
  }

  private static String said(Throwable cause) {
    return switch (cause) {
      case BindException taken -> "the address is in use by another process or not this machine's";
      case UnknownHostException unknown -> "the host is not known";
      default -> String.valueOf(cause.getMessage());
    };
  }

  /** Servers that share a port have to be told its number. */
  private static int freePort(String host) throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
      return socket.getLocalPort();
    }
  }

  private void admit(HttpServerRequest request, Handler<HttpServerRequest> handler) {
    var refusal = guard.refusal(request);
    if (!refusal.isEmpty()) {
      Problems.answer(request.response(), 403, "forbidden", refusal);
      return;
    }
    if (BROKEN_ESCAPE.matcher(request.uri()).find()) {
      Problems.answer(request.response(), 400, "bad_data",
          "the address has a % that begins no escape; write it as %25");
      return;
    }
    var length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (length != null && isMoreThan(length, settings.maxBodyBytes())) {
      tooLarge(request, "the body has " + length + " bytes");
      return;
    }
    if (length == null && !request.isEnded()) {
      boundUnsaid(request);
    }
    handler.handle(request);
  }

  /**
   * A body that does not say its length is looked at while it comes: whoever takes it bounds what is kept of
   * it, but nobody else would end one that never ends.
   */
  private void boundUnsaid(HttpServerRequest request) {
    vertx.setPeriodic(LOOK_MS, timer -> {
      if (request.isEnded() || request.response().closed()) {
        vertx.cancelTimer(timer);
      } else if (request.bytesRead() > settings.maxBodyBytes()) {
        vertx.cancelTimer(timer);
        tooLarge(request, "the body does not end");
      }
    });
  }

  /** The rest is not taken: the connection ends, a moment after the answer so that it is not lost to a reset. */
  private void tooLarge(HttpServerRequest request, String what) {
    var response = request.response();
    // A route may have answered without waiting for the body.
    if (!response.ended()) {
      response.exceptionHandler(gone -> {
        // Nobody waits for the answer.
      });
      if (!response.headWritten()) {
        response.putHeader(HttpHeaders.CONNECTION, "close");
      }
      Problems.answer(response, 413, "too_large",
          what + ", at most " + settings.maxBodyBytes() + " bytes are taken (http.max-body-bytes)");
    }
    vertx.setTimer(LINGER_MS, passed -> request.connection().close());
  }

  private static boolean isMoreThan(String number, long limit) {
    try {
      return Long.parseLong(number) > limit;
    } catch (NumberFormatException tooLong) {
      return true;
    }
  }

  /**
   * Begins to serve.
   *
   * @param mounts each adds a role's routes
   * @param grpc what answers on the gRPC port
   * @param metrics the text of {@code /metrics}
   */
  public void open(List<Consumer<Router>> mounts, Handler<HttpServerRequest> grpc, House house,
      Supplier<String> metrics, Meter meter) {
    var problems = new Problems(meter);
    var telemetry = new RequestTelemetry(meter);
    var files = new StaticFiles();
    var router = Router.router(vertx);
    router.route().handler(telemetry::onLoop);
    router.get("/-/healthy").handler(context -> context.response().end("alive\n"));
    router.get("/-/ready")
        .handler(context -> Future
            .fromCompletionStage(house.notReadyReason(), vertx.getOrCreateContext())
            .onSuccess(reason -> {
              if (reason.isEmpty()) {
                var note = house.note();
                context.response().end(note.isEmpty() ? "ready\n" : "ready\n" + note + "\n");
              } else {
                Problems.answer(context.response(), 503, "unavailable", reason);
              }
            })
            .onFailure(context::fail));
    router.post("/-/flush").handler(context -> {
      var wanted = context.request().getParam("merge", "false");
      if (!wanted.equals("true") && !wanted.equals("false")) {
        throw Failure.user("merge is '" + wanted + "', want true or false");
      }
      boolean merge = wanted.equals("true");
      Future.fromCompletionStage(house.flush(merge), vertx.getOrCreateContext())
          .onComplete(done -> {
            if (context.response().headWritten()) {
              // Its body was too long: it has been told so.
              return;
            }
            if (done.succeeded()) {
              context.response()
                  .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                  .end(new JsonObject().put("status", "success").toBuffer());
            } else {
              context.fail(done.cause());
            }
          });
    });
    router.post("/-/snapshot")
        .handler(context -> Future.fromCompletionStage(house.snapshot(), vertx.getOrCreateContext())
            .onComplete(done -> {
              if (context.response().headWritten()) {
                return;
              }
              if (done.failed()) {
                context.fail(done.cause());
                return;
              }
              context.response()
                  .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                  .end(new JsonObject().put("status", "success")
                      .put("folder", done.result())
                      .toBuffer());
            }));
    router.get("/metrics")
        .handler(context -> vertx.executeBlocking(metrics::get, false)
            .onSuccess(text -> context.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
                .end(Buffer.buffer(text)))
            .onFailure(context::fail));
    mounts.forEach(mount -> mount.accept(router));
    var known = KnownPaths.of(router);
    router.route("/*").handler(files::onLoop);
    router.route("/*").handler(context -> {
      var methods = known.methods(context.normalizedPath());
      if (methods.isEmpty()) {
        context.fail(404);
      } else {
        context.response().putHeader(HttpHeaders.ALLOW, String.join(", ", methods));
        context.fail(405);
      }
    });
    router.route().last().failureHandler(problems::failed);
    for (int status : new int[] {400, 404, 405, 406, 413, 415, 500, 501}) {
      router.errorHandler(status, problems::failed);
    }
    routes.grpc = grpc;
    mounted = router.getRoutes()
        .stream()
        .filter(route -> route.getPath() != null)
        .flatMap(route -> (route.methods() == null
            ? Stream.of("ANY")
            : route.methods().stream().map(HttpMethod::name))
            .map(method -> method + " " + route.getPath()))
        .distinct()
        .sorted()
        .toList();
    routes.http = router;
  }

  /** What is served once it is open, as {@code METHOD /path/:parameter}. */
  public List<String> routes() {
    return mounted;
  }

  /** From now on every request but the one for health is answered with 503. */
  @Override
  public void close() {
    routes.http = Routes::ending;
    routes.grpc = Routes::ending;
  }
}

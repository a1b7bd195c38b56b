package io.throughline.query.api;

import io.netty.handler.codec.http.QueryStringDecoder;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import io.throughline.query.Deletion;
import io.throughline.query.QuerySettings;
import io.throughline.query.ReadBarrier;
import io.throughline.query.api.ReplyStream.Compression;
import io.throughline.query.engine.EvaluationFailure;
import io.throughline.query.engine.QueryBudget;
import io.throughline.query.engine.QueryLimits;
import io.throughline.query.source.ExemplarStore;
import io.throughline.store.Snapshot;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prometheus' HTTP API over a store's snapshots, under {@code /api/v1} and {@code /prometheus/api/v1}. Any thread may
 * mount it; each request runs on one thread of its own bounded pool.
 */
public final class PrometheusApi implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PrometheusApi.class);
  private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("throughline.outcome");
  private static final Attributes SUCCESS = Attributes.of(OUTCOME, "success");
  private static final Attributes ERROR = Attributes.of(OUTCOME, "error");
  private static final int MOST_FORM_BYTES = 4 << 20;
  private static final int MOST_PARAMETERS = 4_096;
  private static final byte[] NO_BODY = {};

  private final QuerySettings settings;
  private final Supplier<Snapshot> snapshots;
  private final ReadBarrier barrier;
  private final InstantSource clock;
  private final ThreadPoolExecutor threads;
  private final ConcurrentHashMap<Tenant, Integer> running = new ConcurrentHashMap<>();
  private final @Nullable Deletion deletion;
  private final ExemplarStore exemplars;
  private final DoubleHistogram duration;
  private final LongCounter samples;

  /**
   * @param snapshots gives a new snapshot at each call, which the API closes
   * @param deletion null where nothing can be deleted
   * @param exemplars those that {@code query_exemplars} shows
   */
  public PrometheusApi(QuerySettings settings, Supplier<Snapshot> snapshots, ReadBarrier barrier,
      InstantSource clock, Meter meter, @Nullable Deletion deletion, ExemplarStore exemplars) {
    this.exemplars = exemplars;
    this.settings = settings;
    this.deletion = deletion;
    this.snapshots = snapshots;
    this.barrier = barrier;
    this.clock = clock;
    var number = new AtomicInteger();
    this.threads = new ThreadPoolExecutor(settings.threads(), settings.threads(), 30,
        TimeUnit.SECONDS, new ArrayBlockingQueue<>(settings.queueLength()), task -> {
          var thread = new Thread(task, "query-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
    threads.allowCoreThreadTimeOut(true);
    this.duration = meter.histogramBuilder("throughline.query.duration")
        .setUnit("s")
        .setDescription("Time to answer a request of the query API, its wait for a thread included")
        .build();
    this.samples = meter.counterBuilder("throughline.query.samples")
        .setUnit("{sample}")
        .setDescription("Samples read by queries")
        .build();
  }

  /** Answers one request. What it throws before 64 KiB are written becomes an error reply. */
  interface Endpoint {
    void answer(Call call);
  }

  /** Adds the routes. */
  public void mount(Router router) {
    var crossOrigin = new CrossOrigin(settings.corsOrigin());
    add(router, "", ApiRoutes.federation());
    for (var prefix : List.of("/api/v1", "/prometheus/api/v1")) {
      crossOrigin.mount(router, prefix);
      ApiRoutes.of(settings, deletion, exemplars).forEach(route -> add(router, prefix, route));
    }
  }

  private void add(Router router, String prefix, ApiRoute route) {
    for (var method : route.methods()) {
      var path = prefix + route.template();
      if (method.equals(HttpMethod.GET)) {
        router.route(method, path)
            .handler(context -> onLoop(context, context.queryParams(), NO_BODY, route));
      } else {
        body(router, method, path, route);
      }
    }
  }

  /** Reads a body, which is a form if its type says so. */
  private void body(Router router, HttpMethod method, String path, ApiRoute route) {
    router.route(method, path).handler(context -> {
      var form = Buffer.buffer();
      var request = context.request();
      request.handler(piece -> {
        if (form.length() <= MOST_FORM_BYTES) {
          form.appendBuffer(piece);
        }
      });
      request.endHandler(_ -> {
        var parameters = MultiMap.caseInsensitiveMultiMap().addAll(context.queryParams());
        var type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        if (form.length() > MOST_FORM_BYTES) {
          refuse(context,
              ApiFailure.badData("the body has more than " + MOST_FORM_BYTES + " bytes"));
          return;
        }
        try {
          if (form.length() > 0 && isForm(type)) {
            new QueryStringDecoder(form.toString(StandardCharsets.UTF_8), StandardCharsets.UTF_8,
                false, MOST_PARAMETERS).parameters().forEach(parameters::add);
          }
        } catch (IllegalArgumentException malformed) {
          refuse(context,
              ApiFailure.badData("error parsing form values: " + malformed.getMessage()));
          return;
        }
        onLoop(context, parameters, isForm(type) ? NO_BODY : form.getBytes(), route);
      });
      request.resume();
    });
  }

  private static boolean isForm(@Nullable String type) {
    return type != null && type.startsWith("application/x-www-form-urlencoded");
  }

  private void onLoop(RoutingContext context, MultiMap values, byte[] body, ApiRoute route) {
    long startNanos = System.nanoTime();
    Tenant tenant;
    try {
      var header = context.request().getHeader("X-Scope-OrgID");
      tenant = header == null || header.isEmpty() ? Tenant.DEFAULT : new Tenant(header);
      admit(tenant);
    } catch (Failure | ApiFailure refused) {
      refuse(context, refused);
      return;
    }
    var budget = new QueryBudget(limits(values), this::help);
    var response = context.response();
    response.closeHandler(_ -> budget.cancel());
    response.exceptionHandler(_ -> budget.cancel());
    var encodings = context.request().getHeader(HttpHeaders.ACCEPT_ENCODING);
    var reply = new ReplyStream(context.vertx().getOrCreateContext(), response,
        Compression.of(encodings), route.usual());
    var path = context.pathParam("name");
    var accept = context.request().getHeader(HttpHeaders.ACCEPT);
    var call = new Call(new Parameters(tenant, values, path == null ? "" : path, body),
        accept == null ? "" : accept, new JsonOut(reply.out()), budget, settings, snapshots,
        barrier, clock, startNanos, reply::announce);
    try {
      threads.execute(() -> {
        var outcome = ERROR;
        try {
          outcome = answer(route.endpoint(), call, reply) ? SUCCESS : ERROR;
        } finally {
          leave(tenant);
          samples.add(budget.samples());
          duration.record((System.nanoTime() - startNanos) / 1e9, outcome);
        }
      });
    } catch (RejectedExecutionException full) {
      leave(tenant);
      refuse(context, Failure.unavailable("too many queries are waiting (query.queue-length "
          + settings.queueLength() + "); ask again in a second"));
    }
  }

  private QueryLimits limits(MultiMap values) {
    var limits = new QueryLimits(settings.maxSeries(), settings.maxSamples(), settings.maxBytes(),
        settings.timeout());
    try {
      long wanted = new Parameters(Tenant.DEFAULT, values, "", NO_BODY).durationMs("timeout", 0);
      return wanted > 0 ? limits.withTimeout(Duration.ofMillis(wanted)) : limits;
    } catch (ApiFailure _) {
      // The endpoint reads the parameter too, and says what is wrong with it.
      return limits;
    }
  }

  /** Queries that wait go first: only a thread that has nothing to do helps another. */
  private boolean help(Runnable task) {
    if (!threads.getQueue().isEmpty() || threads.getActiveCount() >= threads.getMaximumPoolSize()) {
      return false;
    }
    try {
      threads.execute(task);
      return true;
    } catch (RejectedExecutionException full) {
      return false;
    }
  }

  private void admit(Tenant tenant) {
    int now = running.merge(tenant, 1, Integer::sum);
    if (now > settings.maxConcurrent()) {
      leave(tenant);
      throw new ApiFailure(ApiFailure.Type.TOO_MANY,
          "tenant " + tenant + " has " + settings.maxConcurrent()
              + " queries running or waiting, the most that query.max-concurrent allows");
    }
  }

  private void leave(Tenant tenant) {
    running.computeIfPresent(tenant, (_, count) -> count == 1 ? null : count - 1);
  }

  /** On a query thread; true if the client gets what it asked for. */
  private static boolean answer(Endpoint endpoint, Call call, ReplyStream reply) {
    try {
      endpoint.answer(call);
      call.out().finish();
      reply.succeed();
      return true;
    } catch (RuntimeException | Error | IOException failed) {
      if (reply.begun()) {
        LOG.warn("a reply broke off halfway: {}", failed.toString());
        reply.breakOff();
      } else {
        var problem = problem(failed);
        reply.replace(body(problem));
        try {
          reply.fail(problem.type().status());
        } catch (IOException impossible) {
          LOG.warn("an error reply could not be sent: {}", impossible.toString());
        }
      }
      if (failed instanceof VirtualMachineError fatal) {
        throw fatal;
      }
      return false;
    }
  }

  private static ApiFailure problem(Throwable failed) {
    return switch (failed) {
      case ApiFailure known -> known;
      case EvaluationFailure evaluation -> new ApiFailure(switch (evaluation.kind()) {
        case EXECUTION -> ApiFailure.Type.EXECUTION;
        case TIMEOUT -> ApiFailure.Type.TIMEOUT;
        case CANCELED -> ApiFailure.Type.CANCELED;
      }, evaluation.getMessage());
      case Failure failure -> new ApiFailure(switch (failure.category()) {
        case USER -> ApiFailure.Type.BAD_DATA;
        case LIMIT -> ApiFailure.Type.EXECUTION;
        case UNAVAILABLE -> ApiFailure.Type.UNAVAILABLE;
        case CORRUPT, BUG -> ApiFailure.Type.INTERNAL;
      }, failure.getMessage());
      case StackOverflowError _ ->
        new ApiFailure(ApiFailure.Type.EXECUTION, "the expression nests too deeply");
      default -> {
        LOG.error("a query met a defect", failed);
        yield new ApiFailure(ApiFailure.Type.INTERNAL, "a defect of ours: "
            + failed.getClass().getSimpleName() + "; the log of this process has more");
      }
    };
  }

  private static byte[] body(ApiFailure problem) {
    var bytes = new ByteArrayOutputStream(256);
    new JsonOut(bytes).raw("{\"status\":\"error\",\"errorType\":")
        .string(problem.type().word())
        .raw(",\"error\":")
        .string(problem.getMessage())
        .raw("}")
        .finish();
    return bytes.toByteArray();
  }

  private static void refuse(RoutingContext context, RuntimeException refused) {
    var problem = problem(refused);
    int status = problem.type().status();
    var response = context.response().setStatusCode(status);
    if (status == 503 || status == 429) {
      response.putHeader(HttpHeaders.RETRY_AFTER, "1");
    }
    response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .end(Buffer.buffer(body(problem)));
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}

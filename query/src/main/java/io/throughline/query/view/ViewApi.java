package io.throughline.query.view;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import io.throughline.model.identity.Entity;
import io.throughline.query.ReadBarrier;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.store.Snapshot;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The view's HTTP API, {@code /api/view/v1/…} (docs/api/view.md). The event loop reads the parameters and
 * hands over; a few platform threads make pages, as many others make strips.
 *
 * <p>A reply that follows the present is shared by everybody who asks for the same within the same
 * second; one for a given end is not kept. Requests beyond the queue are refused with 503.
 */
public final class ViewApi implements AutoCloseable {
  /** The board must not be unmapped under the thread that writes it. */
  private static final long CLOSE_MS = 2_000;
  private static final Logger LOG = LoggerFactory.getLogger(ViewApi.class);
  private static final String PREFIX = "/api/view/v1";
  private static final long FOLLOW_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Services of which one request for changes looks at the whole window. */
  private static final int MOST_CHANGED = 500;

  static final int MOST_POINTS = 4_000;
  static final long LONGEST_WINDOW_MS = TimeUnit.DAYS.toMillis(400);

  private final Supplier<Snapshot> snapshots;
  private final ReadBarrier barrier;
  private final InstantSource clock;
  private final Catalogue catalogue;
  private final JoinRoutes joinRoutes;
  private final RegistryFollower follower;
  private final PageMaker pages;
  private final MapMaker maps;
  private final ChangeLog changes;
  private final Overviews overviews;
  private final ThreadPoolExecutor pageThreads;
  private final ThreadPoolExecutor stripThreads;
  private final long patienceNanos;
  private final Thread followerThread;
  private volatile boolean closing;
  private final Cache<String, CompletableFuture<byte[]>> recent;
  private final DoubleHistogram duration;
  private final LongCounter refused;

  /** A view whose joins, where users add any, are forgotten at its end. */
  public ViewApi(Supplier<Snapshot> snapshots, ReadBarrier barrier, InstantSource clock,
      Catalogue catalogue, ViewSettings settings, Meter meter) {
    this(snapshots, barrier, clock, catalogue, settings, meter, null, null);
  }

  /**
   * @param joins the file that keeps the joins users add; null keeps them in memory alone
   * @param boards the folder of the live board; null where overviews are made for each request
   * @throws Failure USER where that file is not what it should be
   */
  public ViewApi(Supplier<Snapshot> snapshots, ReadBarrier barrier, InstantSource clock,
      Catalogue catalogue, ViewSettings settings, Meter meter, @Nullable Path joins,
      @Nullable Path boards) {
    this.snapshots = snapshots;
    this.barrier = barrier;
    this.clock = clock;
    this.catalogue = catalogue;
    var rules = new JoinRules(joins);
    this.follower = new RegistryFollower(catalogue, rules);
    this.pageThreads = threads("view-page-", settings);
    this.stripThreads = threads("view-strip-", settings);
    this.changes = new ChangeLog();
    this.pages = new PageMaker(follower, catalogue, stripThreads, settings.stripTime().toNanos(),
        changes);
    var computed = new ComputedBoard(follower, catalogue);
    this.maps = new MapMaker(follower, computed);
    this.overviews = new Overviews(snapshots, this::follow, clock, follower, computed, changes,
        boards);
    this.recent = Caffeine.newBuilder()
        .maximumWeight(settings.cachedBytes())
        .expireAfterWrite(2, TimeUnit.SECONDS)
        .weigher((String key, CompletableFuture<byte[]> reply) -> reply.isDone()
            && !reply.isCompletedExceptionally() ? key.length() + reply.join().length : 64 << 10)
        .build();
    this.duration = meter.histogramBuilder("throughline.view.duration")
        .setUnit("s")
        .setDescription("Time to make a page, from its thread's start")
        .build();
    this.patienceNanos = settings.stripTime().toNanos();
    this.refused = meter.counterBuilder("throughline.view.refused")
        .setUnit("{request}")
        .setDescription("Pages refused because too many were waiting")
        .build();
    this.joinRoutes = new JoinRoutes(snapshots, catalogue, rules, follower, this::follow,
        this::submit, recent::invalidateAll);
    this.followerThread = Thread.ofPlatform().name("view-follower").daemon().start(this::follow);
  }

  /**
   * Follows the registry apart from requests: the pass over all of it at the start, and what comes in
   * while nobody looks, make no page wait.
   */
  private void follow() {
    overviews.prepare();
    while (!closing) {
      try (var snapshot = snapshots.get()) {
        follower.follow(snapshot);
        overviews.keepUp(snapshot);
      } catch (RuntimeException e) {
        LOG.warn("the registry could not be followed, tried again in a second: {}", e.toString());
      }
      LockSupport.parkNanos(FOLLOW_NANOS);
    }
  }

  /** What a page made now cannot show, as a warning. */
  private void follow(Snapshot snapshot, List<String> warnings) {
    long behind = follower.follow(snapshot, patienceNanos);
    if (behind > 0) {
      warnings.add("still reading the registry: " + behind
          + " series to go, of which services, instances or signals may be missing here");
    }
  }

  private static ThreadPoolExecutor threads(String name, ViewSettings settings) {
    var number = new AtomicInteger();
    var threads = new ThreadPoolExecutor(settings.threads(), settings.threads(), 30,
        TimeUnit.SECONDS, new ArrayBlockingQueue<>(settings.queueLength()), task -> {
          var thread = new Thread(task, name + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  /** Adds the view's routes. */
  public void mount(Router router) {
    route(router, "/services", overviews::overview, "window", "points", "end", "layout", "spark",
        "first", "count", "since", "cluster", "site");
    route(router, "/coverage", this::coverage);
    route(router, "/joins", joinRoutes::diagnose, "service", "node");
    route(router, "/calls", joinRoutes::calls, "service");
    route(router, "/matchers", joinRoutes::matchers, "query", "start", "end");
    router.post(PREFIX + "/joins").handler(joinRoutes::addOnLoop);
    route(router, "/changes", this::changes, "service", "node", "window", "start", "end");
    route(router, "/map", this::map, "service", "end", "cluster", "site");
    for (var kind : List.of("/services/:id", "/nodes/:id")) {
      route(router, kind, kind.startsWith("/s") ? this::service : this::node, "window", "points",
          "start", "end", "instance", "since");
    }
  }

  private void route(Router router, String path, Handler handler, String... known) {
    router.get(PREFIX + path).handler(context -> onLoop(context, List.of(known), handler));
  }

  private interface Handler {
    /** Reads parameters on the loop; the result runs on a page thread. */
    Job prepare(ViewParameters parameters);
  }

  /** Makes a reply, on a page thread. */
  interface Job {
    byte[] make(List<String> warnings);
  }

  private void onLoop(RoutingContext context, List<String> known, Handler handler) {
    try {
      var parameters = new ViewParameters(context, known);
      var job = handler.prepare(parameters);
      CompletableFuture<byte[]> reply;
      if (parameters.endMs < 0) {
        var key = clock.millis() / 1000 + " " + parameters.tenant + " " + context.request().uri();
        reply = recent.get(key, unused -> submit(job));
      } else {
        reply = submit(job);
      }
      // The request's own loop: a response must not be ended from another thread's context.
      var loop = context.vertx().getOrCreateContext();
      reply.whenComplete((bytes, failure) -> loop
          .runOnContext(unused -> ViewAnswers.answer(context, bytes, failure)));
    } catch (Failure e) {
      ViewAnswers.fail(context, e);
    }
  }

  private CompletableFuture<byte[]> submit(Job job) {
    var reply = new CompletableFuture<byte[]>();
    try {
      pageThreads.execute(() -> {
        long started = System.nanoTime();
        try {
          var warnings = new ArrayList<String>();
          long behind = barrier.await();
          if (behind > 0) {
            warnings.add("behind by " + behind + " records");
          }
          reply.complete(job.make(warnings));
        } catch (RuntimeException | Error e) {
          reply.completeExceptionally(e);
        } finally {
          duration.record((System.nanoTime() - started) / 1e9);
        }
      });
    } catch (RejectedExecutionException e) {
      refused.add(1);
      reply.completeExceptionally(
          Failure.unavailable("too many pages are being made; ask again in a second"));
    }
    return reply;
  }

  private Job coverage(ViewParameters parameters) {
    return warnings -> {
      try (var snapshot = snapshots.get()) {
        follow(snapshot, warnings);
        return CoverageJson.coverage(
            follower.read(parameters.tenant, graph -> Coverage.of(graph, catalogue)), warnings);
      }
    };
  }

  private Job changes(ViewParameters parameters) {
    var service = parameters.text("service");
    var node = parameters.text("node");
    long window = parameters.number("window", 21_600, 10, LONGEST_WINDOW_MS / 1000) * 1000;
    long from = parameters.time("start");
    return warnings -> {
      long edge = clock.millis() - PageMaker.LEAST_DELAY_MS;
      long end = parameters.endMs < 0 ? edge : Math.min(parameters.endMs, edge);
      long start = from < 0 ? end - window : from;
      if (start >= end) {
        throw Failure.user("start " + start + " is not before end " + end);
      }
      try (var snapshot = snapshots.get()) {
        follow(snapshot, warnings);
        var scopes = scopes(parameters.tenant, service, node);
        var told = new ArrayList<ChangeJson.Told>();
        for (var scope : scopes.subList(0, Math.min(MOST_CHANGED, scopes.size()))) {
          for (var change : changes.between(parameters.tenant, scope, snapshot, start, end)) {
            told.add(new ChangeJson.Told(scope.self().entity().id(), change));
          }
        }
        if (scopes.size() > MOST_CHANGED) {
          warnings.add("only " + MOST_CHANGED + " of " + scopes.size()
              + " services were looked at: name one with service=");
        }
        told.sort((a, b) -> Long.compare(b.change().atMs(), a.change().atMs()));
        return ChangeJson.changes(start, end, told, warnings);
      }
    };
  }

  private List<Scope> scopes(Tenant tenant, String service, String node) {
    if (service.isEmpty() && node.isEmpty()) {
      return follower.read(tenant, Scope::ofServices);
    }
    var scope = follower.read(tenant,
        graph -> node.isEmpty() ? Scope.ofService(graph, service, "") : Scope.ofNode(graph, node));
    if (scope == null) {
      throw new PageMaker.NotFound(node.isEmpty()
          ? "service '" + service + "' is not known to tenant " + tenant
          : "node '" + node + "' is not known to tenant " + tenant);
    }
    return List.of(scope);
  }

  private Job map(ViewParameters parameters) {
    var service = parameters.text("service");
    var cluster = parameters.text("cluster");
    var site = parameters.text("site");
    return warnings -> {
      long edge = clock.millis() - PageMaker.LEAST_DELAY_MS;
      long end = parameters.endMs < 0 ? edge : Math.min(parameters.endMs, edge);
      try (var snapshot = snapshots.get()) {
        follow(snapshot, warnings);
        return MapJson.map(service.isEmpty()
            ? maps.all(parameters.tenant, cluster, site, snapshot, end)
            : maps.around(parameters.tenant, Entity.service(service), snapshot, end), warnings);
      }
    };
  }

  private Job service(ViewParameters parameters) {
    return page(parameters, Entity.service(parameters.id()));
  }

  private Job node(ViewParameters parameters) {
    return page(parameters, Entity.node(parameters.id()));
  }

  private Job page(ViewParameters parameters, Entity entity) {
    long start = parameters.time("start");
    if (start < 0 && parameters.endMs < 0) {
      // A live page asks for a span: the server's clock says where it ends, not the browser's.
      start = clock.millis()
          - parameters.number("window", 900, 10, LONGEST_WINDOW_MS / 1000) * 1000;
    }
    var request = new PageMaker.Request(parameters.tenant, entity, parameters.text("instance"),
        start, parameters.endMs, (int) parameters.number("points", 240, 1, MOST_POINTS),
        parameters.time("since"));
    if (request.startMs() >= 0 && request.endMs() >= 0
        && request.endMs() - request.startMs() > LONGEST_WINDOW_MS) {
      throw Failure
          .user("the time range is longer than " + LONGEST_WINDOW_MS / 86_400_000 + " days");
    }
    return warnings -> {
      var snapshot = snapshots.get();
      follow(snapshot, warnings);
      var page = pages.make(request, snapshot, clock.millis());
      if (page.scope().instances().size() == Scope.MOST_INSTANCES) {
        warnings.add("only the first " + Scope.MOST_INSTANCES + " instances are looked at");
      }
      if (page.partial()) {
        warnings.add("some strips were not ready in time; ask again");
      }
      return ViewJson.page(page, warnings);
    };
  }

  /** Overviews that were put together from the live board. */
  long servedFromBoard() {
    return overviews.servedFromBoard();
  }

  /**
   * What most likely makes a service slow or fail now, in words; "" where nothing explains it, or it cannot be told. At most
   * ten seconds old.
   */
  public String suspectOf(Tenant tenant, String service) {
    return overviews.suspectOf(tenant, service);
  }

  /** Samples read by all service and node pages so far: what they cost. */
  long samplesRead() {
    return pages.samplesRead();
  }

  @Override
  public void close() {
    // Not by an interrupt: it would break the board off in the middle of its first making, loudly.
    closing = true;
    LockSupport.unpark(followerThread);
    try {
      followerThread.join(CLOSE_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!followerThread.isAlive()) {
      overviews.close();
    }
    pageThreads.shutdownNow();
    stripThreads.shutdownNow();
  }
}

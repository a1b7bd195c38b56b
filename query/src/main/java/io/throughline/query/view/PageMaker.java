package io.throughline.query.view;

import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import io.throughline.model.identity.Entity;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Makes service and node pages: scope, right edge, grids, then each strip as a task of its own, so that a
 * slow one is pending and the rest is there. The snapshot closes when the last task has let go of it.
 */
final class PageMaker {
  static final long LEAST_DELAY_MS = 2_000;

  /** Callers, and callees, beyond so many are not looked at. */
  private static final int MOST_EDGES = 200;

  /** Sources slower than this do not hold back the page: their newest column stays open instead. */
  private static final long MOST_DELAY_MS = 60_000;

  private final RegistryFollower follower;
  private final Catalogue catalogue;
  private final Executor strips;
  private final long stripNanos;
  private final ChangeLog changes;
  private final AtomicLong samplesRead = new AtomicLong();

  PageMaker(RegistryFollower follower, Catalogue catalogue, Executor strips, long stripNanos,
      ChangeLog changes) {
    this.follower = follower;
    this.catalogue = catalogue;
    this.strips = strips;
    this.stripNanos = stripNanos;
    this.changes = changes;
  }

  /** What is asked for; -1 stands for a time not given. */
  record Request(Tenant tenant, Entity entity, String instance, long startMs, long endMs,
      int points, long sinceMs) {}

  /** Samples read by all pages so far. */
  long samplesRead() {
    return samplesRead.get() + changes.samplesRead();
  }

  private interface Work {
    Strip evaluate(Grid grid, Evaluator evaluator, Reasons reasons);
  }

  private record Planned(String id, String title, String unit, String kind, List<SeriesRef> series,
      Work work) {}

  /** Makes a page; takes over the snapshot. */
  Page make(Request request, Snapshot snapshot, long nowMs) {
    var shared = new SharedSnapshot(snapshot);
    try {
      return make(request, shared, nowMs);
    } finally {
      shared.release();
    }
  }

  private Page make(Request request, SharedSnapshot shared, long nowMs) {
    var snapshot = shared.snapshot;
    boolean node = request.entity().kind() == Entity.Kind.NODE;
    var scope = follower.read(request.tenant(),
        graph -> node
            ? Scope.ofNode(graph, request.entity().id())
            : Scope.ofService(graph, request.entity().id(), request.instance()));
    if (scope == null) {
      throw new NotFound((node ? "node '" : "service '") + request.entity().id()
          + "' is not known to tenant " + request.tenant());
    }
    var plans = plans(scope, node);
    var probe = new Evaluator(snapshot);
    probe.probe(scope.allSeries(), nowMs);
    // Of what is drawn: what rules record of a service each minute holds nothing back.
    var drawn = new LinkedHashSet<SeriesRef>();
    plans.forEach(plan -> drawn.addAll(plan.series()));
    long delay = Math.clamp(Evaluator.longestInterval(drawn, nowMs), LEAST_DELAY_MS, MOST_DELAY_MS);
    long rightEdge = nowMs - delay;
    long end = request.endMs() < 0 ? rightEdge : Math.min(request.endMs(), rightEdge);
    long start = request.startMs() < 0 ? end - 900_000 : request.startMs();
    if (start >= end && request.endMs() < 0) {
      // A live window that is shorter than its data are late: the newest there is, as long as was asked for.
      start = end - Math.max(1_000, nowMs - LEAST_DELAY_MS - start);
    }
    if (start >= end) {
      throw Failure.user("start " + start + " is not before end " + end + " (the right edge is "
          + rightEdge + ")");
    }
    long wished = Math.max(1, (end - start) / request.points());
    var tasks = new ArrayList<@Nullable FutureTask<Strip>>();
    var grids = new ArrayList<Grid>();
    for (var plan : plans) {
      var grid = grid(plan, start, end, wished, request.sinceMs());
      grids.add(grid);
      tasks.add(submit(plan, grid, shared, end));
    }
    long deadline = System.nanoTime() + stripNanos;
    var made = new ArrayList<Strip>();
    boolean partial = false;
    for (int i = 0; i < plans.size(); i++) {
      var strip = await(tasks.get(i), deadline);
      if (strip == null) {
        partial = true;
        var plan = plans.get(i);
        strip = new Strip(plan.id(), plan.title(), plan.unit(), plan.kind(), Strip.State.PENDING,
            "not ready within " + TimeUnit.NANOSECONDS.toMillis(stripNanos) + " ms; ask again",
            grids.get(i), null, List.of(), List.of());
      }
      made.add(strip);
    }
    var callers = node ? List.<Edges.Edge>of() : edges(request, probe, end, Edges::callersOf);
    var callees = node ? List.<Edges.Edge>of() : edges(request, probe, end, Edges::calleesOf);
    samplesRead.addAndGet(probe.samplesRead());
    return new Page(scope, start, end, Grid.niceStepMs(wished), rightEdge, made, callers, callees,
        lastSeen(scope), Skew.of(scope, snapshot, nowMs),
        changes.between(request.tenant(), scope, snapshot, start, end), partial);
  }

  private List<Edges.Edge> edges(Request request, Evaluator evaluator, long end,
      BiFunction<EntityGraph, EntityRecord, List<Edges.Found>> side) {
    var found = follower.read(request.tenant(), graph -> {
      var record = graph.find(request.entity());
      return record == null ? List.<Edges.Found>of() : side.apply(graph, record);
    });
    var edges = new ArrayList<Edges.Edge>();
    for (var each : found.subList(0, Math.min(MOST_EDGES, found.size()))) {
      edges.add(Edges.measured(each, evaluator, end));
    }
    return Edges.busiestFirst(edges);
  }

  private static Grid grid(Planned plan, long start, long end, long wished, long since) {
    long step = Grid.niceStepMs(Math.max(wished, slowest(plan.series())));
    long from = since < 0 ? start : Math.clamp(Math.floorDiv(since, step) * step, start, end - 1);
    return Grid.covering(from, end, step);
  }

  private static long slowest(List<SeriesRef> series) {
    long slowest = 0;
    for (var ref : series) {
      slowest = Math.max(slowest, ref.intervalMs());
    }
    // Intervals waver by some milliseconds: 1001 ms is one second.
    return Math.round(slowest / 1000.0) * 1000;
  }

  private List<Planned> plans(Scope scope, boolean node) {
    var plans = new ArrayList<Planned>();
    if (!node) {
      plans.add(
          new Planned("latency", "Latency", "s", "heatmap", scope.self().series(Strips.LATENCY),
              (grid, evaluator, reasons) -> Strips.latency(scope, grid, evaluator, reasons)));
      plans.add(new Planned("requests", "Requests and errors", "1/s", "lines",
          Strips.requestSeries(scope),
          (grid, evaluator, reasons) -> Strips.requests(scope, grid, evaluator, reasons)));
    }
    for (var plan : node ? Strips.ofNode(scope) : Strips.ofService(scope)) {
      plans.add(new Planned(plan.id(), plan.title(), plan.unit(), "lines", plan.series(),
          (grid, evaluator, reasons) -> plan.evaluate(grid, evaluator, reasons, catalogue)));
    }
    return plans;
  }

  private @Nullable FutureTask<Strip> submit(Planned plan, Grid grid, SharedSnapshot shared,
      long end) {
    shared.retain();
    var task = new FutureTask<>(() -> {
      try {
        var evaluator = new Evaluator(shared.snapshot);
        var strip = plan.work()
            .evaluate(grid, evaluator, new Reasons(catalogue, shared.snapshot, end));
        samplesRead.addAndGet(evaluator.samplesRead());
        return strip;
      } finally {
        shared.release();
      }
    });
    try {
      strips.execute(task);
      return task;
    } catch (RejectedExecutionException e) {
      shared.release();
      return null; // The strip is pending: asking again later is the answer to too much at once.
    }
  }

  private static @Nullable Strip await(@Nullable FutureTask<Strip> task, long deadline) {
    if (task == null) {
      return null;
    }
    try {
      return task.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new Failure(Failure.Category.BUG, "a strip failed: " + e.getCause(), e);
    }
  }

  private static List<Long> lastSeen(Scope scope) {
    var newest = new ArrayList<Long>();
    for (var instance : scope.instances()) {
      long last = 0;
      for (var refs : scope.self().series().values()) {
        for (var ref : refs) {
          if (instance.names().contains(ref.instance)) {
            last = Math.max(last, ref.lastMs());
          }
        }
      }
      newest.add(last);
    }
    return newest;
  }

  /** Something asked for by name is not there. */
  static final class NotFound extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotFound(String message) {
      super(message);
    }
  }

  /** A snapshot that several tasks read; the last to let go closes it. */
  private static final class SharedSnapshot {
    final Snapshot snapshot;
    private final AtomicInteger readers = new AtomicInteger(1);

    SharedSnapshot(Snapshot snapshot) {
      this.snapshot = snapshot;
    }

    void retain() {
      readers.incrementAndGet();
    }

    void release() {
      if (readers.decrementAndGet() == 0) {
        snapshot.close();
      }
    }
  }
}

package io.throughline.query.view;

import io.throughline.model.identity.Entity;
import io.throughline.query.catalogue.Signal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/** The strips of each kind of page, in the order in which they stand. */
final class Strips {
  static final String LATENCY = "http.server.request.duration";
  static final String REQUESTS = "throughline.http.server.requests";
  static final String RATE = "throughline.http.server.rate";
  static final String QUANTILE = "throughline.http.server.duration.quantile";
  static final String MEAN = "throughline.http.server.duration.mean";
  static final String MEAN_ALONE = "the source tells a mean alone: nothing is known of the slow requests";

  private Strips() {}

  /** Everything of a service page below latency and requests. */
  static List<StripPlan> ofService(Scope scope) {
    var self = List.of(scope.self());
    var noResource = Reasons.noResource(scope);
    var noContainer = Reasons.noContainer(scope);
    var noLimit = Reasons.noLimit(scope);
    var noNode = Reasons.noNode(scope);
    var sum = ColumnFolder.Fold.SUM;
    var max = ColumnFolder.Fold.MAX;
    var plans = new ArrayList<StripPlan>();
    plans.add(new StripPlan("inflight", "In flight and queued", "requests")
        .line("in flight", "usage", sum, "", place("http.server.active_requests", self))
        .line("queued", "wait", sum, "", place("throughline.http.server.queue.length", self))
        .line("to be accepted", "wait", "connections", sum, noContainer,
            place("throughline.container.network.tcp.accept_backlog", scope.containers()))
        .line("waiting for a pool", "wait", sum, "", place("throughline.pool.queue.length", self))
        .line("time in queue", "wait", "s/s", sum, "",
            place("throughline.http.server.queue.duration", self))
        .line("time waiting for a pool", "wait", "s/s", sum, "",
            place("throughline.pool.wait.duration", self)));
    if (!scope.self().series("throughline.messaging.consumer.lag").isEmpty()) {
      plans.getLast()
          .line("consumer lag", "wait", "records", sum, "",
              place("throughline.messaging.consumer.lag", self))
          .share("consumer lag in time", "wait", "s", sum, "",
              place("throughline.messaging.consumer.lag", self),
              place("throughline.messaging.consumer.read", self));
    }
    plans.add(new StripPlan("cpu", "CPU", "cores")
        .line("used", "usage", sum, noResource, place("container.cpu.time", scope.containers()),
            place("process.cpu.time", scope.processes()),
            place("throughline.service.cpu.time", self))
        .line("limit", "limit", sum, noLimit,
            place("throughline.container.cpu.limit", scope.containers()), quota(scope))
        .line("throttled", "wait", sum, noContainer,
            place("throughline.container.cpu.throttled.time", scope.containers()))
        .share("periods throttled", "wait", "ratio", sum, noContainer,
            place("throughline.container.cpu.throttled.periods", scope.containers()),
            place("throughline.container.cpu.periods", scope.containers()))
        .line("used beyond its quota", "usage", "s/s", sum, noContainer,
            place("throughline.container.cpu.burst.time", scope.containers()))
        .line("run queue", "wait", sum, noResource,
            place("throughline.container.cpu.run_queue.time", scope.containers()),
            place("throughline.process.cpu.run_queue.time", scope.processes())));
    plans.add(new StripPlan("memory", "Memory", "bytes")
        .line("working set", "usage", sum, noResource,
            place("container.memory.working_set", scope.containers()),
            place("process.memory.usage", scope.processes()),
            place("throughline.service.memory.usage", self))
        .line("limit", "limit", sum, noLimit,
            place("throughline.container.memory.limit", scope.containers()))
        .line("read back from disk", "wait", "1/s", sum, noContainer,
            place("container.paging.faults", scope.containers()))
        .line("met its limit", "wait", "1/s", sum, noContainer,
            place("throughline.container.memory.events", scope.containers())));
    var disk = new StripPlan("disk", "Disk", "bytes/s")
        .line("read", "usage", sum, noContainer,
            place("container.disk.io", scope.containers(), "read"),
            place("throughline.container.disk.read", scope.containers()))
        .line("write", "usage", sum, noContainer,
            place("container.disk.io", scope.containers(), "write"),
            place("throughline.container.disk.write", scope.containers()));
    if (!scope.volumes().isEmpty()) {
      disk.line("volume read", "usage", sum, "", place("throughline.volume.read", scope.volumes()))
          .line("volume write", "usage", sum, "",
              place("throughline.volume.write", scope.volumes()))
          .line("slowest volume's read", "wait", "s", max, "",
              place("throughline.volume.read.duration", scope.volumes()))
          .line("slowest volume's write", "wait", "s", max, "",
              place("throughline.volume.write.duration", scope.volumes()))
          .line("waiting at volumes", "wait", "requests", sum, "",
              place("throughline.volume.queue.length", scope.volumes()))
          .share("volumes used", "usage", "ratio", sum, "",
              place("throughline.volume.usage", scope.volumes()),
              place("throughline.volume.capacity", scope.volumes()));
    }
    plans.add(disk
        .line("busiest disk of the node", "wait", "ratio", max, noNode,
            place("system.disk.io_time", scope.nodes()))
        .share("mean wait for a disk of the node", "wait", "s", sum, noNode,
            place("system.disk.operation_time", scope.nodes()),
            place("system.disk.operations", scope.nodes())));
    plans.add(new StripPlan("network", "Network", "bytes/s")
        .line("receive", "usage", sum, noNode,
            place("throughline.pod.network.receive", scope.pods()),
            place("system.network.io", scope.nodes(), "receive"),
            place("throughline.system.network.receive", scope.nodes()))
        .line("transmit", "usage", sum, noNode,
            place("throughline.pod.network.transmit", scope.pods()),
            place("system.network.io", scope.nodes(), "transmit"),
            place("throughline.system.network.transmit", scope.nodes()))
        .line("retransmits of the node", "wait", "1/s", sum, noNode,
            place("throughline.system.network.tcp.retransmits", scope.nodes()))
        .line("to be accepted on the node", "wait", "connections", sum, noNode,
            place("throughline.system.network.tcp.accept_backlog", scope.nodes()))
        .line("accept overflows of the node", "wait", "1/s", sum, noNode,
            place("throughline.system.network.tcp.listen_overflows", scope.nodes()))
        .line("connection attempts repeated by the node", "wait", "1/s", sum, noNode,
            place("throughline.system.network.tcp.syn_retransmits", scope.nodes()))
        .line("packets dropped by the node", "wait", "1/s", sum, noNode,
            place("system.network.packet.dropped", scope.nodes()))
        .line("looking up names", "wait", "s/s", sum, "", place("dns.lookup.duration", self)));
    var pressure = new StripPlan("pressure", "Pressure", "s/s");
    for (var resource : List.of("cpu", "memory", "io")) {
      pressure.line(resource, "wait", max, noContainer,
          place("throughline.container.pressure.time", scope.containers(), resource),
          place("throughline.container.pressure." + resource + ".time", scope.containers()),
          place("throughline.system.pressure.time", scope.nodes(), resource),
          place("throughline.system.pressure." + resource + ".time", scope.nodes()));
    }
    plans.add(pressure);
    var runtime = new StripPlan("runtime", "Runtime", "ratio")
        .share("heap of its limit", "usage", sum, "", place("jvm.memory.used", self),
            place("jvm.memory.limit", self))
        .line("garbage collection", "wait", sum, "", place("jvm.gc.duration", self))
        .share("pool in use", "usage", sum, "", place("throughline.pool.busy", self),
            place("throughline.pool.size", self))
        .line("threads", "usage", "threads", sum, "", place("jvm.thread.count", self))
        .line("event loop late", "wait", "s", max, "", place("nodejs.eventloop.delay.p99", self));
    if (!scope.workloads().isEmpty()) {
      runtime
          .line("replicas available", "usage", "replicas", sum, "",
              place("throughline.workload.replicas.available", scope.workloads()))
          .line("replicas wanted", "limit", "replicas", sum, "",
              place("throughline.workload.replicas", scope.workloads()));
    }
    plans.add(runtime);
    return plans;
  }

  static List<StripPlan> ofNode(Scope scope) {
    var nodes = scope.nodes();
    var sum = ColumnFolder.Fold.SUM;
    var max = ColumnFolder.Fold.MAX;
    var plans = new ArrayList<StripPlan>();
    plans.add(new StripPlan("cpu", "CPU", "cores")
        .line("used", "usage", sum, "", place("system.cpu.time", nodes))
        .line("limit", "limit", sum, "", place("system.cpu.logical.count", nodes),
            place("throughline.system.cpu.total", nodes))
        .line("run queue", "wait", sum, "", place("throughline.system.cpu.run_queue.time", nodes))
        .line("steal", "wait", sum, "", place("throughline.system.cpu.steal", nodes)));
    plans.add(new StripPlan("memory", "Memory", "bytes")
        .rest("used", "usage", sum, "", place("throughline.system.memory.available", nodes),
            place("system.memory.limit", nodes))
        .line("limit", "limit", sum, "", place("system.memory.limit", nodes)));
    plans.add(new StripPlan("disk", "Disk", "bytes/s")
        .line("read", "usage", sum, "", place("system.disk.io", nodes, "read"),
            place("throughline.system.disk.read", nodes))
        .line("write", "usage", sum, "", place("system.disk.io", nodes, "write"),
            place("throughline.system.disk.write", nodes))
        .line("busiest disk", "wait", "ratio", max, "", place("system.disk.io_time", nodes))
        .line("longest queue", "wait", "requests", max, "",
            place("throughline.system.disk.queue.time", nodes))
        .share("mean wait", "wait", "s", sum, "", place("system.disk.operation_time", nodes),
            place("system.disk.operations", nodes)));
    plans.add(fileSystems(scope));
    plans.add(new StripPlan("network", "Network", "bytes/s")
        .line("receive", "usage", sum, "", place("system.network.io", nodes, "receive"),
            place("throughline.system.network.receive", nodes))
        .line("transmit", "usage", sum, "", place("system.network.io", nodes, "transmit"),
            place("throughline.system.network.transmit", nodes))
        .line("retransmits", "wait", "1/s", sum, "",
            place("throughline.system.network.tcp.retransmits", nodes))
        .line("to be accepted", "wait", "connections", sum, "",
            place("throughline.system.network.tcp.accept_backlog", nodes))
        .line("accept overflows", "wait", "1/s", sum, "",
            place("throughline.system.network.tcp.listen_overflows", nodes))
        .line("connection attempts repeated", "wait", "1/s", sum, "",
            place("throughline.system.network.tcp.syn_retransmits", nodes))
        .line("packets dropped", "wait", "1/s", sum, "",
            place("system.network.packet.dropped", nodes)));
    var pressure = new StripPlan("pressure", "Pressure", "s/s");
    for (var resource : List.of("cpu", "memory", "io")) {
      pressure.line(resource, "wait", max, "",
          place("throughline.system.pressure.time", nodes, resource),
          place("throughline.system.pressure." + resource + ".time", nodes));
    }
    plans.add(pressure);
    return plans;
  }

  /** At most so many file systems are drawn. */
  private static final int MOST_FILE_SYSTEMS = 8;

  private static StripPlan fileSystems(Scope scope) {
    var plan = new StripPlan("filesystem", "File systems", "ratio");
    var nodes = scope.nodes();
    var max = ColumnFolder.Fold.MAX;
    var used = new LinkedHashSet<>(place("system.filesystem.usage", nodes).categories());
    int drawn = 0;
    for (var mount : used) {
      if (drawn++ < MOST_FILE_SYSTEMS) {
        plan.share(mount, "usage", max, "", place("system.filesystem.usage", nodes, mount),
            place("system.filesystem.limit", nodes, mount));
      }
    }
    for (var mount : place("throughline.system.filesystem.available", nodes).categories()) {
      if (!used.contains(mount) && drawn++ < MOST_FILE_SYSTEMS) {
        plan.share(mount + " available", "other", max, "",
            place("throughline.system.filesystem.available", nodes, mount),
            place("system.filesystem.limit", nodes, mount));
      }
    }
    if (drawn == 0) {
      plan.line("used", "usage", max, "", place("system.filesystem.usage", nodes));
    }
    return plan;
  }

  static StripPlan.Place place(String signal, List<Part> parts) {
    return new StripPlan.Place(signal, parts, "", "");
  }

  static StripPlan.Place place(String signal, List<Part> parts, String category) {
    return new StripPlan.Place(signal, parts, category, "");
  }

  /** The limit of containers whose source tells quota and period apart. */
  static StripPlan.Place quota(Scope scope) {
    return new StripPlan.Place("throughline.container.cpu.quota", scope.containers(), "",
        "throughline.container.cpu.period");
  }

  /** The mean that the best source without buckets tells; all holes where none does. */
  static Columns mean(Scope scope, Grid grid, Evaluator evaluator) {
    var mean = evaluator.mean(scope.self().series(LATENCY), grid);
    return mean.isEmpty()
        ? evaluator.line(scope.self().series(MEAN), Signal.Kind.GAUGE, grid, ColumnFolder.Fold.MAX)
        : mean;
  }

  /** Requests per second by status class, errors marked, of the best source that has any. */
  static Map<String, Columns> requestLines(Scope scope, Grid grid, Evaluator evaluator) {
    var counted = evaluator.countsByCategory(requestSeries(scope), grid);
    return counted.isEmpty()
        ? evaluator.levelsByCategory(scope.self().series(RATE), grid)
        : counted;
  }

  /** Latency: a heatmap with quantiles; where a source tells less, what it tells, and a note. */
  static Strip latency(Scope scope, Grid grid, Evaluator evaluator, Reasons reasons) {
    var series = scope.self().series(LATENCY);
    var columns = evaluator.histogram(series, grid);
    if (!columns.isEmpty()) {
      var notes = new ArrayList<String>();
      return new Strip("latency", "Latency", "s", "heatmap", Strip.State.MEASURED, "", grid,
          columns.heatmap(MOST_ROWS),
          List.of(quantile("p50", 0.5, columns), quantile("p99", 0.99, columns)), notes);
    }
    var lines = new ArrayList<Strip.Line>();
    for (var quantile : List.of("0.5", "0.9", "0.95", "0.99")) {
      var made = evaluator.line(place(QUANTILE, List.of(scope.self()), quantile).series(),
          Signal.Kind.GAUGE, grid, ColumnFolder.Fold.MAX);
      if (!made.isEmpty()) {
        lines.add(Strip.Line.measured(
            "p" + quantile.substring(2)
                + (quantile.equals("0.5") || quantile.equals("0.9") ? "0" : ""),
            "quantile", "", made));
      }
    }
    var mean = mean(scope, grid, evaluator);
    if (!mean.isEmpty()) {
      lines.add(Strip.Line.measured("mean", "other", "", mean));
    }
    if (!lines.isEmpty()) {
      boolean made = !lines.getFirst().name().equals("mean");
      var note = made
          ? "quantiles as the source computed them: those of several copies cannot be merged, the"
              + " largest is drawn"
          : MEAN_ALONE;
      if (!made) {
        lines.add(Strip.Line.missing("p99", "quantile", "", note));
      }
      return new Strip("latency", "Latency", "s", "heatmap", Strip.State.MEASURED, "", grid, null,
          lines, List.of(note));
    }
    return new Strip("latency", "Latency", "s", "heatmap", Strip.State.NOT_MEASURED,
        reasons.why(List.of(new Reasons.Place(LATENCY, List.of(scope.self()))), ""), grid, null,
        List.of(), List.of());
  }

  private static final int MOST_ROWS = 64;

  private static Strip.Line quantile(String name, double q, HistogramColumns histogram) {
    var grid = histogram.grid();
    var columns = new Columns(grid);
    var lower = new double[grid.columns()];
    var upper = new double[grid.columns()];
    for (int i = 0; i < grid.columns(); i++) {
      var quantile = histogram.quantile(q, i, i + 1);
      columns.min[i] = quantile.value();
      columns.max[i] = quantile.value();
      columns.mean[i] = quantile.value();
      lower[i] = quantile.lower();
      upper[i] = quantile.upper();
    }
    return new Strip.Line(name, "quantile", "", "", columns, lower, upper);
  }

  /** The series whose growth is the number of requests: of the source that also tells errors best. */
  static List<SeriesRef> requestSeries(Scope scope) {
    var counters = scope.self().series(REQUESTS);
    var histograms = scope.self().series(LATENCY);
    if (counters.isEmpty()) {
      return histograms;
    }
    // A source with both counts in its counter: its histogram may lack the status, or calls without answer.
    var own = counters.stream().map(ref -> ref.mapping.source()).toList();
    var merged = new ArrayList<>(counters);
    histograms.stream().filter(ref -> !own.contains(ref.mapping.source())).forEach(merged::add);
    return merged;
  }

  /** Requests per second by status class. */
  static Strip requests(Scope scope, Grid grid, Evaluator evaluator, Reasons reasons) {
    var lines = new ArrayList<Strip.Line>();
    requestLines(scope, grid, evaluator).forEach((category, columns) -> {
      boolean error = category.startsWith("!");
      var name = error ? category.substring(1) : category;
      // Calls that failed under a status that says otherwise, as gRPC's do, must not share a name with those that did not.
      boolean hidden = error && name.length() == 3 && name.endsWith("xx") && !name.startsWith("5");
      lines.add(Strip.Line.measured(name.isEmpty() ? "requests" : hidden ? name + " failed" : name,
          error ? "error" : "ok", "", columns));
    });
    if (lines.isEmpty()) {
      lines.add(Strip.Line.missing("requests", "ok", "",
          reasons.why(List.of(new Reasons.Place(LATENCY, List.of(scope.self())),
              new Reasons.Place(REQUESTS, List.of(scope.self()))), "")));
    }
    return Strip.ofLines("requests", "Requests and errors", "1/s", grid, lines, List.of());
  }

  /** A service's name for people; of a node its host name. */
  static String name(Scope scope) {
    return scope.self().entity().kind() == Entity.Kind.NODE
        ? scope.self().displayName()
        : scope.self().entity().name();
  }
}

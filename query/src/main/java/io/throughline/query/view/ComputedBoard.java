package io.throughline.query.view;

import io.throughline.model.Tenant;
import io.throughline.model.identity.Entity;
import io.throughline.model.identity.Relation;
import io.throughline.query.catalogue.Catalogue;
import io.throughline.store.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A board computed from the samples of the whole window at each call: exact for any moment of the past,
 * and as dear as the window is long.
 */
final class ComputedBoard implements Board {
  private static final long MINUTE_MS = 60_000;
  private static final String BUDGET = "throughline.slo.budget";
  private static final String BURNING = "throughline.slo.burning";
  private static final ColumnFolder.Fold SUM = ColumnFolder.Fold.SUM;
  private static final ColumnFolder.Fold MAX = ColumnFolder.Fold.MAX;

  private final RegistryFollower follower;
  private final Catalogue catalogue;

  ComputedBoard(RegistryFollower follower, Catalogue catalogue) {
    this.follower = follower;
    this.catalogue = catalogue;
  }

  /** A resource that may be the one closest to its limit. */
  private record Candidate(String resource, Columns share) {}

  private final class Pass {
    final Grid grid;
    final long oldestMs;
    final long endMs;
    final Evaluator evaluator;
    final Reasons reasons;
    final Map<String, List<Candidate>> nodeCandidates = new HashMap<>();

    Pass(Snapshot snapshot, Grid grid, long endMs, long oldestMs) {
      this.oldestMs = oldestMs;
      this.endMs = endMs;
      this.grid = grid;
      this.evaluator = new Evaluator(snapshot);
      this.reasons = new Reasons(catalogue, snapshot, endMs);
    }

    Columns line(ColumnFolder.Fold fold, StripPlan.Place... places) {
      for (var place : places) {
        var line = place.columns(fold, grid, evaluator, catalogue);
        if (!line.isEmpty()) {
          return line;
        }
      }
      return new Columns(grid);
    }

    Overview.Cell cell(String unit, Columns line, String ifNoEntity, StripPlan.Place... places) {
      double value = line.recent(MINUTE_MS);
      return Double.isNaN(value)
          ? new Overview.Cell(unit, why(ifNoEntity, places), Double.NaN, Double.NaN, Double.NaN,
              Double.NaN, false, "", "", line.mean)
          : Overview.Cell.of(unit, value, line.mean);
    }

    String why(String ifNoEntity, StripPlan.Place... places) {
      var all = new ArrayList<Reasons.Place>();
      for (var place : places) {
        all.add(new Reasons.Place(place.signal(), place.parts()));
      }
      return reasons.why(all, ifNoEntity);
    }
  }

  @Override
  public Overview overview(Tenant tenant, Snapshot snapshot, long endMs, long windowMs,
      int points) {
    var grid = Grid.covering(endMs - windowMs, endMs, windowMs / Math.max(1, points));
    return overview(tenant, snapshot, endMs, grid, grid.startMs());
  }

  /**
   * The board with given columns, which may begin later than the window that decides who is on it.
   *
   * @param oldestMs who said nothing since is not on the board
   */
  Overview overview(Tenant tenant, Snapshot snapshot, long endMs, Grid grid, long oldestMs) {
    var services = follower.read(tenant, graph -> graph.all(Entity.Kind.SERVICE)
        .stream()
        .filter(record -> !record.series().isEmpty() || !record.to(Relation.HAS_INSTANCE).isEmpty())
        .map(record -> Scope.ofService(record, ""))
        .toList());
    var nodes = follower.read(tenant,
        graph -> graph.all(Entity.Kind.NODE)
            .stream()
            .filter(record -> !record.series().isEmpty())
            .map(Scope::ofNode)
            .toList());
    return overview(services, nodes, snapshot, endMs, grid, oldestMs);
  }

  /** The board of some services and nodes. A service's saturation takes in that of the nodes given here. */
  Overview overview(List<Scope> services, List<Scope> nodes, Snapshot snapshot, long endMs,
      Grid grid, long oldestMs) {
    var pass = new Pass(snapshot, grid, endMs, oldestMs);
    var nodeRows = new ArrayList<Overview.Row>();
    for (var node : nodes) {
      var row = node(node, pass);
      if (row != null) {
        nodeRows.add(row);
      }
    }
    var serviceRows = new ArrayList<Overview.Row>();
    for (var service : services) {
      var row = service(service, pass);
      if (row != null) {
        serviceRows.add(row);
      }
    }
    serviceRows.sort(WORST_FIRST);
    nodeRows.sort(FULLEST_FIRST);
    return new Overview(endMs, grid, serviceRows, nodeRows);
  }

  /** A service that said nothing in the whole window is not on the board. */
  private Overview.@Nullable Row service(Scope scope, Pass pass) {
    var self = List.of(scope.self());
    var signals = new LinkedHashMap<String, Overview.Cell>();
    requests(scope, pass, signals);
    latency(scope, pass, signals);
    budget(scope, pass, signals);
    var noResource = Reasons.noResource(scope);
    var cpu = new StripPlan.Place[] {Strips.place("container.cpu.time", scope.containers()),
        Strips.place("process.cpu.time", scope.processes()),
        Strips.place("throughline.service.cpu.time", self)};
    var cpuLine = pass.line(SUM, cpu);
    var noLimit = Reasons.noLimit(scope);
    var cpuLimit = limit(pass, noLimit,
        Strips.place("throughline.container.cpu.limit", scope.containers()), Strips.quota(scope));
    signals.put("cpu", pass.cell("cores", cpuLine, noResource, cpu)
        .withLimit(cpuLimit.value(), cpuLimit.reason()));
    var memory = new StripPlan.Place[] {
        Strips.place("container.memory.working_set", scope.containers()),
        Strips.place("process.memory.usage", scope.processes()),
        Strips.place("throughline.service.memory.usage", self)};
    var memoryLine = pass.line(SUM, memory);
    var memoryLimit = limit(pass, noLimit,
        Strips.place("throughline.container.memory.limit", scope.containers()));
    signals.put("memory", pass.cell("bytes", memoryLine, noResource, memory)
        .withLimit(memoryLimit.value(), memoryLimit.reason()));
    var candidates = new ArrayList<Candidate>();
    candidates.add(new Candidate("cpu", cpuLine.over(cpuLimit.line())));
    candidates
        .add(
            new Candidate(
                "cpu throttling", pass
                    .line(SUM,
                        Strips.place("throughline.container.cpu.throttled.periods",
                            scope.containers()))
                    .over(pass.line(SUM,
                        Strips.place("throughline.container.cpu.periods", scope.containers())))));
    candidates.add(new Candidate("memory", memoryLine.over(memoryLimit.line())));
    for (var resource : List.of("cpu", "memory", "io")) {
      candidates.add(new Candidate(resource + " pressure", pass.line(MAX,
          Strips.place("throughline.container.pressure.time", scope.containers(), resource), Strips
              .place("throughline.container.pressure." + resource + ".time", scope.containers()))));
    }
    candidates.add(new Candidate("pool", pass.line(SUM, Strips.place("throughline.pool.busy", self))
        .over(pass.line(SUM, Strips.place("throughline.pool.size", self)))));
    for (var node : scope.nodes()) {
      candidates.addAll(pass.nodeCandidates.getOrDefault(node.entity().id(), List.of()));
    }
    signals.put("saturation", saturation(candidates, noResource));
    var shares = shares(candidates);
    var own = new ArrayList<List<SeriesRef>>();
    // That rules go on recording an objective is no sign of life.
    scope.self().series().forEach((signal, refs) -> {
      if (!signal.equals(BUDGET) && !signal.equals(BURNING)) {
        own.add(refs);
      }
    });
    long lastSeen = lastSeen(own);
    if (lastSeen < pass.oldestMs) {
      // No requests: what else it says of itself, and whether what it runs in is alive.
      pass.evaluator.look(own, pass.oldestMs, pass.endMs);
      lastSeen = lastSeen(own);
      for (var part : scope.containers()) {
        lastSeen = Math.max(lastSeen, lastSeen(part.series().values()));
      }
      for (var part : scope.processes()) {
        lastSeen = Math.max(lastSeen, lastSeen(part.series().values()));
      }
    }
    if (lastSeen < pass.oldestMs) {
      return null;
    }
    var entity = scope.self().entity();
    return new Overview.Row(entity.id(), entity.name(), entity.namespace(), "service",
        scope.instances().size(), lastSeen, scope.where(), signals, shares);
  }

  /**
   * What is left of the error budget of the objective that has least, as Throughline's rules recorded it; its resource
   * is {@code page} or {@code ticket} where that alert fires. Nothing where no objective is set.
   */
  private static void budget(Scope scope, Pass pass, Map<String, Overview.Cell> signals) {
    var place = Strips.place(BUDGET, List.of(scope.self()));
    var left = new Columns(pass.grid);
    for (var objective : place.categories()) {
      var of = pass.line(MAX, Strips.place(BUDGET, List.of(scope.self()), objective));
      left = Double.isNaN(left.last()) || of.last() < left.last() ? of : left;
    }
    if (place.categories().isEmpty()) {
      return;
    }
    double value = left.last();
    var cell = Double.isNaN(value)
        ? Overview.Cell.missing("ratio", pass.why("", place))
        : Overview.Cell.of("ratio", value, left.mean);
    for (var severity : List.of("ticket", "page")) {
      if (pass.line(MAX, Strips.place(BURNING, List.of(scope.self()), severity)).last() > 0) {
        cell = cell.withResource(severity);
      }
    }
    signals.put("budget", cell);
  }

  private record Limit(double value, String reason, Columns line) {}

  private static Limit limit(Pass pass, String ifNoEntity, StripPlan.Place... places) {
    var line = pass.line(SUM, places);
    double value = line.recent(MINUTE_MS);
    return new Limit(value, Double.isNaN(value) ? pass.why(ifNoEntity, places) : "", line);
  }

  private static void requests(Scope scope, Pass pass, Map<String, Overview.Cell> signals) {
    var all = new Columns(pass.grid);
    var failed = new Columns(pass.grid);
    for (var entry : Strips.requestLines(scope, pass.grid, pass.evaluator).entrySet()) {
      all.add(entry.getValue());
      if (entry.getKey().startsWith("!")) {
        failed.add(entry.getValue());
      }
    }
    var self = List.of(scope.self());
    var places = new StripPlan.Place[] {Strips.place(Strips.LATENCY, self),
        Strips.place(Strips.REQUESTS, self), Strips.place(Strips.RATE, self)};
    var rate = pass.cell("1/s", all, "", places);
    signals.put("rate", rate);
    if (!rate.isMeasured()) {
      signals.put("errors", Overview.Cell.missing("ratio", rate.reason()));
      return;
    }
    var share = new double[all.mean.length];
    for (int i = 0; i < share.length; i++) {
      share[i] = all.mean[i] > 0
          ? (Double.isNaN(failed.mean[i]) ? 0 : failed.mean[i]) / all.mean[i]
          : Double.NaN;
    }
    double recentFailed = failed.recent(MINUTE_MS);
    signals.put("errors",
        tellsErrors(scope)
            ? rate.value() > 0
                ? Overview.Cell.of("ratio",
                    (Double.isNaN(recentFailed) ? 0 : recentFailed) / rate.value(), share)
                : Overview.Cell.missing("ratio", "no request in the last minute")
            : Overview.Cell.missing("ratio", "the source tells no status of its requests"));
  }

  private static boolean tellsErrors(Scope scope) {
    for (var refs : List.of(Strips.requestSeries(scope), scope.self().series(Strips.RATE))) {
      for (var ref : refs) {
        if (!ref.mapping.errors().isEmpty()) {
          return true;
        }
      }
    }
    return false;
  }

  private static void latency(Scope scope, Pass pass, Map<String, Overview.Cell> signals) {
    var series = scope.self().series(Strips.LATENCY);
    var histogram = pass.evaluator.histogram(series, pass.grid);
    int columns = pass.grid.columns();
    int recent = (int) Math.min(columns, Math.max(1, MINUTE_MS / pass.grid.stepMs()));
    for (var entry : Map.of("p50", 0.5, "p99", 0.99).entrySet()) {
      var now = histogram.quantile(entry.getValue(), columns - recent, columns);
      if (Double.isNaN(now.value())) {
        var rate = signals.get("rate");
        boolean idle = !histogram.isEmpty() && rate != null && rate.isMeasured();
        signals.put(entry.getKey(),
            idle
                ? Overview.Cell.missing("s", "no request in the last minute")
                : withoutHistogram(entry.getValue(), scope, pass));
        continue;
      }
      var spark = new double[columns];
      for (int i = 0; i < columns; i++) {
        spark[i] = histogram.quantile(entry.getValue(), i, i + 1).value();
      }
      signals.put(entry.getKey(),
          Overview.Cell.of("s", now.value(), spark).withBounds(now.lower(), now.upper()));
    }
  }

  /** A quantile where there are no buckets: ready-made by the source, or not at all. */
  private static Overview.Cell withoutHistogram(double q, Scope scope, Pass pass) {
    var made = pass.line(MAX,
        new StripPlan.Place(Strips.QUANTILE, List.of(scope.self()), q == 0.5 ? "0.5" : "0.99", ""));
    double value = made.recent(MINUTE_MS);
    if (!Double.isNaN(value)) {
      return Overview.Cell.of("s", value, made.mean);
    }
    var mean = Strips.mean(scope, pass.grid, pass.evaluator).recent(MINUTE_MS);
    return Overview.Cell.missing("s",
        Double.isNaN(mean)
            ? pass.why("", Strips.place(Strips.LATENCY, List.of(scope.self())),
                Strips.place(Strips.QUANTILE, List.of(scope.self())))
            : Strips.MEAN_ALONE + "; the mean is " + ViewJson.text(mean) + " s");
  }

  private static Overview.Cell saturation(List<Candidate> candidates, String ifNone) {
    Candidate worst = null;
    double highest = Double.NaN;
    for (var candidate : candidates) {
      double value = candidate.share().recent(MINUTE_MS);
      if (!Double.isNaN(value) && (worst == null || value > highest)) {
        worst = candidate;
        highest = value;
      }
    }
    return worst == null
        ? Overview.Cell.missing("ratio",
            ifNone.isEmpty()
                ? "no resource with a limit is measured"
                : "no resource with a limit is measured; " + ifNone)
        : Overview.Cell.of("ratio", highest, worst.share().mean).withResource(worst.resource());
  }

  /** Each resource's share, the highest of those that bear one name. */
  private static Map<String, Overview.Cell> shares(List<Candidate> candidates) {
    var shares = new LinkedHashMap<String, Overview.Cell>();
    for (var candidate : candidates) {
      double value = candidate.share().recent(MINUTE_MS);
      var before = shares.get(candidate.resource());
      if (!Double.isNaN(value) && (before == null || value > before.value())) {
        shares.put(candidate.resource(), Overview.Cell.of("ratio", value, candidate.share().mean));
      }
    }
    return shares;
  }

  private Overview.@Nullable Row node(Scope scope, Pass pass) {
    var nodes = scope.nodes();
    var signals = new LinkedHashMap<String, Overview.Cell>();
    var cpu = Strips.place("system.cpu.time", nodes);
    var cpuLine = pass.line(SUM, cpu);
    var cpus = new StripPlan.Place[] {Strips.place("system.cpu.logical.count", nodes),
        Strips.place("throughline.system.cpu.total", nodes)};
    var cpusLine = pass.line(SUM, cpus);
    double cpuCount = cpusLine.recent(MINUTE_MS);
    signals.put("cpu", pass.cell("cores", cpuLine, "", cpu)
        .withLimit(cpuCount, Double.isNaN(cpuCount) ? pass.why("", cpus) : ""));
    var available = Strips.place("throughline.system.memory.available", nodes);
    var whole = Strips.place("system.memory.limit", nodes);
    var wholeLine = pass.line(SUM, whole);
    var memoryLine = pass.line(SUM, available).subtractedFrom(wholeLine);
    double memory = wholeLine.recent(MINUTE_MS);
    signals.put("memory", pass.cell("bytes", memoryLine, "", available, whole)
        .withLimit(memory, Double.isNaN(memory) ? pass.why("", whole) : ""));
    var disk = Strips.place("system.disk.io_time", nodes);
    var diskLine = pass.line(MAX, disk);
    signals.put("disk", pass.cell("ratio", diskLine, "", disk));
    var network = Strips.place("system.network.io", nodes);
    var networkLine = pass.line(SUM, network);
    if (networkLine.isEmpty()) {
      networkLine.add(pass.line(SUM, Strips.place("throughline.system.network.receive", nodes)));
      networkLine.add(pass.line(SUM, Strips.place("throughline.system.network.transmit", nodes)));
    }
    signals.put("network", pass.cell("bytes/s", networkLine, "", network,
        Strips.place("throughline.system.network.receive", nodes)));
    var candidates = new ArrayList<Candidate>();
    candidates.add(new Candidate("node cpu", cpuLine.over(cpusLine)));
    candidates.add(new Candidate("node memory", memoryLine.over(wholeLine)));
    candidates.add(new Candidate("disk", diskLine));
    pass.nodeCandidates.put(scope.self().entity().id(), List.copyOf(candidates));
    for (var resource : List.of("cpu", "memory", "io")) {
      candidates.add(new Candidate(resource + " pressure",
          pass.line(MAX, Strips.place("throughline.system.pressure.time", nodes, resource),
              Strips.place("throughline.system.pressure." + resource + ".time", nodes))));
    }
    signals.put("saturation", saturation(candidates, ""));
    long lastSeen = lastSeen(scope.self().series().values());
    if (lastSeen < pass.oldestMs) {
      return null;
    }
    return new Overview.Row(scope.self().entity().id(), scope.self().displayName(), "", "node",
        scope.services().size(), lastSeen, scope.where(), signals, shares(candidates));
  }

  static long lastSeen(Iterable<List<SeriesRef>> series) {
    long newest = 0;
    for (var refs : series) {
      for (var ref : refs) {
        newest = Math.max(newest, ref.lastMs());
      }
    }
    return newest;
  }

  /** A page, a ticket, a budget that is used up, all others. */
  private static int urgency(Overview.Row row) {
    var budget = row.signals().get("budget");
    if (budget == null || !budget.isMeasured()) {
      return 3;
    }
    return switch (budget.resource()) {
      case "page" -> 0;
      case "ticket" -> 1;
      default -> budget.value() <= 0 ? 2 : 3;
    };
  }

  /** The budget left where that is what is wrong, so that it orders only those. */
  private static double overdrawn(Overview.Row row) {
    var budget = row.signals().get("budget");
    return budget == null || urgency(row) == 3 ? 1 : budget.value();
  }

  /**
   * First who burns an error budget or has used it up, the least left before; then errors, to a tenth of a percent; then how much slower the slow requests are than their own
   * median over the window, to half a doubling; then saturation; then the name, so that equals keep still.
   */
  static final Comparator<Overview.Row> WORST_FIRST = Comparator
      .comparingInt(ComputedBoard::urgency)
      .thenComparingDouble(ComputedBoard::overdrawn)
      .thenComparingDouble(row -> -Math.rint(orZero(row.signals().get("errors")) * 1000))
      .thenComparingDouble(row -> -slowing(row.signals().get("p99")))
      .thenComparingDouble(row -> -orZero(row.signals().get("saturation")))
      .thenComparing(Overview.Row::id);

  static final Comparator<Overview.Row> FULLEST_FIRST = Comparator
      .comparingDouble((Overview.Row row) -> -orZero(row.signals().get("saturation")))
      .thenComparing(Overview.Row::id);

  private static double slowing(Overview.@Nullable Cell p99) {
    if (p99 == null || !p99.isMeasured()) {
      return 0;
    }
    var past = Arrays.stream(p99.spark()).filter(value -> !Double.isNaN(value)).sorted().toArray();
    if (past.length < 3 || !(past[past.length / 2] > 0)) {
      return 0;
    }
    return Math.max(0, Math.rint(Math.log(p99.value() / past[past.length / 2]) / Math.log(2) * 2));
  }

  private static double orZero(Overview.@Nullable Cell cell) {
    return cell == null || !cell.isMeasured() ? 0 : cell.value();
  }
}

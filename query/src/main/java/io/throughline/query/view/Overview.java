package io.throughline.query.view;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The state of every service and node at one moment: what the first page shows.
 *
 * @param atMs the right edge: values are of the minute before it
 */
record Overview(long atMs, Grid grid, List<Row> services, List<Row> nodes) {

  /** The clusters and sites of all rows. */
  Scope.Where where() {
    var clusters = new TreeSet<String>();
    var sites = new TreeSet<String>();
    for (var rows : List.of(services, nodes)) {
      for (var row : rows) {
        clusters.addAll(row.where().clusters());
        sites.addAll(row.where().sites());
      }
    }
    return new Scope.Where(List.copyOf(clusters), List.copyOf(sites));
  }

  /** The rows that are, with a part of theirs, in this cluster and on this site; "" stands for any. */
  Overview in(String cluster, String site) {
    return cluster.isEmpty() && site.isEmpty()
        ? this
        : new Overview(atMs, grid, in(services, cluster, site), in(nodes, cluster, site));
  }

  private static List<Row> in(List<Row> rows, String cluster, String site) {
    return rows.stream().filter(row -> row.where().isIn(cluster, site)).toList();
  }

  /**
   * One service or node.
   *
   * @param where the clusters and sites it is part of
   * @param signals by the name the API gives them, in its order
   * @param shares every resource of which saturation shows the highest
   * @param lastChange null where none is known; suspect likewise
   */
  record Row(String id, String name, String namespace, String kind, int instanceCount,
      long lastSeenMs, Scope.Where where, Map<String, Cell> signals, Map<String, Cell> shares,
      @Nullable Change lastChange, @Nullable Suspect suspect) {

    Row {
      signals = new LinkedHashMap<>(signals);
      shares = new LinkedHashMap<>(shares);
    }

    Row(String id, String name, String namespace, String kind, int instanceCount, long lastSeenMs,
        Scope.Where where, Map<String, Cell> signals, Map<String, Cell> shares) {
      this(id, name, namespace, kind, instanceCount, lastSeenMs, where, signals, shares, null,
          null);
    }

    Row with(Map<String, Cell> newSignals, Map<String, Cell> newShares) {
      return new Row(id, name, namespace, kind, instanceCount, lastSeenMs, where, newSignals,
          newShares, lastChange, suspect);
    }

    /** The row with what changed last and who is suspected, which the whole window tells. */
    Row judged(@Nullable Change change, long atMs) {
      return new Row(id, name, namespace, kind, instanceCount, lastSeenMs, where, signals, shares,
          change, Suspect.of(signals, shares, change, atMs));
    }
  }

  /**
   * One signal of one row.
   *
   * @param reason why it is not measured; "" where it is
   * @param value NaN where it is not measured
   * @param lower bounds of a quantile, NaN elsewhere; upper likewise
   * @param limit what the value is measured against, NaN where there is none
   * @param limitReason why there is no limit, "" where there is one or none is expected
   * @param resource of saturation, what is closest to its limit; "" elsewhere
   */
  record Cell(String unit, String reason, double value, double lower, double upper, double limit,
      boolean hasLimit, String limitReason, String resource, double[] spark) {
    private static final double[] NO_SPARK = {};

    static Cell missing(String unit, String reason) {
      return new Cell(unit, reason, Double.NaN, Double.NaN, Double.NaN, Double.NaN, false, "", "",
          NO_SPARK);
    }

    static Cell of(String unit, double value, double[] spark) {
      return new Cell(unit, "", value, Double.NaN, Double.NaN, Double.NaN, false, "", "", spark);
    }

    Cell withBounds(double newLower, double newUpper) {
      return new Cell(unit, reason, value, newLower, newUpper, limit, hasLimit, limitReason,
          resource, spark);
    }

    Cell withLimit(double newLimit, String whyNone) {
      return new Cell(unit, reason, value, lower, upper, newLimit, true, whyNone, resource, spark);
    }

    Cell withResource(String newResource) {
      return new Cell(unit, reason, value, lower, upper, limit, hasLimit, limitReason, newResource,
          spark);
    }

    Cell withSpark(double[] newSpark) {
      return new Cell(unit, reason, value, lower, upper, limit, hasLimit, limitReason, resource,
          newSpark);
    }

    boolean isMeasured() {
      return reason.isEmpty();
    }
  }
}

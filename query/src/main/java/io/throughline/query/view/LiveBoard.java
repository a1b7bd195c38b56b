package io.throughline.query.view;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.throughline.model.Tenant;
import io.throughline.store.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A board that follows the present: it remembers the sparklines it has shown and reads the last minutes
 * alone, so a refresh costs the same for an hour's window as for a quarter's.
 *
 * <p>Samples that come later than {@value #READ_AGAIN_MS} ms are taken up when the whole window is read
 * again, every {@value #WHOLE_EVERY_MS} ms. Forgets a window that nobody looked at for ten minutes.
 */
final class LiveBoard implements Board {
  /** What is read at each refresh: the last full minute, and a little for late samples. */
  private static final long READ_AGAIN_MS = 90_000;

  private static final long WHOLE_EVERY_MS = 300_000;

  /** Tells a resource's share from a signal of the same name. */
  private static final String SHARE = "share of ";

  private record Window(Tenant tenant, long windowMs, int points) {}

  /** What was shown, by row and signal. */
  private record Shown(long wholeAtMs, Grid grid, Map<String, Map<String, double[]>> sparks) {}

  private final ComputedBoard computed;
  private final Cache<Window, Shown> shown = Caffeine.newBuilder()
      .maximumSize(64)
      .expireAfterAccess(Duration.ofMinutes(10))
      .build();

  LiveBoard(ComputedBoard computed) {
    this.computed = computed;
  }

  @Override
  public Overview overview(Tenant tenant, Snapshot snapshot, long endMs, long windowMs,
      int points) {
    var window = new Window(tenant, windowMs, points);
    var grid = Grid.covering(endMs - windowMs, endMs, windowMs / Math.max(1, points));
    var before = shown.getIfPresent(window);
    long from = Math.floorDiv(endMs - READ_AGAIN_MS, grid.stepMs()) * grid.stepMs();
    boolean whole = before == null || endMs - before.wholeAtMs() > WHOLE_EVERY_MS
        || before.grid().endMs() < from || endMs < before.grid().startMs()
        || from <= grid.startMs();
    Overview overview;
    if (before == null || whole) {
      overview = computed.overview(tenant, snapshot, endMs, grid, grid.startMs());
    } else {
      var newest = new Grid(from, grid.stepMs(), (int) ((grid.endMs() - from) / grid.stepMs()));
      overview = joined(computed.overview(tenant, snapshot, endMs, newest, grid.startMs()), grid,
          before);
    }
    shown.put(window,
        new Shown(before == null || whole ? endMs : before.wholeAtMs(), grid, sparks(overview)));
    return overview;
  }

  private static Overview joined(Overview newest, Grid grid, Shown before) {
    var services = joined(newest.services(), newest.grid(), grid, before);
    services.sort(ComputedBoard.WORST_FIRST);
    var nodes = joined(newest.nodes(), newest.grid(), grid, before);
    nodes.sort(ComputedBoard.FULLEST_FIRST);
    return new Overview(newest.atMs(), grid, services, nodes);
  }

  private static List<Overview.Row> joined(List<Overview.Row> rows, Grid newest, Grid grid,
      Shown before) {
    var joined = new ArrayList<Overview.Row>(rows.size());
    for (var row : rows) {
      var old = before.sparks().getOrDefault(key(row), Map.of());
      joined.add(row.with(joined(row.signals(), old, "", newest, grid, before),
          joined(row.shares(), old, SHARE, newest, grid, before)));
    }
    return joined;
  }

  private static Map<String, Overview.Cell> joined(Map<String, Overview.Cell> cells,
      Map<String, double[]> old, String prefix, Grid newest, Grid grid, Shown before) {
    var joined = new LinkedHashMap<String, Overview.Cell>();
    cells.forEach((name, cell) -> joined.put(name,
        cell.withSpark(joined(old.get(prefix + name), before.grid(), cell.spark(), newest, grid))));
    return joined;
  }

  private static double[] joined(double @Nullable [] old, Grid oldGrid, double[] fresh,
      Grid freshGrid, Grid grid) {
    var values = new double[grid.columns()];
    Arrays.fill(values, Double.NaN);
    boolean any = false;
    for (int i = 0; i < values.length; i++) {
      long start = grid.startMs() + i * grid.stepMs();
      boolean isFresh = start >= freshGrid.startMs();
      var from = isFresh ? fresh : old;
      long at = (start - (isFresh ? freshGrid : oldGrid).startMs()) / grid.stepMs();
      if (from != null && at >= 0 && at < from.length) {
        values[i] = from[(int) at];
        any |= !Double.isNaN(values[i]);
      }
    }
    return any ? values : new double[0];
  }

  private static Map<String, Map<String, double[]>> sparks(Overview overview) {
    var sparks = new HashMap<String, Map<String, double[]>>();
    for (var rows : List.of(overview.services(), overview.nodes())) {
      for (var row : rows) {
        var signals = new HashMap<String, double[]>();
        row.signals().forEach((name, cell) -> signals.put(name, cell.spark()));
        row.shares().forEach((name, cell) -> signals.put(SHARE + name, cell.spark()));
        sparks.put(key(row), signals);
      }
    }
    return sparks;
  }

  private static String key(Overview.Row row) {
    return row.kind() + " " + row.id();
  }
}

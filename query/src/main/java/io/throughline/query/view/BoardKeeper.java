package io.throughline.query.view;

import io.throughline.model.Tenant;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the live board: makes the overview of each tenant somebody looks at once for all who ask, and
 * writes its rows to a {@link BoardFile}. A reply is then put together from point gets, whatever the number
 * of services and browsers.
 *
 * <p>One thread refreshes, and only for tenants somebody looks at; it rests {@value #REST_PER_WORK} times the CPU time
 * it worked, so the board mostly takes a few hundredths of a core. Where there is so much that the board would be too
 * old to be shown by then, a refresh and its rest are half of what a board may be old; but it never rests less than {@value
 * #LEAST_REST_PER_WORK} times the CPU time it worked. Time it only waited, on a machine that is busy with other things
 * or for the board's first making, is no reason to rest. Asking threads only read.
 */
final class BoardKeeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BoardKeeper.class);
  private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

  /** The overview's own defaults: what is asked for otherwise is not on the board. */
  static final long WINDOW_MS = 900_000;
  static final int POINTS = 60;
  static final int ENTRIES = 20_000;

  private static final int REST_PER_WORK = 20;
  private static final int LEAST_REST_PER_WORK = 3;
  private static final long LEAST_REST_NANOS = 1_000_000_000;
  /** A board that is older than this is not shown. */
  private static final long STALE_MS = 10_000;

  /** The order of rows and what they have in common; the rows themselves are in the file. */
  private record Head(long madeMs, long atMs, Grid grid, Scope.Where where, List<String> services,
      List<String> nodes, Overview made) {}

  private final Function<Tenant, Overview> overview;
  private final Path folder;
  private final Map<Tenant, Head> heads = new ConcurrentHashMap<>();
  private @Nullable BoardFile filling;
  private volatile @Nullable BoardFile file;
  private volatile boolean broken;
  private long restUntilNanos = System.nanoTime();

  BoardKeeper(Path folder, Function<Tenant, Overview> overview) {
    this.folder = folder;
    this.overview = overview;
  }

  /** Refreshes the board of these tenants if its rest is over. One thread. */
  void refresh(List<Tenant> tenants, long nowMs) {
    long started = System.nanoTime();
    long startedCpu = CPU.getCurrentThreadCpuTime();
    if (broken || tenants.isEmpty() || started - restUntilNanos < 0) {
      return;
    }
    try {
      var target = file == null ? filling : file;
      if (target == null) {
        target = BoardFile.create(folder, ENTRIES);
        filling = target;
      }
      for (var tenant : tenants) {
        write(target, tenant, nowMs);
      }
      heads.keySet().retainAll(tenants);
      if (file == null) {
        target.publish();
        file = target;
        filling = null;
      }
    } catch (IOException | RuntimeException | LinkageError e) {
      // Everything on it can be had from the store: the product goes on without a board.
      broken = true;
      heads.clear();
      LOG.warn("the live board is off, overviews are computed for each request: {}", e.toString());
    }
    long ended = System.nanoTime();
    restUntilNanos = ended + restNanos(CPU.getCurrentThreadCpuTime() - startedCpu, ended - started);
  }

  /**
   * @param workNanos CPU time of a refresh
   * @param tookNanos from its beginning to its end
   */
  static long restNanos(long workNanos, long tookNanos) {
    long rest = Math.min(workNanos * REST_PER_WORK,
        TimeUnit.MILLISECONDS.toNanos(STALE_MS / 2) - tookNanos);
    return Math.max(LEAST_REST_NANOS, Math.max(rest, workNanos * LEAST_REST_PER_WORK));
  }

  private void write(BoardFile target, Tenant tenant, long nowMs) {
    var made = overview.apply(tenant);
    var services = write(target, tenant, "service", made.services(), made.atMs());
    var nodes = write(target, tenant, "node", made.nodes(), made.atMs());
    heads.put(tenant,
        new Head(nowMs, made.atMs(), made.grid(), made.where(), services, nodes, made));
  }

  private List<String> write(BoardFile target, Tenant tenant, String kind, List<Overview.Row> rows,
      long atMs) {
    var keys = new ArrayList<String>(rows.size());
    for (var row : rows) {
      var key = BoardFile.key(tenant.id(), kind, row.id());
      target.put(key, atMs, ViewJson.row(row));
      keys.add(key);
    }
    return keys;
  }

  /**
   * What a tenant's board was written from, for replies in another layout or of a part, or null where there is no
   * fresh one. Its sparklines are those the next refresh builds on, so that holding it costs little.
   */
  @Nullable
  Overview made(Tenant tenant, long nowMs) {
    var head = heads.get(tenant);
    return head == null || file == null || nowMs - head.madeMs() > STALE_MS ? null : head.made();
  }

  /** The reply with everything on a tenant's board, or null where there is no fresh one. */
  byte @Nullable [] reply(Tenant tenant, long nowMs, List<String> warnings) {
    var head = heads.get(tenant);
    var from = file;
    if (head == null || from == null || nowMs - head.madeMs() > STALE_MS) {
      return null;
    }
    var out = new ByteArrayOutputStream(64 << 10);
    add(out,
        "{\"status\":\"success\",\"data\":{\"atMs\":" + head.atMs() + ",\"startMs\":"
            + head.grid().startMs() + ",\"stepMs\":" + head.grid().stepMs() + ",\"points\":"
            + head.grid().columns() + ",");
    names(out, "clusters", head.where().clusters());
    names(out, "sites", head.where().sites());
    add(out, "\"services\":[");
    int missing = rows(out, from, head.services());
    add(out, "],\"nodes\":[");
    missing += rows(out, from, head.nodes());
    var all = new ArrayList<>(warnings);
    if (missing > 0) {
      all.add(missing + " rows did not fit on the live board (" + ENTRIES + ")");
    }
    add(out, "]},\"warnings\":");
    out.writeBytes(ViewJson.strings(all));
    add(out, "}");
    return out.toByteArray();
  }

  private static void names(ByteArrayOutputStream out, String field, List<String> names) {
    if (!names.isEmpty()) {
      add(out, "\"" + field + "\":");
      out.writeBytes(ViewJson.strings(names));
      out.write(',');
    }
  }

  private static int rows(ByteArrayOutputStream out, BoardFile from, List<String> keys) {
    int missing = 0;
    boolean first = true;
    for (var key : keys) {
      var row = from.get(key);
      if (row == null) {
        missing++;
        continue;
      }
      if (!first) {
        out.write(',');
      }
      first = false;
      out.writeBytes(row.json());
    }
    return missing;
  }

  private static void add(ByteArrayOutputStream out, String text) {
    out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /** After the refreshing thread has ended. */
  @Override
  public void close() {
    heads.clear();
    for (var each : new BoardFile[] {file, filling}) {
      if (each != null) {
        each.close();
      }
    }
  }
}

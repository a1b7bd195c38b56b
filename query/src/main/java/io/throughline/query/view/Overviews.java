package io.throughline.query.view;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.throughline.model.Failure;
import io.throughline.model.Tenant;
import io.throughline.model.identity.Entity;
import io.throughline.store.Snapshot;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes overviews: from the kept board where that is asked for and young enough, else from samples; with each
 * service's last change and whom that lets one suspect. Page threads make them, one thread keeps the board.
 */
final class Overviews implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Overviews.class);

  /** Services whose changes are looked for while a request waits; the rest is kept up in the background. */
  private static final int CHANGES_PER_REQUEST = 20;
  private static final int CHANGES_PER_SECOND = 200;

  private final Supplier<Snapshot> snapshots;
  private final BiConsumer<Snapshot, List<String>> follow;
  private final InstantSource clock;
  private final RegistryFollower follower;
  private final ChangeLog changes;
  private final Board liveBoard;
  private final Board pastBoard;
  private final @Nullable BoardKeeper keeper;
  private final AtomicLong servedFromBoard = new AtomicLong();

  /** Tenants somebody looked at lately: only their boards and changes are kept up. */
  private final Cache<Tenant, Boolean> watched = Caffeine.newBuilder()
      .maximumSize(1_000)
      .expireAfterWrite(10, TimeUnit.MINUTES)
      .build();
  private final Cache<Tenant, Map<String, String>> suspects = Caffeine.newBuilder()
      .maximumSize(100)
      .expireAfterWrite(10, TimeUnit.SECONDS)
      .build();

  /**
   * @param follow lets the follower catch up with a snapshot, and warns where it did not
   * @param boards the folder of the live board; null where overviews are made for each request
   */
  Overviews(Supplier<Snapshot> snapshots, BiConsumer<Snapshot, List<String>> follow,
      InstantSource clock, RegistryFollower follower, ComputedBoard computed, ChangeLog changes,
      @Nullable Path boards) {
    this.snapshots = snapshots;
    this.follow = follow;
    this.clock = clock;
    this.follower = follower;
    this.changes = changes;
    this.pastBoard = computed;
    this.liveBoard = new LiveBoard(computed);
    this.keeper = boards == null ? null : new BoardKeeper(boards, this::ofBoard);
  }

  /** What costs time once, before the first board is written. */
  void prepare() {
    if (keeper != null) {
      BoardFile.prepare();
    }
  }

  /** Brings the changes and boards of those somebody looks at up to date; one thread, about each second. */
  void keepUp(Snapshot snapshot) {
    for (var tenant : watched.asMap().keySet()) {
      changes.keepUp(tenant, follower.read(tenant, Scope::ofServices), snapshot, clock.millis(),
          CHANGES_PER_SECOND);
    }
    if (keeper != null) {
      keeper.refresh(List.copyOf(watched.asMap().keySet()), clock.millis());
    }
  }

  private Overview ofBoard(Tenant tenant) {
    try (var snapshot = snapshots.get()) {
      return judged(tenant, liveBoard.overview(tenant, snapshot,
          clock.millis() - PageMaker.LEAST_DELAY_MS, BoardKeeper.WINDOW_MS, BoardKeeper.POINTS),
          snapshot);
    }
  }

  /** As {@link ViewApi#suspectOf}. */
  String suspectOf(Tenant tenant, String service) {
    return suspects.get(tenant, this::suspects).getOrDefault(service, "");
  }

  private Map<String, String> suspects(Tenant tenant) {
    var found = new HashMap<String, String>();
    try {
      for (var row : ofBoard(tenant).services()) {
        var suspect = row.suspect();
        if (suspect != null) {
          found.put(row.id(), suspect.text());
        }
      }
    } catch (RuntimeException away) {
      LOG.warn("who is suspected could not be told: {}", away.toString());
    }
    return found;
  }

  /** Reads a request's parameters; the result runs on a page thread. */
  ViewApi.Job overview(ViewParameters parameters) {
    long window = parameters.number("window", 900, 10, ViewApi.LONGEST_WINDOW_MS / 1000) * 1000;
    int points = (int) parameters.number("points", 60, 1, ViewApi.MOST_POINTS);
    boolean inColumns = switch (parameters.text("layout")) {
      case "", "rows" -> false;
      case "columns" -> true;
      default ->
        throw Failure.user("layout is '" + parameters.text("layout") + "', want rows or columns");
    };
    var sparks = new Sparks(parameters.text("spark"),
        (int) parameters.number("first", 0, 0, Integer.MAX_VALUE),
        (int) parameters.number("count", Integer.MAX_VALUE, 0, Integer.MAX_VALUE),
        parameters.time("since"));
    var cluster = parameters.text("cluster");
    var site = parameters.text("site");
    boolean onBoard = parameters.endMs < 0 && window == BoardKeeper.WINDOW_MS
        && points == BoardKeeper.POINTS;
    boolean asWritten = !inColumns && cluster.isEmpty() && site.isEmpty()
        && sparks.equals(Sparks.ALL);
    return warnings -> {
      long now = clock.millis();
      long edge = now - PageMaker.LEAST_DELAY_MS;
      long end = parameters.endMs < 0 ? edge : Math.min(parameters.endMs, edge);
      watched.put(parameters.tenant, Boolean.TRUE);
      var kept = onBoard && keeper != null ? keeper : null;
      var written = kept == null || !asWritten
          ? null
          : kept.reply(parameters.tenant, now, warnings);
      var made = kept == null || asWritten ? null : kept.made(parameters.tenant, now);
      if (written != null || made != null) {
        servedFromBoard.incrementAndGet();
      }
      if (written != null) {
        return written;
      }
      if (made != null) {
        return shown(made, cluster, site, inColumns, sparks, warnings);
      }
      try (var snapshot = snapshots.get()) {
        follow.accept(snapshot, warnings);
        var board = parameters.endMs < 0 ? liveBoard : pastBoard;
        var overview = judged(parameters.tenant,
            board.overview(parameters.tenant, snapshot, end, window, points), snapshot);
        return shown(overview, cluster, site, inColumns, sparks, warnings);
      }
    };
  }

  private static byte[] shown(Overview overview, String cluster, String site, boolean inColumns,
      Sparks sparks, List<String> warnings) {
    var where = overview.where();
    var shown = overview.in(cluster, site);
    return inColumns
        ? OverviewColumns.json(shown, where, sparks, warnings)
        : ViewJson.overview(shown, where, sparks, warnings);
  }

  /** Adds what the board does not know: changes, and with them who is suspected. */
  private Overview judged(Tenant tenant, Overview overview, Snapshot snapshot) {
    changes.keepUp(tenant, follower.read(tenant, Scope::ofServices), snapshot, overview.atMs(),
        CHANGES_PER_REQUEST);
    var services = new ArrayList<Overview.Row>(overview.services().size());
    for (var row : overview.services()) {
      services.add(row.judged(changes.last(tenant, Entity.service(row.id())), overview.atMs()));
    }
    return new Overview(overview.atMs(), overview.grid(), services, overview.nodes());
  }

  /** How many were put together from the kept board. */
  long servedFromBoard() {
    return servedFromBoard.get();
  }

  /** The board must not be unmapped under the thread that writes it: that one has ended. */
  @Override
  public void close() {
    if (keeper != null) {
      keeper.close();
    }
  }
}

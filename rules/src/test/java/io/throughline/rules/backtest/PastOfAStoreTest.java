package io.throughline.rules.backtest;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.OpenTelemetry;
import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SeriesMetadata;
import io.throughline.model.Tenant;
import io.throughline.query.QueryRole;
import io.throughline.query.QuerySettings;
import io.throughline.query.ReadBarrier;
import io.throughline.query.engine.QueryLimits;
import io.throughline.query.source.SnapshotSource;
import io.throughline.rules.Objectives;
import io.throughline.rules.file.RuleFiles;
import io.throughline.rules.group.Options;
import io.throughline.rules.slo.SloFiles;
import io.throughline.rules.slo.SloRules;
import io.throughline.store.LogPosition;
import io.throughline.store.SampleBuffer;
import io.throughline.store.Store;
import io.throughline.store.StoreSettings;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Back-tests over HTTP of what a real store holds: a service's latencies as native histograms. */
class PastOfAStoreTest {

  private static final int MINUTES_BEFORE = 3 * 1440;
  private static final int DAY = 1440;
  private static final long BEGIN_MS = Instant.parse("2026-11-14T00:00:00Z").toEpochMilli();
  private static final Options OPTIONS = new Options(60_000, 0, 300_000, QueryLimits.DEFAULT,
      Map.of(), "", 60_000);
  private static final Labels DURATION = Labels.of("__name__", "duration_seconds", "job",
      "shop/checkout");

  private static final String RULES = """
      groups:
      - name: shop
        rules:
        - record: job:duration_seconds:p50
          expr: histogram_quantile(0.5, sum by (job) (rate(duration_seconds[5m])))
        - alert: HalfAreSlow
          expr: job:duration_seconds:p50 > 2
          for: 5m
          labels: {severity: page}
      """;

  /** Of 100 days, one of 100 requests may take longer than 2 s: the page is due at 43.2 and 18 times that. */
  private static final String SLOS = Objectives.latency("duration_seconds", "90d", 0.99);

  @TempDir
  private Path folder = Path.of("");

  private final Vertx vertx = Vertx.vertx();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private Store store;
  private String url = "";

  @BeforeEach
  void open() throws Exception {
    store = Store.open(folder, StoreSettings.DEFAULTS.withBackgroundMerges(false));
    opened.add(store);
    fill();
    serve(QuerySettings.DEFAULT);
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get();
    for (var one : opened.reversed()) {
      one.close();
    }
  }

  private void serveAtMost(int samples) throws Exception {
    var s = QuerySettings.DEFAULT;
    serve(new QuerySettings(s.lookback(), Duration.ofSeconds(20), s.threads(), s.queueLength(),
        s.maxConcurrent(), s.maxSeries(), samples, s.maxBytes(), false, List.of(), 0, ""));
  }

  private void serve(QuerySettings settings) throws Exception {
    var role = new QueryRole(settings, store::snapshot, ReadBarrier.NONE,
        () -> Instant.ofEpochMilli(BEGIN_MS + DAY * 60_000L), OpenTelemetry.noop().getMeter("test"),
        null);
    opened.add(role);
    var router = Router.router(vertx);
    role.mount(router);
    url = "http://127.0.0.1:" + vertx.createHttpServer()
        .requestHandler(router)
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get()
        .actualPort();
  }

  /** How many of the 100 requests of a minute take longer than two seconds. */
  private static int slow(int minute) {
    // Two short spells, six minutes apart; a bad half hour; five hours in which a quarter is slow.
    boolean all = minute >= 100 && minute < 112 || minute >= 118 && minute < 130
        || minute >= 400 && minute < 435;
    return all ? 100 : minute >= 900 && minute < 1180 ? 25 : 0;
  }

  private void fill() {
    var writer = store.shard(0);
    var bytes = DURATION.canonicalBytes();
    int id = writer.seriesId(Tenant.DEFAULT, bytes, 0, bytes.length, SeriesMetadata.UNKNOWN);
    long fast = 0;
    long slow = 0;
    for (int minute = -MINUTES_BEFORE; minute <= DAY; minute++) {
      slow += slow(minute);
      fast += 100 - slow(minute);
      // Buckets (1, 2] and (2, 4].
      writer.append(id, BEGIN_MS + minute * 60_000L, 0,
          new NativeHistogram(true, NativeHistogram.ResetHint.UNKNOWN, 0, 1e-128, 0, fast + slow,
              2.0 * fast, new int[] {1, 2}, new long[] {fast, slow}, new int[0], new long[0],
              new double[0]));
      if (minute == 200) {
        writer.flush();
      }
    }
    writer.applied(new LogPosition("c", "t", 0, 1));
  }

  /** What a rate over a range sees at a minute: the increases between the samples in it, the oldest of which is the left end. */
  private static double share(int minute, int range) {
    int bad = 0;
    for (int at = minute - range + 2; at <= minute; at++) {
      bad += slow(at);
    }
    return bad / (100.0 * (range - 1));
  }

  /** From when to when, in minutes, something was so; to the first minute in which it is not. */
  private static List<String> spells(IntPredicate so) {
    var spells = new ArrayList<String>();
    int since = -1;
    for (int minute = 0; minute <= DAY; minute++) {
      if (so.test(minute)) {
        since = since < 0 ? minute : since;
      } else if (since >= 0) {
        spells.add(since + "-" + minute);
        since = -1;
      }
    }
    return spells;
  }

  private static List<String> spells(List<Episode> episodes) {
    return episodes.stream()
        .map(one -> (one.fromMs() - BEGIN_MS) / 60_000 + "-" + (one.toMs() - BEGIN_MS) / 60_000)
        .toList();
  }

  private Report run(ApiSource source) {
    var rules = RuleFiles.parse("a.yml", RULES);
    var slos = SloFiles.parse("s.yml", SLOS);
    assertThat(rules.problems()).isEmpty();
    assertThat(slos.problems()).isEmpty();
    return Backtest.run(rules.groups(),
        slos.slos().stream().map(slo -> SloRules.group(slo, BEGIN_MS)).toList(), source, OPTIONS,
        BEGIN_MS, BEGIN_MS + DAY * 60_000L, _ -> {});
  }

  @Test
  void firingsFlapsAndBurnsOfALatencyObjectiveAreWhatReckoningByHandSays() {
    var source = new ApiSource(url, "default", BEGIN_MS + DAY * 60_000L);
    var report = run(source);

    IntPredicate halfAreSlow = minute -> share(minute, 5) > 0.5;
    assertThat(report.failures()).isEmpty();
    assertThat(spells(report.episodes())).isEqualTo(spells(minute -> {
      for (int at = minute - 5; at <= minute; at++) {
        if (!halfAreSlow.test(at)) {
          return false;
        }
      }
      return true;
    })).hasSize(3);
    assertThat(spells(report.burns()))
        .isEqualTo(spells(minute -> share(minute, 60) > 0.432 && share(minute, 5) > 0.432
            || share(minute, 360) > 0.18 && share(minute, 30) > 0.18))
        .hasSize(2);
    assertThat(report.summaries()).extracting(Report.Summary::flaps).containsExactly(1);
    assertThat(report.precision()).isEqualTo(1 / 3.0);
    assertThat(report.recall()).isEqualTo(0.5);
    assertThat(report.missed()).containsExactly(report.burns().getLast());

    var text = new StringWriter();
    ReportText.print(report, source.coverage().missing(report), new PrintWriter(text));
    assertThat(text).hasToString(
        """
            tested 1 alert from 2026-11-14T00:00:00Z to 2026-11-15T00:00:00Z (1d), 1 objective from 2026-11-11T00:00:00Z on

            2026-11-14T01:47:00Z to 2026-11-14T01:53:00Z (6m) shop/HalfAreSlow {alertname="HalfAreSlow", job="shop/checkout", severity="page"}
            2026-11-14T02:05:00Z to 2026-11-14T02:11:00Z (6m) shop/HalfAreSlow {alertname="HalfAreSlow", job="shop/checkout", severity="page"}
            2026-11-14T06:47:00Z to 2026-11-14T07:16:00Z (29m) shop/HalfAreSlow {alertname="HalfAreSlow", job="shop/checkout", severity="page"}

            shop/HalfAreSlow: fired 3 times, flapped once, fired for 41m, fell into a burn once

            budgets burned too fast 2 times:
              2026-11-14T07:05:00Z to 2026-11-14T07:17:00Z (12m) slo:checkout-fast {job="shop/checkout", slo_name="checkout-fast", slo_service="shop/checkout"}
              2026-11-14T19:18:00Z to 2026-11-14T19:48:00Z (30m) slo:checkout-fast {job="shop/checkout", slo_name="checkout-fast", slo_service="shop/checkout"}, no rule fired
            precision 33.3 %: of 3 firings 1 fell into a burn
            recall 50.0 %: of 2 burns a rule fired in 1

            not covered, for no samples were stored:
              duration_seconds: 2026-11-10T18:00:00Z to 2026-11-11T00:00:00Z (6h), 5.9 % of the time it was asked for
            """);
  }

  @Test
  void aStretchThatIsMoreThanTheServerAnswersIsAskedForInPieces() throws Exception {
    var source = new ApiSource(url, "default", BEGIN_MS + DAY * 60_000L);
    var whole = run(source);
    assertThat(source.requests()).as("few samples come far ahead").isLessThan(40);
    serveAtMost(500);

    var inPieces = run(new ApiSource(url, "default", BEGIN_MS + DAY * 60_000L));

    assertThat(inPieces).isEqualTo(whole);
  }

  @Test
  void aRuleThatWantsMoreThanTheServerAnswersFailsAlone() throws Exception {
    serveAtMost(100);
    var rules = RuleFiles.parse("a.yml", """
        groups:
        - name: g
          rules:
          - {alert: Far, expr: 'rate(duration_seconds[6h]) > 0'}
          - {alert: Near, expr: 'duration_seconds{job!=""}'}
        """);
    var source = new ApiSource(url, "default", BEGIN_MS + DAY * 60_000L);

    var report = Backtest.run(rules.groups(), List.of(), source, OPTIONS, BEGIN_MS,
        BEGIN_MS + 3 * 3_600_000L, _ -> {});

    assertThat(source.failure()).isNull();
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().getFirst().rule()).isEqualTo("g/Far");
    assertThat(report.failures().getFirst().moments()).isEqualTo(181);
    assertThat(report.failures().getFirst().reason()).contains("100");
    assertThat(report.episodes()).extracting(Episode::rule).containsExactly("g/Near");
    assertThat(source.requests()).as("once is enough to know").isLessThan(100);
  }

  @Test
  void nativeHistogramsArriveAsTheyAreStored() {
    var matchers = List.of(Matcher.equal("__name__", "duration_seconds"));
    long fromMs = BEGIN_MS + 100 * 60_000;
    long toMs = BEGIN_MS + 110 * 60_000;
    var source = new ApiSource(url, "default", toMs);
    var here = new SampleBuffer();
    var there = new SampleBuffer();

    source.select(matchers, fromMs, toMs, 10).getFirst().read(fromMs, toMs, there);

    try (var snapshot = store.snapshot()) {
      new SnapshotSource(snapshot, Tenant.DEFAULT).select(matchers, fromMs, toMs, 10)
          .getFirst()
          .read(fromMs, toMs, here);
    }
    assertThat(there.size()).isEqualTo(11).isEqualTo(here.size());
    for (int i = 0; i < here.size(); i++) {
      assertThat(there.times()[i]).isEqualTo(here.times()[i]);
      assertThat(there.histogram(i)).isEqualTo(here.histogram(i));
    }
  }

  @Test
  void anInstallationThatIsAwayIsSaidOnceAndAskedNoMore() {
    var source = new ApiSource("http://127.0.0.1:1", "default", BEGIN_MS);

    run(source);

    assertThat(source.failure()).isInstanceOf(Failure.class)
        .hasMessageStartingWith("no answer from http://127.0.0.1:1: ");
  }
}

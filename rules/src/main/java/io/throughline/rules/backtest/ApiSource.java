package io.throughline.rules.backtest;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.throughline.model.Failure;
import io.throughline.model.Matcher;
import io.throughline.query.api.ReadExchange;
import io.throughline.query.source.SampleSource;
import io.throughline.store.Snapshot;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The samples of a running installation, native histograms among them, through its remote read. For who asks with times that
 * go on: what a selector matches is fetched stretch by stretch, some hours ahead, up to two days where that is little, and
 * let go of behind. A stretch that is more than the installation answers at once is quartered; a selector that is too much
 * at one moment fails by itself.
 *
 * <p>Any other failure is thrown by every later call too. Not thread-safe.
 */
public final class ApiSource implements SampleSource {

  private static final long AHEAD_MS = 6 * 3_600_000L;
  private static final long MOST_AHEAD_MS = 8 * AHEAD_MS;
  private static final long LEAST_AHEAD_MS = 60_000;
  /** What a selector matches is fetched further ahead than usual as long as no more comes over the wire at once. */
  private static final int FEW_BYTES = 1 << 20;
  private static final int MOST_BYTES = 1 << 29;

  private final HttpClient client = HttpClient.newBuilder()
      .version(HttpClient.Version.HTTP_1_1)
      .connectTimeout(Duration.ofSeconds(5))
      .build();
  private final Map<List<Matcher>, Fetched> fetched = new HashMap<>();
  private final String url;
  private final String tenant;
  private final long toMs;
  private final Coverage coverage;
  private @Nullable Failure failed;
  private int requests;
  private long samples;
  private long bytes;

  /** What is known of a selector: everything from one time to another, both included. */
  private record Fetched(long fromMs, long toMs, long widestMs, List<Stretch> series, long bytes,
      @Nullable Failure refusal) {

    /** How far ahead is fetched next, if samples come as they came; never much further than what is known reaches. */
    long nextAheadMs() {
      if (refusal != null) {
        return AHEAD_MS;
      }
      long spanMs = toMs - fromMs;
      long few = (long) ((double) spanMs * FEW_BYTES / Math.max(1, bytes));
      return Math.clamp(Math.min(few, 4 * spanMs), AHEAD_MS, MOST_AHEAD_MS);
    }
  }

  /**
   * @param url of the installation, such as {@code http://127.0.0.1:7070}
   * @param toMs of the newest sample that will be asked for
   */
  public ApiSource(String url, String tenant, long toMs) {
    this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    this.tenant = tenant;
    this.toMs = toMs;
    this.coverage = new Coverage(toMs);
  }

  /** Which of what was asked for is stored. */
  public Coverage coverage() {
    return coverage;
  }

  /** How often the installation was asked. */
  public int requests() {
    return requests;
  }

  /** How many samples it sent; one that was sent twice counts twice. */
  public long samples() {
    return samples;
  }

  /** Why the installation did not answer, or null. */
  public @Nullable Failure failure() {
    return failed;
  }

  @Override
  public List<Snapshot.Series> select(List<Matcher> matchers, long minTimeMs, long maxTimeMs,
      int maxSeries) {
    var before = failed;
    if (before != null) {
      throw before;
    }
    var known = fetched.get(matchers);
    if (known == null || minTimeMs < known.fromMs || maxTimeMs > known.toMs) {
      try {
        known = fetch(matchers, minTimeMs, maxTimeMs, known == null ? 0 : known.widestMs,
            known == null ? AHEAD_MS : known.nextAheadMs());
      } catch (Failure failure) {
        failed = failure;
        throw failure;
      }
      fetched.put(matchers, known);
    }
    if (known.refusal != null) {
      throw known.refusal;
    }
    var found = new ArrayList<Snapshot.Series>();
    for (var one : known.series) {
      if (one.any(minTimeMs, maxTimeMs)) {
        if (found.size() >= maxSeries) {
          throw Failure.limit("the query selects more than " + maxSeries + " series");
        }
        found.add(one);
      }
    }
    return found;
  }

  private Fetched fetch(List<Matcher> matchers, long minTimeMs, long maxTimeMs, long widestMs,
      long usualAheadMs) {
    long widest = Math.max(widestMs, maxTimeMs - minTimeMs);
    long fromMs = maxTimeMs - widest;
    // As far ahead as what is fetched again reaches back: each sample is fetched about twice at most.
    long ahead = Math.max(usualAheadMs, widest);
    while (true) {
      long untilMs = Math.max(maxTimeMs, Math.min(toMs, maxTimeMs + ahead));
      try {
        long before = bytes;
        var series = ask(matchers, fromMs, untilMs);
        coverage.note(matchers, fromMs, series);
        return new Fetched(fromMs, untilMs, widest, series, bytes - before, null);
      } catch (TooMuch tooMuch) {
        if (ahead <= LEAST_AHEAD_MS) {
          // The rule fails, as it would in the installation; it is asked again when that much time has passed.
          return new Fetched(fromMs, maxTimeMs + AHEAD_MS, widest, List.of(), 0,
              Failure.limit(tooMuch.said));
        }
        ahead /= 4;
      }
    }
  }

  /** More than the installation answers at once. */
  private static final class TooMuch extends Exception {
    private static final long serialVersionUID = 1;
    private final String said;

    TooMuch(String said) {
      super(said, null, false, false);
      this.said = said;
    }
  }

  private List<Stretch> ask(List<Matcher> matchers, long fromMs, long untilMs) throws TooMuch {
    var request = HttpRequest.newBuilder(URI.create(url + "/api/v1/read"))
        .timeout(Duration.ofMinutes(5))
        .header("X-Scope-OrgID", tenant)
        .header("Content-Type", "application/x-protobuf")
        .header("Content-Encoding", "snappy")
        .POST(
            HttpRequest.BodyPublishers.ofByteArray(ReadExchange.request(matchers, fromMs, untilMs)))
        .build();
    requests++;
    try {
      var response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      if (response.statusCode() == 422) {
        throw new TooMuch(said(response.body()));
      }
      if (response.statusCode() != 200) {
        throw Failure.unavailable(url + " answered " + response.statusCode()
            + " where samples were asked for: " + said(response.body()));
      }
      bytes += response.body().length;
      var series = new ArrayList<Stretch>();
      ReadExchange.answer(response.body(), MOST_BYTES, (labels, answered) -> {
        series.add(Stretch.of(labels, series.size(), answered));
        samples += answered.size();
      });
      series.sort(Comparator.comparing(Stretch::labels));
      return series;
    } catch (IllegalArgumentException broken) {
      throw new Failure(Failure.Category.UNAVAILABLE,
          url + " did not answer with samples: " + broken.getMessage(), broken);
    } catch (IOException away) {
      throw new Failure(Failure.Category.UNAVAILABLE, "no answer from " + url + ": " + away, away);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new Failure(Failure.Category.UNAVAILABLE, "interrupted", interrupted);
    }
  }

  private static String said(byte[] body) {
    try {
      return new ObjectMapper().readTree(body).path("error").asText();
    } catch (IOException noJson) {
      return "a body of " + body.length + " bytes";
    }
  }
}

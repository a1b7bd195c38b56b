package io.throughline.app;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a write would be accepted and a query answered, found out by a write and a query. Who asks while
 * that is under way gets its answer too, so however many ask, one write and one query are made at a time.
 */
final class Readiness implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  /** Looks the name up in the store as every query does, and finds nothing. */
  private static final String QUERY = "count(throughline_readiness_probe)";

  private final Supplier<String> known;
  private final Supplier<String> write;
  private final Supplier<String> query;
  private @Nullable CompletableFuture<String> underWay;

  /**
   * Each answers why not, or "".
   *
   * @param known what is known without asking
   * @param write writes; may wait
   * @param query queries; may wait
   */
  Readiness(Supplier<String> known, Supplier<String> write, Supplier<String> query) {
    this.known = known;
    this.write = write;
    this.query = query;
  }

  /** Why not, or "". Never fails. */
  synchronized CompletionStage<String> reason() {
    var now = underWay;
    if (now != null && !now.isDone()) {
      return now;
    }
    var asked = new CompletableFuture<String>();
    underWay = asked;
    Thread.ofVirtual().name("readiness").start(() -> {
      try {
        asked.complete(find());
      } catch (RuntimeException | Error failed) {
        asked.complete("readiness cannot be found out: " + failed);
      }
    });
    return asked;
  }

  private String find() {
    var reason = known.get();
    if (reason.isEmpty()) {
      reason = write.get();
    }
    return reason.isEmpty() ? query.get() : reason;
  }

  /** Asks a query at the front door of this very process, as any client would. */
  static final class OwnQuery implements Supplier<String>, AutoCloseable {
    private final HttpClient client = HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(PATIENCE)
        .build();
    private final HttpRequest request;

    /** @param url of the front door */
    OwnQuery(String url) {
      request = HttpRequest
          .newBuilder(URI.create(
              url + "/api/v1/query?query=" + URLEncoder.encode(QUERY, StandardCharsets.UTF_8)))
          .timeout(PATIENCE)
          // What we ask ourselves is no traffic to measure.
          .header("User-Agent", "throughline-agent-readiness")
          .build();
    }

    @Override
    public String get() {
      try {
        var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() == 200
            ? ""
            : "a query was answered with " + answer.statusCode() + ": " + answer.body();
      } catch (IOException failed) {
        return "a query was not answered: " + failed;
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return "interrupted while asking a query";
      }
    }

    @Override
    public void close() {
      client.shutdownNow();
    }
  }

  /** Who waits is not left waiting. */
  @Override
  public synchronized void close() {
    if (underWay != null) {
      underWay.complete("throughline is stopping");
    }
  }
}

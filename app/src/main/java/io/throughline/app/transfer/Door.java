package io.throughline.app.transfer;

import io.throughline.app.attach.WriteBody;
import io.throughline.model.Labels;
import io.throughline.model.MetricType;
import io.throughline.model.NativeHistogram;
import io.throughline.model.SeriesMetadata;
import io.throughline.store.transfer.ImportProgress;
import io.throughline.store.transfer.ImportTarget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An import's way through the collector's door: gathers samples by series into bodies of remote write and sends one after
 * the other. A door that is busy is waited for; one that refuses samples is noted, and the import goes on. Not thread-safe.
 */
final class Door implements ImportTarget, AutoCloseable {
  private static final int SAMPLES_PER_BODY = 20_000;
  private static final int HISTOGRAMS_PER_BODY = 2_000;
  private static final int MOST_REASONS = 5;
  private static final long LONGEST_WAIT_MS = 5_000;
  private static final Pattern REFUSED = Pattern.compile("refused (\\d+): ");

  private final String url;
  private final String tenant;
  private final Duration patience;
  private final Consumer<ImportProgress> progress;
  private final HttpClient client = HttpClient.newBuilder()
      .version(HttpClient.Version.HTTP_1_1)
      .build();
  private final List<Map<String, String>> series = new ArrayList<>();
  private final Map<Labels, Integer> numbers = new HashMap<>();
  private final Set<String> described = new HashSet<>();
  private final Set<String> reasons = new LinkedHashSet<>();
  private WriteBody body = new WriteBody();
  private int current = -1;
  private long[] times = new long[1024];
  private double[] values = new double[1024];
  private int count;
  private int histograms;
  private long refused;

  /**
   * @param patience how long a door that is busy or away is waited for
   * @param progress hears how far the import is
   */
  Door(String url, String tenant, Duration patience, Consumer<ImportProgress> progress) {
    this.url = url;
    this.tenant = tenant;
    this.patience = patience;
    this.progress = progress;
  }

  /** Samples the door did not take. */
  long refused() {
    return refused;
  }

  /** Why, in the door's words, at most {@value #MOST_REASONS} of them. */
  Set<String> reasons() {
    return reasons;
  }

  @Override
  public int series(Labels labels, SeriesMetadata metadata) {
    var known = numbers.get(labels);
    if (known != null) {
      return known;
    }
    if (metadata.type() != MetricType.UNKNOWN && described.add(labels.metricName())) {
      body.metadata(labels.metricName(), metadata.type().promName(), metadata.help(),
          metadata.unit());
    }
    series.add(labels.toMap());
    numbers.put(labels, series.size() - 1);
    return series.size() - 1;
  }

  /** Series are named anew: a block has its own. What was handed over so far is sent. */
  void nextSource() {
    flush();
    series.clear();
    numbers.clear();
  }

  @Override
  public void sample(int of, long timeMs, double value) {
    if (of != current || count == SAMPLES_PER_BODY) {
      endSeries();
      current = of;
    }
    if (count == times.length) {
      times = Arrays.copyOf(times, 2 * count);
      values = Arrays.copyOf(values, 2 * count);
    }
    times[count] = timeMs;
    values[count++] = value;
  }

  @Override
  public void histogram(int of, long timeMs, NativeHistogram histogram) {
    endSeries();
    body.histogram(series.get(of), timeMs, histogram);
    if (++histograms >= HISTOGRAMS_PER_BODY) {
      send();
    }
  }

  @Override
  public void progress(ImportProgress now) {
    progress.accept(now);
  }

  private void endSeries() {
    if (count > 0) {
      body.series(series.get(current), times, values, count);
      count = 0;
    }
    if (body.samples() >= SAMPLES_PER_BODY) {
      send();
    }
  }

  /** Sends what is gathered. */
  void flush() {
    endSeries();
    current = -1;
    send();
  }

  private void send() {
    if (body.samples() == 0) {
      return;
    }
    var request = HttpRequest.newBuilder(URI.create(url + "/api/v1/write"))
        .timeout(Duration.ofSeconds(60))
        .header("Content-Type", "application/x-protobuf")
        .header("Content-Encoding", "snappy")
        .header("X-Scope-OrgID", tenant)
        .POST(HttpRequest.BodyPublishers.ofByteArray(body.compressed()))
        .build();
    var reply = answer(request);
    if (reply.statusCode() == 400) {
      var said = reply.body().strip();
      var number = REFUSED.matcher(said);
      refused += number.find() ? Long.parseLong(number.group(1)) : body.samples();
      if (reasons.size() < MOST_REASONS) {
        reasons.add(said.replaceFirst("^stored \\d+ samples, refused \\d+: ", ""));
      }
    } else if (reply.statusCode() / 100 != 2) {
      throw new UncheckedIOException(
          new IOException(url + " answered " + reply.statusCode() + ": " + reply.body().strip()));
    }
    body = new WriteBody();
    histograms = 0;
  }

  private HttpResponse<String> answer(HttpRequest request) {
    long until = System.nanoTime() + patience.toNanos();
    for (long waitMs = 100;; waitMs = Math.min(LONGEST_WAIT_MS, 2 * waitMs)) {
      String trouble = null;
      @Nullable
      IOException away = null;
      try {
        var reply = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (reply.statusCode() != 503 && reply.statusCode() != 429) {
          return reply;
        }
        trouble = "answers " + reply.statusCode() + ": " + reply.body().strip();
      } catch (IOException failed) {
        trouble = "is not reached: " + failed;
        away = failed;
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
        throw new UncheckedIOException(new IOException("stopped", stopped));
      }
      if (System.nanoTime() - until > 0) {
        throw new UncheckedIOException(new IOException(url + " " + trouble, away));
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(waitMs));
    }
  }

  @Override
  public void close() {
    client.close();
  }
}

package io.throughline.app.attach;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.throughline.app.console.Reason;
import io.throughline.model.Counted;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Copies raw samples out of a Prometheus and into Throughline: range selectors of instant queries give
 * samples as they were scraped, with their own times. What is copied twice is one sample, since the same
 * series and time is written again.
 *
 * <p>One request reads at most about {@value #SAMPLES_AT_ONCE} samples: metrics are put together, and time is
 * cut, by how many series there are. A busy or absent side is waited for; a refused sample is said and left
 * behind. Native histograms cannot be had through this API and are counted: for them use remote write.
 */
final class Attachment {
  private static final ObjectMapper JSON = new ObjectMapper();
  static final int SAMPLES_AT_ONCE = 200_000;
  private static final int SAMPLES_PER_BODY = 20_000;
  private static final long ASSUMED_INTERVAL_MS = 15_000;
  private static final long LONGEST_SLICE_MS = TimeUnit.HOURS.toMillis(6);
  private static final long LEAST_SLICE_MS = TimeUnit.MINUTES.toMillis(1);
  private static final int MOST_NAMES_AT_ONCE = 40;
  private static final long LONGEST_WAIT_MS = 30_000;

  private final HttpClient client = HttpClient.newBuilder()
      .version(HttpClient.Version.HTTP_1_1)
      .connectTimeout(Duration.ofSeconds(10))
      .build();
  private final String from;
  private final String to;
  private final String tenant;
  private final Consumer<String> say;
  private long samples;
  private long nativeLeftOut;

  /** What went wrong, in words for whoever started it. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  /** Metrics that are read together, and how far at once. */
  private record Group(List<String> metrics, long sliceMs) {}

  Attachment(String from, String to, String tenant, Consumer<String> say) {
    this.from = from.replaceAll("/+$", "");
    this.to = to.replaceAll("/+$", "");
    this.tenant = tenant;
    this.say = say;
  }

  long samples() {
    return samples;
  }

  long nativeLeftOut() {
    return nativeLeftOut;
  }

  /** Copies {@code [startMs, endMs]}, the newest first, so that the pane has something to show at once. */
  void copy(long startMs, long endMs) throws IOException {
    var groups = groups(endMs);
    copyMetadata();
    long done = endMs;
    for (long width = LEAST_SLICE_MS * 15; done > startMs; width = LONGEST_SLICE_MS) {
      long begin = Math.max(startMs, done - width);
      for (var group : groups) {
        for (long sliceEnd = done; sliceEnd > begin; sliceEnd -= group.sliceMs()) {
          long slice = Math.min(group.sliceMs(), sliceEnd - begin);
          copy(selector(group.metrics()), slice, sliceEnd);
        }
      }
      done = begin;
      say.accept(
          "copied back to " + Instant.ofEpochMilli(done) + ": " + Counted.of(samples, "sample"));
    }
  }

  /** Copies what came in the last {@code spanMs}, of all metrics at once. */
  void copyNewest(long spanMs, long endMs) throws IOException {
    for (var group : groups(endMs)) {
      copy(selector(group.metrics()), spanMs, endMs);
    }
  }

  /** Metrics in groups of so many series that a slice of at least a minute stays below the bound. */
  private List<Group> groups(long endMs) throws IOException {
    var counts = new TreeMap<String, Integer>();
    var reply = ask("query",
        Map.of("query", "count by (__name__) ({__name__=~\".+\"})", "time", seconds(endMs)));
    for (var each : reply.path("result")) {
      counts.put(each.path("metric").path("__name__").asText(), each.path("value").path(1).asInt());
    }
    if (counts.isEmpty()) {
      throw new Refused(from + " has no series now");
    }
    var groups = new ArrayList<Group>();
    var names = new ArrayList<String>();
    long series = 0;
    for (var metric : counts.entrySet()) {
      long perSlice = (series + metric.getValue()) * LEAST_SLICE_MS * 60 / ASSUMED_INTERVAL_MS;
      if (!names.isEmpty() && (perSlice > SAMPLES_AT_ONCE || names.size() == MOST_NAMES_AT_ONCE)) {
        groups.add(group(names, series));
        names = new ArrayList<>();
        series = 0;
      }
      names.add(metric.getKey());
      series += metric.getValue();
    }
    groups.add(group(names, series));
    return groups;
  }

  private static Group group(List<String> names, long series) {
    return new Group(List.copyOf(names),
        Math.clamp(SAMPLES_AT_ONCE * ASSUMED_INTERVAL_MS / Math.max(1, series), LEAST_SLICE_MS,
            LONGEST_SLICE_MS));
  }

  private static String selector(List<String> metrics) {
    var names = new ArrayList<String>();
    metrics.forEach(metric -> names
        .add(Pattern.compile("[.+*?^$()\\[\\]{}|\\\\]").matcher(metric).replaceAll("\\\\\\\\$0")));
    return "{__name__=~\"" + String.join("|", names) + "\"}";
  }

  private void copyMetadata() throws IOException {
    var body = new WriteBody();
    var known = ask("metadata", Map.of());
    for (var metric : known.properties()) {
      var first = metric.getValue().path(0);
      body.metadata(metric.getKey(), first.path("type").asText(), first.path("help").asText(),
          first.path("unit").asText());
    }
    write(body);
  }

  private void copy(String selector, long spanMs, long endMs) throws IOException {
    // A millisecond more: newer Prometheus leaves the first instant of a range out.
    var reply = ask("query",
        Map.of("query", selector + "[" + (spanMs + 1) + "ms]", "time", seconds(endMs)));
    var body = new WriteBody();
    for (var series : reply.path("result")) {
      if (series.has("histograms")) {
        nativeLeftOut++;
      }
      var labels = new HashMap<String, String>();
      series.path("metric")
          .properties()
          .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
      add(labels, series.path("values"), body);
      if (body.samples() >= SAMPLES_PER_BODY) {
        write(body);
        body = new WriteBody();
      }
    }
    write(body);
  }

  private static void add(Map<String, String> labels, JsonNode values, WriteBody body) {
    var times = new long[values.size()];
    var numbers = new double[values.size()];
    int count = 0;
    for (var value : values) {
      times[count] = Math.round(value.path(0).asDouble() * 1000);
      numbers[count++] = number(value.path(1).asText());
    }
    if (count > 0) {
      body.series(labels, times, numbers, count);
    }
  }

  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  private static String seconds(long ms) {
    return ms / 1000 + "." + String.valueOf(1000 + ms % 1000).substring(1);
  }

  /** A reply's data; waits for a Prometheus that is not there for up to half a minute. */
  private JsonNode ask(String path, Map<String, String> parameters) throws IOException {
    var form = new ArrayList<String>();
    new LinkedHashMap<>(parameters).forEach(
        (name, value) -> form.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8)));
    Collections.sort(form);
    var request = HttpRequest
        .newBuilder(URI.create(
            from + "/api/v1/" + path + (form.isEmpty() ? "" : "?" + String.join("&", form))))
        .timeout(Duration.ofMinutes(3))
        .build();
    var reply = send(request, from);
    var json = JSON.readTree(reply.body());
    if (reply.statusCode() != 200 || !json.path("status").asText().equals("success")) {
      throw new Refused(from + " answered " + reply.statusCode() + ": "
          + json.path("error").asText("no Prometheus' API"));
    }
    return json.path("data");
  }

  private void write(WriteBody body) throws IOException {
    var request = HttpRequest.newBuilder(URI.create(to + "/api/v1/write"))
        .timeout(Duration.ofSeconds(60))
        .header("Content-Type", "application/x-protobuf")
        .header("Content-Encoding", "snappy")
        .header("X-Prometheus-Remote-Write-Version", "0.1.0")
        .header("X-Scope-OrgID", tenant)
        .POST(HttpRequest.BodyPublishers.ofByteArray(body.compressed()))
        .build();
    var reply = send(request, to);
    if (reply.statusCode() == 400) {
      // The good ones are stored; the reason names the rest.
      say.accept("some samples were refused: " + reply.body().strip());
    } else if (reply.statusCode() / 100 != 2) {
      throw new Refused(to + " answered " + reply.statusCode() + ": " + reply.body().strip());
    }
    samples += body.samples();
  }

  private HttpResponse<String> send(HttpRequest request, String where) throws IOException {
    long waitMs = 250;
    while (true) {
      String trouble;
      try {
        var reply = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (reply.statusCode() != 503 && reply.statusCode() != 429) {
          return reply;
        }
        trouble = "answered " + reply.statusCode();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Refused("stopped");
      } catch (IOException e) {
        trouble = "did not answer (" + Reason.of(e) + ")";
      }
      if (waitMs > LONGEST_WAIT_MS) {
        throw new Refused(where + " " + trouble + "; is it running there?");
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(waitMs));
      waitMs *= 2;
    }
  }
}

package io.throughline.rules.backtest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.throughline.model.Failure;
import io.throughline.model.Labels;
import io.throughline.model.Matcher;
import io.throughline.query.promql.Strings;
import io.throughline.query.source.MemorySource;
import io.throughline.query.source.SampleSource;
import io.throughline.store.Snapshot;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The samples of a running installation, through its query API. What a selector matches is fetched once, for the whole
 * stretch, at its first use. Native histograms are left out: the API's form of them does not say their schema.
 */
public final class ApiSource implements SampleSource {

  private final HttpClient client = HttpClient.newBuilder()
      .version(HttpClient.Version.HTTP_1_1)
      .connectTimeout(Duration.ofSeconds(5))
      .build();
  private final ObjectMapper json = new ObjectMapper();
  private final Map<List<Matcher>, MemorySource> fetched = new HashMap<>();
  private final String url;
  private final String tenant;
  private final long fromMs;
  private final long toMs;

  /**
   * @param url of the installation, such as {@code http://127.0.0.1:7070}
   * @param fromMs of the oldest sample that is looked at; a request for older ones finds nothing
   */
  public ApiSource(String url, String tenant, long fromMs, long toMs) {
    this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    this.tenant = tenant;
    this.fromMs = fromMs;
    this.toMs = toMs;
  }

  @Override
  public List<Snapshot.Series> select(List<Matcher> matchers, long minTimeMs, long maxTimeMs,
      int maxSeries) {
    var samples = fetched.get(matchers);
    if (samples == null) {
      samples = fetch(matchers);
      fetched.put(matchers, samples);
    }
    return samples.select(matchers, minTimeMs, maxTimeMs, maxSeries);
  }

  private MemorySource fetch(List<Matcher> matchers) {
    var selector = matchers.stream()
        .map(matcher -> Strings.quote(matcher.label()) + matcher.operator().symbol() + Strings
            .quote(matcher.value()))
        .collect(Collectors.joining(",", "{", "}"));
    var query = selector + "[" + (toMs - fromMs) / 1000 + "s]";
    var address = URI.create(url + "/api/v1/query?time=" + toMs / 1000.0 + "&query=" + URLEncoder
        .encode(query, StandardCharsets.UTF_8));
    try {
      var response = client.send(HttpRequest.newBuilder(address)
          .timeout(Duration.ofMinutes(5))
          .header("X-Scope-OrgID", tenant)
          .build(), HttpResponse.BodyHandlers.ofString());
      var body = json.readTree(response.body());
      if (response.statusCode() != 200) {
        throw Failure.unavailable(url + " answered " + response.statusCode() + " to " + query + ": "
            + body.path("error").asText());
      }
      return samples(body.path("data").path("result"));
    } catch (IOException failed) {
      throw new Failure(Failure.Category.UNAVAILABLE, "no answer from " + url + ": " + failed,
          failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new Failure(Failure.Category.UNAVAILABLE, "interrupted", interrupted);
    }
  }

  private static MemorySource samples(JsonNode result) {
    var samples = new MemorySource();
    for (var series : result) {
      var labels = new Labels.Builder();
      series.path("metric")
          .properties()
          .forEach(label -> labels.set(label.getKey(), label.getValue().asText()));
      var built = labels.build();
      for (var point : series.path("values")) {
        samples.add(built, Math.round(point.get(0).asDouble() * 1000), number(point.get(1)
            .asText()));
      }
    }
    return samples;
  }

  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }
}

package io.throughline.agent.otlp;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Where telemetry goes: an OTLP/HTTP endpoint, the tenant, and headers such as {@code Authorization}.
 *
 * @param endpoint as {@code http://127.0.0.1:4318}; {@code /v1/metrics} is added where it has no path
 * @param tenant sent as {@code X-Scope-OrgID}, "" = none
 */
public record Destination(URI endpoint, String tenant, Map<String, String> headers) {

  /** What became of one request. */
  sealed interface Outcome {
    /** Taken; {@code complaint} is the collector's partial-success message, else "". */
    record Accepted(String complaint) implements Outcome {}

    /** Not taken now; try again, no sooner than after {@code waitMs}. */
    record Unavailable(String reason, long waitMs) implements Outcome {}

    /** Never to be taken. */
    record Refused(String reason) implements Outcome {}
  }

  private static final int CONNECT_MS = 2_000;
  // The collector promises an answer within 10 s.
  private static final int ANSWER_MS = 15_000;
  // Read to its end, so that the connection can be used again; beyond this it is not worth it.
  private static final int ANSWER_BYTES = 64 * 1024;
  private static final int REASON_CHARS = 400;

  public Destination {
    String scheme = endpoint.getScheme();
    if ((!"http".equals(scheme) && !"https".equals(scheme)) || endpoint.getHost() == null) {
      throw new IllegalArgumentException(
          "endpoint " + endpoint + ": want http://HOST:PORT or https://HOST:PORT");
    }
    headers = Map.copyOf(headers);
  }

  /** Plain http to the default tenant. */
  public static Destination of(String endpoint) {
    return new Destination(URI.create(endpoint), "", Map.of());
  }

  Outcome post(byte[] request) {
    try {
      return exchange(request);
    } catch (IOException e) {
      return new Outcome.Unavailable(endpoint + ": " + e, 0);
    }
  }

  private Outcome exchange(byte[] request) throws IOException {
    String path = endpoint.getRawPath();
    boolean bare = path == null || path.isEmpty() || path.equals("/");
    var url = (bare ? endpoint.resolve("/v1/metrics") : endpoint).toURL();
    var connection = (HttpURLConnection) url.openConnection();
    connection.setRequestMethod("POST");
    connection.setConnectTimeout(CONNECT_MS);
    connection.setReadTimeout(ANSWER_MS);
    connection.setInstanceFollowRedirects(false);
    connection.setDoOutput(true);
    connection.setFixedLengthStreamingMode(request.length);
    connection.setRequestProperty("Content-Type", "application/x-protobuf");
    // Whoever measures requests leaves those out that carry measurements.
    connection.setRequestProperty("User-Agent", "throughline-agent");
    if (!tenant.isEmpty()) {
      connection.setRequestProperty("X-Scope-OrgID", tenant);
    }
    headers.forEach(connection::setRequestProperty);
    try (var body = connection.getOutputStream()) {
      body.write(request);
    }
    int status = connection.getResponseCode();
    byte[] answer = answer(connection, status);
    if (status / 100 == 2) {
      return new Outcome.Accepted(PartialSuccess.message(answer));
    }
    String text = new String(answer, StandardCharsets.UTF_8).strip();
    String reason = endpoint + " answered " + status + ": "
        + text.substring(0, Math.min(text.length(), REASON_CHARS));
    return switch (status) {
      case 408, 429, 500, 502, 503, 504 ->
        new Outcome.Unavailable(reason, retryAfterMs(connection));
      default -> new Outcome.Refused(reason);
    };
  }

  private static byte[] answer(HttpURLConnection connection, int status) throws IOException {
    try (InputStream body = status >= 400
        ? connection.getErrorStream()
        : connection.getInputStream()) {
      if (body == null) {
        return new byte[0];
      }
      return body.readNBytes(ANSWER_BYTES);
    }
  }

  private static long retryAfterMs(HttpURLConnection connection) {
    String value = connection.getHeaderField("Retry-After");
    try {
      return value == null ? 0 : Math.clamp(Long.parseLong(value.strip()), 0, 60) * 1_000;
    } catch (NumberFormatException e) {
      // A date: the caller's own backoff is as good.
      return 0;
    }
  }
}

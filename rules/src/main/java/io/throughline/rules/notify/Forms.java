package io.throughline.rules.notify;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The bodies that receivers want. */
final class Forms {

  private static final JsonFactory JSON = new JsonFactory();

  /** Carries a webhook body's signature: {@code sha256=} and its HMAC in hexadecimal. */
  static final String SIGNATURE = "X-Throughline-Signature";

  private Forms() {}

  /** Alertmanager's API, version 2: {@code POST …/api/v2/alerts}. */
  record Alertmanager() implements Receiver.Form {
    @Override
    public String kind() {
      return "alertmanager";
    }

    @Override
    public HttpRequest request(URI url, List<Notice> notices, Duration timeout) {
      var body = json(out -> {
        out.writeStartArray();
        for (var notice : notices) {
          out.writeStartObject();
          alert(out, notice, time(notice.endsAtMs()));
          out.writeEndObject();
        }
        out.writeEndArray();
      });
      var base = url.toString();
      return post(URI.create(
          (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + "/api/v2/alerts"),
          body, timeout).build();
    }
  }

  /**
   * The body of Alertmanager's webhook, version 4, with all alerts of a request as one group; signed if there is a key. The
   * record owns the key.
   */
  record Webhook(byte[] key, String externalUrl) implements Receiver.Form {
    @Override
    public String kind() {
      return "webhook";
    }

    @Override
    public HttpRequest request(URI url, List<Notice> notices, Duration timeout) {
      boolean firing = notices.stream().anyMatch(Notice::firing);
      var body = json(out -> {
        out.writeStartObject();
        out.writeStringField("version", "4");
        out.writeStringField("receiver", "throughline");
        out.writeStringField("status", firing ? "firing" : "resolved");
        out.writeStringField("externalURL", externalUrl);
        texts(out, "groupLabels", Map.of());
        texts(out, "commonLabels", Map.of());
        texts(out, "commonAnnotations", Map.of());
        out.writeStringField("groupKey", "{}");
        out.writeNumberField("truncatedAlerts", 0);
        out.writeArrayFieldStart("alerts");
        for (var notice : notices) {
          out.writeStartObject();
          out.writeStringField("status", notice.firing() ? "firing" : "resolved");
          // The year 1 stands for an end that is not known.
          alert(out, notice, notice.firing() ? "0001-01-01T00:00:00Z" : time(notice.endsAtMs()));
          out.writeEndObject();
        }
        out.writeEndArray();
        out.writeEndObject();
      });
      var request = post(url, body, timeout);
      return key.length == 0
          ? request.build()
          : request.header(SIGNATURE, "sha256=" + signature(key, body)).build();
    }
  }

  /** The HMAC-SHA256 of a body, in hexadecimal. */
  static String signature(byte[] key, byte[] body) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(body));
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException("every JDK has HmacSHA256", impossible);
    }
  }

  private static void alert(JsonGenerator out, Notice notice, String endsAt) throws IOException {
    texts(out, "labels", notice.labels());
    texts(out, "annotations", notice.annotations());
    out.writeStringField("startsAt", time(notice.startsAtMs()));
    out.writeStringField("endsAt", endsAt);
    out.writeStringField("generatorURL", notice.link());
  }

  private static HttpRequest.Builder post(URI url, byte[] body, Duration timeout) {
    return HttpRequest.newBuilder(url)
        .timeout(timeout)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofByteArray(body));
  }

  private static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }

  private static void texts(JsonGenerator out, String name, Map<String, String> texts)
      throws IOException {
    out.writeObjectFieldStart(name);
    for (var text : texts.entrySet()) {
      out.writeStringField(text.getKey(), text.getValue());
    }
    out.writeEndObject();
  }

  private interface Writing {
    void to(JsonGenerator out) throws IOException;
  }

  private static byte[] json(Writing writing) {
    var text = new StringWriter();
    try (var out = JSON.createGenerator(text)) {
      writing.to(out);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }
}

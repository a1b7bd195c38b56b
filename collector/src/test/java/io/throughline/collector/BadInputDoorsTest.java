package io.throughline.collector;

import static io.throughline.collector.WriteBodies.message;
import static io.throughline.collector.WriteBodies.requestV1;
import static io.throughline.collector.WriteBodies.requestV2;
import static io.throughline.collector.WriteBodies.seriesV1;
import static io.throughline.collector.WriteBodies.snappy;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each route against each way of being wrong. */
class BadInputDoorsTest extends OpenDoors {

  /** Two megabytes that become forty. */
  private static final byte[] HUGE_SNAPPY = snappy(new byte[40 << 20]);

  @Test
  void everyDoorAnswersEveryKindOfBadInputClearlyAndLives() throws Exception {
    var untested = new TreeSet<String>();
    router.getRoutes().forEach(route -> untested.add(route.getPath()));
    for (var path : new String[] {"/api/v1/write", "/api/v1/push"}) {
      expect(400, "not valid snappy", path, "garbage".getBytes(StandardCharsets.UTF_8), PROTOBUF,
          "snappy");
      expect(400, "uncompressed, at most", path, HUGE_SNAPPY, PROTOBUF, "snappy");
      expect(400, "not a valid protobuf", path, snappy(new byte[] {10, 100, 1}), PROTOBUF,
          "snappy");
      expect(415, "content type 'text/html'", path, new byte[0], "text/html", "snappy");
      expect(415, "content encoding 'br'", path, new byte[0], PROTOBUF, "br");
      expect(413, "collector.max-body-bytes", path, new byte[20 << 20], PROTOBUF, "snappy");
      expect(400, "10000 labels", path, snappy(requestV1(seriesV1(NOW, 1, labels(10_000)))),
          PROTOBUF, "snappy");
      untested.remove(path);
    }
    for (var path : new String[] {"/v1/metrics", "/api/v1/otlp/v1/metrics"}) {
      expect(400, "not an OTLP metrics export", path, new byte[] {10, 100, 1}, PROTOBUF, "");
      expect(400, "not an OTLP metrics export", path,
          "{\"resourceMetrics\": [".getBytes(StandardCharsets.UTF_8), "application/json", "");
      expect(400, "not valid gzip", path, new byte[] {1, 2, 3}, PROTOBUF, "gzip");
      expect(400, "collector.max-decoded-bytes", path, gzip(new byte[40 << 20]), PROTOBUF, "gzip");
      expect(415, "content type ''", path, new byte[0], "", "");
      expect(415, "content encoding 'zstd'", path, new byte[0], PROTOBUF, "zstd");
      expect(413, "collector.max-body-bytes", path, new byte[20 << 20], PROTOBUF, "");
      untested.remove(path);
    }
    for (var path : new String[] {"/v1/traces", "/api/v1/otlp/v1/traces"}) {
      expect(400, "not an OTLP traces export", path, new byte[] {10, 100, 1}, PROTOBUF, "");
      expect(400, "not an OTLP traces export", path,
          "{\"resourceSpans\": 3}".getBytes(StandardCharsets.UTF_8), "application/json", "");
      expect(415, "content type ''", path, new byte[0], "", "");
      untested.remove(path);
    }
    for (var path : new String[] {"/v1/logs", "/api/v1/otlp/v1/logs"}) {
      expect(501, "logs are not stored", path, new byte[0], PROTOBUF, "");
      untested.remove(path);
    }
    var badTenant = post("/api/v1/write", new byte[0], "Content-Type", PROTOBUF, "X-Scope-OrgID",
        "../etc");

    assertThat(untested).as("routes without a row in this matrix").isEmpty();
    assertThat(badTenant.statusCode()).isEqualTo(400);
    assertThat(text(badTenant)).contains("tenant '../etc' is not valid");
    assertThat(write(requestV1(seriesV1(NOW, 1, "__name__", "alive"))).statusCode()).isEqualTo(204);
  }

  private void expect(int status, String message, String path, byte[] body, String type,
      String encoding) throws Exception {
    var headers = type.isEmpty()
        ? new String[0]
        : encoding.isEmpty()
            ? new String[] {"Content-Type", type}
            : new String[] {"Content-Type", type, "Content-Encoding", encoding};
    HttpResponse<byte[]> response = post(path, body, headers);
    assertThat(response.statusCode()).as(path + " " + type + " " + encoding + ": " + text(response))
        .isEqualTo(status);
    assertThat(text(response)).as(path).contains(message);
  }

  private static String[] labels(int count) {
    var labels = new String[2 * count];
    for (int i = 0; i < count; i++) {
      labels[2 * i] = i == 0 ? "__name__" : "l" + i;
      labels[2 * i + 1] = "v";
    }
    return labels;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void mutatedRequestsAreAnsweredAndNeverMore(long seed) throws Exception {
    var random = new Random(seed);
    var v1 = requestV1(seriesV1(NOW, 1, "__name__", "a", "job", "b"), message(out -> {
      out.writeByteArray(1, message(label -> {
        label.writeString(1, "__name__");
        label.writeString(2, "h");
      }));
      out.writeByteArray(4, WriteBodies.histogram(NOW, 0));
    }));
    var v2 = requestV2(NOW, NOW - 1, "__name__", "up", "job", "a");
    var otlp = OtlpBodies.everyKind(NOW).toByteArray();
    for (int round = 0; round < 150; round++) {
      var base = switch (round % 3) {
        case 0 -> v1;
        case 1 -> v2;
        default -> otlp;
      };
      var body = Arrays.copyOf(base,
          random.nextInt(5) == 0 ? random.nextInt(base.length) : base.length);
      for (int flips = 1 + random.nextInt(4); flips > 0 && body.length > 0; flips--) {
        body[random.nextInt(body.length)] = (byte) random.nextInt();
      }
      var response = switch (round % 3) {
        case 0 -> write(body);
        case 1 ->
          post("/api/v1/write", snappy(body), "Content-Type", V2, "Content-Encoding", "snappy");
        default -> post("/v1/metrics", body, "Content-Type", PROTOBUF);
      };
      assertThat(response.statusCode()).as(text(response)).isIn(200, 204, 400);
    }
  }
}

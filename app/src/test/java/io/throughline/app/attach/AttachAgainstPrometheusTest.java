package io.throughline.app.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import com.sun.net.httpserver.HttpServer;
import io.throughline.testkit.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xerial.snappy.Snappy;

/** Reads a real Prometheus that scrapes itself; what comes out is read back field by field. */
class AttachAgainstPrometheusTest {

  /** A door that remembers what came in: per series, values by time. */
  private static final class Door implements AutoCloseable {
    final Map<String, TreeMap<Long, Double>> series = new ConcurrentSkipListMap<>();
    final Map<String, Integer> types = new ConcurrentSkipListMap<>();
    final AtomicInteger refusals = new AtomicInteger();
    private final HttpServer server;

    Door() throws IOException {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext("/api/v1/write", exchange -> {
        var body = exchange.getRequestBody().readAllBytes();
        if (refusals.getAndDecrement() > 0) {
          exchange.sendResponseHeaders(503, -1);
        } else {
          read(Snappy.uncompress(body));
          exchange.sendResponseHeaders(204, -1);
        }
        exchange.close();
      });
      server.start();
    }

    String url() {
      return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private interface Field {
      void read(int number, CodedInputStream in) throws IOException;
    }

    private static void fields(CodedInputStream in, Field field) throws IOException {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        field.read(WireFormat.getTagFieldNumber(tag), in);
      }
    }

    private static CodedInputStream nested(CodedInputStream in) throws IOException {
      ByteString bytes = in.readBytes();
      return bytes.newCodedInput();
    }

    private void read(byte[] request) throws IOException {
      fields(CodedInputStream.newInstance(request), (number, in) -> {
        if (number == 1) {
          readSeries(nested(in));
        } else {
          var name = new ArrayList<String>();
          var type = new AtomicInteger();
          fields(nested(in), (field, metadata) -> {
            switch (field) {
              case 1 -> type.set(metadata.readEnum());
              case 2 -> name.add(metadata.readString());
              default -> metadata.readString();
            }
          });
          types.put(name.getFirst(), type.get());
        }
      });
    }

    private void readSeries(CodedInputStream in) throws IOException {
      var labels = new TreeMap<String, String>();
      var samples = new TreeMap<Long, Double>();
      fields(in, (number, part) -> {
        var pair = new ArrayList<Object>();
        fields(nested(part),
            (field,
                each) -> pair.add(number == 1
                    ? each.readString()
                    : field == 1 ? (Object) each.readDouble() : (Object) each.readInt64()));
        if (number == 1) {
          labels.put((String) pair.get(0), (String) pair.get(1));
        } else if (pair.size() == 2) {
          samples.put((Long) pair.get(1), (Double) pair.get(0));
        } else {
          samples.put((Long) pair.get(0), 0.0); // A double of 0 may stay unwritten.
        }
      });
      series.computeIfAbsent(labels.toString(), key -> new TreeMap<>()).putAll(samples);
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static String get(String url) throws IOException, InterruptedException {
    try (var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      return client
          .send(HttpRequest.newBuilder(URI.create(url)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  @Test
  void whatAPrometheusHasIsCopiedSampleBySampleOnceHoweverOften(@TempDir Path folder)
      throws Exception {
    if (!Files.isExecutable(Path.of("/usr/bin/prometheus"))) {
      System.out.println("skipped: /usr/bin/prometheus is not installed");
      Assumptions.abort("prometheus is not installed");
    }
    int port = freePort();
    var url = "http://127.0.0.1:" + port;
    Files.writeString(folder.resolve("prometheus.yml"),
        "global: {scrape_interval: 1s}\n"
            + "scrape_configs: [{job_name: self, static_configs: [{targets: ['127.0.0.1:" + port
            + "']}]}]\n");
    var process = new ProcessBuilder("/usr/bin/prometheus",
        "--config.file=" + folder.resolve("prometheus.yml"),
        "--storage.tsdb.path=" + folder.resolve("data"), "--web.listen-address=127.0.0.1:" + port)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("log").toFile())
        .start();
    try (var door = new Door()) {
      Await.until("Prometheus has scraped itself some times",
          () -> get(url + "/api/v1/query?query=count_over_time(up[1m])%20%3E%202")
              .contains("\"job\":\"self\""));
      long end = System.currentTimeMillis();
      var attachment = new Attachment(url + "/", door.url(), "default", line -> {});
      door.refusals.set(2);
      attachment.copy(end - 3_600_000, end);
      var first = Map.copyOf(door.series);
      attachment.copyNewest(60_000, end);

      assertThat(door.series).isEqualTo(first);
      var up = door.series.get("{__name__=up, instance=127.0.0.1:" + port + ", job=self}");
      assertThat(up).isNotNull();
      if (up != null) {
        assertThat(up.size()).isGreaterThan(2);
        assertThat(up.values()).containsOnly(1.0);
      }
      var theirs = get(url + "/api/v1/query?query=count(count%20by%20(__name__)"
          + "(%7B__name__%3D~%22.%2B%22%7D))&time=" + end / 1000);
      long metrics = door.series.keySet()
          .stream()
          .map(labels -> labels.replaceAll(".*__name__=([^,}]+).*", "$1"))
          .distinct()
          .count();
      assertThat(theirs).contains("\"" + metrics + "\"");
      assertThat(door.types).containsEntry("prometheus_http_requests_total", 1);
    } finally {
      process.destroy();
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }

  @Test
  void somethingThatIsNoPrometheusIsSaidToBeNone() throws Exception {
    try (var door = new Door()) {
      var attachment = new Attachment(door.url(), door.url(), "default", line -> {});

      assertThatThrownBy(() -> attachment.copy(0, 1)).isInstanceOf(IOException.class);
    }
  }
}

package io.throughline.query.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.throughline.model.Labels;
import io.throughline.testkit.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** The real Prometheus as a process of its own, which takes remote writes. */
public final class Prometheus implements AutoCloseable {

  public static final Path BINARY = Path.of("/usr/bin/prometheus");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final String address;
  private final HttpClient client = HttpClient.newBuilder()
      .version(HttpClient.Version.HTTP_1_1)
      .build();

  private Prometheus(Process process, String address) {
    this.process = process;
    this.address = address;
  }

  public static boolean installed() {
    return Files.isExecutable(BINARY);
  }

  static Prometheus start(Path directory) throws IOException {
    return start(directory, "global: {}\n");
  }

  /** @param directory empty, and of this one alone */
  public static Prometheus start(Path directory, String configuration) throws IOException {
    Files.createDirectories(directory);
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    var config = Files.writeString(directory.resolve("prometheus.yml"), configuration);
    var address = "127.0.0.1:" + port;
    var process = new ProcessBuilder(List.of(BINARY.toString(), "--config.file=" + config,
        "--storage.tsdb.path=" + directory.resolve("data"), "--web.listen-address=" + address,
        "--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=100y",
        "--enable-feature=native-histograms", "--log.level=warn")).redirectErrorStream(true)
        .redirectOutput(directory.resolve("prometheus.log").toFile())
        .start();
    var started = new Prometheus(process, "http://" + address);
    Await.until("Prometheus is ready",
        () -> started.client
            .send(HttpRequest.newBuilder(URI.create(started.address + "/-/ready")).build(),
                HttpResponse.BodyHandlers.discarding())
            .statusCode() == 200);
    return started;
  }

  String address() {
    return address;
  }

  /** Sends a remote write 1.0 request. */
  void write(RemoteWriteRequest request) throws IOException, InterruptedException {
    write(request.body());
  }

  /** @param body a remote write 1.0 request in snappy's block form */
  public void write(byte[] body) throws IOException, InterruptedException {
    var reply = client.send(HttpRequest.newBuilder(URI.create(address + "/api/v1/write"))
        .header("Content-Type", "application/x-protobuf")
        .header("Content-Encoding", "snappy")
        .header("X-Prometheus-Remote-Write-Version", "0.1.0")
        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
        .build(), HttpResponse.BodyHandlers.ofString());
    if (reply.statusCode() / 100 != 2) {
      throw new AssertionError(
          "Prometheus refused the data: " + reply.statusCode() + " " + reply.body());
    }
  }

  /** What it answers, whatever it is. */
  public HttpResponse<byte[]> send(String path, UnaryOperator<HttpRequest.Builder> how)
      throws IOException, InterruptedException {
    return client.send(how.apply(HttpRequest.newBuilder(URI.create(address + path))).build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  /** The whole reply to a form request, an error included. */
  public JsonNode ask(String path, String... parameters) throws IOException, InterruptedException {
    var form = new StringBuilder();
    for (int i = 0; i < parameters.length; i += 2) {
      form.append(i == 0 ? "" : "&")
          .append(parameters[i])
          .append('=')
          .append(URLEncoder.encode(parameters[i + 1], StandardCharsets.UTF_8));
    }
    var reply = client.send(HttpRequest.newBuilder(URI.create(address + path))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString(form.toString()))
        .build(), HttpResponse.BodyHandlers.ofByteArray());
    return JSON.readTree(reply.body());
  }

  @Override
  public void close() {
    client.close();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** A remote write body by its field numbers. */
  static final class RemoteWriteRequest {
    private final ByteArrayOutputStream series = new ByteArrayOutputStream();

    /** Adds a series; the writer adds its samples. */
    void series(Labels labels, Consumer<Message> samples) {
      var one = new Message();
      labels.forEach((name, value) -> one.bytes(1, new Message().text(1, name).text(2, value)));
      samples.accept(one);
      series.writeBytes(new Message().bytes(1, one).out.toByteArray());
    }

    /** In snappy's block format, of literals alone. */
    byte[] body() {
      var plain = series.toByteArray();
      var out = new Message();
      out.varint(plain.length);
      for (int at = 0; at < plain.length; at += 1 << 16) {
        int length = Math.min(1 << 16, plain.length - at);
        out.out.write(61 << 2);
        out.out.write(length - 1);
        out.out.write(length - 1 >> 8);
        out.out.write(plain, at, length);
      }
      return out.out.toByteArray();
    }
  }

  /** A protobuf message under construction. */
  static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message varint(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        out.write((int) (rest & 0x7f | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
      return this;
    }

    Message zigzag(long value) {
      return varint(value << 1 ^ value >> 63);
    }

    Message number(int field, long value) {
      return varint(field << 3).varint(value);
    }

    Message signed(int field, long value) {
      return varint(field << 3).zigzag(value);
    }

    Message real(int field, double value) {
      return varint(field << 3 | 1).fixed(value);
    }

    Message fixed(double value) {
      long bits = Double.doubleToRawLongBits(value);
      for (int i = 0; i < 64; i += 8) {
        out.write((int) (bits >>> i));
      }
      return this;
    }

    Message bytes(int field, Message inner) {
      var bytes = inner.out.toByteArray();
      varint(field << 3 | 2).varint(bytes.length);
      out.writeBytes(bytes);
      return this;
    }

    Message text(int field, String text) {
      var bytes = text.getBytes(StandardCharsets.UTF_8);
      varint(field << 3 | 2).varint(bytes.length);
      out.writeBytes(bytes);
      return this;
    }
  }
}

package io.throughline.bench.whole;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code ./throughline up} of the folder the benchmark is run in, over a data folder of its own. What it prints goes
 * to {@code out} beside the data. CPU and memory are the system's own figures, 0 where it has no {@code /proc}.
 */
final class WholeProcess implements AutoCloseable {
  static final String TENANT = "bench";
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final double TICKS_PER_SECOND = 100;

  private final HttpClient client = HttpClient.newBuilder()
      .version(HttpClient.Version.HTTP_1_1)
      .connectTimeout(Duration.ofSeconds(5))
      .build();
  private final ObjectMapper json = new ObjectMapper();
  private final Path folder;
  private final String heap;
  private final List<String> options;
  private final int port;
  private Process process;
  private long startedNanos;

  /** Starts it; {@code heap} as of {@code -Xmx}, "" for the launcher's own. */
  WholeProcess(Path folder, String heap, String... options) throws IOException {
    this.folder = folder;
    this.heap = heap;
    this.options = List.of(options);
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    process = launch();
  }

  private Process launch() throws IOException {
    var command = new ArrayList<>(List.of("./throughline", "up", "--data",
        folder.resolve("data").toString(), "--listen", "127.0.0.1:" + port, "--otlp-grpc", "off",
        "--otlp-http", "off", "--no-agent", "--retention", "0"));
    command.addAll(options);
    var builder = new ProcessBuilder(command).redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("out").toFile()));
    builder.environment().put("THROUGHLINE_NO_BUILD", "1");
    if (!heap.isEmpty()) {
      // Not THROUGHLINE_HEAP: the collector stays the one a start was recorded with.
      builder.environment().put("THROUGHLINE_OPTS", "-Xmx" + heap);
    }
    startedNanos = System.nanoTime();
    return builder.start();
  }

  /** Kills it as a fault would and starts it again; the clock of {@link #seconds} begins anew. */
  void killAndStart() throws IOException, InterruptedException {
    process.destroyForcibly();
    process.waitFor();
    process = launch();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Seconds since the last start. */
  double seconds() {
    return (System.nanoTime() - startedNanos) / 1e9;
  }

  void awaitReady() throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        if (send(request("/-/ready").build()).statusCode() == 200) {
          return;
        }
      } catch (IOException notYet) {
        if (!process.isAlive()) {
          throw new IllegalStateException(
              "throughline ended with " + process.exitValue() + ", see " + folder.resolve("out"),
              notYet);
        }
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("not ready within " + PATIENCE);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(PATIENCE)
        .header("X-Scope-OrgID", TENANT);
  }

  private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** The answer to a remote write; 503 and 429 are tried again where {@code patient}. */
  HttpResponse<String> write(byte[] body, boolean patient)
      throws IOException, InterruptedException {
    var request = request("/api/v1/write").header("Content-Type", "application/x-protobuf")
        .header("Content-Encoding", "snappy")
        .header("X-Prometheus-Remote-Write-Version", "0.1.0")
        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
        .build();
    while (true) {
      var answer = send(request);
      boolean later = answer.statusCode() == 503 || answer.statusCode() == 429;
      if (!later || !patient) {
        return answer;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }

  void flush() throws IOException, InterruptedException {
    var answer = send(request("/-/flush").POST(HttpRequest.BodyPublishers.noBody()).build());
    if (answer.statusCode() / 100 != 2) {
      throw new IOException(
          "a flush was answered with " + answer.statusCode() + ": " + answer.body());
    }
  }

  /** The only value of an instant query's result; -1 where it has none, or no answer came, or none that is whole. */
  double value(String expression, long timeMs) throws InterruptedException {
    try {
      var answer = send(request("/api/v1/query?time=" + timeMs / 1e3 + "&query="
          + URLEncoder.encode(expression, StandardCharsets.UTF_8)).build());
      JsonNode result = json.readTree(answer.body()).path("data").path("result").path(0);
      return result.path("value").path(1).asDouble(-1);
    } catch (IOException notYet) {
      return -1;
    }
  }

  /** CPU seconds of the process since its start. */
  double cpuSeconds() throws IOException {
    var stat = Path.of("/proc/" + process.pid() + "/stat");
    if (!Files.exists(stat)) {
      return 0;
    }
    // The command's name may hold blanks; it ends with the last parenthesis.
    var text = Files.readString(stat);
    var fields = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
  }

  /** The most memory that was resident, MiB. */
  long peakMebibytes() throws IOException {
    var status = Path.of("/proc/" + process.pid() + "/status");
    if (Files.exists(status)) {
      for (var line : Files.readAllLines(status)) {
        if (line.startsWith("VmHWM:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
        }
      }
    }
    return 0;
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    client.shutdownNow();
  }
}

package io.throughline.app.it;

import io.throughline.testkit.Await;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** {@code ./throughline up} as a child process on free ports; its output is kept beside its data. */
final class UpProcess implements AutoCloseable {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path LAUNCHER = ROOT.resolve("throughline");
  /** What runs inside the build must not build. */
  private static final Map<String, String> NO_BUILD = Map.of("THROUGHLINE_NO_BUILD", "1");
  private static final AtomicInteger STARTS = new AtomicInteger();
  private static final List<String> SHELL = shell();
  private static final Path TARGET = ROOT.resolve("app/target");
  static final Path RECORD = TARGET.resolve("start.aot");

  static {
    record();
  }

  /** Kept over restarts, as a user's dashboard address would be. */
  final int port;
  final int grpcPort;
  final int otlpPort;
  private final Path data;
  private final Path launcher;
  private final Map<String, String> environment;
  private final List<String> options;
  private final HttpClient client = HttpClient.newBuilder()
      .version(HttpClient.Version.HTTP_1_1)
      .connectTimeout(Duration.ofSeconds(5))
      .build();
  private Process process;
  private Path output = Path.of("");

  private UpProcess(Path launcher, Map<String, String> environment, Path data, List<String> options)
      throws IOException {
    this.launcher = launcher;
    this.environment = environment;
    this.data = data;
    this.options = options;
    var ports = freePorts(3);
    port = ports[0];
    grpcPort = ports[1];
    otlpPort = ports[2];
    process = launch();
  }

  /** Starts it and waits until it is ready. */
  static UpProcess start(Path data, String... options) throws IOException {
    return startFrom(LAUNCHER, NO_BUILD, data, options);
  }

  /** Starts it by another launcher than the clone's, in an environment of its own. */
  static UpProcess startFrom(Path launcher, Map<String, String> environment, Path data,
      String... options) throws IOException {
    var up = new UpProcess(launcher, environment, data, List.of(options));
    up.awaitReady();
    return up;
  }

  /** Starts it and does not wait. */
  static Process launchOnly(Path data, String... options) throws IOException {
    return new UpProcess(LAUNCHER, NO_BUILD, data, List.of(options)).process();
  }

  /** Any throughline command, its output and errors together in the file. */
  static Process run(Path output, List<String> arguments) throws IOException {
    return run(LAUNCHER, NO_BUILD, output, arguments);
  }

  /** As {@link #run}, by a JVM that ends where it cannot use what was recorded of a start. */
  static Process runRecorded(Path output, List<String> arguments) throws IOException {
    return run(LAUNCHER, Map.of("THROUGHLINE_NO_BUILD", "1", "JDK_JAVA_OPTIONS", "-XX:AOTMode=on"),
        output, arguments);
  }

  private static Process run(Path launcher, Map<String, String> environment, Path output,
      List<String> arguments) throws IOException {
    var command = new ArrayList<>(SHELL);
    command.add(launcher.toString());
    command.addAll(arguments);
    var builder = new ProcessBuilder(command).redirectErrorStream(true)
        .redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    // Not THROUGHLINE_HEAP: the collector stays the one a start was recorded with.
    builder.environment().put("THROUGHLINE_OPTS", "-Xmx768m");
    return builder.start();
  }

  /** What a build ends with and a build that runs tests has not come to: starts are as quick as a user's from here on. */
  private static void record() {
    try (
        var channel = FileChannel.open(TARGET.resolve("start.lock"), StandardOpenOption.CREATE,
            StandardOpenOption.WRITE);
        // Tests run in several processes.
        var lock = channel.lock()) {
      var jar = TARGET.resolve("throughline-app-0.1.0-SNAPSHOT.jar");
      if (!Files.exists(RECORD)
          || Files.getLastModifiedTime(RECORD).compareTo(Files.getLastModifiedTime(jar)) < 0) {
        new ProcessBuilder("bash", LAUNCHER.toString(), "record").redirectErrorStream(true)
            .redirectOutput(TARGET.resolve("record.out").toFile())
            .start()
            .waitFor();
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException stopped) {
      throw new IllegalStateException(stopped);
    }
  }

  /** Tests that are run under nohup hand an ignored SIGHUP on to what they start; GNU's env takes that back. */
  private static List<String> shell() {
    try {
      var env = List.of("env", "--default-signal=HUP", "bash");
      var tried = new ArrayList<>(env);
      tried.addAll(List.of("-c", "true"));
      return new ProcessBuilder(tried).redirectErrorStream(true).start().waitFor() == 0
          ? env
          : List.of("bash");
    } catch (IOException noEnv) {
      return List.of("bash");
    } catch (InterruptedException stopped) {
      throw new IllegalStateException(stopped);
    }
  }

  private Process launch() throws IOException {
    Files.createDirectories(data);
    output = data.resolveSibling(data.getFileName() + "-" + STARTS.incrementAndGet() + ".out");
    var arguments = new ArrayList<>(
        List.of("up", "--data", data.toString(), "--listen", "127.0.0.1:" + port, "--otlp-grpc",
            "127.0.0.1:" + grpcPort, "--otlp-http", "127.0.0.1:" + otlpPort));
    arguments.addAll(options);
    return run(launcher, environment, output, arguments);
  }

  void awaitReady() {
    Await.until("throughline is ready", Duration.ofSeconds(120), () -> {
      if (!process.isAlive()) {
        throw new AssertionError("throughline ended with " + process.exitValue() + ": " + output());
      }
      return get("/-/ready").statusCode() == 200;
    });
  }

  /** Ends it as a power cut would, as far as the process goes; returns when it is gone. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  void restart() throws IOException {
    process = launch();
    awaitReady();
  }

  /** SIGTERM; returns how long it took to end. */
  Duration stop() throws InterruptedException {
    long started = System.nanoTime();
    process.destroy();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      throw new AssertionError("did not end within 30 s of SIGTERM: " + output());
    }
    return Duration.ofNanos(System.nanoTime() - started);
  }

  Process process() {
    return process;
  }

  String output() {
    try {
      return Files.readString(output);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  /** An address on the port of OTLP over HTTP. */
  String otlp(String path) {
    return "http://127.0.0.1:" + otlpPort + path;
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(30)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(uri(path))
        .timeout(Duration.ofSeconds(120))
        .POST(HttpRequest.BodyPublishers.noBody())
        .build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Remote write 1.0; the status, or -1 where nobody answered. */
  int write(String tenant, byte[] body) throws InterruptedException {
    try {
      return client.send(HttpRequest.newBuilder(uri("/api/v1/write"))
          .timeout(Duration.ofSeconds(30))
          .header("Content-Type", "application/x-protobuf")
          .header("Content-Encoding", "snappy")
          .header("X-Prometheus-Remote-Write-Version", "0.1.0")
          .header("X-Scope-OrgID", tenant)
          .POST(HttpRequest.BodyPublishers.ofByteArray(body))
          .build(), HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException gone) {
      return -1;
    }
  }

  /** OTLP metrics over HTTP; as {@link #write}. */
  int export(String tenant, byte[] body) throws InterruptedException {
    try {
      return client.send(HttpRequest.newBuilder(uri("/v1/metrics"))
          .timeout(Duration.ofSeconds(30))
          .header("Content-Type", "application/x-protobuf")
          .header("X-Scope-OrgID", tenant)
          .POST(HttpRequest.BodyPublishers.ofByteArray(body))
          .build(), HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException gone) {
      return -1;
    }
  }

  /** The result of an instant query; asked again while the answer itself says that the store is behind. */
  JsonArray query(String tenant, String expression, long timeMs) {
    var whole = new JsonArray[1];
    Await.until("a whole answer to " + expression, Duration.ofSeconds(120), () -> {
      var answer = client.send(HttpRequest
          .newBuilder(uri("/api/v1/query?time=" + timeMs / 1e3 + "&query="
              + URLEncoder.encode(expression, StandardCharsets.UTF_8)))
          .timeout(Duration.ofSeconds(60))
          .header("X-Scope-OrgID", tenant)
          .build(), HttpResponse.BodyHandlers.ofString());
      var json = new JsonObject(answer.body());
      if (answer.statusCode() != 200) {
        throw new AssertionError(expression + " answered " + answer.statusCode() + ": " + json);
      }
      whole[0] = json.getJsonObject("data").getJsonArray("result");
      return json.getJsonArray("warnings", new JsonArray())
          .stream()
          .noneMatch(warning -> warning.toString().startsWith("the store is behind"));
    });
    return whole[0];
  }

  /** The labels of a result's series. */
  static Map<String, Object> labels(JsonObject series) {
    return series.getJsonObject("metric").getMap();
  }

  /**
   * Ports that nobody listens on, below those from which systems take a port for whoever asks for any: another test's
   * connections get none of them before the process that is started does.
   */
  static int[] freePorts(int count) throws IOException {
    var sockets = new ArrayList<ServerSocket>();
    var ports = new int[count];
    try {
      while (sockets.size() < count) {
        try {
          var socket = new ServerSocket(ThreadLocalRandom.current().nextInt(10_000, 30_000), 1,
              InetAddress.getLoopbackAddress());
          ports[sockets.size()] = socket.getLocalPort();
          sockets.add(socket);
        } catch (BindException taken) {
          // Another is tried.
        }
      }
    } finally {
      for (var socket : sockets) {
        socket.close();
      }
    }
    return ports;
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}

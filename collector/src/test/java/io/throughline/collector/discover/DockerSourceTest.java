package io.throughline.collector.discover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.throughline.collector.discover.Source.Told;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An engine's API, replayed by a small real HTTP server on a unix socket. */
class DockerSourceTest {
  private static final String WEB = "a1".repeat(32);
  private static final String DB = "b2".repeat(32);
  private static final String TASK = "c3".repeat(32);

  private final Map<String, String> answers = new ConcurrentHashMap<>();
  private Path folder;
  private Path path;
  private ServerSocketChannel server;
  private DockerSource source;

  @BeforeEach
  void start() throws IOException {
    // A socket's path has at most 107 bytes: the test's own folder may be deeper.
    folder = Files.createTempDirectory("dk");
    path = folder.resolve("engine.sock");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    Thread.ofPlatform().daemon().start(this::serve);
    source = new DockerSource(path.toString());
    answers.put("/info", """
        {"Name": "worker-3", "Swarm": {"NodeID": "", "ControlAvailable": false}}""");
    answers.put("/containers/json",
        """
            [{"Id": "%s", "Names": ["/shop-web-1"], "Image": "web:3", "State": "running",
              "Labels": {"com.docker.compose.project": "shop", "com.docker.compose.service": "web"}},
             {"Id": "%s", "Names": ["/db"], "Image": "postgres:17", "State": "running", "Labels": {}},
             {"Id": "%s", "Names": ["/mon_probe.1.x"], "Image": "probe:1", "State": "running",
              "Labels": {"com.docker.swarm.service.name": "mon_probe", "com.docker.stack.namespace": "mon"}}]
            """
            .formatted(WEB, DB, TASK));
    answers.put("/containers/" + WEB + "/json", """
        {"RestartCount": 2, "HostConfig": {"NanoCpus": 1500000000, "Memory": 268435456}}""");
    answers.put("/containers/" + DB + "/json",
        """
            {"RestartCount": 0, "HostConfig": {"CpuQuota": 50000, "CpuPeriod": 100000, "Memory": 0}}""");
    answers.put("/containers/" + TASK + "/json", """
        {"RestartCount": 0, "HostConfig": {"NanoCpus": 0, "Memory": 0}}""");
  }

  @AfterEach
  void stop() throws IOException {
    source.close();
    server.close();
    Files.deleteIfExists(path);
    Files.delete(folder);
  }

  /** One request a connection; half of the answers come in chunks, as the engine's long ones do. */
  private void serve() {
    int served = 0;
    while (server.isOpen()) {
      try (var channel = server.accept()) {
        var request = ByteBuffer.allocate(4096);
        channel.read(request);
        var target = new String(request.array(), 0, request.position(), StandardCharsets.US_ASCII)
            .split(" ")[1];
        var answer = answers.get(target.replaceAll("\\?.*", ""));
        var body = (answer == null ? "{\"message\":\"page not found\"}" : answer)
            .getBytes(StandardCharsets.UTF_8);
        var status = answer == null ? "404 Not Found" : "200 OK";
        boolean chunked = served++ % 2 == 0;
        var head = "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n"
            + (chunked
                ? "Transfer-Encoding: chunked\r\n\r\n"
                : "Content-Length: " + body.length + "\r\n\r\n");
        channel.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
        if (chunked) {
          int half = body.length / 2;
          for (var part : List.of(slice(body, 0, half), slice(body, half, body.length))) {
            channel.write(ByteBuffer.wrap(
                (Integer.toHexString(part.length) + "\r\n").getBytes(StandardCharsets.US_ASCII)));
            channel.write(ByteBuffer.wrap(part));
            channel.write(ByteBuffer.wrap(new byte[] {'\r', '\n'}));
          }
          channel.write(ByteBuffer.wrap("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
        } else {
          channel.write(ByteBuffer.wrap(body));
        }
      } catch (IOException e) {
        // The test has ended, or the client went: the next connection is another one.
        continue;
      }
    }
  }

  private static byte[] slice(byte[] of, int from, int to) {
    return Arrays.copyOfRange(of, from, to);
  }

  private Map<String, Double> told() throws IOException {
    var values = new TreeMap<String, Double>();
    for (Told each : source.read()) {
      var labels = new TreeMap<>(each.labels().toMap());
      var name = labels.remove("__name__");
      labels.remove("job");
      values.put((name + labels).replace("throughline_docker_", ""), each.value());
    }
    return values;
  }

  @Test
  void containersAreToldWithTheServiceTheirLabelsNameAndTheirLimits() throws Exception {
    assertThat(told())
        .containsEntry("container_info{container_id=" + WEB
            + ", image=web:3, name=shop-web-1, node=worker-3, service=shop/web}", 1.0)
        .containsEntry("container_info{container_id=" + DB
            + ", image=postgres:17, name=db, node=worker-3, service=db}", 1.0)
        .containsEntry("container_info{container_id=" + TASK
            + ", image=probe:1, name=mon_probe.1.x, node=worker-3, service=mon/probe}", 1.0)
        .containsEntry("container_cpu_limit_cores{container_id=" + WEB + "}", 1.5)
        .containsEntry("container_cpu_limit_cores{container_id=" + DB + "}", 0.5)
        .containsEntry("container_memory_limit_bytes{container_id=" + WEB + "}", 268435456.0)
        .containsEntry("container_restarts_total{container_id=" + WEB + "}", 2.0)
        .doesNotContainKey("container_memory_limit_bytes{container_id=" + DB + "}");
  }

  @Test
  void aManagerOfASwarmTellsHowManyCopiesAreWantedAndRun() throws Exception {
    answers.put("/info", """
        {"Name": "worker-3", "Swarm": {"NodeID": "n", "ControlAvailable": true}}""");
    answers.put("/services", """
        [{"ID": "s1", "Spec": {"Name": "mon_probe", "Labels": {"com.docker.stack.namespace": "mon"},
          "Mode": {"Replicated": {"Replicas": 3}}}},
         {"ID": "s2", "Spec": {"Name": "everywhere", "Mode": {"Global": {}}}}]""");
    answers.put("/tasks", """
        [{"ServiceID": "s1", "Status": {"State": "running"}},
         {"ServiceID": "s1", "Status": {"State": "preparing"}},
         {"ServiceID": "s2", "Status": {"State": "running"}}]""");

    assertThat(told()).containsEntry("service_replicas{service=mon/probe}", 3.0)
        .containsEntry("service_replicas_running{service=mon/probe}", 1.0)
        .containsEntry("service_replicas_running{service=everywhere}", 1.0)
        .doesNotContainKey("service_replicas{service=everywhere}");
  }

  @Test
  void whatIsWrongWithAnEngineIsNamed() {
    answers.remove("/containers/json");
    assertThatThrownBy(this::told).hasMessageContaining("404")
        .hasMessageContaining("/containers/json");
    answers.put("/containers/json", "[{");
    assertThatThrownBy(this::told).hasMessageContaining("JSON list");
    try (var nowhere = new DockerSource(folder.resolve("none.sock").toString())) {
      assertThatThrownBy(nowhere::read).hasMessageContaining("none.sock")
          .hasMessageContaining("is an engine running");
    }
  }
}

package io.throughline.rules;

import io.throughline.testkit.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Debian's Alertmanager on loopback, ended with the test; a test is skipped where it is missing. */
record Alertmanager(Process process, String url) implements AutoCloseable {

  /** @param webhook gets what it would tell people, grouped by name within a second */
  static Alertmanager start(Path folder, String webhook) throws IOException {
    var program = Path.of("/usr/bin/prometheus-alertmanager");
    boolean there = Files.isExecutable(program);
    if (!there) {
      System.out
          .println("skipped: /usr/bin/prometheus-alertmanager (Debian's package) is not installed");
    }
    Assumptions.assumeTrue(there, "Debian's prometheus-alertmanager is not installed");
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Files.writeString(folder.resolve("am.yml"),
        "route: {receiver: r, group_by: [alertname], "
            + "group_wait: 1s, group_interval: 1s, repeat_interval: 1h}\n"
            + "receivers: [{name: r, webhook_configs: [{url: '" + webhook + "/'}]}]\n");
    var process = new ProcessBuilder(program.toString(), "--config.file=am.yml",
        "--storage.path=" + folder, "--web.listen-address=127.0.0.1:" + port,
        "--cluster.listen-address=").directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("am.log").toFile())
        .start();
    return new Alertmanager(process, "http://127.0.0.1:" + port);
  }

  /** Returns once it answers. */
  Alertmanager ready() {
    Await.until("Alertmanager is ready", () -> new Asks(url).get("/-/ready").statusCode() == 200);
    return this;
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    process.waitFor(10, TimeUnit.SECONDS);
  }
}

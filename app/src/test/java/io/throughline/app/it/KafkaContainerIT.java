package io.throughline.app.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/** {@code up --kafka} over the broker that the Apache Kafka project publishes as an image. */
class KafkaContainerIT {
  @TempDir
  private Path folder;

  @Test
  void samplesTakeTheirWayThroughThePublishedBroker() throws Exception {
    assumeTrue(DockerClientFactory.instance().isDockerAvailable(), "no Docker engine runs here");
    long now = System.currentTimeMillis();
    try (var kafka = new KafkaContainer(DockerImageName.parse("apache/kafka:4.1.0"))) {
      kafka.start();

      try (var up = UpProcess.start(folder.resolve("data"), "--no-agent", "--kafka",
          kafka.getBootstrapServers(), "--partitions", "2")) {
        var body = new RemoteWrite()
            .sample(Map.of("__name__", "external", "job", "j", "instance", "i"), now, 3)
            .body();
        assertThat(up.write("default", body)).isEqualTo(204);
        up.kill();
        up.restart();

        assertThat(up.query("default", "external", now)
            .getJsonObject(0)
            .getJsonArray("value")
            .getString(1)).isEqualTo("3");
      }
    }
  }
}

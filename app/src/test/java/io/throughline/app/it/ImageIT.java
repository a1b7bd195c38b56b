package io.throughline.app.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.testkit.Await;
import io.vertx.core.json.JsonArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the {@code Dockerfile} says, done by hand in a folder, for machines without a builder of images. */
class ImageIT {
  /** As the chart's DaemonSet names it. */
  private static final String NODE_AGENT = "/opt/throughline/bin/node-agent";

  @TempDir
  private Path folder;

  /** The words of each line that begins with the instruction. */
  private static List<List<String>> lines(String file, String instruction) throws IOException {
    return Files.readAllLines(UpProcess.ROOT.resolve(file))
        .stream()
        .filter(line -> line.startsWith(instruction))
        .map(line -> List.of(line.substring(instruction.length()).strip().split("\\s+")))
        .toList();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (var file : files.toList()) {
        var target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.createDirectories(target.getParent());
          Files.copy(file, target);
        }
      }
    }
  }

  /** Copies as {@code COPY} does: a target that ends in a slash is a folder that gets the sources. */
  private Path image(Set<String> copied) throws IOException {
    var root = folder.resolve("image");
    for (var words : lines("Dockerfile", "COPY")) {
      var target = words.getLast();
      for (var source : words.subList(0, words.size() - 1)) {
        var from = UpProcess.ROOT.resolve(source);
        assertThat(from).as("what the Dockerfile copies").exists();
        var to = root.resolve(target.substring(1));
        copy(from, target.endsWith("/") ? to.resolve(from.getFileName()) : to);
        copied.add(source);
      }
    }
    return root;
  }

  @Test
  void whatTheDockerfileCopiesIsAServerAndASmallNodeAgent() throws Exception {
    var copied = new HashSet<String>();
    var image = image(copied);
    var entry = new JsonArray(String.join(" ", lines("Dockerfile", "ENTRYPOINT").getFirst()))
        .getString(0);
    var environment = new HashMap<String, String>();
    lines("Dockerfile", "ENV").forEach(words -> words.forEach(word -> environment
        .put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1))));

    var let = lines(".dockerignore", "!").stream().map(List::getFirst).collect(Collectors.toSet());
    assertThat(let).as("what .dockerignore lets through").isEqualTo(copied);
    var launcher = image.resolve(entry.substring(1));
    assertThat(launcher).isExecutable();
    try (
        var up = UpProcess.startFrom(launcher, environment, folder.resolve("data"), "--no-agent")) {
      assertThat(up.get("/").body()).contains("<title>Throughline</title>");
      var command = new ArrayList<>(List.of(image.resolve(NODE_AGENT.substring(1)).toString()));
      command.addAll(List.of("--endpoint", up.otlp(""), "--interval", "200ms"));
      var builder = new ProcessBuilder(command).redirectErrorStream(true)
          .redirectOutput(folder.resolve("agent.out").toFile());
      // As the image that it is made from says it.
      builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
      var agent = builder.start();
      try {
        Await.until("this machine is measured",
            () -> !up.query("default", "system_cpu_time_seconds_total", System.currentTimeMillis())
                .isEmpty());
      } finally {
        agent.destroy();
        assertThat(agent.waitFor(30, TimeUnit.SECONDS)).isTrue();
      }
    }
  }

  @Test
  void theChartsContainersRunWhatIsInTheImage() throws IOException {
    var templates = UpProcess.ROOT.resolve("helm/throughline/templates");

    assertThat(Files.readString(templates.resolve("daemonset.yaml")))
        .contains("command: [" + NODE_AGENT + "]");
    for (var name : List.of("statefulset.yaml", "_sidecar.tpl")) {
      // The entry point of the image: only arguments are given.
      assertThat(Files.readString(templates.resolve(name))).contains("args:")
          .doesNotContain("command:");
    }
    assertThat(Files.readString(UpProcess.ROOT.resolve("helm/throughline/Chart.yaml")))
        .contains("appVersion: \"0.1.0\"");
    assertThat(Files.readString(UpProcess.ROOT.resolve("Dockerfile")))
        .contains("docker build -t throughline:0.1.0 .");
  }
}

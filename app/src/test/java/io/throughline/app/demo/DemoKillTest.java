package io.throughline.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.throughline.testkit.Await;
import io.throughline.testkit.OtlpReceiver;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoKillTest {

  /** The process that is killed: opens a shop and waits. */
  static final class Owner {
    public static void main(String[] arguments) throws Exception {
      DemoShop shop = DemoShop.start(Path.of(arguments[0]), arguments[1],
          Path.of(System.getProperty("java.home"), "bin", "java"),
          System.getProperty("java.class.path"), line -> {});
      shop.status().forEach(System.out::println);
      System.out.println("open");
      // Until it is killed.
      new CountDownLatch(1).await();
    }
  }

  @Test
  void afterAKillOfTheParentNoProcessAndNoCgroupIsLeft(@TempDir Path data) throws Exception {
    try (var receiver = new OtlpReceiver()) {
      Process owner = new ProcessBuilder(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
          System.getProperty("java.class.path"), Owner.class.getName(), data.toString(),
          receiver.endpoint()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      List<Path> groups = groups(owner.inputReader());
      List<ProcessHandle> children = owner.descendants().toList();

      owner.destroyForcibly();

      assertThat(children).hasSizeGreaterThanOrEqualTo(5);
      Await.until("all children have ended",
          () -> children.stream().noneMatch(ProcessHandle::isAlive));
      Await.until("all groups are removed", () -> groups.stream().noneMatch(Files::exists));
    }
  }

  private static List<Path> groups(BufferedReader out) throws IOException {
    var groups = new ArrayList<Path>();
    for (String line = out.readLine(); line != null
        && !line.equals("open"); line = out.readLine()) {
      int at = line.indexOf("cgroup /");
      if (at >= 0) {
        String group = line.substring(at + "cgroup /".length(), line.indexOf(',', at));
        groups.add(Path.of("/sys/fs/cgroup/cpu").resolve(group));
        groups.add(Path.of("/sys/fs/cgroup").resolve(group));
      }
    }
    return groups;
  }
}

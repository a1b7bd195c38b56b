package io.throughline.app.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.throughline.agent.node.NodeAgent;
import io.throughline.agent.node.NodeSettings;
import io.throughline.testkit.Await;
import io.throughline.testkit.OtlpReceiver;
import io.throughline.testkit.OtlpReceiver.Point;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** One shop for all: starting four processes takes seconds. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DemoShopTest {
  private static final int PATIENCE_SECONDS = 60;

  @TempDir
  private static Path data;
  private static final OtlpReceiver RECEIVER = new OtlpReceiver();
  private static final List<String> SAID = new ArrayList<>();
  private static DemoShop shop;
  private static NodeAgent node;

  @BeforeAll
  static void open() throws Exception {
    shop = DemoShop.start(data, RECEIVER.endpoint(),
        Path.of(System.getProperty("java.home"), "bin", "java"),
        System.getProperty("java.class.path"), SAID::add);
    node = new NodeAgent(NodeSettings.to(RECEIVER.endpoint()), InstantSource.system(), line -> {});
    Thread.ofPlatform().daemon().start(() -> {
      try {
        node.run();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
  }

  @AfterAll
  static void close() {
    node.close();
    shop.close();
    RECEIVER.close();
  }

  @Test
  @Order(1)
  void everyServiceIsSeenByItsSidecarAndKnowsItsCallers() {
    for (String service : Shop.names()) {
      RECEIVER.await("http.server.request.duration", 30,
          p -> p.attribute("service.name").equals(service) && p.value() > 0);
    }
    RECEIVER.await("throughline.edge.requests", 30,
        p -> p.attribute("service.name").equals("payment")
            && p.attribute("throughline.client").equals("shop/checkout"));
    RECEIVER.await("throughline.edge.requests", 30, p -> p.attribute("service.name").equals("web")
        && p.attribute("throughline.client").equals("shop/visitors"));
  }

  @Test
  @Order(2)
  void aServiceAndItsSidecarReportUnderOneResource() {
    Point own = RECEIVER.await("throughline.pool.size", 20,
        p -> p.attribute("service.name").equals("checkout"));

    Point sidecars = RECEIVER.await("http.server.request.duration", 20,
        p -> p.attribute("service.name").equals("checkout"));

    assertThat(sidecars.resource()).isEqualTo(own.resource());
  }

  @Test
  @Order(3)
  void aKnobThatIsWrongSaysWhatWouldBeRight() {
    assertThatThrownBy(() -> DemoKnob.turn(data, "cpu", "checkout", "lots"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cpu lots: want a number from 0.01 to 1024.0, or off");
    assertThatThrownBy(() -> DemoKnob.turn(data, "cpu", "chekout", "1")).hasMessage(
        "no service chekout in the shop; there are [web, checkout, inventory, payment]");
    assertThatThrownBy(() -> DemoKnob.status(data.resolve("elsewhere")))
        .hasMessageContaining("no demo runs on");
  }

  @Test
  @Order(4)
  void aSlowDependencyShowsInTheLatencyOfItsServiceAndOfItsCaller() throws Exception {
    RECEIVER.await("http.server.request.duration", PATIENCE_SECONDS,
        p -> p.attribute("service.name").equals("payment") && min(p) < 0.2);

    DemoKnob.turn(data, "slow", "payment", "400");

    RECEIVER.clear();
    long turned = System.nanoTime();
    awaitSlow("payment", 0.4);
    awaitSlow("checkout", 0.4);
    RECEIVER.await("http.client.request.duration", PATIENCE_SECONDS,
        p -> p.attribute("service.name").equals("payment")
            && p.attribute("server.address").equals("bank.example") && max(p) > 0.4);
    say("a slow dependency", turned);
    DemoKnob.turn(data, "slow", "payment", "off");
  }

  @Test
  @Order(5)
  void anErrorRatioShowsInTheStatusesOfTheService() throws Exception {
    DemoKnob.turn(data, "errors", "inventory", "0.5");

    RECEIVER.await("http.server.request.duration", PATIENCE_SECONDS,
        p -> p.attribute("service.name").equals("inventory")
            && p.attribute("error.type").equals("500"));
    DemoKnob.turn(data, "errors", "inventory", "off");
    assertThat(DemoKnob.status(data)).contains("inventory: pid ").contains("errors off");
  }

  @Test
  @Order(6)
  void theCpuKnobShowsInLatencyAndInWhatCausesIt() throws Exception {
    String done = DemoKnob.turn(data, "cpu", "checkout", "0.05");
    RECEIVER.clear();
    long turned = System.nanoTime();

    if (done.contains("cgroup /")) {
      String container = done.substring(done.indexOf("cgroup /") + "cgroup ".length());
      RECEIVER.await("throughline.container.cpu.limit", PATIENCE_SECONDS,
          p -> p.attribute("container.id").equals(container) && p.value() == 0.05);
      double throttled = RECEIVER
          .await("throughline.container.cpu.throttled.time", PATIENCE_SECONDS,
              p -> p.attribute("container.id").equals(container))
          .value();
      RECEIVER.await("throughline.container.cpu.throttled.time", PATIENCE_SECONDS,
          p -> p.attribute("container.id").equals(container) && p.value() > throttled);
      assertThat(
          RECEIVER
              .await("throughline.pool.size", PATIENCE_SECONDS,
                  p -> p.attribute("service.name").equals("checkout"))
              .attribute("container.id"))
          .isEqualTo(container);
    } else {
      RECEIVER.await("throughline.pool.size", PATIENCE_SECONDS,
          p -> p.attribute("service.name").equals("checkout") && p.value() == 1);
    }
    awaitSlow("checkout", 0.25);
    say("the CPU knob", turned);
    DemoKnob.turn(data, "cpu", "checkout", "off");
  }

  @Test
  @Order(7)
  void closingEndsEveryProcessAndLeavesNoCgroup() {
    List<ProcessHandle> children = ProcessHandle.current().children().toList();
    List<String> groups = shop.status().stream().filter(line -> line.contains("cgroup ")).toList();

    shop.close();

    Await.until("all children have ended",
        () -> children.stream().noneMatch(ProcessHandle::isAlive));
    for (String line : groups) {
      String group = line.replaceAll(".*cgroup /([^,]*),.*", "$1");
      assertThat(Path.of("/sys/fs/cgroup/cpu").resolve(group)).doesNotExist();
    }
    assertThat(Files.exists(data.resolve("demo/control"))).isFalse();
  }

  /** Waits until a service's slowest request since the start took so long. */
  private static void awaitSlow(String service, double seconds) {
    RECEIVER.await("http.server.request.duration", PATIENCE_SECONDS,
        p -> p.attribute("service.name").equals(service) && !p.attribute("http.route").equals("/")
            && above(p, seconds) > 3);
  }

  private static double min(Point point) {
    return point.histogram() == null ? 0 : point.histogram().getMin();
  }

  /** Said, not asserted: a time depends on what else the machine does. */
  private static void say(String what, long sinceNanos) {
    System.err
        .println(what + " showed after " + (System.nanoTime() - sinceNanos) / 1_000_000 + " ms");
  }

  private static double max(Point point) {
    return point.histogram() == null ? 0 : point.histogram().getMax();
  }

  /** How many of a histogram's values are surely above a bound. */
  private static long above(Point point, double bound) {
    ExponentialHistogramDataPoint histogram = point.histogram();
    if (histogram == null) {
      return 0;
    }
    long count = 0;
    for (int i = 0; i < histogram.getPositive().getBucketCountsCount(); i++) {
      double lower = Math.pow(2,
          (histogram.getPositive().getOffset() + i) * Math.pow(2, -histogram.getScale()));
      if (lower >= bound) {
        count += histogram.getPositive().getBucketCounts(i);
      }
    }
    return count;
  }
}

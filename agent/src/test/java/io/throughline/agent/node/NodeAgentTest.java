package io.throughline.agent.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.throughline.testkit.OtlpReceiver;
import io.throughline.testkit.OtlpReceiver.Point;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeAgentTest {

  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  @TempDir
  private Path root;
  private RecordedHost host;
  private OtlpReceiver receiver;
  private final List<NodeAgent> agents = new ArrayList<>();

  @BeforeEach
  void open() {
    host = new RecordedHost(root);
    receiver = new OtlpReceiver();
  }

  @AfterEach
  void close() {
    agents.forEach(NodeAgent::close);
    receiver.close();
  }

  @Test
  void theScriptOfTheImageStartsItAsTheServerDoes() throws Exception {
    var command = NodeAgent.command(Path.of("java"), "CLASSPATH", NodeSettings.parse(List.of()));

    var script = Files.readString(Path.of("node-agent"));

    var flags = command.subList(1, command.indexOf("-cp"));
    assertThat(flags).hasSizeGreaterThan(5);
    assertThat(script.replaceAll("\\s*\\\\\\n\\s*", " "))
        .contains(String.join(" ", flags) + " -cp ")
        .contains(" " + NodeAgent.class.getName() + " ");
  }

  @Test
  void theHostIsReadAsItsFilesSay() {
    read();

    assertThat(value("system.cpu.time", "cpu.mode", "iowait")).isEqualTo(0.5);
    assertThat(value("system.cpu.time", "cpu.mode", "steal")).isEqualTo(0.08, within(1e-9));
    assertThat(value("system.cpu.logical.count")).isEqualTo(2);
    assertThat(value("system.cpu.load_average.15m")).isEqualTo(2.05, within(1e-9));
    assertThat(value("throughline.system.cpu.run_queue.time")).isEqualTo(3);
    assertThat(value("system.memory.usage", "system.memory.state", "used")).isEqualTo(4000 * 1024);
    assertThat(value("system.memory.usage", "system.memory.state", "cached"))
        .isEqualTo(2800 * 1024);
    assertThat(value("throughline.system.memory.available")).isEqualTo(5000 * 1024);
    assertThat(value("system.paging.faults", "system.paging.fault.type", "minor")).isEqualTo(960);
    assertThat(value("system.disk.io", "disk.io.direction", "read")).isEqualTo(2000 * 512);
    assertThat(value("system.disk.operation_time", "disk.io.direction", "write")).isEqualTo(0.7);
    assertThat(value("system.disk.io_time")).isEqualTo(0.9);
    assertThat(value("throughline.system.disk.queue.time")).isEqualTo(1.5);
    assertThat(value("system.network.io", "network.io.direction", "receive")).isEqualTo(123_456);
    assertThat(value("system.network.errors", "network.io.direction", "transmit")).isEqualTo(3);
    assertThat(value("system.network.packet.dropped", "network.io.direction", "transmit"))
        .isEqualTo(4);
    assertThat(value("throughline.system.network.tcp.retransmits")).isEqualTo(67);
    assertThat(value("throughline.system.network.tcp.segments_sent")).isEqualTo(12_345);
    assertThat(value("throughline.system.network.tcp.listen_overflows")).isEqualTo(11);
    assertThat(value("throughline.system.network.tcp.syn_retransmits")).isEqualTo(13);
    assertThat(value("throughline.system.network.tcp.accept_backlog")).isEqualTo(34);
    assertThat(value("throughline.system.pressure.time", "throughline.pressure.kind", "full"))
        .isEqualTo(0.25);
  }

  @Test
  void onlyWholeDisksThatWereUsedAndRealInterfacesAreReported() {
    read();

    assertThat(receiver.points("system.disk.io").stream().map(p -> p.attribute("system.device")))
        .containsOnly("nvme0n1");
    assertThat(receiver.points("system.network.io")
        .stream()
        .map(p -> p.attribute("network.interface.name"))).containsOnly("eth0");
  }

  @Test
  void everyPointSaysWhoseItIsAndCountersSayWhenTheyBegan() {
    read();

    Point cpu = receiver.points("system.cpu.time").getFirst();
    assertThat(cpu.resource()).containsEntry("host.id", "0123456789abcdef0123456789abcdef")
        .containsEntry("host.name", "node-7");
    assertThat(cpu.startNanos()).isEqualTo(1_700_000_000_000_000_000L);
    assertThat(cpu.timeNanos()).isEqualTo(NOW.toEpochMilli() * 1_000_000);
  }

  @Test
  void aContainerOfVersionTwoIsReadWithTheLeastLimitOfItsAncestors() {
    host.v2();

    read();

    assertThat(value("container.cpu.time", "cpu.mode", "user")).isEqualTo(6);
    assertThat(value("throughline.container.cpu.limit")).isEqualTo(0.5);
    assertThat(value("throughline.container.cpu.periods")).isEqualTo(120);
    assertThat(value("throughline.container.cpu.throttled.periods")).isEqualTo(30);
    assertThat(value("throughline.container.cpu.throttled.time")).isEqualTo(4.5);
    assertThat(value("throughline.container.cpu.bursts")).isEqualTo(7);
    assertThat(value("throughline.container.cpu.burst.time")).isEqualTo(0.35);
    assertThat(value("container.memory.usage")).isEqualTo(700_000);
    assertThat(value("container.memory.working_set")).isEqualTo(500_000);
    assertThat(value("throughline.container.memory.limit")).isEqualTo(1_000_000);
    assertThat(value("throughline.container.memory.events", "throughline.memory.event", "high"))
        .isEqualTo(4);
    assertThat(value("throughline.container.memory.events", "throughline.memory.event", "oom_kill"))
        .isEqualTo(1);
    assertThat(value("container.disk.io", "disk.io.direction", "write")).isEqualTo(2020);
    assertThat(value("throughline.container.disk.operations", "disk.io.direction", "read"))
        .isEqualTo(4);
    assertThat(value("throughline.container.pressure.time", "throughline.pressure.resource", "cpu"))
        .isEqualTo(2);
    assertThat(value("throughline.container.cpu.run_queue.time")).isEqualTo(2.5);
    assertThat(value("throughline.container.network.tcp.accept_backlog")).isEqualTo(5);
    Point point = receiver.points("container.cpu.time").getFirst();
    assertThat(point.resource()).containsEntry("container.id", RecordedHost.POD)
        .containsEntry("k8s.pod.uid", "0a1b2c3d-0000-1111-2222-333344445555")
        .containsEntry("host.name", "node-7");
    assertThat(point.startNanos()).isEqualTo(1_700_000_060_000_000_000L);
  }

  @Test
  void aContainerOfVersionOneIsReadInItsOwnUnits() {
    host.v1(false);

    read();

    assertThat(value("container.cpu.time", "cpu.mode", "system")).isEqualTo(1);
    assertThat(value("throughline.container.cpu.limit")).isEqualTo(2);
    assertThat(value("throughline.container.cpu.throttled.time")).isEqualTo(1.5);
    assertThat(value("container.memory.working_set")).isEqualTo(400_000);
    assertThat(value("throughline.container.memory.events", "throughline.memory.event", "oom_kill"))
        .isEqualTo(3);
    assertThat(value("container.disk.io", "disk.io.direction", "read")).isEqualTo(4096);
    assertThat(value("throughline.container.disk.operations", "disk.io.direction", "write"))
        .isEqualTo(2);
    assertThat(receiver.points("container.cpu.time").getFirst().attribute("container.id"))
        .isEqualTo(RecordedHost.DOCKER);
    assertThat(receiver.points("throughline.container.memory.limit")).isEmpty();
    assertThat(reasons("throughline.container.pressure.time")).singleElement()
        .asString()
        .startsWith("a group's pressure is in cgroup version 2 only");
    assertThat(value("throughline.container.cpu.burst.time")).isEqualTo(0.02);
    assertThat(reasons("throughline.container.network.tcp.accept_backlog"))
        .containsExactly("it is on its host's network, whose backlog holds its own");
  }

  @Test
  void onAHybridHostControllersAreFoundWhereTheyAreAndPressureInTheEmptyTree() {
    host.v1(true);

    read();

    assertThat(value("container.cpu.time", "cpu.mode", "user")).isEqualTo(3);
    assertThat(value("throughline.container.cpu.throttled.time")).isEqualTo(1.5);
    assertThat(value("throughline.container.pressure.time")).isEqualTo(3);
  }

  @Test
  void whatCannotBeReadIsNamedWithItsReasonAndNeverZero() {
    host.remove("proc/schedstat");
    host.remove("proc/pressure/io");

    read();

    assertThat(receiver.points("throughline.system.cpu.run_queue.time")).isEmpty();
    assertThat(reasons("throughline.system.cpu.run_queue.time"))
        .containsExactly(root.resolve("proc/schedstat") + " does not exist");
    assertThat(reasons("throughline.system.pressure.time"))
        .containsExactly(root.resolve("proc/pressure/io") + " does not exist");
    assertThat(receiver.points("throughline.system.pressure.time")).hasSize(4);
    assertThat(reasons("container.cpu.time"))
        .containsExactly(root.resolve("cgroup") + " does not exist: this system has no cgroups");
  }

  @Test
  void anOldKernelThatTellsNoBurstsIsNamedAndNotZero() {
    host.v2();
    host.rewrite("nr_bursts 7\nburst_usec 350000\n", "");
    host.remove("proc/4242/ns");

    read();

    assertThat(receiver.points("throughline.container.cpu.burst.time")).isEmpty();
    assertThat(reasons("throughline.container.cpu.burst.time")).singleElement()
        .asString()
        .contains("cpu.stat has no nr_bursts");
    assertThat(receiver.points("throughline.container.network.tcp.accept_backlog")).isEmpty();
    assertThat(reasons("throughline.container.network.tcp.accept_backlog"))
        .containsExactly(root.resolve("proc/4242/ns/net") + " does not exist");
  }

  @Test
  void withoutProcEverySignalOfTheHostIsNotMeasured() {
    host.remove("proc");

    read();

    assertThat(receiver.points().stream().map(Point::name))
        .containsOnly("throughline.not_measured");
    assertThat(receiver.points("throughline.not_measured")
        .stream()
        .map(p -> p.attribute("throughline.signal"))).contains("system.cpu.time",
            "system.memory.usage", "system.disk.io", "system.network.io",
            "throughline.system.pressure.time", "container.cpu.time");
  }

  @Test
  void namedProcessesAreReportedUntilTheyEnd() {
    NodeAgent agent = agent("--process", "shop\\.jar");
    host.process(777, "other", 5, 100);
    host.write("proc/777/cmdline", "other\0");

    agent.readOnce();
    receiver.await("process.memory.usage", 10, p -> true);
    assertThat(value("process.cpu.time", "cpu.mode", "user")).isEqualTo(2.5);
    assertThat(value("process.memory.usage")).isEqualTo(20 * 1024);
    assertThat(value("process.paging.faults", "system.paging.fault.type", "major")).isEqualTo(7);
    assertThat(receiver.points("process.cpu.time").getFirst().resource())
        .containsEntry("process.pid", "4242")
        .containsEntry("process.executable.name", "java");
    host.remove("proc/4242");
    receiver.clear();
    NodeAgent later = agent("--process", "shop\\.jar");
    later.readOnce();
    receiver.await("system.cpu.time", 10, p -> true);

    assertThat(receiver.points("process.cpu.time")).isEmpty();
  }

  @Test
  void containersComeAndGoBetweenRounds() {
    host.v1(false);
    NodeAgent agent = agent();
    agent.readOnce();
    receiver.await("container.cpu.time", 10, p -> true);

    host.remove("cgroup/cpu,cpuacct/docker/" + RecordedHost.DOCKER);
    host.write("cgroup/cpu,cpuacct/throughline-demo/checkout/cgroup.procs", "\n");
    host.write("cgroup/cpu,cpuacct/throughline-demo/checkout/cpuacct.usage_user", "1\n");
    host.write("cgroup/cpu,cpuacct/throughline-demo/checkout/cpuacct.usage_sys", "1\n");
    agent.readOnce();
    agent.readOnce();
    receiver.await("container.cpu.time", 10,
        p -> p.attribute("container.id").equals("/throughline-demo/checkout"));
    receiver.clear();
    agent.readOnce();

    receiver.await("container.cpu.time", 10,
        p -> p.attribute("container.id").equals("/throughline-demo/checkout"));
    assertThat(receiver.points("container.cpu.time").stream().map(p -> p.attribute("container.id")))
        .doesNotContain(RecordedHost.DOCKER);
  }

  @Test
  void containersBeyondTheBoundAreCountedAndNotHidden() {
    for (int i = 0; i < 5; i++) {
      String id = Integer.toString(i).repeat(64);
      host.write("cgroup/cpu/docker/" + id + "/cgroup.procs", "\n");
      host.write("cgroup/cpu/docker/" + id + "/cpu.stat", "nr_periods 1\n");
    }
    host.write("cgroup/cpu/cgroup.procs", "\n");

    NodeAgent agent = agent("--max-containers", "3");
    agent.readOnce();
    receiver.await("throughline.container.cpu.periods", 10, p -> true);

    assertThat(receiver.points("throughline.container.cpu.periods")).hasSize(3);
    assertThat(reasons("container.cpu.time")).contains("2 containers more than --max-containers 3");
  }

  @Test
  void optionsReadBackAsTheyWereWritten() {
    NodeSettings settings = NodeSettings.parse(List.of("--endpoint", "http://127.0.0.1:1",
        "--tenant", "t", "--interval", "250ms", "--process", "a+b", "--pid", "7", "--parent", "8",
        "--cgroup-glob", "/system.slice/*", "--spool", "/var/spool/x", "--header", "A=b=c"));

    assertThat(NodeSettings.parse(settings.toArguments()).toArguments())
        .isEqualTo(settings.toArguments());
  }

  @Test
  void optionsThatAreWrongSayWhatWouldBeRight() {
    assertThatThrownBy(() -> NodeSettings.parse(List.of("--interval", "soon")))
        .hasMessage("--interval soon: want a duration as 1s or 500ms");
    assertThatThrownBy(() -> NodeSettings.parse(List.of("--endpoint", "ftp://x")))
        .hasMessage("endpoint ftp://x: want http://HOST:PORT or https://HOST:PORT");
    assertThatThrownBy(() -> NodeSettings.parse(List.of("--frobnicate", "1")))
        .hasMessage("unknown option --frobnicate");
  }

  @Test
  void theRealMachineIsReadWithinTheAgentsOwnFormat() {
    if (!Files.exists(Path.of("/proc/stat"))) {
      return;
    }
    var agent = new NodeAgent(NodeSettings.to(receiver.endpoint()), InstantSource.system(),
        line -> {});
    agents.add(agent);

    agent.readOnce();

    assertThat(receiver.await("system.memory.limit", 10, p -> true).value()).isPositive();
    assertThat(receiver.points("system.cpu.time")).hasSize(8);
  }

  private void read() {
    agent().readOnce();
    receiver.await("throughline.not_measured", 10, p -> true);
  }

  private NodeAgent agent(String... options) {
    var all = new ArrayList<>(List.of("--endpoint", receiver.endpoint()));
    all.addAll(Arrays.asList(options));
    var agent = new NodeAgent(host.settings(all.toArray(String[]::new)), InstantSource.fixed(NOW),
        line -> {});
    agents.add(agent);
    return agent;
  }

  private double value(String name, String... attribute) {
    List<Point> found = receiver.points(name)
        .stream()
        .filter(p -> attribute.length == 0 || p.attribute(attribute[0]).equals(attribute[1]))
        .toList();
    assertThat(found).as(name).isNotEmpty();
    return found.getFirst().value();
  }

  private List<String> reasons(String signal) {
    return receiver.points("throughline.not_measured")
        .stream()
        .filter(p -> p.attribute("throughline.signal").equals(signal))
        .map(p -> p.attribute("throughline.reason"))
        .toList();
  }
}

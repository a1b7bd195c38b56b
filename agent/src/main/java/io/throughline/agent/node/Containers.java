package io.throughline.agent.node;

import io.throughline.agent.node.CgroupLayout.Home;
import io.throughline.agent.otlp.Attributes;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The host's containers: found by walking the cgroup tree every {@value #ROUNDS_BETWEEN_SCANS} rounds,
 * read every round, each a resource of its own.
 *
 * <p>At most {@code maxContainers} are read and {@value #MOST_GROUPS} groups walked; what is left out is
 * said on the host's resource.
 */
final class Containers implements AutoCloseable {

  static final int ROUNDS_BETWEEN_SCANS = 2;
  static final int MOST_GROUPS = 8_192;
  private static final int DEEPEST = 12;
  // Files of every group begin with one of these; what does not may be a group.
  private static final String[] FILE_PREFIXES = {"cgroup.", "cpu.", "cpuacct.", "cpuset.",
      "memory.", "io.", "blkio.", "pids.", "hugetlb.", "misc.", "rdma.", "irq.", "dmem.",
      "net_cls.", "net_prio.", "freezer.", "devices.", "tasks", "notify_on_release",
      "release_agent"};

  private record Container(String path, Attributes resource, List<Reader> readers) {}

  private final NodeSettings.Roots roots;
  private final HostIdentity host;
  private final ContainerNames names;
  private final int maxContainers;
  private final CgroupLayout layout;
  private final @Nullable Limits cpuLimits;
  private final @Nullable Limits memoryLimits;
  private final RunQueueReader.Budget threads;
  private final ProcessTimes times;
  private final LinkedHashMap<String, Container> containers = new LinkedHashMap<>();
  private int leftOut;
  private boolean walkCut;

  Containers(NodeSettings settings, HostIdentity host, ProcessTimes times,
      RunQueueReader.Budget threads) {
    this.roots = settings.roots();
    this.host = host;
    this.names = new ContainerNames(settings.cgroups());
    this.maxContainers = settings.maxContainers();
    this.times = times;
    this.threads = threads;
    this.layout = CgroupLayout.detect(roots.cgroup());
    this.cpuLimits = switch (layout.cpu()) {
      case Home.V1(Path tree) -> new Limits(Limits.Kind.CPU_V1, tree);
      case Home.V2(Path tree) -> new Limits(Limits.Kind.CPU_V2, tree);
      case Home.Absent absent -> null;
    };
    this.memoryLimits = layout.memory() instanceof Home.V2(Path tree)
        ? new Limits(Limits.Kind.MEMORY_V2, tree)
        : null;
  }

  int count() {
    return containers.size();
  }

  /** Looks for containers where it is time to, and says on the host's resource what it leaves out. */
  void scan(Reading reading) {
    Path tree = layout.anyTree();
    if (tree == null) {
      String reason = layout.cpuUsage() instanceof Home.Absent(String why) ? why : "no cgroup tree";
      reading.missing(reason, ContainerMetrics.CPU_TIME, ContainerMetrics.MEMORY_USAGE);
      return;
    }
    if (reading.round % ROUNDS_BETWEEN_SCANS == 0) {
      rescan(tree, reading.timeNanos);
    }
    if (leftOut > 0) {
      reading.missing(leftOut + " containers more than --max-containers " + maxContainers,
          ContainerMetrics.CPU_TIME);
    }
    if (walkCut) {
      reading.missing("more than " + MOST_GROUPS + " cgroups: the rest was not looked at",
          ContainerMetrics.CPU_TIME);
    }
  }

  void read(Reading reading) {
    for (Container container : containers.values()) {
      reading.beginResource(container.resource());
      for (Reader reader : container.readers()) {
        reader.read(reading);
      }
      reading.endResource();
    }
    if (cpuLimits != null) {
      cpuLimits.sweep(reading.round);
    }
    if (memoryLimits != null) {
      memoryLimits.sweep(reading.round);
    }
  }

  @Override
  public void close() {
    containers.values().forEach(Containers::close);
    containers.clear();
    if (cpuLimits != null) {
      cpuLimits.close();
    }
    if (memoryLimits != null) {
      memoryLimits.close();
    }
  }

  private void rescan(Path tree, long nowNanos) {
    var found = new ArrayList<String>();
    walkCut = !walk(tree.toFile(), "", 0, found, new int[] {MOST_GROUPS});
    leftOut = Math.max(0, found.size() - maxContainers);
    Set<String> kept = new HashSet<>(found.subList(0, found.size() - leftOut));
    containers.values().removeIf(container -> {
      boolean gone = !kept.contains(container.path());
      if (gone) {
        close(container);
      }
      return gone;
    });
    for (String path : kept) {
      containers.computeIfAbsent(path, p -> open(p, nowNanos));
    }
  }

  /** Depth first; false once {@code left} groups are used up. */
  private boolean walk(File folder, String path, int depth, List<String> found, int[] left) {
    String[] entries = folder.list();
    if (entries == null || depth > DEEPEST) {
      return true;
    }
    Arrays.sort(entries);
    for (String entry : entries) {
      if (isFile(entry)) {
        continue;
      }
      var child = new File(folder, entry);
      if (!child.isDirectory()) {
        continue;
      }
      if (left[0]-- <= 0) {
        return false;
      }
      String childPath = path + "/" + entry;
      if (names.isContainer(childPath)) {
        found.add(childPath);
      }
      if (!walk(child, childPath, depth + 1, found, left)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isFile(String name) {
    for (String prefix : FILE_PREFIXES) {
      if (name.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  private Container open(String path, long nowNanos) {
    String below = path.substring(1);
    Path group = firstTree().resolve(below);
    long startNanos = times.oldestStartNanos(group, nowNanos);
    var readers = new ArrayList<Reader>();
    openCpu(below, path, startNanos, readers);
    openMemory(below, path, startNanos, readers);
    readers.add(switch (layout.io()) {
      case Home.V1(Path tree) when Files.isDirectory(tree.resolve(below)) ->
        new CgroupV1.Io(tree.resolve(below), startNanos);
      case Home.V2(Path tree) -> new CgroupV2.Io(tree.resolve(below), startNanos);
      case Home.V1(Path tree) -> new CgroupV1.Nowhere(tree.resolve(below) + " does not exist",
          ContainerMetrics.DISK_IO, ContainerMetrics.DISK_OPERATIONS);
      case Home.Absent(String reason) ->
        new CgroupV1.Nowhere(reason, ContainerMetrics.DISK_IO, ContainerMetrics.DISK_OPERATIONS);
    });
    Path unified = layout.unified();
    readers.add(unified != null && Files.isDirectory(unified.resolve(below))
        ? PressureReader.ofContainer(unified.resolve(below), startNanos)
        : new CgroupV1.Nowhere("a group's pressure is in cgroup version 2 only, and " + path
            + " is in no version 2 tree", PressureReader.CONTAINER));
    Path procs = group.resolve("cgroup.procs");
    readers.add(new RunQueueReader(ContainerMetrics.RUN_QUEUE, roots.proc(),
        () -> List.of(KernelFile.once(procs).split("\\s+")), threads, startNanos));
    readers.add(new BacklogReader(ContainerMetrics.ACCEPT_BACKLOG, roots.proc(),
        () -> KernelFile.once(procs).lines().findFirst().orElse("")));
    return new Container(path, ContainerNames.resource(path, host), readers);
  }

  private void openCpu(String below, String path, long startNanos, List<Reader> readers) {
    boolean usageByV2 = layout.cpuUsage() instanceof Home.V2;
    boolean throttlingByV2 = layout.cpu() instanceof Home.V2;
    if ((usageByV2 || throttlingByV2) && layout.unified() != null) {
      Limits limits = cpuLimits == null
          ? new Limits(Limits.Kind.CPU_V2, layout.unified())
          : cpuLimits;
      readers.add(new CgroupV2.Cpu(layout.unified().resolve(below), path, limits, usageByV2,
          throttlingByV2, startNanos));
    }
    if (layout.cpuUsage() instanceof Home.V1(Path tree)) {
      readers.add(Files.isDirectory(tree.resolve(below))
          ? new CgroupV1.CpuUsage(tree.resolve(below), startNanos)
          : new CgroupV1.Nowhere(tree.resolve(below) + " does not exist",
              ContainerMetrics.CPU_TIME));
    }
    Reader throttling = switch (layout.cpu()) {
      case Home.V1(Path tree) when cpuLimits != null && Files.isDirectory(tree.resolve(below)) ->
        new CgroupV1.Cpu(tree.resolve(below), path, cpuLimits, startNanos);
      case Home.V1(Path tree) -> notThrottled(tree.resolve(below) + " does not exist");
      case Home.V2 v2 -> null;
      case Home.Absent(String reason) -> notThrottled(reason);
    };
    if (throttling != null) {
      readers.add(throttling);
    }
  }

  private static Reader notThrottled(String reason) {
    return new CgroupV1.Nowhere(reason, ContainerMetrics.PERIODS,
        ContainerMetrics.THROTTLED_PERIODS, ContainerMetrics.THROTTLED_TIME,
        ContainerMetrics.CPU_LIMIT, ContainerMetrics.BURSTS, ContainerMetrics.BURST_TIME);
  }

  private void openMemory(String below, String path, long startNanos, List<Reader> readers) {
    readers.add(switch (layout.memory()) {
      case Home.V1(Path tree) when Files.isDirectory(tree.resolve(below)) ->
        new CgroupV1.Memory(tree.resolve(below), startNanos);
      case Home.V2(Path tree) when memoryLimits != null ->
        new CgroupV2.Memory(tree.resolve(below), path, memoryLimits, startNanos);
      case Home.V1(Path tree) -> notInMemory(tree.resolve(below) + " does not exist");
      case Home.V2(Path tree) -> notInMemory(tree.resolve(below) + " has no limits");
      case Home.Absent(String reason) -> notInMemory(reason);
    });
  }

  private static Reader notInMemory(String reason) {
    return new CgroupV1.Nowhere(reason, ContainerMetrics.MEMORY_USAGE, ContainerMetrics.WORKING_SET,
        ContainerMetrics.MEMORY_LIMIT, ContainerMetrics.MEMORY_EVENTS, ContainerMetrics.FAULTS);
  }

  private Path firstTree() {
    Path tree = layout.anyTree();
    if (tree == null) {
      throw new IllegalStateException("a container was found without a cgroup tree");
    }
    return tree;
  }

  private static void close(Container container) {
    container.readers().forEach(Reader::close);
  }
}

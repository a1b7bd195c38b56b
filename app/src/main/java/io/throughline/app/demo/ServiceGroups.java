package io.throughline.app.demo;

import io.throughline.agent.node.CgroupLayout;
import io.throughline.agent.node.CgroupLayout.Home;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A cgroup for each service of the shop, {@code /throughline-demo/SERVICE}, where a cpu controller may be
 * written, version 1 or 2; elsewhere none, and {@link #problem} says why.
 *
 * <p>Version 1's other controllers join only where this process is in their root: in a group below it
 * someone else accounts for us, and the shop must not leave that.
 */
final class ServiceGroups implements AutoCloseable {

  private static final String PARENT = "throughline-demo";
  private static final long PERIOD_MICROS = 100_000;
  private static final int REMOVALS = 50;
  private static final long REMOVAL_WAIT_MS = 20;

  // The trees, the cpu controller's first; of each service the name of its folder.
  private final List<Path> trees;
  private final boolean unified;
  private final String problem;
  private final Map<String, String> names = new LinkedHashMap<>();
  private final Consumer<String> log;

  private ServiceGroups(List<Path> trees, boolean unified, String problem, Consumer<String> log) {
    this.trees = trees;
    this.unified = unified;
    this.problem = problem;
    this.log = log;
  }

  /** Makes the groups below {@code root}, as {@code /sys/fs/cgroup}. */
  static ServiceGroups make(Path root, Path proc, List<String> services, Consumer<String> log) {
    CgroupLayout layout = CgroupLayout.detect(root);
    ServiceGroups groups = switch (layout.cpu()) {
      case Home.Absent(String reason) -> new ServiceGroups(List.of(), false, reason, log);
      case Home.V2(Path tree) -> new ServiceGroups(List.of(tree), true, "", log);
      case Home.V1(Path tree) -> new ServiceGroups(versionOne(layout, tree, proc), false, "", log);
    };
    if (groups.trees.isEmpty()) {
      return groups;
    }
    try {
      groups.makeFolders(services);
      return groups;
    } catch (IOException e) {
      groups.close();
      return new ServiceGroups(List.of(), false, "cannot make a group of its own: " + e, log);
    }
  }

  /** Why there are none; "" where there are. */
  String problem() {
    return problem;
  }

  boolean exist() {
    return !names.isEmpty();
  }

  /** The path of a service's group in its trees, which is its {@code container.id}; "" where it has none. */
  String pathOf(String service) {
    String name = names.get(service);
    return name == null ? "" : "/" + PARENT + "/" + name;
  }

  /** Moves a process into its service's group. */
  void place(String service, long pid) throws IOException {
    for (Path tree : trees) {
      Files.writeString(folder(tree, service).resolve("cgroup.procs"), Long.toString(pid));
    }
  }

  /** Limits a service to so many cores, or lifts the limit where {@code cores} is infinite. */
  void limit(String service, double cores) throws IOException {
    Path folder = folder(trees.getFirst(), service);
    boolean off = Double.isInfinite(cores);
    // The kernel refuses quotas below a millisecond.
    long quota = Math.max(1_000, Math.round(cores * PERIOD_MICROS));
    if (unified) {
      Files.writeString(folder.resolve("cpu.max"), (off ? "max" : quota) + " " + PERIOD_MICROS);
    } else {
      Files.writeString(folder.resolve("cpu.cfs_period_us"), Long.toString(PERIOD_MICROS));
      Files.writeString(folder.resolve("cpu.cfs_quota_us"), off ? "-1" : Long.toString(quota));
    }
  }

  /** Every folder made, children before parents: in this order they can be removed. */
  List<Path> folders() {
    var folders = new ArrayList<Path>();
    for (Path tree : trees) {
      for (String service : names.keySet()) {
        folders.add(folder(tree, service));
      }
      folders.add(tree.resolve(PARENT));
    }
    return folders;
  }

  /** Removes the folders; their processes must have ended. */
  @Override
  public void close() {
    for (Path folder : folders()) {
      remove(folder);
    }
  }

  private static List<Path> versionOne(CgroupLayout layout, Path cpu, Path proc) {
    Set<Path> trees = new LinkedHashSet<>();
    trees.add(cpu);
    if (layout.cpuUsage() instanceof Home.V1(Path tree)) {
      trees.add(tree);
    }
    if (layout.memory() instanceof Home.V1(Path tree) && isInRoot(proc, "memory")) {
      trees.add(tree);
    }
    if (layout.io() instanceof Home.V1(Path tree) && isInRoot(proc, "blkio")) {
      trees.add(tree);
    }
    return List.copyOf(trees);
  }

  /** Lines of {@code /proc/self/cgroup}: number, controllers, path. */
  private static boolean isInRoot(Path proc, String controller) {
    try {
      return Files.readAllLines(proc.resolve("self/cgroup"))
          .stream()
          .map(l -> l.split(":", 3))
          .anyMatch(parts -> parts.length == 3 && parts[2].equals("/")
              && List.of(parts[1].split(",", -1)).contains(controller));
    } catch (IOException e) {
      // Not to be known: then not to be left either.
      return false;
    }
  }

  private void makeFolders(List<String> services) throws IOException {
    for (Path tree : trees) {
      Files.createDirectories(tree.resolve(PARENT));
      if (unified) {
        enable(tree);
        enable(tree.resolve(PARENT));
      }
    }
    for (String service : services) {
      names.put(service, freeName(service));
      for (Path tree : trees) {
        Files.createDirectories(folder(tree, service));
      }
    }
    limit(services.getFirst(), Double.POSITIVE_INFINITY);
  }

  private static void enable(Path folder) throws IOException {
    String listed = Files.readString(folder.resolve("cgroup.controllers"));
    for (String controller : List.of("cpu", "memory", "io")) {
      if (listed.contains(controller)) {
        Files.writeString(folder.resolve("cgroup.subtree_control"), "+" + controller);
      }
    }
  }

  /** The service's name, or with a number where another shop on this machine uses that. */
  private String freeName(String service) throws IOException {
    String name = service;
    for (int i = 2;; i++) {
      Path procs = trees.getFirst().resolve(PARENT).resolve(name).resolve("cgroup.procs");
      if (!Files.exists(procs) || Files.readString(procs).isBlank()) {
        return name;
      }
      name = service + "-" + i;
    }
  }

  private Path folder(Path tree, String service) {
    return tree.resolve(PARENT).resolve(names.getOrDefault(service, service));
  }

  private void remove(Path folder) {
    // A process that was just killed is in its group for a moment more.
    for (int i = 0; i < REMOVALS; i++) {
      try {
        if (!Files.exists(folder)) {
          return;
        }
        Files.delete(folder);
        return;
      } catch (IOException e) {
        if (folder.endsWith(PARENT)) {
          // Another shop's services are in it.
          return;
        }
        if (i == REMOVALS - 1) {
          log.accept("demo: cannot remove " + folder + ": " + e);
        }
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(REMOVAL_WAIT_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

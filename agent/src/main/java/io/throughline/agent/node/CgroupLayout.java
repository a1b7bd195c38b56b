package io.throughline.agent.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where each cgroup controller lives on this host.
 *
 * <p>Found by controller, not by mount: a hybrid host has version 1 trees that hold the controllers
 * beside a version 2 tree that holds none, and a controller that tree does not list is not there.
 *
 * @param unified the version 2 tree, null where there is none; pressure files are in it whatever it lists
 * @param cpu limits and throttling
 * @param cpuUsage time used
 * @param memory usage, limit and events
 * @param io bytes and operations
 */
public record CgroupLayout(@Nullable Path unified, Home cpu, Home cpuUsage, Home memory, Home io) {

  /** Where one controller's files are. */
  public sealed interface Home {
    record V1(Path tree) implements Home {}

    record V2(Path tree) implements Home {}

    record Absent(String reason) implements Home {}
  }

  /** Looks below {@code root}, as {@code /sys/fs/cgroup}. */
  public static CgroupLayout detect(Path root) {
    Path unified = null;
    for (Path candidate : List.of(root, root.resolve("unified"))) {
      if (Files.isReadable(candidate.resolve("cgroup.controllers"))) {
        unified = candidate;
        break;
      }
    }
    List<String> listed = unified == null
        ? List.of()
        : List.of(KernelFile.once(unified.resolve("cgroup.controllers")).split("\\s+"));
    Home cpu = home(root, unified, listed, "cpu", "cpu");
    Home cpuUsage = home(root, unified, listed, "cpuacct", "cpu");
    if (cpuUsage instanceof Home.Absent && unified != null) {
      // Version 2 counts the time of every group, even where it does not hold the controller.
      cpuUsage = new Home.V2(unified);
    }
    return new CgroupLayout(unified, cpu, cpuUsage, home(root, unified, listed, "memory", "memory"),
        home(root, unified, listed, "blkio", "io"));
  }

  /** The tree to look for containers in, or null where there is none at all. */
  @Nullable
  Path anyTree() {
    for (Home home : List.of(cpuUsage, cpu, memory)) {
      switch (home) {
        case Home.V1(Path tree) -> {
          return tree;
        }
        case Home.V2(Path tree) -> {
          return tree;
        }
        case Home.Absent absent -> {
        }
      }
    }
    return null;
  }

  private static Home home(Path root, @Nullable Path unified, List<String> listed, String v1Name,
      String v2Name) {
    if (unified != null && listed.contains(v2Name)) {
      return new Home.V2(unified);
    }
    if (!Files.isDirectory(root)) {
      return new Home.Absent(root + " does not exist: this system has no cgroups");
    }
    try (var folders = Files.list(root)) {
      for (Path folder : folders.sorted().toList()) {
        boolean named = List.of(folder.getFileName().toString().split(",")).contains(v1Name);
        if (named && Files.exists(folder.resolve("cgroup.procs"))) {
          return new Home.V1(folder);
        }
      }
    } catch (IOException e) {
      return new Home.Absent(KernelFile.describe(root, e));
    }
    return new Home.Absent("no cgroup controller " + v2Name + " below " + root);
  }
}

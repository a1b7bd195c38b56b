package io.throughline.agent.node;

import java.nio.file.Path;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;

/**
 * A limit that holds for a cgroup: the least of its own and of all its ancestors'.
 *
 * <p>Every group's files are read at most once a round, however many containers are below it.
 */
final class Limits implements AutoCloseable {

  /** How a group's own limit is read. */
  enum Kind {
    /** {@code cpu.max}: quota and period in µs; in cores. */
    CPU_V2,
    /** {@code cpu.cfs_quota_us}, -1 = none, and {@code cpu.cfs_period_us}; in cores. */
    CPU_V1,
    /** {@code memory.max}; in bytes. */
    MEMORY_V2
  }

  private static final int ROUNDS_KEPT = 10;

  private static final class Group {
    final KernelFile first;
    final @Nullable KernelFile second;
    double least = Double.POSITIVE_INFINITY;
    long round = -1;

    Group(KernelFile first, @Nullable KernelFile second) {
      this.first = first;
      this.second = second;
    }
  }

  private final Kind kind;
  private final Path tree;
  private final HashMap<String, Group> groups = new HashMap<>();
  private long sweptRound;

  Limits(Kind kind, Path tree) {
    this.kind = kind;
    this.tree = tree;
  }

  /** The least limit of the group at {@code path}, as {@code /a/b}; infinity where nothing limits it. */
  double least(String path, Reading reading) {
    if (path.isEmpty()) {
      return Double.POSITIVE_INFINITY;
    }
    Group group = groups.get(path);
    if (group == null) {
      group = open(tree.resolve(path.substring(1)));
      groups.put(path, group);
    }
    if (group.round != reading.round) {
      group.round = reading.round;
      double above = least(path.substring(0, path.lastIndexOf('/')), reading);
      group.least = Math.min(own(group, reading.text), above);
    }
    return group.least;
  }

  /** Closes the files of groups that nobody asks for any more. */
  void sweep(long round) {
    if (round - sweptRound < ROUNDS_KEPT) {
      return;
    }
    sweptRound = round;
    groups.values().removeIf(group -> {
      boolean old = round - group.round > ROUNDS_KEPT;
      if (old) {
        close(group);
      }
      return old;
    });
  }

  @Override
  public void close() {
    groups.values().forEach(Limits::close);
    groups.clear();
  }

  private Group open(Path folder) {
    return switch (kind) {
      case CPU_V2 -> new Group(new KernelFile(folder.resolve("cpu.max")), null);
      case MEMORY_V2 -> new Group(new KernelFile(folder.resolve("memory.max")), null);
      case CPU_V1 -> new Group(new KernelFile(folder.resolve("cpu.cfs_quota_us")),
          new KernelFile(folder.resolve("cpu.cfs_period_us")));
    };
  }

  /** An unreadable file limits nothing: the root of a tree has none. */
  private double own(Group group, ProcText text) {
    if (!group.first.read(text) || !text.nextLine() || !text.nextWord() || text.is("max")) {
      return Double.POSITIVE_INFINITY;
    }
    long value = text.number();
    return switch (kind) {
      case MEMORY_V2 -> value;
      case CPU_V2 -> cores(value, text.nextNumber());
      case CPU_V1 -> {
        KernelFile period = group.second;
        boolean known = value > 0 && period != null && period.read(text) && text.nextLine();
        yield known ? cores(value, text.nextNumber()) : Double.POSITIVE_INFINITY;
      }
    };
  }

  private static double cores(long quota, long period) {
    return quota > 0 && period > 0 ? (double) quota / period : Double.POSITIVE_INFINITY;
  }

  private static void close(Group group) {
    group.first.close();
    if (group.second != null) {
      group.second.close();
    }
  }
}

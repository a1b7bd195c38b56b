package io.throughline.agent.sidecar;

import io.throughline.agent.node.ContainerNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The process that listens on a port of this host, and the container it is in: what lets the service's
 * requests be joined to the resources it uses.
 *
 * @param pid the process
 * @param containerId as the node agent calls its container, "" where it is in none
 */
record UpstreamProcess(long pid, String containerId) {

  private static final int LISTEN_STATE = 0x0A;

  /**
   * Looks through /proc: listening sockets of the port, then who holds one of them. Null where nobody
   * does, or where it may not be seen (another user's process, another host). Blocks: not on an event
   * loop.
   */
  static @Nullable UpstreamProcess find(Path proc, int port) {
    Set<String> sockets = new HashSet<>();
    listening(proc.resolve("net/tcp"), port, sockets);
    listening(proc.resolve("net/tcp6"), port, sockets);
    if (sockets.isEmpty()) {
      return null;
    }
    String[] pids = proc.toFile()
        .list((folder, name) -> name.chars().allMatch(c -> c >= '0' && c <= '9'));
    if (pids == null) {
      return null;
    }
    for (String pid : pids) {
      if (holds(proc.resolve(pid).resolve("fd"), sockets)) {
        return new UpstreamProcess(Long.parseLong(pid), containerOf(proc.resolve(pid)));
      }
    }
    return null;
  }

  /** Whether the process is still there. */
  boolean isAlive(Path proc) {
    return Files.exists(proc.resolve(Long.toString(pid)));
  }

  /** Lines: number, local address as HEX:PORT, remote, state, … , the tenth word is the inode. */
  private static void listening(Path table, int port, Set<String> sockets) {
    String suffix = ":" + "0000".substring(Integer.toHexString(port).length())
        + Integer.toHexString(port).toUpperCase(Locale.ROOT);
    try (var lines = Files.lines(table)) {
      lines.skip(1).forEach(line -> {
        String[] words = line.strip().split("\\s+", -1);
        if (words.length > 9 && words[1].endsWith(suffix)
            && Integer.parseInt(words[3], 16) == LISTEN_STATE) {
          sockets.add("socket:[" + words[9] + "]");
        }
      });
    } catch (IOException e) {
      // Not Linux, or no IPv6: nobody is found there, which is what the caller says.
      return;
    }
  }

  private static boolean holds(Path descriptors, Set<String> sockets) {
    String[] entries = descriptors.toFile().list();
    if (entries == null) {
      return false;
    }
    for (String entry : entries) {
      if (sockets.contains(target(descriptors.resolve(entry)))) {
        return true;
      }
    }
    return false;
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      // Closed since the listing.
      return "";
    }
  }

  /** The group of a well-known container in any of the process's cgroup lines. */
  static String containerOf(Path process) {
    try {
      for (String line : Files.readAllLines(process.resolve("cgroup"))) {
        String path = line.substring(line.indexOf(':', line.indexOf(':') + 1) + 1);
        if (ContainerNames.isWellKnown(path)) {
          return ContainerNames.idOf(path);
        }
      }
    } catch (IOException e) {
      // The process has ended.
      return "";
    }
    return "";
  }
}
